package bridge

import (
	"bytes"
	"testing"
)

func TestAppendHeader_lengths(t *testing.T) {
	for n, want := range map[int][]byte{
		0:       {0x81, 0},
		1:       {0x81, 1},
		125:     {0x81, 125},
		126:     {0x81, 126, 0, 126},
		127:     {0x81, 126, 0, 127},
		65535:   {0x81, 126, 0xff, 0xff},
		65536:   {0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0},
		1 << 24: {0x81, 127, 0, 0, 0, 0, 1, 0, 0, 0},
	} {
		if got := appendHeader([]byte("x"), n); !bytes.Equal(got, append([]byte("x"), want...)) {
			t.Errorf("%d bytes: header % x, want % x", n, got[1:], want)
		}
	}
}

// TestMessage_sealIsTheSame compares the two ways of making a message with each other and with
// an independent reader.
func TestMessage_sealIsTheSame(t *testing.T) {
	for _, n := range []int{0, 1, 125, 126, 65535, 65536, 70000} {
		payload := bytes.Repeat([]byte("x"), n)
		shared := message(payload)
		sealed := seal(append(make([]byte, maxHeader), payload...))
		if !bytes.Equal(shared, sealed) {
			t.Errorf("%d bytes: message and seal differ", n)
		}
		r := bytes.NewReader(shared)
		if opcode, got := readFrame(t, r); opcode != opText || !bytes.Equal(got, payload) || r.Len() > 0 {
			t.Errorf("%d bytes: read opcode %d, %d bytes, %d left", n, opcode, len(got), r.Len())
		}
	}
}

func TestIsControl(t *testing.T) {
	long := append([]byte{0x89, 125}, make([]byte, 125)...)
	for _, tc := range []struct {
		name  string
		bytes []byte
		want  bool
	}{
		{"pong", []byte{0x8a, 2, 'h', 'i'}, true},
		{"empty close", []byte{0x88, 0}, true},
		{"longest ping", long, true},
		{"longer", append([]byte{0x89, 126, 0, 126}, make([]byte, 126)...), false},
		{"cut", long[:100], false},
		{"two", []byte{0x8a, 0, 0x8a, 0}, false},
		{"text", []byte{0x81, 0}, false},
		{"not final", []byte{0x0a, 0}, false},
		{"nothing", nil, false},
	} {
		if got := isControl(tc.bytes); got != tc.want {
			t.Errorf("%s: %v", tc.name, got)
		}
	}
}
