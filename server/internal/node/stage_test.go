package node

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/nats-io/nats.go"

	"natterjack/server/wire"
)

// stage is a node with all actors of the table.
type stage struct {
	addresses Addresses
	nats      *nats.Conn
	group     string
	anothers  string // token of another user
	session   string // of another user
	tokens    map[string]string
	sockets   map[string]*socket
}

// asker sends a frame as a user and returns the answer.
type asker func(t *testing.T, user, frame string) string

func newStage(t *testing.T, offers ...binder) *stage {
	t.Helper()
	cfg := load(t)
	a, _ := start(t, cfg, offers...)
	s := &stage{addresses: a, tokens: map[string]string{}, sockets: map[string]*socket{}}
	s.nats, _ = connect(t, a, cfg.Data, "service")
	s.anothers = signIn(t, a, "dev")
	s.session = dial(t, a, s.anothers).session
	for _, user := range append([]string{"blk"}, actors...) {
		s.tokens[user] = signIn(t, a, user)
		s.sockets[user] = dial(t, a, s.tokens[user])
	}
	s.build(t)
	return s
}

// build makes the channels of the table.
func (s *stage) build(t *testing.T) {
	t.Helper()
	made := s.must(t, "own", `{"type":"create_group","client_id":"g","name":"toads","members":["adm","mem","rea","former","ban"]}`)
	s.group = made.(wire.Channel).Channel.ID
	const secret = "q3Jx0m1T2c4V5b6N7m8K9Q"
	hash := sha256.Sum256([]byte(secret))
	for _, step := range []string{
		`own {"type":"set_role","channel":"CH","user":"adm","role":"admin"}`,
		`own {"type":"send","channel":"CH","client_id":"1","content":{"text":"one https://a.example"}}`,
		`mem {"type":"send","channel":"CH","client_id":"2","content":{"text":"two"}}`,
		`rea {"type":"send","channel":"CH","client_id":"3","content":{"text":"three"}}`,
		`former {"type":"send","channel":"CH","client_id":"4","content":{"text":"four"}}`,
		`mem {"type":"edit","channel":"CH","seq":2,"content":{"text":"2 https://b.example"}}`,
		`own {"type":"pin","channel":"CH","seq":2}`,
		`own {"type":"react","channel":"CH","seq":2,"emoji":"👍"}`,
		`own {"type":"set_role","channel":"CH","user":"rea","role":"reader"}`,
		`own {"type":"add_members","channel":"CH","members":["lat"]}`,
		`own {"type":"set_role","channel":"CH","user":"lat","role":"admin"}`,
		`own {"type":"send","channel":"CH","client_id":"5","content":{"text":"five https://c.example"}}`,
		`own {"type":"create_invite","channel":"CH","hash":"` + hex.EncodeToString(hash[:]) + `","approval":true}`,
		`req {"type":"join","channel":"CH","secret":"` + secret + `"}`,
		`former {"type":"leave","channel":"CH"}`,
		`adm {"type":"remove_member","channel":"CH","user":"ban","ban":true}`,
		`mem {"type":"set","name":"hide/CH/1","value":"1"}`,
		`own {"type":"send","to":"mem","client_id":"d","content":{"text":"hi"}}`,
		`mem {"type":"send","to":"own","client_id":"d","content":{"text":"hi"}}`,
		`own {"type":"send","to":"blk","client_id":"d","content":{"text":"hi"}}`,
		`blk {"type":"send","to":"own","client_id":"d","content":{"text":"hi"}}`,
		`own {"type":"set","name":"block/blk","value":"1"}`,
		`own {"type":"set_profile","name":"Mem","zone":"Asia/Tokyo","status":{"text":"busy"}}`,
	} {
		user, frame, _ := strings.Cut(step, " ")
		s.must(t, user, strings.ReplaceAll(frame, "CH", s.group))
	}
}

// outcomeOfProfile tells what a caller sees of the profile that build sets.
func outcomeOfProfile(p *wire.Profile) string {
	told := p.Zone != "" && p.Status != nil
	switch {
	case p.Name != "Mem" || told != (p.Zone != "" || p.Status != nil):
		return "some other part of it"
	case p.Imitates == "mem":
		return "I"
	case told:
		return "S"
	default:
		return "N"
	}
}

func (s *stage) must(t *testing.T, user, frame string) wire.Frame {
	t.Helper()
	f := s.post(t, user, frame)
	if e, failed := f.(*wire.Error); failed || f == nil {
		t.Fatalf("%s: %s: %v", user, frame, e)
	}
	return f
}

// post sends a frame over HTTP. It returns nil if there was no answer.
func (s *stage) post(t *testing.T, user, frame string) wire.Frame {
	t.Helper()
	_, body := post(t, s.addresses.HTTP+wire.PathFrames, frame, "Authorization", "Bearer "+s.tokens[user])
	if body == "" {
		return nil
	}
	return decode(t, []byte(strings.TrimSuffix(body, "\n")))
}

// surfaces returns the ways to ask an operation, by name.
func (s *stage) surfaces(a wire.Asker) map[string]asker {
	all := map[string]asker{"WebSocket": s.askWebSocket}
	if a == wire.BySessions || a == wire.ByConnections {
		return all
	}
	all["HTTP"] = s.askHTTP
	if a == wire.ByAnybody {
		all["NATS"] = s.askNATS
	}
	return all
}

func (s *stage) askWebSocket(t *testing.T, user, frame string) string {
	t.Helper()
	return s.sockets[user].askNext(t, frame)
}

func (s *stage) askHTTP(t *testing.T, user, frame string) string {
	t.Helper()
	return outcome(s.post(t, user, frame))
}

