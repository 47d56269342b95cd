package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"natterjack/server/internal/config"
)

// TestConfigurations reads the three configurations. They must agree on what nodes share, and
// on nothing else.
func TestConfigurations(t *testing.T) {
	for _, user := range users {
		t.Setenv(variable(user), "secret-of-"+user)
	}
	t.Setenv("NATTERJACK_MEDIA_ACCESS_KEY", "1234") // it stays text
	t.Setenv("NATTERJACK_MEDIA_SECRET_KEY", "a secret # of 'media'")
	taken := map[string]string{}
	alone := func(name, what, value string) {
		if other := taken[what+value]; other != "" {
			t.Errorf("%s and %s have the same %s: %s", name, other, what, value)
		}
		taken[what+value] = name
	}
	var routes, key string
	for i, name := range names {
		c, err := config.Load([]string{"--config", name + ".conf"}, nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		o := c.NATS
		if o.ServerName != name || !c.Clustered() || c.Replicas != 3 || !c.SignIn || o.Cluster.Password != "secret-of-cluster" {
			t.Errorf("%s: named %s, clustered %v, %d replicas, sign-in %v, cluster password %q", name, o.ServerName, c.Clustered(), c.Replicas, c.SignIn, o.Cluster.Password)
		}
		if m := c.Media; m.Endpoint != "http://"+mediaAddr || m.AccessKey != "1234" || m.SecretKey != "a secret # of 'media'" || !m.MakeBucket {
			t.Errorf("%s: media at %s, keys %q and %q", name, m.Endpoint, m.AccessKey, m.SecretKey)
		}
		if !slices.Contains(pages(), "http://"+c.Listen) {
			t.Errorf("%s: its page at %s may not use the storage: %v", name, c.Listen, pages())
		}
		alone(name, "HTTP address", c.Listen)
		alone(name, "port", string(rune(o.Port)))
		alone(name, "port", string(rune(o.Cluster.Port)))
		alone(name, "directory", c.Data)
		if filepath.Dir(c.Data) != dir {
			t.Errorf("%s: data in %s, want it in %s", name, c.Data, dir)
		}
		var all []string
		for _, r := range o.Routes {
			all = append(all, r.Host)
		}
		if i == 0 {
			routes, key = strings.Join(all, " "), c.Auth.SignInDir
		}
		if strings.Join(all, " ") != routes || len(all) != len(names) || c.Auth.SignInDir != key {
			t.Errorf("%s: routes %v, sign-in by %s; want those of the others: %s, %s", name, all, c.Auth.SignInDir, routes, key)
		}
	}
	if key != signInDir {
		t.Errorf("the configurations want the sign-in of %s; its secret is made in %s", key, signInDir)
	}
}
