package config

import (
	"slices"
	"strings"
	"testing"
)

func TestLoad_Push(t *testing.T) {
	for name, tt := range map[string]struct {
		push    string
		want    string // empty: it starts
		subject string
		warns   bool
	}{
		"nothing":             {},
		"a public URL":        {push: `public_url: "https://chat.example.com"`, subject: "https://chat.example.com"},
		"a contact":           {push: `public_url: "https://chat.example.com", contact: "mailto:ops@example.com"`, subject: "mailto:ops@example.com"},
		"a public URL, http":  {push: `public_url: "http://chat.example.com"`, want: "push.public_url: must be like https://chat.example.com"},
		"a public URL, query": {push: `public_url: "https://chat.example.com?x"`, want: "push.public_url"},
		"content":             {push: "content: sender"},
		"other content":       {push: "content: some", want: `push.content: "some" is none of full, sender and none`},
		"apns":                {push: `apns { key_file: k, key_id: i, team: t, topic: com.example, sandbox: true }`},
		"apns in parts":       {push: `apns { key_file: k }`, want: "push.apns: key_file, key_id, team and topic go together"},
		"fcm":                 {push: `fcm { key_file: k }`},
		"fcm without a key":   {push: `fcm { host: "https://x" }`, want: "push.fcm: host is set, and key_file is not"},
		"allowed":             {push: `allow: ["10.1.0.0/16", "fd00::/8"], ports: [ 8443 ], plain: true`, warns: true},
		"allowed, a name":     {push: `allow: ["localhost"]`, want: `push.allow: "localhost" is not a network`},
		"a port":              {push: `ports: [ 0 ]`, want: "push.ports: 0 is not between"},
		"unknown":             {push: `fmc { key_file: k }`, want: "fmc"},
	} {
		c, err := Load([]string{"--config", file(t, "natterjack { push { "+tt.push+" } }")}, nil)
		if tt.want != "" {
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: %v, want %q", name, err, tt.want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c.Push.Subject() != tt.subject {
			t.Errorf("%s: subject %q", name, c.Push.Subject())
			continue
		}
		warned := slices.ContainsFunc(c.Warnings, func(w string) bool { return strings.HasPrefix(w, "push: allow ") })
		if warned != tt.warns || warned != (len(c.Push.Allowed) > 0) {
			t.Errorf("%s: warnings %q, allowed %v", name, c.Warnings, c.Push.Allowed)
		}
	}
}
