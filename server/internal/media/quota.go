package media

import (
	"context"
	"maps"
	"sync"
	"time"

	"natterjack/jetstream/operation"
	"natterjack/jetstream/uploads"
	"natterjack/server/wire"
)

// maxOpen bounds the uploads of one user that no message has yet. Each has a record in the memory
// of every node.
const maxOpen = 256

// claims is the room that this node is about to reserve: records are written one after the other,
// and one that is being written must count already. Its methods may be called concurrently.
type claims struct {
	mu    sync.Mutex                  // protects following
	of    map[string]map[string]int64 // the sizes of files, by user or channel and then by file
	turns map[string]*turn
}

// turn is held while the room of a user or a channel is counted, so that no two find the same room.
type turn struct {
	sync.Mutex

	wanted int // by so many; the claims' lock protects it
}

func newClaims() *claims {
	return &claims{of: map[string]map[string]int64{}, turns: map[string]*turn{}}
}

// inTurn waits for the turn of a user or a channel. Other users do not wait for them: to count the
// files of a user who has very many takes long.
func (c *claims) inTurn(key string) (done func()) {
	c.mu.Lock()
	t := c.turns[key]
	if t == nil {
		t = new(turn)
		c.turns[key] = t
	}
	t.wanted++
	c.mu.Unlock()
	t.Lock()
	return func() {
		t.Unlock()
		c.mu.Lock()
		defer c.mu.Unlock()
		if t.wanted--; t.wanted == 0 {
			delete(c.turns, key)
		}
	}
}

func ofChannel(channel string) (key string) { return " " + channel } // no name has a space

// claim takes room for a file, or returns an error that says which quota is full. Release is called
// once the file's record is stored, or will not be.
func (m *Media) claim(user, channel, media string, size int64) (release func(), err error) {
	c := m.claims
	defer c.inTurn(user)()
	own, open, err := m.useOfUser(user, c.copy(user))
	if err != nil {
		return nil, err
	}
	if open >= maxOpen {
		return nil, wire.Errorf(wire.CodeTooFast, "you have %d uploads that are in no message yet; send some of them, or cancel some", maxOpen).After(time.Minute)
	}
	if err := full("your files", &own, size, m.limits.UserBytes); err != nil {
		return nil, err
	}
	defer c.inTurn(ofChannel(channel))() // after the user's, which may take longer
	all, _, err := m.useOfChannel(channel, c.copy(ofChannel(channel)))
	if err != nil {
		return nil, err
	}
	if err := full("the files of this channel", &all, size, m.limits.ChannelBytes); err != nil {
		return nil, err
	}
	c.add(user, channel, media, size)
	return func() { c.remove(user, channel, media) }, nil
}

// copy returns the sizes of the files that a user or a channel claims room for.
func (c *claims) copy(key string) map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.of[key])
}

func (c *claims) add(user, channel, media string, size int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range [2]string{user, ofChannel(channel)} {
		if c.of[key] == nil {
			c.of[key] = map[string]int64{}
		}
		c.of[key][media] = size
	}
}

func (c *claims) remove(user, channel, media string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range [2]string{user, ofChannel(channel)} {
		if delete(c.of[key], media); len(c.of[key]) == 0 {
			delete(c.of, key)
		}
	}
}

// full returns an error if there is no room for a file. It says what takes the room.
func full(whose string, u *wire.StorageUse, size, limit int64) error {
	if limit <= 0 || u.Used+u.Reserved+size <= limit {
		return nil
	}
	return wire.Errorf(wire.CodeQuota, "%s take %d of %d bytes, and uploads that are in no message yet take %d more, so %d bytes do not fit; delete some messages with files",
		whose, u.Used, limit, u.Reserved, size)
}

func (m *Media) useOfUser(user string, claimed map[string]int64) (u wire.StorageUse, open int, err error) {
	return m.useOf(user, claimed, Uses.UsedByUser, m.records.OfUser)
}

func (m *Media) useOfChannel(channel string, claimed map[string]int64) (u wire.StorageUse, open int, err error) {
	return m.useOf(channel, claimed, Uses.UsedByChannel, m.records.OfChannel)
}

// useOf returns how much room the files of a user or a channel take, and how many uploads there
// are that no message has. Among these are the files for which room is claimed. The caller looks
// at the claims before useOf looks at the records, which the claims become. So a file may be in
// both, and none is in neither.
func (m *Media) useOf(whose string, claimed map[string]int64, used func(Uses, string) (int64, error), records func(string) []*uploads.Record) (u wire.StorageUse, open int, err error) {
	if u.Used, err = used(m.uses, whose); err != nil {
		return u, 0, err
	}
	now := time.Now()
	for _, r := range records(whose) {
		delete(claimed, r.Media)
		idle := !r.Live(now) || r.State == uploads.Removed
		if r.State == uploads.Ready && !idle {
			if idle, err = m.uses.Referenced(r.Media); err != nil {
				return u, 0, err
			}
		}
		if !idle {
			u.Reserved += r.Size
			open++
		}
	}
	for _, size := range claimed {
		u.Reserved += size
	}
	return u, open + len(claimed), nil
}

// usage answers get_storage.
func (m *Media) usage(_ context.Context, c operation.Caller, cmd wire.GetStorage) (wire.Storage, error) {
	user, _, err := m.useOfUser(c.User, nil)
	if err != nil {
		return wire.Storage{}, err
	}
	user.Limit = m.limits.UserBytes
	reply := wire.Storage{User: user, FileBytes: m.limits.FileBytes}
	if cmd.Channel == "" {
		return reply, nil
	}
	if !m.log.Member(c.User, cmd.Channel) {
		return wire.Storage{}, wire.Errorf(wire.CodeForbidden, "channel: not found, or you are not a member")
	}
	channel, _, err := m.useOfChannel(cmd.Channel, nil)
	channel.Limit = m.limits.ChannelBytes
	reply.Channel = &channel
	return reply, err
}
