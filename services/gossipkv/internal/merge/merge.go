// Package merge is the rules of gossipkv, as values and functions: which of two writes of a key wins, what a server knows,
// what a session may be answered, which servers there are, and when a tombstone may go. It knows no clock, network, or disk.
//
// # Where two values meet
//
// Entry.Beats says which of two entries of one key wins: the one with the greater Version. The order of versions is total, and extends
// causality:
//
//   - It is total, as it compares three numbers, one after the other: time, server, incarnation. Two versions that are equal in all three are one write, as
//     an origin uses each time once: it is one store, which counts its time up with each write and has that on disk before anybody learns of the write; and
//     a store that cannot be sure of its count (it was copied, or lost its end) goes on as another origin.
//   - It extends causality: a write's time is greater than all times that its server has seen, and than its session's (Lamport, "Time, Clocks, and the
//     Ordering of Events in a Distributed System", 1978, rule IR2). What can have caused the write is among these, so it has a smaller version.
//
// As the order is total and the same everywhere, the winner of a set of writes does not depend on the order or the number of times in which they come: to take the greater
// one is commutative, associative and idempotent. An order by vector clocks, with the server's number for concurrent writes, would not be transitive: a < b by causality, b < c
// and c < a by number.
//
// # What a server knows
//
// A Vector says, for each origin, up to which time the server knows all of its writes: it has each of them, or one that beats it. So two servers with equal
// vectors have the same winner for each key. What a message contributes to that is only what surely came: see Pending for writes that
// are sent one by one, and Exchange for what is sent when servers meet (van Renesse et al., "Efficient Reconciliation and Flow Control for
// Anti-Entropy Protocols", 2008, is the source of the idea: per origin, in the order of times).
package merge

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
)

type (
	// ServerID is the number of a server, 1 or greater. 0 stands for nobody.
	ServerID uint32

	// Incarnation is random: each store that writes under a server's number has its own.
	Incarnation uint64
)

// Origin is who makes writes: a server and its incarnation.
type Origin struct {
	Server      ServerID
	Incarnation Incarnation
}

// Compare orders origins by server, then by incarnation.
func (o Origin) Compare(p Origin) int {
	return cmp.Or(cmp.Compare(o.Server, p.Server), cmp.Compare(o.Incarnation, p.Incarnation))
}

func (o Origin) String() string { return fmt.Sprintf("%d#%016x", o.Server, uint64(o.Incarnation)) }

// Version is the version of a write: its logical time, and the origin that made it. The zero version stands for none, and is
// smaller than all others.
type Version struct {
	Time uint64
	Origin
}

// Compare orders versions: by time, then by origin. See the package comment.
func (v Version) Compare(w Version) int {
	return cmp.Or(cmp.Compare(v.Time, w.Time), v.Origin.Compare(w.Origin))
}

// IsZero says whether it stands for no version.
func (v Version) IsZero() bool { return v == Version{} }

func (v Version) String() string { return fmt.Sprintf("%d@%v", v.Time, v.Origin) }

// Entry is the newest write of a key that a server has: a value, or a tombstone if it is Deleted, whose Value is empty.
type Entry struct {
	Key, Value []byte
	Deleted    bool
	Version    Version
}

// Beats says whether the entry wins over another one of the same key. Two entries of one version are the same write. If they differ all the same, a
// folder was copied and both copies have written: then a tombstone wins over a value, and the greater bytes over the smaller ones, on every
// server.
func (e Entry) Beats(f Entry) bool {
	if c := e.Version.Compare(f.Version); c != 0 {
		return c > 0
	}
	if e.Deleted != f.Deleted {
		return e.Deleted
	}
	return bytes.Compare(e.Value, f.Value) > 0
}

// Size is how many bytes its key and value have.
func (e Entry) Size() int { return len(e.Key) + len(e.Value) }

// MaxLead is by how much a session's time may be greater than all that a server has seen.
const MaxLead = 1 << 40

// Next returns the time of a new write at a server that has seen times up to now, of a session that has seen times up to seen. It is
// false if the session's time is none of this system's: it would spoil the time of all servers for ever.
func Next(now, seen uint64) (time uint64, ok bool) {
	if seen > now && seen-now > MaxLead || max(now, seen) == math.MaxUint64 {
		return 0, false
	}
	return max(now, seen) + 1, true
}
