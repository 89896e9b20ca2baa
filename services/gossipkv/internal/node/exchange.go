package node

import (
	"maps"

	"numstore.example/services/gossipkv/internal/merge"
)

const (
	// patienceTicks is how long one waits for a piece.
	patienceTicks = 15
	// avoidTicks is how long another server is asked before one that did not answer.
	avoidTicks = 50
	// dropPage is how many entries are dropped at a time.
	dropPage = 1000
)

// exchange is pulling from a server all that it knows and this one does not, piece by piece.
//
// The pieces come in the order of versions. That does not yet say what is known in the middle: of what is to come, an entry may have replaced one that would have come before. So the vector
// is left alone until the last piece, and then covers what the other server knew at the first one. That holds although its entries change meanwhile: what
// replaces one is greater, and so comes later, or comes with the last piece.
//
// All entries are taken, also of a forgotten server those that do not count as far as this one knows, though the vector does not cover them: the other server has them, so they will
// count when it says up to where it knew that one. It may say so in the middle, and then the vector covers them; and one of them may have replaced another that this server lacks.
type exchange struct {
	with   merge.ServerID
	number uint64
	known  merge.Vector // with which it began
	after  merge.Version
	run    uint64       // of the other server; 0 before the first piece
	knew   merge.Vector // what it knew at the first piece
	floor  merge.Vector
	anew   bool  // what the other server knew was given up for it
	asked  int64 // the tick at which the last piece was asked for
}

// look pulls from a neighbour that knows more, unless an exchange is under way.
func (l *loop) look() {
	if e := l.exchange; e != nil && l.ticks-e.asked > patienceTicks {
		l.paused[e.with], l.exchange = e, nil
		if n := l.neighbours[e.with]; n != nil {
			n.avoided = l.ticks + avoidTicks
		}
	}
	if l.exchange == nil && l.refused == nil && !l.full() {
		if id := l.richest(); id != 0 {
			l.pull(id)
		}
	}
}

// richest returns the neighbour that knows most of what is not known here, and should be by now; 0 if there is none. One that did
// not answer comes last for a while.
func (l *loop) richest() (best merge.ServerID) {
	most, avoided := uint64(0), true
	for id, n := range l.neighbours {
		lacking, avoid := l.lacks(n.ripe), n.avoided > l.ticks
		better := lacking > most || lacking == most && id < best
		if lacking > 0 && (avoided && !avoid || avoided == avoid && better) {
			best, most, avoided = id, lacking, avoid
		}
	}
	return best
}

// lacks returns by how much a vector exceeds what is known here.
func (l *loop) lacks(v merge.Vector) (lacking uint64) {
	for origin, time := range l.state.Roster.Clip(v) {
		if known := l.state.Known[origin]; time > known {
			lacking += time - known
		}
	}
	return lacking
}

// pull begins an exchange, or goes on with one that was broken off.
func (l *loop) pull(id merge.ServerID) {
	l.exchange = l.paused[id]
	delete(l.paused, id)
	if l.exchange == nil {
		l.exchange = &exchange{with: id, known: l.state.Known}
	}
	l.ask()
}

// ask asks for the next piece. It need not wait for the disk: how far the exchange has come is forgotten with the process.
func (l *loop) ask() {
	e := l.exchange
	e.number = l.node.options.Random()
	e.asked = l.ticks
	l.node.transport.Send(e.with, Message{Pull: &Pull{Number: e.number, Known: e.known, After: e.after}})
}

// takePiece takes the answer to what was asked for last; any other comes too late.
func (l *loop) takePiece(from merge.ServerID, p *Piece) {
	e := l.exchange
	if e == nil || e.with != from || e.number != p.Number {
		return
	}
	if l.full() {
		l.paused[from], l.exchange = e, nil
		return
	}
	switch {
	case e.run == 0:
		e.run, e.knew, e.floor = p.Run, p.Knew, p.Floor
		l.suspect(from, p.Knew)
		if !l.state.Known.Includes(p.Floor) && !l.prepared(e) {
			return
		}
	case e.run != p.Run: // the other server was restarted, and may not know what it knew
		l.exchange = nil
		l.pull(from)
		return
	}
	for _, entry := range p.Entries {
		if l.merge(entry) != nil {
			return
		}
	}
	e.after = p.Upto
	if p.Last || l.node.options.leaveOut.lastPiece {
		l.complete(e)
		return
	}
	l.ask()
}

// complete ends an exchange: all that the other server knew when it began is known.
func (l *loop) complete(e *exchange) {
	l.exchange = nil
	known := l.state.Known.Join(l.state.Roster.Clip(e.knew)).Join(l.state.Owed)
	for origin := range l.pending {
		known = l.pending.Close(known, origin)
	}
	l.state.Known, l.state.Owed = known, nil
	l.state.Floor = l.state.Floor.Join(e.floor)
	maps.DeleteFunc(l.paused, func(_ merge.ServerID, paused *exchange) bool { return paused.anew }) // it is claimed again
	l.settled = true
}

// prepared sees to it that an exchange with a server that has collected tombstones of which this one knows nothing does not bring back what was
// deleted: this server has an old copy of the data, then, with entries that were deleted since, and nobody would say so any more. So it gives up what the other
// server knows as well, and gets it from there. What the other server does not know is kept. It says whether the exchange can go on.
//
// First it only stops claiming to know anything, and begins the exchange again. What the other server says then, it says of a server that claims nothing: so no two
// give up the same for each other, each because the other one had it.
func (l *loop) prepared(e *exchange) bool {
	if l.finish() != nil { // what is looked at below is on disk
		return false
	}
	keys, next, err := l.node.store.Covered(e.knew, nil, dropPage)
	if err != nil {
		_ = l.fail(err)
		return false
	}
	switch {
	case len(keys) == 0 && next == nil: // a new server
		return true
	case !e.anew:
		l.disclaim()
		l.exchange = &exchange{with: e.with, known: l.state.Known, anew: true}
		if l.finish() == nil {
			l.ask()
		}
		return false
	}
	return l.drop(e.knew, keys, next) == nil
}

// disclaim no longer claims to know anything. It is known again when the exchange has ended (State.Owed): all of it is here then, or was deleted, or replaced.
func (l *loop) disclaim() {
	l.node.options.Logger.Warn("this server has an old copy of the data: it learns anew what the others know, and goes on under another incarnation")
	l.renew()
	l.run = l.node.options.Random()
	l.state.Owed = l.state.Owed.Join(l.state.Known)
	l.state.Known = nil
	clear(l.pending)
	clear(l.paused)
}

// drop removes the entries that a vector covers, page by page, of which the first is there. What came here since nothing was claimed any more is claimed, and
// stays.
func (l *loop) drop(covered merge.Vector, keys [][]byte, next []byte) (err error) {
	for {
		for _, key := range keys {
			stored, there, err := l.batch.Stored(key)
			if err == nil && there && !l.state.Known.Covers(stored.Version) {
				err = l.batch.Remove(key)
			}
			if err != nil {
				return l.fail(err)
			}
		}
		if err := l.finish(); err != nil || next == nil {
			return err
		}
		if keys, next, err = l.node.store.Covered(covered, next, dropPage); err != nil {
			return l.fail(err)
		}
	}
}
