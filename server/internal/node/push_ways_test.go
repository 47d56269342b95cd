package node

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"natterjack/server/internal/config"
	"natterjack/server/internal/push/pushtest"
	"natterjack/server/internal/push/webhook"
	"natterjack/server/wire"
)

// retryAfter is for how long a receiver wants to be left alone that answers 429.
const retryAfter = 2 * time.Second

// ways are the ways of telling, and cases the behaviours of a receiver: for each way and case there
// is one user, who is told in that way by a receiver that does so.
var (
	ways  = []string{"web", "unifiedpush", "webhook", "fcm", "apns"}
	cases = []string{"taken", "404", "410", "413", "429", "redirect", "hangs"}
)

// becomes returns what becomes of telling a user, as their push log says it: one result for each
// try. Only a receiver that says that there is no such device has a subscription be gone.
func becomes(way, does string) (log string, isGone bool) {
	gone := map[string]string{"fcm": "404", "apns": "410"} // the other one is about the path
	switch does {
	case "404", "410":
		if only := gone[way]; only != "" && only != does {
			return "refused status_" + does, false
		}
		return "gone gone", true
	case "429":
		return "again too_fast, sent message", false
	case "redirect":
		return "refused redirect", false
	case "hangs":
		return "again timeout, sent message", false
	}
	return "sent message", false
}

// world is all that a node asks to tell users: it verifies and decrypts each request.
type world struct {
	t       *testing.T
	servers map[string]*httptest.Server // by way
	inside  *httptest.Server            // where nobody is to be sent
	google  *pushtest.Google
	apple   *pushtest.Apple
	secret  []byte // of all webhooks
	text    string // the same as users name it

	mu       sync.Mutex // protects following
	vapid    string
	browsers map[string]*pushtest.Browser // by user
	got      map[string][]told            // by user
	astray   int
}

// told is a notification that came.
type told struct {
	text string
	at   time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, servers: map[string]*httptest.Server{}, browsers: map[string]*pushtest.Browser{}, got: map[string][]told{}}
	for _, way := range ways {
		w.servers[way] = w.serve(map[string]func(*http.Request, []byte) (string, string, error){
			"web": w.web, "unifiedpush": w.web, "webhook": w.hook, "fcm": w.fcm, "apns": w.apns,
		}[way])
	}
	w.inside = w.serve(func(*http.Request, []byte) (string, string, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.astray++
		return "", "", errors.New("a redirect was followed")
	})
	w.google, w.apple = pushtest.NewGoogle(w.servers["fcm"].URL+"/token"), pushtest.NewApple(t)
	w.secret, w.text = webhook.NewSecret()
	return w
}

// serve starts a receiver. Read verifies a request, and returns the user that it tells, and the
// text; no user if it tells none.
func (w *world) serve(read func(r *http.Request, body []byte) (user, text string, err error)) *httptest.Server {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the node has stopped
		}
		user, text, err := read(r, body)
		if err != nil {
			w.t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
		}
		if user == "" { // it asks for a token
			_, _ = io.WriteString(out, `{"access_token":"t1","expires_in":3600}`)
			return
		}
		w.answer(out, r, user, text)
	}))
	s.EnableHTTP2 = true
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // requests are cut short on purpose
	s.StartTLS()
	w.t.Cleanup(s.Close)
	return s
}

// answer behaves as the receiver of a user does.
func (w *world) answer(out http.ResponseWriter, r *http.Request, user, text string) {
	w.mu.Lock()
	w.got[user] = append(w.got[user], told{text, time.Now()})
	first := len(w.got[user]) == 1
	w.mu.Unlock()
	way, does := wayOf(user)
	switch {
	case does == "404" || does == "410":
		out.WriteHeader(map[string]int{"404": 404, "410": 410}[does])
		if way == "fcm" && does == "404" {
			_, _ = io.WriteString(out, `{"error":{"details":[{"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":"UNREGISTERED"}]}}`)
		}
	case does == "413" && first:
		out.WriteHeader(http.StatusRequestEntityTooLarge)
	case does == "429" && first:
		out.Header().Set("Retry-After", fmt.Sprint(int(retryAfter/time.Second)))
		out.WriteHeader(http.StatusTooManyRequests)
	case does == "redirect":
		http.Redirect(out, r, w.inside.URL, http.StatusTemporaryRedirect)
	case does == "hangs" && first:
		<-r.Context().Done()
	}
}

