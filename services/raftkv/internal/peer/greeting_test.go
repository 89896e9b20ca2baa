package peer

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"numstore.example/services/internal/links"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/peerpb"
	"numstore.example/services/raftkv/internal/shard"
)

// call makes one call of a kind to node 2, with metadata, and returns its status.
func (w *world) call(link *link, kind string, headers ...string) error {
	ctx, cancel := context.WithCancel(metadata.AppendToOutgoingContext(w.t.Context(), headers...))
	defer cancel()
	receive := func(err error, end func() error) error {
		if err == nil {
			err = end()
		}
		return err
	}
	switch kind {
	case "Send":
		stream, err := link.client.Send(ctx)
		return receive(err, func() error { _, err := stream.CloseAndRecv(); return err })
	case "SendSnapshot":
		stream, err := link.client.SendSnapshot(ctx)
		return receive(err, func() error { _, err := stream.CloseAndRecv(); return err })
	case "Forward":
		stream, err := link.client.Forward(ctx)
		return receive(err, func() error { _, err := stream.Recv(); return err })
	case "Scan":
		stream, err := link.client.Scan(ctx, new(peerpb.ScanRequest))
		return receive(err, func() error { _, err := stream.Recv(); return err })
	case "Backup":
		stream, err := link.client.Backup(ctx, &peerpb.BackupRequest{Backup: make([]byte, 16)})
		return receive(err, func() error { _, err := stream.Recv(); return err })
	case "Compare":
		_, err := link.client.Compare(ctx, new(peerpb.CompareRequest))
		return err
	default:
		_, err := link.client.Describe(ctx, new(peerpb.DescribeRequest))
		return err
	}
}

// calls are all that need a greeting.
var calls = []string{"Send", "SendSnapshot", "Forward", "Scan", "Backup", "Compare"}

// TestGreeting_refused: whatever does not fit is refused, by every call, and what was expected and what came is
// said; the node's log has it once in a minute.
func TestGreeting_refused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, cluster := newWorld(t), clusterOf(t, 1, 2, 3)
		buried := shard.StoreID{66}
		cluster.Dead = []shard.StoreID{buried}
		one, two := w.join(1, cluster, nil), w.join(2, cluster, nil)
		defer end(one, two)
		good := greeting{version: 1, cluster: cluster.ID, from: 1, store: storeOf(1), to: 2}
		for _, c := range []struct {
			change func(*greeting)
			says   []string
		}{
			{func(g *greeting) { g.cluster = shard.ClusterID{9} }, []string{"cluster 09000000000000000000000000000000", "cluster " + cluster.ID.String()}},
			{func(g *greeting) { g.to = 3 }, []string{"wants to speak to node 3", "this is node 2"}},
			{func(g *greeting) { g.from = 4 }, []string{"node 4 is not known", "[1 2 3]", "kv member add 4=HOST:PORT", "kv member replace OLD --with 4=HOST:PORT"}},
			{func(g *greeting) { g.from = 2 }, []string{"has the number of this node, 2"}},
			{func(g *greeting) { g.store = shard.StoreID{8} }, []string{"store 08000000000000000000000000000000", "store " + storeOf(1).String(), "kv member replace 1 --with 1=HOST:PORT"}},
			{func(g *greeting) { g.store = buried }, []string{buried.String(), "must not come back", "an empty folder", "kv member replace 1 --with 1=HOST:PORT"}},
			{func(g *greeting) { g.version = 0 }, []string{"no version"}},
		} {
			g := good
			c.change(&g)
			for _, kind := range calls {
				if kind == "Compare" && (g.from == 4 || g.store != good.store) { // which is how nodes get to know each other
					continue
				}
				err := w.call(one.peers.linkTo(2), kind, greetingHeader, string(g.encode()))
				if status.Code(err) != codes.FailedPrecondition {
					t.Errorf("%s with %+v: %v; want FAILED_PRECONDITION", kind, g, err)
					continue
				}
				for _, part := range append(c.says, "refused by node 2") {
					if !strings.Contains(err.Error(), part) {
						t.Errorf("%s with %+v: %v; want %q in it", kind, g, err, part)
					}
				}
			}
		}
		for _, headers := range [][]string{nil, {greetingHeader, "nonsense"}, {greetingHeader, ""}, {greetingHeader, string(good.encode()), greetingHeader, string(good.encode())}} {
			if err := w.call(one.peers.linkTo(2), "Send", headers...); status.Code(err) != codes.FailedPrecondition {
				t.Errorf("with %d headers: %v", len(headers)/2, err)
			}
		}
		if log := two.log.String(); strings.Count(log, "refused a node") != 3 { // of node 1, of itself, and of strangers
			t.Errorf("within a minute, each node should be logged once:\n%s", log)
		}
		two.setCluster(nil)
		if err := w.call(one.peers.linkTo(2), "Forward", greetingHeader, string(good.encode())); status.Code(err) != codes.Aborted {
			t.Errorf("a node of no cluster: %v; want ABORTED", err)
		}
	})
}

