package uploads

import (
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"natterjack/server/wire"
)

// State says how far an upload has got.
type State string

// The states.
const (
	Reserved State = "reserved" // room is reserved, and storage may have some of the bytes
	Ready    State = "ready"    // the file is stored, and may be attached to messages
	Refused  State = "refused"  // the file will never be stored
	Removed  State = "removed"  // no message has had the file any more; it may still be stored
)

// keyLen is how many characters of a file's id are in the key of its record. The id of a file that
// is reserved again begins with the same ones, and goes on with others.
const keyLen = 16

// keyOf returns the part of a file's id that is in the key of its record.
func keyOf(media string) string { return media[:min(keyLen, len(media))] }

// NewMedia returns an id for a file whose record is to have a certain key. No two ids are the same,
// so an action on the file of one id never hits another file.
func NewMedia(key string) string { return keyOf(key) + strings.ToLower(rand.Text())[:mediaLen-keyLen] }

const mediaLen = 26

// Record holds the facts that are known about an upload.
type Record struct {
	User  string `json:"-"`
	Media string `json:"media"`

	Channel   string       `json:"channel"`
	Purpose   wire.Purpose `json:"purpose,omitzero"`
	Name      string       `json:"name"`
	Size      int64        `json:"size"`
	MediaType string       `json:"media_type,omitzero"` // as its sender says
	SHA256    string       `json:"sha256"`
	State     State        `json:"state"`
	Expires   int64        `json:"expires"` // Unix milliseconds

	PartSize  int64  `json:"part_size,omitzero"` // 0 for a file that is uploaded whole
	Multipart string `json:"multipart,omitzero"` // the upload's name in storage, if it has begun

	Attachment *wire.Attachment `json:"attachment,omitzero"` // of a ready file
	Reason     string           `json:"reason,omitzero"`     // of a refusal

	revision uint64    // of its key; 0 for a record that is not stored
	heard    time.Time // see Heard
}

// Live reports whether the upload has not expired.
func (r *Record) Live(now time.Time) bool { return now.UnixMilli() < r.Expires }

// Revision returns the revision of the record as it is stored. Later ones are higher.
func (r *Record) Revision() uint64 { return r.revision }

// Heard returns when this node first knew that the record is of this file, and whether the file was
// removed. The time has a monotonic reading. So no clock of another node has a part in it, and it
// does not matter if this node's clock is set.
func (r *Record) Heard() time.Time { return r.heard }

// goesOn reports whether a record tells the same as an earlier one of its key, as far as
// [Record.Heard] is concerned.
func (r *Record) goesOn(from *Record) bool {
	return r.Media == from.Media && (r.State == Removed) == (from.State == Removed)
}

func (r *Record) key() string { return r.User + "." + keyOf(r.Media) }

// decode reads a record. It is lenient, because newer nodes of the cluster may have written it.
func decode(key string, value []byte, revision uint64) (*Record, error) {
	r := &Record{revision: revision}
	var ok bool
	if r.User, _, ok = strings.Cut(key, "."); !ok {
		return nil, fmt.Errorf("uploads: %s is not the key of a record", key)
	}
	if err := json.Unmarshal(value, r); err != nil {
		return nil, fmt.Errorf("uploads: read %s: %w", key, err)
	}
	if r.key() != key {
		return nil, fmt.Errorf("uploads: the record %s is of another file", key)
	}
	return r, nil
}

// Replaces makes the record take the place of another one of the same file when it is stored.
func (r *Record) Replaces(other *Record) { r.revision = other.revision }
