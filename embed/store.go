package embed

import (
	"fmt"
	"io/fs"
	"os"
)

// Store is what JetStream has on disk, as far as it can be seen without opening it.
type Store struct {
	Streams bool // of any account
	Member  bool // it was a member of a cluster: there is metadata of one
}

// LookAt looks at the files of JetStream below a store directory. What is not there yet is empty.
func LookAt(storeDir string) (Store, error) {
	var s Store
	accounts, err := fs.ReadDir(os.DirFS(storeDir), "jetstream")
	if os.IsNotExist(err) {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("look at the store of jetstream: %w", err)
	}
	for _, a := range accounts {
		at := storeDir + "/jetstream/" + a.Name()
		streams, err := os.ReadDir(at + "/streams")
		if err != nil && !os.IsNotExist(err) {
			return s, fmt.Errorf("look at the store of jetstream: %w", err)
		}
		_, err = os.Stat(at + "/_js_/_meta_")
		s.Streams = s.Streams || len(streams) > 0
		s.Member = s.Member || err == nil
	}
	return s, nil
}
