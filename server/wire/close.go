package wire

// CloseCode ends a WebSocket (RFC 6455, section 7.4.2: 4000–4999 are the application's). From 4000 to 4499 the client
// reconnects with backoff and resumes; from 4500 it does not, for the same again would end the same way.
type CloseCode uint16

// The close codes. Their reason on the wire is [CloseCode.String].
const (
	CloseDraining       CloseCode = 4000 // the node stops, or does not hear what is said; another will serve
	CloseSlow           CloseCode = 4001 // the peer took nothing for too long
	CloseSilent         CloseCode = 4002 // no frame since the ping before last
	CloseConnectTimeout CloseCode = 4003 // no connect frame in time
	CloseExpired        CloseCode = 4004 // the token; reconnect with a fresh one
	CloseInternal       CloseCode = 4005 // the server's fault
	CloseProtocol       CloseCode = 4500 // a message that is not text, or over the frame limit
	CloseUnauthorized   CloseCode = 4501 // no token, or one that proves nothing
	CloseUnsupported    CloseCode = 4502 // the protocol version
	CloseSignedOut      CloseCode = 4503 // by the user, from another session; the token is good for nothing any more
)

// Reconnect reports whether a client should come back.
func (c CloseCode) Reconnect() bool { return c < 4500 }

// String is the stable name of the code, sent as the close reason.
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
	case CloseSignedOut:
		return "signed_out"
	default:
		return "unknown"
	}
}
