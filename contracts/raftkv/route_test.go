package raftkv

import (
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"

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
		first   *fake // nil: does not run
		servers []string
		want    string // the one that serves in the end
	}{
		{"unreachable", nil, []string{one, two}, two},
		{"redirect without a leader", &fake{refuse: redirecting("")}, []string{one, two}, two},
		{"redirect to a known leader", &fake{refuse: redirecting(three)}, []string{one, two, three}, three},
		{"redirect to an unknown leader", &fake{refuse: redirecting(three)}, []string{one}, three},
		{"not ready", &fake{refuse: always(codes.Unavailable)}, []string{one, two}, two},
	} {
		for _, length := range []int{0, maxPipelined} {
			synctest.Test(t, func(t *testing.T) {
				n, last := newNetwork(), &fake{store: newStore()}
				if test.first != nil {
					test.first.store = last.store
					n.start(t, one, test.first)
				}
				n.start(t, test.want, last)
				c := n.dial(t, test.servers...)
				start := time.Now()
				for range 3 {
					if r, err := c.Append(t.Context(), []byte("k"), make([]byte, length)); err != nil {
						t.Errorf("%s: %+v, %v", test.name, r, err)
					}
				}
				if took := time.Since(start); took > 100*time.Millisecond {
					t.Errorf("%s: it took %v", test.name, took)
				}
				if got := len(last.sent()) + len(last.alone); got != 3 {
					t.Errorf("%s: %s got %d writes; want 3", test.name, test.want, got)
				}
			})
		}
	}
}

// TestRoute_back: when the server that was changed to goes away, the first gets its turn again.
func TestRoute_back(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, f := newNetwork(), &fake{store: newStore()}
		stop := n.start(t, two, f)
		c := n.dial(t, one, two)
		for i := range 2 {
			if _, err := c.Put(t.Context(), []byte("k"), nil); err != nil {
				t.Errorf("Put %d: %v", i, err)
			}
			n.start(t, one, f)
			stop()
		}
	})
}

// TestRefused_large: a large request is not sent for ever to a server that finds it too large.
func TestRefused_large(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{refuse: always(codes.ResourceExhausted)}
		c := serve(t, f)
		_, err := c.Put(t.Context(), []byte("k"), make([]byte, maxPipelined))
		if err == nil || len(f.alone) != maxRefused {
			t.Errorf("after %d attempts: %v; want %d", len(f.alone), err, maxRefused)
		}
		_, err = c.Put(t.Context(), []byte("k"), make([]byte, 18<<20))
		if err == nil || len(f.alone) != maxRefused {
			t.Errorf("a message above the server's limit: %v", err)
		}
	})
}
