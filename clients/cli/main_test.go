package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	natter "natterjack/clients/go"
	"natterjack/clients/internal/servertest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	servertest.Clean()
	os.Exit(code)
}

// The scripts run the command as users do, against a real server. Each script has its own
// users.
func TestScripts(t *testing.T) {
	binary, err := servertest.Build("natter", "natterjack/clients/cli")
	if err != nil {
		t.Fatal(err)
	}
	s := servertest.Start(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			script := strings.TrimPrefix(env.WorkDir[strings.LastIndex(env.WorkDir, "script-"):], "script-")
			for _, user := range []string{"alice", "bob", "carol", "dave"} {
				env.Setenv(strings.ToUpper(user), user+"-"+script)
			}
			env.Setenv("NATTERJACK_SERVER", s.URL)
			env.Setenv("NATTERJACK_DATA", s.Data)
			env.Setenv("SERVER", s.URL)
			env.Setenv("PATH", filepath.Dir(binary)+string(filepath.ListSeparator)+env.Getenv("PATH"))
			env.Setenv("TZ", "Asia/Tokyo")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"token": writeToken, "exits": exits, "await": await, "until": until, "keep": keep, "picture": picture},
	})
}

// writeToken implements the script command "token USER FILE".
func writeToken(ts *testscript.TestScript, _ bool, args []string) {
	token, err := natter.SignIn{User: args[0], URLs: []string{ts.Getenv("SERVER")}, Data: ts.Getenv("NATTERJACK_DATA")}.Token(context.Background())
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(token+"\n"), 0o600))
}

// picture implements the script command "picture FILE": it makes a PNG of one pixel.
func picture(ts *testscript.TestScript, _ bool, args []string) {
	var b bytes.Buffer
	ts.Check(png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o600))
}

// keep implements the script command "keep NAME": it stores the last output in that variable.
func keep(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

// exits implements the script command "exits CODE COMMAND…".
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		got = failed.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, not %d", got, want)
	}
}

// await implements the script command "await FILE": it waits until the file exists.
func await(ts *testscript.TestScript, _ bool, args []string) {
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
	}
	ts.Fatalf("there is no %s", args[0])
}

// until implements the script command "until TEXT COMMAND…": it runs the command until its output
// has the text. With "!" it runs the command until neither its output nor its errors have the text.
func until(ts *testscript.TestScript, without bool, args []string) {
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		ts.Check(ts.Exec(args[1], args[2:]...))
		said := ts.ReadFile("stdout")
		if without {
			said += ts.ReadFile("stderr")
		}
		if strings.Contains(said, args[0]) != without {
			return
		}
	}
	ts.Fatalf("%v: %q does not come, or does not go", args[1:], args[0])
}

// buffer is an output that may be read while it is written.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func natterRuns(t *testing.T, ctx context.Context, s *servertest.Server, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e buffer
	term := &terminal{in: strings.NewReader(""), out: &o, err: &e, getenv: func(string) string { return "" }}
	code = run(ctx, append(args, "--server", s.URL, "--data", s.Data), term)
	return code, o.String(), e.String()
}

// TestListsAreWhole lists more channels than fit on a page of the server, and listens with the
// last message of each.
func TestListsAreWhole(t *testing.T) {
	const channels = 130
	s := servertest.Start(t)
	client, err := natter.New(natter.Options{URLs: []string{s.URL}, Tokens: natter.SignIn{User: "bob", URLs: []string{s.URL}, Data: s.Data}})
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() { _ = client.Run(context.WithoutCancel(t.Context())) })
	for i := range channels {
		if _, err := client.SendTo(t.Context(), fmt.Sprint("friend-", i), "hello"); err != nil {
			t.Fatal(err)
		}
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
	running.Wait()
	for _, args := range [][]string{
		{"channels", "--as", "bob", "--limit", "500"},
		{"listen", "--as", "bob", "--backlog", "1", "--count", fmt.Sprint(channels)},
	} {
		code, out, errs := natterRuns(t, t.Context(), s, args...)
		if lines := strings.Count(out, "\n"); code != exitOK || lines != channels || strings.Contains(errs, "more") {
			t.Errorf("%v: exit code %d, %d lines\n%s", args, code, lines, errs)
		}
	}
	if code, out, errs := natterRuns(t, t.Context(), s, "channels", "--as", "bob", "--limit", "120"); code != exitOK || strings.Count(out, "\n") != 120 || !strings.Contains(errs, "more channels") {
		t.Errorf("exit code %d, %d lines: %s", code, strings.Count(out, "\n"), errs)
	}
}

