package view

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/uuid"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

const direct = "ann~bob"

// packable returns a message of a direct channel as the writer stores it.
func packable(change func(r *wire.Record)) wire.Record {
	id := uuid.UUID{0x01, 0xa0, 0, 0, 0, 9, 0x71, 0x23, 0x81}
	r := wire.Record{
		Kind: wire.KindMessage, Version: 12, Seq: 9, ID: uuid.UUID(channel.Bind(id, direct)).String(), ClientID: strings.Repeat("0a", 16),
		Sender: "ann", Timestamp: 0x01a0_0000_0007, Content: &wire.Content{Text: "hello"},
	}
	change(&r)
	return r
}

// Every record comes back as it was, and the usual ones take little space.
func TestPack(t *testing.T) {
	const usual = len("hello") + 1 /* code */ + 1 /* forms */ + 1 /* version */ + timeLen + 1 + boundLen + uuidLen
	mentions := []wire.Mention{{User: "bob", Length: 1}}
	for _, test := range []struct {
		name   string
		change func(r *wire.Record)
		most   int // bytes; 0 means that the record is not packed
	}{
		{"usual", func(*wire.Record) {}, usual},
		{"of the other user", func(r *wire.Record) { r.Sender = "bob" }, usual},
		{"of somebody else", func(r *wire.Record) { r.Sender = "eve" }, usual + 4},
		{"client id of base 32", func(r *wire.Record) { r.ClientID = "abcdefghijklmnopqrstuvwxyz" }, usual + 1},
		{"client id of base 32, the last digits", func(r *wire.Record) { r.ClientID = "77777777777777777777777723" }, usual + 1},
		{"client id that is almost base 32", func(r *wire.Record) { r.ClientID = "0bcdefghijklmnopqrstuvwxyz" }, usual + 11},
		{"client id that is a UUID", func(r *wire.Record) { r.ClientID = "f81d4fae-7dec-41d0-a765-00a0c91e6bf6" }, usual},
		{"client id that is a UUID with a time", func(r *wire.Record) { r.ClientID = "01a00000-0007-71d0-a765-00a0c91e6bf6" }, usual - timeLen + 1},
		{"client id that is a UUID in capitals", func(r *wire.Record) { r.ClientID = "F81D4FAE-7DEC-41D0-A765-00A0C91E6BF6" }, usual + 21},
		{"client id of too many digits", func(r *wire.Record) { r.ClientID += "00" }, usual + 19},
		{"client id with a quote", func(r *wire.Record) { r.ClientID = `"` }, 0},
		{"no client id", func(r *wire.Record) { r.ClientID = "" }, usual - uuidLen + 1},
		{"id of another channel", func(r *wire.Record) {
			r.ID = uuid.UUID(channel.Bind(uuid.MustParse(r.ID), "ann~eve")).String()
		}, usual + uuidLen - boundLen - timeLen},
		{"id of another time", func(r *wire.Record) { r.ID = "f81d4fae-7dec-41d0-a765-00a0c91e6bf6" }, usual + uuidText},
		{"id that is no UUID", func(r *wire.Record) { r.ID = "id" }, usual},
		{"decided on another", func(r *wire.Record) { r.After = 3 }, usual + 1},
		{"before the first version", func(r *wire.Record) { r.Version = 8 }, 0},
		{"of another seq", func(r *wire.Record) { r.Seq = 8 }, 0},
		{"before time began", func(r *wire.Record) { r.Timestamp = -1 }, 0},
		{"at the end of time", func(r *wire.Record) { r.Timestamp = 1 << 48 }, 0},
		{"by another clock", func(r *wire.Record) { r.Clock = 5 }, 0},
		{"text that JSON escapes", func(r *wire.Record) { r.Content.Text = "\"\\\n\u2028é" }, usual + 20},
		{"mentions", func(r *wire.Record) { r.Content.Mentions, r.Content.ReplyTo = mentions, 3 }, usual + 100},
		{"unknown members", func(r *wire.Record) { r.Rest = []byte(`{"new":{"deep":[1]}}`) }, usual + 100},
		{"unknown members of the content", func(r *wire.Record) { r.Content.Rest = []byte(`{"new":"}}"}`) }, usual + 100},
		{"erased", func(r *wire.Record) { r.Content = nil }, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := packable(test.change)
			record := must(wire.EncodeRecord(&r))(t)
			value := roundTrip(t, 9, record)
			if packed := value[0] == codePacked; packed != (test.most > 0) {
				t.Errorf("packed: %v: %s", packed, record)
			} else if packed && len(value) > test.most {
				t.Errorf("%d bytes, at most %d are expected: %s", len(value), test.most, record)
			}
		})
	}
}

// roundTrip stores a record and reads it again.
func roundTrip(t *testing.T, seq uint64, record []byte) (value []byte) {
	t.Helper()
	at := place{seq: seq, pos: 77}
	value = appendEvent([]byte("before"), direct, at, wire.KindMessage, record)
	value, found := bytes.CutPrefix(value, []byte("before"))
	if !found {
		t.Fatal("what stood before was overwritten")
	}
	e := must(parseEvent(new([]byte), direct, appendEventKey(nil, direct, at), value))(t)
	if !bytes.Equal(e.Record, record) {
		t.Errorf("stored as %x\n%s, came back as\n%s", value, record, e.Record)
	}
	equal(t, "event", e, Event{Pos: 77, Channel: direct, Kind: wire.KindMessage, Record: e.Record})
	return value
}

func FuzzPack(f *testing.F) {
	usual := packable(func(*wire.Record) {})
	record, err := wire.EncodeRecord(&usual)
	if err != nil {
		f.Fatal(err)
	}
	for _, change := range [][2]string{
		{"", ""},
		{`"seq":9`, `"seq":09`},
		{`"version":12`, `"version":012`},
		{`"version":12`, `"version":12,"after":0`},
		{`"timestamp":`, `"timestamp": `},
		{`"ann"`, `"a\u006en"`},
		{`"client_id":"`, `"client_id":"","x":"`},
		{`"}}`, `"}} `},
		{`"text":"`, `"text":"}}`},
		{`"version":12`, `"version":18446744073709551628`},
	} {
		f.Add(uint64(9), bytes.Replace(record, []byte(change[0]), []byte(change[1]), 1))
	}
	f.Fuzz(func(t *testing.T, seq uint64, record []byte) { roundTrip(t, seq, record) })
}
