package embed_test

import (
	"crypto/tls"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"natterjack/embed"
)

func TestExpose(t *testing.T) {
	mutual := &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert}
	for name, tt := range map[string]struct {
		text            string
		change          func(*server.Options)
		network         int
		refused, warned string // part of the only one; empty for none
	}{
		"loopback":              {text: "listen: 127.0.0.1:4222\nhttp: 127.0.0.1:8222\ncluster { listen: 127.0.0.1:6222 }"},
		"loopback, v6":          {text: `listen: "[::1]:4222"`},
		"localhost":             {text: "listen: localhost:4222"},
		"every interface":       {text: "listen: 0.0.0.0:4222", network: 1, warned: "configure tls"},
		"port only":             {text: "listen: 4222", network: 1, warned: "configure tls"},
		"a name":                {text: "listen: n1.example.net:4222", network: 1, warned: "configure tls"},
		"not listening":         {text: "listen: 4222", change: func(o *server.Options) { o.DontListen = true }},
		"tls":                   {text: "listen: 4222", change: func(o *server.Options) { o.TLSConfig = mutual }, network: 1},
		"no password":           {text: "listen: 127.0.0.1:4222\naccounts { A { users: [ {user: u} ] } }", refused: "user u has no password"},
		"anonymous, loopback":   {text: "listen: 127.0.0.1:4222\nno_auth_user: u"},
		"anonymous":             {text: "listen: 4222\nno_auth_user: u", network: 1, refused: "anybody on the network in as u", warned: "configure tls"},
		"monitoring":            {text: "listen: 127.0.0.1:4222\nhttp: 0.0.0.0:8222", network: 1, refused: "monitoring asks for no password"},
		"monitoring, inherited": {text: "listen: 4222\nhttp_port: 8222", network: 2, refused: "monitoring asks for no password", warned: "configure tls"},
		"profiling":             {text: "listen: 4222\nprof_port: 8333", network: 2, refused: "prof_port", warned: "configure tls"},
		"cluster, nothing":      {text: "listen: 127.0.0.1:4222\ncluster { listen: 0.0.0.0:6222 }", network: 1, refused: "join as a node", warned: "cluster { tls }"},
		"cluster, password":     {text: "listen: 127.0.0.1:4222\ncluster { listen: 0.0.0.0:6222, authorization { user: n, password: secret } }", network: 1, warned: "cluster { tls }"},
		"cluster, certificates": {text: "listen: 127.0.0.1:4222\ncluster { listen: 0.0.0.0:6222 }", change: func(o *server.Options) { o.Cluster.TLSConfig = mutual }, network: 1},
		"cluster, one-sided":    {text: "listen: 127.0.0.1:4222\ncluster { listen: 0.0.0.0:6222 }", change: func(o *server.Options) { o.Cluster.TLSConfig = &tls.Config{} }, network: 1, refused: "join as a node"},
		"gateway":               {text: "listen: 127.0.0.1:4222\ngateway { name: g, listen: 0.0.0.0:7222 }", network: 1, refused: "join as a cluster"},
		"websocket":             {text: "listen: 127.0.0.1:4222\nwebsocket { listen: 0.0.0.0:9222, no_tls: true, no_auth_user: u }", network: 1, refused: "websocket: no_auth_user", warned: "websocket: passwords"},
		"mqtt":                  {text: "listen: 127.0.0.1:4222\nmqtt { listen: 0.0.0.0:1883 }", network: 1, warned: "mqtt: passwords"},
		"leafnodes":             {text: "listen: 127.0.0.1:4222\nleafnodes { listen: 0.0.0.0:7422 }", network: 1, warned: "leafnodes: passwords"},
	} {
		t.Run(name, func(t *testing.T) {
			o := &server.Options{}
			if err := o.ProcessConfigString(tt.text + "\n"); err != nil {
				t.Fatal(err)
			}
			if tt.change != nil {
				tt.change(o)
			}
			e := embed.Expose(o)
			if len(e.Network) != tt.network {
				t.Errorf("open to the network: %v, want %d", e.Network, tt.network)
			}
			onlyOne(t, "refused", e.Refused, tt.refused)
			onlyOne(t, "warned", e.Warned, tt.warned)
		})
	}
}

