package search

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"natterjack/search/index"
	"natterjack/search/pdf"
	"natterjack/search/texts"
)

const (
	// lookEvery is how often the editions are looked at.
	lookEvery = 250 * time.Millisecond
	// againAfter is how long to wait after an edition could not be opened or made.
	againAfter = 10 * time.Second
	// orderName is a file by which an operator orders that the index is rebuilt.
	orderName = "rebuild"
)

// editions are the editions of a node, ascending. Searches use the first. There is a second one
// while it is being built to take the place of the first. Run's goroutine alone changes them.
type editions struct {
	cfg   *Config
	texts *texts.Store // nil if no files are searched
	pdfs  *pdf.Reader  // nil if no files are searched
	lost  func()       // tells that messages may have lost files
	all   []*edition
	set   func(use, next *edition) // tells which edition is used, and which is being built
}

// run keeps the editions until ctx ends.
func (k *editions) run(ctx context.Context) error {
	again := cmp.Or(k.cfg.again, againAfter)
	for ctx.Err() == nil {
		err := k.open(ctx)
		if err == nil {
			break
		}
		k.cfg.Logger.ErrorContext(ctx, "the search index cannot be opened yet, and is tried again", "component", "search", "error", err)
		k.await(ctx, again)
	}
	for ctx.Err() == nil {
		wait := lookEvery
		if err := k.tend(ctx); err != nil {
			k.cfg.Logger.ErrorContext(ctx, "the search index could not be made", "component", "search", "error", err)
			wait = again
		}
		k.await(ctx, wait)
	}
	k.set(nil, nil)
	var errs []error
	for _, e := range k.all {
		errs = append(errs, e.close())
	}
	return errors.Join(errs...)
}

// await waits for a while, or until an edition breaks, or until ctx ends.
func (k *editions) await(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	var broken [2]<-chan struct{}
	for i, e := range k.all[:min(len(k.all), 2)] {
		broken[i] = e.broken
	}
	select {
	case <-timer.C:
	case <-broken[0]:
	case <-broken[1]:
	case <-ctx.Done():
	}
}

// open opens the editions on disk: the newest one that has had everything, and a newer one that is
// being built. It deletes all else. An edition that cannot be opened for now may be as good as
// ever: then open returns an error, and is called again.
func (k *editions) open(ctx context.Context) error {
	numbers, err := k.numbers()
	if err != nil {
		return err
	}
	defer k.tell()
	for _, n := range slices.Backward(numbers) {
		if slices.ContainsFunc(k.all, func(e *edition) bool { return e.number == n }) {
			continue
		}
		if len(k.all) > 0 && k.all[0].whole.Load() {
			k.discard(ctx, n)
			continue
		}
		e, err := k.openEdition(n)
		switch {
		case err != nil && !isUseless(err):
			return err
		case err != nil:
			k.cfg.Logger.WarnContext(ctx, "a search index cannot be used, and is rebuilt", "component", "search", "edition", n, "error", err)
			k.discard(ctx, n)
		case len(k.all) > 0 && !e.whole.Load(): // two that are not whole: the newer one counts
			k.report(ctx, e.remove())
		default:
			k.all = slices.Insert(k.all, 0, e)
			e.run(ctx)
		}
	}
	return nil
}

// isUseless reports whether an index that could not be opened never can be.
func isUseless(err error) bool {
	return errors.Is(err, index.ErrDamaged) || errors.Is(err, index.ErrVersion) || errors.Is(err, index.ErrLog)
}

// numbers returns the numbers of the editions on disk, ascending.
func (k *editions) numbers() (numbers []int, err error) {
	entries, err := os.ReadDir(k.cfg.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // if there is none, it is made
		return nil, fmt.Errorf("list the search indexes: %w", err)
	}
	for _, entry := range entries {
		if n, err := strconv.Atoi(entry.Name()); err == nil && n > 0 {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

func (k *editions) discard(ctx context.Context, number int) {
	k.report(ctx, os.RemoveAll(filepath.Join(k.cfg.Dir, strconv.Itoa(number))))
}

func (k *editions) report(ctx context.Context, err error) {
	if err != nil {
		k.cfg.Logger.ErrorContext(ctx, "an old search index could not be deleted", "component", "search", "error", err)
	}
}

func (k *editions) tell() {
	switch len(k.all) {
	case 0:
		k.set(nil, nil)
	case 1:
		k.set(k.all[0], nil)
	default:
		k.set(k.all[0], k.all[1])
	}
}

// tend drops broken editions, begins a new edition where one is needed, and lets it take the place
// of the old one once it has everything.
func (k *editions) tend(ctx context.Context) error {
	for _, e := range slices.Clone(k.all) {
		if e.isBroken() {
			k.drop(ctx, e)
		}
	}
	if err := k.begin(ctx); err != nil {
		return err
	}
	for _, e := range k.all {
		e.giveWay(time.Now())
	}
	newest := k.all[len(k.all)-1]
	if !newest.isLevel() {
		return nil
	}
	newest.noteLevel(time.Now())
	if !newest.whole.Load() {
		if err := newest.finish(); err != nil {
			return err
		}
		spent := newest.leisure.Spent()
		newest.slog.InfoContext(ctx, "the search index is complete", "gave_way", spent.Rested.Round(time.Millisecond), "worked_meanwhile", spent.Worked.Round(time.Millisecond))
	}
	for len(k.all) > 1 {
		k.drop(ctx, k.all[0])
	}
	return nil
}

// begin begins a new edition if there is none, if the only one is of another version, or if an
// operator has ordered one.
func (k *editions) begin(ctx context.Context) error {
	order := filepath.Join(k.cfg.Dir, orderName)
	_, err := os.Stat(order)
	ordered := err == nil
	if len(k.all) > 1 || len(k.all) == 1 && !k.all[0].old && !ordered {
		return nil
	}
	numbers, err := k.numbers()
	if err != nil {
		return err
	}
	number := 1
	if len(numbers) > 0 {
		number = numbers[len(numbers)-1] + 1
	}
	e, err := k.openEdition(number)
	if err != nil {
		return err
	}
	e.slog.InfoContext(ctx, "building the search index")
	k.all = append(k.all, e)
	e.run(ctx)
	k.tell()
	if ordered {
		return os.Remove(order)
	}
	return nil
}

// drop takes an edition out of use and deletes it. Searches under way in it end first.
func (k *editions) drop(ctx context.Context, e *edition) {
	k.all = slices.DeleteFunc(k.all, func(o *edition) bool { return o == e })
	k.tell()
	k.report(ctx, e.remove())
}
