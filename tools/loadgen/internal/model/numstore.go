package model

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/anishathalye/porcupine"

	"numstore.example/tools/internal/history"
)

// The model of numstore is the values by key, and their total. A SetNum answers the total as of its own
// update; it is refused, and changes nothing, if that total does not fit into an int64. A Fact answers the
// factorial of the key's value, or an error if there is none: no such key, or a value below 0 or above 20.
// Whether a factorial came from the cache is not part of the model: which of several concurrent calls
// filled the cache cannot be told from outside. All keys share the total, so that a history cannot be
// checked key by key.

// numbers is the state. It is never changed, and equal states are equal in Go.
type numbers struct {
	values string // for each key in turn a byte that is 1 if it exists, and its value in eight bytes
	total  int64
}

const perKey = 9

func (n numbers) value(key int) (value int64, exists bool) {
	slot := n.values[key*perKey:][:perKey]
	return int64(binary.BigEndian.Uint64([]byte(slot[1:]))), slot[0] == 1
}

// set returns the state after a SetNum, or false if the total would not fit.
func (n numbers) set(key int, value int64) (numbers, bool) {
	old, _ := n.value(key)
	total, fits := replace(n.total, old, value)
	if !fits {
		return n, false
	}
	values := []byte(n.values)
	slot := values[key*perKey:][:perKey]
	slot[0] = 1
	binary.BigEndian.PutUint64(slot[1:], uint64(value))
	return numbers{string(values), total}, true
}

// replace returns total - old + value, reckoned exactly, or false if it does not fit into an int64.
func replace(total, old, value int64) (int64, bool) {
	low, borrow := bits.Sub64(uint64(total), uint64(old), 0)
	high, _ := bits.Sub64(uint64(total>>63), uint64(old>>63), borrow)
	low, carry := bits.Add64(low, uint64(value), 0)
	high, _ = bits.Add64(high, uint64(value>>63), carry)
	return int64(low), high == uint64(int64(low)>>63)
}

// question is the input of an operation.
type question struct {
	set   bool
	key   int // its place among the keys of the history
	name  string
	value int64 // to set
}

// answer is the output of an operation: number if it was answered with one.
type answer struct {
	kind   answerKind
	number int64
}

type answerKind int

const (
	number  answerKind = iota
	noFact             // a Fact was answered with an error
	tooBig             // a SetNum was refused
	unknown            // anything may have happened
)

// Numstore returns the problem that a history of numstore poses.
func Numstore(operations []history.Operation) (Problem, error) {
	places := make(map[string]int) // of the keys
	for _, o := range operations {
		if _, known := places[o.Key]; !known {
			places[o.Key] = len(places)
		}
	}
	empty := numbers{values: strings.Repeat("\x00", perKey*len(places))}
	problem := Problem{Model: numstoreModel(empty, places)}
	for i, o := range operations {
		in, out, err := parseNumstore(o)
		if err != nil {
			return Problem{}, fmt.Errorf("line %d: %w", i+1, err)
		}
		in.key = places[o.Key]
		end := o.End
		switch {
		case out.kind == unknown && (!in.set || refused[o.Failure]):
			problem.Dropped++
			continue
		case out.kind == unknown:
			problem.Unknown++
			end = forever
		case !in.set:
			problem.Reads++
		}
		problem.Operations = append(problem.Operations, porcupine.Operation{ClientId: o.Client, Input: in, Output: out, Call: o.Start, Return: end})
	}
	return problem, nil
}

// parseNumstore reads an operation, but for the place of its key.
func parseNumstore(o history.Operation) (in question, out answer, err error) {
	in = question{set: o.Call == "SetNum", name: o.Key}
	if !in.set && o.Call != "Fact" {
		return in, out, fmt.Errorf("the call is %q; numstore has SetNum and Fact", o.Call)
	}
	if in.set {
		if in.value, err = strconv.ParseInt(o.Value, 10, 64); err != nil {
			return in, out, fmt.Errorf("the value is %q; it must be an int64", o.Value)
		}
	}
	switch {
	case in.set && o.Failure == "OUT_OF_RANGE":
		out.kind = tooBig
	case o.Failure != "":
		out.kind = unknown
	case !in.set && o.Answer == "error":
		out.kind = noFact
	default:
		if out.number, err = strconv.ParseInt(o.Answer, 10, 64); err != nil {
			return in, out, fmt.Errorf("the answer is %q; it must be an int64, or error for a Fact", o.Answer)
		}
	}
	return in, out, nil
}

func numstoreModel(empty numbers, places map[string]int) porcupine.Model {
	seed := maphash.MakeSeed()
	names := make([]string, len(places))
	for name, place := range places {
		names[place] = name
	}
	return porcupine.Model{
		Init: func() any { return empty },
		Step: func(state, input, output any) (bool, any) {
			return stepNumstore(state.(numbers), input.(question), output.(answer))
		},
		Equal:             func(a, b any) bool { return a.(numbers) == b.(numbers) },
		Hash:              func(state any) uint64 { return maphash.Comparable(seed, state.(numbers)) },
		DescribeOperation: func(input, output any) string { return describe(input.(question), output.(answer)) },
		DescribeState:     func(state any) string { return describeNumbers(state.(numbers), names) },
	}
}

// stepNumstore says whether an answer is right in a state, and returns the next state.
func stepNumstore(state numbers, in question, out answer) (bool, numbers) {
	if in.set {
		next, fits := state.set(in.key, in.value)
		switch out.kind {
		case unknown:
			return true, next
		case tooBig:
			return !fits, state
		default:
			return fits && out.number == next.total, next
		}
	}
	value, exists := state.value(in.key)
	if !exists || value < 0 || value > 20 {
		return out.kind == noFact, state
	}
	return out.kind == number && out.number == factorial(value), state
}

func factorial(n int64) int64 {
	product := int64(1)
	for ; n > 1; n-- {
		product *= n
	}
	return product
}

func describe(in question, out answer) string {
	text := [...]string{number: strconv.FormatInt(out.number, 10), noFact: "error", tooBig: "OUT_OF_RANGE", unknown: "?"}[out.kind]
	if in.set {
		return fmt.Sprintf("SetNum(%s, %d) = %s", in.name, in.value, text)
	}
	return fmt.Sprintf("Fact(%s) = %s", in.name, text)
}

func describeNumbers(state numbers, names []string) string {
	parts := []string{}
	for place, name := range names {
		if value, exists := state.value(place); exists {
			parts = append(parts, fmt.Sprintf("%s=%d", name, value))
		}
	}
	slices.Sort(parts)
	return fmt.Sprintf("total %d: %s", state.total, strings.Join(parts, " "))
}
