package model

import (
	"context"
	"fmt"
	"io"
	"math"

	"github.com/anishathalye/porcupine"

	"numstore.example/tools/internal/history"
)

// Problem is what a checker is asked: can these operations be put into an order that agrees with the model
// and with real time? A write of unknown outcome has no end.
type Problem struct {
	Model      porcupine.Model
	Operations []porcupine.Operation
	Reads      int // among these
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

// What a search ends with. Only linearizable is a success: a checker that ran out of time has shown nothing.
const (
	linearizable    = "linearizable"
	notLinearizable = "NOT linearizable"
	outOfTime       = "unknown (the checker ran out of time)"
	interrupted     = "unknown (interrupted)"
)

// Linearizable returns the Judge of a service that is linearizable, from what says which problem a history poses. Its
// picture is the history, and the order that was found or how far one could be found.
func Linearizable(pose func([]history.Operation) (Problem, error)) Judge {
	return func(ctx context.Context, operations []history.Operation, effort Effort) (Verdict, error) {
		problem, err := pose(operations)
		if err != nil {
			return Verdict{}, err
		}
		found, drawn := problem.search(ctx, effort)
		verdict := Verdict{
			Kept:   found == linearizable,
			Broken: found == notLinearizable,
			Reads:  problem.Reads,
			Summary: fmt.Sprintf("%s: %d operations of %d clients on %d keys (%d writes of unknown outcome; %d calls without visible effect left out)",
				found, len(operations), distinct(operations, client), distinct(operations, key), problem.Unknown, problem.Dropped),
		}
		if drawn != nil {
			verdict.Draw = func(w io.Writer) error { return porcupine.Visualize(problem.Model, *drawn, w) }
		}
		return verdict, nil
	}
}

// search looks for an order. What it returns for the picture is nil if it was interrupted.
func (p Problem) search(ctx context.Context, effort Effort) (verdict string, drawn *porcupine.LinearizationInfo) {
	type finding struct {
		result porcupine.CheckResult
		info   porcupine.LinearizationInfo
	}
	found := make(chan finding, 1) // the search cannot be stopped; when interrupted, it ends with the program
	go func() {
		if !effort.Picture { // to remember what a picture needs takes time
			found <- finding{result: porcupine.CheckOperationsTimeout(p.Model, p.Operations, effort.Timeout)}
			return
		}
		result, info := porcupine.CheckOperationsVerbose(p.Model, p.Operations, effort.Timeout)
		found <- finding{result, info}
	}()
	select {
	case f := <-found:
		return map[porcupine.CheckResult]string{
			porcupine.Ok: linearizable, porcupine.Illegal: notLinearizable, porcupine.Unknown: outOfTime,
		}[f.result], &f.info
	case <-ctx.Done():
		return interrupted, nil
	}
}

// byKey returns what parts operations into those of each key, in the order in which the keys come up.
func byKey(key func(input any) string) func([]porcupine.Operation) [][]porcupine.Operation {
	return func(operations []porcupine.Operation) [][]porcupine.Operation {
		places := make(map[string]int)
		var parts [][]porcupine.Operation
		for _, o := range operations {
			key := key(o.Input)
			place, known := places[key]
			if !known {
				place = len(parts)
				places[key] = place
				parts = append(parts, nil)
			}
			parts[place] = append(parts[place], o)
		}
		return parts
	}
}
