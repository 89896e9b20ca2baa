//go:build !linux

package main

import "time"

// nap sleeps as well as Go's timers do.
func nap(wait time.Duration) { time.Sleep(wait) }
