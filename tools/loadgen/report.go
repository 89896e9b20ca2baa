package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"numstore.example/tools/internal/result"
	"numstore.example/tools/internal/wholefile"
	"numstore.example/tools/loadgen/internal/page"
	"numstore.example/tools/loadgen/internal/table"
)

// reportCommand shows what runs have measured.
type reportCommand struct {
	Files []string `arg:"" name:"file" help:"Result files, as loadgen run --out writes them; each is a series."`

	HTML string `placeholder:"FILE" help:"Write a page with plots, which needs nothing beside itself."`
}

// Run reads the files, writes the page and prints the table.
func (c *reportCommand) Run(_ context.Context, console console) error {
	var runs []*result.Run
	var empty error // errFailed if a file has nothing to show
	for _, name := range c.Files {
		run, err := result.Open(name)
		if err != nil {
			return err
		}
		if nothing(run) {
			empty = errFailed
			console.complain(fmt.Errorf("%s holds no call: the run ended before one did", name))
			continue
		}
		runs = append(runs, run)
	}
	if len(runs) == 0 {
		return empty
	}
	tell(runs)
	if c.HTML != "" {
		if err := writePage(c.HTML, runs); err != nil {
			return fmt.Errorf("--html: %w", err)
		}
	}
	if err := table.New(runs...).Write(console.out); err != nil {
		return unprinted(console, err)
	}
	return empty
}

// nothing says whether a run has measured nothing: its first step did not end, or no call did.
func nothing(run *result.Run) bool {
	return !slices.ContainsFunc(run.Steps, func(step result.Step) bool { return step.Answered()+step.Failed() > 0 })
}

// tell makes labels differ: the second run of a label gets a number.
func tell(runs []*result.Run) {
	seen := make(map[string]int)
	for _, run := range runs {
		label := run.Header.Label
		if seen[label]++; seen[label] > 1 {
			run.Header.Label = fmt.Sprintf("%s (%d)", label, seen[label])
		}
	}
}

func writePage(name string, runs []*result.Run) error {
	return wholefile.Write(name, func(w io.Writer) error { return page.Write(w, runs) })
}
