package api

import (
	"errors"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/embed/embedtest"
)

func TestRequests(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	js, err := jetstream.New(node.Conn)
	if err != nil {
		t.Fatal(err)
	}
	ctx, conn := t.Context(), node.Conn
	stream, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "S", Subjects: []string{"s.*"}, MaxMsgSize: 80})
	if err != nil {
		t.Fatal(err)
	}
	for n, subject := range []string{"s.a", "s.a", "s.b", "s.a"} {
		if seq, err := Publish(ctx, conn, subject, []byte{byte('1' + n)}); seq != uint64(n+1) || err != nil {
			t.Fatalf("published as %d, %v", seq, err)
		}
	}
	if _, err := Publish(ctx, conn, "s.a", make([]byte, 81)); !refused(err) {
		t.Errorf("a message that is too long: %v", err)
	}
	if last, err := Last(ctx, conn, "S", "s.a"); err != nil || string(last.Data) != "4" || last.Sequence != 4 || last.Time.IsZero() {
		t.Errorf("the last is %+v, %v", last, err)
	}
	if got, err := Get(ctx, conn, "S", 2); err != nil || string(got.Data) != "2" || got.Sequence != 2 || got.Subject != "s.a" || got.Time.IsZero() {
		t.Errorf("the second is %+v, %v", got, err)
	}
	if _, err := Get(ctx, conn, "S", 9); !errors.Is(err, jetstream.ErrMsgNotFound) {
		t.Errorf("one that is not there: %v", err)
	}
	if _, err := Last(ctx, conn, "S", "s.c"); !errors.Is(err, jetstream.ErrMsgNotFound) {
		t.Errorf("the last of none: %v", err)
	}
	if next, err := Next(ctx, conn, "S", "s.a", 3); err != nil || next.Sequence != 4 || string(next.Data) != "4" {
		t.Errorf("the next is %+v, %v", next, err)
	}
	if _, err := Next(ctx, conn, "S", "s.a", 5); !errors.Is(err, jetstream.ErrMsgNotFound) {
		t.Errorf("the next of none: %v", err)
	}
	if seq, err := Replace(ctx, conn, "s.b", []byte("5"), 3); seq != 5 || err != nil {
		t.Errorf("replaced as %d, %v", seq, err)
	}
	for subject, last := range map[string]uint64{"s.b": 3, "s.c": 3} {
		if _, err := Replace(ctx, conn, subject, []byte("x"), last); !Outrun(err) {
			t.Errorf("replaced what is not the last of %s: %v", subject, err)
		}
	}
	for _, subject := range []string{"s.a", "s.none"} {
		if end, err := End(ctx, conn, subject); end != 5 || err != nil {
			t.Errorf("the end is %d, %v", end, err)
		}
	}
	for range 2 {
		if err := errors.Join(Delete(ctx, conn, "S", 2), Purge(ctx, conn, "S", "s.a", 4)); err != nil {
			t.Error(err)
		}
	}
	if err := Delete(ctx, conn, "T", 2); !refused(err) {
		t.Errorf("a message of a stream that is not there: %v", err)
	}
	info, err := stream.Info(ctx)
	if err != nil || info.State.Msgs != 3 || info.State.FirstSeq != 3 {
		t.Errorf("left are %+v, %v", info.State, err)
	}
	if err := StepDown(ctx, conn, "S", ""); !refused(err) {
		t.Errorf("a single server steps down: %v", err)
	}
}

func refused(err error) bool {
	_, ok := errors.AsType[*jetstream.APIError](err)
	return ok
}

func TestFull(t *testing.T) {
	for code, want := range map[jetstream.ErrorCode][2]bool{10047: {true, false}, 10077: {true, true}, 10071: {}} {
		if full, broken := Full(&jetstream.APIError{ErrorCode: code}); full != want[0] || broken != want[1] {
			t.Errorf("%d: %v, %v", code, full, broken)
		}
	}
	if full, _ := Full(nil); full {
		t.Error("no error is one")
	}
}
