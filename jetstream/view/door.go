package view

import (
	"slices"

	"natterjack/jetstream/channel"
)

// OfChannel reports whether a key, as [Options.Looks] is told it, is of a channel itself: its head
// or its state.
func OfChannel(key []byte) bool { return key[0] == tagHead || key[0] == tagChannel }

// moveDoors stores which invites a group has, and which users have asked to join it, as an event
// has changed them.
func (r *round) moveDoors(st, next *channel.State) {
	var before channel.State
	if st != nil {
		before = *st
	}
	r.moveDoor(next.ID, doorAsked, before.Requested, next.Requested)
	if len(before.Invites)+len(next.Invites) > 0 {
		r.moveDoor(next.ID, doorInvite, hashesOf(before.Invites), hashesOf(next.Invites))
	}
}

// moveDoor stores the keys of one kind. Both lists ascend.
func (r *round) moveDoor(channel string, kind byte, before, after []string) {
	if sameUsers(before, after) {
		return
	}
	r.value = r.value[:0]
	for _, of := range without(after, before) {
		r.key = appendDoorKey(r.key[:0], channel, kind, of)
		r.set()
	}
	for _, of := range without(before, after) {
		r.key = appendDoorKey(r.key[:0], channel, kind, of)
		r.unset()
	}
}

func hashesOf(invites []channel.Invite) []string {
	hashes := make([]string, len(invites))
	for i := range invites {
		hashes[i] = invites[i].Hash
	}
	slices.Sort(hashes)
	return hashes
}
