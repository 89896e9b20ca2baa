package pipeline

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/server/wire"
)

// well is a group that answers at once.
type well struct{ node.Group }

func (*well) Propose(p *node.Proposal) {
	replies := make([][]byte, len(p.Commands))
	for i := range replies {
		replies[i] = (&kv.Reply{Outcome: kv.Done, Results: []kv.Result{{Version: 1}}}).AppendTo(nil)
	}
	go p.Done(replies, nil)
}

func (*well) GetAll(_ context.Context, keys [][]byte, tell func(int, kv.Record, bool, error) bool) error {
	for i := range keys {
		if !tell(i, kv.Record{}, false, nil) {
			break
		}
	}
	return nil
}

func (*well) Failed() <-chan struct{} { return nil }

// stuck is a group that never answers, but may fail.
type stuck struct {
	node.Group
	failed chan struct{}
}

func (*stuck) Propose(*node.Proposal) {}

func (*stuck) GetAll(ctx context.Context, _ [][]byte, _ func(int, kv.Record, bool, error) bool) error {
	<-ctx.Done()
	return ctx.Err()
}

func (s *stuck) Failed() <-chan struct{} { return s.failed }
func (s *stuck) Failure() error          { return node.ErrStopped }

// stream is the server's side of a stream whose client is a test.
type stream struct {
	grpc.ServerStream
	ctx      context.Context
	requests chan *raftkvpb.PipelineRequest
	answers  map[uint64][]codes.Code // by tag
}

func (s *stream) Context() context.Context { return s.ctx }

func (s *stream) Recv() (*raftkvpb.PipelineRequest, error) {
	select {
	case request, more := <-s.requests:
		if !more {
			return nil, io.EOF
		}
		return request, nil
	case <-s.ctx.Done():
		return nil, status.FromContextError(s.ctx.Err()).Err()
	}
}

func (s *stream) Send(response *raftkvpb.PipelineResponse) error {
	for _, answer := range response.GetAnswers() {
		s.answers[answer.GetTag()] = append(s.answers[answer.GetTag()], codes.Code(answer.GetError().GetCode()))
	}
	return nil
}

// serve serves a stream whose keys have groups by their first byte. What was answered can be looked at when all goroutines
// wait. Over has the stream's status when it has ended, and cut cuts it off.
func serve(t *testing.T, groups map[byte]node.Group) (s *stream, over chan error, cut func()) {
	ctx, cancel := context.WithCancel(t.Context())
	s = &stream{ctx: ctx, requests: make(chan *raftkvpb.PipelineRequest, 1000), answers: make(map[uint64][]codes.Code)}
	config := &Config{
		Group:  func(key []byte) (node.Group, error) { return groups[key[0]], nil },
		Shards: func() int { return len(groups) },
		Limits: wire.Limits{Key: 10, Value: 2 * maxHeld}, Admit: func(...kv.Write) error { return nil }, Calls: &wire.Calls{},
		Logger: slog.New(slog.DiscardHandler),
	}
	over = make(chan error, 1)
	go func() { over <- Serve(config, s) }()
	return s, over, cancel
}

// several are groups of which those of s and z are stuck, and that of f fails when failed is closed.
func several() (groups map[byte]node.Group, failed chan struct{}) {
	failed = make(chan struct{})
	return map[byte]node.Group{'w': &well{}, 's': &stuck{}, 'z': &stuck{}, 'f': &stuck{failed: failed}}, failed
}

func putTo(key string, tag uint64, length int) *raftkvpb.Operation {
	put := &raftkvpb.PutRequest{Key: []byte(key), Value: make([]byte, length)}
	return &raftkvpb.Operation{Tag: tag, Operation: &raftkvpb.Operation_Put{Put: put}}
}

func getFrom(key string, tag uint64) *raftkvpb.Operation {
	return &raftkvpb.Operation{Tag: tag, Operation: &raftkvpb.Operation_Get{Get: &raftkvpb.GetRequest{Key: []byte(key)}}}
}

func (s *stream) send(operations ...*raftkvpb.Operation) {
	s.requests <- &raftkvpb.PipelineRequest{Operations: operations}
}

func times(n int, operation *raftkvpb.Operation) (all []*raftkvpb.Operation) {
	for range n {
		all = append(all, operation)
	}
	return all
}

// TestStuck: groups that do not answer hold up no answer of another's, however a client sends to them.
func TestStuck(t *testing.T) {
	const toStuck, toWell = 1, 2
	for name, send := range map[string]func(*stream){
		"many messages": func(s *stream) {
			for range 100 {
				s.send(times(100, putTo("s", toStuck, 0))...)
			}
		},
		"one message": func(s *stream) { s.send(times(MaxOperations, putTo("s", toStuck, 0))...) },
		"gets":        func(s *stream) { s.send(times(MaxOperations, getFrom("s", toStuck))...) },
		"few, large": func(s *stream) {
			s.send(times(20, putTo("s", toStuck, maxHeld/10))...)
		},
		"two of them": func(s *stream) {
			for range 2 {
				s.send(times(MaxOperations, putTo("s", toStuck, 0))...)
				s.send(times(MaxOperations, putTo("z", toStuck, 0))...)
			}
		},
		"in between": func(s *stream) {
			s.send(append(times(MaxOperations-1, putTo("s", toStuck, 0)), putTo("w", toWell, 0))...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				groups, _ := several()
				s, over, cut := serve(t, groups)
				send(s)
				for range 3 {
					s.send(putTo("w", toWell, 0), getFrom("w", toWell))
				}
				synctest.Wait()
				answered := s.answers[toWell]
				for _, code := range answered {
					if code != codes.OK {
						t.Errorf("a group that is well: %v", code)
					}
				}
				if len(answered) < 6 {
					t.Errorf("%d answers came from the group that is well", len(answered))
				}
				for _, code := range s.answers[toStuck] {
					if code != codes.ResourceExhausted {
						t.Errorf("a group that is stuck: %v", code)
					}
				}
				if len(s.answers[toStuck]) == 0 {
					t.Error("nothing was refused: this test has lost its subject")
				}
				cut()
				if err := <-over; status.Code(err) != codes.Canceled {
					t.Errorf("the stream ended with %v", err)
				}
			})
		})
	}
}

// TestStuck_alone: a shard alone may take all of the stream's room, and more waits.
func TestStuck_alone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, over, cut := serve(t, map[byte]node.Group{'s': &stuck{}})
		s.send(times(MaxOperations, putTo("s", 1, 0))...)
		s.send(putTo("s", 1, 0))
		synctest.Wait()
		if len(s.answers) > 0 || len(s.requests) != 1 {
			t.Errorf("there are the answers %v, and %d messages wait", s.answers, len(s.requests))
		}
		cut()
		<-over
	})
}

// TestStuck_ends: a stream ends, and nobody waits for a group that is stuck, when another one fails, and when the client
// goes.
func TestStuck_ends(t *testing.T) {
	for name, want := range map[string]codes.Code{"another group fails": codes.Unavailable, "the client goes": codes.Canceled} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				groups, failed := several()
				s, over, cut := serve(t, groups)
				defer cut()
				s.send(getFrom("s", 1), putTo("f", 2, 0), getFrom("f", 2))
				synctest.Wait()
				if want == codes.Unavailable {
					close(failed)
				} else {
					cut()
				}
				if err := <-over; status.Code(err) != want {
					t.Errorf("the stream ended with %v; want %v", err, fmt.Sprint(want))
				}
			})
		})
	}
}
