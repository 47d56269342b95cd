package view

import (
	"bytes"
	"cmp"
	"reflect"
	"testing"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// FuzzDecode checks decode against the clients: whatever it accepts, clients can read, as the
// same value.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"kind":"message","id":"1","client_id":"c","sender":"ann","seq":1,"timestamp":5,"content":{"text":"hello"}}`))
	f.Add([]byte(`{"kind":"meta","id":"1","sender":"ann","timestamp":5,"meta":{"action":"created","kind":"group","name":"g","members":["ann","bob"]}}`))
	f.Add([]byte(`{"kind":"reaction","id":"1","sender":"ann","new":{"deep":[1,null,"\ud83d\ude00"]},"seq":0}`))
	f.Add([]byte(`{"kind":"message","version":2,"after":1,"id":"1","client_id":"c","sender":"ann","seq":1,"timestamp":5,"content":{"text":"hello"}}`))
	f.Add([]byte("{\"kind\":\"message\",\"version\":2,\"id\":\"1\",\"client_id\":\"\xff\",\"sender\":\"ann\",\"seq\":1,\"timestamp\":5,\"content\":{\"text\":\"\x00\"}}"))
	f.Add([]byte(`{"kind":"message","version":2,"id":"1","sender":"ann","seq":1,"timestamp":5,"content":{"text":"a","text":"b"}}`))
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"kind":"message","seq":1,"seq":2}`))
	f.Add([]byte(`{"kind":"message","seq":1,"pos":2}`))
	f.Add([]byte("{\n}"))
	f.Add([]byte("{ }"))
	f.Add([]byte(`{"kind":"message","seq":1,"content":5}`))
	f.Add([]byte(`{"kind":"Message","seq":9007199254740992}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e := Event{Pos: 1, Channel: room, Record: data}
		got, err := decode(&e)
		if same, sameErr := new(round).decode(&e); !reflect.DeepEqual(same, got) || (sameErr == nil) != (err == nil) {
			t.Fatalf("%q: scanned as %+v, %v; decoded as %+v, %v", data, same, sameErr, got, err)
		}
		if err != nil {
			return
		}
		message := wire.AppendEvent(nil, 0, e.Pos, e.Channel, e.Record)
		if bytes.IndexByte(message, wire.Separator) >= 0 {
			t.Fatalf("taken in, but no frame: %q", message)
		}
		frame, err := wire.DecodeFrame(message)
		if err != nil {
			t.Fatalf("taken in, but not readable: %q: %v", message, err)
		}
		got.Rest = nil // clients do not keep it
		if got.Content != nil {
			got.Content.Rest = nil
		}
		want := wire.Event{Pos: e.Pos, Channel: e.Channel, Record: *got}
		if !reflect.DeepEqual(frame, wire.Frame(want)) {
			t.Fatalf("%q: got %+v, want %+v", data, frame, want)
		}
	})
}

func FuzzKeys(f *testing.F) {
	f.Add("ann~bob", uint64(1), uint64(2), "ann~bobby", uint64(1), uint64(300))
	f.Add("a", uint64(1), uint64(2), "a", uint64(1), uint64(1<<63))
	f.Add("", uint64(0), uint64(0), "\x00", uint64(1), uint64(255))
	f.Fuzz(func(t *testing.T, ch1 string, seq1, pos1 uint64, ch2 string, seq2, pos2 uint64) {
		at1, at2 := place{seq1, pos1}, place{seq2, pos2}
		key1, key2 := appendEventKey(nil, ch1, at1), appendEventKey(nil, ch2, at2)
		if placeOf(key1) != at1 {
			t.Fatalf("place %v came back as %v", at1, placeOf(key1))
		}
		if ch1 == ch2 {
			order := cmp.Or(cmp.Compare(seq1, seq2), cmp.Compare(pos1, pos2))
			if got := bytes.Compare(key1, key2); got != order {
				t.Fatalf("%v and %v compare as %d, want %d", at1, at2, got, order)
			}
		}
		prefix := appendNamed(nil, tagEvent, ch1)
		within := bytes.HasPrefix(key2, prefix)
		if within != (ch1 == ch2) {
			t.Fatalf("%q is taken for %q", ch2, ch1)
		}
		if between := bytes.Compare(prefix, key2) <= 0 && bytes.Compare(key2, pastPrefix(prefix)) < 0; between != within {
			t.Fatalf("the bounds of %q and the key of %q: %v, want %v", ch1, ch2, between, within)
		}
		if same := bytes.Equal(appendClientKey(nil, room, ch1, ch2), appendClientKey(nil, room, ch2, ch1)); same != (ch1 == ch2) {
			t.Fatalf("sender %q and client id %q are the same the other way round: %v", ch1, ch2, same)
		}
	})
}

