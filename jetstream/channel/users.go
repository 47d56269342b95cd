package channel

import "slices"

// ascending returns the users in ascending order, each once. [State.Member] relies on that order in
// events of every version.
func ascending(users []string) []string {
	for i := 1; i < len(users); i++ {
		if users[i-1] >= users[i] {
			return sorted(users)
		}
	}
	return users
}

// sorted returns a new slice of the different users, ascending.
func sorted(users []string) []string {
	users = slices.Clone(users)
	slices.Sort(users)
	return slices.Compact(users)
}

// with returns the users of a and of b, ascending. without returns the users of a that are not in
// b; both must ascend. Neither writes to a. If nothing changes, they return a itself.
func with(a, b []string) []string {
	b = without(sorted(b), a)
	if len(b) == 0 {
		return a
	}
	return sorted(slices.Concat(a, b))
}

func without(a, b []string) []string {
	in := func(user string) bool {
		_, found := slices.BinarySearch(b, user)
		return found
	}
	if !slices.ContainsFunc(a, in) {
		return a
	}
	return orNil(slices.DeleteFunc(slices.Clone(a), in))
}

// orNil returns nil in place of an empty list. A list that was emptied and one that never had
// an element are then the same. A test or tool may compare the states of two nodes, of which
// one has read its state from disk.
func orNil[E any](list []E) []E {
	if len(list) == 0 {
		return nil
	}
	return list
}
