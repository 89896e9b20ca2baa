package node

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	"numstore.example/services/raftkv/internal/storage"
)

// Network carries messages between the nodes of one process, as badly as a test wants: it delays, loses, repeats
// and reorders them, and links can be cut, each way for itself.
//
// Messages are encoded and decoded on the way, so that nothing is shared between the members, as it would not be
// between machines.
type Network struct {
	underway sync.WaitGroup // messages

	mu     sync.Mutex
	random *rand.Rand
	faults Faults
	nodes  map[storage.NodeID]*Node
	cut    map[link]bool
}

// Faults is what a Network does to messages. The zero Faults delivers each at once, and once.
type Faults struct {
	MaxDelay time.Duration // each message takes between nothing and this; later ones may overtake it
	Lose     float64       // how likely a message is lost, from 0 to 1
	Repeat   float64       // how likely a message that is not lost comes twice
}

// link is a way from one node to another.
type link struct{ from, to storage.NodeID }

// NewNetwork returns a network whose faults are drawn from random.
func NewNetwork(random *rand.Rand, faults Faults) *Network {
	return &Network{random: random, faults: faults, nodes: make(map[storage.NodeID]*Node), cut: make(map[link]bool)}
}

// Attach makes a node reachable under its number, in place of an earlier one; nil makes the number unreachable.
func (n *Network) Attach(id storage.NodeID, node *Node) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.nodes[id] = node
}

// Cut cuts the way from one node to another, or mends it. The way back is another one.
func (n *Network) Cut(from, to storage.NodeID, cut bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut[link{from, to}] = cut
}

// SetFaults changes what happens to messages that are sent from now on.
func (n *Network) SetFaults(faults Faults) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults = faults
}

// Settle waits until no message is on its way. Nobody must send any more.
func (n *Network) Settle() { n.underway.Wait() }

// From returns the transport of a node.
func (n *Network) From(node storage.NodeID) Transport { return sender{n, node} }

type sender struct {
	network *Network
	node    storage.NodeID
}

// Send implements Transport.
func (s sender) Send(shard storage.ShardID, messages []*raftpb.Message) {
	for _, message := range messages {
		encoded, err := proto.Marshal(message)
		if err != nil {
			panic(err) // Raft has made a message that cannot be sent
		}
		way := link{s.node, storage.MemberID(message.GetTo()).Node()}
		for _, delay := range s.network.fate(way) {
			// Not time.AfterFunc: in a bubble of synctest, the race detector of Go 1.26 does not survive it.
			s.network.underway.Go(func() {
				time.Sleep(delay)
				s.network.arrive(way, shard, encoded)
			})
		}
	}
}

// SendSnapshot implements Transport.
func (s sender) SendSnapshot(shard storage.ShardID, message *raftpb.Message, write func(io.Writer) error, done func(error)) {
	s.network.underway.Go(func() { done(s.network.carry(s.node, shard, message, write)) })
}

// carry brings a state to another node. If the link is cut before it is there, or if the network loses it, it breaks
// somewhere in the middle.
func (n *Network) carry(from storage.NodeID, shard storage.ShardID, message *raftpb.Message, write func(io.Writer) error) error {
	way := link{from, storage.MemberID(message.GetTo()).Node()}
	encoded, err := proto.Marshal(message)
	if err != nil {
		return err
	}
	var state bytes.Buffer
	if err := write(&state); err != nil {
		return err
	}
	delays := n.fate(way)
	if len(delays) == 0 {
		state.Truncate(int(n.fraction() * float64(state.Len())))
	} else {
		time.Sleep(delays[0])
	}
	n.mu.Lock()
	node, cut := n.nodes[way.to], n.cut[way]
	n.mu.Unlock()
	if node == nil || cut {
		return errLost
	}
	arrived := new(raftpb.Message)
	if err := proto.Unmarshal(encoded, arrived); err != nil {
		return err
	}
	return node.ReceiveSnapshot(context.Background(), shard, arrived, &state)
}

var errLost = errors.New("the network has lost it")

func (n *Network) fraction() float64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.random.Float64()
}

// Group implements Transport.
func (s sender) Group(node storage.NodeID, shard storage.ShardID) Group {
	return passed{s.network, link{s.node, node}, shard}
}

// fate returns after which times a message arrives: none if it is lost.
func (n *Network) fate(l link) (delays []time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cut[l] || n.random.Float64() < n.faults.Lose {
		return nil
	}
	delays = append(delays, n.delay())
	if n.random.Float64() < n.faults.Repeat {
		delays = append(delays, n.delay())
	}
	return delays
}

func (n *Network) delay() time.Duration {
	return time.Duration(n.random.Int64N(int64(n.faults.MaxDelay) + 1))
}

// arrive delivers a message, unless the link was cut meanwhile.
func (n *Network) arrive(l link, shard storage.ShardID, encoded []byte) {
	message := new(raftpb.Message)
	if err := proto.Unmarshal(encoded, message); err != nil {
		panic(err) // it was encoded here
	}
	n.mu.Lock()
	node, cut := n.nodes[l.to], n.cut[l]
	n.mu.Unlock()
	if node != nil && !cut {
		node.Receive(shard, message)
	}
}
