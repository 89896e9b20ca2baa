package node

import (
	"context"
	"fmt"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/gossipkv/internal/storage"
	"numstore.example/services/internal/budget"
)

// write is a put or a deletion on its way.
type write struct {
	entry   merge.Entry // its version is given by the loop
	seen    uint64      // the session's time
	outcome chan written
	budget  *budget.Budget
}

type written struct {
	version merge.Version
	err     error
}

func (w *write) answer(version merge.Version, err error) {
	w.budget.GiveBack(int64(w.entry.Size()))
	w.outcome <- written{version, err}
}

// Put sets a key to a value, and returns the version of that when it is on disk. SessionTime is the greatest time that the session has seen. Key and
// value must not be changed from then on.
//
// The errors are ErrTime, ErrOut, ErrBusy, and those of storage.Store.Writable, with which nothing was done; and ErrStopped, the store's failure and the
// context's, with which it may have been.
func (n *Node) Put(ctx context.Context, key, value []byte, sessionTime uint64) (merge.Version, error) {
	return n.write(ctx, merge.Entry{Key: key, Value: value}, sessionTime)
}

// Delete is Put of a tombstone.
func (n *Node) Delete(ctx context.Context, key []byte, sessionTime uint64) (merge.Version, error) {
	return n.write(ctx, merge.Entry{Key: key, Deleted: true}, sessionTime)
}

func (n *Node) write(ctx context.Context, entry merge.Entry, seen uint64) (merge.Version, error) {
	if n.options.leaveOut.sessionTime {
		seen = 0
	}
	if !n.budget.Take(int64(entry.Size())) {
		return merge.Version{}, ErrBusy
	}
	w := &write{entry: entry, seen: seen, outcome: make(chan written, 1), budget: n.budget}
	if err := n.mail.put(func(mail *mail) { mail.writes = append(mail.writes, w) }); err != nil {
		n.budget.GiveBack(int64(entry.Size()))
		return merge.Version{}, err
	}
	select {
	case done := <-w.outcome:
		return done.version, done.err
	case <-ctx.Done():
		return merge.Version{}, ctx.Err()
	}
}

// Get returns what a session may be told of a key (see merge.Read), and the entry with Found, or the tombstone if there is one with NoValue. Seen is the
// greatest version of the key that it has met, zero if none.
func (n *Node) Get(key []byte, seen merge.Version) (merge.Outcome, merge.Entry, error) {
	// What is known is read before the entry: a vector that is newer than the entry would cover what is not shown yet.
	known := n.shown.Load().Known
	stored, err := n.store.Get(key)
	if err != nil {
		return 0, merge.Entry{}, err
	}
	if n.options.leaveOut.sessionCheck {
		seen = merge.Version{}
	}
	outcome := merge.Read(stored, seen, known)
	if outcome == merge.DependencyNotMet {
		stored = merge.Entry{}
	}
	return outcome, stored, nil
}

// View returns the entries as of one moment, all on disk. Close it soon: it holds up the disk's tidying.
func (n *Node) View() *storage.View { return n.store.View() }

// write does a write of this server's own: it gives it a version and takes it into the round. The answer comes when it is on disk.
func (l *loop) write(w *write) {
	if l.refused != nil {
		l.answer(w, merge.Version{}, fmt.Errorf("%w: %w", ErrOut, l.refused))
		return
	}
	if err := l.writable(w.entry); err != nil {
		l.answer(w, merge.Version{}, err)
		return
	}
	time, ok := merge.Next(l.state.Time, w.seen)
	if !ok {
		l.answer(w, merge.Version{}, fmt.Errorf("the session's time is %d: %w", w.seen, ErrTime))
		return
	}
	if !l.confirmed() {
		l.node.options.Logger.Info("a write came before all servers were heard of what they know of this one: it goes on under another incarnation")
		l.renew()
	}
	w.entry.Version = merge.Version{Time: time, Origin: l.state.Self}
	if err := l.stamp(w.entry); err != nil {
		l.answer(w, merge.Version{}, err)
		return
	}
	l.answer(w, w.entry.Version, nil)
}

// writable says why an entry cannot be taken for want of room.
func (l *loop) writable(e merge.Entry) error {
	if e.Deleted {
		return nil
	}
	return l.node.store.Writable()
}

// stamp takes a write that is made here: of this server's own, with the next version, or one that it adopts.
func (l *loop) stamp(e merge.Entry) error {
	if _, err := l.batch.Merge(e); err != nil {
		return l.fail(err)
	}
	l.batchBytes += e.Size()
	l.state.Time = max(l.state.Time, e.Version.Time)
	l.pushOwn(e)
	return nil
}
