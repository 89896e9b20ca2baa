package compat

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	clerk "numstore.example/contracts/raftkv"
	"numstore.example/contracts/raftkvpb"
)

const (
	loadClients = 8
	// keysAtATime is how many keys are in use at a time, and callsOfKeys after how many calls others take their place, so
	// that the history of each is short enough to be checked.
	keysAtATime = 12
	callsOfKeys = 600
)

// kvLoad is clients of a cluster. Each makes one call after the other, with a few keys that all of them share, until the load
// is ended.
type kvLoad struct {
	ctx     context.Context // of the calls
	began   time.Time
	callers []caller
	running sync.WaitGroup

	mu       sync.Mutex
	answered sync.Cond // more calls were
	history  []porcupine.Operation
	counts   map[int]int // of answered calls, by client
	failures []error
	longest  time.Duration // of a call
	ending   bool
}

// caller has a client do an operation.
type caller func(ctx context.Context, operation *raftkvpb.Operation) (*raftkvpb.Answer, error)

// startLoad starts clients with a Clerk each that know the addresses of some servers. It ends with the test at the latest.
func startLoad(t *testing.T, seed uint64, addresses ...string) *kvLoad {
	t.Helper()
	return startLoadOf(t, seed, clerkCallers(t, patience, addresses...))
}

// clerkCallers returns clients with a Clerk each, whose calls fail when they take longer than a timeout. Every other one reads
// from any server that has the key.
func clerkCallers(t *testing.T, timeout time.Duration, addresses ...string) (callers []caller) {
	t.Helper()
	for i := range loadClients {
		c := dialClerk(t, addresses...)
		var options []clerk.ReadOption
		if i%2 == 1 {
			options = append(options, clerk.ReadAny())
		}
		callers = append(callers, func(ctx context.Context, operation *raftkvpb.Operation) (*raftkvpb.Answer, error) {
			ctx, cancel := context.WithTimeout(ctx, timeout)
			defer cancel()
			return askClerk(ctx, c, operation, options...)
		})
	}
	return callers
}

// startLoadOf is startLoad with clients of another kind.
func startLoadOf(t *testing.T, seed uint64, callers []caller) *kvLoad {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	l := &kvLoad{ctx: ctx, began: time.Now(), callers: callers, counts: make(map[int]int)}
	l.answered.L = &l.mu
	for i, call := range callers {
		l.running.Go(func() { l.run(i, call, rand.New(rand.NewPCG(seed, uint64(i)))) })
	}
	t.Cleanup(func() {
		cancel()
		l.running.Wait()
	})
	return l
}

