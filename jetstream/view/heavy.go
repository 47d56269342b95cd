package view

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"natterjack/jetstream/internal/pause"
)

// heavy is a user whose channels memory holds, for they are many, and when he last asked for them. Disk keeps it, so that a view that is
// opened again can read his channels before he asks: the first look at 5,000 of them takes 20 ms.
type heavy struct {
	user  string
	asked int64 // Unix milliseconds
}

const (
	// askedAgain is how old the time on disk becomes before it is written anew.
	askedAgain = time.Hour
	// warmShare is the part of a core that reading ahead may take, as a divisor, where somebody is served: it must not be felt.
	warmShare = 4
)

// Warm takes the channels of the users into memory who had many when they last asked, whoever asked last first, as far as memory has
// room for them. It returns when it is done, or ctx ends. Until serves is closed it does not give way to anybody. Call it once, when the
// view is open; whoever asks before it is there waits no longer than he would without it.
func (v *View) Warm(ctx context.Context, serves <-chan struct{}) error {
	users, err := v.heavies()
	for _, u := range users {
		began := time.Now()
		more, err := v.warm(u)
		if !more || err != nil || ctx.Err() != nil {
			return err
		}
		select {
		case <-serves:
			_ = pause.For(ctx, time.Since(began)*(warmShare-1)) // the loop asks ctx
		default:
		}
	}
	return err
}

// warm reports whether there is room for more.
func (v *View) warm(u heavy) (more bool, err error) {
	if err := v.enter(); err != nil {
		return false, err
	}
	defer v.leave()
	many, err := v.remember(u)
	if err != nil {
		return false, err
	}
	if !many {
		return true, v.keepHeavy(u, false)
	}
	return v.recency.holds(u.user), nil
}

// heavies are the users of whom disk knows that they have many channels, whoever asked last first: as many as memory can hold.
func (v *View) heavies() (users []heavy, err error) {
	most := v.recency.most/v.recency.above + 1
	err = v.read("list users with many channels", func(r *reader) error {
		prefix := []byte{tagHeavy}
		for ok := r.it.SeekGE(prefix); ok && bytes.HasPrefix(r.it.Key(), prefix); ok = r.it.Next() {
			p := parser{rest: r.it.Key()[1:]}
			value, err := r.it.ValueAndErr()
			if err != nil {
				return err
			}
			asked, err := parseNumber(value)
			u := heavy{user: p.name(), asked: int64(asked)}
			if err := errors.Join(err, p.end()); err != nil {
				return err
			}
			at, _ := slices.BinarySearchFunc(users, u, func(a, b heavy) int { return cmp.Compare(b.asked, a.asked) })
			users = slices.Insert(users, at, u)[:min(most, len(users)+1)]
		}
		return r.it.Error()
	})
	return users, err
}

// asks notes that a user asks for his channels, who has many, and takes them into memory where they are not there. The caller has entered.
// He need not know of an error, for he can do without.
func (v *View) asks(user string) {
	u := heavy{user, time.Now().UnixMilli()}
	noted := v.recency.asked(u)
	if noted {
		return
	}
	_, err := v.remember(u)
	if err == nil {
		err = v.keepHeavy(u, true)
	}
	if err != nil {
		v.log.Warn("a long list of channels is not kept in memory", "error", err)
	}
}

// remember takes a user's channels into memory, where they are not there yet, and reports whether they are many. It reads with a reader
// of its own, made after what is applied is noted. The caller has entered.
func (v *View) remember(u heavy) (many bool, err error) {
	begun, first := v.recency.begin(u)
	if !first {
		return true, nil
	}
	var marks []Mark
	err = v.readEntered("read channels", func(r *reader) error {
		ids, err := r.channelsOf(u.user)
		if many = len(ids) > v.recency.above; many && err == nil {
			marks, err = r.marks(v, ids)
		}
		return err
	})
	v.recency.end(u.user, begun, marks)
	return many, err
}

// keepHeavy has disk know of a user, or not any more. The caller has entered.
func (v *View) keepHeavy(u heavy, keep bool) (err error) {
	if v.disk.room() != nil {
		return nil //nolint:nilerr // it is no news worth a place that events need
	}
	key := appendNamed(nil, tagHeavy, u.user)
	if keep {
		err = v.db.Set(key, appendNumber(nil, uint64(u.asked)), pebble.NoSync)
	} else {
		err = v.db.Delete(key, pebble.NoSync)
	}
	if err != nil {
		return fmt.Errorf("note a user with many channels: %w", err)
	}
	return nil
}
