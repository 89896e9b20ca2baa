package storage

import (
	"encoding/binary"

	"github.com/cockroachdb/pebble/v2"
	"go.etcd.io/raft/v3/raftpb"

	"numstore.example/services/internal/engine"
)

// writeEntry writes an entry: its type, its term, its data.
func (l *Log) writeEntry(batch *pebble.Batch, entry *raftpb.Entry) {
	data := entry.GetData()
	row := batch.SetDeferred(prefixLen+8, 1+8+len(data))
	p := prefix(spaceRaft, l.shard, raftEntry)
	copy(row.Key, p[:])
	binary.BigEndian.PutUint64(row.Key[prefixLen:], entry.GetIndex())
	row.Value[0] = byte(entry.GetType())
	binary.BigEndian.PutUint64(row.Value[1:], entry.GetTerm())
	copy(row.Value[9:], data)
	row.Finish()
}

func decodeEntry(index Index, row []byte) (*raftpb.Entry, error) {
	if len(row) < 9 {
		return nil, engine.Damage("entry %d of the log is too short", index)
	}
	term := binary.BigEndian.Uint64(row[1:])
	return &raftpb.Entry{
		Index: new(uint64(index)), Term: &term, Type: raftpb.EntryType(row[0]).Enum(),
		Data: append([]byte(nil), row[9:]...),
	}, nil
}

func (l *Log) writeHardState(batch *pebble.Batch) {
	l.writeRow(batch, raftHardState, uint64(l.hard.term), uint64(l.hard.vote), uint64(l.hard.commit))
}

func (l *Log) writeTruncated(batch *pebble.Batch) {
	l.writeRow(batch, raftTruncated, uint64(l.truncated.Term), uint64(l.truncated.Index))
}

// writeRow writes one of the rows of numbers.
func (l *Log) writeRow(batch *pebble.Batch, kind byte, numbers ...uint64) {
	p := prefix(spaceRaft, l.shard, kind)
	row := make([]byte, 0, 8*3)
	for _, n := range numbers {
		row = binary.BigEndian.AppendUint64(row, n)
	}
	batch.Set(p[:], row, nil)
}

// readRow reads n numbers; they are zero when the row is not there.
func (l *Log) readRow(kind byte, n int) ([]uint64, error) {
	p := prefix(spaceRaft, l.shard, kind)
	numbers := make([]uint64, n)
	row, closer, err := l.store.Get(p[:])
	if row == nil || err != nil {
		return numbers, err
	}
	defer closer.Close()
	if len(row) != 8*n {
		return nil, engine.Damage("row %c of the log in %s has %d bytes", kind, l.store.Dir(), len(row))
	}
	for i := range numbers {
		numbers[i] = binary.BigEndian.Uint64(row[8*i:])
	}
	return numbers, nil
}
