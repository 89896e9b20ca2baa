package peer

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/raft/v3/raftpb"

	"numstore.example/services/internal/links"
	"numstore.example/services/internal/pings"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/storage"
)

// TestSend: entries of two shards arrive whole and in their order, the long ones too, which are longer than what the
// server takes as one message.
func TestSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, cluster := newWorld(t), clusterOf(t, 1, 2)
		one, two := w.join(1, cluster, nil), w.join(2, cluster, nil)
		defer end(one, two)
		for i := range uint64(40) {
			size := 100
			if i%10 == 3 {
				size = 5<<20 + int(i)
			}
			one.peers.Send(storage.ShardID(i%2), []*raftpb.Message{message(raftpb.MsgApp, 1, 2, i, size)})
		}
		for i := range uint64(40) {
			got := <-two.received
			if got.message.GetIndex() != i || got.shard != storage.ShardID(i%2) {
				t.Fatalf("message %d of shard %d; want %d of shard %d", got.message.GetIndex(), got.shard, i, i%2)
			}
			data, size := got.message.GetEntries()[0].GetData(), 100
			if i%10 == 3 {
				size = 5<<20 + int(i)
			}
			if len(data) != size || data[0] != byte(i) || data[size-1] != byte(i) {
				t.Fatalf("message %d has %d bytes; want %d of %d", i, len(data), size, i)
			}
		}
		if len(one.unreachable) > 0 {
			t.Error("messages were lost")
		}
	})
}

// TestSend_urgent: what is sent after an entry of 16 MiB arrives before it.
func TestSend_urgent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, cluster := newWorld(t), clusterOf(t, 1, 2)
		one, two := w.join(1, cluster, nil), w.join(2, cluster, nil)
		defer end(one, two)
		one.peers.Send(0, []*raftpb.Message{
			message(raftpb.MsgApp, 1, 2, 1, 16<<20), message(raftpb.MsgHeartbeat, 1, 2, 2, 0), message(raftpb.MsgApp, 1, 2, 3, 0),
		})
		for _, want := range []uint64{2, 1, 3} {
			if got := <-two.received; got.message.GetIndex() != want {
				t.Errorf("message %d; want %d", got.message.GetIndex(), want)
			}
		}
	})
}

// TestSend_piecewise: a heartbeat that comes while a long entry is being sent leaves with the next piece of that.
func TestSend_piecewise(t *testing.T) {
	l := &link{outbox: links.NewOutbox[shardMessage](maxUrgent, maxQueued)}
	l.queue(0, message(raftpb.MsgApp, 1, 2, 1, 2*links.MaxPiece))
	l.queue(0, message(raftpb.MsgApp, 1, 2, 2, 10))
	var cutting cutter
	if r := l.request(&cutting); len(r.GetMessages()) != 0 || len(r.GetPiece().GetData()) != links.MaxPiece {
		t.Fatalf("first %d messages and %d bytes of a piece", len(r.GetMessages()), len(r.GetPiece().GetData()))
	}
	l.queue(0, message(raftpb.MsgHeartbeat, 1, 2, 3, 0))
	if r := l.request(&cutting); len(r.GetMessages()) != 1 || len(r.GetPiece().GetData()) != links.MaxPiece || r.GetPiece().GetLast() {
		t.Errorf("then %d messages and %d bytes of a piece; want the heartbeat with the next one", len(r.GetMessages()), len(r.GetPiece().GetData()))
	}
	if r := l.request(&cutting); len(r.GetMessages()) != 0 || !r.GetPiece().GetLast() {
		t.Errorf("then %d messages; want the last piece alone, as the short entry must not overtake it", len(r.GetMessages()))
	}
	if r := l.request(&cutting); len(r.GetMessages()) != 1 || r.GetPiece() != nil {
		t.Errorf("then %d messages, piece %v; want the short entry", len(r.GetMessages()), r.GetPiece())
	}
}

// TestSend_gathers: what is queued while nothing is sent leaves as one message.
func TestSend_gathers(t *testing.T) {
	l := &link{outbox: links.NewOutbox[shardMessage](maxUrgent, maxQueued)}
	for i := range uint64(100) {
		l.queue(storage.ShardID(i), message(raftpb.MsgApp, 1, 2, i, 10))
	}
	if n := len(l.request(new(cutter)).GetMessages()); n != 100 || !l.outbox.Empty() {
		t.Errorf("%d messages; want 100", n)
	}
}

// TestOutbox_bounded: entries have room for so many bytes, and one more; what follows is lost, which is told once until something
// was taken. Heartbeats have room of their own.
func TestOutbox_bounded(t *testing.T) {
	l := &link{outbox: links.NewOutbox[shardMessage](maxUrgent, maxQueued)}
	put := func(kind raftpb.MessageType, data int) bool { return l.queue(0, message(kind, 1, 2, 1, data)) }
	const mib = 1 << 20
	if put(raftpb.MsgApp, maxQueued-mib) || put(raftpb.MsgApp, 16*mib) {
		t.Fatal("lost what there was room for")
	}
	if !put(raftpb.MsgApp, 1) || put(raftpb.MsgApp, 1) {
		t.Error("what was lost should be told once")
	}
	if put(raftpb.MsgHeartbeat, 0) {
		t.Error("entries have taken the room of a heartbeat")
	}
	for range 3 {
		l.outbox.Take(links.MaxPiece, lanes)
	}
	if put(raftpb.MsgApp, 1) {
		t.Error("there was room again")
	}
	put(raftpb.MsgApp, maxQueued)
	if !put(raftpb.MsgApp, 1) {
		t.Error("a second loss should be told as well")
	}
}

