package raftkv

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"

	"numstore.example/contracts/raftkv/inprocess"
	"numstore.example/contracts/raftkvpb"
)

// several starts three servers that all answer for the one shard, and returns a Clerk that asks the first of them.
func several(t *testing.T, first *inprocess.Server) (*inprocess.Cluster, [3]*inprocess.Server, *Clerk) {
	cluster := inprocess.NewCluster(1)
	servers := [3]*inprocess.Server{first, new(inprocess.Server), new(inprocess.Server)}
	for i, address := range addresses {
		start(t, cluster, address, servers[i])
	}
	return cluster, servers, dial(t, cluster, one)
}

// swallowing never answers what is for these keys, but executes it.
func swallowing(keys ...string) func(*raftkvpb.Operation) inprocess.Fault {
	return func(o *raftkvpb.Operation) inprocess.Fault {
		if key := string(o.GetAppend().GetKey()) + string(o.GetGet().GetKey()) + string(o.GetPut().GetKey()); slices.Contains(keys, key) {
			return inprocess.Swallow
		}
		return inprocess.None
	}
}

func appendTo(c *Clerk, ctx context.Context, key string, bytes int) error {
	r, err := c.Append(ctx, []byte(key), make([]byte, bytes))
	if err == nil && r.Existed {
		err = fmt.Errorf("%s existed: %d bytes", key, len(r.Previous))
	}
	return err
}

// TestPatience: a server that does not answer is left for another one long before the deadline, and what it may have done
// is not done again.
func TestPatience(t *testing.T) {
	for name, call := range map[string]func(*Clerk, context.Context) error{
		"Append":       func(c *Clerk, ctx context.Context) error { return appendTo(c, ctx, "k", 1) },
		"large Append": func(c *Clerk, ctx context.Context) error { return appendTo(c, ctx, "k", maxPipelined) },
		"Get":          func(c *Clerk, ctx context.Context) error { _, err := c.Get(ctx, []byte("k")); return err },
		"Get of any": func(c *Clerk, ctx context.Context) error {
			c.turns.Store(2) // the next is the first server's
			_, err := c.Get(ctx, []byte("k"), ReadAny())
			return err
		},
		"Batch": func(c *Clerk, ctx context.Context) error {
			_, err := c.Batch(ctx, &raftkvpb.Write{Write: &raftkvpb.Write_Append{Append: &raftkvpb.AppendRequest{Key: []byte("k")}}})
			return err
		},
		"Scan": func(c *Clerk, ctx context.Context) error {
			var got []string
			for pair, err := range c.Scan(ctx, Range{}) {
				if err != nil {
					return err
				}
				got = append(got, string(pair.GetKey()))
			}
			if fmt.Sprint(got) != "[a b c]" {
				return fmt.Errorf("it shows %q", got)
			}
			return nil
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			cluster, _, c := several(t, &inprocess.Server{Faults: swallowing("k"), BreakScan: func(ctx context.Context, sent, _ int) error {
				if sent > 0 {
					<-ctx.Done()
				}
				return ctx.Err()
			}})
			for _, key := range []string{"a", "b", "c"} {
				cluster.Set([]byte(key), nil)
			}
			if _, err := c.Get(t.Context(), []byte("a")); err != nil { // it has the map
				t.Fatal(err)
			}
			ctx, cancel := contextFor(t, time.Minute)
			defer cancel()
			began := time.Now()
			if err := call(c, ctx); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			patience := firstPatience
			if name == "large Append" {
				patience += maxPipelined / slowest * time.Second
			}
			if took := time.Since(began); took < patience || took > patience+3*lookInterval {
				t.Errorf("%s took %v; the patience is %v", name, took, patience)
			}
			began = time.Now()
			if err := appendTo(c, ctx, "another", 1); err != nil || time.Since(began) > 0 {
				t.Errorf("%s: the next call took %v, %v", name, time.Since(began), err)
			}
		})
	}
}

// TestPatience_control: it is seen when what was given up is done twice.
func TestPatience_control(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster, _, c := several(t, &inprocess.Server{Faults: swallowing("k")})
		cluster.IgnoreRequestIDs = true
		if err := appendTo(c, t.Context(), "k", 1); err == nil || len(cluster.Lookup("k").GetValue()) != 2 {
			t.Errorf("%v, and %d bytes; want it done twice", err, len(cluster.Lookup("k").GetValue()))
		}
	})
}