// TestGreeting_both: nodes of two clusters refuse each other, and say so in their logs, once a minute. It says to those who ask that nothing has happened.
func TestGreeting_both(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, cluster := newWorld(t), clusterOf(t, 1, 2)
		other := *cluster
		other.ID = shard.ClusterID{9}
		one, two := w.join(1, &other, nil), w.join(2, cluster, nil)
		defer end(one, two)
		two.setGroup(0, echo)
		for range 60 {
			one.peers.Send(0, []*raftpb.Message{message(raftpb.MsgHeartbeat, 1, 2, 1, 0)})
			_, err := node.Execute(t.Context(), one.peers.Group(2, 0), []byte("x"))
			if _, ok := err.(*node.NotLeader); !ok {
				t.Errorf("a proposal to a node that refuses this one: %v; want NotLeader", err)
			}
			time.Sleep(500 * time.Millisecond)
		}
		if len(two.received) > 0 {
			t.Error("a message of a stranger has come through")
		}
		const mine, others = "does not take what this one sends", "refused a node"
		for _, log := range []string{one.log.String(), two.log.String()} {
			if strings.Count(log, mine) != 1 || strings.Count(log, others) != 1 || strings.Count(log, cluster.ID.String()) != 2 || strings.Count(log, other.ID.String()) != 2 {
				t.Errorf("the log should have each of two lines once, with both clusters:\n%s", log)
			}
		}
		time.Sleep(links.NoticeInterval)
		one.peers.Send(0, []*raftpb.Message{message(raftpb.MsgHeartbeat, 1, 2, 1, 0)})
		time.Sleep(2 * links.MostPause)
		if log := two.log.String(); strings.Count(log, others) != 2 {
			t.Errorf("after a minute it should be logged again:\n%s", log)
		}
	})
}

// TestGreeting_forming: while one of two nodes knows of their cluster and the other does not, nothing is sent, and that is nothing to
// warn of, whichever of them speaks.
func TestGreeting_forming(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, cluster := newWorld(t), clusterOf(t, 1, 2)
		one, two := w.join(1, cluster, nil), w.join(2, nil, addressed)
		defer end(one, two)
		for range 5 {
			one.peers.Send(0, []*raftpb.Message{message(raftpb.MsgHeartbeat, 1, 2, 1, 0)})
			two.peers.Send(0, []*raftpb.Message{message(raftpb.MsgHeartbeat, 2, 1, 1, 0)})
			for _, group := range []node.Group{one.peers.Group(2, 0), two.peers.Group(1, 0)} {
				if _, err := node.Execute(t.Context(), group, []byte("x")); !errors.Is(err, node.ErrNotLeader) {
					t.Errorf("a proposal while the cluster is being formed: %v; want NotLeader", err)
				}
			}
			time.Sleep(links.MostPause)
		}
		if log := one.log.String() + two.log.String(); log != "" {
			t.Errorf("the logs have:\n%s", log)
		}
		two.setCluster(cluster)
		for _, m := range []*member{one, two} {
			other := 3 - m.id
			m.peers.Send(0, []*raftpb.Message{message(raftpb.MsgHeartbeat, m.id, other, 1, 0)})
		}
		<-one.received
		<-two.received
	})
}

