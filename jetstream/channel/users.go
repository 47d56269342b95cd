package channel

import "slices"

// ascending is what [State.Member] relies on, whoever wrote the event.
func ascending(users []string) []string {
	for i := 1; i < len(users); i++ {
		if users[i-1] >= users[i] {
			return sorted(users)
		}
	}
	return users
}

// sorted is a new slice of the different users, ascending.
func sorted(users []string) []string {
	users = slices.Clone(users)
	slices.Sort(users)
	return slices.Compact(users)
}

// with are the users of a and of b, ascending; without are those of a that are not in b, where both ascend. Neither writes to a, and
// where nothing changes it is a that they give.
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

// orNil is nil in place of an empty list: a list from which the last was taken and one that was never begun are the same, also to who
// compares the states of two nodes, of which one has read its own from disk.
func orNil[E any](list []E) []E {
	if len(list) == 0 {
		return nil
	}
	return list
}
