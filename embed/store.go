package embed

import (
	"fmt"
	"io/fs"
	"os"
)

// Store describes JetStream's files on disk, as far as this is possible without opening them.
type Store struct {
	Streams bool // there are streams, of any account
	Member  bool // the server was a member of a cluster: there is cluster metadata
}

// LookAt examines JetStream's files below a store directory. A directory that does not exist
// yet counts as empty.
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
