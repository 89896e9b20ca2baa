package lab_test

import (
	"fmt"
	"time"

	"github.com/anishathalye/porcupine"
)

// kind is what a client does with a key.
type kind int

const (
	kindGet kind = iota
	kindPut
	kindAppend
	kindDelete
)

// call is what a client asked for.
type call struct {
	kind       kind
	key, value string
}

// answer is what it was told: what was there before the call. Of a get the version is the key's; of a put or an append, the
// one that it has from then on.
type answer struct {
	exists  bool
	value   string
	version uint64
}

// register is the state of a key in the model. Latest is the greatest version that it has had.
type register struct {
	exists          bool
	value           string
	version, latest uint64
}

// model is what a key does, one call after the other.
var model = porcupine.Model{
	Partition: byKey,
	Init:      func() any { return register{} },
	Step: func(state, input, output any) (bool, any) {
		return step(state.(register), input.(call), output.(answer))
	},
}

func byKey(history []porcupine.Operation) (parts [][]porcupine.Operation) {
	places := make(map[string]int)
	for _, operation := range history {
		key := operation.Input.(call).key
		place, known := places[key]
		if !known {
			place = len(parts)
			places[key], parts = place, append(parts, nil)
		}
		parts[place] = append(parts[place], operation)
	}
	return parts
}

// step says whether a call may have had an answer in a state, and what the state is then.
func step(r register, c call, a answer) (bool, register) {
	if a.exists != r.exists || a.value != r.value {
		return false, r
	}
	switch c.kind {
	case kindGet:
		return a.version == r.version, r
	case kindDelete:
		return true, register{latest: r.latest}
	case kindAppend:
		c.value = r.value + c.value
	}
	return a.version > r.latest, register{exists: true, value: c.value, version: a.version, latest: a.version}
}

// linearizable checks a history, for each key. That it is not known is a failure.
func linearizable(history []porcupine.Operation) error {
	for _, part := range byKey(history) {
		if verdict := porcupine.CheckOperationsTimeout(model, part, time.Minute); verdict != porcupine.Ok {
			return fmt.Errorf("the history of %q is %s: %d calls", part[0].Input.(call).key, verdict, len(part))
		}
	}
	return nil
}
