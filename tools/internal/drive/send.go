package drive

import (
	"context"

	"numstore.example/tools/internal/history"
)

// Calls names what a target can be asked, and how it can answer.
type Calls struct {
	// Names are of the calls. An Outcome refers to them by their place.
	Names []string

	// Marks names the ways of being answered that are worth counting. The first is empty, for none.
	Marks []string
}

// Send makes the next call of a worker and returns when it has ended. It is not for concurrent use. If
// operation is not nil, Send notes there what it called and what was answered; who called, when, and what
// went wrong is for the caller to note.
type Send func(ctx context.Context, operation *history.Operation) Outcome

// Outcome is what became of a call.
type Outcome struct {
	Call int   // its place in Calls.Names
	Mark int   // its place in Calls.Marks
	Err  error // nil if it was answered, or a gRPC status
}
