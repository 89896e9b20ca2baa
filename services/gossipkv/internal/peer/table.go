package peer

import (
	"cmp"
	"slices"
	"sync/atomic"
	"time"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/gossipkv/internal/node"
)

// table is who is linked to this server, and who shall be. The lock of Peers guards it.
type table struct {
	own     string                   // this server's address, or ""
	targets map[string]*target       // by address: whom this server calls
	links   map[merge.ServerID]*link // to servers that were reached, until Disconnect

	// With whom an operator wants no link. A server that was never reached is known by its address alone.
	cutServers   map[merge.ServerID]bool
	cutAddresses map[string]bool

	number  uint64        // of the latest link about which this server has had the last word
	changed chan struct{} // is closed, and another one put in its place, when a link is up or down
}

// link is what there is between this server and another one.
type link struct {
	server  merge.ServerID
	address string   // where it is, or ""
	session *session // nil while it is down
	run     uint64   // of the other server, when it was up last
	latest  uint64   // number of the latest session
	reason  string   // why it is down

	last           atomic.Int64  // when something came last, in nanoseconds
	sent, received atomic.Uint64 // bytes
}

func newTable() table {
	return table{
		targets: make(map[string]*target), links: make(map[merge.ServerID]*link), changed: make(chan struct{}),
		cutServers: make(map[merge.ServerID]bool), cutAddresses: make(map[string]bool),
	}
}

func (t *table) change() {
	close(t.changed)
	t.changed = make(chan struct{})
}

// sessionOf returns the session of the link to a server, or nil.
func (t *table) sessionOf(server merge.ServerID) *session {
	if link := t.links[server]; link != nil {
		return link.session
	}
	return nil
}

// latestOf returns the number of the latest link to a server since that has started.
func (t *table) latestOf(other greeting) uint64 {
	if link := t.links[other.server()]; link != nil && link.run == other.run {
		return link.latest
	}
	return 0
}

// permits says whether no operator has ended the link to a server, or one has asked for it since. Asked is that the server says so, told that
// this one was told.
func (t *table) permits(g greeting, told bool) bool {
	return g.asked || told || !t.cutServers[g.server()] && !t.cutAddresses[g.address]
}

// enter makes a session the link to its server, and returns that which has been it, if there is one.
func (t *table) enter(s *session) (before *session) {
	server := s.greeting.server()
	delete(t.cutServers, server)
	delete(t.cutAddresses, s.greeting.address)
	l := t.links[server]
	if l == nil {
		l = &link{server: server}
		t.links[server] = l
	}
	before = l.session
	l.session, l.run, l.latest, l.reason = s, s.greeting.run, s.number, ""
	l.address = cmp.Or(s.greeting.address, l.address)
	if s.target != nil {
		l.address = s.target.address
	}
	s.link = l
	t.change()
	return before
}

// answer is told that a link may be up, and tells so those who wait for one.
func (t *table) answer() {
	for _, target := range t.targets {
		if t.sessionOf(target.server) != nil {
			target.asked, target.reason = false, ""
			target.answer(nil)
		}
	}
}

// leave is told that a session is over.
func (t *table) leave(s *session, why error) {
	if s.link.session == s {
		s.link.session, s.link.reason = nil, why.Error()
	}
	t.change()
}

// cut ends the link to a server, for which nobody is called from now on. It returns the session that is to be ended, if there is one, and false if nothing
// is known of such a link.
func (t *table) cut(server merge.ServerID, address string) (_ *session, known bool) {
	if target := t.targets[address]; server == 0 && target != nil {
		if target.server == 0 {
			t.cutAddresses[address] = true
			t.remove(target, errCut)
			return nil, true
		}
		server = target.server
	}
	if server == 0 {
		return nil, false
	}
	session, link := t.sessionOf(server), t.links[server]
	known = link != nil
	delete(t.links, server)
	for _, target := range t.targets {
		if target.server == server || link != nil && target.address == link.address {
			t.remove(target, errCut)
			known = true
		}
	}
	if known {
		t.cutServers[server] = true
	}
	t.change()
	return session, known
}

// remove has a target not be called any more.
func (t *table) remove(target *target, why error) {
	if t.targets[target.address] == target {
		delete(t.targets, target.address)
	}
	target.drop(why)
}

// list tells of all links.
func (t *table) list() (list []node.Link) {
	reasons := make(map[merge.ServerID]string)
	for _, target := range t.targets {
		if t.links[target.server] == nil {
			list = append(list, node.Link{Server: target.server, Address: target.address, Reason: cmp.Or(target.reason, "it was not reached yet")})
		}
		reasons[target.server] = cmp.Or(target.reason, reasons[target.server])
	}
	for _, link := range t.links {
		told := node.Link{Server: link.server, Address: link.address, Up: link.session != nil, Sent: link.sent.Load(), Received: link.received.Load()}
		if !told.Up {
			told.Reason = cmp.Or(reasons[link.server], link.reason)
		}
		if last := link.last.Load(); last != 0 {
			told.LastExchange = time.Unix(0, last)
		}
		list = append(list, told)
	}
	slices.SortFunc(list, func(a, b node.Link) int {
		return cmp.Or(cmp.Compare(a.Server, b.Server), cmp.Compare(a.Address, b.Address))
	})
	return list
}
