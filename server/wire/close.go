package wire

// CloseCode ends a WebSocket (RFC 6455, section 7.4.2: codes 4000–4999 belong to the
// application). After a code from 4000 to 4499 the client reconnects with backoff and resumes.
// After a code from 4500 it does not reconnect, because a new connection would end the same
// way.
type CloseCode uint16

// The close codes. Their reason on the wire is [CloseCode.String].
const (
	// The node stops, or it no longer hears new events. Another node will serve the client.
	CloseDraining       CloseCode = 4000
	CloseSlow           CloseCode = 4001 // the client read nothing for too long
	CloseSilent         CloseCode = 4002 // no frame from the client since the ping before last
	CloseConnectTimeout CloseCode = 4003 // no connect frame in time
	CloseExpired        CloseCode = 4004 // the token has expired; reconnect with a fresh one
	CloseInternal       CloseCode = 4005 // a fault of the server
	CloseTooFast        CloseCode = 4006 // the client went on far too fast for seconds; it is refused for a while
	CloseProtocol       CloseCode = 4500 // a message that is not text, or larger than the frame limit
	CloseUnauthorized   CloseCode = 4501 // no token, or an invalid one
	CloseUnsupported    CloseCode = 4502 // this server does not speak the client's protocol version
	// The user signed this session out from another session. The token is revoked.
	CloseSignedOut    CloseCode = 4503
	CloseNotConnected CloseCode = 4504 // the first frame was not a connect frame
)

// Reconnect reports whether the client should reconnect.
func (c CloseCode) Reconnect() bool { return c < 4500 }

// String returns the stable name of the code, which is sent as the close reason.
func (c CloseCode) String() string {
	switch c {
	case CloseDraining:
		return "draining"
	case CloseSlow:
		return "slow"
	case CloseSilent:
		return "silent"
	case CloseConnectTimeout:
		return "connect_timeout"
	case CloseExpired:
		return "expired"
	case CloseInternal:
		return "internal"
	case CloseProtocol:
		return "protocol"
	case CloseUnauthorized:
		return "unauthorized"
	case CloseUnsupported:
		return "unsupported"
	case CloseTooFast:
		return "too_fast"
	case CloseNotConnected:
		return "not_connected"
	case CloseSignedOut:
		return "signed_out"
	default:
		return "unknown"
	}
}
