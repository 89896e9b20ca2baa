package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"numstore.example/tools/internal/drive"
	"numstore.example/tools/internal/result"
	"numstore.example/tools/loadgen/internal/table"
)

// progress tells a person how far a run is: with a bar on a terminal, else with a line for each step.
type progress struct {
	out      io.Writer
	terminal bool
	steps    int
	ended    int
	stop     func() // ends the bar of the present step
}

func newProgress(out io.Writer, loads []drive.Load) *progress {
	file, isFile := out.(*os.File)
	return &progress{out: out, terminal: isFile && term.IsTerminal(int(file.Fd())), steps: len(loads), stop: func() {}}
}

func (p *progress) begin(load drive.Load) {
	if !p.terminal {
		return
	}
	name := table.Load(result.Step{Clients: load.Clients, Rate: load.Rate})
	length := load.Warmup + load.Duration
	full := length.Milliseconds()
	if load.Calls > 0 {
		length, full = math.MaxInt64, -1 // nobody knows how long they take: a spinner
	}
	bar := progressbar.NewOptions64(full,
		progressbar.OptionSetWriter(p.out),
		progressbar.OptionSetDescription(fmt.Sprintf("step %d of %d, %s", p.ended+1, p.steps, name)),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetWidth(30),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetPredictTime(false),
	)
	p.stop = animate(bar, length)
}

// animate moves a bar with the time until it is stopped.
func animate(bar *progressbar.ProgressBar, length time.Duration) (stop func()) {
	start, quit, gone := time.Now(), make(chan struct{}), make(chan struct{})
	ticker := time.NewTicker(200 * time.Millisecond)
	go func() {
		defer close(gone)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				// The bar is full when the step has ended, and not when its last calls are waited for.
				bar.Set64(min(time.Since(start), length-time.Millisecond).Milliseconds())
			case <-quit:
				bar.Finish()
				return
			}
		}
	}()
	return func() { close(quit); <-gone }
}

func (p *progress) end(step result.Step) {
	p.finish()
	p.ended++
	if !p.terminal {
		p.say("step %d of %d, %s: %.0f calls/s, p99 %.3f ms, %d errors",
			p.ended, p.steps, table.Load(step), step.Throughput, step.Latency.Milliseconds(99), step.Failed())
	}
}

// finish ends what moves.
func (p *progress) finish() {
	p.stop()
	p.stop = func() {}
}

func (p *progress) say(format string, args ...any) {
	fmt.Fprintf(p.out, "loadgen: "+format+"\n", args...)
}
