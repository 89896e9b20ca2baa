package storage

import (
	"encoding/binary"
	"io"

	"numstore.example/services/internal/engine"
)

// Backup writes a backup of the state as of one moment, while the state goes on changing. It does not say who the members
// are: it is restored elsewhere.
func (s *State) Backup(w io.Writer) error {
	header, err := newBackupHeader()
	if err != nil {
		return err
	}
	return s.writeRows(w, header, func(kind byte) bool { return kind != stateMembers })
}

// writeRows writes a header, and then the rows of some kinds as of one moment.
func (s *State) writeRows(w io.Writer, header []byte, wanted func(kind byte) bool) error {
	iterator, err := s.view(slot.span)
	if err != nil {
		return err
	}
	defer iterator.Close()
	if _, err := w.Write(header); err != nil {
		return err
	}
	out := frames{w: w}
	for iterator.First(); iterator.Valid(); iterator.Next() {
		if !wanted(iterator.Key()[prefixLen-1]) {
			continue
		}
		row, err := iterator.ValueAndErr()
		if err != nil {
			return s.store.ReadError(err)
		}
		if err := out.row(iterator.Key()[prefixLen-1:], row); err != nil {
			return err
		}
	}
	if err := iterator.Error(); err != nil {
		return s.store.ReadError(err)
	}
	return out.end()
}

// RestoreFrom is a source for Options.Restore: a backup that becomes the state of a shard.
func RestoreFrom(backup *Backup, shard ShardID) Source { return restoring{backup, shard} }

type restoring struct {
	backup *Backup
	shard  ShardID
}

// Fill implements Source.
func (r restoring) Fill(store *Store) (name string, err error) {
	state, err := store.openState(r.shard, 0)
	if err == nil {
		err = state.restore(r.backup)
	}
	return r.backup.name, err
}

// Compare implements Source.
func (r restoring) Compare(filled string) (name string, same bool, err error) {
	return r.backup.is(filled)
}

// Restore fills the state of a new shard, and its log, with a backup. After an error the store is of no use.
func (s *State) Restore(r io.Reader) error {
	backup, err := OpenBackup(r)
	if err != nil {
		return err
	}
	return s.restore(backup)
}

// restore is Restore. The index and the term of the last entry that the backup shows are where the log goes on.
func (s *State) restore(backup *Backup) error {
	batch := s.store.NewBatch()
	defer batch.Close()
	batch.Set(engine.FillingKey(binary.BigEndian.AppendUint16(nil, uint16(s.shard))), nil, nil)
	if err := s.store.Commit(batch, true); err != nil {
		return err
	}
	at := *s.slot.Load()
	rows := s.store.fill(at)
	err := backup.rows(func(key, value []byte) error {
		if key[0] == stateTotals && len(value) == totalsSize-8 { // of format 1
			value = totalsWithTerm(value, firstTerm)
		}
		return rows.set(key, value)
	})
	if err == nil {
		err = rows.flush(true)
	}
	if err != nil {
		return err
	}
	if err := s.load(at); err != nil {
		return err
	}
	return (&Log{store: s.store, shard: s.shard}).reset(Position{max(s.applied.Term, firstTerm), s.applied.Index})
}

// firstTerm is the term of a log that was not written by Raft.
const firstTerm = 1
