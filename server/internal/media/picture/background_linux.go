package picture

import "syscall"

// niceness is the priority of a thread that decodes a picture: its share of a busy core is about a
// tenth of the share of a thread that carries messages.
const niceness = 10

// stepBack lowers the priority of the calling thread. On Linux a priority belongs to a thread,
// not to the process. It cannot be raised again without a privilege. Where the system refuses,
// pictures are decoded at the priority of messages.
func stepBack() { _ = syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), niceness) }
