package channel

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"natterjack/server/wire"
)

// actors are the users who try each command, in the order of the columns. In the group, most actors
// have the role that their name says. lat is an admin who joined after all messages. There are also
// the members adm2, mem2 and rea2. The direct channel is between own and mem; it appears once more
// with mem blocked by own. In a group blocks have no effect: the outcomes are the same if all have
// blocked each other.
var actors = strings.Fields("own adm mem rea lat former never ban req")

// outcome returns the letter that a column holds for an outcome:
//
//   - events                          =  already done: no events, no error
//     f  Forbidden, same text            n  not invited, same text
//     w  only members may write          d  for admins and the owner       o  for the owner
//     b  target's role is not lower      a  archived                       g  groups only
//     r  forbidden, another text         i  invalid, another text
//     k  blocked by the other            l  has blocked the other
//     x  no such message, same text
func outcome(events []wire.Record, err error) string {
	if err == nil {
		return map[bool]string{true: "+", false: "="}[len(events) > 0]
	}
	for sign, known := range map[string]error{
		"f": Forbidden(), "n": notInvited(), "w": lacking(wire.RoleMember), "d": lacking(wire.RoleAdmin), "o": lacking(wire.RoleOwner),
		"x": noMessage(), "a": archived(), "g": groupsOnly(), "b": notBelow("user"), "k": blocked(), "l": blocks(),
	} {
		if err.Error() == known.Error() || sign == "b" && err.Error() == notBelow("seq").Error() {
			return sign
		}
	}
	switch e := wire.AsError(err, 0); e.Code {
	case wire.CodeForbidden:
		return "r"
	case wire.CodeInvalid:
		return "i"
	case wire.CodeUnsupported:
		return "u"
	default:
		return err.Error()
	}
}

var (
	secret  = strings.Repeat("s", wire.MinSecretLen) // opens at once
	asking  = strings.Repeat("a", wire.MinSecretLen) // needs approval
	unknown = strings.Repeat("u", wire.MinSecretLen)
	never   = "f f f f"
)

