package node

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"numstore.example/services/gossipkv/internal/merge"
)

// Network links the nodes of one process, and carries their messages as badly as a test wants: it delays, loses, repeats and
// reorders them. Links are made by Join, and break by Cut, or when a node goes. Messages are not copied: nobody changes them.
type Network struct {
	mu       sync.Mutex
	underway int        // messages
	arrived  *sync.Cond // on mu: none is underway

	random *rand.Rand
	faults Faults
	nodes  map[merge.ServerID]*Node
	up     map[pair]bool
	// Lost, if not nil, chooses messages that are lost, beside those that chance does.
	lost func(from, to merge.ServerID, m Message) bool
}

// Faults is what a Network does to messages. The zero Faults delivers each at once, and once.
type Faults struct {
	MaxDelay time.Duration // each message takes between nothing and this; later ones may overtake it
	Lose     float64       // how likely a message is lost, from 0 to 1
	Repeat   float64       // how likely a message that is not lost comes twice
}

// pair is two servers, the lower number first.
type pair struct{ a, b merge.ServerID }

func pairOf(a, b merge.ServerID) pair { return pair{min(a, b), max(a, b)} }

// NewNetwork returns a network whose faults are drawn from random.
func NewNetwork(random *rand.Rand, faults Faults) *Network {
	n := &Network{random: random, faults: faults, nodes: make(map[merge.ServerID]*Node), up: make(map[pair]bool)}
	n.arrived = sync.NewCond(&n.mu)
	return n
}

// Attach makes a node reachable under its number, and starts it.
func (n *Network) Attach(id merge.ServerID, node *Node) {
	n.mu.Lock()
	n.nodes[id] = node
	n.mu.Unlock()
	node.Start(port{n, id, node})
}

// Detach makes a number unreachable: its links break.
func (n *Network) Detach(id merge.ServerID) {
	n.mu.Lock()
	delete(n.nodes, id)
	var broken []pair
	for p := range n.up {
		if p.a == id || p.b == id {
			broken = append(broken, p)
		}
	}
	n.mu.Unlock()
	for _, p := range broken {
		n.Cut(p.a, p.b)
	}
}

// Join links two nodes, if both are there and welcome each other; the error says which of them does not. A link that is there stays.
func (n *Network) Join(a, b merge.ServerID) error {
	n.mu.Lock()
	one, other := n.nodes[a], n.nodes[b]
	linked := n.up[pairOf(a, b)]
	n.mu.Unlock()
	if one == nil || other == nil {
		return ErrUnreachable
	}
	if linked {
		return nil
	}
	first, second := one.Greeting(), other.Greeting()
	if err := errors.Join(one.Welcome(second), other.Welcome(first)); err != nil {
		return err
	}
	one.LinkUp(second)
	other.LinkUp(first)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.up[pairOf(a, b)] = true
	return nil
}

// Cut ends the link between two nodes, if there is one, and says whether there was.
func (n *Network) Cut(a, b merge.ServerID) bool {
	n.mu.Lock()
	was := n.up[pairOf(a, b)]
	delete(n.up, pairOf(a, b))
	one, other := n.nodes[a], n.nodes[b]
	n.mu.Unlock()
	if was && one != nil {
		one.LinkDown(b)
	}
	if was && other != nil {
		other.LinkDown(a)
	}
	return was
}

// SetFaults changes what happens to messages that are sent from now on.
func (n *Network) SetFaults(faults Faults) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults = faults
}

// Lose has messages lost that lost chooses, which must be quick; nil ends that.
func (n *Network) Lose(lost func(from, to merge.ServerID, m Message) bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lost = lost
}

// Settle waits until no message is on its way.
func (n *Network) Settle() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for n.underway > 0 {
		n.arrived.Wait()
	}
}

// port is a node's Transport.
type port struct {
	network *Network
	id      merge.ServerID
	node    *Node
}

// Send implements Transport.
func (p port) Send(to merge.ServerID, m Message) bool {
	delays, sent := p.network.fate(p, to, m)
	for _, delay := range delays {
		// Not time.AfterFunc: in a bubble of synctest, the race detector of Go 1.26 does not survive it.
		go func() {
			time.Sleep(delay)
			p.network.arrive(p.id, to, m)
			p.network.end()
		}()
	}
	return sent
}

// fate returns after which times a message arrives: none if it is lost.
func (n *Network) fate(from port, to merge.ServerID, m Message) (delays []time.Duration, sent bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.nodes[from.id] != from.node || !n.up[pairOf(from.id, to)] {
		return nil, false
	}
	if n.random.Float64() < n.faults.Lose || n.lost != nil && n.lost(from.id, to, m) {
		return nil, true
	}
	delays = append(delays, n.delay())
	if n.random.Float64() < n.faults.Repeat {
		delays = append(delays, n.delay())
	}
	n.underway += len(delays)
	return delays, true
}

// end is told that a message has arrived, or found nobody.
func (n *Network) end() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.underway--; n.underway == 0 {
		n.arrived.Broadcast()
	}
}

func (n *Network) delay() time.Duration {
	return time.Duration(n.random.Int64N(int64(n.faults.MaxDelay) + 1))
}

// arrive delivers a message, unless there is no link any more.
func (n *Network) arrive(from, to merge.ServerID, m Message) {
	n.mu.Lock()
	node, up := n.nodes[to], n.up[pairOf(from, to)]
	n.mu.Unlock()
	if node != nil && up {
		node.Receive(from, m)
	}
}

// Connect implements Transport. The address is the number of the server.
func (p port) Connect(_ context.Context, address string) (merge.ServerID, error) {
	var to merge.ServerID
	for _, digit := range address {
		to = 10*to + merge.ServerID(digit-'0')
	}
	return to, p.network.Join(p.id, to)
}

// Disconnect implements Transport.
func (p port) Disconnect(_ context.Context, server merge.ServerID, _ string) error {
	if !p.network.Cut(p.id, server) {
		return ErrNoLink
	}
	return nil
}

// HangUp implements Transport.
func (p port) HangUp(server merge.ServerID) { p.network.Cut(p.id, server) }

// Links implements Transport.
func (p port) Links() (links []Link) {
	p.network.mu.Lock()
	defer p.network.mu.Unlock()
	for pair := range p.network.up {
		if pair.a == p.id || pair.b == p.id {
			links = append(links, Link{Server: pair.a ^ pair.b ^ p.id, Up: true})
		}
	}
	return links
}
