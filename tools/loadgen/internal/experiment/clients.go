package experiment

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"numstore.example/tools/internal/study"
)

// clients asks how far throughput rises with clients. All servers run at the same time, and one of them is under load at a time: so what
// else the machine does falls on all alike.
var clients = Experiment{
	Name: "clients", Title: "How many clients does it take until throughput rises no more?",
	Summary: "1, 2, 4 … clients, half gets and half puts of 128 bytes, until twice as many bring less than 5 % more, two times in a row",
	Targets: []Target{raftkvClerk, raftkvUnary, etcd, redisAlways},
	Clients: []int{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024},
	Measure: measureClients, Show: showClients,
}

// clientsFactor is the number of clients.
const clientsFactor = "clients"

func measureClients(ctx context.Context, b *Bench) error {
	w := Workload{Gets: 50, Keys: cmp.Or(b.Keys, 1000), Size: 128}
	rising := b.startFilled(ctx, b.Targets, w, map[string]string{clientsFactor: strconv.Itoa(b.Clients[0])})
	steps := make(map[string][]float64) // medians of throughput, by series
	for _, w.Clients = range b.Clients {
		step := b.measureAll(ctx, rising, w, map[string]string{clientsFactor: strconv.Itoa(w.Clients)})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		rising = slices.DeleteFunc(rising, func(s started) bool {
			if len(step[s.Series]) < b.Repeats {
				return true // it failed
			}
			steps[s.Series] = append(steps[s.Series], median(slices.Sorted(slices.Values(step[s.Series]))))
			return risesNoMore(steps[s.Series])
		})
	}
	return nil
}

// risesNoMore says whether more clients are of no use, from the throughput with 1, 2, 4 … of them: it rose by less than 5 % in each
// of the last two steps. One flat step may be noise.
func risesNoMore(throughput []float64) bool {
	const least = 1.05
	n := len(throughput)
	return n >= 3 && throughput[n-1] < least*throughput[n-2] && throughput[n-2] < least*throughput[n-3]
}

// showClients shows throughput and latency by the number of clients.
func showClients(s *study.Study) []study.Panel {
	return []study.Panel{
		chart{title: "Throughput by clients", says: mostCalls(s.Measurements), factor: clientsFactor, label: callsFigure,
			figures: []string{callsFigure}, logX: true}.panel(s.Measurements),
		chart{title: "Latency by clients", says: across(s.Measurements, clientsFactor, p50Figure, counted("with", "client")),
			factor: clientsFactor, label: "ms", figures: []string{p50Figure, p99Figure}, logX: true, logY: true}.panel(s.Measurements),
	}
}

// mostCalls says for each series with how many clients it answered most.
func mostCalls(all []study.Measurement) string {
	var parts []string
	for _, series := range seriesOf(all) {
		var best study.Point
		for x, cell := range pick(all, series, clientsFactor, callsFigure) {
			p, there := cell.point(x)
			if there && (p.Y > best.Y || p.Y == best.Y && p.X < best.X) {
				best = p
			}
		}
		if best.Y > 0 {
			parts = append(parts, fmt.Sprintf("%s answered most %s, %s calls/s", series, counted("with", "client")(best.X), number(best.Y)))
		}
	}
	return sentence(parts)
}
