package raftkv

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"numstore.example/contracts/raftkv/inprocess"
	"numstore.example/contracts/raftkvpb"
)

// once returns a function that returns a fault for the first operation, and none for others.
func once(f inprocess.Fault) func(*raftkvpb.Operation) inprocess.Fault {
	var first sync.Once
	return func(*raftkvpb.Operation) (what inprocess.Fault) {
		first.Do(func() { what = f })
		return what
	}
}

// always refuses everything with a code.
func always(code codes.Code) func(*raftkvpb.Operation) *raftkvpb.Error {
	return func(*raftkvpb.Operation) *raftkvpb.Error {
		return &raftkvpb.Error{Code: int32(code), Message: "not now"}
	}
}

// unreliable makes a fake lose operations before and after it executes them, and refuse some.
func unreliable(f *inprocess.Server, seed uint64) {
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(seed, 0))
	f.Faults = func(*raftkvpb.Operation) inprocess.Fault {
		mu.Lock()
		defer mu.Unlock()
		return map[int]inprocess.Fault{0: inprocess.Lose, 1: inprocess.Drop}[random.IntN(30)]
	}
	f.Refuse = func(*raftkvpb.Operation) *raftkvpb.Error {
		mu.Lock()
		defer mu.Unlock()
		if code, ok := map[int]codes.Code{0: codes.Unavailable, 1: codes.ResourceExhausted}[random.IntN(30)]; ok {
			return &raftkvpb.Error{Code: int32(code), Message: "not now"}
		}
		return nil
	}
}

// appendAll has 16 goroutines append 30 words each to one key, and says what is wrong with the result.
func appendAll(t *testing.T, cluster *inprocess.Cluster, s *inprocess.Server) (problems []error) {
	start(t, cluster, one, s)
	c := dial(t, cluster, one)
	key := []byte("k")
	var mu sync.Mutex
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			for i := range 30 {
				word := fmt.Sprintf("%d.%d ", g, i)
				r, err := c.Append(t.Context(), key, []byte(word))
				if err != nil || bytes.Contains(r.Previous, []byte(" "+word)) {
					mu.Lock()
					problems = append(problems, fmt.Errorf("append of %q to %q: %v", word, r.Previous, err))
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	value, err := c.Get(t.Context(), key)
	if err == nil {
		err = checkAppended(string(value.Value))
	}
	if err != nil {
		problems = append(problems, err)
	}
	return problems
}

// checkAppended returns an error unless each word is there once, and those of a goroutine in order.
func checkAppended(value string) error {
	next := make(map[int]int)
	for _, word := range strings.Fields(value) {
		var g, i int
		if _, err := fmt.Sscanf(word, "%d.%d", &g, &i); err != nil {
			return err
		}
		if next[g] != i {
			return fmt.Errorf("word %d of goroutine %d stands where its word %d is due", i, g, next[g])
		}
		next[g]++
	}
	for g := range 16 {
		if next[g] != 30 {
			return fmt.Errorf("goroutine %d has %d words; want 30", g, next[g])
		}
	}
	return nil
}

func TestExactlyOnce(t *testing.T) {
	seed := rand.Uint64()
	if text := os.Getenv("CLERK_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("CLERK_SEED: %v", err)
		}
	}
	defer func() {
		if t.Failed() {
			t.Logf("for the same faults, if not in the same order of goroutines: CLERK_SEED=%d go test ./contracts/raftkv -count=1 -run '^TestExactlyOnce$'", seed)
		}
	}()
	for n := range uint64(5) {
		synctest.Test(t, func(t *testing.T) {
			cluster, f := inprocess.NewCluster(1), new(inprocess.Server)
			unreliable(f, seed+n)
			for _, err := range appendAll(t, cluster, f) {
				t.Error(err)
			}
		})
	}
}

// TestExactlyOnce_control: with a server that does not look at request ids, writes happen twice.
func TestExactlyOnce_control(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster, f := inprocess.NewCluster(1), new(inprocess.Server)
		cluster.IgnoreRequestIDs = true
		unreliable(f, 1)
		if problems := appendAll(t, cluster, f); len(problems) == 0 {
			t.Error("nothing was executed twice; the test sees nothing")
		}
	})
}

