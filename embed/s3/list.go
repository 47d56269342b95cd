package s3

import (
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// item is an object in a list.
type item struct {
	Key          string
	LastModified string
	ETag         string
	Size         int64
	StorageClass string
}

func (g *Gateway) list(q *request) error {
	b, err := g.disk.bucket(q.bucket)
	if err != nil {
		return err
	}
	if q.query.Get("list-type") != "2" || q.query.Get("delimiter") != "" {
		return notImplemented("a list of that type, or with a delimiter")
	}
	most, err := number(q.query.Get("max-keys"), defaultPage)
	if err != nil {
		return err
	}
	most = min(most, defaultPage)
	after := q.query.Get("start-after")
	if token := q.query.Get("continuation-token"); token != "" {
		last, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil {
			return invalid("the continuation token is not ours")
		}
		after = string(last)
	}
	result := struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		Name                  string
		Prefix                string
		StartAfter            string `xml:",omitempty"`
		KeyCount              int
		MaxKeys               int
		IsTruncated           bool
		NextContinuationToken string `xml:",omitempty"`
		Contents              []item
	}{Name: b.name, Prefix: q.query.Get("prefix"), StartAfter: q.query.Get("start-after"), MaxKeys: most}
	dir := result.Prefix[:strings.LastIndexByte(result.Prefix, '/')+1]
	if dir != "" && !validKey.MatchString(strings.TrimSuffix(dir, "/")) {
		g.write(q.w, q.Request, http.StatusOK, result) // no key begins so
		return nil
	}
	err = b.walk(dir, result.Prefix, after, func(key string) (bool, error) {
		if len(result.Contents) == most {
			result.IsTruncated = most > 0 // a page of nothing has no end to go on from
			return false, q.Context().Err()
		}
		rec, err := b.find(key)
		if errors.Is(err, errNoKey) {
			return true, nil // it was just deleted
		} else if err != nil {
			return false, err
		}
		result.Contents = append(result.Contents, item{Key: key, LastModified: rec.Modified.Format(timeFormat), ETag: quote(rec.ETag), Size: rec.Size, StorageClass: "STANDARD"})
		return true, q.Context().Err()
	})
	if err != nil {
		return err
	}
	if result.KeyCount = len(result.Contents); result.IsTruncated {
		result.NextContinuationToken = base64.RawURLEncoding.EncodeToString([]byte(result.Contents[result.KeyCount-1].Key))
	}
	g.write(q.w, q.Request, http.StatusOK, result)
	return nil
}

// errEnough ends a walk.
var errEnough = errors.New("enough")

// walk calls visit with the keys below a directory that begin with prefix and come after another
// one, in order, until visit wants no more.
func (b bucket) walk(dir, prefix, after string, visit func(key string) (more bool, err error)) error {
	err := b.walkInto(dir, prefix, after, visit)
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

func (b bucket) walkInto(dir, prefix, after string, visit func(key string) (more bool, err error)) error {
	names, err := b.names(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		key := dir + name
		if !strings.HasSuffix(name, "/") {
			if !strings.HasPrefix(key, prefix) || key <= after {
				continue
			}
			if more, err := visit(key); err != nil {
				return err
			} else if !more {
				return errEnough
			}
			continue
		}
		outside := !strings.HasPrefix(key, prefix) && !strings.HasPrefix(prefix, key)
		before := key < after && !strings.HasPrefix(after, key)
		if outside || before {
			continue
		}
		if err := b.walkInto(key, prefix, after, visit); err != nil {
			return err
		}
	}
	return nil
}

// names returns the objects and the directories in a directory, in the order of their keys. The
// names of directories end in a slash, which counts for the order.
func (b bucket) names(dir string) (names []string, err error) {
	entries, err := os.ReadDir(filepath.Join(b.dir, "objects", filepath.FromSlash(dir)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // it has just become empty
	}
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name()+"/")
		} else if name, ok := strings.CutSuffix(e.Name(), objectSuffix); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, err
}

func (g *Gateway) listUploads(q *request) error {
	b, err := g.disk.bucket(q.bucket)
	if err != nil {
		return err
	}
	if q.query.Get("delimiter") != "" || q.query.Get("key-marker") != "" || q.query.Get("upload-id-marker") != "" {
		return notImplemented("a list of uploads in pages")
	}
	type listed struct {
		Key       string
		UploadID  string `xml:"UploadId"`
		Initiated string
	}
	result := struct {
		XMLName     xml.Name `xml:"ListMultipartUploadsResult"`
		Bucket      string
		Prefix      string
		IsTruncated bool
		Upload      []listed
	}{Bucket: b.name, Prefix: q.query.Get("prefix")}
	entries, err := os.ReadDir(filepath.Join(b.dir, "uploads"))
	if err != nil {
		return err
	}
	for _, e := range entries {
		var up upload
		if err := read(b.uploadPath(e.Name(), uploadRecord), &up); errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return err
		}
		if strings.HasPrefix(up.Key, result.Prefix) {
			result.Upload = append(result.Upload, listed{up.Key, e.Name(), up.Started.Format(timeFormat)})
		}
	}
	slices.SortFunc(result.Upload, func(x, y listed) int { return strings.Compare(x.Key+"\x00"+x.Initiated, y.Key+"\x00"+y.Initiated) })
	g.write(q.w, q.Request, http.StatusOK, result)
	return nil
}
