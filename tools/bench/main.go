// Bench measures numstore side by side with its peers: a bare grpc-go server that does nothing (peers/bare),
// which is the ceiling, and the course's server in Python (compat/reference). `go tool mage bench` builds
// what is needed and runs it.
//
// All servers run at the same time, and one of them is under load at a time. A round drives each of them
// with each number of callers, one after the other; the next round does it again, starting with another
// server. What the machine does meanwhile so falls on all of them alike, and ratios within a round hold
// although the figures drift.
//
// It writes results/DATE.jsonl (see the type record) and a page with plots beside it, and prints the table
// of the README.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/alecthomas/kong"

	"numstore.example/tools/internal/result"
)

// bench is the command line. Relative paths are as seen from the root of the checkout.
type bench struct {
	Rounds   int           `default:"5" help:"Rounds (default ${default})."`
	Duration time.Duration `default:"3s" help:"Length of each measurement, after a warm-up (default ${default})."`
	Callers  []int         `default:"1,8,64,256" help:"Numbers of callers (default ${default})."`
	Bin      string        `default:"bin" help:"Folder of the programs (default ${default})."`
	Python   string        `help:"Python interpreter with grpcio, for the reference server; without it that server is left out."`
	Results  string        `default:"tools/bench/results" help:"Folder to write to (default ${default})."`
}

// warmup comes before each measurement.
const warmup = 500 * time.Millisecond

func main() {
	var b bench
	kong.Parse(&b, kong.Name("bench"), kong.Description("Measures numstore side by side with its peers."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := b.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func (b *bench) run(ctx context.Context) error {
	scratch, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)

	servers, err := b.start(ctx)
	if err != nil {
		return err
	}
	defer stopAll(servers)
	runs := make([]result.Run, len(servers)) // all rounds of a server together, for the plots
	var samples []sample
	for round := range b.Rounds {
		for _, callers := range b.Callers {
			for i := range servers {
				i := (i + round) % len(servers)
				sample, run, err := b.measure(ctx, servers[i], round, callers, scratch)
				if err != nil {
					return err
				}
				fmt.Fprintln(os.Stderr, sample)
				samples = append(samples, sample)
				merge(&runs[i], run)
			}
		}
	}
	return b.report(ctx, samples, runs, scratch)
}

// start starts the servers.
func (b *bench) start(ctx context.Context) (servers []*server, err error) {
	commands := map[string][]string{
		bare:     {filepath.Join(b.Bin, "bare")},
		numstore: {filepath.Join(b.Bin, "numstore"), "--addr", "localhost:0", "--log-level", "warn"},
	}
	if b.Python != "" {
		commands[python] = []string{b.Python, "compat/reference/server.py", "--port", "0"}
	}
	for _, name := range serverNames {
		if commands[name] == nil {
			continue
		}
		server, err := startServer(ctx, name, commands[name])
		if err != nil {
			stopAll(servers)
			return nil, err
		}
		servers = append(servers, server)
	}
	return servers, nil
}

func stopAll(servers []*server) {
	for _, server := range servers {
		server.stop()
	}
}

// measure drives a server once, and returns the run of one step as well.
func (b *bench) measure(ctx context.Context, server *server, round, callers int, scratch string) (sample, *result.Run, error) {
	file := filepath.Join(scratch, "result.jsonl")
	load := exec.CommandContext(ctx, filepath.Join(b.Bin, "loadgen"), "run", server.port, "--label", server.name,
		"--clients", fmt.Sprint(callers), "--duration", b.Duration.String(), "--warmup", warmup.String(), "--out", file)
	before, err := server.cpu()
	if err != nil {
		return sample{}, nil, err
	}
	if output, err := load.CombinedOutput(); err != nil {
		return sample{}, nil, fmt.Errorf("%s: %w\n%s", load, err, output)
	}
	after, err := server.cpu()
	if err != nil {
		return sample{}, nil, err
	}
	run, err := result.Open(file)
	if err != nil {
		return sample{}, nil, err
	}
	if len(run.Steps) != 1 {
		return sample{}, nil, fmt.Errorf("%s left %d steps; want 1", load, len(run.Steps))
	}
	return newSample(server.name, round, callers, run.Steps[0], after-before), run, nil
}

// report writes the results, draws them, and prints the table.
func (b *bench) report(ctx context.Context, samples []sample, runs []result.Run, scratch string) error {
	if err := os.MkdirAll(b.Results, 0o755); err != nil {
		return err
	}
	name := filepath.Join(b.Results, time.Now().Format(time.DateOnly))
	if err := writeRecords(name+".jsonl", samples); err != nil {
		return err
	}
	draw := []string{"report", "--html", name + ".html"}
	for i, run := range runs {
		file := filepath.Join(scratch, fmt.Sprintf("%d.jsonl", i))
		if err := writeRun(file, &run); err != nil {
			return err
		}
		draw = append(draw, file)
	}
	if output, err := exec.CommandContext(ctx, filepath.Join(b.Bin, "loadgen"), draw...).CombinedOutput(); err != nil {
		return fmt.Errorf("loadgen report: %w\n%s", err, output)
	}
	fmt.Print(table(samples))
	fmt.Printf("\nwritten to %s.jsonl, drawn in %s.html\n", name, name)
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

// merge adds the one step of a run to all those of its server: to the step with as many clients, if there
// is one.
func merge(all *result.Run, run *result.Run) {
	step := run.Steps[0]
	if all.Header.Label == "" {
		all.Header = run.Header
		delete(all.Header.Parameters, "seed") // another one in each
	}
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
