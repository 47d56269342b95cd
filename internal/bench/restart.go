package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"natterjack/internal/bench/internal/proc"
	"natterjack/internal/nodeproc"
)

// restartFactor is how many times as many channels as the other fixtures the fixture of a restart
// has. Restart measures how the time grows with the number of channels.
const restartFactor = 10

// restart measures the time from the start of a process to its ready line, after a proper stop,
// on a store of many channels with one message each. Bare is a NATS server alone on the same
// store.
func restart(ctx context.Context, r *rig) ([]result, error) {
	f, err := r.fixture(ctx, restartFactor*r.cmd.Channels, 1)
	if err != nil {
		return nil, err
	}
	if err := r.visit(ctx, f, func(node) error { return nil }); err != nil { // builds the view
		return nil, err
	}
	found, err := r.repeat("restart", func(_ int, fig *figures) error {
		if err := r.visit(ctx, f, func(n node) error { return addStart(fig, "", n.proc) }); err != nil {
			return err
		}
		engine, err := r.openStore(ctx, f, r.syncInterval())
		if err != nil {
			return err
		}
		return errors.Join(addStart(fig, "bare_", engine.proc), engine.close())
	})
	if err != nil {
		return nil, err
	}
	return []result{{
		Name: "restart", Value: of(found, "start_s"), Unit: "s", Bare: of(found, "bare_start_s"),
		More: append(without(found, "start_s", "bare_start_s"), metric{"channels", float64(f.Channels)}),
	}}, nil
}

// addStart adds how long a process took to be ready, and its memory at that time.
func addStart(f *figures, prefix string, p *nodeproc.Process) error {
	resident, err := proc.Resident(p.PID)
	if err != nil {
		return err
	}
	cpu, err := proc.CPU(p.PID)
	if err != nil {
		return err
	}
	f.add(prefix+"start_s", p.Took().Seconds())
	f.add(prefix+"start_cpu_s", cpu.Seconds())
	f.add(prefix+"resident_mib", float64(resident)/(1<<20))
	return nil
}

// rebuild measures how fast a view is built again from the streams: the number of all events,
// divided by the time from the start of the process to the line that says it has caught up.
// Bare, ordered consumers read the same streams and do nothing.
func rebuild(ctx context.Context, r *rig) ([]result, error) {
	f, err := r.fixture(ctx, r.cmd.Channels, page)
	if err != nil {
		return nil, err
	}
	found, err := r.repeat("rebuild", func(_ int, fig *figures) error {
		if err := f.forget(); err != nil {
			return err
		}
		if err := r.visit(ctx, f, func(n node) error {
			fig.add("rate", perSecond(f.Events(), n.proc.Took()))
			return addStart(fig, "", n.proc)
		}); err != nil {
			return err
		}
		return r.readBare(ctx, f, fig)
	})
	if err != nil {
		return nil, err
	}
	more := append(without(found, "rate", "bare_rate"), metric{"events", float64(f.Events())})
	if size, err := sizeOf(filepath.Join(f.dir, viewDir)); err == nil {
		more = append(more, metric{"view_mib", float64(size) / (1 << 20)})
	}
	return []result{{
		Name: "rebuild", Value: of(found, "rate"), Unit: "events/s", Bare: of(found, "bare_rate"), Higher: true, More: more,
	}}, nil
}

func (r *rig) readBare(ctx context.Context, f fixture, fig *figures) (err error) {
	engine, err := r.openStore(ctx, f, r.syncInterval())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.close()) }()
	window, err := proc.Begin(engine.proc.PID)
	if err != nil {
		return err
	}
	took, err := f.ReadAll(ctx, engine.js)
	if err != nil {
		return err
	}
	usage, err := window.End()
	fig.add("bare_rate", perSecond(f.Events(), took))
	fig.addOthers("bare_", usage)
	return err
}

// sizeOf returns the bytes of the files under a directory.
func sizeOf(dir string) (n int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	})
	return n, err
}