// wayOf returns the way and the case of a user.
func wayOf(user string) (way, does string) {
	way, does, _ = strings.Cut(user, "-")
	return way, does
}

// web reads a Web Push. Applications with UnifiedPush have their name in the query.
func (w *world) web(r *http.Request, body []byte) (user, text string, err error) {
	w.mu.Lock()
	user = r.URL.Path[len("/"):] + r.URL.Query().Get("up")
	browser, key := w.browsers[user], w.vapid
	w.mu.Unlock()
	way, _ := wayOf(user)
	if _, err := pushtest.VAPID(r, key, w.servers[way].URL); err != nil {
		return user, "", err
	}
	text, err = browser.Open(body)
	return user, text, err
}

func (w *world) hook(r *http.Request, body []byte) (user, text string, err error) {
	return r.URL.Path[len("/"):], string(body), pushtest.Signed(r, body, w.secret)
}

func (w *world) fcm(r *http.Request, body []byte) (user, text string, err error) {
	if r.URL.Path == "/token" {
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		return "", "", w.google.Asserted(r)
	}
	if r.URL.Path != "/v1/projects/p-1/messages:send" || r.Header.Get("Authorization") != "Bearer t1" {
		err = errors.New("not the project, or not its token")
	}
	var m struct{ Message struct{ Token string } }
	err = errors.Join(err, json.Unmarshal(body, &m))
	return m.Message.Token, string(body), err
}

func (w *world) apns(r *http.Request, body []byte) (user, text string, err error) {
	_, err = w.apple.Verify(r)
	name, malformed := hex.DecodeString(strings.TrimPrefix(r.URL.Path, "/3/device/"))
	if r.Header.Get("Apns-Topic") != "com.example.chat" {
		err = errors.Join(err, errors.New("another application"))
	}
	return string(name), string(body), errors.Join(err, malformed)
}

// configured returns the configuration of a node that tells in all ways, and may ask nothing else
// of this machine.
func (w *world) configured() *config.Config {
	w.t.Helper()
	cfg, dir := load(w.t), w.t.TempDir()
	file := func(name string, content []byte) string {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			w.t.Fatal(err)
		}
		return filepath.Join(dir, name)
	}
	p := &cfg.Push
	p.PublicURL, p.Allowed = "https://chat.example.com", []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	for _, s := range append([]*httptest.Server{w.inside}, w.servers["web"], w.servers["unifiedpush"], w.servers["webhook"]) {
		p.Ports = append(p.Ports, s.Listener.Addr().(*net.TCPAddr).Port)
	}
	p.CA = file("ca.pem", pemOf(w.inside)) // all servers of a test have the same
	p.FCM = config.FCM{KeyFile: file("fcm.json", w.google.JSON(w.t)), Host: w.servers["fcm"].URL}
	p.APNs = config.APNs{KeyFile: file("apns.p8", w.apple.P8(w.t)), KeyID: "KEYID", Team: "TEAM", Topic: "com.example.chat", Host: w.servers["apns"].URL}
	return cfg
}

