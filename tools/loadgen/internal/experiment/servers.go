package experiment

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"numstore.example/tools/internal/lab"
	"numstore.example/tools/internal/ring"
	"numstore.example/tools/internal/study"
)

// servers asks what servers do together that know nothing of each other, when the client chooses among them by the key. All of them run at
// the same time, each a process of its own, and a load uses the first few. They share the processors and the memory of this machine with
// each other and with the client: what more machines would bring cannot be seen here, what the spreading costs can.
var servers = Experiment{
	Name: "servers", Title: "What do more servers bring, when the client spreads the keys over them?",
	Summary: "16 clients make 2000 calls each, puts, then gets, then deletes, on 1, 2, 3 and 4 independent servers by consistent hashing; how evenly keys are spread, and how many move",
	Targets: []Target{raftkvClerk}, Mixes: []string{"put", "get", "delete"}, Clients: []int{16}, Servers: []int{1, 2, 3, 4}, Requests: 2000,
	Measure: measureServers, Show: showServers,
}

// What the measurements of the experiment are called. Loads have the call as their series, and no place.
const (
	serversFactor = "servers"
	placeFactor   = "place" // of keys: whose share it is, or moved
	shared        = "share"
	moved         = "moved"
	shareFigure   = "% of the keys"
	toNewFigure   = "% to the new server"
	amongFigure   = "% among the others"
	evenFigure    = "% that one in as many is"
)

func measureServers(ctx context.Context, b *Bench) error {
	// The keys are filled in anew before each load: deletes leave few.
	w := Workload{Clients: b.Clients[0], Keys: cmp.Or(b.Keys, 10_000), Size: 128, Fill: true}
	// Where they are comes behind the loads, which are the question. Of very many keys the first few tell.
	const telling = 1_000_000
	defer func() {
		for _, number := range b.Servers {
			b.notePlaces(number, min(w.Keys, telling))
		}
	}()
	command, err := lab.RaftkvServers(b.Rig, b.Servers[len(b.Servers)-1])
	if err != nil {
		return err
	}
	all, err := b.Start(ctx, command)
	if err != nil {
		return err
	}
	for _, call := range b.Mixes {
		w := w
		if call == "delete" && b.Keys == 0 {
			w.Keys = keysToDelete(w.Clients, b.Requests)
		}
		for repeat := range b.Repeats {
			for i := range b.Servers {
				number := b.Servers[(i+repeat)%len(b.Servers)] // what else the machine does then falls on all alike
				b.measureRing(ctx, all, call, number, w, repeat)
			}
		}
	}
	return ctx.Err()
}

// keysToDelete is how many keys there are for such deletes. Each chooses its key at random, also one that is gone: of twice as many keys as
// there are deletes, these find about four in five.
func keysToDelete(clients, requests int) int { return min(2*clients*requests, greatestKeys) }

// measureRing has a call made on the first few servers.
func (b *Bench) measureRing(ctx context.Context, all *lab.Server, call string, number int, w Workload, repeat int) {
	if ctx.Err() != nil {
		return
	}
	at := map[string]string{serversFactor: strconv.Itoa(number)}
	load := lab.Load{Series: call, Callers: w.Clients, Calls: b.Requests, Command: func(addresses []string) []string {
		return append([]string{"loadgen", "run", strings.Join(addresses[:number], ","), "--service", "raftkv", "--ring", "--mix", call + "=100"}, w.flags()...)
	}}
	held, err := b.Hold(ctx, all, load)
	if err != nil {
		b.NoteFailure(ctx, call, at, repeat, err)
		return
	}
	figures := held.Figures()
	b.Note(study.Measurement{Series: call, At: at, Repeat: repeat, Figures: map[string]float64{
		callsFigure: figures[callsFigure], meanFigure: figures[meanFigure], p50Figure: figures[p50Figure], p99Figure: figures[p99Figure],
	}})
}