// dialClerk returns a Clerk that is closed at the end of the test.
func dialClerk(t *testing.T, addresses ...string) *clerk.Clerk {
	t.Helper()
	c, err := clerk.Dial(addresses, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func (l *kvLoad) run(number int, ask caller, rng *rand.Rand) {
	for call := uint64(1); ; call++ {
		l.mu.Lock()
		over := l.ending || len(l.failures) > 0
		epoch := len(l.history) / callsOfKeys
		l.mu.Unlock()
		if over {
			return
		}
		operation := randomOperation(rng, number, call, false)
		setKey(operation, loadKey(epoch, rng.IntN(keysAtATime)))
		l.call(number, ask, operation)
	}
}

func loadKey(epoch, i int) []byte { return fmt.Appendf(nil, "%d/%d", epoch, i) }

// call makes one call, and notes how it ended.
func (l *kvLoad) call(number int, ask caller, operation *raftkvpb.Operation) {
	begin := time.Since(l.began)
	ctx, cancel := context.WithTimeout(l.ctx, patience)
	defer cancel()
	answer, err := ask(ctx, operation)
	end := time.Since(l.began)
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.answered.Broadcast()
	if err != nil {
		l.failures = append(l.failures, fmt.Errorf("client %d, {%v}, after %v: %w", number, operation, end-begin, err))
		return
	}
	l.longest = max(l.longest, end-begin)
	l.counts[number]++
	l.history = append(l.history, porcupine.Operation{
		ClientId: number, Input: operation, Output: answer, Call: int64(begin), Return: int64(end),
	})
}

// await waits until so many more calls were answered.
func (l *kvLoad) await(t *testing.T, calls int) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for wanted := len(l.history) + calls; len(l.history) < wanted && len(l.failures) == 0; {
		l.answered.Wait() // a call that takes longer than patience is a failure
	}
	if len(l.failures) > 0 {
		t.Fatal(errors.Join(l.failures...))
	}
}

// awaitEach waits until two more calls of each client were answered, so one at least that has begun meanwhile.
func (l *kvLoad) awaitEach(t *testing.T) {
	t.Helper()
	l.mu.Lock()
	before := maps.Clone(l.counts)
	l.mu.Unlock()
	for i := range l.callers {
		for l.countOf(i) < before[i]+2 {
			l.await(t, 1)
		}
	}
}

func (l *kvLoad) countOf(client int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.counts[client]
}

// end ends the load, reads all keys, and says what is wrong with what the clients have seen.
func (l *kvLoad) end(t *testing.T) error {
	t.Helper()
	l.mu.Lock()
	l.ending = true
	keys := (len(l.history)/callsOfKeys + 1) * keysAtATime
	l.mu.Unlock()
	l.running.Wait()
	calls := len(l.history)
	for i := range keys {
		l.call(len(l.callers), l.callers[0], &raftkvpb.Operation{Operation: &raftkvpb.Operation_Get{
			Get: &raftkvpb.GetRequest{Key: loadKey(i/keysAtATime, i%keysAtATime)}}})
	}
	if len(l.failures) > 0 {
		return errors.Join(l.failures...)
	}
	t.Logf("%d calls, the longest of which took %v", calls, l.longest)
	for _, part := range kvHistory.Partition(l.history) {
		if verdict := porcupine.CheckOperationsTimeout(kvHistory, part, patience); verdict != porcupine.Ok {
			return fmt.Errorf("the history of %q, %d calls, is %s", keyOf(part[0].Input.(*raftkvpb.Operation)), len(part), verdict)
		}
	}
	return nil
}

// askClerk has a Clerk do an operation.
func askClerk(ctx context.Context, c *clerk.Clerk, operation *raftkvpb.Operation, options ...clerk.ReadOption) (*raftkvpb.Answer, error) {
	answer := new(raftkvpb.Answer)
	switch o := operation.GetOperation().(type) {
	case *raftkvpb.Operation_Append:
		r, err := c.Append(ctx, o.Append.GetKey(), o.Append.GetValue())
		answer.Answer = &raftkvpb.Answer_Append{Append: &raftkvpb.AppendResponse{Existed: r.Existed, Previous: r.Previous}}
		return answer, err
	case *raftkvpb.Operation_Put:
		r, err := c.Put(ctx, o.Put.GetKey(), o.Put.GetValue(), clerk.ReturnPrevious())
		answer.Answer = &raftkvpb.Answer_Put{Put: &raftkvpb.PutResponse{Existed: r.Existed, Previous: r.Previous}}
		return answer, err
	case *raftkvpb.Operation_Delete:
		r, err := c.Delete(ctx, o.Delete.GetKey(), clerk.ReturnPrevious())
		answer.Answer = &raftkvpb.Answer_Delete{Delete: &raftkvpb.DeleteResponse{Existed: r.Existed, Previous: r.Previous}}
		return answer, err
	default:
		r, err := c.Get(ctx, operation.GetGet().GetKey(), options...)
		answer.Answer = &raftkvpb.Answer_Get{Get: &raftkvpb.GetResponse{Found: r.Found, Value: r.Value}}
		return answer, err
	}
}

// setKey has an operation be on another key.
func setKey(operation *raftkvpb.Operation, key []byte) {
	switch o := operation.GetOperation().(type) {
	case *raftkvpb.Operation_Append:
		o.Append.Key = key
	case *raftkvpb.Operation_Put:
		o.Put.Key = key
	case *raftkvpb.Operation_Delete:
		o.Delete.Key = key
	case *raftkvpb.Operation_Get:
		o.Get.Key = key
	}
}
