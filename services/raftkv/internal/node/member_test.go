package node_test

import (
	"errors"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/storage"
)

// recorder is a machine that keeps the commands of each entry, and replies to a command with itself.
type recorder struct {
	lag uint64 // how many of the last entries it does not keep

	mu      sync.Mutex
	kept    uint64
	indexes []uint64
	entries [][]string
	time    uint64 // of the last of them
	refuse  error  // what Apply returns for entries that have commands
}

func (r *recorder) Apply(_, index, time uint64, commands [][]byte) ([][]byte, uint64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuse != nil && len(commands) > 0 {
		return nil, 0, r.refuse
	}
	r.indexes = append(r.indexes, index)
	r.kept = max(r.kept+r.lag, index) - r.lag
	if len(commands) == 0 {
		return nil, r.kept, nil // Raft's own
	}
	var entry []string
	for _, command := range commands {
		entry = append(entry, string(command))
	}
	r.entries, r.time = append(r.entries, entry), max(r.time, time)
	return commands, r.kept, nil
}

func (r *recorder) Snapshot(io.Writer) error { return errors.ErrUnsupported }
func (r *recorder) Restore(io.Reader) error  { return errors.ErrUnsupported }

func (r *recorder) Now() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.time
}

// applied returns the commands of each entry that had some.
func (r *recorder) applied() [][]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.entries)
}

// gate holds a replica back at a moment of the life of an entry. It is open until it is closed.
type gate struct {
	moment node.Moment
	mu     sync.Mutex
	shut   chan struct{} // closed when the gate opens again; nil while it is open
}

func (g *gate) at(moment node.Moment) {
	if moment != g.moment {
		return
	}
	g.mu.Lock()
	shut := g.shut
	g.mu.Unlock()
	if shut != nil {
		<-shut
	}
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = make(chan struct{})
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut != nil {
		close(g.shut)
		g.shut = nil
	}
}

// member is a replica on a disk in memory, with a machine and a gate of the test's own.
type member struct {
	*node.Replica
	*recorder
	gate     *gate
	disk     *vfs.MemFS
	id       uint64
	voters   []uint64 // of its group
	store    *storage.Store
	log      *storage.Log
	failures []error // that OnFailure was told; read them after the end
}

// launch starts a replica whose gate is at a moment. What change does not change is as usual.
func launch(t *testing.T, disk *vfs.MemFS, moment node.Moment, change func(*member, *node.Config)) *member {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	store, err := storage.Open(storage.Options{Dir: dir, FS: disk, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	m := &member{recorder: &recorder{}, gate: &gate{moment: moment}, disk: disk, id: 1, voters: []uint64{1}, store: store}
	config := node.Config{
		ID: m.id, Machine: m.recorder, Campaign: true, MaxInFlight: 1 << 30, Logger: log, At: m.gate.at,
		OnFailure: func(err error) { m.failures = append(m.failures, err) },
	}
	if change != nil {
		change(m, &config)
	}
	if config.Log, err = store.OpenLog(shard, m.voters, config.Applied); err != nil {
		t.Fatal(err)
	}
	m.log = config.Log
	store.Start()
	if m.Replica, err = node.Start(config); err != nil {
		t.Fatal(err)
	}
	return m
}

// ready waits until the replica takes proposals.
func (m *member) ready(t *testing.T) *member {
	t.Helper()
	if err := m.AwaitLeader(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := m.AwaitBarrier(t.Context()); err != nil {
		t.Fatal(err)
	}
	return m
}

func (m *member) end(t *testing.T) {
	t.Helper()
	m.gate.open()
	m.Stop()
	if err := m.store.Close(); err != nil {
		t.Error(err)
	}
}

// outcome is what a proposal or barrier was told.
type outcome struct {
	calls   int
	replies []string
	err     error
}

// send proposes commands. What comes of it can be read when all goroutines wait.
func (m *member) send(commands ...string) *outcome {
	o := &outcome{}
	proposal := &node.Proposal{Done: func(replies [][]byte, err error) {
		o.calls, o.err = o.calls+1, err
		for _, reply := range replies {
			o.replies = append(o.replies, string(reply))
		}
	}}
	for _, command := range commands {
		proposal.Commands = append(proposal.Commands, []byte(command))
	}
	m.Propose(proposal)
	return o
}

func (m *member) barrier() *outcome {
	o := &outcome{}
	m.Barrier(func(err error) { o.calls, o.err = o.calls+1, err })
	return o
}

// expect says what an outcome must be: how often it was told, and with which error.
func (o *outcome) expect(t *testing.T, what string, calls int, err error) {
	t.Helper()
	if o.calls != calls || !errors.Is(o.err, err) {
		t.Errorf("%s was told %d times, with %v; not %d times with %v", what, o.calls, o.err, calls, err)
	}
}
