package nodeproc

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"os"
)

// WriteKey writes a new private key that signs tokens.
func WriteKey(path string) error {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
}