// TestSend_lost: what cannot be sent, because nobody is there, or because a stream breaks, is reported; when the node is there
// again, messages arrive.
func TestSend_lost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, cluster := newWorld(t), clusterOf(t, 1, 2)
		one := w.join(1, cluster, nil)
		beat := func(i uint64) {
			one.peers.Send(0, []*raftpb.Message{message(raftpb.MsgHeartbeat, 1, 2, i, 0)})
		}
		beat(1)
		if id := <-one.unreachable; id != 2 {
			t.Fatalf("node %d is unreachable; want 2", id)
		}
		two := w.join(2, cluster, nil)
		defer end(one, two)
		arrives := func() {
			t.Helper()
			for i := uint64(10); ; i++ {
				beat(i)
				select {
				case <-two.received:
					return
				case <-time.After(100 * time.Millisecond): // as a ticker would
				}
				if i > 1000 {
					t.Fatal("nothing arrives")
				}
			}
		}
		arrives()
		for len(one.unreachable) > 0 {
			<-one.unreachable
		}
		two.crash()
		for len(one.unreachable) == 0 {
			beat(3)
			time.Sleep(100 * time.Millisecond)
		}
		two.serve()
		for len(two.received) > 0 {
			<-two.received
		}
		arrives()
	})
}

// TestSend_pauses: a node that is away is not tried all the time.
func TestSend_pauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, cluster := newWorld(t), clusterOf(t, 1, 2)
		one := w.join(1, cluster, nil)
		defer end(one)
		for range 1000 { // ten seconds
			one.peers.Send(0, []*raftpb.Message{message(raftpb.MsgHeartbeat, 1, 2, 1, 0)})
			time.Sleep(10 * time.Millisecond)
		}
		if n := len(one.unreachable); n < 5 || n > 40 {
			t.Errorf("tried %d times in ten seconds", n)
		}
	})
}

// TestSend_stuck: when the other node takes nothing, entries are lost, once the queue is full, and nothing waits.
func TestSend_stuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, cluster := newWorld(t), clusterOf(t, 1, 2)
		one, two := w.join(1, cluster, nil), w.join(2, cluster, nil)
		defer end(one, two)
		two.received = make(chan arrival) // which nobody takes from
		for i := range uint64(20) {
			one.peers.Send(0, []*raftpb.Message{message(raftpb.MsgApp, 1, 2, i, 4<<20)})
			synctest.Wait()
		}
		if n := len(one.unreachable); n != 1 {
			t.Errorf("told %d times that node 2 is unreachable; want once", n)
		}
		go func() {
			for range two.received {
			}
		}()
		synctest.Wait()
		close(two.received)
	})
}

// TestSend_foreign: what is not from a member of the node that has greeted, or not to one of this node, is dropped.
func TestSend_foreign(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, cluster := newWorld(t), clusterOf(t, 1, 2, 3)
		one, two := w.join(1, cluster, nil), w.join(2, cluster, nil)
		defer end(one, two)
		link := one.peers.linkTo(2)
		link.queue(0, message(raftpb.MsgHeartbeat, 3, 2, 1, 0))
		link.queue(0, message(raftpb.MsgHeartbeat, 1, 3, 2, 0))
		next := message(raftpb.MsgHeartbeat, 0, 0, 3, 0) // of later incarnations
		next.From, next.To = new(uint64(storage.MemberID(7<<32|1))), new(uint64(storage.MemberID(9<<32|2)))
		link.queue(0, next)
		if got := <-two.received; got.message.GetIndex() != 3 {
			t.Errorf("message %d has come; want 3 alone", got.message.GetIndex())
		}
	})
}

// TestSend_idle: a connection on which nothing happens stays: its pings do not come too often for the server.
func TestSend_idle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, cluster := newWorld(t), clusterOf(t, 1, 2)
		one, two := w.join(1, cluster, nil), w.join(2, cluster, nil)
		defer end(one, two)
		one.peers.Send(0, []*raftpb.Message{message(raftpb.MsgHeartbeat, 1, 2, 1, 0)})
		time.Sleep(time.Hour)
		one.peers.Send(0, []*raftpb.Message{message(raftpb.MsgHeartbeat, 1, 2, 2, 0)})
		synctest.Wait()
		if len(two.received) != 2 || len(one.unreachable) > 0 {
			t.Errorf("%d of 2 messages have arrived, %d times unreachable", len(two.received), len(one.unreachable))
		}
	})
}

// TestSend_noPings: what a node answers costs no ping of the one that has asked.
func TestSend_noPings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent pings.Counter
		w, cluster := newWorld(t), clusterOf(t, 1, 2)
		one, two := w.join(1, cluster, func(c *Config) {
			dial := c.Dial
			c.Dial = func(ctx context.Context, address string) (net.Conn, error) {
				conn, err := dial(ctx, address)
				if err != nil {
					return nil, err
				}
				return sent.Conn(conn), nil
			}
		}), w.join(2, cluster, nil)
		defer end(one, two)
		two.setGroup(0, group{propose: func(p *node.Proposal) { p.Done(p.Commands, nil) }})
		for range 20 {
			if _, err := node.Execute(t.Context(), one.peers.Group(2, 0), []byte("command")); err != nil {
				t.Fatal(err)
			}
		}
		if n := sent.Load(); n > 0 {
			t.Errorf("%d pings for 20 answers", n)
		}
	})
}
