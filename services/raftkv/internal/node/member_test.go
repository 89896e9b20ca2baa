package node_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/node/nodetest"
	"numstore.example/services/raftkv/internal/storage"
)

// recorder is a machine that keeps the commands of each entry, and replies to a command with itself.
type recorder struct {
	lag   storage.Index // how many of the last entries it does not keep
	shows storage.Index // the last entry that it shows when it is opened

	mu      sync.Mutex
	kept    storage.Index
	indexes []storage.Index
	entries [][]string
	time    kv.Millis // of the last of them
	refuse  error     // what Apply returns for entries that have commands
}

func (r *recorder) Apply(at storage.Position, time kv.Millis, commands [][]byte) ([][]byte, storage.Index, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuse != nil && len(commands) > 0 {
		return nil, 0, r.refuse
	}
	r.indexes = append(r.indexes, at.Index)
	r.kept = max(r.kept+r.lag, at.Index) - r.lag
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

func (r *recorder) Applied() storage.Index { return r.shows }

func (r *recorder) Now() kv.Millis {
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
	id       storage.NodeID
	node     *node.Node
	failures []error // that OnFailure was told; read them after the end
}

// launch starts a replica whose gate is at a moment. What change does not change is as usual.
func launch(t *testing.T, disk *vfs.MemFS, moment node.Moment, change func(*member, *node.Options)) *member {
	t.Helper()
	m := &member{recorder: &recorder{}, gate: &gate{moment: moment}, disk: disk}
	options := node.Options{
		ID: 1, Found: nodetest.Alone(1), Storage: storage.Options{Dir: dir, FS: disk}, MaxInFlight: 1 << 30, Logger: slog.New(slog.DiscardHandler),
		Machine:   func(*storage.State) node.Machine { return m.recorder },
		At:        m.gate.at,
		OnFailure: func(err error) { m.failures = append(m.failures, err) },
	}
	if change != nil {
		change(m, &options)
	}
	m.id = options.ID
	var err error
	if m.node, err = node.Open(options); err != nil {
		t.Fatal(err)
	}
	m.Replica = m.node.Replica(shard)
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
	if err := m.node.Close(); err != nil {
		t.Error(err)
	}
}

// execute has a command executed, and waits for the reply.
func (m *member) execute(ctx context.Context, command []byte) ([]byte, error) {
	return node.Execute(ctx, m.node.Group(shard), command)
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
