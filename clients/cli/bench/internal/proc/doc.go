// Package proc starts the processes of a benchmark and reads what they cost from Linux's /proc: processor time and
// resident memory by process, and how busy the machine was with work that is nobody's here.
package proc
