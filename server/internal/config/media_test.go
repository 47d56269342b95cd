package config

import (
	"strings"
	"testing"
)

func TestLoad_Media(t *testing.T) {
	for _, user := range shippedUsers {
		t.Setenv(variable(user), "1234")
	}
	t.Setenv("NATTERJACK_MEDIA_ACCESS_KEY", "1234")
	t.Setenv("NATTERJACK_MEDIA_SECRET_KEY", `a#"b\c`)
	const s3 = `endpoint: "https://s3.example.com", access_key: $NATTERJACK_MEDIA_ACCESS_KEY, secret_key: $NATTERJACK_MEDIA_SECRET_KEY`
	for name, tt := range map[string]struct {
		args     []string
		media    string
		member   bool
		want     []string // empty: it starts
		listen   string
		embedded bool
	}{
		"none":                   {listen: "127.0.0.1:8090", embedded: true},
		"none, another port":     {args: []string{"--listen", "[::1]:9000"}, listen: "127.0.0.1:9010", embedded: true},
		"none, a free port":      {args: []string{"--listen", "127.0.0.1:0"}, listen: "127.0.0.1:0", embedded: true},
		"none, the highest port": {args: []string{"--listen", "127.0.0.1:65530"}, listen: "127.0.0.1:0", embedded: true},
		"an address":             {media: `listen: "127.0.0.1:7000"`, listen: "127.0.0.1:7000", embedded: true},
		"a malformed address":    {media: `listen: "7000"`, want: []string{`media.listen: "7000" is not host:port`}},
		"an S3":                  {media: s3},
		"an S3 without keys":     {media: `endpoint: "https://s3.example.com"`, want: []string{"access_key and secret_key must be set", "$NATTERJACK_MEDIA_SECRET_KEY"}},
		"keys without an S3":     {media: "access_key: a, secret_key: b", want: []string{"there is no endpoint"}},
		"an S3 with a path":      {media: strings.Replace(s3, ".com", ".com/bucket", 1), want: []string{"media.endpoint: must be a URL without a path"}},
		"an S3 without scheme":   {media: strings.Replace(s3, "https://", "", 1), want: []string{"media.endpoint: must be a URL"}},
		"an S3 with a user":      {media: strings.Replace(s3, "https://", "https://a:b@", 1), want: []string{"media.endpoint: must be a URL"}},
		"a public path":          {media: s3 + `, public_endpoint: "https://media.example.com/x"`, want: []string{"media.public_endpoint: must be a URL"}},
		"an S3 and an address":   {media: s3 + `, listen: "127.0.0.1:1"`, want: []string{"media.listen: is for a node that stores media itself"}},
		"no bucket":              {media: s3 + `, bucket: ""`, want: []string{"media.bucket: is empty"}},
		"off":                    {media: "off: true"},
		"off and an S3":          {media: s3 + ", off: true", want: []string{"media: is off"}},
		"limits": {
			media: `object_bytes: 6GB, user_bytes: -1, link_life: "11m", upload_life: "1s", previews { workers: -1, time: "2h" }`,
			want: []string{
				"media.object_bytes: 6442450944", "media.user_bytes: -1", "media.link_life: 11m0s", "media.upload_life: 1s",
				"media.previews.workers: -1", "media.previews.time: 2h0m0s",
			},
		},
		"a member":             {member: true, want: []string{"the nodes of a cluster must share one storage: set media { endpoint, access_key, secret_key }", "media { off: true }"}},
		"a member with an S3":  {member: true, media: s3},
		"a member without any": {member: true, media: "off: true"},
	} {
		t.Run(name, func(t *testing.T) {
			text := "natterjack { auth { key: k }, media { " + tt.media + " } }"
			if tt.member {
				text = strings.Replace(cluster, "media { off: true }", "media { "+tt.media+" }", 1)
			}
			c, err := Load(append(tt.args, "--config", file(t, text)), nil)
			if len(tt.want) == 0 {
				if err != nil {
					t.Fatalf("refused: %v", err)
				}
				m := c.Media
				if m.Listen != tt.listen || m.Embedded() != tt.embedded {
					t.Errorf("listens at %q, stores media itself: %v; want %q, %v", m.Listen, m.Embedded(), tt.listen, tt.embedded)
				}
				if m.Endpoint != "" && (m.AccessKey != "1234" || m.SecretKey != `a#"b\c`) {
					t.Errorf("keys %q and %q, want them as they are in the environment", m.AccessKey, m.SecretKey)
				}
				return
			}
			if err == nil {
				t.Fatal("not refused")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q\nhas no %q", err, want)
				}
			}
			if strings.Contains(err.Error(), `a#"b\c`) {
				t.Errorf("the secret is in the error: %v", err)
			}
		})
	}
}

// TestMedia_warnsOfClientsElsewhere shows which nodes with storage of their own warn that other
// machines may not reach it.
func TestMedia_warnsOfClientsElsewhere(t *testing.T) {
	for name, tt := range map[string]struct {
		args []string
		text string
		want bool
	}{
		"alone":              {},
		"every interface":    {args: []string{"--listen", ":8080"}, text: "natterjack { auth { key: k } }", want: true},
		"behind a proxy":     {text: "natterjack { auth { key: k } }", want: true},
		"told":               {text: `natterjack { auth { key: k }, media { public_endpoint: "https://media.example.com" } }`},
		"an address for all": {text: `natterjack { media { listen: ":8090" } }`, want: true},
		"off":                {args: []string{"--listen", ":8080"}, text: "natterjack { auth { key: k }, media { off: true } }"},
	} {
		c, err := Load(append(tt.args, "--config", file(t, tt.text)), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := strings.Contains(strings.Join(c.Warnings, "\n"), "media:"); got != tt.want {
			t.Errorf("%s: warned %v, want %v: %q", name, got, tt.want, c.Warnings)
		}
	}
}
