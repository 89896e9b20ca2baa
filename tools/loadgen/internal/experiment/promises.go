package experiment

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"numstore.example/tools/internal/cli"
	"numstore.example/tools/internal/history"
	"numstore.example/tools/internal/lab"
	"numstore.example/tools/internal/study"
	"numstore.example/tools/loadgen/internal/model"
	"numstore.example/tools/loadgen/internal/service"
)

// promisesKept asks what promises cost. The load whose price is measured is recorded, its history checked, and what it has acknowledged
// looked for when all servers have been killed and started again; of several, one is killed then, and the others have to go on. One store
// runs at a time. There is no warm-up: a history has all calls.
var promisesKept = Experiment{
	Name: "promises", Title: "What does each promise cost, and was it kept?",
	Summary: "the same keys, values and callers on every store, half gets and half puts; all calls are recorded and checked, all servers killed and asked again",
	Targets: targetsOf(stores), Clients: []int{16},
	Measure: measurePromises, Show: showPromises,
}

func measurePromises(ctx context.Context, b *Bench) error {
	w := Workload{Clients: b.Clients[0], Gets: 50, Keys: cmp.Or(b.Keys, 100), Size: 128}
	at := map[string]string{clientsFactor: strconv.Itoa(w.Clients)}
	for repeat := range b.Repeats {
		for _, t := range b.Targets {
			i := slices.IndexFunc(stores, func(s store) bool { return s.Name == t.Name })
			err := b.Apart(func() error { return stores[i].measure(ctx, b, w, at, repeat) })
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				b.NoteFailure(ctx, t.Series, at, repeat, err)
			}
		}
	}
	return nil
}

// measure notes the price, and what becomes of each promise.
func (s store) measure(ctx context.Context, b *Bench, w Workload, at map[string]string, repeat int) error {
	command, err := s.Command(b.Rig)
	if err != nil {
		return err
	}
	server, err := b.Start(ctx, command)
	if err != nil {
		return err
	}
	plain, file := s.Load(s.Target, w), ""
	load := plain
	if s.service != "" {
		file = filepath.Join(b.Rig.Scratch, "history.jsonl")
		load = recorded(plain, file, s.limit)
	}
	rig := b.Rig
	rig.Warmup = 0
	run, used, err := rig.Run(ctx, load, server, b.Duration)
	if err == nil && run.Steps[0].Answered() == 0 {
		err = fmt.Errorf("no call was answered within %v", b.Duration)
	}
	if err != nil {
		return err
	}
	b.Note(study.Measurement{Series: s.Series, At: at, Repeat: repeat, Figures: Held{Run: run, Used: used}.Figures()})
	counts := make(map[promise]count)
	if file != "" {
		counts = s.check(ctx, b, command, server, plain, file)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, p := range promises {
		if s.claims[p].word != "" || repeat == 0 { // what was not checked is the same each time
			b.Note(s.finding(p, counts[p], repeat))
		}
	}
	return nil
}

// recorded has a load write its history, and end when that is full.
func recorded(load lab.Load, file string, limit int) lab.Load {
	plain := load.Command
	load.Command = func(addresses []string) []string {
		return append(plain(addresses), "--history", file, "--history-limit", strconv.Itoa(limit))
	}
	return load
}

// check judges a history, kills all servers, starts them again, and compares what they have with what they acknowledged. Then it kills one
// of several, and holds a load on the others.
func (s store) check(ctx context.Context, b *Bench, command lab.Command, server *lab.Server, load lab.Load, file string) map[promise]count {
	server.Kill() // before anything else: what a server was about to write it might have written meanwhile
	before, err := history.Open(file)
	if err != nil {
		return s.unchecked(err)
	}
	counts, err := checkHistory(ctx, s.service, before)
	if err != nil {
		return s.unchecked(err)
	}
	if server, err = b.Start(ctx, command); err != nil {
		counts[killed], counts[bereft] = count{failure: err.Error()}, count{failure: err.Error()}
		return counts
	}
	counts[killed] = s.survival(ctx, server, before)
	if s.claims[bereft].word != "" {
		counts[bereft] = withoutOne(ctx, b, server, load)
	}
	return counts
}

// unchecked is that nobody can tell whether any promise was kept that a history shows.
func (s store) unchecked(err error) map[promise]count {
	counts := make(map[promise]count)
	for p, claim := range s.claims {
		if claim.word != "" {
			counts[p] = count{failure: err.Error()}
		}
	}
	return counts
}

// survival asks servers what they have of a history, once they answer.
func (s store) survival(ctx context.Context, server *lab.Server, before []history.Operation) count {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	target := service.Target{Dialing: []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}}
	for _, address := range server.Addresses() {
		target.Servers = append(target.Servers, service.Server{Addr: address})
	}
	after, err := service.All[s.service].ReadBack(ctx, target, keysOf(before))
	if err != nil {
		return count{failure: "after the crash: " + err.Error()}
	}
	found, err := model.Survived(s.service, before, after)
	if err != nil {
		return count{failure: "after the crash: " + err.Error()}
	}
	return count{checked: found.Keys, broken: found.Lost, example: found.Example}
}

