package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"natterjack/internal/nodeproc"
	"natterjack/server/internal/node"
)

const patience = 60 * time.Second

// binary is the program under test, built once.
var binary string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "natterjack-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "natterjack")
	if err := nodeproc.Build(context.Background(), binary, nodeproc.Server); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// process is a running server.
type process struct {
	tb   testing.TB
	cmd  *exec.Cmd
	data string // its data directory
	http string // its URL
	link string // the one that lets its reader sign in

	stdout bytes.Buffer // standard output after the first line; read it after the process has ended
	stderr *log
	copies sync.WaitGroup
}

// log holds what a process writes to its standard error. Tests can wait for a text in it.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func command(tb testing.TB, args ...string) *exec.Cmd {
	tb.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(tb.Context()), binary, args...) // the test ends it explicitly
	cmd.Dir = tb.TempDir()
	return cmd
}

// start starts a server on free ports and waits for its ready line.
func start(tb testing.TB, data string) *process {
	tb.Helper()
	p := &process{tb: tb, data: data, stderr: &log{}, cmd: command(tb, "--data", data, "--listen", "127.0.0.1:0", "--nats-listen", "127.0.0.1:0")}
	p.cmd.Stderr = p.stderr
	pipe, err := p.cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it has ended already, unless the test failed
		p.copies.Wait()
		if tb.Failed() {
			tb.Logf("standard error:\n%s", p.stderr)
		}
	})
	first := make(chan string, 1)
	p.copies.Go(func() {
		out := bufio.NewReader(pipe)
		line, _ := out.ReadString('\n')
		first <- line
		_, _ = io.Copy(&p.stdout, out)
	})
	select {
	case line := <-first:
		var nats string
		if _, err := fmt.Sscanf(line, "natterjack: ready %s %s %s\n", &p.http, &nats, &p.link); err != nil || !strings.HasPrefix(p.http, "http://127.0.0.1:") || !strings.HasPrefix(nats, "nats://127.0.0.1:") {
			tb.Fatalf("ready line: %q, %v", line, err)
		}
	case <-time.After(patience):
		tb.Fatal("not ready in time")
	}
	return p
}

// end waits for the process to end and returns its error.
func (p *process) end() error {
	p.tb.Helper()
	ended := make(chan error, 1)
	p.copies.Go(func() { ended <- p.cmd.Wait() })
	select {
	case err := <-ended:
		return err
	case <-time.After(patience):
		p.tb.Fatal("did not end in time")
		return nil
	}
}

func (p *process) signal(s os.Signal) {
	p.tb.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.tb.Fatal(err)
	}
}

func (p *process) awaitLog(text string) {
	p.tb.Helper()
	for deadline := time.Now().Add(patience); !strings.Contains(p.stderr.String(), text); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.tb.Fatalf("the log has no %q", text)
		}
	}
}

func (p *process) post(path, token, contentType, body string) *http.Response {
	p.tb.Helper()
	req, err := http.NewRequestWithContext(p.tb.Context(), http.MethodPost, p.http+path, strings.NewReader(body))
	if err != nil {
		p.tb.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.tb.Fatalf("POST %s: %v", path, err)
	}
	p.tb.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

// reply sends a POST request and decodes the one object in the answer.
func (p *process) reply(path, token, contentType, body string, into any) {
	p.tb.Helper()
	resp := p.post(path, token, contentType, body)
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		p.tb.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		p.tb.Fatalf("POST %s: %s: %q", path, resp.Status, data)
	}
}

// secret returns the secret of the development sign-in.
func (p *process) secret() string {
	p.tb.Helper()
	secret, err := os.ReadFile(filepath.Join(p.data, "secrets", "sign-in"))
	if err != nil {
		p.tb.Fatal(err)
	}
	return strings.TrimSpace(string(secret))
}

func (p *process) signIn(user string) (token string) {
	p.tb.Helper()
	var reply struct{ Token string }
	p.reply("/v1/signin", "", "application/json", `{"user":"`+user+`","secret":"`+p.secret()+`"}`, &reply)
	return reply.Token
}

// send sends a message from alice to bob and returns its seq.
func (p *process) send(token, clientID string) (seq uint64) {
	p.tb.Helper()
	var reply struct {
		Type string
		Seq  uint64
	}
	p.reply("/v1/frames", token, "application/x-ndjson", `{"type":"send","ref":1,"to":"bob","client_id":"`+clientID+`","content":{"text":"hi"}}`, &reply)
	if reply.Type != "ack" {
		p.tb.Fatalf("send %s: %+v", clientID, reply)
	}
	return reply.Seq
}

