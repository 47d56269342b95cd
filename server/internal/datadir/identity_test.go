package datadir

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// open opens a directory until the test ends.
func open(t *testing.T, path string) *Dir {
	t.Helper()
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// TestAdmit starts a node in a directory that belongs to something else. Each refusal must say
// what to do.
func TestAdmit(t *testing.T) {
	alone, member := Store{Streams: true}, Store{Streams: true, Member: true}
	type as struct{ node, cluster string }
	for name, c := range map[string]struct {
		was   as
		log   string // its epoch; empty if the node never saw its streams
		store Store  // the store in the directory
		is    as
		want  string // empty: it is admitted
	}{
		"alone again":                    {was: as{"n1", ""}, log: "e", store: alone, is: as{"n1", ""}},
		"alone under another name":       {was: as{"host-1", ""}, log: "e", store: alone, is: as{"host-2", ""}},
		"member again":                   {was: as{"n1", "c"}, log: "e", store: member, is: as{"n1", "c"}},
		"member without streams":         {was: as{"n5", "c"}, log: "e", store: Store{Member: true}, is: as{"n5", "c"}},
		"nothing in it yet":              {was: as{"n1", ""}, is: as{"n2", "c"}},
		"streams and then the end":       {was: as{"n1", ""}, store: alone, is: as{"n1", ""}},
		"one becomes three":              {was: as{"n1", ""}, log: "e", store: alone, is: as{"n1", "c"}, want: "natterjack grow --from"},
		"one that died early too":        {was: as{"n1", ""}, store: alone, is: as{"n1", "c"}, want: "natterjack grow --from"},
		"one becomes three, no streams":  {was: as{"n1", ""}, log: "e", is: as{"n1", "c"}, want: "natterjack grow --from"},
		"member alone":                   {was: as{"n1", "c"}, log: "e", store: member, is: as{"n1", ""}, want: "Put the block back"},
		"another's":                      {was: as{"n1", "c"}, log: "e", store: member, is: as{"n2", "c"}, want: "server_name: n2"},
		"of another cluster":             {was: as{"n1", "c"}, log: "e", store: member, is: as{"n1", "d"}, want: "cluster.name: d"},
		"alone, with its store emptied":  {was: as{"n1", ""}, log: "e", is: as{"n1", ""}, want: "from a backup"},
		"member, with its store emptied": {was: as{"n1", "c"}, log: "e", is: as{"n1", "c"}, want: "from the other members"},
	} {
		t.Run(name, func(t *testing.T) {
			path := t.TempDir()
			d := open(t, path)
			if err := d.Admit(c.was.node, c.was.cluster, Store{}); err != nil {
				t.Fatal(err)
			}
			if c.log != "" {
				if err := d.Remember(c.log, 4); err != nil {
					t.Fatal(err)
				}
			}
			_ = d.Close()
			judge(t, open(t, path).Admit(c.is.node, c.is.cluster, c.store), c.want)
		})
	}
}

// TestAdmit_unnamed admits or refuses directories without an identity file.
func TestAdmit_unnamed(t *testing.T) {
	for name, c := range map[string]struct {
		cluster string
		store   Store
		want    string
	}{
		"an empty one":              {},
		"an empty one for a member": {cluster: "c"},
		"a store of one alone":      {store: Store{Streams: true}},
		"the same for a member":     {cluster: "c", store: Store{Streams: true}, want: "natterjack grow --from"},
		"a member's":                {cluster: "c", store: Store{Streams: true, Member: true}, want: "no node.json"},
		"a member's, for one alone": {store: Store{Member: true}, want: "no node.json"},
	} {
		t.Run(name, func(t *testing.T) {
			judge(t, open(t, t.TempDir()).Admit("n1", c.cluster, c.store), c.want)
		})
	}
}

func judge(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" && err != nil || want != "" && (!errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), want)) {
		t.Errorf("got %v, want it to say %q", err, want)
	}
}

func TestRemember(t *testing.T) {
	path := t.TempDir()
	d := open(t, path)
	if err := errors.Join(d.Admit("n1", "", Store{}), d.Remember("e", 4), d.Remember("e", 4)); err != nil {
		t.Fatal(err)
	}
	_ = d.Close()
	d = open(t, path)
	if err := d.Admit("n1", "", Store{Streams: true}); err != nil {
		t.Fatal(err)
	}
	if d.Epoch() != "e" {
		t.Errorf("it remembers %q", d.Epoch())
	}
	judge(t, d.Remember("f", 4), "made anew")
	judge(t, d.Remember("e", 3), "4 shards")
}

func TestAdmit_unreadable(t *testing.T) {
	for text, want := range map[string]string{`{"format":2,"node":"n1"}`: "format 2", `{"for`: "cannot be read"} {
		path := t.TempDir()
		if err := os.WriteFile(filepath.Join(path, "node.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		judge(t, open(t, path).Admit("n1", "", Store{}), want)
	}
}
