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
	Duration time.Duration `default:"3s" help:"Length of each measurement, after a warm-up of half a second (default ${default})."`
	Callers  []int         `default:"1,8,64,256" help:"Numbers of callers (default ${default})."`
	Bin      string        `default:"bin" help:"Folder of the programs (default ${default})."`
	Python   string        `help:"Python interpreter with grpcio, for the reference server; without it that server is left out."`
	Results  string        `default:"tools/bench/results" help:"Folder to write to (default ${default})."`
}

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
				sample, step, err := b.measure(ctx, servers[i], round, callers, scratch)
				if err != nil {
					return err
				}
				fmt.Fprintln(os.Stderr, sample)
				samples = append(samples, sample)
				merge(&runs[i], servers[i].name, step)
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

// measure drives a server once.
func (b *bench) measure(ctx context.Context, server *server, round, callers int, scratch string) (sample, result.Step, error) {
	file := filepath.Join(scratch, "result.jsonl")
	load := exec.CommandContext(ctx, filepath.Join(b.Bin, "loadgen"), "run", server.port,
		"--clients", fmt.Sprint(callers), "--duration", b.Duration.String(), "--warmup", "500ms", "--out", file)
	before, err := server.cpu()
	if err != nil {
		return sample{}, result.Step{}, err
	}
	if output, err := load.CombinedOutput(); err != nil {
		return sample{}, result.Step{}, fmt.Errorf("%s: %w\n%s", load, err, output)
	}
	after, err := server.cpu()
	if err != nil {
		return sample{}, result.Step{}, err
	}
	run, err := result.Open(file)
	if err != nil {
		return sample{}, result.Step{}, err
	}
	if len(run.Steps) != 1 {
		return sample{}, result.Step{}, fmt.Errorf("%s left %d steps; want 1", load, len(run.Steps))
	}
	step := run.Steps[0]
	return newSample(server.name, round, callers, step, after-before), step, nil
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

// merge adds a step to the run of its server: to the step with as many clients, if there is one.
func merge(run *result.Run, name string, step result.Step) {
	if run.Header.Label == "" {
		run.Header = result.Header{Label: name, Service: "numstore", Target: name, Started: step.Started}
	}
	for i := range run.Steps {
		merged := &run.Steps[i]
		if merged.Clients != step.Clients {
			continue
		}
		seconds := merged.Seconds + step.Seconds
		merged.Throughput = (merged.Throughput*merged.Seconds + step.Throughput*step.Seconds) / seconds
		for call, count := range step.Calls {
			merged.Calls[call] += count
		}
		merged.Latency.Merge(step.Latency.Histogram)
		for _, interval := range step.Intervals {
			interval.Step = merged.Number
			interval.Start += merged.Seconds
			merged.Intervals = append(merged.Intervals, interval)
		}
		merged.Seconds, merged.Stopped = seconds, step.Stopped
		return
	}
	step.Number = len(run.Steps)
	for i := range step.Intervals {
		step.Intervals[i].Step = step.Number
	}
	run.Steps = append(run.Steps, step)
}