// matrix has the outcome of every command: for each actor in the group, in the same group
// archived, in the direct channel (own, mem, never), and in that channel when own has blocked
// mem. The messages are: 1 own's, 2 adm's, 3 mem's and pinned, 4 former's, 5 mem's and deleted,
// 6 rea's, 7 adm2's, 8 ban's.
var matrix = []struct {
	name     string
	cmd      wire.Command
	group    string // own adm mem rea lat, former never ban req
	archived string
	direct   string // own mem never
	blocked  string // own mem never
}{
	{"send", say("x"), "+ + + w + " + never, "a a a w a " + never, "+ + f", "l k f"},
	{"answer", wire.Send{Content: wire.Content{Text: "x", ReplyTo: 8}}, "+ + + w i " + never, "a a a w a " + never, "+ + f", "l k f"},
	{"answer what is deleted", wire.Send{Content: wire.Content{Text: "x", ReplyTo: 5}}, "+ + + w i " + never, "a a a w a " + never, "+ + f", "l k f"},
	{"answer itself", wire.Send{Content: wire.Content{Text: "x", ReplyTo: 9}}, "i i i w i " + never, "a a a w a " + never, "i i f", "l k f"},

	{"edit the owner's", edit(1), "+ r r w x " + never, "a a a w a " + never, "+ r f", "l k f"},
	{"edit the admin's", edit(2), "r + r w x " + never, "a a a w a " + never, "+ r f", "l k f"},
	{"edit the member's", edit(3), "r r + w x " + never, "a a a w a " + never, "r + f", "l k f"},
	{"edit the former member's", edit(4), "r r r w x " + never, "a a a w a " + never, "+ r f", "l k f"},
	{"edit the deleted", edit(5), "r r i w x " + never, "a a a w a " + never, "r i f", "l k f"},
	{"edit the reader's", edit(6), "r r r w x " + never, "a a a w a " + never, "+ r f", "l k f"},
	{"edit none", edit(9), "x x x w x " + never, "a a a w a " + never, "x x f", "l k f"},
	{"edit to the same", wire.Edit{Seq: 3, Content: wire.Content{Text: "from mem"}}, "r r = w x " + never, "a a a w a " + never, "r = f", "l k f"},
	{"edit to answer itself", wire.Edit{Seq: 3, Content: wire.Content{Text: "x", ReplyTo: 3}}, "r r i w x " + never, "a a a w a " + never, "r i f", "l k f"},

	{"send a file", album("a", ""), "+ + + w + " + never, "a a a w a " + never, "+ + f", "l k f"},
	{"send a file without its facts", wire.Send{Content: wire.Content{Attachments: []wire.Attachment{{ID: "a"}}}}, "i i i w i " + never, "a a a w a " + never, "i i f", "l k f"},
	{"edit with a file of another message", wire.Edit{Seq: 3, Content: wire.Content{Attachments: []wire.Attachment{{ID: "a"}}}}, "r r i w x " + never, "a a a w a " + never, "r i f", "l k f"},

	{"delete the owner's", wire.Delete{Seq: 1}, "+ b r r x " + never, "+ b r r x " + never, "+ r f", "+ r f"},
	{"delete the admin's", wire.Delete{Seq: 2}, "+ + r r x " + never, "+ + r r x " + never, "+ r f", "+ r f"},
	{"delete the member's", wire.Delete{Seq: 3}, "+ + + r x " + never, "+ + + r x " + never, "r + f", "r + f"},
	{"delete the former member's", wire.Delete{Seq: 4}, "+ + r r x " + never, "+ + r r x " + never, "+ r f", "+ r f"},
	{"delete the deleted", wire.Delete{Seq: 5}, "= = = r x " + never, "= = = r x " + never, "r = f", "r = f"},
	{"delete the reader's", wire.Delete{Seq: 6}, "+ + r + x " + never, "+ + r + x " + never, "+ r f", "+ r f"},
	{"delete another admin's", wire.Delete{Seq: 7}, "+ b r r x " + never, "+ b r r x " + never, "+ r f", "+ r f"},
	{"delete none", wire.Delete{Seq: 9}, "x x x x x " + never, "x x x x x " + never, "x x f", "x x f"},

	{"react", wire.React{Seq: 1, Emoji: "👍"}, "+ + = w x " + never, "a a a w a " + never, "+ = f", "l k f"},
	{"react no more", wire.React{Seq: 1, Emoji: "👍", Remove: true}, "= = + w x " + never, "a a a w a " + never, "= + f", "l k f"},
	{"react to the deleted", wire.React{Seq: 5, Emoji: "👍"}, "i i i w x " + never, "a a a w a " + never, "i i f", "l k f"},
	{"react no more to the deleted", wire.React{Seq: 5, Emoji: "👍", Remove: true}, "= = = w x " + never, "a a a w a " + never, "= = f", "l k f"},
	{"react to none", wire.React{Seq: 9, Emoji: "👍"}, "x x x w x " + never, "a a a w a " + never, "x x f", "l k f"},

	{"pin", wire.Pin{Seq: 1}, "+ + d d x " + never, "a a d d a " + never, "+ + f", "l k f"},
	{"pin what is pinned", wire.Pin{Seq: 3}, "= = d d x " + never, "a a d d a " + never, "= = f", "l k f"},
	{"pin the deleted", wire.Pin{Seq: 5}, "i i d d x " + never, "a a d d a " + never, "i i f", "l k f"},
	{"pin none", wire.Pin{Seq: 9}, "x x d d x " + never, "a a d d a " + never, "x x f", "l k f"},
	{"unpin", wire.Pin{Seq: 3, Remove: true}, "+ + d d = " + never, "a a d d a " + never, "+ + f", "l k f"},
	{"unpin what is not pinned", wire.Pin{Seq: 1, Remove: true}, "= = d d = " + never, "a a d d a " + never, "= = f", "l k f"},

	{"rename", wire.UpdateChannel{Name: new("frogs")}, "+ + d d + " + never, "a a d d a " + never, "g g f", "g g f"},
	{"name the same", wire.UpdateChannel{Name: new(" toads\u200b")}, "= = d d = " + never, "= = d d = " + never, "g g f", "g g f"},
	{"set a topic", wire.UpdateChannel{Topic: new("x")}, "+ + d d + " + never, "a a d d a " + never, "g g f", "g g f"},
	{"slow down", wire.UpdateChannel{SlowModeS: new(10)}, "+ + d d + " + never, "a a d d a " + never, "g g f", "g g f"},
	{"archive", wire.UpdateChannel{Archived: new(true)}, "+ + d d + " + never, "= = d d = " + never, "g g f", "g g f"},
	{"open again", wire.UpdateChannel{Archived: new(false)}, "= = d d = " + never, "+ + d d + " + never, "g g f", "g g f"},
	{"set a picture", wire.UpdateChannel{Picture: &somePicture}, "+ + d d + " + never, "a a d d a " + never, "g g f", "g g f"},
	{"set a picture without its facts", wire.UpdateChannel{Picture: &wire.Picture{ID: somePicture.ID, Ticket: "t"}}, "i i d d i " + never, "i i d d i " + never, "g g f", "g g f"},
	{"take no picture away", wire.UpdateChannel{Picture: &wire.Picture{}}, "= = d d = " + never, "= = d d = " + never, "g g f", "g g f"},
	{"open again by a name", wire.UpdateChannel{Archived: new(false), Name: new("x")}, "+ + d d + " + never, "+ + d d + " + never, "g g f", "g g f"},

	{"add", wire.AddMembers{Members: []string{"never"}}, "+ + d d + " + never, "a a d d a " + never, "g g f", "g g f"},
	{"add who left", wire.AddMembers{Members: []string{"former"}}, "r r d d r " + never, "a a d d a " + never, "g g f", "g g f"},
	{"add who asked", wire.AddMembers{Members: []string{"req"}}, "+ + d d + " + never, "a a d d a " + never, "g g f", "g g f"},
	{"add a member", wire.AddMembers{Members: []string{"mem"}}, "= = d d = " + never, "a a d d a " + never, "g g f", "g g f"},
	{"add who is banned", wire.AddMembers{Members: []string{"ban"}}, "r r d d r " + never, "a a d d a " + never, "g g f", "g g f"},

	{"remove the owner", wire.RemoveMember{User: "own"}, "b b d d b " + never, "b b d d b " + never, "g g f", "g g f"},
	{"remove an admin", wire.RemoveMember{User: "adm2"}, "+ b d d b " + never, "+ b d d b " + never, "g g f", "g g f"},
	{"remove a member", wire.RemoveMember{User: "mem2"}, "+ + d d + " + never, "+ + d d + " + never, "g g f", "g g f"},
	{"remove a reader", wire.RemoveMember{User: "rea2"}, "+ + d d + " + never, "+ + d d + " + never, "g g f", "g g f"},
	{"remove oneself", wire.RemoveMember{User: "adm"}, "+ b d d b " + never, "+ b d d b " + never, "g g f", "g g f"},
	{"refuse who asked", wire.RemoveMember{User: "req"}, "+ + d d + " + never, "+ + d d + " + never, "g g f", "g g f"},
	{"remove nobody", wire.RemoveMember{User: "never"}, "= = d d = " + never, "= = d d = " + never, "g g f", "g g f"},
	{"ban the owner", wire.RemoveMember{User: "own", Ban: true}, "b b d d b " + never, "b b d d b " + never, "g g f", "g g f"},
	{"ban an admin", wire.RemoveMember{User: "adm2", Ban: true}, "+ b d d b " + never, "+ b d d b " + never, "g g f", "g g f"},
	{"ban a member", wire.RemoveMember{User: "mem2", Ban: true}, "+ + d d + " + never, "+ + d d + " + never, "g g f", "g g f"},
	{"ban a stranger", wire.RemoveMember{User: "never", Ban: true}, "+ + d d + " + never, "+ + d d + " + never, "g g f", "g g f"},
	{"ban again", wire.RemoveMember{User: "ban", Ban: true}, "= = d d = " + never, "= = d d = " + never, "g g f", "g g f"},
	{"unban", wire.Unban{User: "ban"}, "+ + d d + " + never, "+ + d d + " + never, "g g f", "g g f"},
	{"unban nobody", wire.Unban{User: "never"}, "= = d d = " + never, "= = d d = " + never, "g g f", "g g f"},

	{"make the owner", wire.SetRole{User: "mem2", Role: wire.RoleOwner}, "+ r d d r " + never, "+ r d d r " + never, "g g f", "g g f"},
	{"make an admin", wire.SetRole{User: "mem2", Role: wire.RoleAdmin}, "+ r d d r " + never, "+ r d d r " + never, "g g f", "g g f"},
	{"make a reader", wire.SetRole{User: "mem2", Role: wire.RoleReader}, "+ + d d + " + never, "+ + d d + " + never, "g g f", "g g f"},
	{"make a member", wire.SetRole{User: "rea2", Role: wire.RoleMember}, "+ + d d + " + never, "+ + d d + " + never, "g g f", "g g f"},
	{"make what is", wire.SetRole{User: "adm2", Role: wire.RoleAdmin}, "= = d d = " + never, "= = d d = " + never, "g g f", "g g f"},
	{"make an admin a member", wire.SetRole{User: "adm2", Role: wire.RoleMember}, "+ b d d b " + never, "+ b d d b " + never, "g g f", "g g f"},
	{"make oneself a member", wire.SetRole{User: "adm", Role: wire.RoleMember}, "+ b d d b " + never, "+ b d d b " + never, "g g f", "g g f"},
	{"make the owner an admin", wire.SetRole{User: "own", Role: wire.RoleAdmin}, "r b d d b " + never, "r b d d b " + never, "g g f", "g g f"},
	{"make a stranger a member", wire.SetRole{User: "never", Role: wire.RoleMember}, "i i d d i " + never, "i i d d i " + never, "g g f", "g g f"},

	{"leave", wire.Leave{}, "r + + + + " + never, "r + + + + " + never, "g g f", "g g f"},
	{"invite", wire.CreateInvite{Hash: hashOf(unknown)}, "+ + d d + " + never, "a a d d a " + never, "g g f", "g g f"},
	{"invite as before", wire.CreateInvite{Hash: hashOf(secret)}, "= = d d = " + never, "a a d d a " + never, "g g f", "g g f"},
	{"change an invite", wire.CreateInvite{Hash: hashOf(secret), Uses: 1}, "+ + d d + " + never, "a a d d a " + never, "g g f", "g g f"},
	{"revoke an invite", wire.RevokeInvite{Hash: hashOf(secret)}, "+ + d d + " + never, "+ + d d + " + never, "g g f", "g g f"},
	{"revoke none", wire.RevokeInvite{Hash: hashOf(unknown)}, "= = d d = " + never, "= = d d = " + never, "g g f", "g g f"},

	{"join", wire.Join{Secret: secret}, "= = = = = + + n +", "= = = = = a a n a", "g g n", "g g n"},
	{"ask to join", wire.Join{Secret: asking}, "= = = = = + + n =", "= = = = = a a n =", "g g n", "g g n"},
	{"join by a wrong secret", wire.Join{Secret: unknown}, "= = = = = n n n =", "= = = = = n n n =", "g g n", "g g n"},

	// only in one's own channel
	{"set a profile", wire.SetProfile{ProfileChange: wire.ProfileChange{Name: new("Own")}}, "f f f f f " + never, "f f f f f " + never, "f f f", "f f f"},
	{"set", wire.Set{Name: "read_receipts", Value: "off"}, "f f f f f " + never, "f f f f f " + never, "f f f", "f f f"},
	{"subscribe to push", wire.SubscribePush{ID: "q3Jx0m1T2c4V5b6N7m8K9Q", PushTarget: wire.PushTarget{Address: "a"}}, "f f f f f " + never, "f f f f f " + never, "f f f", "f f f"},
	{"unsubscribe from push", wire.UnsubscribePush{ID: "q3Jx0m1T2c4V5b6N7m8K9Q"}, "f f f f f " + never, "f f f f f " + never, "f f f", "f f f"},
	{"delete the channel", wire.DeleteChannel{}, "+ o o o o " + never, "+ o o o o " + never, "g g f", "g g f"},
}

