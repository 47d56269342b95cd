package guard

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
)

// errAnswer stands for all errors whose text may have anything in it.
var errAnswer = errors.New("guard: the receiver closed the connection, or its answer cannot be read")

// plain returns an error without the URL. The client puts that in front of each error, and quotes
// parts of an answer that it cannot read, such as the target of a redirect. So only errors of kinds
// that name no more than a host or an address are returned as they are.
func plain(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op
	}
	if name, ok := errors.AsType[*net.DNSError](err); ok {
		return name
	}
	if cert, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return cert
	}
	if record, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return record
	}
	if refused, ok := errors.AsType[*refusal](err); ok {
		return refused
	}
	for _, known := range []error{context.Canceled, context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF} {
		if errors.Is(err, known) {
			return known
		}
	}
	if slow, ok := errors.AsType[net.Error](err); ok && slow.Timeout() {
		return context.DeadlineExceeded
	}
	return errAnswer
}

// Reason says in a stable word why a request failed. It tells nothing of where the request went.
func Reason(err error) string {
	var (
		timeout net.Error
		name    *net.DNSError
		cert    *tls.CertificateVerificationError
		unknown x509.UnknownAuthorityError
		record  tls.RecordHeaderError
	)
	switch {
	case errors.Is(err, ErrRefused):
		return "refused_address"
	case errors.Is(err, ErrTooLarge):
		return "answer_too_large"
	case errors.Is(err, context.Canceled):
		return "stopped"
	case errors.As(err, &name):
		return "unknown_host"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	case errors.As(err, &cert), errors.As(err, &unknown), errors.As(err, &record):
		return "tls"
	}
	return "no_connection"
}
