package shard

import (
	"encoding/hex"
	"fmt"
)

// What a cluster counts has types, so that none is taken for another.
type (
	// ID is the number of a shard, from 0.
	ID uint16

	// NodeID is the number of a node, 1 to MaxNode. 0 stands for nobody.
	NodeID uint64

	// MemberID is a member of a shard's group, as Raft knows it: its node in the lower 32 bits, and above it an incarnation.
	// What a number has voted for is remembered by one store alone: when that is lost, the node gets another incarnation of
	// its member, and the old number is never used again. 0 stands for nobody.
	MemberID uint64

	// StoreID is the random id of a node's folder.
	StoreID [16]byte

	// ClusterID is random, and made when the cluster is formed.
	ClusterID [16]byte

	// BackupID is random too, and tells one backup of a cluster from others.
	BackupID [16]byte
)

// MaxNode is the greatest number of a node.
const MaxNode = 1<<32 - 1

// MemberOf returns the number of a node's member. The first incarnation is 0.
func MemberOf(node NodeID, incarnation uint32) MemberID {
	return MemberID(uint64(incarnation)<<32 | uint64(node))
}

// Node returns the node of a member.
func (m MemberID) Node() NodeID { return NodeID(m & MaxNode) }

// Incarnation returns how many members of this node came before in its group.
func (m MemberID) Incarnation() uint32 { return uint32(m >> 32) }

// String returns the number of the node, with that of the incarnation if it is not the first.
func (m MemberID) String() string {
	if m.Incarnation() == 0 {
		return fmt.Sprint(uint64(m.Node()))
	}
	return fmt.Sprintf("%d#%d", m.Node(), m.Incarnation())
}

func (s StoreID) String() string   { return hex.EncodeToString(s[:]) }
func (c ClusterID) String() string { return hex.EncodeToString(c[:]) }
func (b BackupID) String() string  { return hex.EncodeToString(b[:]) }

// MarshalText implements encoding.TextMarshaler.
func (s StoreID) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *StoreID) UnmarshalText(text []byte) error { return decodeID(s[:], text) }

// MarshalText implements encoding.TextMarshaler.
func (c ClusterID) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *ClusterID) UnmarshalText(text []byte) error { return decodeID(c[:], text) }

// MarshalText implements encoding.TextMarshaler.
func (b BackupID) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (b *BackupID) UnmarshalText(text []byte) error { return decodeID(b[:], text) }

func decodeID(id, text []byte) error {
	if hex.DecodedLen(len(text)) != len(id) {
		return fmt.Errorf("the id %q has not %d bytes", text, len(id))
	}
	_, err := hex.Decode(id, text)
	return err
}
