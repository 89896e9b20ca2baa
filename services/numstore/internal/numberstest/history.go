// Package numberstest records what clients see of a store of numbers that call it at the same time, and checks that it is
// linearizable: for the tests of all that keeps numbers.
package numberstest

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"
)

// A history is what clients that call at the same time saw. It is linearizable when there is an order of
// the calls, one in which none comes before another that had ended when it began, that explains every
// answer (Herlihy and Wing 1990). The total makes every Set depend on every other, so that a store
// cannot get by with keys that are right one by one.

const (
	clients = 4
	calls   = 12 // of each client
	// Keys is how many keys there are: "0", "1" and so on.
	Keys = 3
)

// Store is what a history is recorded of.
type Store interface {
	Set(key string, value int64) (total int64, err error)
	Fact(key string) (value int64, hit bool, err error)
}

// call and answer are what a history records of a call. Hits are left out: which of two
// simultaneous calls finds the other's number in the cache is open.
type call struct {
	isSet bool
	key   int
	value int64
}

type answer struct {
	result  int64 // the total, or the factorial
	refused bool
	unknown bool // whether it happened
}

// state is the state of the sequential store: small, and comparable as it is.
type state struct {
	values [Keys]int64
	exists [Keys]bool
	total  int64
}

var model = porcupine.Model{
	Init: func() any { return state{} },
	Step: func(before, input, output any) (bool, any) {
		now, call, got := before.(state), input.(call), output.(answer)
		if !call.isSet {
			n := now.values[call.key]
			if !now.exists[call.key] || n < 0 || n > 20 {
				return got == answer{refused: true}, now
			}
			return got == answer{result: factorial(n)}, now
		}
		now.total += call.value - now.values[call.key] // no value here comes near an overflow
		now.values[call.key], now.exists[call.key] = call.value, true
		return got.unknown || got == answer{result: now.total}, now
	},
}

// ErrUnknown is what a Store's errors wrap that do not say whether a Set has happened.
var ErrUnknown = errors.New("it may have happened")

// Record lets clients call a store at the same time; of several stores, which keep the same numbers, each calls one. Time is
// a counter that every beginning and end of a call advances.
func Record(seed uint64, stores ...Store) (history []porcupine.Operation) {
	var clock atomic.Int64
	var wg sync.WaitGroup
	perClient := make([][]porcupine.Operation, clients)
	for client := range clients {
		random := rand.New(rand.NewPCG(seed, uint64(client)))
		wg.Go(func() {
			for range calls {
				input := call{isSet: random.IntN(2) == 0, key: random.IntN(Keys), value: random.Int64N(23) - 1}
				begin := clock.Add(1)
				output := perform(stores[client%len(stores)], input)
				end := clock.Add(1)
				if output.unknown {
					end = math.MaxInt64 // it may happen yet
				}
				perClient[client] = append(perClient[client], porcupine.Operation{
					ClientId: client, Input: input, Call: begin, Output: output, Return: end,
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

func perform(store Store, call call) answer {
	key := fmt.Sprint(call.key)
	if call.isSet {
		total, err := store.Set(key, call.value)
		if errors.Is(err, ErrUnknown) {
			return answer{unknown: true}
		}
		return answer{result: total, refused: err != nil}
	}
	value, _, err := store.Fact(key)
	return answer{result: value, refused: err != nil}
}

// Check is generous with time: these histories take milliseconds. Unknown is no pass.
func Check(history []porcupine.Operation) porcupine.CheckResult {
	return porcupine.CheckOperationsTimeout(model, history, time.Minute)
}

func factorial(n int64) int64 {
	product := int64(1)
	for i := int64(2); i <= n; i++ {
		product *= i
	}
	return product
}
