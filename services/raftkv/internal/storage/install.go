package storage

import (
	"fmt"

	"go.etcd.io/raft/v3/raftpb"
)

// Install makes a staged snapshot the state of the shard, and has the log go on after it, with this hard state unless that
// is nil. Both are on disk when Install returns, however the store syncs; what Append was told before need not be there any
// more. A crash leaves the old state with the old log, or the new one with the new one. Who reads a moment goes on
// reading it.
//
// It belongs to the goroutine that writes the log, as Appends do, and waits until another one has awaited all appends. A
// snapshot that shows no more than the state does is refused and discarded; Raft installs none. After any other error the
// state cannot be used any more.
func (l *Log) Install(staged *Staged, hard *raftpb.HardState) error {
	l.underway.Wait() // or the mark of one of them might come after that of the snapshot
	l.store.marking.Lock()
	defer l.store.marking.Unlock()
	s := staged.state
	s.mu.Lock() // nothing is applied meanwhile, nor written: it would be the old state's
	defer s.mu.Unlock()
	if s.broken != nil {
		return s.broken
	}
	if staged.Position.Index <= s.applied.Index {
		staged.Discard()
		return fmt.Errorf("the snapshot shows the log up to entry %d, and the state shows it up to entry %d already", staged.Position.Index, s.applied.Index)
	}
	if !staged.taken.CompareAndSwap(false, true) {
		return fmt.Errorf("the snapshot of the log up to entry %d was installed or discarded before", staged.Position.Index)
	}
	if err := l.switchTo(staged, hard); err != nil {
		s.broken = err
		return err
	}
	old := *s.slot.Load()
	s.show(staged.slot, staged.content)
	// Last, and in a batch of its own: who looks for a row finds the old ones until the new ones are shown, see State.Get.
	return staged.leave(old)
}

// switchTo writes what makes the snapshot count. Its rows were not synced; but they are before this batch in the same
// write-ahead log, so what keeps the batch keeps them too.
func (l *Log) switchTo(staged *Staged, hard *raftpb.HardState) error {
	ends := synced(staged.Position)
	if ends.Before(l.mark.Last()) { // it had entries of a later term, which the group has never committed
		if err := l.mark.Lower(ends); err != nil {
			return err
		}
	}
	batch := l.store.NewBatch()
	batch.Set(slotKey(l.shard), []byte{staged.slot.space}, nil)
	if hard != nil {
		l.hard = hardStateOf(hard)
	}
	l.restart(batch, staged.Position)
	if err := l.store.Commit(batch, true); err != nil {
		return err // Pebble may still use the batch
	}
	l.mu.Lock()
	l.ended, l.applied = l.last, l.last.Index
	l.mu.Unlock()
	if err := l.mark.Set(ends); err != nil {
		return err
	}
	return batch.Close()
}
