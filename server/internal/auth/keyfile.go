package auth

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// maxKeyFile bounds the bytes that are read. A few keys take a few kilobytes; a wrong path may name
// a disk.
const maxKeyFile = 64 << 10

// LoadKeys reads a key file, as [ParseKeys] does. It refuses a file with a private key that
// every account of the machine may read or write.
func LoadKeys(path string) (*Keys, error) {
	info, err := os.Stat(path) // follows links: Kubernetes mounts secrets as links
	if err != nil {
		return nil, fmt.Errorf("auth: signing key: %w", err)
	}
	if info.Size() > maxKeyFile {
		return nil, fmt.Errorf("auth: signing key: %s is %d bytes, which is too large for a key file; name the file of the signing key", path, info.Size())
	}
	data, err := os.ReadFile(path) //nolint:gosec // the operator says where the key is
	if err != nil {
		return nil, fmt.Errorf("auth: signing key: %w", err)
	}
	keys, err := ParseKeys(data)
	if err != nil {
		return nil, fmt.Errorf("%w, in %s", err, path)
	}
	if keys.CanSign() && info.Mode().Perm()&0o007 != 0 {
		return nil, fmt.Errorf("auth: signing key: others may use %s (mode %#o); run: chmod 600 %[1]s", path, info.Mode().Perm())
	}
	return keys, nil
}

// LoadOrMakeKeys calls [LoadKeys], and makes a key if there is no file yet. The key is durable
// before LoadOrMakeKeys returns. If several processes make a key at once, all of them get the
// same one.
func LoadOrMakeKeys(path string) (keys *Keys, made bool, err error) {
	keys, err = LoadKeys(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return keys, false, err
	}
	made, err = makeKeyFile(path)
	if err != nil {
		return nil, false, fmt.Errorf("auth: make signing key: %w", err)
	}
	keys, err = LoadKeys(path)
	return keys, made, err
}

func makeKeyFile(path string) (made bool, err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return false, err
	}
	tmp, err := os.CreateTemp(dir, ".signing-key-*") // mode 0600
	if err != nil {
		return false, err
	}
	defer os.Remove(tmp.Name())
	if err := errors.Join(writeNewKey(tmp), tmp.Close()); err != nil {
		return false, err
	}
	// Link, unlike rename, does not replace a key that another process has made meanwhile.
	if err := os.Link(tmp.Name(), path); errors.Is(err, fs.ErrExist) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	return true, syncDir(dir)
}

func writeNewKey(f *os.File) error {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	if err := pem.Encode(f, &pem.Block{Type: "PRIVATE KEY", Bytes: der}); err != nil {
		return err
	}
	return f.Sync()
}

func syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // the operator says where the key is
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
