package raftkv

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkv/inprocess"
	"numstore.example/contracts/raftkvpb"
)

// redirecting refuses everything, and names a leader.
func redirecting(leader string) func(*raftkvpb.Operation) *raftkvpb.Error {
	return func(*raftkvpb.Operation) *raftkvpb.Error {
		return &raftkvpb.Error{Code: int32(codes.Unavailable), Message: "not the leader", Redirect: &raftkvpb.Redirect{Leader: leader}}
	}
}

// TestRoute: with the first server of no use, calls go to the next one, or to the one it names.
func TestRoute(t *testing.T) {
	for _, test := range []struct {
		name    string
		first   *inprocess.Server // nil: does not run
		servers []string
		want    string // the one that serves in the end
	}{
		{"unreachable", nil, []string{one, two}, two},
		{"redirect without a leader", &inprocess.Server{Refuse: redirecting("")}, []string{one, two}, two},
		{"redirect to a known leader", &inprocess.Server{Refuse: redirecting(three)}, []string{one, two, three}, three},
		{"redirect to an unknown leader", &inprocess.Server{Refuse: redirecting(three)}, []string{one}, three},
		{"not ready", &inprocess.Server{Refuse: always(codes.Unavailable)}, []string{one, two}, two},
	} {
		for _, length := range []int{0, maxPipelined} {
			synctest.Test(t, func(t *testing.T) {
				n, last := inprocess.NewCluster(1), new(inprocess.Server)
				if test.first != nil {
					start(t, n, one, test.first)
				}
				start(t, n, test.want, last)
				c := dial(t, n, test.servers...)
				start := time.Now()
				for range 3 {
					if r, err := c.Append(t.Context(), []byte("k"), make([]byte, length)); err != nil {
						t.Errorf("%s: %+v, %v", test.name, r, err)
					}
				}
				if took := time.Since(start); took > 100*time.Millisecond {
					t.Errorf("%s: it took %v", test.name, took)
				}
				if got := len(last.Messages()) + len(last.Alone()); got != 3 {
					t.Errorf("%s: %s got %d writes; want 3", test.name, test.want, got)
				}
			})
		}
	}
}

// TestRoute_back: when the server that was changed to goes away, the first gets its turn again.
func TestRoute_back(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, f := inprocess.NewCluster(1), new(inprocess.Server)
		stop := start(t, n, two, f)
		c := dial(t, n, one, two)
		for i := range 2 {
			if _, err := c.Put(t.Context(), []byte("k"), nil); err != nil {
				t.Errorf("Put %d: %v", i, err)
			}
			start(t, n, one, f)
			stop()
		}
	})
}

// TestRefused_large: a large request that a server finds too large is sent once, and the others go on.
func TestRefused_large(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := new(inprocess.Server)
		c := serve(t, f)
		_, err := c.Put(t.Context(), []byte("k"), make([]byte, 18<<20))
		if status.Code(err) != codes.ResourceExhausted || !strings.Contains(err.Error(), "did not happen") || len(f.Alone()) != 0 {
			t.Errorf("a message above the server's limit: %v", err)
		}
		long := make([]byte, maxPipelined+1)
		for name, call := range map[string]func() error{
			"Get":    func() error { _, err := c.Get(t.Context(), long); return err },
			"Delete": func() error { _, err := c.Delete(t.Context(), long); return err },
		} {
			if err := call(); status.Code(err) != codes.InvalidArgument {
				t.Errorf("%s of a key that no server takes: %v; want INVALID_ARGUMENT", name, err)
			}
		}
		if _, err := c.Get(t.Context(), []byte("k")); err != nil {
			t.Error(err)
		}
	})
}

// TestBusy_large: a large request waits for a busy server as a small one does, until its context ends.
func TestBusy_large(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &inprocess.Server{Refuse: always(codes.ResourceExhausted)}
		c := serve(t, f)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		_, err := c.Put(ctx, []byte("k"), make([]byte, maxPipelined))
		if waited := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || waited != time.Minute {
			t.Errorf("after %v: %v; want it to end with its context", waited, err)
		}
	})
}

// TestRoute_noName: a server whose name is none is refused at once, and a redirect to it is not followed.
func TestRoute_noName(t *testing.T) {
	const none = "no\x7fname:1"
	if c, err := Dial([]string{one, none}, grpc.WithTransportCredentials(insecure.NewCredentials())); err == nil {
		c.Close()
		t.Errorf("Dial took %q", none)
	}
	synctest.Test(t, func(t *testing.T) {
		n := inprocess.NewCluster(1)
		start(t, n, one, &inprocess.Server{Refuse: redirecting(none)})
		start(t, n, two, new(inprocess.Server))
		c := dial(t, n, one, two)
		if _, err := c.Put(t.Context(), []byte("k"), nil); err != nil {
			t.Error(err)
		}
	})
}
