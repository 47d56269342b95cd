package proc

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of processor time in /proc. USER_HZ is 100 on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// CPU returns the processor time that a process has used, user and system, all threads
// together.
func CPU(pid int) (time.Duration, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("read processor time: %w", err)
	}
	return parseStat(data)
}

// parseStat returns the sum of utime and stime, fields 14 and 15 of proc(5)'s stat. The second
// field is the command's name in parentheses and may hold any characters, so counting starts
// behind its last parenthesis.
func parseStat(data []byte) (time.Duration, error) {
	i := bytes.LastIndexByte(data, ')')
	fields := strings.Fields(string(data[i+1:]))
	if i < 0 || len(fields) < 13 {
		return 0, fmt.Errorf("read processor time: stat has %d fields", len(fields))
	}
	user, errUser := strconv.ParseInt(fields[11], 10, 64)
	system, errSystem := strconv.ParseInt(fields[12], 10, 64)
	if errUser != nil || errSystem != nil {
		return 0, fmt.Errorf("read processor time: stat holds %q and %q", fields[11], fields[12])
	}
	return time.Duration(user+system) * tick, nil
}

// Resident returns the resident memory of a process in bytes.
func Resident(pid int) (int64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, fmt.Errorf("read resident memory: %w", err)
	}
	fields := strings.Fields(string(data))
	if len(fields) < 2 {
		return 0, fmt.Errorf("read resident memory: statm has %d fields", len(fields))
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read resident memory: %w", err)
	}
	return pages * int64(os.Getpagesize()), nil
}

// machine holds processor time of the whole machine.
type machine struct {
	busy time.Duration // time that was used
	// stolen is time that the virtual machine wanted, but its host gave to others. The virtual
	// machine stands still meanwhile.
	stolen time.Duration
}

func readMachine() (machine, error) {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return machine{}, fmt.Errorf("read the machine's processor time: %w", err)
	}
	return parseMachine(data)
}

// parseMachine adds up the first line of proc(5)'s /proc/stat, without idle and iowait (fields
// 4 and 5). Guest time (fields 9 and 10) is part of user time already. Field 8 is the stolen
// time.
func parseMachine(data []byte) (m machine, err error) {
	line, _, _ := bytes.Cut(data, []byte{'\n'})
	fields := strings.Fields(string(line))
	if len(fields) < 9 || fields[0] != "cpu" {
		return m, fmt.Errorf("read the machine's processor time: the first line is %.40q", line)
	}
	for _, i := range []int{1, 2, 3, 6, 7, 8} {
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return m, fmt.Errorf("read the machine's processor time: %w", err)
		}
		if i == 8 {
			m.stolen = time.Duration(n) * tick
		} else {
			m.busy += time.Duration(n) * tick
		}
	}
	return m, nil
}
