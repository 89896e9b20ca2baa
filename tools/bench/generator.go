package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"numstore.example/tools/internal/result"
)

// generator is a process that holds a load on a server, and writes what it measured to a file.
type generator struct {
	*exec.Cmd
	file   string
	output bytes.Buffer
}

// startGenerator has a load held on a server for so long, behind the warm-up.
func (b *bench) startGenerator(ctx context.Context, load load, server *server, duration time.Duration) (*generator, error) {
	addresses, err := server.leaderFirst(ctx)
	if err != nil {
		return nil, err
	}
	g := &generator{file: filepath.Join(b.scratch, "result.jsonl")}
	args := append(load.command(addresses), "--label", load.label(), "--clients", fmt.Sprint(load.callers),
		"--duration", duration.String(), "--warmup", b.Warmup.String(), "--out", g.file)
	g.Cmd = exec.CommandContext(ctx, filepath.Join(b.Bin, args[0]), args[1:]...)
	g.Stdout, g.Stderr = &g.output, &g.output
	if err := os.RemoveAll(g.file); err != nil { // another's
		return nil, err
	}
	return g, g.Start()
}

// awaitAnswers returns once a second has passed from now on in which calls were answered.
func (g *generator) awaitAnswers(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, returnPatience, fmt.Errorf("%s had no answers for %v", g, returnPatience))
	defer cancel()
	began, _ := g.seconds()
	for {
		// The one that is under way now does not count.
		if seconds, answered := g.seconds(); seconds > began+1 && answered {
			return nil
		}
		if pause(ctx, statusPause) != nil {
			return context.Cause(ctx)
		}
	}
}

// seconds returns how many seconds the generator has reported so far, and whether calls were answered in the last of them.
func (g *generator) seconds() (seconds int, answered bool) {
	text, err := os.ReadFile(g.file)
	if err != nil {
		return 0, false // not yet
	}
	for line := range bytes.Lines(text) {
		var l struct{ Interval *result.Interval }
		if json.Unmarshal(line, &l) == nil && l.Interval != nil { // not one that is being written
			seconds, answered = seconds+1, l.Interval.Answered() > 0
		}
	}
	return seconds, answered
}

// await waits for the generator's end, and returns its run of one step. It fails if a call has failed.
func (g *generator) await() (*result.Run, error) {
	if err := g.Wait(); err != nil {
		return nil, g.explain(err)
	}
	return g.run()
}

// interrupt ends the load, and returns its run until then. Calls may have failed.
func (g *generator) interrupt() (*result.Run, error) {
	g.Process.Signal(os.Interrupt)
	failed := g.Wait()
	run, err := g.run()
	if err != nil && failed != nil {
		err = g.explain(failed)
	}
	return run, err
}

// kill ends the load for good, if it has not ended.
func (g *generator) kill() {
	g.Process.Kill()
	g.Wait() // an error says that it had ended
}

func (g *generator) explain(err error) error { return fmt.Errorf("%s: %w\n%s", g, err, &g.output) }

func (g *generator) run() (*result.Run, error) {
	run, err := result.Open(g.file)
	if err != nil {
		return nil, err
	}
	if len(run.Steps) != 1 || run.Steps[0].Marks["missing"] > 0 {
		return nil, fmt.Errorf("%s left %d steps, or found keys missing; want 1 step, and every key there", g, len(run.Steps))
	}
	return run, nil
}
