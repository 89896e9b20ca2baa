// Package model says what each service promises, and judges histories by it. Each service is a file of its own.
//
// A call that was answered, or refused for a reason that the contract calls definite, is judged by its
// answer. A write that failed in any other way may have taken effect at any time after its start, or
// never: any outcome agrees with it. A read that failed says nothing and is left out.
//
// A history must start on a server that is new, and hold every call on it: what else was written there
// would show in the totals of a numstore.
package model

import (
	"context"
	"io"
	"time"

	"numstore.example/tools/internal/history"
	"numstore.example/tools/loadgen/internal/page"
)

// Judge judges a history. An error says why it is not one of the service.
type Judge func(context.Context, []history.Operation, Effort) (Verdict, error)

// Effort is what to spend on a verdict.
type Effort struct {
	Timeout time.Duration // how long to search, where a search is needed
	Picture bool          // whether a picture will be drawn
}

// Verdict is what has become of the promises of a service.
type Verdict struct {
	Kept    bool                  // no operation speaks against them; false too if nobody can tell
	Broken  bool                  // an operation speaks against them
	Reads   int                   // that were answered with a value, or with that there is none
	Each    []page.Promise        // of a service that makes several: what was found of each
	Summary string                // a line
	Details []string              // lines that say more, if there is more to say
	Draw    func(io.Writer) error // writes a picture, as a page of HTML; nil if there is none
}

// distinct returns how many different values operations have in something.
func distinct[T comparable](operations []history.Operation, of func(history.Operation) T) int {
	different := make(map[T]bool)
	for _, o := range operations {
		different[of(o)] = true
	}
	return len(different)
}

func client(o history.Operation) int { return o.Client }
func key(o history.Operation) string { return o.Key }
