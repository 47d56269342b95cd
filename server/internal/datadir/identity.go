package datadir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// format is the format of the directory. A directory with a later format is refused.
const format = 1

const identityFile = "node.json"

// Identity holds the facts that a directory stores about itself.
type Identity struct {
	Format    int    `json:"format"`
	Node      string `json:"node"`             // its name
	Cluster   string `json:"cluster,omitzero"` // its cluster; empty for a node that is alone
	Epoch     string `json:"epoch,omitzero"`   // of the log; empty until the streams have been seen
	Shards    int    `json:"shards,omitzero"`  // of the log
	TakenInto string `json:"moved,omitzero"`   // the cluster that has taken the log over
}

// Store describes the content of the JetStream store.
type Store struct {
	Streams bool
	Member  bool // metadata of a cluster
}

// Admit returns an error if the directory does not belong to the given node. It must be called
// before anything opens the store: when a node that was alone becomes the member of a cluster that
// does not know its streams, the engine drops them. An empty directory becomes the node's
// directory.
func (d *Dir) Admit(node, cluster string, store Store) error {
	is, err := d.read()
	if errors.Is(err, fs.ErrNotExist) {
		is, err = d.unnamed(cluster, store)
	}
	if err != nil {
		return err
	}
	if is.TakenInto != "" {
		return d.refuseTaken(is.TakenInto)
	}
	if is.Epoch != "" || store != (Store{}) {
		if err := d.fits(is, node, cluster, store); err != nil {
			return err
		}
	}
	is.Format, is.Node, is.Cluster = format, node, cluster
	return d.write(is)
}

// AdmitToGrow returns an error if the log of the directory cannot be taken into a cluster. It
// must be the log of a node that was alone.
func (d *Dir) AdmitToGrow(store Store) error {
	is, err := d.read()
	if errors.Is(err, fs.ErrNotExist) {
		is, err = Identity{}, nil
	}
	switch {
	case err != nil:
		return err
	case is.TakenInto != "":
		return d.refuseTaken(is.TakenInto)
	case is.Cluster != "" || store.Member:
		return d.refuse("is that of a member of a cluster: a cluster takes further members as they are, with empty directories")
	case !store.Streams:
		return d.refuse("has no streams of JetStream: there is nothing to take over. Say --from the directory that the node was started with (data)")
	default:
		d.identity = is
		return nil
	}
}

// Move records that the log has been taken into a cluster. Otherwise the node, when started
// again, would continue a second log of the same name.
func (d *Dir) Move(cluster string) error {
	d.mu.Lock()
	is := d.identity
	d.mu.Unlock()
	is.Format, is.TakenInto = format, cluster
	return d.write(is)
}

func (d *Dir) refuseTaken(to string) error {
	return d.refuse("was taken into the cluster %s, which has gone on since. Delete it when it is not needed any more as a backup; to go back to how it was, "+
		"and lose what the cluster has taken since, remove the member \"moved\" from %s", to, identityFile)
}

// Epoch returns the epoch of the log that the directory remembers, or an empty string.
func (d *Dir) Epoch() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.identity.Epoch
}

// Remember records the log that the node has. It returns an error if the directory remembers
// another log.
func (d *Dir) Remember(epoch string, shards int) error {
	d.mu.Lock()
	is := d.identity
	d.mu.Unlock()
	switch {
	case is.Epoch == epoch && is.Shards == shards:
		return nil
	case is.Epoch == "":
		is.Epoch, is.Shards = epoch, shards
		return d.write(is)
	case is.Epoch != epoch:
		return d.refuse("remembers the log %s, and the streams are those of the log %s: they were made anew, or belong to another cluster. "+
			"Bring back the streams that belong to it; or, if the log of the streams is the one to go on with, give this node an empty directory", is.Epoch, epoch)
	default:
		return d.refuse("remembers a log of %d shards, and the streams say that there are %d: restore what is missing from a backup", is.Shards, shards)
	}
}

