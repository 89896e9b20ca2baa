package node

import (
	"context"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/gossipkv/internal/storage"
)

// Status is what a node knows of itself and of the others, as of one moment that is on disk.
type Status struct {
	Self   merge.Origin
	Time   uint64 // the greatest that it has seen
	Known  merge.Vector
	Roster merge.Roster
	Counts storage.Counts
	Links  []LinkStatus
	// Refused is why the node takes no writes and no links any more; nil if it does.
	Refused error
	// Full is why the node takes no writes but deletions; nil if it does.
	Full error
}

// LinkStatus is a link, and what the server at its other end lacks as far as is known: how many entries, of how many bytes. Exact is
// false if they were not counted to the end, or it is not known which server it is.
type LinkStatus struct {
	Link
	BehindEntries, BehindBytes uint64
	Exact                      bool
}

// maxBehind is how many entries are counted, at most, that another server lacks.
const maxBehind = 100_000

// Status returns the node's state. It reads from the disk what the neighbours lack.
func (n *Node) Status() (Status, error) {
	s := n.shown.Load()
	status := Status{
		Self: s.Self, Time: s.Time, Known: s.Known, Roster: s.Roster.Knows(s.Self, s.Known), Counts: n.store.Counts(), Refused: s.refused, Full: n.store.Writable(),
	}
	if n.transport == nil {
		return status, nil
	}
	for _, link := range n.transport.Links() {
		ls := LinkStatus{Link: link}
		if link.Server != 0 { // else nobody knows what it lacks
			var err error
			if ls.BehindEntries, ls.BehindBytes, ls.Exact, err = n.store.Behind(s.heardOf(link.Server), maxBehind); err != nil {
				return status, err
			}
		}
		status.Links = append(status.Links, ls)
	}
	return status, nil
}

// heardOf returns what a server is known to know: while there is a link what it has said, else what is heard of it from others, or
// was before.
func (s *shown) heardOf(server merge.ServerID) (known merge.Vector) {
	if neighbour, linked := s.neighbours[server]; linked {
		return neighbour.announced
	}
	for _, origin := range s.Roster.Of(server) {
		if standing := s.Roster[origin]; standing.State == merge.Member {
			known = known.Join(standing.Known)
		}
	}
	return known
}

// Connect links this server to another one (see Transport).
func (n *Node) Connect(ctx context.Context, address string) (merge.ServerID, error) {
	return n.transport.Connect(ctx, address)
}

// Disconnect ends a link (see Transport), and returns when all that came over it is on disk, also if it has ended by itself: nothing of the other
// server changes anything here after that.
func (n *Node) Disconnect(ctx context.Context, server merge.ServerID, address string) error {
	err := n.transport.Disconnect(ctx, server, address)
	if late := n.order(ctx, func(*loop) error { return nil }); err == nil {
		err = late
	}
	return err
}
