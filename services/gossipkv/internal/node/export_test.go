package node

import "numstore.example/services/gossipkv/internal/storage"

// State returns the state of the node that is on disk.
func (n *Node) State() storage.State { return n.shown.Load().State }

// Control is a mechanism that a test leaves out, to see that it is missed.
type Control int

// The controls.
const (
	NoControl Control = iota
	NoSessionCheck
	NoSessionTime
	NoSync
	SameIncarnation
	NoGaps
	NoStability
	NoLastPiece
)

// WithPieces returns the options with another size of pieces, in bytes.
func (o Options) WithPieces(bytes int) Options {
	o.pieceBytes = bytes
	return o
}

// Moved returns the options of a node whose folder is not where it was, or may be.
func (o Options) Moved(moved bool) Options {
	o.moved = moved
	return o
}

// Without returns the options without a mechanism.
func (o Options) Without(c Control) Options {
	o.leaveOut = leftOut{
		sessionCheck: c == NoSessionCheck, sessionTime: c == NoSessionTime, sync: c == NoSync, incarnation: c == SameIncarnation,
		gaps: c == NoGaps, stability: c == NoStability, lastPiece: c == NoLastPiece,
	}
	return o
}
