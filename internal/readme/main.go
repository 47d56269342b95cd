//go:build unix

// Command readme runs the commands of a document as a new user would, one after the other in a
// fresh clone. It compares their output with the output in the document:
//
//	go run ./internal/readme README.md
//
// It takes the code blocks whose language is console. A line that begins with "$ " is a
// command. The lines up to the next command are its output. In the output numbers, times and
// ids may differ, and "…" stands for any lines. Words after the language say more:
//
//   - background: leave the command running; its step is done once the output has come
//   - terminal: give it a terminal
//   - fails: it must end with an error
//   - skip: it cannot be run here; the report says so
//
// The comment <!-- stop --> on a line of its own says that the reader stops the background
// commands there. Exported variables stay exported for the commands that follow.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// patience bounds the time of one command, including a cold compilation.
const patience = 10 * time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "readme:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, documents []string) error {
	if len(documents) == 0 {
		return errors.New("name the documents to run")
	}
	dir, err := os.MkdirTemp("", "natterjack-readme-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	clone := filepath.Join(dir, "natterjack")
	git := exec.CommandContext(ctx, "git", "clone", "--quiet", ".", clone) //nolint:gosec // a directory of our own
	if text, err := git.CombinedOutput(); err != nil {
		return fmt.Errorf("clone: %w: %s", err, text)
	}
	var errs []error
	for _, name := range documents {
		if err := runDocument(ctx, out, clone, name); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

// runDocument runs the commands of one document. At its end it stops the background commands.
func runDocument(ctx context.Context, out io.Writer, dir, name string) error {
	text, err := os.ReadFile(filepath.Join(dir, name)) //nolint:gosec // whoever names the document may read it
	if err != nil {
		return err
	}
	steps := parse(string(text))
	if len(steps) == 0 {
		return errors.New("there is no command in it")
	}
	shell := &shell{dir: dir}
	defer shell.close()
	failed := 0
	for _, s := range steps {
		verdict, err := "ok  ", error(nil)
		if s.skip {
			verdict = "SKIP"
		} else if err = shell.do(ctx, s); err != nil {
			verdict = "FAIL"
			failed++
		}
		fmt.Fprintf(out, "%s %s:%d %s\n", verdict, name, s.line, s.command)
		if err != nil {
			fmt.Fprintln(out, err)
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d commands failed", failed, len(steps))
	}
	return nil
}
