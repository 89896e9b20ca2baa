package node_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/anishathalye/porcupine"
	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/storage"
)

// TestLearner: what a learner has counts for nothing: a leader that reaches a learner alone answers no write, and stops
// leading.
func TestLearner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if err := leadLearner(t, 0); err != nil {
			t.Error(err)
		}
	})
}

// TestLearner_control: when the learner is counted as a voter, the checks notice.
func TestLearner_control(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := leadLearner(t, 2)
		if err == nil {
			t.Error("nothing was noticed")
		}
		t.Log("noticed:", err)
	})
}

// leadLearner cuts a leader off from the other voters, so that it reaches a learner alone, has it write, and then reads what
// the others have. What the learner answers counts as if it came from a voter, unless that is 0. It returns what the checks
// find.
func leadLearner(t *testing.T, counts storage.NodeID) error {
	const leader, learner = 1, 4
	f := newFleet(t, 4, 3)
	f.network.Attach(learner, nil)
	for f.leader().ID() != leader {
		time.Sleep(time.Second) // by the clock of the test
	}
	if err := f.change(f.replace(0, learner, f.nodes[learner].StoreID())); err != nil {
		t.Fatal(err)
	}
	f.kill(learner)
	f.wrap = func(transport node.Transport) node.Transport { return taken{transport, counts} }
	f.start(learner, f.disks[learner], nil)
	f.gossip()
	f.cut(true, leader, 2, 3)
	f.cut(true, learner, 2, 3)

	var history []porcupine.Operation
	write := call{kind: kv.Put, key: "key", value: "x", expect: kv.AnyVersion}
	answers := make(chan []byte, 1)
	f.nodes[leader].Local(shard).Propose(&node.Proposal{
		Commands: [][]byte{write.command(kv.RequestID{})},
		Done: func(replies [][]byte, err error) {
			if err == nil {
				answers <- replies[0]
			}
		},
	})
	time.Sleep(10 * time.Second) // by the clock of the test
	select {
	case answered := <-answers:
		reply, err := kv.DecodeReply(answered)
		if err != nil {
			t.Fatal(err)
		}
		got, err := write.answer(reply)
		if err != nil {
			return err
		}
		history = append(history, porcupine.Operation{Input: write, Output: got, Call: 1, Return: 2})
	default:
	}
	if f.nodes[leader].Leads(shard) && counts == 0 {
		t.Error("who reaches a learner alone leads for ten seconds")
	}

	read := call{kind: get, key: "key", expect: kv.AnyVersion}
	got, err := read.look(asked{t.Context(), f.nodes[2].Group(shard)})
	if err != nil {
		t.Fatal(err)
	}
	return linearizable(append(history, porcupine.Operation{Input: read, Output: got, Call: 3, Return: 4}))
}

// cut cuts the links between a node and others, or mends them.
func (f *fleet) cut(cut bool, one storage.NodeID, others ...storage.NodeID) {
	for _, other := range others {
		f.network.Cut(one, other, cut)
		f.network.Cut(other, one, cut)
	}
}

// taken is the transport of a node whose answers to a leader count as another's too.
type taken struct {
	node.Transport
	as storage.NodeID // 0 for nobody's
}

// Send implements node.Transport.
func (c taken) Send(shard storage.ShardID, messages []*raftpb.Message) {
	for _, message := range messages {
		if kind := message.GetType(); c.as != 0 && (kind == raftpb.MsgAppResp || kind == raftpb.MsgHeartbeatResp) {
			forged := proto.CloneOf(message)
			forged.From = new(uint64(c.as))
			messages = append(messages, forged)
		}
	}
	c.Transport.Send(shard, messages)
}
