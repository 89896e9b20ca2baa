package storage

import (
	"bytes"
	"io"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"numstore.example/services/raftkv/internal/shard"
)

// Backup writes the state's part of a backup, as of one moment, while the state goes on changing. It does not say who the
// members are: it is restored elsewhere. What the part begins with (see ReadPart) is written first, at once.
func (s *State) Backup(id shard.BackupID, w io.Writer) error {
	part := Part{Backup: id, Shards: s.store.shards, Shard: s.shard}
	cluster, _, err := s.store.Cluster()
	if err != nil {
		return err
	}
	if cluster != nil {
		part.Cluster, part.Placement = cluster.ID, cluster.Placement
	}
	rows, err := s.view(slot.span)
	if err != nil {
		return err
	}
	defer rows.Close()
	if err := s.describe(&part, rows); err != nil {
		return err
	}
	return s.writeFrom(rows, w, part.encode(), func(kind byte) bool { return kind != stateMembers })
}

// describe says as of which moment a part is, and what it has, of the rows that it will have.
func (s *State) describe(part *Part, rows *pebble.Iterator) error {
	part.Taken = time.Now().UTC()
	if !rows.First() {
		return s.store.ReadError(rows.Error())
	}
	totals := append(bytes.Clone(rows.Key()[:prefixLen-1]), stateTotals)
	if !rows.SeekGE(totals) || !bytes.Equal(rows.Key(), totals) {
		return s.store.ReadError(rows.Error()) // nothing was ever applied
	}
	row, err := rows.ValueAndErr()
	if err != nil {
		return s.store.ReadError(err)
	}
	if len(row) == totalsSize {
		applied, totals := decodeTotals(row)
		part.Index, part.Keys, part.Bytes = applied.Index, totals.Keys, totals.Bytes
	}
	return nil
}

// writeRows writes a header, and then the rows of some kinds as of one moment.
func (s *State) writeRows(w io.Writer, header []byte, wanted func(kind byte) bool) error {
	iterator, err := s.view(slot.span)
	if err != nil {
		return err
	}
	defer iterator.Close()
	return s.writeFrom(iterator, w, header, wanted)
}

func (s *State) writeFrom(iterator *pebble.Iterator, w io.Writer, header []byte, wanted func(kind byte) bool) error {
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