func edit(seq uint64) wire.Edit { return wire.Edit{Seq: seq, Content: wire.Content{Text: "x"}} }

// fixture makes the group of the matrix, or its direct channel, by commands.
func fixture(tb testing.TB, channel string) *room {
	tb.Helper()
	r := newRoom(channel)
	direct := channel == "mem~own"
	if !direct {
		r.must(tb, "own", wire.CreateGroup{ClientID: "1", Name: "toads", Members: strings.Fields("adm adm2 mem mem2 rea rea2 former")})
		r.must(tb, "own", wire.AddMembers{Members: []string{"ban"}})
		for user, role := range map[string]wire.Role{"adm": wire.RoleAdmin, "adm2": wire.RoleAdmin} {
			r.must(tb, "own", wire.SetRole{User: user, Role: role})
		}
	}
	for sender := range strings.FieldsSeq("own adm mem former mem rea adm2 ban") {
		if direct && sender != "mem" {
			sender = "own"
		}
		r.must(tb, sender, say("from "+sender))
	}
	r.must(tb, "mem", wire.Delete{Seq: 5}, wire.React{Seq: 1, Emoji: "👍"})
	r.must(tb, "own", wire.Pin{Seq: 3})
	if direct {
		return r
	}
	r.must(tb, "own", wire.SetRole{User: "rea", Role: wire.RoleReader}, wire.SetRole{User: "rea2", Role: wire.RoleReader})
	r.must(tb, "own", wire.CreateInvite{Hash: hashOf(secret)}, wire.CreateInvite{Hash: hashOf(asking), Approval: true})
	r.must(tb, "req", wire.Join{Secret: asking})
	r.must(tb, "own", wire.AddMembers{Members: []string{"lat"}}, wire.SetRole{User: "lat", Role: wire.RoleAdmin})
	r.must(tb, "former", wire.Leave{})
	r.must(tb, "adm", wire.RemoveMember{User: "ban", Ban: true})
	return r
}

