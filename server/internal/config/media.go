package config

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"time"

	"natterjack/embed"
)

// Media says where media is stored, and how much of it. If there is no endpoint, the node stores
// media itself, in its data directory.
type Media struct {
	Off            bool   `conf:"off"`             // neither stores media nor serves it
	Endpoint       string `conf:"endpoint"`        // URL of a MinIO, or any other S3
	PublicEndpoint string `conf:"public_endpoint"` // URL under which clients reach storage
	AccessKey      string `conf:"access_key"`
	SecretKey      string `conf:"secret_key"`
	Bucket         string `conf:"bucket"`
	Region         string `conf:"region"`
	MakeBucket     bool   `conf:"make_bucket"`
	CA             string `conf:"ca"`     // file with certificates to trust besides the system's
	Listen         string `conf:"listen"` // of the node's own storage; empty chooses an address

	ObjectBytes  int64         `conf:"object_bytes"`  // of one file
	UserBytes    int64         `conf:"user_bytes"`    // of all files of a user; 0 for no limit
	ChannelBytes int64         `conf:"channel_bytes"` // of all files in a channel; 0 for no limit
	UploadLife   time.Duration `conf:"upload_life"`   // how long an upload's links work
	LinkLife     time.Duration `conf:"link_life"`     // how long a link to download works
	Scanner      string        `conf:"scanner"`       // of clamd: host:port, or the path of a socket
	Previews     Previews      `conf:"previews"`
}

// Previews bounds the work on pictures. 0 leaves a bound to the node.
type Previews struct {
	Workers int           `conf:"workers"` // pictures at once
	Waiting int           `conf:"waiting"` // more that may wait
	Pixels  int64         `conf:"pixels"`  // of a picture; a larger one is stored without a preview
	Memory  int64         `conf:"memory"`  // bytes of a picture that is being decoded
	Time    time.Duration `conf:"time"`    // for a picture
}

func defaultMedia() Media {
	return Media{
		Bucket: "natterjack", Region: "us-east-1", MakeBucket: true,
		ObjectBytes: 2 << 30, UserBytes: 10 << 30,
		UploadLife: 15 * time.Minute, LinkLife: 10 * time.Minute,
	}
}

// Embedded reports whether the node stores media itself.
func (m *Media) Embedded() bool { return !m.Off && m.Endpoint == "" }

// maxObject is the largest object that S3 copies at once.
const maxObject = 5 << 30

// checkMedia checks the block, and decides where the node's own storage listens.
func (c *Config) checkMedia() error {
	m := &c.Media
	if m.Off {
		if m.Endpoint != "" || m.Listen != "" {
			return errors.New("media: is off, but an endpoint or an address to listen at is configured: take off out, or the other")
		}
		return nil
	}
	errs := []error{
		bytesWithin("media.object_bytes", m.ObjectBytes, 1, maxObject),
		bytesWithin("media.user_bytes", m.UserBytes, 0, 1<<60),
		bytesWithin("media.channel_bytes", m.ChannelBytes, 0, 1<<60),
		timeWithin("media.upload_life", m.UploadLife, time.Minute, 24*time.Hour),
		timeWithin("media.link_life", m.LinkLife, 10*time.Second, 10*time.Minute),
		m.checkPreviews(),
	}
	if m.PublicEndpoint != "" {
		errs = append(errs, endpoint("media.public_endpoint", m.PublicEndpoint))
	}
	if m.Embedded() {
		errs = append(errs, c.checkEmbedded())
	} else {
		errs = append(errs, m.checkS3())
	}
	return errors.Join(errs...)
}

// checkS3 checks how the node reaches an S3.
func (m *Media) checkS3() error {
	var errs []error
	errs = append(errs, endpoint("media.endpoint", m.Endpoint))
	if m.AccessKey == "" || m.SecretKey == "" {
		errs = append(errs, errors.New("media: beside an endpoint, access_key and secret_key must be set, best by variables: "+
			"access_key: $NATTERJACK_MEDIA_ACCESS_KEY, secret_key: $NATTERJACK_MEDIA_SECRET_KEY"))
	}
	if m.Listen != "" {
		errs = append(errs, errors.New("media.listen: is for a node that stores media itself, and there is an endpoint: take one of them out"))
	}
	if m.Bucket == "" {
		errs = append(errs, errors.New("media.bucket: is empty"))
	}
	return errors.Join(errs...)
}

// checkEmbedded refuses storage of a node's own where other nodes, or clients, would not reach it.
func (c *Config) checkEmbedded() error {
	m := &c.Media
	if c.Clustered() {
		return errors.New("media: the nodes of a cluster must share one storage: set media { endpoint, access_key, secret_key } " +
			"to a MinIO or any other S3, the same on all nodes, or media { off: true }")
	}
	if m.AccessKey != "" || m.SecretKey != "" || m.CA != "" {
		return errors.New("media: access_key, secret_key and ca are for an S3, and there is no endpoint: set media.endpoint, or take them out")
	}
	if m.Listen == "" {
		m.Listen = beside(c.Listen)
	}
	host, port, err := net.SplitHostPort(m.Listen)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("media.listen: %q is not host:port", m.Listen)
	}
	if ours, _, err := net.SplitHostPort(c.Listen); err == nil && m.PublicEndpoint == "" && (!embed.Loopback(ours) || !embed.Loopback(host) || c.trusts() || c.TLS.Cert != "") {
		c.Warnings = append(c.Warnings, "media: clients on other machines are not told where to reach the node's own storage: set media { listen, public_endpoint }, "+
			"and origins to the address of the page; or media.endpoint to an S3; or media.off")
	}
	return nil
}

// mediaOffset is how far the port of the node's own storage is from the HTTP port.
const mediaOffset = 10

// beside returns the address of the node's own storage: on loopback, ten ports above the HTTP
// listener, or on a free port if the HTTP listener takes one.
func beside(listen string) string {
	_, digits, err := net.SplitHostPort(listen)
	port, err2 := strconv.ParseUint(digits, 10, 16)
	if errors.Join(err, err2) != nil || port == 0 || port+mediaOffset > 65535 {
		return "127.0.0.1:0"
	}
	return net.JoinHostPort("127.0.0.1", strconv.FormatUint(port+mediaOffset, 10))
}

func (m *Media) checkPreviews() error {
	p := m.Previews
	return errors.Join(
		within("media.previews.workers", p.Workers, 0, 256),
		within("media.previews.waiting", p.Waiting, 0, 100_000),
		bytesWithin("media.previews.pixels", p.Pixels, 0, 1<<30),
		bytesWithin("media.previews.memory", p.Memory, 0, 1<<40),
		timeWithin("media.previews.time", p.Time, 0, time.Hour),
	)
}

func endpoint(key, s string) error {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.User != nil ||
		cmp.Or(u.Path, "/") != "/" || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("%s: must be a URL without a path, such as https://s3.example.com or http://10.0.0.9:9000", key)
	}
	return nil
}

func bytesWithin(key string, n, low, high int64) error {
	if n < low || n > high {
		return fmt.Errorf("%s: %d is not between %d and %d", key, n, low, high)
	}
	return nil
}

func timeWithin(key string, d, low, high time.Duration) error {
	if d < low || d > high {
		return fmt.Errorf("%s: %v is not between %v and %v", key, d, low, high)
	}
	return nil
}