// notePlaces notes where the keys of a load are, on so many servers, and how many of them are elsewhere than with one server less.
func (b *Bench) notePlaces(number, keys int) {
	places := placesOf(number, keys)
	shares := make([]int, number)
	for _, place := range places {
		shares[place]++
	}
	percent := func(some int) float64 { return 100 * float64(some) / float64(keys) }
	at := func(place string) map[string]string {
		return map[string]string{serversFactor: strconv.Itoa(number), placeFactor: place}
	}
	for place, share := range shares {
		b.Note(study.Measurement{Series: fmt.Sprintf("server %d", place+1), At: at(shared), Figures: map[string]float64{shareFigure: percent(share)}})
	}
	if number == 1 {
		return // from none, all move
	}
	toNew, among := 0, 0
	for i, before := range placesOf(number-1, keys) {
		switch {
		case places[i] == before:
		case places[i] == number-1:
			toNew++
		default:
			among++
		}
	}
	b.Note(study.Measurement{Series: "keys that move", At: at(moved), Figures: map[string]float64{
		toNewFigure: percent(toNew), amongFigure: percent(among), evenFigure: 100 / float64(number),
	}})
}

// placesOf are the places of the keys of a load on so many servers.
func placesOf(number, keys int) []int {
	names := make([]string, number)
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	placed, err := ring.New(names) // the order alone counts
	if err != nil {
		panic(err) // of 1 to mostServers there is one
	}
	places := make([]int, keys)
	for i := range places {
		places[i] = placed.Place([]byte("key" + strconv.Itoa(i)))
	}
	return places
}

// showServers shows what each call makes of more servers, and what the ring makes of the keys.
func showServers(s *study.Study) []study.Panel {
	loads := only(s.Measurements, placeFactor, "")
	panels := []study.Panel{
		chart{title: "Throughput by servers", says: across(loads, serversFactor, callsFigure, counted("on", "server")) + threads(s.Header.Settings) + sharing(s.Header.Machine),
			factor: serversFactor, label: callsFigure, figures: []string{callsFigure}}.panel(loads),
		chart{title: "Average latency by servers", says: across(loads, serversFactor, meanFigure, counted("on", "server")), factor: serversFactor, label: "ms",
			figures: []string{meanFigure}}.panel(loads),
	}
	if shares := only(s.Measurements, placeFactor, shared); len(shares) > 0 {
		panels = append(panels, chart{title: "Where the keys are", says: evenness(shares), factor: serversFactor, label: shareFigure,
			figures: []string{shareFigure}}.panel(shares))
	}
	if moves := only(s.Measurements, placeFactor, moved); len(moves) > 0 {
		panels = append(panels, chart{title: "Keys that move when a server is added", says: takeover(moves), factor: serversFactor, label: shareFigure,
			figures: []string{toNewFigure, amongFigure, evenFigure}}.panel(moves))
	}
	return panels
}

// threads says how many calls a measurement is.
func threads(settings map[string]string) string {
	if settings["requests"] == "" {
		return "" // of another version
	}
	return fmt.Sprintf(" Clients: %s, each of which makes %s calls.", settings["clients"], settings["requests"])
}

// sharing says what more servers cannot bring where all of them run on one machine.
func sharing(machine study.Machine) string {
	if machine.CPUs == 0 {
		return "" // nobody knows
	}
	return fmt.Sprintf(" All servers and the client share the %d processors of one machine: more servers bring smaller bundles of calls, and not more processors.", machine.CPUs)
}

// evenness says what the least and the greatest share is where there are most servers.
func evenness(shares []study.Measurement) string {
	most, at := atMost(shares, shareFigure)
	if len(at) == 0 {
		return sentence(nil)
	}
	return fmt.Sprintf("Of %.0f servers, each has %s to %s %% of the keys; %s %% would be even.", most, number(slices.Min(at)), number(slices.Max(at)), number(100/most))
}

// takeover says how many keys the last server took when it was added.
func takeover(moves []study.Measurement) string {
	most, took := atMost(moves, toNewFigure)
	_, among := atMost(moves, amongFigure)
	if len(took) == 0 || len(among) == 0 {
		return sentence(nil)
	}
	return fmt.Sprintf("Server %.0f took over %s %% of the keys, where one in %.0f is %s %%; %s %% moved among the others.",
		most, number(took[0]), most, number(100/most), number(among[0]))
}

// atMost returns the values of a figure where there are most servers, of all series.
func atMost(all []study.Measurement, figure string) (most float64, values []float64) {
	for _, series := range seriesOf(all) {
		for x, cell := range pick(all, series, serversFactor, figure) {
			if x > most {
				most, values = x, nil
			}
			if x == most {
				values = append(values, cell.values...)
			}
		}
	}
	return most, values
}
