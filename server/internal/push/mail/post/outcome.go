package post

import (
	"errors"
	"net/textproto"
	"strconv"
	"strings"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"natterjack/server/internal/guard"
	"natterjack/server/internal/push"
)

// The reasons that only this package has. Others are those of [guard.Reason], and status_NNN with
// the code that the server has answered.
const (
	ReasonNoTLS    = "no_tls"    // the server offers no STARTTLS, and must
	ReasonSignIn   = "sign_in"   // the server takes no user and password as they are configured
	ReasonPassword = "password"  // the file with the password cannot be read
	ReasonAddress  = "malformed" // the mail has no form that the server could be given
)

// Outcome is the result of a try.
type Outcome struct {
	// Result is [push.Sent], [push.Again] or [push.Refused].
	Result push.Result
	// Reason is a stable word without an address.
	Reason string
	// Unsure says that the server may have taken the mail, although it has not said so.
	Unsure bool
	// Personal says that the server refuses this mail, or its recipient, and may take others.
	Personal bool
}

// unreached returns the outcome of a try that has come to no mail. An answer of 5xx is the
// operator's business then, and says nothing against the mail.
func unreached(err error) Outcome {
	reason := guard.Reason(err)
	code := 0
	if answer, ok := errors.AsType[*textproto.Error](err); ok {
		code, reason = answer.Code, status(answer.Code)
	}
	text := err.Error() // the library has no other sign of these
	switch {
	case strings.Contains(text, "does not support STARTTLS"):
		reason = ReasonNoTLS
	case signIn(code), strings.Contains(text, "SMTP AUTH"), errors.Is(err, gomail.ErrNoSupportedAuthDiscovered), errors.Is(err, smtp.ErrUnencrypted):
		reason = ReasonSignIn
	}
	return Outcome{Result: push.Again, Reason: reason}
}

// signIn reports whether an answer is about who asks (RFC 4954, section 6).
func signIn(code int) bool { return code == 530 || code == 534 || code == 535 || code == 538 }

// failed returns the outcome of a try that has come to the mail.
func failed(err error) Outcome {
	e, ok := errors.AsType[*gomail.SendError](err)
	if !ok {
		return unreached(err)
	}
	switch code := e.ErrorCode(); {
	case signIn(code):
		return Outcome{Result: push.Again, Reason: ReasonSignIn}
	case code == 421, code > 0 && e.Reason == gomail.ErrSMTPMailFrom: // it goes down, or refuses the sender of all mails
		return Outcome{Result: push.Again, Reason: status(code)}
	case code >= 400 && code < 500:
		return Outcome{Result: push.Again, Reason: status(code), Personal: true}
	case code >= 500 && code < 600:
		return Outcome{Result: push.Refused, Reason: status(code), Personal: true}
	case e.Reason == gomail.ErrGetSender, e.Reason == gomail.ErrGetRcpts, e.Reason == gomail.ErrNoUnencoded:
		return Outcome{Result: push.Refused, Reason: ReasonAddress, Personal: true}
	default: // the connection broke; before the end of the data was sent, no server takes the mail
		return Outcome{Result: push.Again, Reason: "no_answer", Unsure: e.Reason == gomail.ErrSMTPDataClose}
	}
}

func status(code int) string { return "status_" + strconv.Itoa(code) }
