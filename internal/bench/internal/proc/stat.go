package proc

import (
	"fmt"
	"time"

	"github.com/prometheus/procfs"
)

// tick is the unit of processor time in /proc. USER_HZ is 100 on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// CPU returns the processor time that a process has used, user and system, all threads
// together.
func CPU(pid int) (time.Duration, error) {
	stat, err := statOf(pid)
	return time.Duration(stat.UTime+stat.STime) * tick, err
}

// Resident returns the resident memory of a process in bytes.
func Resident(pid int) (int64, error) {
	stat, err := statOf(pid)
	return int64(stat.ResidentMemory()), err
}

func statOf(pid int) (procfs.ProcStat, error) {
	p, err := procfs.NewProc(pid)
	if err != nil {
		return procfs.ProcStat{}, fmt.Errorf("look at process %d: %w", pid, err)
	}
	stat, err := p.Stat()
	if err != nil {
		return procfs.ProcStat{}, fmt.Errorf("look at process %d: %w", pid, err)
	}
	return stat, nil
}

// machine holds processor time of the whole machine.
type machine struct {
	busy time.Duration // time that was used
	// stolen is time that the virtual machine wanted, but its host gave to others. The virtual
	// machine stands still meanwhile.
	stolen time.Duration
}

// readMachine leaves out the time of waiting. Guest time is part of user time already.
func readMachine() (machine, error) {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return machine{}, fmt.Errorf("read the machine's processor time: %w", err)
	}
	stat, err := fs.Stat()
	if err != nil {
		return machine{}, fmt.Errorf("read the machine's processor time: %w", err)
	}
	c := stat.CPUTotal
	return machine{busy: seconds(c.User + c.Nice + c.System + c.IRQ + c.SoftIRQ), stolen: seconds(c.Steal)}, nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
