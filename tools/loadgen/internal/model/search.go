package model

import (
	"context"
	"time"

	"github.com/anishathalye/porcupine"
)

// Verdicts.
const (
	Linearizable    = "linearizable"
	notLinearizable = "NOT linearizable"
	outOfTime       = "unknown (the checker ran out of time)"
	interrupted     = "unknown (interrupted)"
)

// Search returns the verdict, and, if it is asked for, what is needed to draw a picture, unless ctx was done first.
func (p Problem) Search(ctx context.Context, timeout time.Duration, picture bool) (verdict string, drawn *porcupine.LinearizationInfo) {
	type finding struct {
		result porcupine.CheckResult
		info   porcupine.LinearizationInfo
	}
	found := make(chan finding, 1) // the search cannot be stopped; when interrupted, it ends with the program
	go func() {
		if !picture { // to remember what a picture needs takes time
			found <- finding{result: porcupine.CheckOperationsTimeout(p.Model, p.Operations, timeout)}
			return
		}
		result, info := porcupine.CheckOperationsVerbose(p.Model, p.Operations, timeout)
		found <- finding{result, info}
	}()
	select {
	case f := <-found:
		return map[porcupine.CheckResult]string{
			porcupine.Ok: Linearizable, porcupine.Illegal: notLinearizable, porcupine.Unknown: outOfTime,
		}[f.result], &f.info
	case <-ctx.Done():
		return interrupted, nil
	}
}
