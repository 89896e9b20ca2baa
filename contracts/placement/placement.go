// Package placement says which shard of a raftkv cluster a key belongs to, given the cluster's rule and its number of
// shards. The words are those of enum Placement in raftkv.proto, which is the reference for clients in any language;
// contracts/golden/placement.json has examples that all of them can be tested with.
//
// It promises that two programs, whatever their versions, never disagree: what New returns depends on its arguments
// alone, and is part of the contract. A change of a shard's number for any key would be a new Rule.
//
// It knows keys and numbers only. Which nodes hold a shard, and whether there are shards that moved, is told by the
// cluster's map (TopologyResponse). The package stands beside the contract since clients and servers both need it, and
// imports nothing of it, so that it can be read, tested and translated by itself.
package placement

import (
	"bytes"
	"fmt"
	"hash/crc32"
)

// MaxShards is the greatest number of shards of a cluster. It bounds what a map of shards that somebody else made can
// cost: a ring of so many takes 8 MiB, and some tenths of a second to make.
const MaxShards = 4096

// Shard is the number of a shard, from 0 to the number of shards less one.
type Shard uint32

// Rule says how the shard of a key is found. Its numbers are those of raftkvpb.Placement. The zero value is none.
type Rule int32

const (
	// Hash spreads keys evenly: CRC-32, modulo the number of shards. With another number of shards nearly all
	// keys have another shard.
	Hash Rule = 1

	// Numeric takes keys that are decimal integers, modulo the number of shards, so that whoever chooses a key knows
	// its shard.
	Numeric Rule = 2

	// Ring spreads keys nearly as evenly as Hash, by consistent hashing: with one more shard than N, only 1/(N+1) of the
	// keys have another shard, which is the new one.
	Ring Rule = 3
)

var names = map[Rule]string{Hash: "hash", Numeric: "numeric", Ring: "ring"}

// Parse returns the rule that is called hash, numeric or ring. An error names the text, and these.
func Parse(text string) (Rule, error) {
	for rule, name := range names {
		if name == text {
			return rule, nil
		}
	}
	return 0, fmt.Errorf("%q is no placement of keys; use hash, numeric or ring", text)
}

// String returns what Parse reads.
func (r Rule) String() string {
	if name, ok := names[r]; ok {
		return name
	}
	return fmt.Sprintf("Rule(%d)", int32(r))
}

// Func returns the shard of a key, which may be any bytes; it neither keeps nor changes them. It may be called by many
// goroutines at once. Only Numeric has errors: the key is one that the rule cannot place, and the error, which is for
// whoever chose the key, says what it needs.
type Func func(key []byte) (Shard, error)

// New returns the function of a cluster with this rule and number of shards, 1 to MaxShards. An error says which of both
// this program does not know. A ring is made once, here: keep the function.
func New(rule Rule, shards int) (Func, error) {
	if shards < 1 || shards > MaxShards {
		return nil, fmt.Errorf("a cluster cannot have %d shards; the number must be from 1 to %d", shards, MaxShards)
	}
	if names[rule] == "" {
		return nil, fmt.Errorf("the placement of keys number %d is unknown to this program, which knows %s (1), %s (2) and %s (3); "+
			"use a version as new as the cluster's", int32(rule), Hash, Numeric, Ring)
	}
	if shards == 1 { // then every key is welcome
		return func([]byte) (Shard, error) { return 0, nil }, nil
	}
	switch n := uint32(shards); rule {
	case Hash:
		return func(key []byte) (Shard, error) { return Shard(crc32.ChecksumIEEE(Tag(key)) % n), nil }, nil
	case Numeric:
		return func(key []byte) (Shard, error) { return numeric(key, n) }, nil
	default:
		points := newRing(shards)
		return func(key []byte) (Shard, error) { return points.shard(Tag(key)), nil }, nil
	}
}

// Tag returns the bytes of a key that decide on its shard, whatever the rule: those between the first { and the first }
// after it, if there is at least one; otherwise the whole key. So keys that are used together, in a Batch, can be given
// one shard: cart:{7} and user:{7}. This is the rule of Redis Cluster. The result shares the key's memory.
func Tag(key []byte) []byte {
	_, after, opened := bytes.Cut(key, []byte("{"))
	tag, _, closed := bytes.Cut(after, []byte("}"))
	if opened && closed && len(tag) > 0 {
		return tag
	}
	return key
}
