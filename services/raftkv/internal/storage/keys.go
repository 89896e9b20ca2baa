package storage

import "encoding/binary"

// The keys of the store. The log and the state of a shard are two spans, so that either can be read,
// counted or replaced as a whole while the other stays:
//
//	b                     the backup that the store was filled with, if it was
//	c                     what the node knows of its cluster, and its own number there, in JSON
//	d                     for which cluster the store was filled with a backup, until it is of that cluster, in JSON
//	e SHARD               there when rows of the shard were lost on this disk: what was damaged
//	v                     the version of this layout, a digit, and the store's id; there once the store is complete
//	w                     there while the store is filled with a backup; the last of all keys
//	r SHARD h             Raft's hard state: term, vote, commit
//	r SHARD t             the position up to which the log was cut off
//	r SHARD e INDEX       an entry of the log
//	r SHARD s             which slot the state is in, s or t; s if it is not there
//	s SHARD m             totals: index and term of the last entry applied, revision, time, turns, keys, bytes
//	s SHARD g             the members of the shard's group, in JSON
//	s SHARD k KEY         a key's version and value
//	s SHARD c CLIENT      a session, with its reply unless that is large
//	s SHARD l CLIENT      a session's large reply
//	s SHARD x CLIENT      a client whose session was dropped: the sequence number of its last write
//	t SHARD …             the other slot, with the same rows
//
// SHARD has two bytes, INDEX eight, CLIENT sixteen; numbers have their greatest byte first.
const (
	spaceRaft  = 'r'
	firstSlot  = 's'
	secondSlot = 't'

	raftHardState = 'h'
	raftTruncated = 't'
	raftEntry     = 'e'
	raftSlot      = 's'

	stateTotals     = 'm'
	stateMembers    = 'g'
	stateKey        = 'k'
	stateSession    = 'c'
	stateLargeReply = 'l'
	stateDropped    = 'x'
)

// prefixLen is the length of what comes before a key, client or index.
const prefixLen = 4

func prefix(space byte, shard ShardID, kind byte) [prefixLen]byte {
	return [prefixLen]byte{space, byte(shard >> 8), byte(shard), kind}
}

func entryKey(shard ShardID, index Index) []byte {
	p := prefix(spaceRaft, shard, raftEntry)
	return binary.BigEndian.AppendUint64(p[:], uint64(index))
}

var (
	clusterKey = []byte{'c'}
	filledKey  = []byte{'d'}
)

func damageKey(shard ShardID) []byte { return []byte{'e', byte(shard >> 8), byte(shard)} }
