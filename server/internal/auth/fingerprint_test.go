package auth

import (
	"strings"
	"testing"
	"time"
)

// TestFingerprint spells a valid token in every way that still verifies. All spellings have the
// same fingerprint.
func TestFingerprint(t *testing.T) {
	keys := parseKeys(t, privatePEM(t, newPrivate(t)))
	a := newAuthenticator(t, Config{Keys: keys})
	token, _, err := keys.Mint("alice", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	want, verified := a.Fingerprint(token), 0
	parts := strings.Split(token, ".")
	respelled := []string{
		parts[0] + "." + parts[1] + "\n." + parts[2], parts[0] + "." + parts[1] + "." + parts[2] + "\r\n", parts[0] + "\n." + parts[1] + "." + parts[2],
	}
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for part := range parts {
		for _, last := range digits {
			changed := append([]string(nil), parts...)
			changed[part] = changed[part][:len(changed[part])-1] + string(last)
			respelled = append(respelled, strings.Join(changed, "."))
		}
	}
	for _, other := range respelled {
		if _, _, err := a.Authenticate(t.Context(), other); err != nil {
			continue
		}
		if other != token {
			verified++
		}
		if a.Fingerprint(other) != want {
			t.Errorf("%q verifies and is another token", other)
		}
	}
	if verified == 0 {
		t.Error("nothing but the token itself verifies: this test is about nothing")
	}
	second, _, err := keys.Mint("alice", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if a.Fingerprint(second) == want {
		t.Error("two tokens of the same second are one")
	}
	if a.Fingerprint("nonsense") == a.Fingerprint("other nonsense") {
		t.Error("what is no token has one fingerprint")
	}
}
