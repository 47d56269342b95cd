package media

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"natterjack/jetstream/operation"
	"natterjack/jetstream/uploads"
	"natterjack/server/internal/media/inspect"
	"natterjack/server/internal/media/picture"
	"natterjack/server/internal/media/store"
	"natterjack/server/internal/media/ticket"
	"natterjack/server/wire"
)

// signer makes requests for clients. [*store.Store] implements it, and the two following.
type signer interface {
	PresignPut(u store.Upload) (store.Link, error)
	PresignPart(key, upload string, p store.Part, life time.Duration) (store.Link, error)
	PresignGet(g store.Get) (store.Link, error)
}

// multiparts are the uploads in parts.
type multiparts interface {
	StartMultipart(ctx context.Context, key, contentType string) (upload string, err error)
	Parts(ctx context.Context, key, upload string) ([]store.Part, error)
	CompleteMultipart(ctx context.Context, key, upload string, parts []store.Part) (store.Object, error)
	AbortMultipart(ctx context.Context, key, upload string) error
}

// objects are the stored objects, which nodes read, write and list.
type objects interface {
	Stat(ctx context.Context, key string) (store.Object, error)
	Download(ctx context.Context, w io.Writer, key, etag string) (o store.Object, sum [32]byte, err error)
	Put(ctx context.Context, key string, body io.ReadSeeker, size int64, m store.Meta) (store.Object, error)
	Copy(ctx context.Context, from, etag, to string, m store.Meta) (store.Object, error)
	Remove(ctx context.Context, keys ...string) error
	List(ctx context.Context, prefix string) iter.Seq2[store.Object, error]
}

// Storage is where files are. [*store.Store] implements it.
type Storage interface {
	signer
	multiparts
	objects
	// Err returns why storage cannot be used now.
	Err() error
	// Room returns an error of code storage_full if storage is known to have no room for so many
	// bytes.
	Room(bytes int64) error
}

// Log has the functions of the log that media needs. [*jetstream.Log] implements it.
type Log interface {
	// MayPost returns why a message of the user would be refused in a channel.
	MayPost(ctx context.Context, user, channel string) error
	// MayPicture returns why the user may not set the picture of a channel.
	MayPicture(ctx context.Context, user, channel string) error
	// SeenPictures returns which of some pictures a user may see, each once. No user may see a
	// picture that belongs to no user and no group.
	SeenPictures(user string, ids []string) ([]string, error)
	// MayRead returns an attachment of a message that the user may see, or an error of code
	// not_found.
	MayRead(ctx context.Context, user, channel string, seq uint64, media string) (wire.Attachment, error)
	// Member reports whether a user is a member of a channel.
	Member(user, channel string) bool
}

// Uses tells which files messages have. [*jetstream.Log] implements it.
type Uses interface {
	// UsedByUser and UsedByChannel return how many bytes the files of messages take.
	UsedByUser(user string) (bytes int64, err error)
	UsedByChannel(channel string) (bytes int64, err error)
	// Referenced reports whether any message has the file.
	Referenced(media string) (bool, error)
	// MediaAfter returns the ids of files that messages have, ascending, beginning behind an id.
	MediaAfter(after string, limit int) ([]string, error)
}

// Scanner looks for viruses.
type Scanner interface {
	// Scan returns the name of the virus that it has found in a file, or nothing.
	Scan(ctx context.Context, file io.Reader, size int64) (found string, err error)
}

// Limits bound the files that users store. A bound of 0 bytes is none.
type Limits struct {
	FileBytes    int64
	UserBytes    int64 // of all files of a user, in messages and reserved
	ChannelBytes int64 // likewise, of a channel
	// LinkLife is how long the URLs of uploads are valid. 0 means 15 minutes.
	LinkLife time.Duration
	Pictures picture.Limits
}

// Config configures [Media].
type Config struct {
	Storage Storage // nil if this server has none: all operations are refused
	Records *uploads.Records
	Log     Log
	Uses    Uses
	// Derive returns the key with a name, which only the nodes of the cluster have.
	Derive  func(label string) []byte
	Scanner Scanner // nil if files are not scanned
	Limits  Limits
	Temp    string // a directory for this process alone; New empties it
	// Fits reports whether so many bytes fit in Temp. It may be nil.
	Fits func(bytes int64) bool
	// Sweeps reports whether this node is the one that sweeps: its view must be level with the
	// log, and no other node may sweep at the same time, except for a moment.
	Sweeps func() bool
	Logger *slog.Logger
}

// Media answers the operations about files. All methods may be called concurrently while
// [Media.Run] runs.
type Media struct {
	storage Storage
	records *uploads.Records
	log     Log
	uses    Uses
	limits  Limits
	tickets *ticket.Office
	ids     []byte // the key of [Media.key]
	claims  *claims
	intake  *intake
	sweeper *sweeper
	logger  *slog.Logger
}

// idLabel names the key of ids among all keys that are derived from the same secret.
const idLabel = "natterjack media ids 1"

