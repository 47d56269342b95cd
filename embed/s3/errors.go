package s3

import (
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"syscall"
)

// apiError is an answer that refuses a request. Its code is S3's.
type apiError struct {
	status  int
	code    string
	message string
}

// Error implements error.
func (e *apiError) Error() string { return e.code + ": " + e.message }

func refuse(status int, code, format string, args ...any) *apiError {
	return &apiError{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

var (
	errDenied       = refuse(http.StatusForbidden, "AccessDenied", "the request is not signed as it must be")
	errSignature    = refuse(http.StatusForbidden, "SignatureDoesNotMatch", "the signature is not that of this request")
	errUnknownKey   = refuse(http.StatusForbidden, "InvalidAccessKeyId", "there is no such access key")
	errExpired      = refuse(http.StatusForbidden, "AccessDenied", "the request has expired")
	errSkewed       = refuse(http.StatusForbidden, "RequestTimeTooSkewed", "the clocks differ too much")
	errNoBucket     = refuse(http.StatusNotFound, "NoSuchBucket", "there is no such bucket")
	errNoKey        = refuse(http.StatusNotFound, "NoSuchKey", "there is no such object")
	errNoUpload     = refuse(http.StatusNotFound, "NoSuchUpload", "there is no such upload")
	errPrecondition = refuse(http.StatusPreconditionFailed, "PreconditionFailed", "the object is not what the request expects")
	errOwned        = refuse(http.StatusConflict, "BucketAlreadyOwnedByYou", "the bucket exists")
	errInvalidPart  = refuse(http.StatusBadRequest, "InvalidPart", "a part is missing, or differs from the part that was uploaded")
	errPartOrder    = refuse(http.StatusBadRequest, "InvalidPartOrder", "the parts are not in order")
	errTooSmall     = refuse(http.StatusBadRequest, "EntityTooSmall", "a part that is not the last has less than 5 MiB")
	errTooLarge     = refuse(http.StatusBadRequest, "EntityTooLarge", "more than 5 GiB in one request")
	errDigest       = refuse(http.StatusBadRequest, "XAmzContentSHA256Mismatch", "the body does not have the hash that the request gives")
	errChecksum     = refuse(http.StatusBadRequest, "BadDigest", "the body does not have the checksum that the request gives")
	errIncomplete   = refuse(http.StatusBadRequest, "IncompleteBody", "the body does not have the length that the request gives")
	errMalformed    = refuse(http.StatusBadRequest, "MalformedXML", "the body could not be read as XML")
	errNoLength     = refuse(http.StatusLengthRequired, "MissingContentLength", "the request must say how long its body is")
	errFull         = refuse(http.StatusInsufficientStorage, "InsufficientStorage", "the disk is full")
	errInternal     = refuse(http.StatusInternalServerError, "InternalError", "the server failed to do this")
)

func notImplemented(what string) *apiError {
	return refuse(http.StatusNotImplemented, "NotImplemented", "%.100q is not implemented", what)
}

func invalid(what string) *apiError {
	return refuse(http.StatusBadRequest, "InvalidArgument", "%s", what)
}

// errorBody is the body of a refusal.
type errorBody struct {
	XMLName xml.Name `xml:"Error"`
	Code    string
	Message string
}

// fail answers with an error. An error that is no refusal is logged, and not shown.
func (g *Gateway) fail(w http.ResponseWriter, r *http.Request, err error) {
	e, refused := errors.AsType[*apiError](err)
	if !refused {
		if e = errInternal; errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
			e = errFull
		}
		if r.Context().Err() == nil { // otherwise the client has left
			g.logger.ErrorContext(r.Context(), "a request failed", "method", r.Method, "path", r.URL.Path, "error", err)
		}
	}
	discard(w, r)
	g.write(w, r, e.status, errorBody{Code: e.code, Message: e.message})
}

// write answers with XML.
func (g *Gateway) write(w http.ResponseWriter, r *http.Request, status int, body any) {
	text, err := xml.Marshal(body)
	if err != nil {
		g.logger.ErrorContext(r.Context(), "an answer cannot be written", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	text = append([]byte(xml.Header), text...)
	w.Header().Set("Content-Type", "application/xml")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(text) // a client that is gone needs no answer
	}
}
