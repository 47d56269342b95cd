package bridge

import (
	"slices"
	"strings"
	"testing"

	"natterjack/server/wire"
)

// TestDispatch_badInput shows that each bad input is answered with its error code and that the
// session survives it.
func TestDispatch_badInput(t *testing.T) {
	r := newRig(t, Config{})
	c := r.connect(t, "alice")
	long := strings.Repeat("x", r.limits.TextBytes+1)
	many := `"` + strings.Join(slices.Repeat([]string{"bob"}, 501), `","`) + `"`
	for name, tc := range map[string]struct {
		frame string
		code  wire.Code
		ref   uint64
	}{
		"not JSON":           {`hello`, wire.CodeMalformed, 0},
		"not an object":      {`[1,2]`, wire.CodeMalformed, 0},
		"cut":                {`{"type":"send","ref":3,`, wire.CodeMalformed, 3},
		"no type":            {`{"ref":3}`, wire.CodeMalformed, 3},
		"wrong member type":  {`{"type":"history","ref":3,"channel":7}`, wire.CodeMalformed, 3},
		"unknown member":     {`{"type":"history","ref":3,"channel":"alice~bob","admin":true}`, wire.CodeMalformed, 3},
		"double member":      {`{"type":"history","ref":3,"channel":"alice~bob","channel":"x"}`, wire.CodeMalformed, 3},
		"unknown type":       {`{"type":"delete_everything","ref":3}`, wire.CodeUnknownType, 3},
		"server's type":      {`{"type":"welcome","ref":3}`, wire.CodeUnknownType, 3},
		"connect twice":      {`{"type":"connect","ref":3,"v":1,"token":"alice"}`, wire.CodeNotConnected, 3},
		"neither to":         {`{"type":"send","ref":3,"client_id":"a","content":{"text":"x"}}`, wire.CodeInvalid, 3},
		"not a user":         {`{"type":"send","ref":3,"to":"Bob","client_id":"a","content":{"text":"x"}}`, wire.CodeInvalid, 3},
		"not a channel":      {`{"type":"send","ref":3,"channel":"chat.>","client_id":"a","content":{"text":"x"}}`, wire.CodeInvalid, 3},
		"no client id":       {`{"type":"send","ref":3,"to":"bob","content":{"text":"x"}}`, wire.CodeInvalid, 3},
		"no text":            {`{"type":"send","ref":3,"to":"bob","client_id":"a","content":{"text":" "}}`, wire.CodeInvalid, 3},
		"long text":          {`{"type":"send","ref":3,"to":"bob","client_id":"a","content":{"text":"` + long + `"}}`, wire.CodeTooLarge, 3},
		"large group":        {`{"type":"create_group","ref":3,"client_id":"a","name":"n","members":[` + many + `]}`, wire.CodeTooLarge, 3},
		"large page":         {`{"type":"history","ref":3,"channel":"alice~bob","limit":101}`, wire.CodeInvalid, 3},
		"before and after":   {`{"type":"history","ref":3,"channel":"alice~bob","before":1,"after":1}`, wire.CodeInvalid, 3},
		"not a member":       {`{"type":"send","ref":3,"channel":"bob~carol","client_id":"a","content":{"text":"x"}}`, wire.CodeForbidden, 3},
		"history of others":  {`{"type":"history","ref":3,"channel":"bob~carol"}`, wire.CodeForbidden, 3},
		"no such group":      {`{"type":"send","ref":3,"channel":"gabcdefghijklmnopqrstuvwx","client_id":"a","content":{"text":"x"}}`, wire.CodeForbidden, 3},
		"token of another":   {`{"type":"refresh","ref":3,"token":"bob"}`, wire.CodeUnauthorized, 3},
		"forged token":       {`{"type":"refresh","ref":3,"token":"forged"}`, wire.CodeUnauthorized, 3},
		"stale token":        {`{"type":"refresh","ref":3,"token":"stale"}`, wire.CodeExpired, 3},
		"no token":           {`{"type":"refresh","ref":3}`, wire.CodeInvalid, 3},
		"a fault of the key": {`{"type":"refresh","ref":3,"token":"faulty"}`, wire.CodeInternal, 3},
	} {
		c.send(tc.frame)
		if e := expect[*wire.Error](c); e.Code != tc.code || e.Ref.Ref != tc.ref || e.Message == "" {
			t.Errorf("%s: %+v, want code %s and ref %d", name, e, tc.code, tc.ref)
		}
	}
	c.send(`{"type":"list_channels","ref":9}`)
	if l := expect[wire.Channels](c); len(l.Channels) != 0 {
		t.Errorf("bad input left %+v", l)
	}
}
