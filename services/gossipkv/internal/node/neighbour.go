package node

import (
	"numstore.example/services/gossipkv/internal/merge"
)

// neighbour is a server to which there is a link.
type neighbour struct {
	origin    merge.Origin
	announced merge.Vector // what it has said that it knows
	ripe      merge.Vector // what of that is not on its way to this server: if it is not here, it is pulled
	told      merge.Vector // what it was told that this server knows
	durable   bool         // that it is a member is on disk: from then on it is sent entries
	avoided   int64        // until which tick others are pulled from first
	roster    merge.Roster // that it was sent, or has sent
}

// LinkUp tells that there is a link to a server now, which has sent this greeting, and was sent this node's. It comes before
// the first Receive from that server.
func (n *Node) LinkUp(g Greeting) { n.mail.event(event{from: g.Self.Server, up: &g}) }

// LinkDown tells that a link has ended.
func (n *Node) LinkDown(server merge.ServerID) { n.mail.event(event{from: server, down: true}) }

// Receive takes a message of a server to which there is a link. It does not wait: what there is no room for is lost. The message must not be
// changed from then on.
func (n *Node) Receive(from merge.ServerID, m Message) {
	if m.Pull != nil {
		n.pulls.put(from, m.Pull)
		return
	}
	n.mail.event(event{from: from, message: m})
}

// linkUp begins with a neighbour. What it may still lack, it will ask for; what this server lacks is asked for at once.
func (l *loop) linkUp(g Greeting) {
	id := g.Self.Server
	l.meet(g)
	if l.refused != nil || l.state.Roster[g.Self].State != merge.Member {
		l.unlink(id)
		return
	}
	l.suspect(id, g.Known.Join(g.Held))
	l.heard[id] = true
	l.linked = true
	l.neighbours[id] = &neighbour{origin: g.Self, announced: g.Known, ripe: g.Known, roster: g.Roster}
	l.publishing = true
	l.look()
}

func (l *loop) linkDown(id merge.ServerID) {
	delete(l.neighbours, id)
	if l.exchange != nil && l.exchange.with == id {
		l.paused[id] = l.exchange
		l.exchange = nil
	}
}

// takeAnnounce notes what a neighbour knows.
func (l *loop) takeAnnounce(from merge.ServerID, a *Announce) {
	n := l.neighbours[from]
	l.suspect(from, a.Known)
	n.announced = n.announced.Join(a.Known)
	if a.Settled {
		n.ripe = n.announced
		l.look()
	}
}

// announce tells the neighbours what is known here, if that is news.
func (l *loop) announce(settled bool) {
	for id, n := range l.neighbours {
		if !l.state.Known.Equal(n.told) {
			n.told = l.state.Known
			l.send(id, Message{Announce: &Announce{Known: l.state.Known, Settled: settled}})
		}
	}
}

// repeat has a neighbour told at the next ticks what it was told already.
func (l *loop) repeat(id merge.ServerID) {
	if n := l.neighbours[id]; n != nil {
		n.told, n.roster = nil, nil
	}
}
