// Package proc reads from Linux's /proc what the processes of a benchmark cost: processor time
// and resident memory of each process. It also reads how busy the machine was with other work.
package proc
