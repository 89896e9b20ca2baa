package node

import "numstore.example/services/gossipkv/internal/merge"

// Message is what servers send to each other: exactly one of its fields is set. It may be lost, come late, twice, or behind one
// that was sent after it; it must not come changed. It stays as it is once it was sent.
type Message struct {
	Push     *Push
	Announce *Announce
	Pull     *Pull
	Piece    *Piece
	Table    *Table
}

// Push is writes of one origin, all that it has made after one time and up to another, on their way to all servers. Who learns
// something from it passes it on to those of its neighbours who are not in Told.
type Push struct {
	Interval merge.Interval
	Entries  []merge.Entry // in the order of their times; their origin is that of the interval
	Told     []merge.ServerID

	bytes int // of the entries
}

// Announce says what the sender knows. Settled says that what is new in it is not on its way to the receiver, as far as the sender
// can tell: who lacks something of it asks for it at once.
type Announce struct {
	Known   merge.Vector
	Settled bool
}

// Pull asks for the next piece of what the sender lacks of what the receiver has: all that Known does not cover, in the order of versions, behind
// After. Number is made up by who asks, and is another one for each Pull.
type Pull struct {
	Number uint64
	Known  merge.Vector
	After  merge.Version
}

// Piece answers a Pull with the same number. The entries are those between Pull.After and Upto that Pull.Known does not cover. Last: there are no more behind Upto.
//
// All pieces of an exchange come from one run of a server, as Run says, which is random: what is behind Upto in the order of versions
// stays behind it as long as the server lives. When the last one has come, the receiver knows what the server knew when it sent the first one: Knew.
type Piece struct {
	Number  uint64
	Run     uint64
	Entries []merge.Entry
	Upto    merge.Version
	Last    bool
	Knew    merge.Vector
	// Floor is what the sender has collected tombstones up to. Who does not know all of that has entries, perhaps, that were deleted (see merge).
	Floor merge.Vector
}

// Table is all that the sender knows of who the servers are, and what they know.
type Table struct {
	Roster merge.Roster
}

// entryOverhead is about what an entry takes in memory beside its bytes.
const entryOverhead = 128

// size returns about how many bytes a message takes in memory. One without a message has none.
func (m Message) size() (size int) {
	switch {
	case m.Push != nil:
		return sizeOf(m.Push.Entries)
	case m.Piece != nil:
		return sizeOf(m.Piece.Entries)
	case m.Announce != nil, m.Table != nil:
		return entryOverhead
	}
	return 0
}

func sizeOf(entries []merge.Entry) int {
	size := entryOverhead
	for _, e := range entries {
		size += e.Size() + entryOverhead
	}
	return size
}
