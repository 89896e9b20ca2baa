package experiment

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"numstore.example/tools/internal/lab"
	"numstore.example/tools/internal/study"
)

// restart asks whether a server that has more data takes longer to come back. One server runs at a time; its data grows from size to size,
// and what the disk has read stays in the memory of the machine.
var restart = Experiment{
	Name: "restart", Title: "How long is a server away after kill -9, and does that grow with its data?",
	Summary: "values of 16 KiB, up to each size in turn; kill -9, start, and the time to the first correct read and to the first acknowledged write",
	Targets: []Target{raftkvClerk, etcd, redisAlways},
	Sizes:   []Size{128 * MiB, 512 * MiB, GiB}, Real: []Size{GiB, 2 * GiB, 4 * GiB},
	Needs: restartNeeds, Measure: measureRestart, Show: showRestart,
}

// What the measurements of the experiment are called. Both figures are from the start of the process.
const (
	dataFactor  = "data MiB"
	readFigure  = "first read s"
	writeFigure = "first write s"
)

// rewritten is how many pieces are written again between two crashes, so that each leaves a log that is not empty.
const rewritten = 2048

// etcdHolds is how much data an etcd takes: by its own default its file has 2 GiB, which are more than values.
const etcdHolds = 3 * GiB / 2

// restartNeeds is what the largest size needs. Of raftkv that is its values in the tables, some of them twice while they are compacted, and
// those that come meanwhile in the log; peers keep more of a log, and Redis writes all of it again beside the old one.
func restartNeeds(p *Plan) Size {
	need := 2*p.Sizes[len(p.Sizes)-1] + 256*MiB
	if slices.ContainsFunc(p.Targets, func(t Target) bool { return t.Peer }) {
		need += p.Sizes[len(p.Sizes)-1] + GiB
	}
	return need
}

func measureRestart(ctx context.Context, b *Bench) error {
	for _, target := range b.Targets {
		if err := b.Apart(func() error { return b.measureRestarts(ctx, target) }); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// measureRestarts fills a target to each size in turn, and has it recover.
func (b *Bench) measureRestarts(ctx context.Context, t Target) error {
	command, err := t.Command(b.Rig)
	if err != nil {
		return err
	}
	filled := 0
	for _, size := range b.Sizes {
		at := map[string]string{dataFactor: strconv.FormatFloat(float64(size)/float64(MiB), 'f', -1, 64)}
		if t.Name == etcd.Name && size > etcdHolds {
			b.NoteLeftOut(t.Series, at, fmt.Sprintf("it takes up to %v, by its own default", etcdHolds))
			continue
		}
		pieces := max(filled, int(size/lab.PieceSize), 1)
		if err := lab.Fill(ctx, command, filled, pieces, b.filling(t.Series, size, pieces-filled)); err != nil {
			b.NoteFailure(ctx, t.Series, at, 0, fmt.Errorf("filling up to %v: %w", size, err))
			return ctx.Err() // of the data nobody knows how much there is
		}
		filled = pieces
		for repeat := range b.Repeats {
			recovery, err := lab.Recover(ctx, command, filled, rewritten)
			if err != nil {
				b.NoteFailure(ctx, t.Series, at, repeat, err)
				continue
			}
			b.Note(study.Measurement{Series: t.Series, At: at, Repeat: repeat,
				Figures: map[string]float64{readFigure: recovery.Read, writeFigure: recovery.Write}})
		}
	}
	return ctx.Err()
}

// filling tells of each tenth of so many pieces when it is there.
func (b *Bench) filling(series string, upTo Size, pieces int) (each func()) {
	var mu sync.Mutex
	done := 0
	return func() {
		mu.Lock()
		defer mu.Unlock()
		done++
		if tenths := done * 10 / pieces; tenths > (done-1)*10/pieces {
			fmt.Fprintf(b.progress, "%s, filling up to %v: %d %%\n", series, upTo, 10*tenths)
		}
	}
}

// showRestart shows both times by the data that was there.
func showRestart(s *study.Study) []study.Panel {
	return []study.Panel{
		chart{title: "Back after kill -9, by data", says: growth(s.Measurements), factor: dataFactor, label: "s",
			figures: []string{readFigure, writeFigure}}.panel(s.Measurements),
	}
}

// growth says how long the first read took with the least data and with the most.
func growth(all []study.Measurement) string {
	parts := ofEnds(all, dataFactor, readFigure, func(series string, first, last study.Point) string {
		part := fmt.Sprintf("%s %s s after its start with %g MiB of data", series, number(first.Y), first.X)
		if last.X > first.X && first.X > 0 && first.Y > 0 {
			part += fmt.Sprintf(", %s s with %g MiB (%s times the data, %s times the time)", number(last.Y), last.X, number(last.X/first.X), number(last.Y/first.Y))
		}
		return part
	})
	if parts == nil {
		return sentence(nil)
	}
	return "The first correct read: " + sentence(parts)
}
