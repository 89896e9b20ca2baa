package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// UntilInterrupted returns a context that is done at the first SIGINT or SIGTERM, so that a program can keep what it has;
// a second one ends the program. From then on a reader of the program's output who goes away does not end it: writing
// returns an error.
func UntilInterrupted() context.Context {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	// Taken, and not ignored: programs that this one starts would go on to ignore it.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	return ctx
}
