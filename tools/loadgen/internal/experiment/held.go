package experiment

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"numstore.example/tools/internal/cli"
	"numstore.example/tools/internal/lab"
	"numstore.example/tools/internal/result"
	"numstore.example/tools/internal/study"
)

// Names of the figures of a load.
const (
	callsFigure   = "calls/s"
	p50Figure     = "p50 ms"
	p95Figure     = "p95 ms"
	p99Figure     = "p99 ms"
	meanFigure    = "mean ms"
	cpuFigure     = "CPU s/100,000 calls"    // of the server's processes
	writtenFigure = "bytes written/call"     // to disk, by the server's processes
	wireFigure    = "bytes on the wire/call" // of this machine, headers included, between servers too
)

// Held is what came of a load.
type Held struct {
	Run  *result.Run // of one step
	Used lab.Usage   // by the server, the warm-up included

	warmup time.Duration
}

// Hold has a load held on a server for the length of a measurement, or for its Calls. The error says that it was not held, that a call failed, or that a
// get found its key missing: then there are no figures that mean anything.
func (b *Bench) Hold(ctx context.Context, server *lab.Server, load lab.Load) (Held, error) {
	run, used, err := b.Rig.Run(ctx, load, server, b.Duration)
	switch {
	case err != nil:
	case run.Steps[0].CutShort != "":
		err = errors.New("the load ended early: " + run.Steps[0].CutShort)
	case run.Steps[0].Marks["missing"] > 0:
		err = fmt.Errorf("%d gets found no value, though every key was written before", run.Steps[0].Marks["missing"])
	case run.Steps[0].Answered() == 0:
		err = errors.New("no call was answered in time")
	}
	warmup := b.Warmup
	if load.Calls > 0 {
		warmup = 0
	}
	return Held{run, used, warmup}, err
}

// Figures are those of the load, by name.
func (h Held) Figures() map[string]float64 {
	step := h.Run.Steps[0]
	calls := max(step.Throughput*(step.Seconds+h.warmup.Seconds()), 1) // of the warm-up, too: what was used is of both
	return map[string]float64{
		callsFigure: step.Throughput, meanFigure: step.Latency.Mean() / float64(time.Millisecond),
		p50Figure: step.Latency.Milliseconds(50), p95Figure: step.Latency.Milliseconds(95), p99Figure: step.Latency.Milliseconds(99),
		cpuFigure: h.Used.CPU.Seconds() / calls * 100_000, writtenFigure: h.Used.Written / calls,
		wireFigure: h.Used.Loopback / calls,
	}
}

// NoteFailure notes that something could not be measured, and why; nothing if the experiment was interrupted.
func (b *Bench) NoteFailure(ctx context.Context, series string, at map[string]string, repeat int, err error) {
	if ctx.Err() == nil {
		b.Note(study.Measurement{Series: series, At: at, Repeat: repeat, Failure: cli.OneLine(err.Error())})
	}
}

// NoteLeftOut notes that something is not measured, and why: it is no failure.
func (b *Bench) NoteLeftOut(series string, at map[string]string, why string) {
	b.Note(study.Measurement{Series: series, At: at, Words: map[string]string{leftOut: why}})
}

// leftOut is the word of a measurement that was not made.
const leftOut = "left out"

// started is a target that runs.
type started struct {
	Target
	server *lab.Server
}

// startFilled starts targets, each in a folder of its own, with all keys of a workload there. Those that do not come to it are noted as
// failures under each of the conditions, and left out.
func (b *Bench) startFilled(ctx context.Context, targets []Target, w Workload, at ...map[string]string) (all []started) {
	for _, t := range targets {
		server, err := b.startOne(ctx, t, w)
		if err != nil {
			for _, at := range at {
				b.NoteFailure(ctx, t.Series, at, 0, err)
			}
			continue
		}
		all = append(all, started{t, server})
	}
	return all
}

func (b *Bench) startOne(ctx context.Context, t Target, w Workload) (*lab.Server, error) {
	rig := b.Rig
	rig.Scratch = filepath.Join(b.Rig.Scratch, t.Name)
	if err := os.Mkdir(rig.Scratch, 0o700); err != nil {
		return nil, err
	}
	command, err := t.Command(rig)
	if err != nil {
		return nil, err
	}
	server, err := b.Start(ctx, command)
	if err != nil {
		return nil, err
	}
	w.Clients, w.Gets, w.Fill = 1, 100, true
	rig.Warmup = 0
	_, _, err = rig.Run(ctx, t.Load(t, w), server, time.Millisecond) // the load itself is of no interest
	return server, err
}

// measureAll holds a workload on each server in turn, and again until all repeats are made, beginning with another server each time; it
// notes what came of it under such conditions, and returns the throughputs of each series. A series that fails is not tried again.
func (b *Bench) measureAll(ctx context.Context, servers []started, w Workload, at map[string]string) map[string][]float64 {
	all, failed := make(map[string][]float64), make(map[string]bool)
	for repeat := range b.Repeats {
		for i := range servers {
			s := servers[(i+repeat)%len(servers)]
			if failed[s.Series] || ctx.Err() != nil {
				continue
			}
			held, err := b.Hold(ctx, s.server, s.Load(s.Target, w))
			if err != nil {
				failed[s.Series] = true
				b.NoteFailure(ctx, s.Series, at, repeat, err)
				continue
			}
			figures := held.Figures()
			figures[bytesFigure] = figures[callsFigure] * float64(w.Size) / 1e6
			all[s.Series] = append(all[s.Series], figures[callsFigure])
			b.Note(study.Measurement{Series: s.Series, At: at, Repeat: repeat, Figures: figures})
		}
	}
	return all
}
