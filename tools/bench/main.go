// Bench measures a service side by side with its peers, in suites: numstore beside a bare grpc-go server that does nothing
// (peers/bare), which is the ceiling, and the course's server in Python (compat/reference); raftkv beside etcd (peers/etcd)
// and Redis, where there is one on PATH, which are driven through Go clients of their own, and a put that only syncs
// (peers/syncput); gossipkv beside raftkv, and a put that syncs together with others. Further suites have clusters of raftkv
// and of etcd, and what happens to them. `go tool mage bench` builds what is needed and runs all.
//
// All servers of a suite run at the same time, and one of them is under load at a time. A round holds each
// load on each server, one after the other; the next round does it again, starting with another server. What
// the machine does meanwhile so falls on all of them alike, and ratios within a round hold although the
// figures drift.
//
// Interrupted, it keeps what was measured until then.
//
// It writes results/DATE-SUITE.jsonl (see the type record), or DATE-SUITE-part.jsonl when it did not come to its end, and a
// page with plots beside it, and prints the tables of README.md beside it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"numstore.example/tools/internal/cli"
	"numstore.example/tools/internal/lab"
	"numstore.example/tools/internal/result"
)

// bench is the command line. Relative paths are as seen from the root of the checkout.
type bench struct {
	Suite    string        `arg:"" enum:"${suites}" help:"What to measure: ${enum}."`
	Rounds   int           `default:"5" help:"Rounds; 0 measures restarts alone (default ${default})."`
	Duration time.Duration `default:"3s" help:"Length of each measurement (default ${default})."`
	Warmup   time.Duration `default:"500ms" help:"Time before each measurement that is not counted (default ${default})."`
	Keys     int           `default:"1000" help:"raftkv, gossipkv: Number of keys; the puts of the first round must reach them all (default ${default})."`
	Callers  []int         `default:"1,8,64,256" help:"numstore: numbers of callers (default ${default})."`
	Restart  []int         `default:"1,4" help:"raftkv: GiB of data to restart with, growing; 0 for no restart (default ${default})."`
	Away     time.Duration `default:"1m" help:"raftkv-catchup: How long a node is away (default ${default})."`
	Bin      string        `default:"bin" help:"Folder of the programs (default ${default})."`
	Scratch  string        `help:"Folder to make a temporary folder in, for the servers' data; it decides which disk is measured (default: the system's)."`
	Python   string        `help:"numstore: Python interpreter with grpcio, for the reference server; without it that server is left out."`
	Results  string        `default:"tools/bench/results" help:"Folder to write to (default ${default})."`

	scratch string // the temporary folder
}