// unnamed returns the identity of a directory without an identity file. The store of a node
// that was alone is enough to know its log.
func (d *Dir) unnamed(cluster string, store Store) (Identity, error) {
	switch {
	case store.Member:
		return Identity{}, d.refuse("holds the store of a member of a cluster, and no %s that says of which: bring that file back; or, if the other "+
			"members have everything, delete the directory, and this node takes it from them", identityFile)
	case store.Streams && cluster != "":
		return Identity{}, d.refuseToGrow(cluster)
	default:
		return Identity{}, nil
	}
}

// fits returns an error if the directory does not match the node, the cluster or the store.
func (d *Dir) fits(is Identity, node, cluster string, store Store) error {
	switch {
	case is.Cluster == "" && cluster != "":
		return d.refuseToGrow(cluster)
	case is.Cluster != "" && cluster == "":
		return d.refuse("is that of %s, a member of the cluster %s, and the configuration has no cluster block: alone, the node would go on with a log "+
			"of its own. Put the block back, or choose another directory (data)", is.Node, is.Cluster)
	case is.Cluster != cluster:
		return d.refuse("is that of a member of the cluster %s, and the configuration says cluster.name: %s. A cluster keeps its name; "+
			"put it back, or choose another directory (data)", is.Cluster, cluster)
	case cluster != "" && is.Node != node:
		return d.refuse("is that of the node %s, and the configuration says server_name: %s. Put the name back, or choose another directory (data): "+
			"a new node begins with an empty one", is.Node, node)
	case is.Epoch != "" && cluster == "" && !store.Streams:
		return d.refuse("remembers the log %s, and the store of jetstream beside it is empty. Bring the store back from a backup (or set "+
			"jetstream.store_dir to where it is); to begin with nothing, delete all of the directory", is.Epoch)
	case is.Epoch != "" && cluster != "" && !store.Member:
		return d.refuse("remembers the log %s, and the store of jetstream beside it is empty. Bring the store back (or set jetstream.store_dir "+
			"to where it is); to have this node take everything from the other members, delete all of the directory", is.Epoch)
	default:
		return nil
	}
}

func (d *Dir) refuseToGrow(cluster string) error {
	return d.refuse("is that of a node which was alone, and the configuration makes it a member of the cluster %s, which would drop its streams. To take "+
		"its log into the cluster, choose an empty directory (data) and run once: natterjack grow --from %s; to go on alone, remove the cluster block", cluster, d.path)
}

func (d *Dir) refuse(what string, args ...any) error {
	return fmt.Errorf("%w: data directory %s %s", ErrRefused, d.path, fmt.Sprintf(what, args...))
}

// read returns the identity in the directory.
func (d *Dir) read() (Identity, error) { return ReadIdentity(d.path) }

// ReadIdentity returns the identity that a directory stores. The error is [fs.ErrNotExist] if
// it stores none.
func ReadIdentity(path string) (is Identity, err error) {
	name := filepath.Join(path, identityFile)
	text, err := os.ReadFile(name) //nolint:gosec // the operator says where
	if err != nil {
		return is, fmt.Errorf("data directory: %w", err)
	}
	if err := json.Unmarshal(text, &is); err != nil {
		return is, fmt.Errorf("%w: %s cannot be read: %w. Bring it back from a backup", ErrRefused, name, err)
	}
	if is.Format < 1 || is.Format > format {
		return is, fmt.Errorf("%w: data directory %s has the format %d, and this program knows 1 to %d: start it with the program that made it, or a later one",
			ErrRefused, path, is.Format, format)
	}
	return is, nil
}

// write replaces the stored identity atomically and durably. Nothing is written if it is the
// same, so that this needs no room on the disk.
func (d *Dir) write(is Identity) error {
	if was, err := d.read(); err == nil && was == is {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.identity = is
		return nil
	}
	text, err := json.Marshal(is, jsontext.WithIndent("  "))
	if err == nil {
		err = replace(d.path, identityFile, append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("data directory: remember what it is: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.identity = is
	return nil
}

// replace writes a temporary file and renames it to the name.
func replace(dir, name string, text []byte) error {
	tmp, err := os.CreateTemp(dir, ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(text)
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), filepath.Join(dir, name)); err != nil {
		return err
	}
	f, err := os.Open(dir) //nolint:gosec // the operator says where
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
