package node_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"

	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/storage"
)

// get is the kind of a call that writes nothing.
const get kv.Kind = 0

// call is what a client asked for. A key under pair stands for two keys that always have the same value,
// because all that is ever done to them are batches that write both.
type call struct {
	kind   kv.Kind
	key    string
	value  string
	expect uint64
}

// answer is what it was told: of a write what was there before, and the version from now on, or the actual
// version if it was refused; of a get what is there. A vague answer says nothing but that it was done.
type answer struct {
	refused bool
	exists  bool
	value   string
	version uint64
	vague   bool
}

func (c call) pair() bool { return strings.HasPrefix(c.key, "pair/") }

// halves are the two keys of a pair. The second one has the version that counts.
func (c call) halves() [2][]byte {
	return [2][]byte{[]byte(c.key + "/a"), []byte(c.key + "/b")}
}

func (c call) command(request kv.RequestID) []byte {
	write := kv.Write{Kind: c.kind, Key: []byte(c.key), Value: []byte(c.value), Expect: c.expect, Previous: true, MaxValue: 1 << 30}
	command := kv.Command{Request: request, Writes: []kv.Write{write}}
	if c.pair() {
		halves := c.halves()
		first, second := write, write
		first.Key, first.Expect = halves[0], kv.AnyVersion // so that the first half is done before the second is refused
		second.Key = halves[1]
		command.Writes = []kv.Write{first, second}
	}
	return command.AppendTo(nil)
}

// answer reads a reply. An error means that it cannot be right, whatever came before.
func (c call) answer(reply kv.Reply) (answer, error) {
	switch reply.Outcome {
	case kv.VersionMismatch:
		return answer{refused: true, version: reply.Actual}, nil
	case kv.Done:
	default:
		return answer{}, fmt.Errorf("%+v ended with outcome %d (%d)", c, reply.Outcome, reply.Actual)
	}
	last := reply.Results[len(reply.Results)-1]
	if c.pair() {
		first := reply.Results[0]
		if first.Existed != last.Existed || string(first.Previous) != string(last.Previous) || first.Version+1 != last.Version {
			return answer{}, fmt.Errorf("%+v found half of a batch: %+v", c, reply.Results)
		}
	}
	return answer{exists: last.Existed, value: string(last.Previous), version: last.Version}, nil
}

// store is what a client reads: a state, or a group.
type store interface {
	Get(key []byte) (kv.Record, bool, error)
	Scan(span storage.Range, values bool, tell func([]byte, kv.Record) (bool, error)) error
}

// look reads what a get reads.
func (c call) look(state store) (answer, error) {
	if !c.pair() {
		record, exists, err := state.Get([]byte(c.key))
		return answer{exists: exists, value: string(record.Value), version: record.Version}, err
	}
	var found []kv.Record
	err := state.Scan(storage.Range{Prefix: []byte(c.key)}, true, func(_ []byte, record kv.Record) (bool, error) {
		record.Value = append([]byte(nil), record.Value...)
		found = append(found, record)
		return true, nil
	})
	switch {
	case err != nil || len(found) == 0:
		return answer{}, err
	case len(found) != 2 || string(found[0].Value) != string(found[1].Value) || found[0].Version+1 != found[1].Version:
		return answer{}, fmt.Errorf("half of a batch is there: %s is %.80v", c.key, found)
	}
	return answer{exists: true, value: string(found[1].Value), version: found[1].Version}, nil
}

// register is the state of a key in the model. Latest is the greatest version that it has had.
type register struct {
	exists          bool
	value           string
	version, latest uint64
	vague           bool // its version is not known
}

var model = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		byKey := make(map[string][]porcupine.Operation)
		for _, operation := range history {
			key := operation.Input.(call).key
			byKey[key] = append(byKey[key], operation)
		}
		var parts [][]porcupine.Operation
		for _, part := range byKey {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() any { return register{} },
	Step: func(before, input, output any) (bool, any) {
		return step(before.(register), input.(call), output.(answer))
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%.60v: %.60v", input, output) },
}

// step says whether a call may have had an answer in a state, and what the state is then.
func step(r register, c call, a answer) (bool, register) {
	if !r.vague && !a.vague && c.expect != kv.AnyVersion && c.expect != r.version {
		return a.refused && a.version == r.version, r
	}
	if a.refused || !a.vague && (a.exists != r.exists || a.value != r.value) {
		return false, r
	}
	if c.kind == get {
		return r.vague || a.version == r.version, r
	}
	next := register{latest: max(r.latest, a.version), vague: a.vague}
	switch c.kind {
	case kv.Delete:
		return true, next
	case kv.Append:
		next.value = r.value
	}
	next.exists, next.value, next.version = true, next.value+c.value, a.version
	return a.vague || a.version > r.latest, next
}

// linearizable checks a history, per key. Unknown is a failure.
func linearizable(history []porcupine.Operation) error {
	result := porcupine.CheckOperationsTimeout(model, history, time.Minute)
	if result == porcupine.Ok {
		return nil
	}
	for _, part := range model.Partition(history) {
		if verdict := porcupine.CheckOperationsTimeout(model, part, time.Minute); verdict != porcupine.Ok {
			return fmt.Errorf("the history of %s is %s: %d calls", part[0].Input.(call).key, verdict, len(part))
		}
	}
	return fmt.Errorf("the history is %s", result)
}
