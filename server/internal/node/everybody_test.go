package node

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"natterjack/server/wire"
)

// actors are the users who try each operation in the group, in the order of the columns: the
// owner, an admin, a member who has hidden the first message, a reader, an admin who joined
// after all messages but the last, a user who has left, a user who never was in the group, a
// banned user, and a user who asked to join. Two more columns each have three users: direct is
// the direct channel of own and mem, apart is the direct channel of own and blk, whom own has
// blocked. In both, the third user is an outsider.
var (
	actors = strings.Fields("own adm mem rea lat former never ban req")
	direct = strings.Fields("own mem never")
	apart  = strings.Fields("own blk never")
)

// row is an operation and its expected outcomes.
type row struct {
	cmd    wire.Command
	frame  string // CH is the channel
	group  string // own adm mem rea lat former never ban req
	direct string // own mem never
	apart  string // own blk never
}

// everybody holds the outcomes of every operation that is not a change of a channel. The
// changes have a table in jetstream/channel.
//
//	number  so many messages, versions, cursors, channels or settings
//	n/m     so many people and groups
//	+  done, or a channel
//	*  a channel with the users who wait, are banned and are invited
//	f  exactly the error of a channel that the user is not in
//	r  forbidden in other words
//	i  invalid
//	c  not possible on this session
//	t  the token is another user's
//	o  some user is online, or offline
//	?  is unknown
//	N  the display name of own, and nothing else
//	S  their time zone and status, too
//	I  all of that, and that they imitate another member
//	n  exactly the error of a file that does not exist
//	-  no answer
//
// The group has five messages: by own, by mem (which mem has edited and own has pinned), by
// rea, by former, and by own. The direct channels have two messages, one by each user. An empty
// column would be the same as the first, because the operation names no channel.
var everybody = []row{
	{wire.History{}, `{"channel":"CH"}`, "5 5 4 5 1 f f f f", "2 2 f", "2 2 f"},
	{wire.History{}, `{"channel":"CH","before":5,"limit":2}`, "2 2 2 2 0 f f f f", "2 2 f", "2 2 f"},
	{wire.History{}, `{"channel":"CH","after":1,"limit":3}`, "3 3 3 3 1 f f f f", "1 1 f", "1 1 f"},
	{wire.History{}, `{"channel":"CH","around":2,"limit":3}`, "3 3 3 3 1 f f f f", "2 2 f", "2 2 f"},
	{wire.GetChannel{}, `{"channel":"CH"}`, "* * + + * f f f f", "+ + f", "+ + f"},
	{wire.GetVersions{}, `{"channel":"CH","seq":2}`, "2 2 2 2 0 f f f f", "1 1 f", "1 1 f"},
	{wire.GetVersions{}, `{"channel":"CH","seq":1}`, "1 1 0 1 0 f f f f", "1 1 f", "1 1 f"},
	{wire.GetVersions{}, `{"channel":"CH","seq":99}`, "0 0 0 0 0 f f f f", "0 0 f", "0 0 f"},
	{wire.GetReactions{}, `{"channel":"CH","seq":2,"emoji":"👍"}`, "1 1 1 1 0 f f f f", "0 0 f", "0 0 f"},
	{wire.GetPins{}, `{"channel":"CH"}`, "1 1 1 1 0 f f f f", "0 0 f", "0 0 f"},
	{wire.ListMedia{}, `{"channel":"CH"}`, "3 3 2 3 1 f f f f", "0 0 f", "0 0 f"},
	{wire.ListMedia{}, `{"channel":"CH","kind":"links","before":{"seq":5,"index":0}}`, "2 2 1 2 0 f f f f", "0 0 f", "0 0 f"},
	{wire.ListMedia{}, `{"channel":"CH","kind":"images"}`, "0 0 0 0 0 f f f f", "0 0 f", "0 0 f"},
	{wire.Search{}, `{"channel":"CH","query":"example"}`, "3 3 2 3 1 f f f f", "0 0 f", "0 0 f"},
	{wire.Search{}, `{"channel":"CH","query":"example","by":"relevance","limit":2}`, "2 2 2 2 1 f f f f", "0 0 f", "0 0 f"},
	{wire.Search{}, `{"channel":"CH","query":"two"}`, "0 0 0 0 0 f f f f", "0 0 f", "0 0 f"}, // edited away
	{wire.Search{}, `{"channel":"CH","query":"hi"}`, "0 0 0 0 0 f f f f", "2 2 f", "2 2 f"},
	{wire.Search{}, `{"channel":"CH","query":"is:unread"}`, "0 5 3 2 1 f f f f", "1 0 f", "1 0 f"},
	{wire.Search{}, `{"query":"example"}`, "3 3 2 3 1 0 0 0 0", "", ""},
	{wire.Search{}, `{"query":"from:@mem"}`, "2 1 2 1 0 0 0 0 0", "", ""},
	{wire.Search{}, `{"query":"in:TOADS from:own"}`, "2 2 1 2 1 0 0 0 0", "", ""},
	{wire.Search{}, `{"query":"in:CH -from:own"}`, "3 3 3 3 0 0 0 0 0", "", ""},
	{wire.Search{}, `{"query":"is:pinned has:reaction has:link"}`, "1 1 1 1 0 0 0 0 0", "", ""},
	{wire.Search{}, `{"query":"example with:former"}`, "0 0 0 0 0 0 0 0 0", "", ""},
	{wire.Search{}, `{"query":"hi in:@own"}`, "0 0 2 0 0 0 0 0 0", "", ""},
	{wire.Find{}, `{"query":"to"}`, "0/1 0/1 0/1 0/1 0/1 0/0 0/0 0/0 0/0", "", ""},
	{wire.Find{}, `{"query":"ow"}`, "1/0 1/0 1/0 1/0 1/0 0/0 0/0 0/0 0/0", "", ""},
	{wire.Find{}, `{"query":"me"}`, "2/0 2/0 2/0 2/0 2/0 0/0 0/0 0/0 0/0", "", ""}, // the id of mem, the display name of own
	{wire.Find{}, `{"query":"blk"}`, "1/0 0/0 0/0 0/0 0/0 0/0 0/0 0/0 0/0", "", ""},
	{wire.Read{}, `{"channel":"CH","seq":1}`, "+ + + + + f f f f", "+ + f", "+ + f"},
	// GetReceipts, next, shows the effect.
	{wire.Received{}, `{"cursors":[{"channel":"CH","seq":1}]}`, "+ + + + + + + + +", "+ + +", "+ + +"},
	{wire.GetReceipts{}, `{"channel":"CH"}`, "5 5 5 5 5 f f f f", "2 2 f", "1 1 f"},
	// Membership decides later what a watcher is told.
	{wire.Watch{}, `{"channels":["CH"]}`, "+ + + + + + + + +", "+ + +", "+ + +"},
	{wire.SetTyping{}, `{"channel":"CH"}`, "+ + + r + f f f f", "+ + f", "r r f"},
	{wire.Forward{}, `{"to":"zed","client_id":"f-CH","from":{"channel":"CH","seq":2}}`, "+ + + + i f f f f", "+ + f", "+ + f"},
	{wire.Forward{}, `{"to":"zed","client_id":"g-CH","from":{"channel":"CH","seq":1}}`, "+ + i + i f f f f", "+ + f", "+ + f"},
	{wire.Forward{}, `{"to":"zed","client_id":"h-CH","from":{"channel":"CH","seq":99}}`, "i i i i i f f f f", "i i f", "i i f"},
	{wire.CreateGroup{}, `{"client_id":"mine","name":"mine","members":[]}`, "+ + + + + + + + +", "", ""},
	{wire.ListChannels{}, `{}`, "5 3 4 3 2 1 1 1 1", "", ""},
	{wire.GetSettings{}, `{}`, "1 0 1 0 0 0 0 0 0", "", ""}, // it cannot ask for another user's
	{wire.GetProfiles{}, `{"users":["own"]}`, "S S S S S N N N N", "S S N", "S N N"},
	{wire.GetProfiles{}, `{"users":["own"],"channel":"CH"}`, "I I I I I f f f f", "I I f", "S N f"},
	// TestEveryPictureByEverybody asks for those that exist.
	{wire.GetPictures{}, `{"ids":["aaaaaaaaaaaaaaaaaaaaaaaaaa"]}`, "0 0 0 0 0 0 0 0 0", "0 0 0", "0 0 0"},
	{wire.GetPresence{}, `{"users":["own"]}`, "o ? o ? ? ? ? ? ?", "o o ?", "o ? ?"},
	{wire.FollowPresence{}, `{"users":["own"]}`, "o ? o ? ? ? ? ? ?", "o o ?", "o ? ?"},
	{wire.SetPresence{}, `{"state":"away"}`, "+ + + + + + + + +", "", ""},
	{wire.ReserveUpload{}, `{"channel":"CH","client_id":"u","name":"x","size":1,"sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}`, "+ + + r + f f f f", "+ + f", "r r f"},
	{wire.ResumeUpload{}, `{"media":"aaaaaaaaaaaaaaaaaaaaaaaaaa"}`, "n n n n n n n n n", "", ""}, // TestEveryFileByEverybody asks for one that exists
	{wire.CompleteUpload{}, `{"media":"aaaaaaaaaaaaaaaaaaaaaaaaaa"}`, "n n n n n n n n n", "", ""},
	{wire.GetMedia{}, `{"channel":"CH","seq":1,"media":"aaaaaaaaaaaaaaaaaaaaaaaaaa"}`, "n n n n n n n n n", "n n n", "n n n"},
	{wire.GetStorage{}, `{"channel":"CH"}`, "+ + + + + f f f f", "+ + f", "+ + f"},
	{wire.GetStorage{}, `{}`, "+ + + + + + + + +", "", ""},
	{wire.GetPush{}, `{}`, "0 0 0 0 0 0 0 0 0", "", ""}, // it cannot ask for another user's
	{wire.TestPush{}, `{"id":"aaaaaaaaaaaaaaaaaaaaaa"}`, "i i i i i i i i i", "", ""},
	{wire.GetPushLog{}, `{"channel":"CH"}`, "0 0 0 0 0 0 0 0 0", "0 0 0", "0 0 0"},
	{wire.ListSessions{}, `{}`, "1 1 1 1 1 1 1 1 1", "", ""},
	{wire.SignOut{}, `{"session":"SESSION"}`, "i i i i i i i i i", "", ""}, // of a user who is none of the actors
	{wire.Refresh{}, `{"token":"TOKEN"}`, "+ + + + + + + + +", "", ""},
	{wire.Refresh{}, `{"token":"ANOTHERS"}`, "t t t t t t t t t", "", ""},
	{wire.Connect{}, `{"v":1,"token":"TOKEN"}`, "c c c c c c c c c", "", ""},
	{wire.Pong{}, `{}`, "- - - - - - - - -", "", ""},
	{wire.Cancel{}, `{"command":1}`, "- - - - - - - - -", "", ""}, // TestCancel cancels something
}

