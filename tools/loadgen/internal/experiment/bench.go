package experiment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"numstore.example/tools/internal/cli"
	"numstore.example/tools/internal/lab"
	"numstore.example/tools/internal/study"
)

// Bench is what an experiment measures with. It is for one goroutine.
type Bench struct {
	*Plan
	Rig lab.Rig // its scratch folder is empty at first, and gone when the experiment has ended

	file     *study.Writer
	study    study.Study
	progress io.Writer
	servers  []*lab.Server // that run, or did
	cancel   context.CancelCauseFunc
}

// Run makes the experiment. It writes the study to file, each line at once, a line of progress for each measurement, and returns
// the study, which is whole, or says that it is cut, and why: when ctx has ended it was interrupted. Nothing that it started runs
// any more. The error says that there is no study at all.
func (p *Plan) Run(ctx context.Context, file, progress io.Writer) (*study.Study, error) {
	scratch, err := os.MkdirTemp(p.Scratch, "experiment-")
	if err != nil {
		return nil, fmt.Errorf("--scratch: %w", err)
	}
	defer os.RemoveAll(scratch)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	b := &Bench{Plan: p, Rig: lab.Rig{Bin: p.Bin, Scratch: scratch, Warmup: p.Warmup}, progress: progress, cancel: cancel}
	b.study.Header = study.Header{
		Format: study.Format, Experiment: p.Experiment.Name, Title: p.Experiment.Title, Started: time.Now(),
		Command: p.command(), Settings: p.settings(), Machine: lab.Machine(scratch), Versions: p.versions(ctx),
	}
	if b.file, err = study.NewWriter(file, b.study.Header); err != nil {
		return nil, err
	}
	err = p.Experiment.Measure(ctx, b)
	if ctx.Err() != nil {
		err = cmp.Or(context.Cause(ctx), err)
	}
	b.stop(0)
	end := study.End{Stopped: time.Now()}
	if errors.Is(err, context.Canceled) {
		end.Cut = "interrupted"
	} else if err != nil {
		end.Cut = cli.OneLine(err.Error())
	}
	b.study.End = &end
	b.file.End(end) // one that cannot be written was cut for that reason
	return &b.study, nil
}

// Start starts a server, which is stopped when the experiment ends, or what it was started in (see Apart). Whoever interrupts the
// experiment does not interrupt the server: it ends in order.
func (b *Bench) Start(ctx context.Context, command lab.Command) (*lab.Server, error) {
	server, err := lab.Start(ctx, command)
	if err == nil {
		b.servers = append(b.servers, server)
	}
	return server, err
}

// Apart calls f with a scratch folder of its own, and stops the servers that f has started, and removes the folder, when f returns.
func (b *Bench) Apart(f func() error) (err error) {
	outer, running := b.Rig, len(b.servers)
	defer func() { b.Rig = outer }()
	if b.Rig.Scratch, err = os.MkdirTemp(outer.Scratch, "apart-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.Rig.Scratch)
	defer b.stop(running)
	return f()
}

// stop stops the servers but the first few.
func (b *Bench) stop(from int) {
	for _, server := range b.servers[from:] {
		server.Stop()
	}
	b.servers = b.servers[:from]
}

// Note adds a measurement: to the file, at once, and as a line of progress. If it cannot be written, the experiment is over. One with a
// figure that is no finite number has failed.
func (b *Bench) Note(m study.Measurement) {
	for name, value := range m.Figures {
		if math.IsNaN(value) || math.IsInf(value, 0) {
			m.Figures, m.Failure = nil, fmt.Sprintf("%s is %v", name, value)
			break
		}
	}
	if err := b.file.Add(m); err != nil {
		b.cancel(err)
	}
	b.study.Measurements = append(b.study.Measurements, m)
	fmt.Fprintln(b.progress, cli.OneLine(line(m)))
}

// line is what is said of a measurement while the experiment goes on.
func line(m study.Measurement) string {
	parts := []string{m.Series}
	for _, factor := range slices.Sorted(maps.Keys(m.At)) {
		parts = append(parts, factor+" "+m.At[factor])
	}
	text := strings.Join(parts, ", ") + ": "
	if m.Failure != "" {
		return text + "FAILED: " + m.Failure
	}
	var says []string
	for _, name := range figuresToTell(m) {
		says = append(says, number(m.Figures[name])+" "+name)
	}
	for _, name := range slices.Sorted(maps.Keys(m.Words)) {
		says = append(says, name+": "+m.Words[name])
	}
	return text + strings.Join(says, ", ")
}

// figuresToTell are the names of the figures that matter most, or of all if those are not there.
func figuresToTell(m study.Measurement) []string {
	all := slices.Sorted(maps.Keys(m.Figures))
	if _, load := m.Figures[callsFigure]; load {
		return slices.DeleteFunc([]string{callsFigure, p50Figure, p99Figure}, func(name string) bool { return !slices.Contains(all, name) })
	}
	return all
}
