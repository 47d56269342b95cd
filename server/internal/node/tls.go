package node

import (
	"crypto/tls"
	"log/slog"
	"os"
	"sync"
	"time"
)

// lookAgainAfter is the shortest time between two checks of the files. Handshakes do the
// checks.
const lookAgainAfter = 10 * time.Second

// certificate is a certificate that is read again when its files change, as they do every few
// weeks. Its methods may be called concurrently.
type certificate struct {
	cert, key string
	logger    *slog.Logger

	mu      sync.Mutex // guards the following
	current *tls.Certificate
	changed time.Time // modification time of the files that current was read from
	looked  time.Time
}

func loadCertificate(cert, key string, logger *slog.Logger) (*certificate, error) {
	c := &certificate{cert: cert, key: key, logger: logger}
	return c, c.load()
}

func (c *certificate) config() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.get(), nil },
	}
}

// get returns the current certificate. If the new files cannot be read, the certificate before
// stays in use.
func (c *certificate) get() *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) < lookAgainAfter {
		return c.current
	}
	if c.modified().After(c.changed) {
		if err := c.load(); err != nil {
			c.logger.Error("the new certificate cannot be used", "error", err)
		} else {
			c.logger.Info("certificate was read again")
		}
	}
	c.looked = time.Now()
	return c.current
}

func (c *certificate) load() error {
	changed := c.modified()
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return err
	}
	c.current, c.changed, c.looked = &pair, changed, time.Now()
	return nil
}

// modified returns the modification time of the file that was written later.
func (c *certificate) modified() (t time.Time) {
	for _, path := range []string{c.cert, c.key} {
		if info, err := os.Stat(path); err == nil && info.ModTime().After(t) {
			t = info.ModTime()
		}
	}
	return t
}