// New empties the directory for temporary files. It starts nothing.
func New(cfg Config) (*Media, error) {
	logger := cfg.Logger.With("component", "media")
	m := &Media{
		storage: cfg.Storage, records: cfg.Records, log: cfg.Log, uses: cfg.Uses, limits: cfg.Limits, logger: logger, claims: newClaims(),
	}
	if m.storage == nil {
		return m, nil
	}
	if err := errors.Join(os.RemoveAll(cfg.Temp), os.MkdirAll(cfg.Temp, 0o700)); err != nil {
		return nil, fmt.Errorf("media: temporary files: %w", err)
	}
	m.tickets, m.ids = ticket.New(cfg.Derive(ticket.Label)), cfg.Derive(idLabel)
	m.intake = newIntake(&taker{
		storage: cfg.Storage, records: cfg.Records, inspector: inspect.New(cfg.Limits.Pictures), scanner: cfg.Scanner, temp: cfg.Temp, fits: cfg.Fits, logger: logger,
	})
	m.sweeper = &sweeper{storage: cfg.Storage, records: cfg.Records, uses: cfg.Uses, sweeps: cfg.Sweeps, links: m.linkLife(), logger: logger}
	return m, nil
}

// Bind registers the operations.
func (m *Media) Bind(to *operation.Table) {
	operation.Handle(to, offered(m, m.reserve))
	operation.Handle(to, offered(m, m.resume))
	operation.Handle(to, offered(m, m.complete))
	operation.Handle(to, offered(m, m.get))
	operation.Handle(to, offered(m, m.pictures))
	operation.Handle(to, offered(m, m.usage))
}

// offered returns a handler that refuses everything if this server has no storage. A retry would
// not help, although the code says so in general.
func offered[C wire.Command, F wire.Frame](m *Media, do func(context.Context, operation.Caller, C) (F, error)) func(context.Context, operation.Caller, C) (F, error) {
	return func(ctx context.Context, c operation.Caller, cmd C) (reply F, err error) {
		if m.storage == nil {
			refusal := wire.Errorf(wire.CodeUnavailable, "this server stores no media")
			refusal.Retryable = false
			return reply, refusal
		}
		return do(ctx, c, cmd)
	}
}

// Run takes files in and sweeps until ctx ends. Then it waits for the work that it has begun.
func (m *Media) Run(ctx context.Context) error {
	if m.storage == nil {
		<-ctx.Done()
		return nil
	}
	var working sync.WaitGroup
	working.Go(func() { m.intake.run(ctx) })
	working.Go(func() { m.sweeper.run(ctx) })
	working.Wait()
	return nil
}

// Open returns the attachment for which a ticket was issued to a user, for messages in a channel.
// An error is a [*wire.Error].
func (m *Media) Open(user, channel, text string) (wire.Attachment, error) {
	return m.open(user, channel, text, wire.ForMessage)
}

// OpenPicture returns the picture for which a ticket was issued to a user, for a channel. An error
// is a [*wire.Error].
func (m *Media) OpenPicture(user, channel, text string) (wire.Picture, error) {
	a, err := m.open(user, channel, text, wire.ForPicture)
	return wire.Picture{ID: a.ID, Type: a.Type, Size: a.Size, Blurhash: a.Blurhash}, err
}

func (m *Media) open(user, channel, text string, purpose wire.Purpose) (wire.Attachment, error) {
	if m.storage == nil {
		return wire.Attachment{}, wire.Errorf(wire.CodeInvalid, "ticket: this server stores no media")
	}
	t, err := m.tickets.Open(user, channel, text, time.Now())
	if err == nil && t.Purpose != string(purpose) {
		err = wire.Errorf(wire.CodeInvalid, "ticket: is for a file of another purpose; upload the file for this one")
	}
	if err == nil {
		err = m.current(&t)
	}
	if err != nil {
		return wire.Attachment{}, err
	}
	return attachmentOf(&t)
}

// key returns the beginning of a file's ids. It depends on everything that is reserved, so that no
// user can put another file in place of one that a message has. It is keyed, so that it cannot be
// guessed.
func (m *Media) key(user string, c *wire.ReserveUpload) string {
	mac := hmac.New(sha256.New, m.ids)
	parts := []string{user, c.ClientID, c.Channel, c.SHA256, strconv.FormatInt(c.Size, 10)}
	if c.Purpose != wire.ForMessage {
		parts = append(parts, string(c.Purpose))
	}
	for _, part := range parts {
		_, _ = io.WriteString(mac, part+"\n") // a hash never fails, and no part has a line break
	}
	return strings.ToLower(base32.StdEncoding.EncodeToString(mac.Sum(nil)[:10]))
}

// uploadKey returns the key under which a client stores the bytes of an upload.
func uploadKey(media string) string { return "up/" + media }

func storedKey(media string, r wire.Rendition) string { return storedPrefix(media) + string(r) }

func storedPrefix(media string) string { return storedRoot + media + "/" }

// storedRoot is the beginning of the keys of all files that are given to others.
const storedRoot = "m/"

// notFound returns the error for a file that the caller may not know of. It is the same whether
// there is such a file or not.
func notFound() error {
	return wire.Errorf(wire.CodeNotFound, "media: there is no such attachment that you can see")
}