// subscription returns the command that has a user told.
func (w *world) subscription(user string) wire.SubscribePush {
	way, _ := wayOf(user)
	base := w.servers[way].URL
	cmd := wire.SubscribePush{ID: devicesID, PushDevice: wire.PushDevice{Kind: wire.PushKind(way)}}
	switch way {
	case "web", "unifiedpush":
		b := pushtest.NewBrowser(w.t)
		w.mu.Lock()
		w.browsers[user] = b
		w.mu.Unlock()
		text := base64.RawURLEncoding.EncodeToString
		cmd.Kind, cmd.PushTarget = wire.PushWeb, wire.PushTarget{Address: base + "/" + user, Key: text(b.Public()), Auth: text(b.Auth)}
		if way == "unifiedpush" {
			cmd.Address = base + "/?up=" + user
		}
	case "webhook":
		cmd.PushTarget = wire.PushTarget{Address: base + "/" + user, Key: w.text}
	case "fcm":
		cmd.Address = user
	case "apns":
		cmd.Address = hex.EncodeToString([]byte(user))
	}
	return cmd
}

// TestPush_ways tells a group of one message on a whole node: by each way, and of receivers that
// take it, know no such device, take no text, want to be left alone, send the node elsewhere, or
// hang. Other users do not wait for a receiver that hangs. What becomes of it is in each user's
// push log. Mail has [TestMail], and tests of its answers in its own package.
func TestPush_ways(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, logged, _ := pushNode(t, w.configured(), nil)
	alice, users, members := pusher{a.HTTP, signIn(t, a, "alice")}, map[string]pusher{}, []string(nil)
	offered := alice.do(t, wire.GetPush{}).(wire.Push)
	if fmt.Sprint(offered.Kinds) != "[web fcm apns webhook]" {
		t.Fatalf("%+v", offered)
	}
	w.vapid = offered.Key
	for _, way := range ways {
		for _, does := range cases {
			user := way + "-" + does
			users[user], members = pusher{a.HTTP, signIn(t, a, user)}, append(members, user)
			if ack, ok := users[user].do(t, w.subscription(user)).(wire.Ack); !ok {
				t.Fatalf("%s: %+v", user, ack)
			}
		}
	}
	group := alice.do(t, wire.CreateGroup{Name: "Pond", Members: members, ClientID: "g"}).(wire.Channel).Channel.ID
	alice.do(t, wire.Send{Channel: group, ClientID: "1", Content: wire.Content{Text: "hello"}})
	for _, user := range members {
		way, does := wayOf(user)
		want, isGone := becomes(way, does)
		await(t, func() string {
			if got := tries(t, users[user]); got != want {
				return fmt.Sprintf("%s: the log says %q, want %q: %s", user, got, want, logged)
			}
			if subs := users[user].do(t, wire.GetPush{}).(wire.Push).Subscriptions; len(subs) != 1 || (subs[0].State == wire.PushGone) != isGone {
				return fmt.Sprintf("%s: the subscriptions are %+v", user, subs)
			}
			return ""
		})
	}
	w.check()
}

// tries returns what became of telling a user: one result for each try.
func tries(t *testing.T, p pusher) string {
	t.Helper()
	var all []string
	for _, e := range slices.Backward(p.do(t, wire.GetPushLog{}).(wire.PushLog).Entries) {
		if e.ID != "" {
			all = append(all, string(e.Result)+" "+e.Reason)
		}
	}
	return strings.Join(all, ", ")
}

// await waits until there is nothing wrong any more.
func await(t *testing.T, wrong func() string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; <-time.After(50 * time.Millisecond) {
		says := wrong()
		if says == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(says)
		}
	}
}

// check checks what the receivers have got.
func (w *world) check() {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.astray > 0 {
		w.t.Errorf("%d redirects were followed", w.astray)
	}
	for user, got := range w.got {
		_, does := wayOf(user)
		again := does == "413" || does == "429" || does == "hangs"
		if (len(got) == 2) != again || !strings.Contains(got[0].text, `"body":"hello"`) {
			w.t.Errorf("%s got %+v", user, got)
			continue
		}
		if again && strings.Contains(got[1].text, "hello") != (does != "413") {
			w.t.Errorf("%s got %+v", user, got)
		}
		if wait := got[len(got)-1].at.Sub(got[0].at); does == "429" && wait < retryAfter {
			w.t.Errorf("%s was asked again after %v", user, wait)
		}
	}
}
