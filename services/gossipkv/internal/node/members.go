package node

import (
	"context"
	"fmt"

	"numstore.example/services/gossipkv/internal/merge"
)

// Greeting is what this server tells of itself when a link begins.
func (n *Node) Greeting() Greeting {
	s := n.shown.Load()
	return Greeting{Self: s.Self, Known: s.Known, Held: n.store.Newest(), Roster: s.Roster}
}

// Welcome says why a link to a server is refused that has sent this greeting, for people; nil if it is not. The error is an ErrRefused. A
// server that reads in the greeting that it is none of the system's any more learns that.
func (n *Node) Welcome(g Greeting) error {
	s := n.shown.Load()
	roster := s.Roster.Join(g.Roster)
	if roster[s.Self].State != merge.Member && s.refused == nil {
		_ = n.mail.put(func(mail *mail) {
			mail.orders = append(mail.orders, &order{do: func(l *loop) error { l.learn(l.state.Roster.Join(g.Roster)); return nil }, done: make(chan error, 1)})
		})
	}
	linked, isLinked := s.neighbours[g.Self.Server]
	var reason error
	switch {
	case s.refused != nil:
		reason = s.refused
	case g.Self == s.Self:
		reason = fmt.Errorf("this is server %d itself", s.Self.Server)
	case g.Self.Server == s.Self.Server:
		reason = fmt.Errorf("both servers have the number %d, with different stores (%v here, %v there): start one of them with another --id and an empty folder", s.Self.Server, s.Self, g.Self)
	case roster[g.Self].State == merge.Forgotten:
		reason = forgotten(g.Self)
	case roster[g.Self].State == merge.Duplicate:
		reason = duplicate(g.Self)
	case isLinked && linked.origin != g.Self && s.Roster[linked.origin].State == merge.Member: // whatever it says itself of the other store
		reason = fmt.Errorf("server %d is linked already, with another store (%v; now %v): two servers have one number, or the former link is still being given up", g.Self.Server, linked.origin, g.Self)
	default:
		return nil
	}
	return fmt.Errorf("%w: %w", ErrRefused, reason)
}

func forgotten(o merge.Origin) error {
	return fmt.Errorf("server %d (%v) was forgotten: to take it in again, stop it, empty its folder, and start it", o.Server, o)
}

func duplicate(o merge.Origin) error {
	return fmt.Errorf("server %d (%v) has the number of another server: start it with another --id and an empty folder", o.Server, o)
}

// Forget takes all stores of a server off that will never come back. The errors are ErrUnknown, ErrSelf, and why the node has ended.
func (n *Node) Forget(ctx context.Context, server merge.ServerID) error {
	return n.order(ctx, func(l *loop) error { return l.forget(server) })
}

