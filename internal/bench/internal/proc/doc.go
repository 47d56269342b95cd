// Package proc reads what the processes of a benchmark cost from Linux's /proc: processor time and
// resident memory by process, and how busy the machine was with work that is nobody's here.
package proc
