package write

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"natterjack/server/wire"
)

// TestRelay_line shows that another node reads of a command all that this node knows of it.
func TestRelay_line(t *testing.T) {
	send := wire.Send{To: "bob", ClientID: "c", Content: wire.Content{Attachments: []wire.Attachment{{ID: "a", Kind: wire.AttachmentFile, Size: 3}}}}
	refusal := wire.Errorf(wire.CodeInvalid, "content.attachments.0.ticket: has expired;\n\tupload the file again")
	unnamed := wire.Pin{Channel: "alice~bob", Seq: 1}
	for name, c := range map[string]*Command{
		"plain":     Change("alice", send),
		"unnamed":   Change("alice", unnamed),
		"mentions":  mentioning(Change("alice", send), "bob", "carol"),
		"refused":   refused(Change("alice", send), refusal),
		"both":      refused(mentioning(Change("alice", send), "bob"), refusal),
		"all three": refused(mentioning(Change("alice", unnamed), "bob"), refusal),
	} {
		t.Run(name, func(t *testing.T) {
			body, err := encodeRound([]*Command{c, c})
			if err != nil {
				t.Fatal(err)
			}
			got := (&intake{}).decode(body)
			if len(got) != 2 {
				t.Fatalf("%d commands of %s", len(got), body)
			}
			for _, g := range got {
				if g.user != c.user || g.clientID != c.clientID || !cmp.Equal(g.present, c.present) || !cmp.Equal(g.refusal, c.refusal) {
					t.Errorf("%+v, want %+v", g, c)
				}
				if diff := cmp.Diff(c.change, g.change); diff != "" {
					t.Errorf("change (-sent +read):\n%s", diff)
				}
			}
		})
	}
}

func mentioning(c *Command, present ...string) *Command {
	c.Mention(present)
	return c
}

func refused(c *Command, err error) *Command {
	c.Refuse(err)
	return c
}

// TestRelay_damagedRefusal shows that a command is not carried out if it was to be refused for a
// reason that cannot be read.
func TestRelay_damagedRefusal(t *testing.T) {
	for _, reason := range []string{"", "?", "e30", "eyJ0eXBlIjoicGluZyJ9"} {
		line := "alice\t\t" + reason + ` {"type":"send","to":"bob","client_id":"c","content":{"text":"x"}}`
		if c, err := decodeLine([]byte(line)); err == nil {
			t.Errorf("%q: %+v", reason, c)
		}
	}
}
