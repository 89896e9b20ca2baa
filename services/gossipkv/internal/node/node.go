// Package node is a server of gossipkv without its contract: a Node opens the store, takes reads and writes, and brings them
// to the other servers, and theirs to the store. The rules are package merge's, the disk is package storage's. Messages to
// others leave through a Transport and come in through Node.Receive; package peer is the real one, Network that of tests.
//
// # The life of a put
//
// Node.Put leaves it in the mailbox. The node's goroutine (loop.go) takes all that lies there, in rounds: it gives each put a version, greater than all that it has
// seen, and takes what others have sent. All of a round is one batch with the vector that covers it, which is synced. Only then is anything told: the
// puts are answered, and pushed to the servers to which there are links (push.go), which pass them on to those that were not told. Meanwhile the next round gathers.
//
// # When servers meet
//
// Each tells what it knows: when a link begins, and at ticks while that changes. Who lacks something that does not come by
// itself pulls it, from one other server at a time, piece by piece (exchange.go): what it costs is what differs. No clock is
// read. Ticks only decide when something is tried, or said.
//
// # Who the servers are
//
// The roster says so (members.go): it spreads between them, with what each is known to know, and so tells when a tombstone
// can go (collect.go). Nothing of it is needed to read or to write.
package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/gossipkv/internal/storage"
	"numstore.example/services/internal/budget"
)

// Options say what a node opens.
type Options struct {
	// Server is the server's number, 1 or greater. One that contradicts the store is refused.
	Server merge.ServerID

	// Storage says where the store is and how it is treated. The node sets OnFailure and Logger.
	Storage storage.Options

	// MaxInFlight is how many bytes of writes may wait for the disk; more are refused with ErrBusy. Zero means 256 MiB.
	MaxInFlight int64

	// Random makes incarnations and what else must be unlike what others make up; nil is a source that nobody can foresee.
	Random func() uint64

	// OnFailure is told, once, when the node can no longer write.
	OnFailure func(error)

	Logger *slog.Logger

	// For tests: how many bytes of entries a piece has, instead of maxPiece; whether the folder is taken for one that moved; and what is left out, to see that it is missed.
	pieceBytes int
	moved      bool
	leaveOut   leftOut
}

// leftOut are mechanisms that a test leaves out.
type leftOut struct {
	sessionCheck bool // a Get does not look at what the session has seen
	sessionTime  bool // a write does not look at the session's time
	sync         bool // a write is answered before it is on disk
	incarnation  bool // a new folder goes on under the same incarnation
	gaps         bool // the vector advances over what was not received
	stability    bool // tombstones are collected as soon as this server knows of them, and nobody remembers
	lastPiece    bool // an exchange is taken for complete with its first piece
}

const defaultInFlight = 256 << 20

// Node is a server: its store and what it knows of others. It owns all of it, until Close.
type Node struct {
	options Options
	store   *storage.Store
	mail    mailbox
	budget  *budget.Budget
	shown   atomic.Pointer[shown]
	pulls   pulls
	loop    *loop

	transport Transport // from Start on
	stop      context.CancelFunc
	stopping  context.Context
	running   sync.WaitGroup
}

// shown is what others than the node's goroutine see of its state: as of the last round that is on disk.
type shown struct {
	storage.State
	run uint64
	// refused is why no writes are taken, nor links; nil if they are.
	refused    error
	neighbours map[merge.ServerID]seen
}

// seen is what is shown of a neighbour.
type seen struct {
	origin    merge.Origin
	announced merge.Vector
}

// Open opens a node, or makes a new one. It takes reads at once, and writes and links from Start on.
func Open(options Options) (*Node, error) {
	if options.Server < 1 {
		return nil, errors.New("a server cannot have the number 0; it may be 1 to 4294967295")
	}
	if options.Random == nil {
		options.Random = rand.Uint64
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	n := &Node{options: options, mail: newMailbox(), pulls: newPulls()}
	n.options.pieceBytes = cmp.Or(options.pieceBytes, maxPiece)
	n.budget = budget.New(cmp.Or(options.MaxInFlight, defaultInFlight))
	n.stopping, n.stop = context.WithCancel(context.Background())
	var once sync.Once
	n.options.OnFailure = func(err error) {
		once.Do(func() {
			if options.OnFailure != nil {
				options.OnFailure(err)
			}
		})
	}
	options.Storage.OnFailure, options.Storage.Logger = n.options.OnFailure, options.Logger
	var err error
	if n.store, err = storage.Open(options.Storage); err != nil {
		return nil, err
	}
	if err := n.begin(); err != nil {
		return nil, errors.Join(err, n.store.Close())
	}
	return n, nil
}

// begin makes sure that the store has an origin of its own.
func (n *Node) begin() error {
	l := newLoop(n)
	switch self := l.state.Self; {
	case self == merge.Origin{}:
		l.renew()
	case self.Server != n.options.Server:
		return fmt.Errorf("the folder is that of server %d; this is to be server %d: name another folder, or that number", self.Server, n.options.Server)
	case n.store.Moved() || n.options.moved:
		n.options.Logger.Warn("the folder is not where it was when it was last used, so it may be a copy: this server goes on under another incarnation")
		l.renew()
	}
	if err := l.finish(); err != nil {
		return err
	}
	n.loop = l
	return nil
}

// Start begins to take writes, and messages of a transport.
func (n *Node) Start(transport Transport) {
	n.transport = transport
	n.running.Go(n.loop.work)
	n.running.Go(n.servePulls)
}

// Close ends what runs and closes the store. Writes that wait are told ErrStopped. Nobody must use the node from then on; the transport
// must have stopped.
func (n *Node) Close() error {
	n.stop()
	n.running.Wait()
	n.mail.close(ErrStopped)
	return n.store.Close()
}

// Self returns the origin under which the node writes.
func (n *Node) Self() merge.Origin { return n.shown.Load().Self }

// Time returns the greatest time that the node has seen.
func (n *Node) Time() uint64 { return n.shown.Load().Time }
