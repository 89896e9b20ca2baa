package main

import (
	"time"

	"golang.org/x/sys/unix"
)

// nap sleeps in the kernel, which wakes up within some 0.1 ms.
func nap(wait time.Duration) {
	rest := unix.NsecToTimespec(int64(wait))
	unix.Nanosleep(&rest, nil) // a signal may end it early, which does no harm
}
