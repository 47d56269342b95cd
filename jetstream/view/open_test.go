package view

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"natterjack/server/wire"
)

// A view of another log must not answer for this one, and Open must not delete anything but
// views.
func TestOpenDeletesWhatIsOfAnotherLog(t *testing.T) {
	dir := t.TempDir()
	noError(t, os.WriteFile(filepath.Join(dir, "notes"), []byte("mine"), 0o600))
	noError(t, os.Mkdir(filepath.Join(dir, "v0-4-0123456789abcdef"), 0o700)) // of an older schema
	for _, name := range []string{lent, taken} {                             // of a process that died
		noError(t, os.Mkdir(filepath.Join(dir, name), 0o700))
	}
	for _, c := range []struct {
		name string
		o    Options
		want uint64
	}{
		{"new", Options{Shards: 4, Epoch: "one"}, 0},
		{"the same again", Options{Shards: 4, Epoch: "one"}, 5},
		{"another epoch", Options{Shards: 4, Epoch: "two"}, 0},
		{"the first again", Options{Shards: 4, Epoch: "one"}, 0},
		{"another number of shards", Options{Shards: 8, Epoch: "one"}, 0},
	} {
		v := must(Open(dir, c.o))(t)
		equal(t, c.name, v.Position(0), c.want)
		must(v.Apply(0, nil, 5))(t)
		noError(t, v.Close())
		entries := must(os.ReadDir(dir))(t)
		equal(t, "entries after "+c.name, len(entries), 3) // the view, its lock, the notes
	}
	equal(t, "notes", string(must(os.ReadFile(filepath.Join(dir, "notes")))(t)), "mine")
}

func TestOpenRefusesToShare(t *testing.T) {
	dir := t.TempDir()
	o := Options{Shards: 1}
	v := must(Open(dir, o))(t)
	must(v.Apply(0, nil, 5))(t)
	if other, err := Open(dir, o); err == nil {
		noError(t, other.Close())
		t.Error("opened twice")
	}
	noError(t, v.Close())
	v = must(Open(dir, o))(t)
	equal(t, "position", v.Position(0), 5)
	noError(t, v.Close())
}

func TestOpenChecksItsOptions(t *testing.T) {
	for _, shards := range []int{-1, 0, 1 << 16} {
		if v, err := Open("view", Options{Shards: shards, fs: vfs.NewMem()}); err == nil {
			noError(t, v.Close())
			t.Errorf("opened with %d shards", shards)
		}
	}
}

// damages are ways in which a disk can damage a file.
var damages = map[string]func(fs vfs.FS, path string) error{
	"lost": func(fs vfs.FS, path string) error { return fs.Remove(path) },
	"empty": func(fs vfs.FS, path string) error {
		f, err := fs.Create(path, vfs.WriteCategoryUnspecified)
		return errors.Join(err, f.Close())
	},
	"scribbled over": func(fs vfs.FS, path string) error {
		f, err := fs.OpenReadWrite(path, vfs.WriteCategoryUnspecified)
		if err != nil {
			return err
		}
		_, err = f.WriteAt([]byte("a passing toad"), 8)
		return errors.Join(err, f.Close())
	},
}

func TestOpenMakesADamagedViewAnew(t *testing.T) {
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			var log logged
			o := must(Options{Shards: 1, fs: vfs.NewMem(), Logger: log.logger()}.withDefaults())(t)
			v := must(Open("view", o))(t)
			must(v.Apply(0, []Event{created(t, 1, room, "ann", "bob"), message(t, 2, room, 1)}, 0))(t)
			noError(t, v.db.Flush())
			noError(t, v.Close())
			eachTable(t, o, damage)
			v = must(Open("view", o))(t)
			equal(t, "position", v.Position(0), 0)
			must(v.Apply(0, []Event{created(t, 1, room, "ann", "bob")}, 0))(t)
			equal(t, "members", must(v.Channel(room))(t).Members, []string{"ann", "bob"})
			if log.count("damaged") == 0 {
				t.Error("nobody was told")
			}
			noError(t, v.Close())
		})
	}
}

// Damage that a query meets ends no process. The query fails, and the next start rebuilds the
// view.
func TestQueryMeetsDamage(t *testing.T) {
	var log logged
	o := must(Options{Shards: 1, fs: vfs.NewMem(), Logger: log.logger()}.withDefaults())(t)
	v := must(Open("view", o))(t)
	events := []Event{created(t, 1, room, "ann", "bob")}
	for i := range uint64(500) { // several blocks, so that the position is not in the damaged one
		events = append(events, message(t, i+2, room, i+1))
	}
	must(v.Apply(0, events, 0))(t)
	noError(t, v.db.Flush())
	noError(t, v.Close())
	eachTable(t, o, damages["scribbled over"])
	v = must(Open("view", o))(t)
	equal(t, "position", v.Position(0), 501)
	if _, err := v.Channel(room); err == nil {
		t.Error("the damage was not met")
	}
	if log.count("damaged") == 0 {
		t.Error("nobody was told")
	}
	noError(t, v.Close())
	v = must(Open("view", o))(t)
	equal(t, "position", v.Position(0), 0)
	noError(t, v.Close())
}

func eachTable(t *testing.T, o Options, damage func(fs vfs.FS, path string) error) {
	t.Helper()
	dir := homeOf("view", o).path()
	for _, file := range must(o.fs.List(dir))(t) {
		if filepath.Ext(file) == ".sst" {
			noError(t, damage(o.fs, o.fs.PathJoin(dir, file)))
		}
	}
}

func TestCloseWhileInUse(t *testing.T) {
	v := must(Open("view", Options{Shards: 1, StateBytes: 1, fs: vfs.NewMem()}))(t) // so that Apply reads too
	var log []Event
	for i := range uint64(2000) {
		log = append(log, message(t, i+1, wire.DirectChannel("ann", fmt.Sprint("peer", i%50)), i+1))
	}
	var wg, underWay sync.WaitGroup
	for _, use := range []func(pos uint64) error{
		func(n uint64) error { _, err := v.Apply(0, log[:min(n*10, 2000)], n*10); return err },
		func(uint64) error { _, err := v.ChannelsOf("ann"); return err },
		func(uint64) error { _, _, err := v.History("ann", room, Window{Limit: 5}); return err },
	} {
		underWay.Add(1)
		wg.Go(func() {
			for n := uint64(1); ; n++ {
				if n == 10 {
					underWay.Done()
				}
				if err := use(n); err != nil {
					if !errors.Is(err, ErrClosed) {
						t.Errorf("error %v, want %v", err, ErrClosed)
					}
					return
				}
			}
		})
	}
	underWay.Wait()
	noError(t, v.Close())
	wg.Wait()
	noError(t, v.Close())
}