// TestEveryOperationByEverybody tries every operation on a whole node, as every actor and on
// every surface.
func TestEveryOperationByEverybody(t *testing.T) {
	s := newStage(t)
	for _, op := range everybody {
		t.Run(op.cmd.Type()+" "+op.frame, func(t *testing.T) {
			for channel, columns := range map[string][2][]string{
				s.group: {actors, strings.Fields(op.group)}, "mem~own": {direct, strings.Fields(op.direct)}, "blk~own": {apart, strings.Fields(op.apart)},
			} {
				if len(columns[1]) == 0 {
					continue
				}
				for name, ask := range s.surfaces(wire.OperationOf(op.cmd).Asker) {
					s.compare(t, name+" "+channel, columns[0], columns[1], func(user string) string {
						return ask(t, user, s.fill(op.cmd.Type(), op.frame, user, channel))
					})
				}
			}
		})
	}
}

// compare asks as every user until the answers are those wanted: some effects take a moment to
// reach all users.
func (s *stage) compare(t *testing.T, where string, users, want []string, ask func(user string) string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; {
		got := make([]string, len(users))
		for i, user := range users {
			got[i] = ask(user)
		}
		if slices.Equal(got, want) {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("%s:\n     %s\ngot  %s\nwant %s", where, strings.Join(users, " "), strings.Join(got, " "), strings.Join(want, " "))
			return
		}
		<-time.After(50 * time.Millisecond)
	}
}