func TestEveryCommandByEverybodyEverywhere(t *testing.T) {
	id := GroupID("own", "1")
	group, archived, gone, direct := fixture(t, id), fixture(t, id), fixture(t, id), fixture(t, "mem~own")
	apart, quarrel := fixture(t, "mem~own"), fixture(t, id)
	apart.blocked = func(by, of string) bool { return by == "own" && of == "mem" }
	quarrel.blocked = func(by, of string) bool { return by != of }
	archived.must(t, "own", wire.UpdateChannel{Archived: new(true)})
	gone.must(t, "own", wire.DeleteChannel{})
	absent, settings := newRoom(id), newRoom("~own")
	settings.must(t, "own", wire.Set{Name: "read_receipts", Value: "off"})
	for _, c := range matrix {
		t.Run(c.name, func(t *testing.T) {
			compare(t, group, actors, c.cmd, c.group)
			compare(t, archived, actors, c.cmd, c.archived)
			compare(t, direct, []string{"own", "mem", "never"}, c.cmd, c.direct)
			compare(t, apart, []string{"own", "mem", "never"}, c.cmd, c.blocked)
			compare(t, quarrel, actors, c.cmd, inQuarrel(c.cmd, c.group))
			nothing, own := "f", "u"
			switch c.cmd.(type) {
			case wire.Join:
				nothing, own = "n", "g"
			case wire.Set, wire.SetProfile, wire.SubscribePush, wire.UnsubscribePush:
				own = "+"
			}
			compare(t, gone, actors, c.cmd, strings.Repeat(nothing+" ", len(actors)))
			compare(t, absent, actors, c.cmd, strings.Repeat(nothing+" ", len(actors)))
			compare(t, settings, actors, c.cmd, own+" "+strings.Repeat(nothing+" ", len(actors)-1))
		})
	}
}

