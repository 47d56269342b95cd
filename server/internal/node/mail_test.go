package node

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/http"
	"net/http/httptest"
	netmail "net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/coreos/go-oidc/v3/oidc/oidctest"

	"natterjack/server/internal/push/mail/mailtest"
	"natterjack/server/wire"
)

// mailNode runs a node that sends digests soon, by a real mail server and an identity provider that
// tells addresses. It returns tokens of users with some more claims.
func mailNode(t *testing.T) (a Addresses, server *mailtest.Server, logged *journal, token func(user, more string) string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	provider := &oidctest.Server{PublicKeys: []oidctest.PublicKey{{PublicKey: key.Public(), KeyID: "k1", Algorithm: oidc.ES256}}}
	srv := httptest.NewServer(provider)
	t.Cleanup(srv.Close)
	provider.SetIssuer(srv.URL)
	token = func(user, more string) string {
		return oidctest.SignIDToken(key, "k1", oidc.ES256, fmt.Sprintf(`{"iss":%q,"aud":"chat","sub":%q,"exp":%d%s}`, srv.URL, user, time.Now().Add(time.Hour).Unix(), more))
	}
	server = mailtest.Start(t, mailtest.How{User: "chat", Password: "smtp-secret"})
	dir := t.TempDir()
	password, ca := filepath.Join(dir, "password"), filepath.Join(dir, "ca.pem")
	for file, content := range map[string][]byte{password: []byte("smtp-secret\n"), ca: server.PEM} {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg := load(t)
	cfg.SignIn, cfg.Auth.Issuer, cfg.Auth.Audience, cfg.Shards = false, srv.URL, "chat", 1 // one shard: push decides in order
	cfg.Push.PublicURL = "https://chat.example.com"
	s := &cfg.Push.SMTP
	s.Host, s.Port, s.User, s.PasswordFile, s.TLS, s.CA = server.Host, server.Port, "chat", password, "starttls", ca
	s.Sender, s.After, s.Every = &netmail.Address{Name: "Natterjack", Address: "chat@example.com"}, 300*time.Millisecond, time.Second
	a, logged, _ = pushNode(t, cfg, nil)
	return a, server, logged, token
}

// eventually waits for something that happens soon.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for began := time.Now(); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > patience {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

// awaitMail returns the header and the text of the n-th mail to an address, once it is there.
func awaitMail(t *testing.T, server *mailtest.Server, to string, n int) (header netmail.Header, subject, text string) {
	t.Helper()
	var mails []mailtest.Received
	eventually(t, "the mail to "+to, func() bool {
		mails = slices.DeleteFunc(server.Mails(), func(m mailtest.Received) bool { return !slices.Contains(m.To, to) })
		return len(mails) >= n
	})
	m := mails[n-1]
	if !m.TLS || m.From != "chat@example.com" {
		t.Errorf("%+v", m)
	}
	parsed, err := netmail.ReadMessage(bytes.NewReader(m.Data))
	if err != nil {
		t.Fatal(err)
	}
	if subject, err = new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject")); err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(parsed.Body)) // the lines of the parts are as coded as their texts
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Header, subject, strings.ReplaceAll(string(body), "\r\n", "\n")
}

// TestMail shows the whole way of a digest: from the token that tells an address, over a message
// that is not read, to a mail, and to the click that ends that.
func TestMail(t *testing.T) {
	t.Parallel()
	a, server, logged, token := mailNode(t)
	alice := pusher{a.HTTP, token("alice", `,"email":"alice@example.org","email_verified":true,"locale":"ja-JP","zoneinfo":"Asia/Tokyo"`)}
	bob := pusher{a.HTTP, token("bob", `,"name":"Bob","email":"bob@example.org","email_verified":false`)}
	mail := func(p pusher) wire.PushMail { return p.do(t, wire.GetPush{}).(wire.Push).Mail }
	eventually(t, "alice's address", func() bool { return mail(alice) == wire.PushMailReady })
	if got := mail(bob); got != wire.PushMailNoAddress {
		t.Errorf("an address that nobody has verified: %q", got)
	}
	sendTo := func(to, client, text string) {
		t.Helper()
		if _, ok := bob.do(t, wire.Send{To: to, ClientID: client, Content: wire.Content{Text: text}}).(wire.Ack); !ok {
			t.Fatalf("%s is not sent", text)
		}
	}
	send := func(client, text string) {
		t.Helper()
		sendTo("alice", client, text)
	}
	carol, witnessed := pusher{a.HTTP, token("carol", `,"email":"carol@example.org","email_verified":true`)}, 0
	eventually(t, "carol's address", func() bool { return mail(carol) == wire.PushMailReady })
	// decided waits until the node has decided about all that was sent. It decides some time after
	// the ack, by the settings of that moment, and in order.
	decided := func() {
		t.Helper()
		witnessed++
		sendTo("carol", fmt.Sprint("witness", witnessed), "carol gets a mail of this")
		awaitMail(t, server, "carol@example.org", witnessed)
	}
	if got := carol.do(t, wire.Set{Name: wire.SettingMail, Value: "1"}); got.Type() != "ack" {
		t.Fatalf("%+v", got)
	}
	send("1", "before alice wants mail")
	decided()
	for _, p := range []pusher{alice, bob} {
		if got := p.do(t, wire.Set{Name: wire.SettingMail, Value: "1"}); got.Type() != "ack" {
			t.Fatalf("%+v", got)
		}
	}
	send("2", "are you *there*?")
	header, subject, text := awaitMail(t, server, "alice@example.org", 1)
	if subject != "Bobさんからのメッセージ1件" || header.Get("To") != "<alice@example.org>" || !strings.Contains(text, "\n> are you there?\nhttps://chat.example.com/c/alice~bob/2\n") {
		t.Errorf("%s to %s:\n%s", subject, header.Get("To"), text)
	}
	if strings.Contains(text, "before alice") {
		t.Errorf("the mail has what is older than the wish for mail:\n%s", text)
	}
	leave(t, a, alice, header)
	send("3", "after the click")
	decided()
	if got := alice.do(t, wire.Set{Name: wire.SettingMail, Value: "1"}); got.Type() != "ack" {
		t.Fatalf("%+v", got)
	}
	send("4", "wanted again")
	if _, _, text := awaitMail(t, server, "alice@example.org", 2); !strings.Contains(text, "> wanted again\n") || strings.Contains(text, "click") || strings.Contains(text, "there?") {
		t.Errorf("the second mail:\n%s", text)
	}
	eventually(t, "the push log", func() bool {
		log := alice.do(t, wire.GetPushLog{}).(wire.PushLog)
		return len(log.Entries) == 2 && log.Entries[0].ID == "mail" && log.Entries[0].Verdict == wire.PushTold
	})
	for _, secret := range []string{"example.org", "smtp-secret", "/unsubscribe/"} {
		if text := logged.String(); strings.Contains(text, secret) {
			t.Errorf("%s is in the log", secret)
		}
	}
}

// leave unsubscribes as a mail program does, with the address in the header.
func leave(t *testing.T, a Addresses, p pusher, header netmail.Header) {
	t.Helper()
	path, ok := strings.CutPrefix(strings.Trim(header.Get("List-Unsubscribe"), "<>"), "https://chat.example.com")
	if !ok || header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
		t.Fatalf("%q", header)
	}
	click := func(path string) int {
		t.Helper()
		code, _ := post(t, a.HTTP+path, "List-Unsubscribe=One-Click", "Content-Type", "application/x-www-form-urlencoded")
		return code
	}
	setting := func() string {
		t.Helper()
		settings := p.do(t, wire.GetSettings{Prefix: wire.SettingMail}).(wire.Settings).Settings
		if len(settings) == 0 {
			return ""
		}
		return settings[0].Value
	}
	if got := click(path[:len(path)-3] + "AAA"); got != http.StatusNotFound || setting() != "1" {
		t.Errorf("a wrong token: %d, the setting is %q", got, setting())
	}
	if got, _ := get(t, http.DefaultClient, a.HTTP+path); got != http.StatusOK || setting() != "1" {
		t.Errorf("a look: %d, the setting is %q", got, setting())
	}
	for range 2 {
		if got := click(path); got != http.StatusOK || setting() != "" {
			t.Errorf("a click: %d, the setting is %q", got, setting())
		}
	}
}

// TestMail_off shows that a node without a mail server has no such route, and says so.
func TestMail_off(t *testing.T) {
	a, _ := start(t, load(t))
	alice := pusher{a.HTTP, signIn(t, a, "alice")}
	if got := alice.do(t, wire.GetPush{}).(wire.Push).Mail; got != "" {
		t.Errorf("mail: %q", got)
	}
	if got, _ := post(t, a.HTTP+"/unsubscribe/x", "List-Unsubscribe=One-Click", "Content-Type", "application/x-www-form-urlencoded"); got != http.StatusNotFound {
		t.Errorf("%d", got)
	}
}
