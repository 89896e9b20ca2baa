package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
)

// heedSignals has a signal end the calls, and not the process, so that a session can be kept of what has been shown already: an
// interrupt, and what comes when the reader of a pipe has enough. A second interrupt ends the process. Stop has all be as it was.
func (a *app) heedSignals() (stop func()) {
	ctx, stopInterrupts := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	cancelled := context.AfterFunc(ctx, func() {
		stopInterrupts()
		a.giveUp(errors.New("interrupted"))
	})
	pipes := make(chan os.Signal, 1)
	signal.Notify(pipes, syscall.SIGPIPE) // and writing returns an error
	return func() {
		cancelled()
		stopInterrupts()
		signal.Stop(pipes)
	}
}