// TestRequestID_kept loses the answer to each kind of write once. What is sent again has the request id
// that it had before, and gets the answer that it would have got.
func TestRequestID_kept(t *testing.T) {
	for name, write := range map[string]func(context.Context, *Clerk) (existed bool, err error){
		"put": func(ctx context.Context, c *Clerk) (bool, error) {
			r, err := c.Put(ctx, []byte("k"), []byte("v"))
			return r.Existed, err
		},
		"append": func(ctx context.Context, c *Clerk) (bool, error) {
			r, err := c.Append(ctx, []byte("k"), []byte("v"))
			return r.Existed, err
		},
		"large put": func(ctx context.Context, c *Clerk) (bool, error) {
			r, err := c.Put(ctx, []byte("k"), make([]byte, maxPipelined))
			return r.Existed, err
		},
		"large append": func(ctx context.Context, c *Clerk) (bool, error) {
			r, err := c.Append(ctx, []byte("k"), make([]byte, maxPipelined))
			return r.Existed, err
		},
		"delete": func(ctx context.Context, c *Clerk) (bool, error) {
			r, err := c.Delete(ctx, []byte("k"))
			return !r.Existed, err
		},
		"batch": func(ctx context.Context, c *Clerk) (bool, error) {
			r, err := c.Batch(ctx, &raftkvpb.Write{Write: &raftkvpb.Write_Append{Append: &raftkvpb.AppendRequest{Key: []byte("k"), Value: []byte("v")}}})
			return len(r) == 1 && r[0].GetAppend().GetExisted(), err
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			cluster, f := inprocess.NewCluster(1), &inprocess.Server{Faults: once(inprocess.Drop)}
			if name == "delete" {
				cluster.Set([]byte("k"), nil)
			}
			start(t, cluster, one, f)
			if existed, err := write(t.Context(), dial(t, cluster, one)); err != nil || existed {
				t.Errorf("%s: the second answer is another than the first, %v, %v", name, existed, err)
			}
			if len(f.Alone()) == 2 {
				return // the one execution shows it
			}
			sent := f.Messages()
			if len(sent) != 2 || !proto.Equal(inprocess.RequestID(sent[0][0]), inprocess.RequestID(sent[1][0])) || inprocess.RequestID(sent[0][0]) == nil {
				t.Errorf("%s: sent %v; want one operation twice", name, sent)
			}
		})
	}
}

// TestSession_used: one goroutine uses one session, and counts up.
func TestSession_used(t *testing.T) {
	f := new(inprocess.Server)
	c := serve(t, f)
	for range 3 {
		if _, err := c.Put(t.Context(), []byte("k"), nil); err != nil {
			t.Fatal(err)
		}
	}
	for i, message := range f.Messages() {
		if id, first := inprocess.RequestID(message[0]), inprocess.RequestID(f.Messages()[0][0]); id.GetSequence() != uint64(i+1) || len(id.GetClientId()) != 16 || string(id.GetClientId()) != string(first.GetClientId()) {
			t.Errorf("write %d has the request id %v; the first had %v", i+1, id, first)
		}
	}
}

// TestSession_uncertain: the session of a write that is given up is never used again.
func TestSession_uncertain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &inprocess.Server{Faults: once(inprocess.Swallow)}
		c := serve(t, f)
		ctx, cancel := contextFor(t, time.Second)
		defer cancel()
		if _, err := c.Put(ctx, []byte("k"), nil); status.Code(err) != codes.DeadlineExceeded {
			t.Errorf("Put without an answer: %v; want DEADLINE_EXCEEDED", err)
		}
		if _, err := c.Put(t.Context(), []byte("k"), nil); err != nil {
			t.Error(err)
		}
		first, second := inprocess.RequestID(f.Messages()[0][0]), inprocess.RequestID(f.Messages()[1][0])
		if string(first.GetClientId()) == string(second.GetClientId()) || second.GetSequence() != 1 {
			t.Errorf("after %v came %v; want another client", first, second)
		}
	})
}

// TestSession_forgotten: a write under a session that the server has forgotten is done under another one,
// unless it may have been done before.
func TestSession_forgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster, f := inprocess.NewCluster(1), new(inprocess.Server)
		start(t, cluster, one, f)
		c := dial(t, cluster, one)
		for range 3 {
			if r, err := c.Append(t.Context(), []byte("k"), []byte("v")); err != nil {
				t.Errorf("Append: %+v, %v", r, err)
			}
			cluster.Forget()
		}
		f.Faults = once(inprocess.Lose)
		_, err := c.Append(t.Context(), []byte("k"), []byte("v"))
		if status.Code(err) != codes.NotFound || !strings.Contains(err.Error(), "may have happened") {
			t.Errorf("Append that was lost, and its session forgotten: %v; want NOT_FOUND, and that it may have happened", err)
		}
	})
}
