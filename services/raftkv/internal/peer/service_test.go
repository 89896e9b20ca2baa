package peer

import (
	"context"
	"io"
	"maps"
	"testing"
	"testing/synctest"

	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

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
					if _, err := tell(make([]byte, maxRequest), kv.Record{}); err != nil {
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
