package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"numstore.example/tools/internal/process"
	"numstore.example/tools/internal/result"
)

// Generator is a process that holds a load on a server, and writes what it measured to a file.
type Generator struct {
	cmd    *exec.Cmd
	file   string
	output bytes.Buffer
}

// dying is how long a generator may take to write down what it has measured, once ctx has ended.
const dying = 10 * time.Second

// StartGenerator has a load held on a server for so long, behind the warm-up, or until all of its Calls are made. When ctx ends before,
// the load ends as if it was interrupted. Several may be held at a time. Each ends by Await, Interrupt or Kill, one of which is to be
// called.
func (r Rig) StartGenerator(ctx context.Context, load Load, server *Server, duration time.Duration) (*Generator, error) {
	addresses, err := server.LeaderFirst(ctx)
	if err != nil {
		return nil, err
	}
	file, err := os.CreateTemp(r.Scratch, "result-*.jsonl")
	if err != nil {
		return nil, err
	}
	file.Close()
	g := &Generator{file: file.Name()}
	args := append(load.Command(addresses), "--label", load.Label(), "--clients", fmt.Sprint(load.Callers))
	if load.Calls > 0 {
		args = append(args, "--requests", fmt.Sprint(load.Calls))
	} else {
		args = append(args, "--duration", duration.String(), "--warmup", r.Warmup.String())
	}
	args = append(args, "--out", g.file)
	g.cmd = exec.CommandContext(ctx, filepath.Join(r.Bin, args[0]), args[1:]...)
	g.cmd.Stdout, g.cmd.Stderr, g.cmd.SysProcAttr = &g.output, &g.output, process.Attributes()
	g.cmd.Cancel = func() error { return g.cmd.Process.Signal(os.Interrupt) }
	g.cmd.WaitDelay = dying
	if err := spawner().Start(g.cmd); err != nil {
		return nil, errors.Join(err, os.Remove(g.file))
	}
	return g, nil
}

// Run holds a load on a server once, and returns the run, of one step, and what the server used meanwhile, the warm-up included. A node
// that dies meanwhile ends it, and is an error: there are no figures of what is not there. When calls failed, there is the run beside
// the error, if it is whole, but not what the server used.
func (r Rig) Run(ctx context.Context, load Load, server *Server, duration time.Duration) (*result.Run, Usage, error) {
	before, err := server.Usage(ctx)
	if err != nil {
		return nil, Usage{}, err
	}
	generator, err := r.StartGenerator(ctx, load, server, duration)
	if err != nil {
		return nil, Usage{}, err
	}
	run, err := generator.awaitOn(server)
	if err != nil {
		return run, Usage{}, err
	}
	after, err := server.Usage(ctx)
	if err != nil {
		return run, Usage{}, err
	}
	return run, after.Since(before), nil
}

// AwaitAnswers returns once a second has passed from now on in which calls were answered.
func (g *Generator) AwaitAnswers(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, Patience, fmt.Errorf("%s had no answers for %v", g.cmd, Patience))
	defer cancel()
	began, _ := g.seconds()
	for {
		// The one that is under way now does not count.
		if seconds, answered := g.seconds(); seconds > began+1 && answered {
			return nil
		}
		if Pause(ctx, statusPause) != nil {
			return context.Cause(ctx)
		}
	}
}

// seconds returns how many seconds the generator has reported so far, and whether calls were answered in the last of them.
func (g *Generator) seconds() (seconds int, answered bool) {
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

// Await waits for the generator's end, and returns its run of one step. A call that failed is an error; the run is returned all the
// same, if it is whole.
func (g *Generator) Await() (*result.Run, error) {
	failed := g.cmd.Wait()
	run, err := g.run()
	if failed != nil {
		err = g.explain(failed)
	}
	return run, err
}

// awaitOn is Await, but the load ends when a node of its server dies: calls would be tried again until their deadlines.
func (g *Generator) awaitOn(server *Server) (*result.Run, error) {
	ended, dead := make(chan struct{}), make(chan *Node, len(server.nodes))
	var watch sync.WaitGroup
	for _, n := range server.nodes {
		watch.Go(func() {
			select {
			case <-n.gone:
				dead <- n
				g.cmd.Process.Kill()
			case <-ended:
			}
		})
	}
	run, err := g.Await()
	close(ended)
	watch.Wait()
	select {
	case n := <-dead:
		return nil, fmt.Errorf("%s died under the load", n.name)
	default:
		return run, err
	}
}

// Interrupt ends the load, and returns its run until then. Calls may have failed.
func (g *Generator) Interrupt() (*result.Run, error) {
	g.cmd.Process.Signal(os.Interrupt)
	failed := g.cmd.Wait()
	run, err := g.run()
	if err != nil && failed != nil {
		err = g.explain(failed)
	}
	return run, err
}

// Kill ends the load for good, if it has not ended.
func (g *Generator) Kill() {
	g.cmd.Process.Kill()
	g.cmd.Wait() // an error says that it had ended
	os.Remove(g.file)
}

func (g *Generator) explain(err error) error { return fmt.Errorf("%s: %w\n%s", g.cmd, err, &g.output) }

func (g *Generator) run() (*result.Run, error) {
	defer os.Remove(g.file)
	run, err := result.Open(g.file)
	if err != nil {
		return nil, err
	}
	if len(run.Steps) != 1 {
		return nil, fmt.Errorf("%s left %d steps; want 1", g.cmd, len(run.Steps))
	}
	return run, nil
}
