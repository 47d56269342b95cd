package view

import (
	"errors"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"
)

// TestProjectionsAreMadeAnew opens a view after some projections get another version, with
// nonsense in their keys. The view must give all answers as before.
func TestProjectionsAreMadeAnew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var log logged
		o := Options{Shards: 2, StateBytes: 1500, fs: vfs.NewMem(), Logger: log.logger()}
		s := newScript(o.Shards)
		logs := make([][]Event, o.Shards)
		for range rapid.IntRange(1, 120).Draw(t, "events") {
			shard, e := s.draw(t)
			logs[shard] = append(logs[shard], e)
		}
		v := open1(t, o)
		for shard, events := range logs {
			apply(t, v, shard, events)
		}
		want := answersAndClose(t, v, s)

		v = open1(t, o)
		o.projections = slices.Clone(projections)
		for i := range o.projections {
			if p := &o.projections[i]; rapid.Bool().Draw(t, p.name) {
				p.version++
				spoil(t, v, p)
			}
		}
		shut(t, v)
		got := answersAndClose(t, open1(t, o), s)
		if log.count("damaged") > 0 {
			t.Fatalf("the whole view was made anew:\n%s", log.buf.String())
		}
		same(t, "answers", got, want)
		same(t, "answers of a view that has done it", answersAndClose(t, open1(t, o), s), want)
	})
}

// spoil puts nonsense under the keys that a projection rebuilds, and adds some keys.
func spoil(t *rapid.T, v *View, p *projection) {
	r := &replay{v: v, what: p}
	var err error
	if r.disk, err = v.newReader(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.disk.it.Close() }()
	keys, err := v.newReader()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = keys.it.Close() }()
	for _, tag := range p.tags {
		for ok := keys.it.SeekGE([]byte{tag}); ok && keys.it.Key()[0] == tag; ok = keys.it.Next() {
			key := keys.it.Key()
			if p.keep != nil {
				if keeps, err := p.keep(r, key); err != nil || keeps {
					continue
				}
			}
			more := slices.Concat(key, []byte{0})
			if p.keep != nil {
				more = key // only such a key may be added
			}
			if err := errors.Join(v.db.Set(key, []byte("nonsense"), pebble.NoSync), v.db.Set(more, []byte("nonsense"), pebble.NoSync)); err != nil {
				t.Fatal(err)
			}
		}
	}
}
