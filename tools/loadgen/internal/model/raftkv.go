package model

import (
	"fmt"
	"hash/maphash"

	"github.com/anishathalye/porcupine"

	"numstore.example/tools/internal/history"
)

// The model of raftkv is one key: whether it exists, its value, its version. Every key is checked by
// itself, which shows no less: an order for each key is an order for all.
//
// A version is greater than all that the key had before, also before it was deleted. How much greater is
// not part of the model, and neither is that versions of a whole shard grow. After a write whose answer is
// not known only the least version that the key can have is known, until an answer tells the version.

// pair is the state of a key. It is never changed, and equal states are equal in Go.
type pair struct {
	exists  bool
	value   string
	version uint64 // of a key that exists; else, or if it is not known, the least that it can be
	known   bool   // whether version is what the key has
}

// kvQuestion is the input of an operation.
type kvQuestion struct {
	call     string
	key      string
	value    string // written
	expected uint64 // version, of a CompareAndSet
}

// kvAnswer is the output of an operation: before is what a Get found, or was there before a write, and the
// version from then on.
type kvAnswer struct {
	kind   kvKind
	before history.Versioned
}

type kvKind int

const (
	done      kvKind = iota
	refusal          // a CompareAndSet met another version
	uncertain        // anything may have happened
)

// raftkvRefused are the status codes with which raftkv says that a call had no effect. RESOURCE_EXHAUSTED is
// not among them: a client that repeats a write may get it for the second attempt.
var raftkvRefused = map[string]bool{
	"INVALID_ARGUMENT": true,
	"OUT_OF_RANGE":     true,
	"UNIMPLEMENTED":    true,
}

// Raftkv returns the problem that a history of raftkv poses.
func Raftkv(operations []history.Operation) (Problem, error) {
	problem := Problem{Model: raftkvModel()}
	for i, o := range operations {
		in, out, err := parseRaftKV(o)
		if err != nil {
			return Problem{}, fmt.Errorf("line %d: %w", i+1, err)
		}
		end := o.End
		switch {
		case out.kind == uncertain && (in.call == "Get" || raftkvRefused[o.Failure]):
			problem.Dropped++
			continue
		case out.kind == uncertain:
			problem.Unknown++
			end = forever
		case in.call == "Get":
			problem.Reads++
		}
		problem.Operations = append(problem.Operations, porcupine.Operation{ClientId: o.Client, Input: in, Output: out, Call: o.Start, Return: end})
	}
	settled := settle(problem.Operations)
	problem.Dropped += len(problem.Operations) - len(settled)
	problem.Operations = settled
	return problem, nil
}

func parseRaftKV(o history.Operation) (in kvQuestion, out kvAnswer, err error) {
	in = kvQuestion{call: o.Call, key: o.Key, value: o.Value}
	switch o.Call {
	case "Get", "Put", "Append", "Delete":
	case "CompareAndSet":
		asked, err := history.ParseVersioned(o.Value)
		if err != nil {
			return in, out, fmt.Errorf("the value: %w", err)
		}
		in.value, in.expected = asked.Value, asked.Version
	default:
		return in, out, fmt.Errorf("the call is %q; raftkv has Get, Put, Append, Delete and CompareAndSet", o.Call)
	}
	switch {
	case o.Failure != "":
		out.kind = uncertain
	case o.Answer == "refused" && o.Call == "CompareAndSet":
		out.kind = refusal
	default:
		if out.before, err = history.ParseVersioned(o.Answer); err != nil {
			return in, out, fmt.Errorf("the answer: %w", err)
		}
	}
	return in, out, nil
}

func raftkvModel() porcupine.Model {
	seed := maphash.MakeSeed()
	return porcupine.Model{
		Partition: byKey(func(input any) string { return input.(kvQuestion).key }),
		Init:      func() any { return pair{} },
		Step: func(state, input, output any) (bool, any) {
			return stepRaftKV(state.(pair), input.(kvQuestion), output.(kvAnswer))
		},
		Equal:             func(a, b any) bool { return a.(pair) == b.(pair) },
		Hash:              func(state any) uint64 { return maphash.Comparable(seed, state.(pair)) },
		DescribeOperation: func(input, output any) string { return describeKV(input.(kvQuestion), output.(kvAnswer)) },
		DescribeState:     func(state any) string { return describePair(state.(pair)) },
	}
}

// stepRaftKV says whether an answer is right in a state, and returns the next state.
func stepRaftKV(state pair, in kvQuestion, out kvAnswer) (bool, pair) {
	if in.call == "CompareAndSet" {
		if out.kind == refusal {
			return state.mayLack(in.expected), state
		}
		if !state.mayHave(in.expected) {
			return out.kind == uncertain, state // refused, if it was uncertain
		}
		state = state.at(in.expected)
	}
	if out.kind == done && (out.before.Exists != state.exists || out.before.Value != state.value) {
		return false, state
	}
	switch {
	case in.call == "Get":
		if !state.exists {
			return true, state
		}
		return state.mayHave(out.before.Version), state.at(out.before.Version)
	case in.call == "Delete":
		return true, pair{version: state.version}
	case out.kind == done && out.before.Version <= state.version:
		return false, state
	default:
		return true, state.write(in, out)
	}
}

// mayHave says whether the key can have a version, 0 meaning that it does not exist.
func (p pair) mayHave(version uint64) bool {
	if !p.exists || version == 0 {
		return !p.exists && version == 0
	}
	return version == p.version || !p.known && version > p.version
}

// mayLack says whether the key can have another version than this one.
func (p pair) mayLack(version uint64) bool {
	return !p.mayHave(version) || p.exists && !p.known
}

// at is the state once its version is known, which it may have.
func (p pair) at(version uint64) pair {
	if p.exists {
		p.version, p.known = version, true
	}
	return p
}

// write is the state after a Put, an Append or a CompareAndSet that was done.
func (p pair) write(in kvQuestion, out kvAnswer) pair {
	next := pair{exists: true, value: in.value, version: p.version + 1}
	if in.call == "Append" {
		next.value = p.value + in.value
	}
	if out.kind == done {
		next.version, next.known = out.before.Version, true
	}
	return next
}

func describeKV(in kvQuestion, out kvAnswer) string {
	asked := fmt.Sprintf("%s(%s", in.call, in.key)
	switch in.call {
	case "Put", "Append":
		asked += fmt.Sprintf(", %q", in.value)
	case "CompareAndSet":
		asked += fmt.Sprintf(", %d, %q", in.expected, in.value)
	}
	return asked + ") = " + [...]string{done: out.before.String(), refusal: "refused", uncertain: "?"}[out.kind]
}

func describePair(state pair) string {
	text := history.Versioned{Version: state.version, Exists: state.exists, Value: state.value}.String()
	if !state.known {
		return "at least " + text
	}
	return text
}
