package node_test

import (
	"encoding/binary"
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/storage"
)

// variant is what a control takes out, or what is wrong with the disk. The zero variant is the real thing.
type variant struct {
	inject       func(errorfs.Op) error            // errors of the disk
	log          slog.Handler                      // nil for none
	syncInterval time.Duration                     // see storage.Options
	writeBehind  int                               // likewise; trials choose it for each life
	machine      func(*storage.State) node.Machine // stands in for the state
	anonymous    bool                              // writes have no request id
	early        bool                              // writes are acknowledged when they are proposed
	stale        bool                              // reads do not mind whether their barrier was passed
	maxLog       int                               // see node.Options
	installs     *atomic.Uint64                    // counts states that members got from others
	routed       bool                              // clients ask any member, which passes on what another must do
	renames      bool                              // who passes on a write gives it a new request id
	hasty        bool                              // members of a cluster die soon, and are back at once
	alone        bool                              // the last node goes by a map in which it has all shards for itself
	rows         func(i int, key []byte) bool      // which rows of a state get to other members; nil for all
	moves        bool                              // the members of shards change
	steps        *atomic.Uint64                    // counts steps of such changes that were taken
}

// request returns the request id of a write that a client would give this one.
func (v variant) request(id kv.RequestID) kv.RequestID {
	switch {
	case v.anonymous:
		return kv.RequestID{}
	case v.renames || v.alone: // each write is a new client's, so that nothing but its being done twice can be noticed
		binary.LittleEndian.PutUint64(id.Client[8:], id.Sequence)
		id.Sequence = 1
	}
	return id
}

const (
	clients         = 5
	crashesPerTrial = 50
	never           = 1000 * time.Hour
)

// world is what clients live in.
type world struct {
	seed    uint64
	shards  int
	variant variant
	large   int // the greatest length of values that are put, if not small

	clock   atomic.Int64 // of the history
	over    atomic.Bool  // clients begin nothing new
	history []porcupine.Operation

	// incarnations yields replicas to try, one after the other, until nobody shall try any more.
	incarnations func() iter.Seq[*incarnation]
}

// shardOf returns the shard of a key.
func (w *world) shardOf(key string) (shard storage.ShardID) {
	for _, b := range []byte(key) {
		shard += storage.ShardID(b)
	}
	return shard % storage.ShardID(w.shards)
}

// trial is a run of clients over a replica that crashes again and again.
type trial struct {
	world
	crashes uint64

	mu      sync.Mutex
	changed sync.Cond
	current *incarnation
	ended   bool
}

func newTrial(seed, crashes uint64, variant variant) *trial {
	t := &trial{world: world{seed: seed, shards: 1, variant: variant}, crashes: crashes}
	t.changed.L = &t.mu
	t.incarnations = t.lives
	return t
}

// enlarge makes values so large that tables are written, and the log is cut off. There are fewer crashes then.
func (t *trial) enlarge() {
	t.large = 150 << 10
	t.crashes = min(t.crashes, crashesPerTrial/5)
}

// lives yields the incarnation that lives, and then each time the next one, until the trial has ended.
func (t *trial) lives() iter.Seq[*incarnation] {
	return func(yield func(*incarnation) bool) {
		for in := t.after(nil); in != nil && yield(in); {
			in = t.after(in)
		}
	}
}

// after waits for an incarnation after another one, or returns nil when there will be none.
func (t *trial) after(last *incarnation) *incarnation {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.current == last && !t.ended {
		t.changed.Wait()
	}
	if t.ended {
		return nil
	}
	return t.current
}

func (t *trial) become(in *incarnation) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.current = in
	t.changed.Broadcast()
}

func (t *trial) end() {
	t.over.Store(true)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended = true
	t.changed.Broadcast()
}

