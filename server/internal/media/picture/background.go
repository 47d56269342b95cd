package picture

import "runtime"

// inBackground calls a function on a thread of its own with a low priority, and waits for it. Go's
// scheduler knows no priorities, and beside a decoder that fills a core, messages took four times
// as long. The system's scheduler does know them. The thread ends with the call.
func inBackground[T any](f func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome)
	go func() {
		runtime.LockOSThread() // and never unlocked, so that nothing else gets this thread
		stepBack()
		var o outcome
		o.value, o.err = f()
		done <- o
	}()
	o := <-done
	return o.value, o.err
}
