package removal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"natterjack/server/internal/media"
	"natterjack/server/internal/media/store"
)

// memory is storage in memory, which a bubble can have. It knows no parts.
type memory struct {
	mu      sync.Mutex // protects following
	objects map[string][]byte
}

var _ media.Storage = (*memory)(nil)

func (m *memory) Err() error       { return nil }
func (m *memory) Room(int64) error { return nil }

func (m *memory) PresignPut(u store.Upload) (store.Link, error) {
	return store.Link{Method: "PUT", URL: u.Key, Expires: time.Now().Add(u.Life)}, nil
}

func (m *memory) PresignPart(string, string, store.Part, time.Duration) (store.Link, error) {
	return store.Link{}, errors.ErrUnsupported
}

func (m *memory) PresignGet(store.Get) (store.Link, error) {
	return store.Link{}, errors.ErrUnsupported
}

func (m *memory) StartMultipart(context.Context, string, string) (string, error) {
	return "", errors.ErrUnsupported
}

func (m *memory) Parts(context.Context, string, string) ([]store.Part, error) {
	return nil, errors.ErrUnsupported
}

func (m *memory) CompleteMultipart(context.Context, string, string, []store.Part) (store.Object, error) {
	return store.Object{}, errors.ErrUnsupported
}

func (m *memory) AbortMultipart(context.Context, string, string) error { return errors.ErrUnsupported }

// upload stores an object unless there is one, as a link does.
func (m *memory) upload(key string, body []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, there := m.objects[key]; !there {
		m.objects[key] = body
	}
}

func (m *memory) get(key string) ([]byte, store.Object, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	body, there := m.objects[key]
	if !there {
		return nil, store.Object{}, store.ErrNotFound
	}
	sum := sha256.Sum256(body)
	return body, store.Object{Key: key, Size: int64(len(body)), ETag: hex.EncodeToString(sum[:])}, nil
}

// Stat implements [media.Storage].
func (m *memory) Stat(_ context.Context, key string) (store.Object, error) {
	_, o, err := m.get(key)
	return o, err
}

// Download implements [media.Storage].
func (m *memory) Download(_ context.Context, w io.Writer, key, _ string) (o store.Object, sum [32]byte, err error) {
	body, o, err := m.get(key)
	if err == nil {
		_, err = w.Write(body)
	}
	return o, sha256.Sum256(body), err
}

// Put implements [media.Storage].
func (m *memory) Put(_ context.Context, key string, from io.ReadSeeker, _ int64, _ store.Meta) (store.Object, error) {
	body, err := io.ReadAll(from)
	m.mu.Lock()
	m.objects[key] = body
	m.mu.Unlock()
	return store.Object{Key: key}, err
}

// Copy implements [media.Storage].
func (m *memory) Copy(ctx context.Context, from, _, to string, meta store.Meta) (store.Object, error) {
	body, _, err := m.get(from)
	if err != nil {
		return store.Object{}, err
	}
	return m.Put(ctx, to, bytes.NewReader(body), 0, meta)
}

// Remove implements [media.Storage].
func (m *memory) Remove(_ context.Context, keys ...string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, key := range keys {
		delete(m.objects, key)
	}
	return nil
}

// List implements [media.Storage].
func (m *memory) List(_ context.Context, prefix string) iter.Seq2[store.Object, error] {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []store.Object
	for key := range m.objects {
		if strings.HasPrefix(key, prefix) {
			all = append(all, store.Object{Key: key})
		}
	}
	slices.SortFunc(all, func(a, b store.Object) int { return strings.Compare(a.Key, b.Key) })
	return func(yield func(store.Object, error) bool) {
		for _, o := range all {
			if !yield(o, nil) {
				return
			}
		}
	}
}
