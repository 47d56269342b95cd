package view

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"natterjack/server/wire"
)

// framedRecord is a record and the members that the frame adds around it. One that has such a member itself would come twice,
// which no client reads.
type framedRecord struct {
	wire.Record
	Type    jsontext.Value `json:"type"`
	Kind    jsontext.Value `json:"kind"`
	Shard   jsontext.Value `json:"shard"`
	Pos     jsontext.Value `json:"pos"`
	Channel jsontext.Value `json:"channel"`
}

var (
	errChannelName = errors.New("the channel's name is not valid, or belongs to another shard")
	errKindName    = errors.New("the kind's name is not valid")
	errFraming     = errors.New("the record is not an object of JSON on one line, without space around its members")
	errReserved    = errors.New("the record has a member of the frame around it")
	errSeq         = errors.New("the seq is not above that of the channel, or too high")
)

// maxSeq is the highest integer that JSON keeps for everybody (RFC 8259, section 6).
const maxSeq = 1<<53 - 1

// decode reads the record of an event of a channel whose last seq is known, leniently as to members it does not know: a newer node may have written it. An error
// means that no client could read the event either, for its frame is made around the record as it is. All of the record is
// decoded, its content too: to leave that out was measured to save nothing.
func decode(e *Event, last uint64) (*wire.Record, error) {
	if !validKind(e.Kind) {
		return nil, errKindName
	}
	if !framed(e.Record) {
		return nil, errFraming
	}
	r := new(framedRecord)
	if err := json.Unmarshal(e.Record, r); err != nil {
		return nil, fmt.Errorf("decode record: %w", err)
	}
	if r.Type != nil || r.Kind != nil || r.Shard != nil || r.Pos != nil || r.Channel != nil {
		return nil, errReserved
	}
	if e.Kind == wire.KindMessage && (r.Seq == 0 || r.Seq > maxSeq || r.Seq <= last) {
		return nil, errSeq
	}
	if r.Target > maxSeq {
		return nil, errSeq
	}
	return &r.Record, nil
}

// framed reports whether a frame can be made around a record by cutting off its brace.
func framed(record []byte) bool {
	if string(record) == "{}" {
		return true
	}
	return bytes.HasPrefix(record, []byte(`{"`)) && record[len(record)-1] == '}' && bytes.IndexByte(record, wire.Separator) < 0
}

// validKind reports whether a kind can be spliced into a frame as it is.
func validKind(kind wire.Kind) bool {
	for i := range len(kind) {
		if c := kind[i]; (c < 'a' || c > 'z') && c != '_' {
			return false
		}
	}
	return len(kind) >= 1 && len(kind) <= 32
}
