package store

import (
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"
)

// Config says where storage is, and how a [Store] signs in there.
type Config struct {
	Endpoint  string // URL for the node's own calls, such as http://10.0.0.9:9000
	Public    string // URL under which clients reach storage; empty for Endpoint
	AccessKey string
	SecretKey string
	Bucket    string
	Region    string // empty for us-east-1
	CA        string // file with certificates to trust besides the system's; may be empty

	MakeBucket bool          // make the bucket if it does not exist
	LinkLife   time.Duration // of links to download; 0 for the longest, [MaxLinkLife]
	Logger     *slog.Logger  // silent if nil

	// Full reports that storage has no room for so many bytes. It is nil if only storage knows.
	Full func(bytes int64) bool
}

const (
	// MaxLinkLife is the longest life of a link to download. A member who is removed may use
	// their last link for that long.
	MaxLinkLife = 10 * time.Minute
	// MaxUploadLife is the longest life of a link to upload that S3 knows.
	MaxUploadLife = 7 * 24 * time.Hour
	// MaxCopy is the size of the largest object that S3 copies, or takes in one request.
	MaxCopy = 5 << 30

	defaultRegion = "us-east-1"
	minLinkLife   = 10 * time.Second
)

// check sets defaults, and returns an error for settings that can only be a mistake.
func (c *Config) check() error {
	if c.Region == "" {
		c.Region = defaultRegion
	}
	if c.Public == "" {
		c.Public = c.Endpoint
	}
	if c.LinkLife == 0 {
		c.LinkLife = MaxLinkLife
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	switch {
	case c.AccessKey == "" || c.SecretKey == "":
		return errors.New("media storage: access key and secret key must be set")
	case c.Bucket == "":
		return errors.New("media storage: no bucket is configured")
	case c.LinkLife < minLinkLife || c.LinkLife > MaxLinkLife:
		return fmt.Errorf("media storage: links live %v, which is not between %v and %v", c.LinkLife, minLinkLife, MaxLinkLife)
	}
	return nil
}

// ParseEndpoint checks the URL of an endpoint. Its path must be empty: the signature covers the
// path, and S3 expects the bucket there.
func ParseEndpoint(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.User != nil ||
		(u.Path != "" && u.Path != "/") || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("must be a URL without a path, such as https://s3.example.com or http://10.0.0.9:9000")
	}
	return u, nil
}

// Derive returns 32 bytes that depend on the secret key and a label. They are the same on every
// node of a cluster, and tell nothing about the key.
func (s *Store) Derive(label string) []byte {
	key, err := hkdf.Key(sha256.New, []byte(s.cfg.SecretKey), nil, label, sha256.Size)
	if err != nil {
		panic(err) // only a length beyond 255 hashes is an error
	}
	return key
}