// order has the node's goroutine do something, and returns when that is on disk.
func (n *Node) order(ctx context.Context, do func(*loop) error) error {
	o := &order{do: do, done: make(chan error, 1)}
	if err := n.mail.put(func(mail *mail) { mail.orders = append(mail.orders, o) }); err != nil {
		return err
	}
	select {
	case err := <-o.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *loop) forget(server merge.ServerID) error {
	if server == l.state.Self.Server {
		return ErrSelf
	}
	origins := l.state.Roster.Of(server)
	if len(origins) == 0 {
		return fmt.Errorf("%w: %d; those that are known are in Status", ErrUnknown, server)
	}
	roster := l.state.Roster
	for _, origin := range origins {
		if roster[origin].State == merge.Forgotten {
			continue
		}
		roster = roster.Becomes(origin, merge.Forgotten)
		standing := roster[origin]
		for _, other := range l.state.Roster {
			standing.Final = max(standing.Final, other.Known[origin])
		}
		roster = roster.With(origin, standing)
	}
	l.learn(roster)
	return nil
}

// takeTable learns from a neighbour who the servers are.
func (l *loop) takeTable(from merge.ServerID, t *Table) {
	n := l.neighbours[from]
	n.roster = t.Roster
	if t.Roster[n.origin].State == merge.Replaced { // it goes on under another incarnation, and may know less: nobody but itself can say so
		for _, origin := range t.Roster.Of(from) {
			if t.Roster[origin].State == merge.Member {
				n.origin, n.announced = origin, t.Roster[origin].Known
				n.ripe = n.announced
			}
		}
	}
	if joined := l.state.Roster.Join(t.Roster); !joined.Equal(l.state.Roster) {
		l.learn(joined)
	}
}

// meet learns from a greeting.
func (l *loop) meet(g Greeting) {
	roster := l.state.Roster.Join(g.Roster)
	if roster[g.Self].State == 0 {
		roster = roster.Becomes(g.Self, merge.Member)
	}
	l.learn(roster)
}

// learn takes a roster that includes all that was known. Of who is forgotten, it adds up to where this server has its writes, claimed or owed. Who is no
// member loses its link.
func (l *loop) learn(roster merge.Roster) {
	for origin, standing := range roster {
		before := l.state.Roster[origin]
		if before.State != standing.State {
			l.publishing = true
		}
		if standing.State != merge.Forgotten {
			continue
		}
		if known := max(l.state.Known[origin], l.state.Owed[origin]); before.State != merge.Forgotten && standing.Final < known {
			standing.Final = known
			roster = roster.With(origin, standing)
		}
		delete(l.pending, origin)
	}
	l.state.Roster = roster
	l.judge()
	for id, n := range l.neighbours {
		// One that is replaced keeps its link: it was by itself, as its own table tells, or by another store of its number, to which it objects.
		if state := roster[n.origin].State; l.refused != nil || state != merge.Member && state != merge.Replaced {
			l.unlink(id)
		}
	}
}

// judge finds what the roster says of this server, once it is sure of its incarnation. Another store of its number is taken for lost, as after a loss of the disk. If that lives all the same, it finds
// itself replaced. If it had a link in this run, it was there first, and objects. If not, its folder is one that came back: it goes on as a new store would.
func (l *loop) judge() {
	l.doubt()
	self := l.state.Self
	before := l.refused
	switch l.state.Roster[self].State {
	case merge.Member:
		l.refused = nil
		l.displace(merge.Replaced)
	case merge.Forgotten:
		l.refused = forgotten(self)
	case merge.Duplicate:
		l.refused = duplicate(self)
	case merge.Replaced:
		if !l.linked {
			l.node.options.Logger.Warn("this server has had another store since: it goes on with this one, under another incarnation")
			l.renew()
			l.displace(merge.Replaced)
			break
		}
		l.node.options.Logger.Error("another server has the number of this one: it is refused", "number", self.Server, "store", self.String())
		l.displace(merge.Duplicate)
		l.state.Roster = l.state.Roster.Becomes(self, merge.Member)
		l.publishing = true
	}
	if l.refused != nil && before == nil {
		l.node.options.Logger.Error("this server takes no writes and no links any more", "reason", l.refused)
	}
}

// displace changes the state of other stores of this server's number: of those that are members, and of those that this one has displaced before.
func (l *loop) displace(state merge.State) {
	for _, origin := range l.state.Roster.Of(l.state.Self.Server) {
		if origin != l.state.Self && (l.state.Roster[origin].State == merge.Member || state == merge.Duplicate && l.displaced[origin]) {
			l.state.Roster = l.state.Roster.Becomes(origin, state)
			l.displaced[origin] = true
			l.publishing = true
		}
	}
}

// unlink ends the link to a server that is not welcome. A server that has its number and is may be linked afterwards.
func (l *loop) unlink(id merge.ServerID) {
	l.linkDown(id)
	transport := l.node.transport
	l.node.running.Go(func() { transport.HangUp(id) })
}

// renew has the server go on under another incarnation.
func (l *loop) renew() {
	l.closeOwn()
	former := l.state.Self
	l.state.Self = merge.Origin{Server: l.node.options.Server, Incarnation: merge.Incarnation(l.node.options.Random())}
	if l.node.options.leaveOut.incarnation {
		l.state.Self.Incarnation = 1
	}
	roster := l.state.Roster
	if former.Server != 0 && former != l.state.Self {
		roster = roster.Becomes(former, merge.Replaced)
	}
	l.state.Roster = roster.Becomes(l.state.Self, merge.Member)
	l.fresh = true
	l.publishing = true
}

// doubt goes on under another incarnation if others were told that this one knows something, whoever wrote it, which it does not: its folder is an older copy, or has lost its end.
// The others go by what they were told. It may be nowhere any more, and then they would wait for ever for this server's word, and keep all tombstones.
func (l *loop) doubt() {
	standing := l.state.Roster[l.state.Self]
	if standing.State != merge.Member && standing.State != merge.Replaced || l.state.Known.Includes(standing.Known) {
		return
	}
	l.node.options.Logger.Warn("others were told that this server knows more than it does, so its folder is an older copy, or has lost something: it goes on under another incarnation")
	l.renew()
}

// suspect goes on under another incarnation if another server knows more of this one's writes than it does itself: its folder is an older copy, or has lost its end.
func (l *loop) suspect(who merge.ServerID, known merge.Vector) {
	if self := l.state.Self; known[self] > l.state.Known[self] {
		l.node.options.Logger.Warn("another server knows more of this one than it does itself, so its folder is an older copy, or has lost something: it goes on under another incarnation",
			"server", who, "knows", known[self], "here", l.state.Known[self])
		l.renew()
	}
}

// confirmed says whether this server can be sure that nobody knows more of it than it does itself.
func (l *loop) confirmed() bool {
	if l.fresh {
		return true
	}
	for origin, standing := range l.state.Roster {
		if origin != l.state.Self && standing.State == merge.Member && !l.heard[origin.Server] {
			return false
		}
	}
	return true
}

// publish sends the roster to who does not have it, with what this server knows now.
func (l *loop) publish() {
	l.state.Roster = l.state.Roster.Knows(l.state.Self, l.state.Known)
	for id, n := range l.neighbours {
		if !l.state.Roster.Equal(n.roster) {
			n.roster = l.state.Roster
			l.send(id, Message{Table: &Table{Roster: l.state.Roster}})
		}
	}
}
