package store

import (
	"fmt"
	"regexp"
)

// validKey says which keys are used. The embedded gateway keeps objects as files, some proxies
// clean paths, and a signature covers the path. So there is nothing in a key that could be
// cleaned, escaped or climbed.
var validKey = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,199})*$`)

const maxKey = 512

func checkKey(op, key string) error {
	if len(key) > maxKey || !validKey.MatchString(key) {
		return internal(op, fmt.Sprintf("%.80q is no key of an object", key))
	}
	return nil
}
