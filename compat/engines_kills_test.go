package compat

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/numstorepb"
)

// TestEngines_kills: four numstores on an engine of three servers are as one, with one total, while numstores and servers of
// the engine are killed. Whatever was answered holds; what was not has happened once or not at all; and what was said not to
// have happened has not.
func TestEngines_kills(t *testing.T) {
	for _, kind := range engineKinds {
		t.Run(kind.name, func(t *testing.T) {
			engine, url := kind.prepare(t, 3)
			engine.start(t, engine.nodes...)
			numstores, addresses := prepareNumstores(t, 4, "--engine", url)
			numstores.start(t, numstores.nodes...)

			load := startNumberLoad(t, newSeed(t), addresses)
			load.await(t, 200)
			for i := range 2 {
				numstores.nodes[i].kill()
				load.await(t, 50) // the others go on
				numstores.start(t, numstores.nodes[i])
				engine.nodes[i].kill()
				load.await(t, 100)
				engine.start(t, engine.nodes[i])
				load.awaitEach(t)
			}
			load.end(t)
			total := load.lastTotal(t)
			said, err := verify(t, url, "numstore/")
			if err != nil || !strings.Contains(said, fmt.Sprintf("add up to %d,", total)) {
				t.Errorf("numstore verify: %v, %q; want the total %d", err, said, total)
			}
			load.check(t)
		})
	}
}

// prepareNumstores returns numstores, and where they listen.
func prepareNumstores(t *testing.T, count int, flags ...string) (numstores *engineServers, addresses []string) {
	numstores = new(engineServers)
	for range count {
		address := freeAddress(t)
		addresses = append(addresses, address)
		numstores.add(t, build(t, "./services/numstore"), append(flags, "--addr", address)...)
	}
	return numstores, addresses
}

const (
	numberKeys    = 3
	numberClients = 8
	// numberPatience is how long a call may take: an engine may have to elect a leader, and a numstore to be started.
	numberPatience = 20 * time.Second
)

// numberLoad is clients of several numstores with the same numbers. Each makes one call after the other.
type numberLoad struct {
	began   time.Time
	stubs   []numstorepb.NumStoreClient
	running sync.WaitGroup

	mu       sync.Mutex
	answered sync.Cond // one more call was
	ending   bool
	history  []porcupine.Operation
	counts   [numberClients]int // of answered calls
	unknown  int                // calls of which it is not known whether they happened
	failure  error
}

// numberCall is the input of an operation, numberAnswer its output.
type numberCall struct {
	set   bool
	key   int
	value int64
}

type numberAnswer struct {
	number  int64 // the total, or the factorial
	refused bool  // by Fact
	unknown bool
}

func startNumberLoad(t *testing.T, seed uint64, addresses []string) *numberLoad {
	t.Helper()
	l := &numberLoad{began: time.Now()}
	l.answered.L = &l.mu
	for _, address := range addresses {
		conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithDefaultCallOptions(grpc.WaitForReady(true)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		l.stubs = append(l.stubs, numstorepb.NewNumStoreClient(conn))
	}
	for client := range numberClients {
		l.running.Go(func() { l.run(client, rand.New(rand.NewPCG(seed, uint64(client)))) })
	}
	t.Cleanup(func() {
		l.mu.Lock()
		l.ending = true
		l.mu.Unlock()
		l.running.Wait()
	})
	return l
}

func (l *numberLoad) run(client int, random *rand.Rand) {
	for {
		l.mu.Lock()
		over := l.ending || l.failure != nil
		l.mu.Unlock()
		if over {
			return
		}
		call := numberCall{set: random.IntN(4) > 0, key: random.IntN(numberKeys), value: random.Int64N(1_000_000)}
		if random.IntN(4) == 0 {
			call.value = random.Int64N(21)
		}
		l.call(client, call)
	}
}

// call makes a call and notes its answer. It is left out if it is known to have had no effect.
func (l *numberLoad) call(client int, call numberCall) {
	ctx, cancel := context.WithTimeout(context.Background(), numberPatience)
	defer cancel()
	begin := time.Since(l.began)
	answer, err := ask(ctx, l.stubs[client%len(l.stubs)], call)
	end := time.Since(l.began)
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.answered.Broadcast()
	switch {
	case err != nil && status.Code(err) != codes.Unavailable:
		l.failure = fmt.Errorf("client %d, %+v: %w", client, call, err)
		return
	case err != nil && (!call.set || strings.Contains(err.Error(), "has not happened")):
		return
	case err != nil:
		answer.unknown, end = true, math.MaxInt64
		l.unknown++
	default:
		l.counts[client]++
	}
	l.history = append(l.history, porcupine.Operation{ClientId: client, Input: call, Output: answer, Call: int64(begin), Return: int64(end)})
}

func ask(ctx context.Context, stub numstorepb.NumStoreClient, call numberCall) (answer numberAnswer, err error) {
	key := fmt.Sprint("key", call.key)
	if call.set {
		reply, err := stub.SetNum(ctx, &numstorepb.SetNumRequest{Key: key, Value: call.value})
		return numberAnswer{number: reply.GetTotal()}, err
	}
	reply, err := stub.Fact(ctx, &numstorepb.FactRequest{Key: key})
	return numberAnswer{number: reply.GetValue(), refused: reply.GetError() != ""}, err
}

// await waits until so many more calls were answered.
func (l *numberLoad) await(t *testing.T, calls int) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for wanted := len(l.history) + calls; len(l.history) < wanted && l.failure == nil; {
		l.answered.Wait() // a call that takes longer than its patience is a failure
	}
	if l.failure != nil {
		t.Fatal(l.failure)
	}
}

