package config

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestLoad_SMTP(t *testing.T) {
	const from = `host: mail.example.com, from: "Natterjack <chat@example.com>"`
	for name, tt := range map[string]struct {
		smtp  string
		want  string // empty: it starts
		warns bool
	}{
		"the least":                      {smtp: from},
		"everything":                     {smtp: from + `, port: 2525, user: chat, password_file: p, tls: tls, ca: c, every: "1h", after: "10m"`},
		"no host":                        {smtp: `from: "chat@example.com"`, want: "push.smtp: has no host"},
		"no sender":                      {smtp: `host: mail.example.com`, want: "push.smtp.from: must be an address"},
		"a sender with a line break":     {smtp: `host: mail.example.com, from: "chat@example.com\r\nBcc: eve@example.com"`, want: "push.smtp.from"},
		"a user without a password":      {smtp: from + `, user: chat`, want: "user and password_file go together"},
		"a port":                         {smtp: from + `, port: 70000`, want: "push.smtp.port"},
		"other security":                 {smtp: from + `, tls: maybe`, want: `push.smtp.tls: "maybe" is none of`},
		"none":                           {smtp: from + `, tls: none`, warns: true},
		"none, on this machine":          {smtp: `host: 127.0.0.1, tls: none, from: "chat@example.com"`},
		"none, with a password":          {smtp: from + `, tls: none, user: chat, password_file: p`, want: "in the clear"},
		"too often":                      {smtp: from + `, every: "1m"`, want: "push.smtp.every"},
		"too soon":                       {smtp: from + `, after: "1s"`, want: "push.smtp.after"},
		"nowhere to lead to":             {smtp: from, want: "push.public_url is missing"},
		"nobody who knows the addresses": {smtp: from, want: "auth.issuer is missing"},
		"push is off":                    {smtp: from, want: "push is off"},
	} {
		push, auth := `public_url: "https://chat.example.com", `, `auth { issuer: "https://login.example.com", audience: chat }`
		switch {
		case strings.Contains(tt.want, "public_url"):
			push = ""
		case strings.Contains(tt.want, "issuer"):
			auth = ""
		case strings.Contains(tt.want, "off"):
			push += "off: true, "
		}
		c, err := Load([]string{"--config", file(t, "natterjack { "+auth+"\n push { "+push+"smtp { "+tt.smtp+" } } }")}, nil)
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
		if warned := slices.ContainsFunc(c.Warnings, func(w string) bool { return strings.HasPrefix(w, "push.smtp.tls") }); warned != tt.warns {
			t.Errorf("%s: warnings %q", name, c.Warnings)
		}
		if s := c.Push.SMTP; s.Sender.Address != "chat@example.com" || s.Every == 0 || s.After == 0 || s.TLS == "" {
			t.Errorf("%s: %+v", name, s)
		}
	}
	c, err := Load([]string{"--config", file(t, `natterjack { auth { issuer: "https://login.example.com", audience: chat }, push { public_url: "https://chat.example.com", smtp { `+from+` } } }`)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if s := c.Push.SMTP; s.TLS != "starttls" || s.Every != 4*time.Hour || s.After != time.Hour || s.Sender.Name != "Natterjack" {
		t.Errorf("by default: %+v", s)
	}
}
