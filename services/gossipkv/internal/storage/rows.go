package storage

import (
	"bytes"
	"encoding/binary"

	"numstore.example/services/gossipkv/internal/merge"
)

// The rows of the store:
//
//	d ORIGIN            State.Known: up to which time its writes are known
//	f ORIGIN            State.Floor, alike
//	i ORIGIN TIME KEY   the entry of the key has this version: how long its value is
//	k KEY               the entry of the key: what it is, version, and value, or how long that is
//	l KEY               the value, if it is long
//	m                   totals: number of the last commit, counts, State.Time and State.Self
//	n ORIGIN TIME KEY   the entry of the key is a tombstone of this version; the row is as in i
//	o ORIGIN            State.Owed, as State.Known
//	p                   where the folder lies (see Store.Moved)
//	r ORIGIN            State.Roster: its standing
//
// ORIGIN is a server's number in four bytes and its incarnation in eight, TIME has eight; numbers have their greatest byte first, so that
// rows are in the order of numbers. How long something is is a uvarint.
const (
	knownRow     = 'd'
	floorRow     = 'f'
	indexRow     = 'i'
	entryRow     = 'k'
	longRow      = 'l'
	totalsRow    = 'm'
	tombstoneRow = 'n'
	owedRow      = 'o'
	placeRow     = 'p'
	rosterRow    = 'r'
)

// maxShort is how long a value may be that lies in the row of its entry. Longer ones have a row of their own, so that who wants to know the
// version of an entry need not read them.
const maxShort = 4 << 10

const (
	originLen  = 4 + 8
	versionLen = originLen + 8
)

func appendOrigin(b []byte, o merge.Origin) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(b, uint32(o.Server)), uint64(o.Incarnation))
}

func appendVersion(b []byte, v merge.Version) []byte {
	return binary.BigEndian.AppendUint64(appendOrigin(b, v.Origin), v.Time)
}

// decodeOrigin decodes an origin at the beginning of b, which is long enough.
func decodeOrigin(b []byte) merge.Origin {
	return merge.Origin{Server: merge.ServerID(binary.BigEndian.Uint32(b)), Incarnation: merge.Incarnation(binary.BigEndian.Uint64(b[4:]))}
}

// decodeVersion is decodeOrigin for a version.
func decodeVersion(b []byte) merge.Version {
	return merge.Version{Origin: decodeOrigin(b), Time: binary.BigEndian.Uint64(b[originLen:])}
}

func keyRow(kind byte, key []byte) []byte { return append([]byte{kind}, key...) }

func originRow(kind byte, origin merge.Origin) []byte { return appendOrigin([]byte{kind}, origin) }

// versionRow is the row of a version in an index; without a key, the first one there may be.
func versionRow(kind byte, v merge.Version, key []byte) []byte {
	return append(appendVersion([]byte{kind}, v), key...)
}

// decodeVersionRow is the reverse of versionRow. The key is a part of the row.
func decodeVersionRow(row []byte) (v merge.Version, key []byte, err error) {
	if len(row) < 1+versionLen {
		return v, nil, damaged("a row of an index is too short")
	}
	return decodeVersion(row[1:]), row[1+versionLen:], nil
}

// What an entry is, in the first byte of its row.
const (
	isShort = iota + 1
	isLong
	isTombstone
)

// stored is an entry as its row has it.
type stored struct {
	version merge.Version // zero if there is no entry
	kind    byte
	size    uint64 // bytes of the value
	value   []byte // if it is short
}

func storedOf(e merge.Entry) stored {
	s := stored{version: e.Version, kind: isShort, size: uint64(len(e.Value)), value: e.Value}
	switch {
	case e.Deleted:
		s = stored{version: e.Version, kind: isTombstone}
	case len(e.Value) > maxShort:
		s.kind, s.value = isLong, nil
	}
	return s
}

func (s stored) exists() bool { return s.kind != 0 }

// entry returns the entry of a key, without a value that is long.
func (s stored) entry(key []byte) merge.Entry {
	return merge.Entry{Key: key, Value: s.value, Deleted: s.kind == isTombstone, Version: s.version}
}

func (s stored) encode() []byte {
	row := appendVersion(append(make([]byte, 0, 1+versionLen+max(len(s.value), binary.MaxVarintLen64)), s.kind), s.version)
	if s.kind == isLong {
		return binary.AppendUvarint(row, s.size)
	}
	return append(row, s.value...)
}

// decodeStored decodes a row. The value is a part of it.
func decodeStored(row []byte) (s stored, err error) {
	if len(row) < 1+versionLen {
		return s, damaged("the row of an entry is too short")
	}
	s.kind, s.version = row[0], decodeVersion(row[1:])
	switch rest := row[1+versionLen:]; s.kind {
	case isShort:
		s.value, s.size = rest, uint64(len(rest))
	case isLong:
		s.size, err = decodeUvarint(rest)
	case isTombstone:
	default:
		err = damaged("an entry is of kind %d, which is none", s.kind)
	}
	return s, err
}

func decodeUvarint(b []byte) (uint64, error) {
	n, length := binary.Uvarint(b)
	if length != len(b) || length <= 0 {
		return 0, damaged("%x is no length", b)
	}
	return n, nil
}

// long returns the value of a long entry, which was read from its row.
func (s stored) long(key, row []byte) ([]byte, error) {
	if uint64(len(row)) != s.size {
		return nil, damaged("the value of the key %.100q has %d bytes, not %d", key, len(row), s.size)
	}
	return bytes.Clone(row), nil
}

func (s stored) encodeSize() []byte { return binary.AppendUvarint(nil, s.size) }
