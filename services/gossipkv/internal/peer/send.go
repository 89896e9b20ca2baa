package peer

import (
	"google.golang.org/protobuf/proto"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/gossipkv/internal/node"
	"numstore.example/services/gossipkv/internal/peerpb"
	"numstore.example/services/internal/links"
)

// The lanes of an outbox. What carries no entries is urgent, as others wait for it; what is longer than one message may be
// goes in parts, behind all that is short. Each has room for so many bytes, one message more excepted.
const (
	urgentLane = iota
	entriesLane
	longLane
	lanes

	maxUrgent  = 4 << 20
	maxEntries = 8 << 20
	maxLong    = 24 << 20
)

// What a message counts, beside its bytes, for itself, each entry, and each number of a vector.
const (
	messageSize = 64
	entrySize   = 64
	numberSize  = 24
)

func newOutbox() *links.Outbox[node.Message] {
	return links.NewOutbox[node.Message](maxUrgent, maxEntries, maxLong)
}

// laneOf says where a message waits, and how many bytes it counts there: about what its encoding has.
func laneOf(m node.Message) (lane, size int) {
	lane, size = urgentLane, messageSize
	switch {
	case m.Push != nil:
		lane, size = entriesLane, size+sizeOf(m.Push.Entries)+4*len(m.Push.Told)
	case m.Announce != nil:
		size += numberSize * len(m.Announce.Known)
	case m.Pull != nil:
		size += numberSize * len(m.Pull.Known)
	case m.Piece != nil:
		lane, size = entriesLane, size+sizeOf(m.Piece.Entries)+numberSize*(len(m.Piece.Knew)+len(m.Piece.Floor))
	case m.Table != nil:
		for _, standing := range m.Table.Roster {
			size += entrySize + numberSize*len(standing.Known)
		}
	}
	if size > links.MaxPiece {
		lane = longLane
	}
	return lane, size
}

func sizeOf(entries []merge.Entry) (size int) {
	for _, e := range entries {
		size += entrySize + e.Size()
	}
	return size
}

// outgoing makes messages of a stream of what waits to be sent.
type outgoing struct {
	*links.Outbox[node.Message]
	cutting links.Cutter
}

// next makes a message of what is queued, or of a part of that: some of what is short, and one part of what is long. It may be empty.
func (o *outgoing) next() (*peerpb.GossipMessage, error) {
	wanted := lanes
	if o.cutting.More() {
		wanted = longLane
	}
	next := new(peerpb.GossipMessage)
	for _, queued := range o.Take(links.MaxPiece, wanted) {
		if queued.Message == (node.Message{}) {
			continue // a sign of life
		}
		message := encode(queued.Message)
		if queued.Size <= links.MaxPiece {
			next.Messages = append(next.Messages, message)
			continue
		}
		encoded, err := proto.Marshal(message)
		if err != nil {
			return nil, err
		}
		o.cutting.Begin(encoded)
	}
	if o.cutting.More() {
		data, last := o.cutting.Next()
		next.Part = &peerpb.Part{Data: data, Last: last}
	}
	return next, nil
}