// withoutOne kills one of several servers, the one that leads if one does, and holds a load on the others.
func withoutOne(ctx context.Context, b *Bench, server *lab.Server, load lab.Load) count {
	ctx, cancel := context.WithTimeout(ctx, patience+b.Rig.Warmup+b.Duration) // there may never be a leader again
	defer cancel()
	addresses, err := server.LeaderFirst(ctx)
	if err != nil {
		return count{failure: err.Error()}
	}
	gone := addresses[0]
	for _, node := range server.Nodes() {
		if node.Address() == gone {
			node.Kill()
		}
	}
	all := load.Command
	load.Command = func(addresses []string) []string {
		return all(slices.DeleteFunc(addresses, func(address string) bool { return address == gone }))
	}
	generator, err := b.Rig.StartGenerator(ctx, load, server, b.Duration)
	if err != nil {
		return count{failure: err.Error()}
	}
	run, err := generator.Await()
	if run == nil {
		return count{failure: err.Error()}
	}
	step := run.Steps[0]
	c := count{checked: int(step.Answered() + step.Failed()), broken: int(step.Failed())}
	if c.broken > 0 {
		c.example = fmt.Sprint(step.Examples)
	}
	if c.checked == 0 {
		c.failure = fmt.Sprintf("no call was answered within %v", b.Duration)
	}
	return c
}

// keysOf returns the keys of a history.
func keysOf(operations []history.Operation) (keys []string) {
	for _, o := range operations {
		keys = append(keys, o.Key)
	}
	slices.Sort(keys)
	return slices.DeleteFunc(slices.Compact(keys), func(key string) bool { return key == "" })
}

// finding is what a run shows of a promise. That one was broken that was given is a failure.
func (s store) finding(p promise, c count, repeat int) study.Measurement {
	claim := s.claims[p]
	m := study.Measurement{Series: s.Series, At: map[string]string{promiseFactor: p.name}, Repeat: repeat, Words: map[string]string{}}
	switch {
	case claim.word == "":
		m.Words[saysWord] = claim.says
	case c.failure != "":
		m.Words[claimWord], m.Failure = claim.word, cli.OneLine(c.failure)
	default:
		m.Words[claimWord] = claim.word
		m.Figures = map[string]float64{checkedFigure: float64(c.checked), brokenFigure: float64(c.broken)}
		if c.also > 0 {
			m.Figures[p.also] = float64(c.also)
		}
		if c.broken > 0 {
			m.Words[exampleWord] = strings.TrimSuffix(cli.OneLine(c.example), ".")
		}
		if claim.word == promised && c.broken > 0 {
			m.Failure = fmt.Sprintf("a promise was broken (%s): %s", p.name, m.Words[exampleWord])
		}
	}
	return m
}
