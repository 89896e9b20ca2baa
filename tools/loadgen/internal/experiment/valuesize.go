package experiment

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"numstore.example/tools/internal/study"
)

// valueSize asks what large values cost. Each size has servers of its own, with nothing but that size in them.
var valueSize = Experiment{
	Name: "value-size", Title: "What does the size of values cost?",
	Summary: "values of 512 B to 4 MiB, gets alone and half gets and half puts, by 4 clients; with --full more data than raftkv's cache holds",
	Targets: []Target{raftkvClerk, etcd, redisAlways},
	Sizes:   valueSizes, Real: valueSizes, Mixes: []string{readOnly, halfHalf}, Clients: []int{4},
	Needs: valueSizeNeeds, Measure: measureValueSize, Show: showValueSize,
}

// What the measurements of the experiment are called.
const (
	sizeFactor  = "value bytes"
	mixFactor   = "mix"
	bytesFigure = "MB/s" // of values, read and written; a MB is 1,000,000 bytes
	readOnly    = "read-only"
	halfHalf    = "50/50"
)

var (
	valueSizes = []Size{512, 4 * KiB, 512 * KiB, MiB, 4 * MiB}
	gets       = map[string]int{readOnly: 100, halfHalf: 50} // in per cent
)

// sized is the workload of a size: enough keys that they have so much data together. The cache of raftkv has 64 MiB.
func (p *Plan) sized(size Size) Workload {
	data := 32 * MiB
	if p.Full {
		data = 256 * MiB
	}
	const fewest = 8 // so that clients do not all ask for the same
	return Workload{Clients: p.Clients[0], Keys: cmp.Or(p.Keys, int(max(data/size, fewest))), Size: size}
}

// valueSizeNeeds is what the size with the most data needs: each target has it in its log and in its tables, and while they are
// compacted again; and what is written while it is measured, at half a gigabyte in a second.
func valueSizeNeeds(p *Plan) (need Size) {
	measured := time.Duration(p.Repeats*len(p.Targets)) * (p.Warmup + p.Duration)
	for _, size := range p.Sizes {
		data := Size(p.sized(size).Keys) * size
		need = max(need, 3*data*Size(len(p.Targets)))
	}
	return need + Size(measured.Seconds()*float64(512*MiB))
}

func measureValueSize(ctx context.Context, b *Bench) error {
	for _, size := range b.Sizes {
		if err := b.Apart(func() error { return b.measureSize(ctx, size) }); err != nil {
			return err
		}
	}
	return nil
}

// measureSize measures all mixes of a size.
func (b *Bench) measureSize(ctx context.Context, size Size) error {
	at := func(mix string) map[string]string {
		return map[string]string{sizeFactor: strconv.FormatInt(int64(size), 10), mixFactor: mix}
	}
	var all []map[string]string
	for _, mix := range b.Mixes {
		all = append(all, at(mix))
	}
	var takes []Target
	for _, t := range b.Targets {
		if t.Largest == 0 || size <= t.Largest {
			takes = append(takes, t)
			continue
		}
		for _, at := range all {
			b.NoteLeftOut(t.Series, at, fmt.Sprintf("it takes values of up to %v", t.Largest))
		}
	}
	w := b.sized(size)
	servers := b.startFilled(ctx, takes, w, all...)
	for _, mix := range b.Mixes {
		w.Gets = gets[mix]
		b.measureAll(ctx, servers, w, at(mix))
	}
	return ctx.Err()
}

// showValueSize shows latency, calls and bytes by the size of values, each mix by itself.
func showValueSize(s *study.Study) (panels []study.Panel) {
	for _, mix := range valuesOf(s.Measurements, mixFactor) {
		of := only(s.Measurements, mixFactor, mix)
		for _, c := range []chart{
			{title: "Latency", label: "ms", figures: []string{p50Figure, p99Figure}, beside: []string{p95Figure, meanFigure}},
			{title: "Throughput", label: callsFigure, figures: []string{callsFigure}},
			{title: "Bytes of values", label: bytesFigure, figures: []string{bytesFigure}},
		} {
			c.says = across(of, sizeFactor, c.figures[0], func(x float64) string { return "at " + bytesText(x) })
			c.title, c.factor, c.logX, c.logY = fmt.Sprintf("%s by value size, %s", c.title, mix), sizeFactor, true, true
			c.place = bytesText
			panels = append(panels, c.panel(of))
		}
	}
	return panels
}

// bytesText is a size that was measured.
func bytesText(x float64) string { return Size(x).String() }

// valuesOf returns the values of a factor in the order in which they were first measured.
func valuesOf(all []study.Measurement, factor string) (values []string) {
	for _, m := range all {
		if value, there := m.At[factor]; there && !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	return values
}

// only returns the measurements whose factor has a value.
func only(all []study.Measurement, factor, value string) (some []study.Measurement) {
	for _, m := range all {
		if m.At[factor] == value {
			some = append(some, m)
		}
	}
	return some
}