// A send waits for a server that is away for a while, and says so.
func TestSendWaitsForTheServer(t *testing.T) {
	s := servertest.Start(t)
	s.Kill(t)
	var out, errs buffer
	var sending sync.WaitGroup
	sending.Go(func() {
		term := &terminal{in: strings.NewReader(""), out: &out, err: &errs, getenv: func(string) string { return "" }}
		code := run(t.Context(), []string{"send", "--as", "alice", "--to", "bob", "hi", "--timeout", "2m", "--server", s.URL, "--data", s.Data}, term)
		if code != exitOK || out.String() != "stored as message 1 of alice~bob\n" {
			t.Errorf("exit code %d\n%s\n%s", code, out.String(), errs.String())
		}
	})
	deadline := time.Now().Add(time.Minute)
	for !strings.Contains(errs.String(), "no connection to "+s.URL) {
		if time.Now().After(deadline) {
			t.Fatal("it does not say that there is no connection")
		}
		time.Sleep(5 * time.Millisecond)
	}
	s.Again(t)
	sending.Wait()
}

// A listener goes on after a restart of the server, and misses nothing.
func TestListenOverARestart(t *testing.T) {
	s := servertest.Start(t)
	const n = 20
	mark := t.TempDir() + "/mark"
	m, err := loadMark(mark)
	if m != nil || err != nil {
		t.Fatalf("%+v, %v", m, err)
	}
	// The position is saved before the counting listener begins, so that the listener cannot
	// start too late.
	if code, _, errs := natterRuns(t, t.Context(), s, "send", "--as", "alice", "--to", "bob", "first"); code != exitOK {
		t.Fatal(errs)
	}
	var listening sync.WaitGroup
	listening.Go(func() {
		code, out, errs := natterRuns(t, t.Context(), s, "listen", "--as", "bob", "--with", "alice", "--backlog", "100", "--count", fmt.Sprint(n+1), "--json")
		if lines := strings.Count(out, "\n"); code != exitOK || lines != n+1 {
			t.Errorf("exit code %d, %d lines\n%s\n%s", code, lines, out, errs)
		}
		for i := range n {
			if text := fmt.Sprintf(`"content":{"text":"number %d"}`, i); strings.Count(out, text) != 1 {
				t.Errorf("%d times %s", strings.Count(out, text), text)
			}
		}
	})
	for i := range n {
		if i == n/2 {
			s.Kill(t)
			s.Again(t)
		}
		code, _, errs := natterRuns(t, t.Context(), s, "send", "--as", "alice", "--to", "bob", fmt.Sprint("number ", i), "--timeout", "2m")
		if code != exitOK {
			t.Fatal(errs)
		}
	}
	listening.Wait()
}

// A signal ends a listener without an error.
func TestListenInterrupted(t *testing.T) {
	s := servertest.Start(t)
	ctx, cancel := context.WithCancel(t.Context())
	var out, errs buffer
	errs.b.Grow(1 << 10)
	term := &terminal{in: strings.NewReader(""), out: &out, err: &interrupter{to: &errs, at: "listening as bob", do: cancel}, getenv: os.Getenv}
	if code := run(ctx, []string{"listen", "--as", "bob", "--server", s.URL, "--data", s.Data}, term); code != exitOK {
		t.Errorf("exit code %d: %s", code, errs.String())
	}
}

// interrupter calls a function once a text is written.
type interrupter struct {
	to *buffer
	at string
	do func()
}

func (i *interrupter) Write(p []byte) (int, error) {
	n, err := i.to.Write(p)
	if strings.Contains(i.to.String(), i.at) {
		i.do()
	}
	return n, err
}
