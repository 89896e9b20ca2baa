package server

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/contracts/version"
	"numstore.example/services/internal/engine/enginetest"
	"numstore.example/services/raftkv/internal/node"
)

// TestFull: on a full disk, reads and deletions are done and other writes refused, in a call of their own, a batch and a
// pipeline; they did not happen, and the same request is taken when there is room.
func TestFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := enginetest.NewToldDisk(vfs.NewMem())
		h := start(t, nil, func(o *node.Options) { o.Storage.FS, o.Storage.Reserve = disk, 1<<20 })
		id := func(n uint64) *raftkvpb.RequestId {
			return &raftkvpb.RequestId{ClientId: []byte("0123456789abcdef"), Sequence: n}
		}
		put := &raftkvpb.PutRequest{Key: []byte("a"), Value: []byte("1"), RequestId: id(1)}
		ctx := t.Context()
		if _, err := h.Put(ctx, put); err != nil {
			t.Fatal(err)
		}
		disk.Free.Store(1000)
		time.Sleep(5 * time.Second) // by the clock of the test: the store looks at its disk
		refused := &raftkvpb.PutRequest{Key: []byte("b"), Value: []byte("1"), RequestId: id(2)}
		for name, call := range map[string]func() error{
			"put": func() error { _, err := h.Put(ctx, refused); return err },
			"append": func() error {
				_, err := h.Append(ctx, &raftkvpb.AppendRequest{Key: []byte("a"), Value: []byte("x")})
				return err
			},
			"a batch with a put": func() error {
				_, err := h.Batch(ctx, &raftkvpb.BatchRequest{Writes: []*raftkvpb.Write{
					{Write: &raftkvpb.Write_Delete{Delete: &raftkvpb.DeleteRequest{Key: []byte("a")}}},
					{Write: &raftkvpb.Write_Put{Put: &raftkvpb.PutRequest{Key: []byte("a")}}},
				}})
				return err
			},
			"a put in a pipeline": func() error {
				return h.piped(ctx, t, &raftkvpb.Operation{Operation: &raftkvpb.Operation_Put{Put: refused}})
			},
		} {
			if err := call(); status.Code(err) != codes.Unavailable {
				t.Errorf("%s ends with %v", name, err)
			}
		}
		_, err := h.Put(ctx, refused)
		if _, ok := redirectOf(err); !ok {
			t.Errorf("nothing says that a refused put did not happen: %v", err)
		}
		if stat, err := h.Stat(ctx, &raftkvpb.StatRequest{}); err != nil || stat.GetDisk().GetFull() == "" || stat.GetDisk().GetFree() != 1000 || stat.GetVersion() != version.Short() {
			t.Errorf("stat: %v, %v", stat.GetDisk(), err)
		}
		if got, err := h.Get(ctx, &raftkvpb.GetRequest{Key: []byte("a")}); err != nil || string(got.GetValue()) != "1" {
			t.Errorf("a get: %v, %v", got, err)
		}
		if got, err := h.Get(ctx, &raftkvpb.GetRequest{Key: []byte("b")}); err != nil || got.GetFound() {
			t.Errorf("a get of what was refused: %v, %v", got, err)
		}
		if got, err := h.Delete(ctx, &raftkvpb.DeleteRequest{Key: []byte("a")}); err != nil || !got.GetExisted() {
			t.Errorf("a delete: %v, %v", got, err)
		}
		disk.Empty()
		time.Sleep(5 * time.Second) // likewise
		if got, err := h.Put(ctx, refused); err != nil || got.GetExisted() {
			t.Errorf("the put, when there is room: %v, %v", got, err)
		}
	})
}

// piped does one operation on a pipeline, and returns the status of its answer.
func (h *harness) piped(ctx context.Context, t *testing.T, operation *raftkvpb.Operation) error {
	t.Helper()
	stream, err := h.Pipeline(ctx)
	if err != nil {
		return err
	}
	if err := stream.Send(&raftkvpb.PipelineRequest{Operations: []*raftkvpb.Operation{operation}}); err != nil {
		return err
	}
	response, err := stream.Recv()
	if err != nil {
		return err
	}
	_ = stream.CloseSend()
	refusal := response.GetAnswers()[0].GetError()
	if refusal.GetRedirect() == nil {
		t.Error("nothing says that a refused put of a pipeline did not happen")
	}
	return status.Error(codes.Code(refusal.GetCode()), refusal.GetMessage())
}

func redirectOf(err error) (*raftkvpb.Redirect, bool) {
	for _, detail := range status.Convert(err).Details() {
		if redirect, ok := detail.(*raftkvpb.Redirect); ok {
			return redirect, true
		}
	}
	return nil, false
}
