package node

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"natterjack/jetstream"
	"natterjack/jetstream/uploads"
	intake "natterjack/server/internal/media"
	"natterjack/server/internal/media/picture"
	"natterjack/server/internal/media/removal"
	"natterjack/server/internal/media/scan"
)

// uploading are the parts that take in files, and give them to members.
type uploading struct {
	records *uploads.Records
	media   *intake.Media
	removal *removal.Removal

	parts struct{ records, media, removal *part }
}

// openUploads starts the parts that take in files. Without storage their operations say so.
func (r *running) openUploads(ctx context.Context) (err error) {
	u, m := &r.uploading, &r.cfg.Media
	cfg := intake.Config{
		Log: r.log, Uses: r.log, Temp: filepath.Join(r.dir.Path(), "tmp"), Fits: r.fits, Sweeps: r.sweeps, Logger: r.base,
		Limits: intake.Limits{
			FileBytes: m.ObjectBytes, UserBytes: m.UserBytes, ChannelBytes: m.ChannelBytes, LinkLife: m.UploadLife, Pictures: picture.Limits(m.Previews),
		},
	}
	if r.media.store != nil {
		u.records, err = uploads.New(ctx, uploads.Config{Conn: r.engine.Conn(), Replicas: r.cfg.Replicas, Logger: r.base})
		if err != nil {
			return fmt.Errorf("open the records of uploads: %w", err)
		}
		cfg.Storage, cfg.Records, cfg.Derive = r.media.store, u.records, r.media.store.Derive
		u.parts.records = begin(ctx, "uploads", r.failed, u.records.Run)
	}
	if m.Scanner != "" {
		cfg.Scanner = scan.Parse(m.Scanner)
	}
	if u.media, err = intake.New(cfg); err != nil {
		return err
	}
	u.media.Bind(r.log.Operations())
	r.log.TakeAttachments(u.media)
	u.parts.media = begin(ctx, "media", r.failed, u.media.Run)
	if cfg.Storage != nil {
		u.removal = removal.New(r.log, u.media, r.base)
		u.parts.removal = begin(ctx, "removal", r.failed, u.removal.Run)
	}
	return nil
}

// removalFirst is how long a start waits for the streams of the removal at most.
const removalFirst = 2 * time.Second

// awaitUploads waits until all uploads are known that take room, and for the removal.
func (r *running) awaitUploads(ctx context.Context) error {
	if r.uploading.records == nil {
		return nil
	}
	if err := r.await(ctx, r.uploading.records.Ready()); err != nil {
		return err
	}
	r.uploading.removal.Await(ctx, removalFirst)
	return nil
}

// sweeps reports whether this node deletes the objects that uploads have left behind. It must lead
// the first shard, and know all messages, so that it does not take the file of a message for
// unused.
func (r *running) sweeps() bool {
	select {
	case <-r.log.Ready():
	default:
		return false
	}
	return r.engine.LeadsStream(jetstream.StreamName(0)) && r.log.Level() == nil && r.engine.Health() == nil
}

// mediaOrigin returns the origin from which browsers get files, or nothing.
func (r *running) mediaOrigin() string {
	if r.media.store == nil {
		return ""
	}
	origin, err := r.media.store.Origin()
	if err != nil {
		r.logger.Error("the web app cannot show files, because the address of media storage is not valid", "error", err)
	}
	return origin
}

func (r *running) endUploads(ctx context.Context) error {
	p := &r.uploading.parts
	return errors.Join(endPart(ctx, p.removal), endPart(ctx, p.media), endPart(ctx, p.records))
}
