package experiment

import (
	"context"
	"time"

	"numstore.example/tools/internal/history"
	"numstore.example/tools/loadgen/internal/model"
	"numstore.example/tools/loadgen/internal/service"
)

// count is what a run shows of a promise.
type count struct {
	checked, broken int
	also            int    // what the promise counts besides
	example         string // of what was seen broken, if anything was
	failure         string // why nobody can tell; empty if somebody can
}

// patience is how long to search for an order that explains a history, and how long servers may take to be back after a crash.
const patience = time.Minute

// checkHistory returns what a history of a service shows of the promises that it can show something of, whether they were given or not.
func checkHistory(ctx context.Context, name string, operations []history.Operation) (map[promise]count, error) {
	effort := model.Effort{Timeout: patience}
	verdict, err := service.All[name].Judge(ctx, operations, effort)
	if err != nil {
		return nil, err
	}
	if len(verdict.Each) == 0 {
		return map[promise]count{oneCopy: ofOneCopy(verdict)}, nil
	}
	order, err := model.Linearizable(model.Register)(ctx, operations, effort)
	if err != nil {
		return nil, err
	}
	stale, err := model.Stale(operations)
	if err != nil {
		return nil, err
	}
	all := ofEach(verdict)
	all[oneCopy] = ofOneCopy(order)
	if stale.Stale > 0 { // each of which shows by itself what the search has found, or has not come to find
		all[oneCopy] = count{checked: stale.Reads, broken: stale.Stale, example: stale.Example}
	}
	all[oneCopy] = all[oneCopy].beside(stale.Losing)
	all[inSession] = all[inSession].beside(unmet(operations))
	return all, nil
}

// ofEach sorts what a verdict says of each promise into those to a session and those of all servers.
func ofEach(verdict model.Verdict) map[promise]count {
	all := make(map[promise]count)
	for _, each := range verdict.Each {
		p := inSession
		if each.Name == model.EqualServers || each.Name == model.GreatestWins {
			p = converge
		}
		c := all[p]
		c.checked, c.broken = c.checked+each.Tested, c.broken+each.Broken
		if c.example == "" && each.Broken > 0 {
			c.example = each.Name + ": " + each.Timelines[0].Title
		}
		all[p] = c
	}
	if !verdict.Kept && !verdict.Broken { // its end is not known
		all[converge] = count{failure: verdict.Summary}
	}
	return all
}

// ofOneCopy is a verdict on whether an order explains a history. How often it could not is nothing that a search finds.
func ofOneCopy(verdict model.Verdict) count {
	c := count{checked: verdict.Reads}
	switch {
	case verdict.Broken:
		c.broken, c.example = 1, verdict.Summary
	case !verdict.Kept:
		c.failure = verdict.Summary
	}
	return c
}

// beside is the count with what is counted besides.
func (c count) beside(also int) count {
	c.also = also
	return c
}

// unmet counts the gets that were told to come back later.
func unmet(operations []history.Operation) (number int) {
	for _, o := range operations {
		if o.Answer == model.Unmet {
			number++
		}
	}
	return number
}