func main() {
	os.Exit(run(cli.UntilInterrupted(), os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without the process around it. It returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var b bench
	program := cli.Program{Name: "bench", Summary: "Measures a service side by side with its peers.", Stdout: stdout, Stderr: stderr}
	command, status := program.Parse(&b, args, kong.Vars{"suites": strings.Join(slices.Sorted(maps.Keys(suites)), ",")})
	if command == nil {
		return status
	}
	if err := b.run(ctx); err != nil {
		fmt.Fprintf(stderr, "bench: %v\n", err) // with what a program printed, which has many lines
		return cli.Failed
	}
	return cli.OK
}

// run runs the suite.
func (b *bench) run(ctx context.Context) (err error) {
	if b.scratch, err = os.MkdirTemp(b.Scratch, "bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.scratch)
	suite, err := suites[b.Suite](b)
	if err != nil {
		return err
	}
	for _, left := range suite.left {
		fmt.Fprintf(os.Stderr, "bench: left out: %s\n", left)
	}
	findings, err := b.measureAll(ctx, suite)
	if err == nil && suite.restart != nil {
		findings.restarts, err = suite.restart(ctx, b)
	}
	if ctx.Err() != nil {
		err = errors.New("interrupted; what was measured until then is kept")
	}
	if len(findings.samples)+len(findings.restarts)+len(findings.events)+len(findings.readings) == 0 {
		return err
	}
	name := time.Now().Format(time.DateOnly) + "-" + b.Suite
	if err != nil {
		name += "-part" // not in place of a whole one of the same day
	}
	return errors.Join(err, b.report(context.WithoutCancel(ctx), suite, findings, name))
}

// rig is where the programs are, and the data of the servers.
func (b *bench) rig() lab.Rig { return lab.Rig{Bin: b.Bin, Scratch: b.scratch, Warmup: b.Warmup} }

// findings is what a suite has measured.
type findings struct {
	samples  []sample
	runs     []*result.Run // for the plots: all rounds of a series together
	restarts []restart
	events   []event
	readings []reading
}

// measureAll starts the servers, holds all loads on them, round by round, and stops them.
func (b *bench) measureAll(ctx context.Context, suite *suite) (f findings, err error) {
	servers := make(map[string]*lab.Server)
	defer func() {
		for _, server := range servers {
			server.Stop()
		}
	}()
	for _, command := range suite.servers {
		server, err := lab.Start(ctx, command)
		if err != nil {
			return f, err
		}
		servers[command.Name] = server
	}
	for round := range b.Rounds {
		for _, group := range suite.groups {
			for i := range group {
				load := group[(i+round)%len(group)]
				sample, run, err := b.measure(ctx, load, servers[load.server], round)
				if err != nil {
					return f, err
				}
				fmt.Fprintln(os.Stderr, sample)
				f.samples = append(f.samples, sample)
				f.merge(run)
			}
		}
		if suite.incident != nil {
			if err := b.measureIncident(ctx, suite.incident, servers, round, &f); err != nil {
				return f, err
			}
		}
		if err := b.measureTrials(ctx, suite.trials, servers, round, &f); err != nil {
			return f, err
		}
	}
	return f, nil
}

// measure holds a load on a server once, and returns the run of one step as well.
func (b *bench) measure(ctx context.Context, load load, server *lab.Server, round int) (sample, *result.Run, error) {
	run, used, err := b.rig().Run(ctx, load.Load, server, b.Duration)
	if err == nil {
		err = allThere(run)
	}
	if err != nil {
		return sample{}, nil, err
	}
	return newSample(load, round, run.Steps[0], b.Warmup, used), run, nil
}

// report writes the results, draws them, and prints the tables.
func (b *bench) report(ctx context.Context, suite *suite, f findings, name string) error {
	if err := os.MkdirAll(b.Results, 0o755); err != nil {
		return err
	}
	ratios := append(suite.ratios(f.samples), suite.incidentRatios(f.events)...)
	name = filepath.Join(b.Results, name)
	if err := writeRecords(name+".jsonl", f, ratios); err != nil {
		return err
	}
	drawn := ""
	if len(f.runs) > 0 { // before anything is printed: perhaps nobody reads it
		if err := b.draw(ctx, f.runs, name+".html"); err != nil {
			return err
		}
		drawn = fmt.Sprintf(", drawn in %s.html", name)
	}
	_, err := fmt.Printf("%s\nwritten to %s.jsonl%s\n", suite.tables(f, ratios), name, drawn)
	return err
}

// draw makes the page of some runs.
func (b *bench) draw(ctx context.Context, runs []*result.Run, page string) error {
	draw := []string{"report", "--html", page}
	for i, run := range runs {
		file := filepath.Join(b.scratch, fmt.Sprintf("%d.jsonl", i))
		if err := writeRun(file, run); err != nil {
			return err
		}
		draw = append(draw, file)
	}
	if output, err := exec.CommandContext(ctx, filepath.Join(b.Bin, "loadgen"), draw...).CombinedOutput(); err != nil {
		return fmt.Errorf("loadgen report: %w\n%s", err, output)
	}
	return nil
}

func writeRun(name string, run *result.Run) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := run.Write(file); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}
