package load

import (
	"bytes"
	"fmt"
	"time"
)

// lateLimit is by how much a load may fall behind its own schedule before a run is given up.
const lateLimit = 5 * time.Second

// OverloadError says that more was asked of a server than it could do in time: no fault, but no figure either.
type OverloadError struct{ Why string }

// Error implements error.
func (e *OverloadError) Error() string { return "overloaded: " + e.Why }

// passing are the codes of errors that a retry mends.
var passing = [][]byte{[]byte(`"code":"too_fast"`), []byte(`"code":"timeout"`), []byte(`"code":"unavailable"`)}

// refusal is the error that an error frame is.
func refusal(frame []byte) error {
	for _, code := range passing {
		if bytes.Contains(frame, code) {
			return &OverloadError{Why: fmt.Sprintf("%.300s", frame)}
		}
	}
	return fmt.Errorf("refused: %.500s", frame)
}
