package wire

import "testing"

func TestCloseCodes(t *testing.T) {
	want := map[CloseCode]string{
		CloseDraining: "draining", CloseSlow: "slow", CloseSilent: "silent", CloseConnectTimeout: "connect_timeout",
		CloseExpired: "expired", CloseInternal: "internal", CloseTooFast: "too_fast", CloseNotConnected: "not_connected", CloseProtocol: "protocol", CloseUnauthorized: "unauthorized",
		CloseUnsupported: "unsupported", CloseSignedOut: "signed_out",
	}
	for code, name := range want {
		if code.String() != name || code < 4000 || code > 4999 {
			t.Errorf("%d: %q", code, code)
		}
	}
	if n := len(constants(t, "CloseCode")); n != len(want) {
		t.Errorf("there are %d close codes, %d are tested", n, len(want))
	}
	if !CloseInternal.Reconnect() || CloseProtocol.Reconnect() {
		t.Error("the border between codes to come back from and codes to stay away from has moved")
	}
	if CloseCode(4999).String() != "unknown" {
		t.Error("an unknown code has a name")
	}
}
