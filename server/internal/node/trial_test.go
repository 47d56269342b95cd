package node

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"natterjack/jetstream/operation"
	"natterjack/server/wire"
)

// trial is an operation that only this test knows: it greets the user who asks.
type trial struct {
	wire.Ref
	Greeting string `json:"greeting"`
}

func (trial) Type() string { return "trial" }

func (t trial) Validate(wire.Limits) error {
	if t.Greeting == "" {
		return wire.Errorf(wire.CodeInvalid, "greeting: is missing")
	}
	return nil
}

// greeted is its reply.
type greeted struct {
	wire.Ref
	Words string `json:"words"`
}

func (greeted) Type() string { return "greeted" }

type greeter struct{}

func (greeter) Bind(to *operation.Table) {
	operation.Handle(to, func(_ context.Context, c operation.Caller, cmd trial) (greeted, error) {
		if cmd.Greeting == "panic" {
			panic("as it was told to")
		}
		return greeted{Words: cmd.Greeting + ", " + c.User}, nil
	})
}

// TestTrialOperation shows that one row and one handler are enough for an operation to be
// answered on every surface. It also shows that the test of who may do what notices a missing
// row.
func TestTrialOperation(t *testing.T) {
	remove := wire.Offer(wire.Row[trial, greeted](wire.ByAnybody, wire.ForRead))
	defer remove()
	s := newStage(t, greeter{})
	for name, ask := range map[string]func(user, frame string) wire.Frame{
		"WebSocket": func(user, frame string) wire.Frame {
			s.sockets[user].write(t, frame)
			for {
				if f := s.sockets[user].read(t); f != nil && slices.Contains([]string{"greeted", "error"}, f.Type()) {
					return f
				}
			}
		},
		"HTTP": func(user, frame string) wire.Frame { return s.post(t, user, frame) },
		"NATS": func(user, frame string) wire.Frame {
			reply, err := s.nats.Request("api."+user+".trial", []byte(strings.Replace(frame, `"type":"trial",`, "", 1)), patience)
			if err != nil {
				t.Fatal(err)
			}
			return decode(t, reply.Data)
		},
	} {
		if got := ask("mem", `{"type":"trial","ref":77,"greeting":"hello"}`); got != wire.Frame(greeted{wire.Ref{Ref: 77}, "hello, mem"}) {
			t.Errorf("%s: %+v", name, got)
		}
		for greeting, code := range map[string]wire.Code{"": wire.CodeInvalid, "panic": wire.CodeInternal} {
			e, ok := ask("mem", `{"type":"trial","ref":78,"greeting":"`+greeting+`"}`).(*wire.Error)
			if !ok || e.Code != code || e.Ref.Ref != 78 {
				t.Errorf("%s, %q: %+v", name, greeting, e)
			}
		}
	}
	if missing := withoutRow(); !slices.Equal(missing, []string{"trial"}) {
		t.Errorf("missing among those of whom it is said who may: %v", missing)
	}
	if status, body := post(t, s.addresses.HTTP+wire.PathFrames, `{"type":"trial"}`, "Authorization", "Bearer "); status != http.StatusUnauthorized {
		t.Errorf("without a token: %d %s", status, body)
	}
}

// TestEveryOperationHasAHandler shows that every operation in the table has a handler. It can
// have only one: a second would be refused when the node starts.
func TestEveryOperationHasAHandler(t *testing.T) {
	var table *operation.Table
	start(t, load(t), bind(func(to *operation.Table) { table = to }))
	for _, o := range wire.Operations() {
		bridge := o.Asker == wire.BySessions || o.Asker == wire.ByConnections // see the table in bridge/own.go
		answered := 0
		for _, by := range []bool{o.Change(), bridge, table.Handles(o.Command)} {
			if by {
				answered++
			}
		}
		if answered != 1 {
			t.Errorf("%s is answered by %d parts", o.Name(), answered)
		}
	}
}

type bind func(*operation.Table)

func (b bind) Bind(to *operation.Table) { b(to) }
