package load

import (
	"bytes"
	"fmt"
	"time"
)

// lateLimit is how far a load may fall behind its own schedule before a run is given up.
const lateLimit = 5 * time.Second

// OverloadError says that a server could not answer all requests in time. This is no fault, but
// gives no figure either.
type OverloadError struct{ Why string }

// Error implements error.
func (e *OverloadError) Error() string { return "overloaded: " + e.Why }

// passing are the codes of errors after which a retry may succeed.
var passing = [][]byte{[]byte(`"code":"too_fast"`), []byte(`"code":"timeout"`), []byte(`"code":"unavailable"`)}

// refusal returns an error frame as an error.
func refusal(frame []byte) error {
	for _, code := range passing {
		if bytes.Contains(frame, code) {
			return &OverloadError{Why: fmt.Sprintf("%.300s", frame)}
		}
	}
	return fmt.Errorf("refused: %.500s", frame)
}
