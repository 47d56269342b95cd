package view

import (
	"fmt"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// Scope answers many questions about what one user may see, as the view was when the Scope was
// made. A user sees the messages of the channels that they are a member of now, as far as pages
// show them. It uses one iterator for everything, and is for one goroutine. Close it soon, because
// it keeps the view from closing.
type Scope struct {
	v     *View
	r     *reader
	user  string
	known map[string]*seen
}

// seen is the part of one channel that a user sees.
type seen struct {
	spans []seqs
	read  uint64 // the user has read the messages up to here
}

// Scope makes a [Scope].
func (v *View) Scope(user string) (*Scope, error) {
	if err := v.enter(); err != nil {
		return nil, err
	}
	r, err := v.newReader()
	if err != nil {
		v.leave()
		return nil, fmt.Errorf("look at what a user may see: %w", err)
	}
	return &Scope{v: v, r: r, user: user, known: map[string]*seen{}}, nil
}

// Close closes the Scope.
func (s *Scope) Close() error {
	defer s.v.leave()
	return s.r.it.Close()
}

// Channels returns the ids of the user's channels, without their own one, in no order.
func (s *Scope) Channels() (ids []string, err error) {
	in, err := s.r.channelsOf(s.user)
	if err != nil {
		return nil, fmt.Errorf("list channels: %w", err)
	}
	for i := range in {
		if _, own := wire.OwnerOf(in[i].channel); !own {
			ids = append(ids, in[i].channel)
		}
	}
	return ids, nil
}

// State returns the state of one of the user's channels, or nil if the user is not a member.
func (s *Scope) State(id string) (*channel.State, error) {
	_, member, err := s.r.membership(s.user, s.v.shardIndex(id), id)
	if !member || err != nil {
		return nil, err
	}
	h, found, err := s.r.head(id)
	if !found || err != nil {
		return nil, err
	}
	return s.r.asOf(s.v, id, &h)
}

// Name returns the display name of a user, if they have one.
func (s *Scope) Name(user string) (string, error) {
	p, err := s.r.profile(user)
	return p.Name, err
}

// Message returns a message if the user may see it. It returns nil if not, if there is none, and if
// it is deleted.
func (s *Scope) Message(id string, seq uint64) (*channel.Message, error) {
	in, err := s.channel(id)
	if err != nil || !admits(in.spans, seq) {
		return nil, err
	}
	m, err := s.r.message(id, seq)
	if m == nil || m.Deleted || m.Content == nil || err != nil {
		return nil, err
	}
	return m, nil
}

// Read returns the seq up to which the user has read a channel, by reading or by writing there.
// Messages that were sent before the user came count as read.
func (s *Scope) Read(id string) (uint64, error) {
	in, err := s.channel(id)
	if err != nil {
		return 0, err
	}
	return in.read, nil
}

// Mentioned reports whether a message mentions the user.
func (s *Scope) Mentioned(id string, seq uint64) (bool, error) {
	for _, who := range [2]string{s.user, everybody} {
		s.r.key = appendMentionKey(s.r.key[:0], id, who, seq)
		if value, err := s.r.get(); value != nil || err != nil {
			return value != nil, err
		}
	}
	return false, nil
}

// channel returns the part of a channel that the user sees: nothing if they are not a member now.
func (s *Scope) channel(id string) (*seen, error) {
	if in := s.known[id]; in != nil {
		return in, nil
	}
	in := &seen{}
	shard := s.v.shardIndex(id)
	m, member, err := s.r.membership(s.user, shard, id)
	if err == nil && member {
		err = s.look(in, shard, id, &m)
	}
	if err != nil {
		return nil, fmt.Errorf("look at what a user may see: %w", err)
	}
	s.known[id] = in
	return in, nil
}

// look finds out which part of a channel a member sees.
func (s *Scope) look(in *seen, shard int, id string, m *membership) (err error) {
	if in.spans, err = s.r.shown(s.v, s.user, id); err != nil {
		return err
	}
	receipt, err := s.r.receipt(shard, id, s.user)
	if err != nil {
		return err
	}
	own, err := s.r.own(id, s.user)
	in.read = max(m.joined, receipt.Read, own)
	return err
}