// inQuarrel returns the outcomes of a command in a group in which everybody has blocked everybody,
// given those in peace. In a group a block only keeps users from adding the blocker.
func inQuarrel(cmd wire.Command, want string) string {
	if add, ok := cmd.(wire.AddMembers); ok && slices.Contains(add.Members, "never") {
		return strings.ReplaceAll(want, "+", "r")
	}
	return want
}

func compare(t *testing.T, r *room, users []string, cmd wire.Command, want string) {
	t.Helper()
	var got []string
	for _, user := range users {
		events, err := r.try(user, cmd)
		got = append(got, outcome(events, err))
	}
	if s := strings.Join(got, " "); s != strings.Join(strings.Fields(want), " ") {
		t.Errorf("%s:\n     %s\ngot  %s\nwant %s", place(r), strings.Join(users, " "), s, want)
	}
}

func place(r *room) string {
	switch {
	case r.st == nil:
		return "absent"
	case r.st.Deleted:
		return "deleted"
	case r.st.Archived:
		return "archived"
	default:
		return string(r.st.Kind)
	}
}

// TestEveryCommandHasARow shows that every command of the protocol has rules.
func TestEveryCommandHasARow(t *testing.T) {
	have := map[string]bool{}
	for _, c := range matrix {
		have[reflect.TypeOf(c.cmd).Name()] = true
	}
	changes := changes(t)
	for _, name := range changes {
		if !have[name] {
			t.Errorf("%s: no row says who may", name)
		}
	}
	if len(changes) != len(have) {
		t.Errorf("%d changes in the protocol, %d in the matrix", len(changes), len(have))
	}
}

// changes returns the names of the types that implement [wire.Change], read from its source.
func changes(t *testing.T) (names []string) {
	t.Helper()
	files, err := filepath.Glob("../../server/wire/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == "Place" {
				names = append(names, f.Recv.List[0].Type.(*ast.Ident).Name)
			}
		}
	}
	return names
}
