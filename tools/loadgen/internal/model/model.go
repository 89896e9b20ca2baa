// Package model says what each service promises, in a form that a checker of linearizability can use. Each service
// is a file of its own.
//
// A call that was answered, or refused for a reason that the contract calls definite, is judged by its
// answer. A write that failed in any other way may have taken effect at any time after its start, or
// never: it has no end, and any outcome agrees with it. A read that failed says nothing and is left out.
//
// A history must start on a server that is new, and hold every call on it: what else was written there
// would show in the totals of a numstore.
package model

import (
	"math"

	"github.com/anishathalye/porcupine"
)

// Problem is what a checker is asked: can these operations be put into an order that agrees with the model
// and with real time?
type Problem struct {
	Model      porcupine.Model
	Operations []porcupine.Operation
	Unknown    int // writes whose outcome is not known
	Dropped    int // operations that are not among these: failed reads, calls that had no effect, or none that shows
}

// forever is the end of an operation that may take effect at any time.
const forever = math.MaxInt64

// refused are the status codes with which every service says that a call had no effect.
var refused = map[string]bool{
	"INVALID_ARGUMENT":   true,
	"RESOURCE_EXHAUSTED": true,
	"UNIMPLEMENTED":      true,
}
