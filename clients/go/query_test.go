package natter

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"natterjack/server/wire"
)

// Queries are repeated over reconnects, and repeating the creation of a group creates one
// group.
func TestQueries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		info := wire.ChannelInfo{ID: group, Kind: wire.Group, Name: "n", Members: []string{"alice", "bob"}}
		ids := map[string]bool{}
		r := script(t,
			func(p *peer) {
				p.welcome()
				ids[expect[wire.CreateGroup](p).ClientID] = true
			},
			func(p *peer) {
				p.welcome()
				g := expect[wire.CreateGroup](p)
				ids[g.ClientID] = true
				if d := cmp.Diff([]string{"bob"}, g.Members); d != "" || g.Name != "n" {
					t.Errorf("%+v", g)
				}
				p.write(wire.Channel{Ref: g.Ref, Channel: info})
				h := expect[wire.History](p)
				if h.Before != 9 || h.Limit != 5 {
					t.Errorf("%+v", h)
				}
				p.write(wire.Page{Ref: h.Ref, Channel: group, Events: []wire.Event{said(group, "bob", "b", 8, 8)}, More: true})
				l := expect[wire.ListChannels](p)
				p.write(wire.Channels{Ref: l.Ref, Channels: []wire.ChannelInfo{info}})
				h = expect[wire.History](p)
				p.write(wire.AsError(wire.Errorf(wire.CodeForbidden, "no"), h.Ref.Ref))
				h = expect[wire.History](p)
				p.write(wire.Channels{Ref: h.Ref})
				p.drain()
			})
		c := r.start(t, nil)
		if got, err := c.CreateGroup(t.Context(), "n", []string{"bob"}); err != nil || got.ID != group {
			t.Errorf("%+v, %v", got, err)
		}
		if len(ids) != 1 {
			t.Errorf("client ids %v", ids)
		}
		page, err := c.History(t.Context(), group, Around{Before: 9, Limit: 5})
		if err != nil || len(page.Events) != 1 || !page.More {
			t.Errorf("%+v, %v", page, err)
		}
		if l, err := c.Channels(t.Context(), 0); err != nil || len(l.Channels) != 1 {
			t.Errorf("%+v, %v", l, err)
		}
		if _, err := c.History(t.Context(), group, Around{}); !errors.Is(err, &Error{Code: wire.CodeForbidden}) {
			t.Errorf("refused: %v", err)
		}
		if _, err := c.History(t.Context(), group, Around{}); err == nil {
			t.Error("a reply of another kind passed")
		}
		if _, err := c.History(t.Context(), group, Around{Before: 1, After: 1}); !errors.Is(err, &Error{Code: wire.CodeInvalid}) {
			t.Errorf("both ends: %v", err)
		}
		if channel, err := c.Direct(t.Context(), "aaron"); err != nil || channel != "aaron~alice" {
			t.Errorf("%q, %v", channel, err)
		}
	})
}

// A result that is too long for one answer is read in several. A query says which position the
// client knows from its own commands.
func TestQueries_goOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		says := func(text string) wire.MessageVersion { return wire.MessageVersion{Content: wire.Content{Text: text}} }
		r := script(t, func(p *peer) {
			p.welcome()
			g := expect[wire.CreateGroup](p)
			p.write(wire.Channel{Ref: g.Ref, Channel: wire.ChannelInfo{ID: group, At: wire.ShardPos{Shard: 0, Pos: 40}}})
			v := expect[wire.GetVersions](p)
			if d := cmp.Diff(wire.ShardPos{Shard: 0, Pos: 40}, v.Seen.Seen[0]); d != "" {
				t.Error(d)
			}
			p.write(wire.Versions{Ref: v.Ref, Versions: []wire.MessageVersion{says("a"), says("b")}, More: true})
			v = expect[wire.GetVersions](p)
			if v.After != 2 {
				t.Errorf("%+v", v)
			}
			p.write(wire.Versions{Ref: v.Ref, Versions: []wire.MessageVersion{says("c")}})
			pins := expect[wire.GetPins](p)
			p.write(wire.Page{Ref: pins.Ref, Channel: group, Events: []wire.Event{said(group, "bob", "b", 8, 8)}, More: true})
			pins = expect[wire.GetPins](p)
			if pins.Before != 8 {
				t.Errorf("%+v", pins)
			}
			p.write(wire.Page{Ref: pins.Ref, Channel: group, Events: []wire.Event{said(group, "bob", "a", 3, 3)}})
			p.drain()
		})
		c := r.start(t, nil)
		if _, err := c.CreateGroup(t.Context(), "n", nil); err != nil {
			t.Error(err)
		}
		versions, err := c.Versions(t.Context(), group, 8)
		if d := cmp.Diff([]wire.MessageVersion{says("a"), says("b"), says("c")}, versions); d != "" || err != nil {
			t.Error(d, err)
		}
		if pins, err := c.Pins(t.Context(), group); err != nil || len(pins) != 2 || pins[1].Seq != 3 {
			t.Errorf("%+v, %v", pins, err)
		}
	})
}
