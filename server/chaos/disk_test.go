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
	"strings"
	"syscall"
	"testing"

	"natterjack/internal/nodetest"
)

// disk is a small file system that can be filled. If it is a block device, it can also be
// slowed down. It is mounted in a mount namespace, which a helper process holds. The helper
// cleans up when its input ends. That happens when the test process ends, in whatever way.
type disk struct {
	tb     testing.TB
	holder int    // process id
	dir    string // where it is mounted, inside the namespace
	enter  []string
	device string // major:minor of the block device
}

// throttle is the file that sets how many writes a second the kernel allows on a block device.
// It belongs to the group of all processes, because the thread that writes the journal of a
// file system is in that group.
const throttle = "/sys/fs/cgroup/blkio/blkio.throttle.write_iops_device"

// writesOfSync is how many writes to the device the shortest sync of the file system causes:
// for the data and for the journal.
const writesOfSync = 4

// newDisk mounts an in-memory disk of some megabytes. If this machine does not allow that, it
// skips the test with a message.
func newDisk(tb testing.TB, megabytes int) *disk {
	tb.Helper()
	d := &disk{tb: tb, dir: tb.TempDir(), enter: []string{"--user", "--mount", "--preserve-credentials"}}
	script := fmt.Sprintf("mount -t tmpfs -o size=%dm,mode=700 natterjack '%s' && echo mounted && cat", megabytes, d.dir)
	d.mount(script, &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	})
	return d
}

// newSlowDisk mounts a disk of some megabytes that [disk.slow] can slow down: ext4 on a loop
// device of its own. This needs root and a kernel that throttles devices. If this machine does
// not allow that, it skips the test with a message.
func newSlowDisk(tb testing.TB, megabytes int) *disk {
	tb.Helper()
	image := filepath.Join(tb.TempDir(), "image")
	d := &disk{tb: tb, dir: tb.TempDir(), enter: []string{"--mount"}}
	script := fmt.Sprintf(`set -e
test -w %[1]s
truncate -s %[2]dM '%[3]s'
PATH="$PATH:/usr/sbin:/sbin" mkfs.ext4 -q '%[3]s'
mount -o loop '%[3]s' '%[4]s'
device=$(stat -c %%Hd:%%Ld '%[4]s')
echo "$device"
cat
echo "$device 0" > %[1]s
umount -l '%[4]s'`, throttle, megabytes, image, d.dir)
	d.device = d.mount(script, &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS})
	return d
}

// mount runs a script and returns the line that it prints. The script mounts the disk, prints a
// line, reads its input to the end, and cleans up.
func (d *disk) mount(script string, attr *syscall.SysProcAttr) string {
	d.tb.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(d.tb.Context()), "sh", "-c", script)
	cmd.SysProcAttr = attr
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		d.tb.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	var line string
	if err == nil {
		d.tb.Cleanup(func() {
			_ = in.Close()
			_ = cmd.Wait() // the end of the namespace cleans up the rest
		})
		d.holder = cmd.Process.Pid
		line, err = bufio.NewReader(out).ReadString('\n')
	}
	if err != nil {
		d.tb.Skipf("a disk of its own cannot be mounted here, so a full or slow one is not tested: %v", err)
	}
	return strings.TrimSpace(line)
}

// slow limits the disk to the given number of syncs a second; 0 removes the limit. The device
// itself is slow, for every process that writes to it. A write without a sync waits only when
// the memory has no room for it.
func (d *disk) slow(syncs int) {
	d.tb.Helper()
	limit := fmt.Sprintf("%s %d", d.device, syncs*writesOfSync)
	if err := os.WriteFile(throttle, []byte(limit), 0o600); err != nil {
		d.tb.Fatal(err)
	}
}

// hold moves a node that has not been started onto the disk.
func (d *disk) hold(n *nodetest.Node) {
	n.Command[len(n.Command)-1] = filepath.Join(d.dir, "data")
	enter := append([]string{"nsenter", "--target", strconv.Itoa(d.holder)}, d.enter...)
	n.Command = append(append(enter, "--"), n.Command...)
}

// path returns the path of a file on the disk, as seen from outside the namespace.
func (d *disk) path(name string) string {
	return filepath.Join("/proc", strconv.Itoa(d.holder), "root", d.dir, name)
}

// fill fills the disk completely.
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
