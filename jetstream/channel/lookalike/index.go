package lookalike

import "cmp"

// Index finds out who of many users has a name that looks like a given one, and had it first. It is
// not safe for concurrent use.
type Index struct {
	letters, shapes map[string]holders
}

// holders are the two users who have had a name for the longest time.
type holders [2]holder

type holder struct {
	user  string
	since int64
}

// NewIndex returns an index without names.
func NewIndex() *Index {
	return &Index{letters: map[string]holders{}, shapes: map[string]holders{}}
}

// Add notes that a user has had a name since a time. A user may have several names.
func (x *Index) Add(user string, name Form, since int64) {
	add(x.letters, name.letters, holder{user, since})
	add(x.shapes, name.shapes, holder{user, since})
}

func add(to map[string]holders, key string, h holder) {
	if key == "" {
		return
	}
	all := to[key]
	for i := range all {
		if all[i].user == h.user { // the user has two names that look alike
			all[i].since = min(all[i].since, h.since)
			h = holder{}
			break
		}
	}
	switch {
	case h.user == "":
	case all[0].user == "":
		all[0] = h
	case all[1].user == "" || h.before(all[1]):
		all[1] = h
	}
	if all[1].user != "" && all[1].before(all[0]) {
		all[0], all[1] = all[1], all[0]
	}
	to[key] = all
}

// before reports whether h has had the name for longer. If both have had it as long, the order of
// users decides, so that one of the two is told apart.
func (h holder) before(o holder) bool {
	return cmp.Or(cmp.Compare(h.since, o.since), cmp.Compare(h.user, o.user)) < 0
}

// First returns another user who had a name that looks like this one before a user got it, or an
// empty string. It is the user who has had it for the longest time.
func (x *Index) First(user string, name Form, since int64) string {
	first := holder{user, since}
	for _, all := range [2]holders{x.letters[name.letters], x.shapes[name.shapes]} {
		for _, h := range all {
			if h.user != "" && h.user != user && h.before(first) {
				first = h
			}
		}
	}
	if first.user == user {
		return ""
	}
	return first.user
}