// run returns the first thing that was wrong.
func (t *trial) run() error {
	inspector := newClient(&t.world, clients)
	everyone := []*client{inspector}
	var running sync.WaitGroup
	for number := range clients {
		client := newClient(&t.world, number)
		everyone = append(everyone, client)
		running.Go(client.run)
	}
	finished := make(chan struct{})
	go func() { running.Wait(); close(finished) }()

	err := t.live(inspector, finished)
	t.end()
	<-finished
	if err != nil {
		return err
	}
	for _, client := range everyone {
		t.history = append(t.history, client.history...)
	}
	return linearizable(t.history)
}

// live goes from incarnation to incarnation. The last one lives until all clients have finished.
func (t *trial) live(inspector *client, finished <-chan struct{}) error {
	random := rand.New(rand.NewPCG(t.seed, clients+1))
	disk := vfs.NewCrashableMem()
	for range t.crashes {
		in, err := t.begin(disk, t.behind(random), t.plan(random), inspector)
		if err == nil {
			err = in.await(in.over)
		}
		if err := in.finish(err); err != nil {
			return err
		}
		disk = in.remains
	}
	in, err := t.begin(disk, t.behind(random), death{}, inspector)
	if err == nil {
		t.over.Store(true)
		err = in.await(finished)
	}
	if err == nil {
		err = inspector.inspect(in)
	}
	return in.finish(err)
}

// begin starts an incarnation, looks at what it has found, and lets the clients go to it.
func (t *trial) begin(disk *vfs.MemFS, behind int, planned death, inspector *client) (*incarnation, error) {
	variant := t.variant
	variant.writeBehind = behind
	in, err := begin(disk, variant, planned)
	if err == nil {
		err = inspector.inspect(in)
	}
	if err == nil {
		t.become(in)
	}
	return in, err
}

// behind chooses how many bytes of changes are written behind: those of one entry or of many.
func (t *trial) behind(random *rand.Rand) int {
	if t.large > 0 {
		return 1 + random.IntN(2<<20)
	}
	return 1 + random.IntN(4<<10)*random.IntN(2)
}

// plan chooses the next death.
func (t *trial) plan(random *rand.Rand) death {
	planned := death{percent: random.IntN(101), random: random}
	if random.IntN(4) == 0 {
		planned.percent = 0
	}
	planned.moment = node.Moment(random.IntN(int(node.AfterApply)+2)) - 1
	planned.count = 1 + random.Int64N(20)
	if planned.moment == anyOperation {
		planned.count = 1 + random.Int64N(200)
	}
	if t.large > 0 {
		planned.count *= 5
	}
	return planned
}

// inspect reads everything: each read is part of the history, and a check of what a read alone can show.
func (c *client) inspect(in *incarnation) error {
	for i := range 3 {
		for _, name := range []string{"key", "log", "pair"} {
			read := call{kind: get, key: fmt.Sprintf("%s/%d", name, i), expect: kv.AnyVersion}
			begin := c.world.clock.Add(1)
			var got answer
			if !in.read(shard, func(state store) (err error) { got, err = read.look(state); return err }) {
				return in.failed()
			}
			if err := once(read.key, got.value); err != nil {
				return err
			}
			c.note(read, got, begin)
		}
	}
	in.read(shard, func(store) error { return counted(in.state) })
	return in.failed()
}

// once says whether no append is twice in a value that is made of appends alone.
func once(key, value string) error {
	if !strings.HasPrefix(key, "log/") {
		return nil
	}
	seen := make(map[string]bool)
	for _, token := range strings.SplitAfter(value, ";") {
		if token != "" && seen[token] {
			return fmt.Errorf("%s was appended to %s twice", token, key)
		}
		seen[token] = true
	}
	return nil
}

// counted compares the totals with what is there.
func counted(state *storage.State) error {
	var keys, bytes uint64
	err := state.Scan(storage.Range{}, true, func(key []byte, record kv.Record) (bool, error) {
		keys, bytes = keys+1, bytes+uint64(len(key)+len(record.Value))
		return true, nil
	})
	if totals := state.Figures(); err == nil && (totals.Keys != keys || totals.Bytes != bytes) {
		err = fmt.Errorf("%d keys of %d bytes are counted, but there are %d of %d", totals.Keys, totals.Bytes, keys, bytes)
	}
	return err
}
