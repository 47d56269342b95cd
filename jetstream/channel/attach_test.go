package channel

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"natterjack/server/wire"
)

// album returns a message with a file for each letter of ids, all with one caption, as the node
// of its sender passes it on.
func album(ids, caption string) wire.Send {
	var c wire.Content
	for i, id := range ids {
		c.Attachments = append(c.Attachments, wire.Attachment{ID: string(id), Caption: caption, Kind: wire.AttachmentImage, Name: "n", Size: int64(i) + 1})
	}
	return wire.Send{Content: c}
}

func named(ids ...string) []wire.Attachment {
	all := []wire.Attachment{}
	for _, id := range ids {
		all = append(all, wire.Attachment{ID: id, Caption: "new"})
	}
	return all
}

// TestEdit_attachments shows what an edit may do to the attachments of a message. The facts are
// those of the message, whatever the edit says.
func TestEdit_attachments(t *testing.T) {
	first := album("abc", "old").Content.Attachments
	with := func(caption string, i ...int) (some []wire.Attachment) {
		for _, at := range i {
			one := first[at]
			one.Caption = caption
			some = append(some, one)
		}
		return some
	}
	for name, c := range map[string]struct {
		edit wire.Content
		want []wire.Attachment
		code wire.Code
	}{
		"a client that does not know them": {edit: wire.Content{Text: "x"}, want: first},
		"one is taken away":                {edit: wire.Content{Attachments: named("a", "c")}, want: with("new", 0, 2)},
		"another order":                    {edit: wire.Content{Attachments: named("c", "a", "b")}, want: with("new", 2, 0, 1)},
		"all are taken away":               {edit: wire.Content{Text: "x", Attachments: named()}},
		"one is new":                       {edit: wire.Content{Attachments: named("a", "d")}, code: wire.CodeInvalid},
		"other facts":                      {edit: wire.Content{Attachments: []wire.Attachment{{ID: "b", Caption: "new", Kind: wire.AttachmentFile, Size: 99}}}, want: with("new", 1)},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom("ann~bob")
			r.must(t, "ann", album("abc", "old"))
			events, err := r.do("ann", wire.Edit{Seq: 1, Content: c.edit})
			wantCode(t, err, c.code)
			if err != nil {
				return
			}
			if diff := cmp.Diff(c.want, r.messages[1].Content.Attachments); diff != "" {
				t.Errorf("attachments (-want +got):\n%s", diff)
			}
			if !Same(&events[0], wire.Edit{Seq: 1, Content: c.edit}) {
				t.Error("a retry is another edit")
			}
			if again, err := r.do("ann", wire.Edit{Seq: 1, Content: c.edit}); err != nil || len(again) > 0 {
				t.Errorf("again: %d events, %v", len(again), err)
			}
			if other := (wire.Edit{Seq: 1, Content: wire.Content{Text: c.edit.Text, Attachments: named("b", "a")}}); Same(&events[0], other) {
				t.Error("an edit that keeps others is a retry")
			}
			r.must(t, "ann", wire.Delete{Seq: 1})
			if m := r.messages[1]; m.Content != nil {
				t.Errorf("deleted, and still there: %+v", m.Content)
			}
		})
	}
}

// TestSend_opened shows that no ticket gets into the log, and no attachment without facts.
func TestSend_opened(t *testing.T) {
	r := newRoom("ann~bob")
	for _, a := range []wire.Attachment{{ID: "a"}, {ID: "a", Ticket: "t"}, {ID: "a", Ticket: "t", Kind: wire.AttachmentFile}} {
		_, err := r.try("ann", wire.Send{Content: wire.Content{Text: "x", Attachments: []wire.Attachment{a}}})
		wantCode(t, err, wire.CodeInvalid)
	}
}

// TestMayPost shows that a user may post where a message of theirs would be stored, and also where
// they have to wait because of slow mode, or where no message was sent yet.
func TestMayPost(t *testing.T) {
	group, direct := fixture(t, GroupID("own", "1")), fixture(t, "mem~own")
	for _, r := range []*room{group, direct} {
		for _, user := range actors {
			_, refused := r.try(user, say("x"))
			if err := MayPost(r.st, r.id, user, nil); cmp.Diff(outcome(nil, refused), outcome(nil, err)) != "" && refused != nil || refused == nil && err != nil {
				t.Errorf("%s in %s: %v, a message %v", user, r.id, err, refused)
			}
		}
	}
	group.must(t, "own", wire.UpdateChannel{SlowModeS: new(10)})
	group.must(t, "mem", say("x"))
	if _, err := group.try("mem", say("y")); err == nil {
		t.Error("slow mode lets everything pass")
	}
	wantCode(t, MayPost(group.st, group.id, "mem", nil), "")
	wantCode(t, MayPost(nil, "ann~bob", "bob", nil), "")
	wantCode(t, MayPost(nil, "ann~bob", "cem", nil), wire.CodeForbidden)
	wantCode(t, MayPost(nil, GroupID("ann", "2"), "ann", nil), wire.CodeForbidden)
	wantCode(t, MayPost(nil, "~ann", "ann", nil), wire.CodeForbidden)
	wantCode(t, MayPost(nil, "ann~bob", "bob", func(by, _ string) bool { return by == "ann" }), wire.CodeForbidden)
}