// awaitEach waits until each client has had an answer to a call that it has begun meanwhile.
func (l *numberLoad) awaitEach(t *testing.T) {
	t.Helper()
	l.mu.Lock()
	before := l.counts
	l.mu.Unlock()
	served := func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		for client, count := range l.counts {
			if count < before[client]+2 {
				return false
			}
		}
		return true
	}
	for !served() {
		l.await(t, 1)
	}
}

// end ends the load.
func (l *numberLoad) end(t *testing.T) {
	t.Helper()
	l.mu.Lock()
	l.ending = true
	l.mu.Unlock()
	l.running.Wait()
	if l.failure != nil {
		t.Fatal(l.failure)
	}
}

// lastTotal has every numstore set a number, and returns the last total.
func (l *numberLoad) lastTotal(t *testing.T) int64 {
	t.Helper()
	for client := range l.stubs {
		l.call(client, numberCall{set: true, key: 0, value: int64(client)})
	}
	if l.failure != nil {
		t.Fatal(l.failure)
	}
	return l.history[len(l.history)-1].Output.(numberAnswer).number
}

// check expects that there is an order of the calls which explains all answers, and that there is none any more when one
// total is wrong.
func (l *numberLoad) check(t *testing.T) {
	t.Helper()
	t.Logf("%d calls, of which %d of unknown outcome", len(l.history), l.unknown)
	// Each call of unknown outcome may have happened at many places, and all are tried before the answer is no.
	if verdict := porcupine.CheckOperationsTimeout(numberHistory, l.history, 5*patience); verdict != porcupine.Ok {
		t.Errorf("the history is %s", verdict)
	}
	if verdict := porcupine.CheckOperationsTimeout(numberHistory, wrongTotal(l.history), patience); verdict != porcupine.Illegal {
		t.Errorf("with a wrong total the history is %s", verdict)
	}
}

// wrongTotal returns a history with a total that no calls add up to, whichever of those of unknown outcome have happened. It is one of the first, from before
// anything was killed, so that not all of the others are tried in all places to explain it.
func wrongTotal(history []porcupine.Operation) []porcupine.Operation {
	wrong := slices.Clone(history)
	at := slices.IndexFunc(wrong, func(o porcupine.Operation) bool { return o.Input.(numberCall).set })
	wrong[at].Output = numberAnswer{number: math.MaxInt64}
	return wrong
}

// numbersNow is the state of one numstore that takes one call after the other.
type numbersNow struct {
	values [numberKeys]int64
	exists [numberKeys]bool
	total  int64
}

var numberHistory = porcupine.Model{
	Init: func() any { return numbersNow{} },
	Step: func(before, input, output any) (bool, any) {
		now, call, got := before.(numbersNow), input.(numberCall), output.(numberAnswer)
		if !call.set {
			n := now.values[call.key]
			if !now.exists[call.key] || n > 20 {
				return got == numberAnswer{refused: true}, now
			}
			return got == numberAnswer{number: factorialOf(n)}, now
		}
		now.total += call.value - now.values[call.key]
		now.values[call.key], now.exists[call.key] = call.value, true
		return got.unknown || got.number == now.total, now
	},
}

func factorialOf(n int64) int64 {
	if n == 0 {
		return 1
	}
	return n * factorialOf(n-1)
}
