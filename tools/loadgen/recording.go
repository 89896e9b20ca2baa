package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"numstore.example/tools/internal/drive"
	"numstore.example/tools/internal/history"
	"numstore.example/tools/internal/result"
	"numstore.example/tools/internal/wholefile"
	"numstore.example/tools/loadgen/internal/service"
)

// recording is a run and the files that it goes to.
type recording struct {
	result.Run
	lines   *result.Writer
	out     *os.File        // nil if not asked for; written as the run goes on, so that one that is killed leaves something
	history *wholefile.File // nil if not asked for; a part of one proves nothing
	err     error           // the first that came up in writing out
}

// create creates the files, so that one that cannot be written is known before the run.
func (c *runCommand) create(target service.Target) (run *recording, err error) {
	run = &recording{Run: result.Run{Header: c.header(target)}}
	var out io.Writer = io.Discard
	if c.Out != "" {
		if run.out, err = os.Create(c.Out); err != nil {
			return nil, fmt.Errorf("--out: %w", err)
		}
		out = run.out
	}
	if run.lines, err = result.NewWriter(out, run.Header); err != nil {
		return nil, fmt.Errorf("--out: %w", err)
	}
	if c.History != "" {
		if run.history, err = wholefile.Create(c.History); err != nil {
			return nil, fmt.Errorf("--history: %w", err)
		}
	}
	return run, nil
}

// drive holds each load in turn until ctx is done or the history is full.
func (r *recording) drive(ctx context.Context, driver *drive.Driver, loads []drive.Load, console console) error {
	progress := newProgress(console.err, loads)
	defer progress.finish()
	for number, load := range loads {
		if ctx.Err() != nil || driver.Full() {
			progress.say("%d of %d steps were left out", len(loads)-number, len(loads))
			break
		}
		progress.begin(load)
		step := driver.Run(ctx, load, func(interval result.Interval) {
			interval.Step = number
			r.write(func(w *result.Writer) error { return w.Interval(interval) })
		})
		step.Number = number
		r.write(func(w *result.Writer) error { return w.Step(step) })
		r.Steps = append(r.Steps, step)
		progress.end(step)
	}
	return r.err
}

// write writes a line, unless an earlier one could not be: a line behind a part of one could not be read. Within a step it
// is called by one goroutine, and by another between steps.
func (r *recording) write(line func(*result.Writer) error) {
	if r.err != nil {
		return
	}
	if err := line(r.lines); err != nil {
		r.err = fmt.Errorf("--out: %w", err)
	}
}

// close writes the history and closes the files.
func (r *recording) close(driver *drive.Driver) error {
	var errOut, errHistory error
	if r.out != nil {
		if err := r.out.Close(); err != nil {
			errOut = fmt.Errorf("--out: %w", err)
		}
	}
	if r.history != nil {
		err := history.Write(r.history, driver.History)
		if errCommit := r.history.Commit(); err == nil {
			err = errCommit
		}
		if err != nil {
			errHistory = fmt.Errorf("--history: %w", err)
		}
	}
	return errors.Join(errOut, errHistory)
}