// fullState returns a state with a value in every field that is stored.
func fullState() *channel.State {
	return &channel.State{
		Kind: wire.Group, Name: "n", Topic: "t", Creator: "ann", Created: 7, Origin: 1 << 63, SlowModeS: 10, Archived: true, Deleted: true,
		Members: []string{"ann", "bob"}, Roles: "om", Since: []uint64{0, 7}, Banned: []string{"cem"}, Removed: []string{"fay", "abe"}, Requested: []string{"dot", "eve"},
		Asked:   []string{"d", ""},
		Invites: []channel.Invite{{Invite: wire.Invite{Hash: "h", Expires: -1, Uses: 3, Approval: true}, Made: 5, Pos: 6}, {Invite: wire.Invite{Hash: "i"}}}, Pins: []uint64{1, 5, 1 << 52},
		Spoke: []channel.Spoke{{User: "ann", At: 9}}, Picture: wire.Picture{ID: "p", Type: "image/png", Size: 1 << 40, Blurhash: "L"},
	}
}

// A field of the state that is not stored would be lost at the first restart.
func TestChannelIsStoredWhole(t *testing.T) {
	want, got := fullState(), new(channel.State)
	for i, v := 0, reflect.ValueOf(*want); i < v.NumField(); i++ {
		if name := v.Type().Field(i).Name; v.Field(i).IsZero() && name != "ID" && name != "Head" {
			t.Errorf("the test has nothing in %s", name)
		}
	}
	noError(t, parseChannel(appendChannel(nil, want), got))
	equal(t, "channel", got, want)
}

// fullProfile returns a profile with a value in every field.
func fullProfile() channel.Profile {
	return channel.Profile{
		Name: "Ann", Named: -7, Picture: wire.Picture{ID: "p", Type: "image/png", Size: 9, Blurhash: "L"}, Zone: "UTC",
		Status: wire.Status{Text: "x", Emoji: "🐸", Until: 5}, Provided: channel.Provided{Name: true, Zone: true}, Version: 3,
	}
}

// A field of the profile that is not stored would be lost at once.
func TestProfileIsStoredWhole(t *testing.T) {
	want := fullProfile()
	for i, v := 0, reflect.ValueOf(want); i < v.NumField(); i++ {
		if v.Field(i).IsZero() {
			t.Errorf("the test has nothing in %s", v.Type().Field(i).Name)
		}
	}
	got, err := parseProfile(appendProfile(nil, &want))
	noError(t, err)
	equal(t, "profile", got, want)
}

func FuzzValues(f *testing.F) {
	f.Add([]byte{})
	f.Add(appendEvent(nil, room, place{3, 4}, "message", []byte("{}")))
	f.Add(appendEvent(nil, room, place{3, 4}, "reaction", []byte("{}")))
	f.Add(appendFound(nil, wire.KindEdit, place{1, 1 << 63}))
	f.Add(appendHead(nil, &head{Head: channel.Head{Version: 3, Seq: 1, Pos: 1 << 40, Active: -5, Held: 9}, flags: flagCreated | flagSecond, created: 9}))
	f.Add(appendChannel(nil, fullState()))
	f.Add(appendProfile(nil, new(fullProfile())))
	f.Add(appendMembership(nil, &membership{since: 3, joined: 1, until: 9, left: 4}))
	f.Add(appendErasure(nil, &Erasure{Channel: room, Positions: []uint64{3, 9}}))
	f.Add(must(appendFolded(nil, &channel.Message{Seq: 1, Version: 3, Pos: 5, ID: "x", Folded: wire.Folded{Deleted: true}}))(new(testing.T)))
	f.Fuzz(func(t *testing.T, value []byte) {
		key := appendEventKey(nil, room, place{3, 4})
		if p, err := parseProfile(value); err == nil {
			back, err := parseProfile(appendProfile(nil, &p))
			noError(t, err)
			equal(t, "profile", back, p)
		}
		if e, err := parseEvent(new([]byte), room, key, value); err == nil {
			back, err := parseEvent(new([]byte), room, key, appendEvent(nil, room, place{3, 4}, e.Kind, e.Record))
			noError(t, err)
			equal(t, "event", back, e)
		}
		if h, err := parseHead(value); err == nil {
			if again := must(parseHead(appendHead(nil, &h)))(t); again != h {
				t.Fatalf("head %+v came back as %+v", h, again)
			}
		}
		var st, again channel.State
		if parseChannel(value, &st) == nil {
			noError(t, parseChannel(appendChannel(nil, &st), &again))
			equal(t, "channel", again, st)
		}
		if at, err := parseFound(value); err == nil {
			kind := wire.KindEdit
			if at.pos == 0 {
				kind = wire.KindMessage
			}
			if again := must(parseFound(appendFound(nil, kind, at)))(t); again != at {
				t.Fatalf("place %v came back as %v", at, again)
			}
		}
		if m, err := parseMembership(value); err == nil {
			if again := must(parseMembership(appendMembership(nil, &m)))(t); again != m {
				t.Fatalf("membership %v came back as %v", m, again)
			}
		}
		if e, err := parseErasure(value); err == nil {
			equal(t, "erasure", must(parseErasure(appendErasure(nil, &e)))(t), e)
		}
		if m, err := parseFolded(value); err == nil {
			equal(t, "message", must(parseFolded(must(appendFolded(nil, m))(t)))(t), m)
		}
		if n, err := parseNumber(value); err == nil {
			equal(t, "number", must(parseNumber(appendNumber(nil, n)))(t), n)
		}
	})
}
