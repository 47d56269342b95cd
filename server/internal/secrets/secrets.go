// Package secrets stores passwords that the server made for itself, one file each, readable by
// its own account only.
package secrets

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Dir is a directory of secrets. It is made with the first secret. Its methods may be called
// concurrently, also by several processes.
type Dir string

// SignIn is the name of the secret of the development sign-in.
const SignIn = "sign-in"

// SigningKey returns the path of the key that signs tokens, beside the secrets.
func (d Dir) SigningKey() string { return filepath.Join(string(d), "signing.pem") }

// Path returns the path of a secret.
func (d Dir) Path(name string) string { return filepath.Join(string(d), name) }

// maxSecret bounds the bytes that are read.
const maxSecret = 1 << 10

var validName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

// Password returns the secret of a name, and makes it if there is none: 26 characters of A–Z
// and 2–7, which are 130 random bits. A new secret is durable before it is returned. A file
// that other accounts may read is refused, because it is not secret.
func (d Dir) Password(name string) (password string, made bool, err error) {
	if !validName.MatchString(name) {
		return "", false, fmt.Errorf("secrets: %q is not a name of a secret", name)
	}
	path := d.Path(name)
	password, err = read(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return password, false, err
	}
	if made, err = d.store(path, rand.Text()); err != nil {
		return "", false, fmt.Errorf("make secret: %w", err)
	}
	password, err = read(path) // another process's secret, if that one was faster
	return password, made, err
}

func read(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("secrets: others may use %s (mode %#o); run: chmod 600 %[1]s, and change the secret if somebody may have read it", path, info.Mode().Perm())
	}
	if info.Size() > maxSecret {
		return "", fmt.Errorf("secrets: %s has %d bytes, which is too long for a password", path, info.Size())
	}
	data, err := os.ReadFile(path) //nolint:gosec // the directory is ours, the name was checked
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	password := strings.TrimSpace(string(data))
	if password == "" {
		return "", fmt.Errorf("secrets: %s is empty; delete it for a new one to be made", path)
	}
	return password, nil
}

// store writes a secret to a temporary file and then links it to its name. Unlike a rename, a
// link does not replace a secret that another process has made meanwhile.
func (d Dir) store(path, secret string) (made bool, err error) {
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return false, err
	}
	tmp, err := os.CreateTemp(string(d), ".new-*") // mode 0600
	if err != nil {
		return false, err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.WriteString(secret + "\n")
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return false, err
	}
	if err := os.Link(tmp.Name(), path); errors.Is(err, fs.ErrExist) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	return true, syncDir(string(d))
}

// syncDir makes the name of a new file durable.
func syncDir(dir string) error {
	f, err := os.Open(dir) //nolint:gosec // the directory is ours
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