// keepBusy has a server answer other calls until the function that it returns is called.
func keepBusy(t *testing.T, c *Clerk, server string) (end func()) {
	var calls sync.WaitGroup
	ended := make(chan struct{})
	calls.Go(func() {
		for i := 0; ; i++ {
			call := newCall()
			call.setGet(fmt.Append(nil, i))
			l, err := c.links.to(server)
			if err == nil {
				_, err = l.pipeline.do(t.Context(), call)
			}
			if err != nil {
				t.Error(err)
			}
			select {
			case <-ended:
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	})
	return func() {
		close(ended)
		calls.Wait()
	}
}

// TestPatience_one: a call that is not answered leaves alone; others go on where they are, on the same stream.
func TestPatience_one(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, servers, c := several(t, &inprocess.Server{Faults: swallowing("k")})
		end := keepBusy(t, c, one)
		ctx, cancel := contextFor(t, time.Minute)
		defer cancel()
		if err := appendTo(c, ctx, "k", 1); err != nil {
			t.Error(err)
		}
		end()
		sent := make(map[string]int)
		for _, o := range slices.Concat(servers[0].Messages()...) {
			sent[string(o.GetGet().GetKey())]++
		}
		for key, n := range sent {
			if key != "" && n != 1 {
				t.Errorf("Get of %s was sent %d times", key, n)
			}
		}
		if len(sent) < 20 || len(servers[1].Messages())+len(servers[2].Messages()) != 1 {
			t.Errorf("%d calls went to the first server, and %d messages to the others", len(sent), len(servers[1].Messages())+len(servers[2].Messages()))
		}
	})
}

// TestPatience_doubt: a write that was given up may have happened, also when others refuse it after that.
func TestPatience_doubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, servers, c := several(t, &inprocess.Server{Faults: swallowing("k")})
		for _, s := range servers[1:] {
			s.Refuse = always(codes.ResourceExhausted)
		}
		end := keepBusy(t, c, one)
		ctx, cancel := contextFor(t, 3*firstPatience)
		defer cancel()
		err := appendTo(c, ctx, "k", 1)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "the write may have happened; the last attempt failed: not now") {
			t.Errorf("%v", err)
		}
		end()
	})
}

// TestPatience_reader: it is not the server's time that the caller of a Scan takes over a pair.
func TestPatience_reader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster, servers, c := several(t, new(inprocess.Server))
		for i := range 6 {
			cluster.Set(fmt.Append(nil, i), make([]byte, 200<<10)) // more than the connection takes at a time
		}
		n := 0
		for _, err := range c.Scan(t.Context(), Range{}) {
			if n++; err != nil {
				t.Fatal(err)
			}
			time.Sleep(3 * firstPatience)
		}
		for i, want := range []int{1, 0, 0} {
			if got := len(servers[i].Scans()); got != want || n != 6 {
				t.Errorf("%d pairs; server %d was asked %d times; want %d", n, i, got, want)
			}
		}
	})
}

// TestPatience_alone: where there is one server, nothing is gained by asking it again.
func TestPatience_alone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &inprocess.Server{Delay: time.Minute}
		if err := appendTo(serve(t, s), t.Context(), "k", 1); err != nil || len(s.Messages()) != 1 {
			t.Errorf("%v; it was sent %d times", err, len(s.Messages()))
		}
	})
}

// TestPatience_slow: servers that only are slow are given the time that they need.
func TestPatience_slow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster, servers, c := several(t, new(inprocess.Server))
		for _, s := range servers {
			s.Delay = 3 * firstPatience
		}
		ctx, cancel := contextFor(t, 20*firstPatience)
		defer cancel()
		if err := appendTo(c, ctx, "k", 1); err != nil {
			t.Error(err)
		}
		if got := len(cluster.Lookup("k").GetValue()); got != 1 {
			t.Errorf("it was done %d times", got)
		}
	})
}

// TestPatience_deadline: a call has another server asked before its deadline, however near that is.
func TestPatience_deadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster, _, c := several(t, &inprocess.Server{Faults: swallowing("k")})
		ctx, cancel := contextFor(t, 2*shortest+2*lookInterval)
		defer cancel()
		if err := appendTo(c, ctx, "k", 1); err != nil {
			t.Error(err)
		}
		if got := len(cluster.Lookup("k").GetValue()); got != 1 {
			t.Errorf("it was done %d times", got)
		}
	})
}
