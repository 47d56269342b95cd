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

// heavy is a user with so many channels that memory holds them, and when the user last asked
// for them. It is stored on disk, so that a view that is opened again can read the channels
// before the user asks. The first read of 5,000 channels takes 20 ms.
type heavy struct {
	user  string
	asked int64 // Unix milliseconds
}

const (
	// askedAgain is how old the time on disk becomes before it is written again.
	askedAgain = time.Hour
	// warmShare divides a core: reading ahead may take that part while the node serves users,
	// who must not notice it.
	warmShare = 4
)

// Warm loads channels into memory for the users who had many channels when they last asked. It
// starts with the user who asked most recently and stops when memory is full. It returns when
// it is done or ctx ends. Until serves is closed, Warm runs at full speed. Call it once, when
// the view is open. A user who asks before their channels are loaded waits no longer than they
// would without Warm.
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
			_ = pause.For(ctx, time.Since(began)*(warmShare-1)) // the loop checks ctx
		default:
		}
	}
	return err
}

// warm loads one user's channels and reports whether there is room for more users.
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

// heavies returns the users who are stored as having many channels, the most recent asker
// first. It returns no more users than memory can hold.
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

// asks records a list request by a user with many channels. It loads the channels into memory
// if they are not there. The caller has entered. An error is only logged, because the request
// works without this.
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
		v.log.Warn("a long list of channels could not be read into memory", "error", err)
	}
}

// remember loads a user's channels into memory if they are not there yet, and reports whether they
// are many. It uses its own reader, made only after [recency.begin] has begun to record applied
// events. The caller has entered.
func (v *View) remember(u heavy) (many bool, err error) {
	begun, first := v.recency.begin(u)
	if !first {
		return true, nil
	}
	var marks []activityIn
	err = v.readEntered("read channels", func(r *reader) error {
		in, err := r.channelsOf(u.user)
		if many = len(in) > v.recency.above; many && err == nil {
			marks, err = r.activities(v, in)
		}
		return err
	})
	v.recency.end(u.user, begun, marks)
	return many, err
}

// keepHeavy stores on disk that a user has many channels, or deletes that. The caller has
// entered.
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
