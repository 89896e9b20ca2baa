package main

import (
	"fmt"
	"slices"

	"numstore.example/tools/internal/result"
)

// allThere is an error if a run of one step has asked for keys that were not there: to find nothing is too easy to be compared.
func allThere(run *result.Run) error {
	if missing := run.Steps[0].Marks["missing"]; missing > 0 {
		return fmt.Errorf("%s: %d gets found nothing; every key has to be there", run.Header.Label, missing)
	}
	return nil
}

// merge adds the one step of a run to all those with its label: to the step with as many clients, if there
// is one.
func (f *findings) merge(run *result.Run) {
	i := slices.IndexFunc(f.runs, func(r *result.Run) bool { return r.Header.Label == run.Header.Label })
	if i < 0 {
		i = len(f.runs)
		f.runs = append(f.runs, &result.Run{Header: run.Header})
		delete(run.Header.Parameters, "seed") // another one in each
	}
	all, step := f.runs[i], run.Steps[0]
	for i := range all.Steps {
		if all.Steps[i].Clients == step.Clients {
			join(&all.Steps[i], step)
			return
		}
	}
	step.Number = len(all.Steps)
	for i := range step.Intervals {
		step.Intervals[i].Step = step.Number
	}
	all.Steps = append(all.Steps, step)
}

// join makes one step of two, as if the second had followed at once.
func join(step *result.Step, next result.Step) {
	seconds := step.Seconds + next.Seconds
	step.Throughput = (step.Throughput*step.Seconds + next.Throughput*next.Seconds) / seconds
	step.LongestGap = max(step.LongestGap, next.LongestGap)
	addTo(&step.Calls, next.Calls)
	addTo(&step.Marks, next.Marks)
	addTo(&step.Errors, next.Errors)
	step.Latency.Merge(next.Latency.Histogram)
	for _, interval := range next.Intervals {
		interval.Step = step.Number
		interval.Start += step.Seconds
		step.Intervals = append(step.Intervals, interval)
	}
	step.Seconds, step.Stopped = seconds, next.Stopped
}

func addTo(counts *map[string]int64, more map[string]int64) {
	for name, count := range more {
		if *counts == nil {
			*counts = make(map[string]int64)
		}
		(*counts)[name] += count
	}
}
