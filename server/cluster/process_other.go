//go:build !unix

package main

import (
	"os"
	"os/exec"
)

func apart(*exec.Cmd) {}

func interrupt(p *os.Process) error { return p.Kill() }
