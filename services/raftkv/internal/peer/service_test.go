package peer

import (
	"context"
	"io"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/services/internal/links"
	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/shard"
)

// TestService_lost: of a node that is lost, whatever it was asking and telling, the streams are cancelled. None has failed.
func TestService_lost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lost := make(chan struct{})
		one, two := pair(t, group{
			propose: func(*node.Proposal) {},
			scan: func(tell func([]byte, kv.Record) (bool, error)) error {
				<-lost
				for {
					if _, err := tell(make([]byte, links.MaxPiece), kv.Record{}); err != nil {
						return err
					}
				}
			},
		})
		defer end(one, two)
		two.snapshots = func(_ context.Context, r io.Reader) error { _, err := io.Copy(io.Discard, r); return err }
		one.peers.Send(0, []*raftpb.Message{message(raftpb.MsgHeartbeat, 1, 2, 1, 0)})
		one.sendState(func(w io.Writer) error { <-lost; return io.ErrUnexpectedEOF })
		remote, ctx := one.peers.Group(2, 0), context.WithoutCancel(t.Context())
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		go remote.Scan(ctx, node.Range{}, true, func([]byte, kv.Record) (bool, error) { return true, nil })
		go remote.Backup(ctx, shard.BackupID{1}, io.Discard)
		propose(remote, []byte("a"))
		synctest.Wait()
		cancel()
		go one.peers.Close()
		synctest.Wait()
		close(lost)
		synctest.Wait()
		want := map[string]codes.Code{
			"Send": codes.Canceled, "SendSnapshot": codes.Canceled, "Forward": codes.Canceled, "Scan": codes.Canceled, "Backup": codes.Canceled,
		}
		two.endingsMu.Lock()
		defer two.endingsMu.Unlock()
		if !maps.Equal(two.endings, want) {
			t.Errorf("the streams have ended with %v; want %v", two.endings, want)
		}
	})
}

// TestService_stopping: that a node stops is no warning to the others, whatever there is between them; that it stays away is one.
func TestService_stopping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, cluster := newWorld(t), clusterOf(t, 1, 2, 3)
		stopping := make(chan struct{})
		one, three := w.join(1, cluster, nil), w.join(3, cluster, nil)
		two := w.join(2, cluster, func(c *Config) { c.Stopping = stopping })
		defer end(one, two, three)
		two.setGroup(0, echo)
		for _, m := range []*member{one, three} {
			m.peers.Send(0, []*raftpb.Message{message(raftpb.MsgHeartbeat, m.id, 2, 1, 0)})
		}
		<-propose(one.peers.Group(2, 0), []byte("a"))
		synctest.Wait()
		close(stopping)
		w.mu.Lock()
		delete(w.listeners, two.address)
		w.mu.Unlock()
		two.server.GracefulStop()
		for range 100 { // one asks it all the time, three does not
			<-propose(one.peers.Group(2, 0), []byte("b"))
			one.peers.Send(0, []*raftpb.Message{message(raftpb.MsgHeartbeat, 1, 2, 1, 0)})
			time.Sleep(links.NoticeInterval / 200)
		}
		for _, m := range []*member{one, three} {
			if log := m.log.String(); strings.Contains(log, "level=WARN") || strings.Count(log, `level=INFO msg="a node stops" node=2`) != 1 {
				t.Errorf("the log of node %d; want that node 2 stops, once, and no warning:\n%s", m.id, log)
			}
		}
		time.Sleep(links.NoticeInterval)
		one.peers.Send(0, []*raftpb.Message{message(raftpb.MsgHeartbeat, 1, 2, 1, 0)})
		synctest.Wait()
		if log := one.log.String(); strings.Count(log, `level=WARN msg="`+unreachableText+`" node=2`) != 1 {
			t.Errorf("a minute later, the log is\n%s", log)
		}
	})
}

// TestService_noState: a stream that brings no state is a mistake of its sender.
func TestService_noState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two := pair(t, nil)
		defer end(one, two)
		greeted, err := one.peers.greet(t.Context(), 2)
		if err != nil {
			t.Fatal(err)
		}
		stream, err := one.peers.linkTo(2).client.SendSnapshot(greeted)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := stream.CloseAndRecv(); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%v; want INVALID_ARGUMENT", err)
		}
	})
}
