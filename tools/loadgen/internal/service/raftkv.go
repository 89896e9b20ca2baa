package service

import (
	"context"
	"fmt"
	"strconv"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/tools/internal/drive"
	"numstore.example/tools/internal/history"
	"numstore.example/tools/loadgen/internal/model"
	"numstore.example/tools/loadgen/internal/workload"
)

// Places in the lists and in the mix of raftkv. compareAndSet is a Put that expects a version.
const (
	get, put, appendTo, remove, compareAndSet = 0, 1, 2, 3, 4
	answered, missing, refused                = 0, 1, 2
)

var raftkvCalls = drive.Calls{
	Names: []string{get: "Get", put: "Put", appendTo: "Append", remove: "Delete", compareAndSet: "CompareAndSet"},
	Marks: []string{answered: "", missing: "missing", refused: "refused"},
}

var raftKV = Service{
	Contract: raftkvpb.File_raftkv_proto,
	Calls:    raftkvCalls,
	Mix: workload.Mix{
		get:           {Call: "get", Percent: 50},
		put:           {Call: "put", Percent: 50},
		appendTo:      {Call: "append"},
		remove:        {Call: "delete"},
		compareAndSet: {Call: "cas"},
	},
	Fills: "put",
	Judge: model.Linearizable(model.Raftkv),
	Parameters: func(target Target) map[string]string {
		return map[string]string{"value-size": target.Workload.Sizes.String(), "unary": strconv.FormatBool(target.Unary), "any": strconv.FormatBool(target.Any), "ring": strconv.FormatBool(target.Ring != nil)}
	},
	Ready: raftKVReady,
	Open:  openRaftKV,

	ReadBack: readBackRaftKV,

	Bundles: true,
	Spreads: true,
}

func raftKVReady(ctx context.Context, target Target) error {
	for _, server := range target.Servers {
		stat, err := raftkvpb.NewRaftKVClient(server.conn(0)).Stat(ctx, &raftkvpb.StatRequest{})
		switch {
		case status.Code(err) == codes.Unimplemented:
			return another(server, "raftkv")
		case target.Recorded && stat.GetKeys() > 0:
			return fmt.Errorf("the server at %s has %d keys; a history can be checked only if the server is new", server.Addr, stat.GetKeys())
		}
	}
	return nil
}

func openRaftKV(target Target) (func(int) drive.Send, func(), error) {
	openAll := openServer
	if target.Ring != nil {
		openAll = openRing
	}
	open, closeAll, err := openAll(target)
	if err != nil {
		return nil, nil, err
	}
	source := target.Workload.Source()
	var known *versions
	if target.Workload.Mix.Percent("cas") > 0 {
		known = &versions{of: make(map[string]uint64)}
	}
	return func(worker int) drive.Send {
		source := source(worker)
		w := &raftkvWorker{
			ask: open(worker), source: source, known: known, recorded: target.Recorded,
			values: values{worker: worker, source: source, recorded: target.Recorded},
		}
		return w.send
	}, closeAll, nil
}

// question is a call, whichever way it travels.
type question struct {
	call       int // its place
	key, value []byte
	expected   uint64 // of compareAndSet
	previous   bool   // whether Put and Delete shall return the value before
}

// reply is what was answered: the key as it is (Get) or was before (writes), and its version from now on.
type reply struct {
	found   bool
	value   []byte
	version uint64
}

// ask makes a call. It is not for concurrent use.
type ask func(context.Context, question) (reply, error)

// raftkvWorker decides what to ask, and notes it.
type raftkvWorker struct {
	ask      ask
	source   *workload.Source
	known    *versions // nil if nothing is compared
	recorded bool
	values   values
	long     string // a key whose value has become too long for a history; it is put next
}

// longest is how long values may become in a history, in bytes: every later answer repeats them, and the
// checker copies them at each step.
const longest = 4096

func (w *raftkvWorker) send(ctx context.Context, operation *history.Operation) drive.Outcome {
	call, key := w.source.Next()
	if w.long != "" {
		call, key, w.long = put, w.long, ""
	}
	q := question{call: call, key: []byte(key), previous: w.recorded}
	if call != get && call != remove {
		q.value = w.values.next()
	}
	if call == compareAndSet {
		q.expected = w.known.get(key)
	}
	reply, err := w.ask(ctx, q)
	outcome := drive.Outcome{Call: call, Err: err}
	switch {
	case call == compareAndSet && status.Code(err) == codes.FailedPrecondition:
		outcome = drive.Outcome{Call: call, Mark: refused} // as good an answer as any
	case call == get && err == nil && !reply.found:
		outcome.Mark = missing
	}
	if w.known != nil && outcome.Err == nil && outcome.Mark != refused {
		w.known.set(key, reply.version)
	}
	if w.recorded && len(reply.value) > longest {
		w.long = key
	}
	if operation != nil {
		note(operation, q, reply, outcome)
	}
	return outcome
}

// note writes down what was asked and answered.
func note(o *history.Operation, q question, r reply, outcome drive.Outcome) {
	o.Call, o.Key, o.Value = raftkvCalls.Names[q.call], string(q.key), string(q.value)
	if q.call == compareAndSet {
		o.Value = history.Versioned{Version: q.expected, Exists: true, Value: string(q.value)}.String()
	}
	o.Answer = history.Versioned{Version: r.version, Exists: r.found, Value: string(r.value)}.String()
	if outcome.Mark == refused {
		o.Answer = "refused"
	}
}

// versions are the versions that keys were last seen to have, by any worker: so a compareAndSet succeeds
// unless somebody was faster.
type versions struct {
	mu sync.Mutex
	of map[string]uint64 // guarded by mu; 0 if the key did not exist
}

func (v *versions) get(key string) uint64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.of[key]
}

func (v *versions) set(key string, version uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.of[key] = version
}