func TestProcess_StopsInOrderAndComesBack(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	p := start(t, data)
	token := p.signIn("alice")
	if seq := p.send(token, "c1"); seq != 1 {
		t.Errorf("seq %d, want 1", seq)
	}
	p.signal(syscall.SIGTERM)
	if err := p.end(); err != nil {
		t.Fatalf("after SIGTERM: %v", err)
	}
	p.copies.Wait()
	if p.stdout.Len() > 0 {
		t.Errorf("standard output has more than the ready line: %q", &p.stdout)
	}
	if log := p.stderr.String(); strings.Contains(log, "level=ERROR") {
		t.Errorf("errors in a life without any:\n%s", log)
	}
	if strings.Contains(p.stderr.String(), p.secret()) || strings.Contains(p.stdout.String(), p.secret()) {
		t.Error("the secret of the sign-in is in the log, or in more than the ready line")
	}
	if want := p.http + "/#secret=" + p.secret(); p.link != want {
		t.Errorf("the ready line ends in %q, want %q", p.link, want)
	}

	again := start(t, data)
	if seq := again.send(token, "c1"); seq != 1 { // the old token is valid: the key is the same
		t.Errorf("the same message has seq %d after a restart, want 1", seq)
	}
	if seq := again.send(token, "c2"); seq != 2 {
		t.Errorf("the next has seq %d, want 2", seq)
	}
	again.signal(os.Interrupt)
	if err := again.end(); err != nil {
		t.Errorf("after an interrupt: %v", err)
	}
}

func TestProcess_SecondSignalEndsIt(t *testing.T) {
	p := start(t, t.TempDir())
	token := p.signIn("alice")
	for range 30 { // closing them is spread over two seconds
		resp := p.post("/v1/stream", "", "application/json", `{"type":"connect","v":1,"token":"`+token+`"}`)
		if line, err := bufio.NewReader(resp.Body).ReadString('\n'); err != nil {
			t.Fatalf("stream: %q, %v", line, err)
		}
	}
	p.signal(syscall.SIGTERM)
	p.awaitLog("msg=draining")
	p.signal(syscall.SIGTERM)
	exit, ok := errors.AsType[*exec.ExitError](p.end())
	if !ok || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
		t.Errorf("ended with %v, want by the signal", exit)
	}
}

// TestAnnouncer shows that the ready line ends in a link with the secret of the sign-in, in the
// part of a link that browsers keep to themselves, and that it has none where there is no such
// sign-in.
func TestAnnouncer(t *testing.T) {
	for secret, want := range map[string]string{
		"S": "natterjack: ready http://127.0.0.1:1 nats://127.0.0.1:2 http://127.0.0.1:1/#secret=S\n",
		"":  "natterjack: ready http://127.0.0.1:1 nats://127.0.0.1:2\n",
	} {
		var out strings.Builder
		p := &announcer{to: &out}
		for range 2 {
			p.announce(node.Addresses{HTTP: "http://127.0.0.1:1", NATS: "nats://127.0.0.1:2", Secret: secret})
		}
		if out.String() != want {
			t.Errorf("%q, want %q", out.String(), want)
		}
	}
}

func TestProcess_ExitCodes(t *testing.T) {
	data := t.TempDir()
	p := start(t, data)
	for name, tt := range map[string]struct {
		args []string
		env  string
		code int
		want string
	}{
		"help":              {args: []string{"--help"}, code: 0, want: "--nats-listen"},
		"version":           {args: []string{"--version"}, code: 0, want: "0."},
		"unknown flag":      {args: []string{"--lisen", "x"}, code: 2, want: "--lisen"},
		"unknown variable":  {env: "NATTERJACK_LISEN=x", code: 2, want: "NATTERJACK_LISEN"},
		"open to strangers": {args: []string{"--listen", "0.0.0.0:0"}, code: 1, want: "refusing to start"},
		"data in use":       {args: []string{"--data", data, "--listen", "127.0.0.1:0", "--nats-listen", "127.0.0.1:0"}, code: 1, want: "another process uses this directory"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := command(t, tt.args...)
			cmd.Env = append(os.Environ(), tt.env)
			out, err := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != tt.code || !strings.Contains(string(out), tt.want) {
				t.Errorf("exit code %d (%v), want %d, with %q in:\n%s", code, err, tt.code, tt.want, out)
			}
		})
	}
	p.signal(syscall.SIGTERM)
	if err := p.end(); err != nil {
		t.Error(err)
	}
}
