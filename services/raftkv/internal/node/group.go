package node

import (
	"context"
	"io"
	"sync/atomic"

	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/shard"
	"numstore.example/services/raftkv/internal/storage"
)

// Group is what a server asks for the keys of one shard, wherever the shard is. It knows no word of how the shard is
// replicated. All methods may be called by any goroutine.
//
// Errors are ErrNotLeader, ErrBusy, ErrStopped and ErrDeposed, those of package storage, and those of contexts.
type Group interface {
	// Propose has commands executed, each for itself, in this order. It does not wait.
	Propose(*Proposal)

	// Get returns a key's record, or false when the key does not exist. The value must not be changed.
	//
	// This and all that reads here shows every write that was answered before the call: it is linearizable.
	Get(ctx context.Context, key []byte) (kv.Record, bool, error)

	// GetAll gets keys. It tells each record, or why it cannot be read, in the order of the keys, until more is false;
	// the values must not be changed. An error says why, and that nothing was told.
	GetAll(ctx context.Context, keys [][]byte, tell func(i int, record kv.Record, found bool, err error) (more bool)) error

	// Scan tells the pairs of a range in the order of the keys, as of one moment, until more is false; values are left out
	// unless they are wanted. Key and value may be used until tell returns.
	Scan(ctx context.Context, span Range, values bool, tell func(key []byte, record kv.Record) (more bool, err error)) error

	// Backup writes the shard's part of a backup, as of one moment (see ReadPart). What was written before an error is of no
	// use.
	Backup(ctx context.Context, id shard.BackupID, w io.Writer) error

	// Failed is closed when the group cannot answer any more; what was proposed may never be told its end then. Failure
	// returns why, from then on.
	Failed() <-chan struct{}
	Failure() error
}

// Execute has a group execute one command and waits for its reply. When the context ends first, the command may or may
// not be executed later.
func Execute(ctx context.Context, group Group, command []byte) ([]byte, error) {
	type outcome struct {
		reply []byte
		err   error
	}
	settled := make(chan outcome, 1)
	group.Propose(&Proposal{
		Commands: [][]byte{command},
		Done: func(replies [][]byte, err error) {
			if err != nil {
				settled <- outcome{err: err}
				return
			}
			settled <- outcome{reply: replies[0]}
		},
	})
	select {
	case o := <-settled:
		return o.reply, o.err
	case <-group.Failed():
		return nil, group.Failure()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Local is a group as this node's member answers for it: reads wherever the group has a leader, writes if it leads, and
// otherwise ErrNotLeader.
type Local struct {
	node    *Node
	shard   storage.ShardID
	member  storage.MemberID
	replica *Replica
	state   *storage.State

	left atomic.Bool // the member is none any more, or damaged: what it reads does not count
}

var _ Group = (*Local)(nil)

// Shard returns the number of the shard.
func (l *Local) Shard() storage.ShardID { return l.shard }

// leads says whether this node's member leads, as far as it knows, and can do so.
func (l *Local) leads() bool {
	status := l.Status()
	return status.Role == Leader && !status.Stalled
}

// Propose implements Group.
func (l *Local) Propose(p *Proposal) { l.replica.Propose(p) }

// await waits until the member shows all that was answered before.
func (l *Local) await(ctx context.Context) error {
	return l.seen(l.replica.AwaitBarrier(ctx))
}

// seen returns the error of a read. Somebody else is to be asked when the rows may have been deleted before it, or are
// damaged.
func (l *Local) seen(err error) error {
	if storage.IsDamage(err) && l.node.takeOut(Damage{l.shard, l.member, err}, l.state.Members()) {
		l.left.Store(true)
	}
	if l.left.Load() {
		return errAbsent
	}
	return err
}

// Get implements Group.
func (l *Local) Get(ctx context.Context, key []byte) (kv.Record, bool, error) {
	if err := l.await(ctx); err != nil {
		return kv.Record{}, false, err
	}
	record, found, err := l.state.Get(key)
	return record, found, l.seen(err)
}

// GetAll implements Group. All keys share one barrier.
func (l *Local) GetAll(ctx context.Context, keys [][]byte, tell func(int, kv.Record, bool, error) bool) error {
	if err := l.await(ctx); err != nil {
		return err
	}
	for i, key := range keys {
		record, found, err := l.state.Get(key)
		if !tell(i, record, found, l.seen(err)) {
			break
		}
	}
	return nil
}

// Scan implements Group.
func (l *Local) Scan(ctx context.Context, span Range, values bool, tell func([]byte, kv.Record) (bool, error)) error {
	if err := l.await(ctx); err != nil {
		return err
	}
	return l.seen(l.state.Scan(span, values, tell))
}

// Backup implements Group.
func (l *Local) Backup(ctx context.Context, id shard.BackupID, w io.Writer) error {
	if err := l.await(ctx); err != nil {
		return err
	}
	return l.seen(l.state.Backup(id, w))
}

// Failed implements Group.
func (l *Local) Failed() <-chan struct{} { return l.replica.Failed() }

// Failure implements Group.
func (l *Local) Failure() error { return l.replica.Failure() }

// Status returns what this node's member knows of the group.
func (l *Local) Status() Status { return l.replica.Status() }

// Figures returns what this node's member counts.
func (l *Local) Figures() storage.Figures { return l.state.Figures() }

// Checksum returns the last checksum of this node's member, and whether the leader had another one at the same entry.
func (l *Local) Checksum() (own storage.Checksum, differs bool) { return l.state.Checksum() }

// Syncs returns how many appends to the log were waited for until they were on disk.
func (l *Local) Syncs() uint64 { return l.replica.Syncs() }

// Installs returns how many states of other members this node's member has installed.
func (l *Local) Installs() uint64 { return l.replica.Installs() }
