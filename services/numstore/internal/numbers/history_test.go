package numbers

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// A history is what clients that call at the same time saw. It is linearizable when there is an order of
// the calls, one in which none comes before another that had ended when it began, that explains every
// answer (Herlihy and Wing 1990). The total makes every Set depend on every other, so that a store
// cannot get by with keys that are right one by one.

const (
	historyClients = 4
	historyCalls   = 12 // of each client
	historyKeys    = 3
)

// callInput and callOutput are what a history records of a call. Hits are left out: which of two
// simultaneous calls finds the other's number in the cache is open.
type callInput struct {
	isSet bool
	key   int
	value int64
}

type callOutput struct {
	result  int64 // the total, or the factorial
	refused bool
}

// numbersState is the state of the sequential store: small, and comparable as it is.
type numbersState struct {
	values [historyKeys]int64
	exists [historyKeys]bool
	total  int64
}

var numbersModel = porcupine.Model{
	Init: func() any { return numbersState{} },
	Step: func(before, input, output any) (bool, any) {
		state, call, got := before.(numbersState), input.(callInput), output.(callOutput)
		if !call.isSet {
			n := state.values[call.key]
			if !state.exists[call.key] || n < 0 || n > maxFactorial {
				return got == callOutput{refused: true}, state
			}
			return got == callOutput{result: factorial(n)}, state
		}
		state.total += call.value - state.values[call.key] // no value here comes near an overflow
		state.values[call.key], state.exists[call.key] = call.value, true
		return got == callOutput{result: state.total}, state
	},
}

// record lets clients call a store at the same time. Time is a counter that every beginning and end of a
// call advances.
func record(store subject, seed uint64) (history []porcupine.Operation) {
	var clock atomic.Int64
	var wg sync.WaitGroup
	perClient := make([][]porcupine.Operation, historyClients)
	for client := range historyClients {
		random := rand.New(rand.NewPCG(seed, uint64(client)))
		wg.Go(func() {
			for range historyCalls {
				input := callInput{isSet: random.IntN(2) == 0, key: random.IntN(historyKeys), value: random.Int64N(23) - 1}
				begin := clock.Add(1)
				output := perform(store, input)
				perClient[client] = append(perClient[client], porcupine.Operation{
					ClientId: client, Input: input, Call: begin, Output: output, Return: clock.Add(1),
				})
				runtime.Gosched()
			}
		})
	}
	wg.Wait()
	for _, operations := range perClient {
		history = append(history, operations...)
	}
	return history
}

func perform(store subject, call callInput) callOutput {
	key := fmt.Sprint(call.key)
	if call.isSet {
		total, err := store.Set(key, call.value)
		return callOutput{result: total, refused: err != nil}
	}
	value, _, err := store.Fact(key)
	return callOutput{result: value, refused: err != nil}
}

// checkHistory is generous with time: these histories take milliseconds. Unknown is no pass.
func checkHistory(history []porcupine.Operation) porcupine.CheckResult {
	return porcupine.CheckOperationsTimeout(numbersModel, history, time.Minute)
}

func TestHistories(t *testing.T) {
	for seed := range uint64(300) {
		if result := checkHistory(record(New(testMaxKeys), seed)); result != porcupine.Ok {
			t.Fatalf("history %d is %s", seed, result)
		}
	}
}

// TestHistories_controls: without the mechanism, some history is not linearizable.
func TestHistories_controls(t *testing.T) {
	for name, newSubject := range map[string]func() subject{
		"no lock": func() subject { return newLockless() },
		"total read outside the lock": func() subject {
			return readsTotalLater{New(testMaxKeys)}
		},
		"cache by key": func() subject {
			return lockedCacheByKey{New(testMaxKeys), new(sync.Map)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(10_000) {
				if checkHistory(record(newSubject(), seed)) == porcupine.Illegal {
					t.Logf("noticed in history %d", seed)
					return
				}
			}
			t.Error("no history showed it")
		})
	}
}

// lockless is a store that does what Store does without holding a lock. Its parts are atomic, because
// Go would end the test at the first map that two goroutines write.
type lockless struct {
	*Store
	values [historyKeys]atomic.Pointer[int64]
	sum    atomic.Int64
}

func newLockless() *lockless { return &lockless{Store: New(testMaxKeys)} }

func (s *lockless) Set(key string, value int64) (int64, error) {
	slot := &s.values[key[0]-'0']
	old, total := slot.Load(), s.sum.Load()
	if old != nil {
		total -= *old
	}
	runtime.Gosched() // where another goroutine may come in between
	slot.Store(&value)
	s.sum.Store(total + value)
	return total + value, nil
}

func (s *lockless) Fact(key string) (int64, bool, error) {
	n := s.values[key[0]-'0'].Load()
	if n == nil || *n < 0 || *n > maxFactorial {
		return 0, false, ErrMissing
	}
	return factorial(*n), false, nil
}

type readsTotalLater struct{ *Store }

func (s readsTotalLater) Set(key string, value int64) (int64, error) {
	if _, err := s.Store.Set(key, value); err != nil {
		return 0, err
	}
	runtime.Gosched()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total, nil
}

type lockedCacheByKey struct {
	*Store
	byKey *sync.Map
}

func (s lockedCacheByKey) Fact(key string) (int64, bool, error) {
	if value, hit := s.byKey.Load(key); hit {
		return value.(int64), true, nil
	}
	value, _, err := s.Store.Fact(key)
	if err == nil {
		s.byKey.Store(key, value)
	}
	return value, false, err
}
