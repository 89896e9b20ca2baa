package node_test

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/gossipkv/internal/node"
	"numstore.example/services/gossipkv/internal/storage"
	"numstore.example/services/internal/engine/enginetest"
)

// life is a node from its start to its end, on a disk that may crash in the middle of any operation.
type life struct {
	node *node.Node
	disk *vfs.MemFS

	mu      sync.Mutex
	random  *rand.Rand
	until   int          // how many operations of the disk come before the crash; 0: it never comes
	known   merge.Vector // what the node knew at the crash, on disk
	remains *vfs.MemFS   // what a crash has left of the disk; nil before it
	crashed atomic.Bool
	over    chan struct{} // closed at the crash
	failure error         // of the node, unless it is the crash's
}

// born opens a node on a disk. After so many operations of the disk, it crashes; 0 means never. Moved says that it can be told from the disk that it is a copy.
func born(id merge.ServerID, disk *vfs.MemFS, random *rand.Rand, until int, control node.Control, moved bool) (*life, error) {
	l := &life{disk: disk, random: random, until: until, over: make(chan struct{})}
	options := node.Options{
		Server:    id,
		Storage:   storage.Options{Dir: enginetest.Dir, FS: errorfs.Wrap(enginetest.Crashing{MemFS: disk}, errorfs.InjectorFunc(l.beforeOperation))},
		Random:    rand.New(rand.NewPCG(random.Uint64(), 0)).Uint64,
		OnFailure: l.fail,
	}
	n, err := node.Open(options.WithPieces(30).Moved(moved).Without(control))
	l.mu.Lock()
	defer l.mu.Unlock()
	l.node = n
	return l, err
}

// beforeOperation crashes at the chosen operation. What the node does from then on is done to a disk that nobody looks at.
func (l *life) beforeOperation(op errorfs.Op) error {
	if op.Kind.ReadOrWrite() == errorfs.OpIsRead {
		return nil
	}
	if err := enginetest.KeepManifest(l.disk, op); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.until > 0 && l.remains == nil {
		if l.until--; l.until == 0 {
			l.crash()
		}
	}
	return nil
}

// crash keeps what a crash would leave of the disk. The node is not told, and may go on telling others for a while what its next life does not know any more: so do servers whose disks
// lose what they had synced. The lock is held.
func (l *life) crash() {
	if l.node != nil {
		l.known = l.node.State().Known
	}
	percent := l.random.IntN(3) * 50
	l.remains = l.disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: l.random})
	l.crashed.Store(true)
	close(l.over)
}

// kill crashes now, unless it has crashed already.
func (l *life) kill() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.remains == nil {
		l.crash()
	}
}

func (l *life) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failure = err
}

// end closes what is left of the node, and returns the disk of the next life: what the crash has left, or all, if there was none.
func (l *life) end() (*vfs.MemFS, error) {
	err := l.node.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.remains != nil {
		return l.remains, nil // a node that lives on after its death may meet anything
	}
	if l.failure != nil {
		err = l.failure
	}
	return l.disk, err
}
