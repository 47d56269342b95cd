package chaos_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"natterjack/internal/nodetest"
)

// disk is a small file system of its own, in memory, that can be filled. It is mounted in a mount namespace that a process
// holds, so that nothing is left of it when the test ends, in whatever way.
type disk struct {
	tb     testing.TB
	holder int    // process id
	dir    string // where it is mounted, for those in the namespace
}

// newDisk mounts a disk of some megabytes. Where this machine does not let it, the test is skipped, and says so.
func newDisk(tb testing.TB, megabytes int) *disk {
	tb.Helper()
	d := &disk{tb: tb, dir: tb.TempDir()}
	script := fmt.Sprintf("mount -t tmpfs -o size=%dm,mode=700 natterjack '%s' && echo mounted && exec sleep infinity", megabytes, d.dir)
	cmd := exec.CommandContext(context.WithoutCancel(tb.Context()), "sh", "-c", script)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   syscall.SIGKILL,
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err == nil {
		tb.Cleanup(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait() // killed
		})
		d.holder = cmd.Process.Pid
		_, err = bufio.NewReader(out).ReadString('\n')
	}
	if err != nil {
		tb.Skipf("a disk of its own cannot be mounted here, so a full one is not tested: %v", err)
	}
	return d
}

// hold moves a node that has not been started onto the disk.
func (d *disk) hold(n *nodetest.Node) {
	n.Command[len(n.Command)-1] = filepath.Join(d.dir, "data")
	enter := []string{"nsenter", "--target", strconv.Itoa(d.holder), "--user", "--mount", "--preserve-credentials", "--"}
	n.Command = append(enter, n.Command...)
}

// path is a file on the disk as it is seen from here.
func (d *disk) path(name string) string {
	return filepath.Join("/proc", strconv.Itoa(d.holder), "root", d.dir, name)
}

// fill leaves no room at all.
func (d *disk) fill() {
	d.tb.Helper()
	f, err := os.OpenFile(d.path("ballast"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		d.tb.Fatal(err)
	}
	defer f.Close()
	if _, err := io.Copy(f, zeros{}); !errors.Is(err, syscall.ENOSPC) {
		d.tb.Fatalf("filled the disk until: %v", err)
	}
}

// relieve makes room again.
func (d *disk) relieve() {
	d.tb.Helper()
	if err := os.Remove(d.path("ballast")); err != nil {
		d.tb.Fatal(err)
	}
}

type zeros struct{}

// Read implements io.Reader.
func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