// TestLink_again: when a node that could not be reached is reached again, the log says so, once.
func TestLink_again(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, cluster := newWorld(t), clusterOf(t, 1, 2)
		one, two := w.join(1, cluster, nil), w.join(2, cluster, nil)
		defer end(one, two)
		send := func() { one.peers.Send(0, []*raftpb.Message{message(raftpb.MsgHeartbeat, 1, 2, 1, 0)}) }
		send()
		<-two.received
		two.crash()
		for len(one.unreachable) == 0 {
			send()
			time.Sleep(links.MostPause)
		}
		two.serve()
		for len(two.received) == 0 {
			send()
			time.Sleep(links.MostPause)
		}
		const lost, again = "level=WARN msg=\"a node cannot be reached\"", "level=INFO msg=\"a node takes what this one sends again\""
		if log := one.log.String(); strings.Count(log, lost) != 1 || strings.Count(log, again) != 1 || strings.Index(log, lost) > strings.Index(log, again) {
			t.Errorf("the log has:\n%s", log)
		}
	})
}

// addressed has a node know where the others are, which it has no map of.
func addressed(c *Config) { c.Addresses = addressesOf(1, 2, 3) }

// TestAuthorize: who may not speak is refused by every call, whatever his greeting; a node sends its token with each.
func TestAuthorize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, cluster := newWorld(t), clusterOf(t, 1, 2, 3)
		secured := func(token string) func(*Config) {
			return func(c *Config) {
				c.Token = token
				c.Authorize = func(ctx context.Context) error {
					for _, header := range metadata.ValueFromIncomingContext(ctx, "authorization") {
						if header == "Bearer secret" {
							return nil
						}
					}
					return status.Error(codes.Unauthenticated, "no")
				}
			}
		}
		one, two, three := w.join(1, cluster, secured("secret")), w.join(2, cluster, secured("secret")), w.join(3, cluster, secured("wrong"))
		defer end(one, two, three)
		g := greeting{version: 1, cluster: cluster.ID, from: 1, store: storeOf(1), to: 2}
		for _, kind := range append(calls, "Describe") {
			if err := w.call(one.peers.linkTo(2), kind, greetingHeader, string(g.encode())); status.Code(err) != codes.Unauthenticated {
				t.Errorf("%s without a token: %v; want UNAUTHENTICATED", kind, err)
			}
		}
		one.peers.Send(0, []*raftpb.Message{message(raftpb.MsgHeartbeat, 1, 2, 1, 0)})
		if got := <-two.received; got.message.GetFrom() != 1 {
			t.Errorf("a message of node %d; want 1", got.message.GetFrom())
		}
		if who, err := one.peers.Identify(t.Context(), addressOfNode(2)); who.Node != 2 || err != nil {
			t.Errorf("node 2 describes itself to one with its token: %+v, %v", who, err)
		}
		three.peers.Send(0, []*raftpb.Message{message(raftpb.MsgHeartbeat, 3, 2, 1, 0)})
		if id := <-three.unreachable; id != 2 || len(two.received) > 0 {
			t.Errorf("node %d is unreachable; want 2, and nothing received", id)
		}
		synctest.Wait()
		if log := three.log.String(); !strings.Contains(log, "does not take what this one sends") {
			t.Errorf("node 3 should say in its log why:\n%s", log)
		}
	})
}

// TestStart: before a node is started, its peers refuse all calls, and send nothing.
func TestStart(t *testing.T) {
	p := New(Config{})
	p.Send(0, []*raftpb.Message{message(raftpb.MsgHeartbeat, 1, 2, 1, 0)})
	if _, err := (&service{Peers: p}).Describe(t.Context(), nil); status.Code(err) != codes.Unavailable {
		t.Errorf("a call: %v; want UNAVAILABLE", err)
	}
	if _, _, err := p.Group(2, 0).Get(t.Context(), []byte("k")); err == nil {
		t.Error("a read of another node was answered")
	}
	p.Close()
}

// FuzzGreeting: any bytes are refused or taken, and what is taken is encoded as what it was.
func FuzzGreeting(f *testing.F) {
	f.Add(greeting{version: 1, cluster: shard.ClusterID{1}, from: 1, store: storeOf(1), to: 2}.encode())
	f.Add([]byte("nonsense"))
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := decodeGreeting(b)
		if err != nil {
			return
		}
		if again, err := decodeGreeting(g.encode()); err != nil || again != g {
			t.Errorf("%+v became %+v, %v", g, again, err)
		}
	})
}