func (s *stage) askNATS(t *testing.T, user, frame string) string {
	t.Helper()
	name, body, _ := strings.Cut(strings.TrimPrefix(frame, `{"type":"`), `"`)
	reply, err := s.nats.Request("api."+user+"."+name, []byte("{"+strings.TrimPrefix(body, ",")), patience)
	if err != nil {
		t.Fatalf("%s of %s over NATS: %v", name, user, err)
	}
	return outcome(decode(t, reply.Data))
}

// fill replaces the placeholders of the table in a frame.
func (s *stage) fill(name, frame, user, channel string) string {
	frame = strings.NewReplacer("CH", channel, "SESSION", s.session, "TOKEN", s.tokens[user], "ANOTHERS", s.anothers).Replace(frame)
	if frame == "{}" {
		return `{"type":"` + name + `"}`
	}
	return `{"type":"` + name + `",` + frame[1:]
}

// outcome returns an answer in the notation of the table.
func outcome(f wire.Frame) string {
	switch f := f.(type) {
	case nil:
		return "-"
	case wire.Page:
		return strconv.Itoa(len(f.Events))
	case wire.Reactions:
		return strconv.Itoa(len(f.Users))
	case wire.Gallery:
		return strconv.Itoa(len(f.Items))
	case wire.Found:
		return strconv.Itoa(len(f.Hits))
	case wire.Matches:
		return strconv.Itoa(len(f.People)) + "/" + strconv.Itoa(len(f.Channels))
	case wire.Versions:
		return strconv.Itoa(len(f.Versions))
	case wire.Receipts:
		return strconv.Itoa(len(f.Cursors))
	case wire.Channels:
		return strconv.Itoa(len(f.Channels))
	case wire.Settings:
		return strconv.Itoa(len(f.Settings))
	case wire.Push:
		return strconv.Itoa(len(f.Subscriptions))
	case wire.PushLog:
		return strconv.Itoa(len(f.Entries))
	case wire.Sessions:
		return strconv.Itoa(len(f.Sessions))
	case wire.Channel:
		if len(f.Requested)+len(f.Banned)+len(f.Invites) > 0 {
			return "*"
		}
	case wire.Profiles:
		return outcomeOfProfile(&f.Users[0])
	case wire.Pictures:
		return strconv.Itoa(len(f.Pictures))
	case wire.Presence:
		if f.Users[0].State == wire.PresenceUnknown {
			return "?"
		}
		return "o"
	case *wire.Error:
		return refusal(f)
	default:
	}
	return "+"
}

func refusal(e *wire.Error) string {
	switch {
	case e.Message == "channel: not found, or you are not a member":
		return "f"
	case e.Message == "media: there is no such attachment that you can see":
		return "n"
	case e.Code == wire.CodeForbidden:
		return "r"
	case e.Code == wire.CodeInvalid:
		return "i"
	case e.Code == wire.CodeNotConnected:
		return "c"
	case e.Code == wire.CodeUnauthorized:
		return "t"
	default:
		return string(e.Code)
	}
}

func decode(t *testing.T, data []byte) wire.Frame {
	t.Helper()
	f, err := wire.DecodeFrame(data)
	if err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	return f
}

// socket is a WebSocket, which may be a session.
type socket struct {
	*websocket.Conn
	session string
	ref     uint64
}

func open(t *testing.T, a Addresses) *socket {
	t.Helper()
	ws, resp, err := websocket.Dial(t.Context(), strings.Replace(a.HTTP, "http", "ws", 1)+wire.PathWebSocket, nil)
	if err != nil {
		t.Fatalf("dial: %v (%v)", err, resp)
	}
	ws.SetReadLimit(1 << 20)
	t.Cleanup(func() { _ = ws.CloseNow() })
	return &socket{Conn: ws}
}

// dial opens a session.
func dial(t *testing.T, a Addresses, token string) *socket {
	t.Helper()
	s := open(t, a)
	s.write(t, `{"type":"connect","v":1,"token":"`+token+`"}`)
	welcome, ok := s.read(t).(wire.Welcome)
	if !ok {
		t.Fatal("not welcome")
	}
	s.session = welcome.Session
	return s
}

func (s *socket) write(t *testing.T, frame string) {
	t.Helper()
	if err := s.Write(t.Context(), websocket.MessageText, []byte(frame)); err != nil {
		t.Fatal(err)
	}
}

// read returns the first frame of the next message.
func (s *socket) read(t *testing.T) wire.Frame {
	t.Helper()
	_, data, err := s.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(data), string(rune(wire.Separator)))
	return decode(t, []byte(first))
}

// askNext sends a frame with a new ref. A frame that has no answer is followed by one that has.
func (s *socket) askNext(t *testing.T, frame string) string {
	t.Helper()
	s.ref++
	ref := s.ref
	if strings.HasPrefix(frame, `{"type":"pong"`) || strings.Contains(frame, `"type":"cancel"`) {
		s.write(t, frame)
		if got := s.ask(t, fmt.Sprintf(`{"type":"get_settings","ref":%d}`, ref), ref); got == "" {
			return got
		}
		return outcome(nil)
	}
	return s.ask(t, strings.Replace(frame, `{`, fmt.Sprintf(`{"ref":%d,`, ref), 1), ref)
}

// ask returns the answer to a ref, and skips all other frames.
func (s *socket) ask(t *testing.T, frame string, ref uint64) string {
	t.Helper()
	s.write(t, frame)
	for {
		_, data, err := s.Read(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", frame, err)
		}
		for part := range strings.SplitSeq(string(data), string(rune(wire.Separator))) {
			f := decode(t, []byte(part))
			if r, ok := f.(interface{ Reference() uint64 }); ok && r.Reference() == ref {
				return outcome(f)
			}
		}
	}
}
