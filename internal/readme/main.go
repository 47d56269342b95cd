//go:build unix

// Command readme runs the commands of a document as a newcomer would, one after the other in a fresh clone, and compares
// what they print with what the document says they print:
//
//	go run ./internal/readme README.md
//
// It takes the code blocks whose language is console. A line that begins with "$ " is a command, and the lines up to the
// next one are its output, where numbers, times and ids may differ, and "…" stands for any lines. Words after the language
// say more:
//
//   - background: leave the command running; it is content once the output has come
//   - terminal: give it a terminal
//   - fails: it is to end with an error
//   - skip: it cannot be run here; the report says so
//
// The comment <!-- stop --> on a line of its own is where a reader stops what runs in the background. What is exported
// stays so for the commands that follow.
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

// patience is for one command, a cold compilation included.
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

// runDocument runs one document's commands; what it left running ends with it.
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