// TestExpose_members shows which users of the chat account keep a node from starting.
func TestExpose_members(t *testing.T) {
	const inbox = `subscribe: ["_INBOX.u.>"]`
	for name, tt := range map[string]struct{ account, user, refused string }{
		"a back end":               {user: `permissions { publish: ["api.>", "$SRV.>"], ` + inbox + ` }`},
		"of one chat user":         {user: `permissions { publish: ["api.bot.>"], ` + inbox + ` }`},
		"reads the log":            {user: `permissions { publish { deny: ">" }, subscribe: ["chat.>", "_INBOX.u.>"] }`},
		"of an own stream":         {user: `permissions { publish: ["orders.>"], subscribe: ["orders.>", "_INBOX.u.>"] }`},
		"an operator":              {user: `permissions { publish { allow: ["$JS.API.>"], deny: ["$JS.API.STREAM.CREATE.>", "$JS.API.STREAM.UPDATE.>", "$JS.API.STREAM.RESTORE.>"] }, ` + inbox + ` }`},
		"by default":               {account: `default_permissions { publish { deny: ">" }, subscribe { deny: ">" } }`},
		"no permissions":           {refused: "user u of account CHAT has no permissions"},
		"only publish":             {user: `permissions { publish: ["api.>"] }`, refused: "may subscribe to"},
		"only subscribe":           {user: `permissions { ` + inbox + ` }`, refused: "may publish to"},
		"a default that allows":    {account: `default_permissions { publish: [">"], subscribe { deny: ">" } }`, refused: "may publish to"},
		"writes to the log":        {user: `permissions { publish: ["chat.3.>"], ` + inbox + ` }`, refused: "may publish to chat.>"},
		"writes, by a wildcard":    {user: `permissions { publish: ["*.3.x"], ` + inbox + ` }`, refused: "may publish to"},
		"writes receipts":          {user: `permissions { publish: ["receipt.1"], ` + inbox + ` }`, refused: "may publish to receipt.>"},
		"writes presence":          {user: `permissions { publish: ["$KV.PRESENCE.>"], ` + inbox + ` }`, refused: "may publish to $KV.>"},
		"makes streams":            {user: `permissions { publish: ["$JS.API.>"], ` + inbox + ` }`, refused: "may publish to $JS.API.STREAM.CREATE.>"},
		"makes one stream":         {user: `permissions { publish: ["$JS.API.STREAM.CREATE.MINE"], ` + inbox + ` }`, refused: "may publish to $JS.API.STREAM.CREATE.>"},
		"denied too little":        {user: `permissions { publish { allow: ["$JS.API.>"], deny: ["$JS.API.STREAM.CREATE.CHAT_0"] }, ` + inbox + ` }`, refused: "may publish to $JS.API.STREAM.CREATE.>"},
		"answers requests":         {user: `permissions { publish: ["api.>"], subscribe: ["api.>", "_INBOX.u.>"] }`, refused: "may subscribe to api.>"},
		"answers, in a queue":      {user: `permissions { publish: ["api.>"], subscribe: ["api.> q", "_INBOX.u.>"] }`, refused: "may subscribe to api.>"},
		"reads sessions":           {user: `permissions { publish: ["api.>"], subscribe: ["sessions.>", "_INBOX.u.>"] }`, refused: "may subscribe to sessions.>"},
		"reads the others' inbox":  {user: `permissions { publish: ["api.>"], subscribe: ["_INBOX.>"] }`, refused: "read the answers to others"},
		"reads the others' inbox*": {user: `permissions { publish: ["api.>"], subscribe: ["_INBOX.*.*"] }`, refused: "read the answers to others"},
		"allowed to respond":       {user: `permissions { publish: ["api.>"], ` + inbox + `, allow_responses: true }`, refused: "allow_responses"},
	} {
		t.Run(name, func(t *testing.T) {
			o := &server.Options{}
			if err := o.ProcessConfigString("listen: 127.0.0.1:4222\naccounts { CHAT { " + tt.account + "\n users: [ { user: u, password: p, " + tt.user + " } ] } }\n"); err != nil {
				t.Fatal(err)
			}
			refused := strings.Join(embed.Expose(o).Refused, "\n")
			if (refused != "") != (tt.refused != "") || !strings.Contains(refused, tt.refused) {
				t.Errorf("refused: %q, want %q", refused, tt.refused)
			}
		})
	}
	for name, text := range map[string]string{
		"account": `leafnodes { listen: 127.0.0.1:7422, authorization { user: l, password: p, account: CHAT } }`,
		"user":    `leafnodes { listen: 127.0.0.1:7422, authorization { users: [ { user: l, password: p, account: CHAT } ] } }`,
		"remote":  `leafnodes { remotes: [ { url: "nats://127.0.0.1:1", account: CHAT } ] }`,
	} {
		o := &server.Options{}
		if err := o.ProcessConfigString("listen: 127.0.0.1:4222\naccounts { CHAT {} }\n" + text + "\n"); err != nil {
			t.Fatal(err)
		}
		onlyOne(t, "leafnodes by "+name, embed.Expose(o).Refused, "another server would have all of account CHAT")
	}
}

func onlyOne(t *testing.T, what string, got []string, part string) {
	t.Helper()
	want := 1
	if part == "" {
		want = 0
	}
	if len(got) != want || !strings.Contains(strings.Join(got, ""), part) {
		t.Errorf("%s: %q, want %d with %q", what, got, want, part)
	}
}

func TestLoopback(t *testing.T) {
	for host, want := range map[string]bool{
		"127.0.0.1": true, "127.255.0.3": true, "::1": true, "localhost": true, "::ffff:127.0.0.1": true,
		"": false, "0.0.0.0": false, "::": false, "10.0.0.1": false, "LOCALHOST.example": false, "localhost.": false, "127.0.0.1.nip.io": false, "0x7f000001": false,
	} {
		if got := embed.Loopback(host); got != want {
			t.Errorf("Loopback(%q) = %v, want %v", host, got, want)
		}
	}
}
