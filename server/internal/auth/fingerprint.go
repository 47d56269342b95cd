package auth

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// Fingerprint identifies a token that verifies, however it is spelled: it is the hash of the
// claims. A hash of the token itself would not do. base64 has several spellings of the same
// bytes (line breaks, the unused bits of the last digit), and some signatures have another form
// that verifies, too. So a client could change a token that was signed out into one that is not
// known.
func (*Authenticator) Fingerprint(token string) [sha256.Size]byte {
	_, rest, _ := strings.Cut(token, ".")
	payload, _, _ := strings.Cut(rest, ".")
	claims, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil || len(claims) == 0 { // such a token does not verify
		return sha256.Sum256([]byte(token))
	}
	return sha256.Sum256(claims)
}