// TestEveryOperationSignedOut shows that a token that was signed out gets no answer to any
// operation, on any transport.
func TestEveryOperationSignedOut(t *testing.T) {
	a, _ := start(t, load(t))
	token := signIn(t, a, "alice")
	ws := dial(t, a, token)
	if got := ws.ask(t, `{"type":"sign_out","ref":1,"session":"`+ws.session+`"}`, 1); got != "+" {
		t.Fatalf("sign out: %s", got)
	}
	for _, name := range operations() {
		frame := `{"type":"` + name + `"}`
		status, _ := post(t, a.HTTP+wire.PathFrames, frame, "Authorization", "Bearer "+token)
		if status != http.StatusUnauthorized {
			t.Errorf("%s over HTTP: %d", name, status)
		}
		if name == (wire.Connect{}).Type() {
			continue
		}
		conn := open(t, a)
		conn.write(t, frame)
		if f := conn.read(t); f == nil || wire.AsError(f.(*wire.Error), 0).Code != wire.CodeNotConnected {
			t.Errorf("%s over a WebSocket that is not connected: %+v", name, f)
		}
		_ = conn.CloseNow()
	}
	for _, path := range []string{wire.PathPoll, wire.PathStream} {
		if status, _ := post(t, a.HTTP+path, `{"type":"connect","v":1}`, "Authorization", "Bearer "+token); status != http.StatusUnauthorized {
			t.Errorf("%s: %d", path, status)
		}
	}
	conn := open(t, a)
	conn.write(t, `{"type":"connect","v":1,"token":"`+token+`"}`)
	for {
		_, _, err := conn.Read(t.Context())
		if err == nil {
			continue // an error frame gives the reason
		}
		if got := websocket.CloseStatus(err); got != websocket.StatusCode(wire.CloseUnauthorized) {
			t.Errorf("connect: closed with %d", got)
		}
		break
	}
}

// TestEveryOperationHasARow shows that every operation of the protocol is in this table or in
// that of jetstream/channel, which has a test of its own.
func TestEveryOperationHasARow(t *testing.T) {
	if missing := withoutRow(); len(missing) > 0 {
		t.Errorf("%s: no row says who may", missing)
	}
}

// withoutRow returns the operations that are in neither table.
func withoutRow() (names []string) {
	for _, o := range wire.Operations() {
		has := slices.ContainsFunc(everybody, func(r row) bool { return r.cmd.Type() == o.Name() })
		if !o.Change() && !has {
			names = append(names, o.Name())
		}
	}
	return names
}

// operations returns the names of all commands.
func operations() (names []string) {
	for _, o := range wire.Operations() {
		names = append(names, o.Name())
	}
	return names
}
