package storage

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"numstore.example/services/raftkv/internal/shard"
)

// A snapshot is what one member of a shard's group sends to another: all rows of the state as of one moment, sessions and
// members too. It begins with a line that says what it is, and goes on as a backup does (see backupfile.go).
const snapshotMagic = "raftkv snapshot 1\n"

var (
	// ErrNoSnapshot is returned for a stream that is not a whole, undamaged snapshot.
	ErrNoSnapshot = errors.New("not a whole snapshot of a shard")
	// ErrStaged is returned by Stage while there is another snapshot that was neither installed nor discarded.
	ErrStaged = errors.New("another snapshot of the shard is on its way already")
)

// WriteSnapshot writes a snapshot of the state as of one moment, while the state goes on changing.
func (s *State) WriteSnapshot(w io.Writer) error {
	return s.writeRows(w, []byte(snapshotMagic), func(byte) bool { return true })
}

// Staged is a snapshot that lies beside the state, whole, and is not shown yet: Log.Install makes it the state. There is
// one at most for each state. A crash, or the end of the store, discards it.
type Staged struct {
	Position Position      // of the last entry that it shows
	Members  shard.Members // who had the shard then

	state   *State
	slot    slot
	content content
	taken   atomic.Bool // by who installs or discards it
}

// Stage reads a snapshot to its end, and checks it, while the state is used. After an error there is nothing staged, and
// the state is as it was. While the disk counts as full, it is refused with ErrFull; once the shard is closed, with ErrClosed.
func (s *State) Stage(r io.Reader) (*Staged, error) {
	if !s.staging.CompareAndSwap(false, true) {
		return nil, ErrStaged
	}
	at := s.slot.Load()
	if at == nil {
		return nil, s.ended()
	}
	staged := &Staged{state: s, slot: at.other()} // it stays the other one: nothing else can be installed meanwhile
	if err := staged.fill(r); err != nil {
		staged.Discard()
		return nil, err
	}
	return staged, nil
}

// fill writes the rows of a snapshot, and takes up what a state has of them in memory.
func (s *Staged) fill(r io.Reader) error {
	store := s.state.store
	if err := s.state.beside(func() error { return store.empty(s.slot) }); err != nil {
		return err
	}
	in := bufio.NewReaderSize(r, 64<<10)
	magic := make([]byte, len(snapshotMagic))
	if _, err := io.ReadFull(in, magic); err != nil {
		return fmt.Errorf("%w: it does not begin as one: %w", ErrNoSnapshot, err)
	}
	if string(magic) != snapshotMagic {
		return fmt.Errorf("%w: it begins with %q", ErrNoSnapshot, magic)
	}
	rows := store.fill()
	err := readRows(in, ErrNoSnapshot, func(key, value []byte) error {
		if err := store.Writable(); err != nil {
			return err
		}
		return s.state.beside(func() error { return rows.set(s.slot, key, value) })
	})
	if err == nil {
		err = s.state.beside(func() error { return rows.flush(false) })
	}
	if err != nil {
		return err
	}
	if s.content, err = store.load(s.slot); err != nil {
		return fmt.Errorf("%w: %v", ErrNoSnapshot, err)
	}
	s.Position, s.Members = s.content.applied, s.content.members
	if s.Position.Index == 0 || len(s.Members.Members) == 0 {
		return fmt.Errorf("%w: it shows entry %d, and has %d members", ErrNoSnapshot, s.Position.Index, len(s.Members.Members))
	}
	return nil
}

// Discard lets go of a snapshot that is not to be installed. It does nothing when it is being installed, or was, or was
// discarded, or when the shard was closed. It may be called at any time before the store is closed.
func (s *Staged) Discard() {
	if s.taken.CompareAndSwap(false, true) {
		_ = s.leave(s.slot) // an error is the store's, which tells it itself
	}
}

// leave deletes the rows that are not needed any more, and lets another snapshot come.
func (s *Staged) leave(unused slot) error {
	if err := s.state.beside(func() error { return s.state.store.empty(unused) }); err != nil {
		return err
	}
	s.content = content{}
	s.state.staging.Store(false)
	return nil
}
