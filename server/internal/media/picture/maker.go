package picture

import (
	"context"
	"errors"
	"io"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// Limits bounds the memory and the time of decoding pictures. A zero field means the default.
type Limits struct {
	Workers int           // how many pictures are decoded at once
	Waiting int           // how many more may wait for their turn
	Pixels  int64         // of a picture
	Memory  int64         // bytes that a decoded picture may take
	Time    time.Duration // for a picture, from its turn on
}

// The defaults decode the photographs of all telephones whose pixels are not merged into fewer
// (48 million pixels and more), and screenshots of any screen.
const (
	defaultWaiting = 256
	defaultPixels  = 64 << 20
	defaultMemory  = 192 << 20
	defaultTime    = time.Minute // most take less than one second, but the machine may be busy
)

func (l Limits) orDefault() Limits {
	// One picture after the other on a small machine: chat comes first.
	orElse(&l.Workers, max(1, runtime.NumCPU()/4))
	orElse(&l.Waiting, defaultWaiting)
	orElse(&l.Pixels, defaultPixels)
	orElse(&l.Memory, defaultMemory)
	orElse(&l.Time, defaultTime)
	return l
}

func orElse[T int | int64 | time.Duration](value *T, otherwise T) {
	if *value == 0 {
		*value = otherwise
	}
}

// ErrTooLarge is returned for a picture whose decoding would cost more than is allowed. It is
// shown without a preview.
var ErrTooLarge = errors.New("picture: too large for a preview")

// ErrBusy is returned if too many pictures wait already. The call may be repeated later.
var ErrBusy = errors.New("picture: too many pictures are waiting; try again later")

// Maker makes previews, a few at a time, in the order in which they are asked for. Its methods
// may be called concurrently. It has no goroutine of its own.
type Maker struct {
	limits  Limits
	turns   *semaphore.Weighted
	waiting atomic.Int64
}

// NewMaker returns a maker of previews.
func NewMaker(limits Limits) *Maker {
	limits = limits.orDefault()
	return &Maker{limits: limits, turns: semaphore.NewWeighted(int64(limits.Workers))}
}

// Make returns the preview of a picture. Info must be the result of [Clean] for the picture. The
// error is ErrTooLarge, ErrDamaged, ErrBusy, the context's, or the source's.
func (m *Maker) Make(ctx context.Context, src io.ReaderAt, size int64, info Info) (Preview, error) {
	return m.inTurn(ctx, src, size, info, job.run)
}

// inTurn makes something of a picture when its turn has come.
func (m *Maker) inTurn(ctx context.Context, src io.ReaderAt, size int64, info Info, do func(job) (Preview, error)) (Preview, error) {
	if multiply(int64(info.Width), int64(info.Height)) > m.limits.Pixels || info.memory > m.limits.Memory {
		return Preview{}, ErrTooLarge
	}
	if m.waiting.Add(1) > int64(m.limits.Waiting+m.limits.Workers) {
		m.waiting.Add(-1)
		return Preview{}, ErrBusy
	}
	defer m.waiting.Add(-1)
	if err := m.turns.Acquire(ctx, 1); err != nil {
		return Preview{}, err
	}
	defer m.turns.Release(1)
	return m.make(ctx, job{src: src, size: size, info: info}, do)
}

// make makes a preview within the time that it may take. A picture that takes longer counts as
// too large: there are small files whose decoding never seems to end.
func (m *Maker) make(ctx context.Context, work job, do func(job) (Preview, error)) (Preview, error) {
	inTime, cancel := context.WithTimeout(ctx, m.limits.Time)
	defer cancel()
	var failed error
	source := until(inTime, work.src)
	work.pace = newPace(inTime)
	work.src = readerAt(func(p []byte, at int64) (int, error) {
		n, err := source.ReadAt(p, at)
		if err != nil && !errors.Is(err, io.EOF) {
			failed = err
		}
		return n, err
	})
	preview, err := inBackground(func() (Preview, error) { return do(work) })
	switch {
	case err == nil:
		return preview, nil
	case ctx.Err() != nil:
		return Preview{}, ctx.Err()
	case inTime.Err() != nil:
		return Preview{}, ErrTooLarge
	case failed != nil: // decoders do not always return the error that they have met
		return Preview{}, failed
	default:
		return Preview{}, errors.Join(ErrDamaged, err)
	}
}
