package auth

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// Fingerprint names a token that verifies, however it is spelled: it is the hash of the claims. That of the token itself would
// not do, for base64 has several spellings of the same bytes (line breaks, the last digit's unused bits), and some signatures have
// another form that verifies too; so whoever holds a token that was signed out could change it into one that is not known.
func (*Authenticator) Fingerprint(token string) [sha256.Size]byte {
	_, rest, _ := strings.Cut(token, ".")
	payload, _, _ := strings.Cut(rest, ".")
	claims, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil || len(claims) == 0 { // no token that verifies
		return sha256.Sum256([]byte(token))
	}
	return sha256.Sum256(claims)
}
