package auth

import "testing"

// TestCheckEndpoint lets nothing into a policy of content but one source.
func TestCheckEndpoint(t *testing.T) {
	for raw, good := range map[string]bool{
		"https://oauth2.example.com/token":          true,
		"https://id.example.com:8443/a/b_c-d.e/~t":  true,
		"http://127.0.0.1:9000/token":               true,
		"http://[::1]:9000/token":                   true,
		"":                                          false,
		"http://id.example.com/token":               false,
		"https://id.example.com/token?x=1":          false,
		"https://id.example.com/token#x":            false,
		"https://id.example.com/;script-src *":      false,
		"https://id.example.com/,default-src":       false,
		"https://id.example.com/a b":                false,
		"https://id.example.com/'unsafe-inline'":    false,
		"https://*.example.com/token":               false,
		"https://user:secret@id.example.com/token":  false,
		"javascript:alert(1)":                       false,
		"https://id.example.com/token\nSet-Cookie:": false,
	} {
		if err := checkEndpoint(raw); (err == nil) != good {
			t.Errorf("%q: %v", raw, err)
		}
	}
}
