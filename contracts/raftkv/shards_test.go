package raftkv

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"numstore.example/contracts/placement"
	"numstore.example/contracts/raftkv/inprocess"
)

// fleet is a cluster of three shards, each led by a server of its own.
type fleet struct {
	*inprocess.Cluster
	servers [3]*inprocess.Server
}

var addresses = [3]string{one, two, three}

// newFleet starts three servers, and returns a Clerk that knows the first of them.
func newFleet(t *testing.T) (*fleet, *Clerk) {
	f := &fleet{Cluster: inprocess.NewCluster(3)}
	for i, address := range addresses {
		f.servers[i] = new(inprocess.Server)
		f.Lead(i, address)
		start(t, f.Cluster, address, f.servers[i])
	}
	return f, dial(t, f.Cluster, one)
}

// on returns the i-th key of a shard.
func on(t *testing.T, shard, i int) []byte {
	find, err := placement.New(placement.Hash, 3)
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; ; n++ {
		key := fmt.Append(nil, n)
		if s, _ := find(key); int(s) == shard {
			if i--; i < 0 {
				return key
			}
		}
	}
}

// put writes the first key of a shard, and then the next.
func put(t *testing.T, c *Clerk, shard int) {
	t.Helper()
	ctx, cancel := contextFor(t, 10*time.Second)
	defer cancel()
	for i := range 2 {
		if _, err := c.Put(ctx, on(t, shard, i), nil); err != nil {
			t.Errorf("Put on shard %d: %v", shard, err)
		}
	}
}

// seen returns how many operations each server has got since the last time.
func (f *fleet) seen(before *[3]int) (now [3]int) {
	for i, s := range f.servers {
		n := len(slices.Concat(s.Messages()...))
		now[i], before[i] = n-before[i], n
	}
	return now
}

// TestShards: each call goes to the server of its key's shard at once, and each shard gets sessions of its own.
func TestShards(t *testing.T) {
	f, c := newFleet(t)
	var before [3]int
	for shard := range 3 {
		put(t, c, shard)
		want := [3]int{}
		want[shard] = 2
		if got := f.seen(&before); got != want {
			t.Errorf("calls on shard %d went to the servers as %v; want %v", shard, got, want)
		}
	}
	clients := make(map[string]int)
	for shard, s := range f.servers {
		if n := f.Sessions(shard); n != 1 {
			t.Errorf("shard %d has %d sessions; want the one of one goroutine", shard, n)
		}
		for i, o := range slices.Concat(s.Messages()...) {
			id := inprocess.RequestID(o)
			clients[string(id.GetClientId())]++
			if id.GetSequence() != uint64(i+1) {
				t.Errorf("write %d on shard %d has the number %d", i+1, shard, id.GetSequence())
			}
		}
	}
	if len(clients) != 3 {
		t.Errorf("there are %d client ids; want one for each shard", len(clients))
	}
}

// TestShards_redirect: a redirect moves its shard, and no other.
func TestShards_redirect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fleet{Cluster: inprocess.NewCluster(3)}
		for i, address := range addresses {
			f.servers[i] = new(inprocess.Server)
			f.Lead(i, one)
			start(t, f.Cluster, address, f.servers[i])
		}
		c := dial(t, f.Cluster, one)
		var before [3]int
		for shard := range 3 {
			put(t, c, shard)
		}
		if got := f.seen(&before); got != [3]int{6, 0, 0} {
			t.Errorf("with one leader of all, the servers got %v", got)
		}
		f.Lead(1, two)
		put(t, c, 1)
		if got := f.seen(&before); got != [3]int{1, 2, 0} {
			t.Errorf("after the move of a shard, the servers got %v calls for it; want one that is redirected, and two that are not", got)
		}
		for _, shard := range []int{0, 2, 1} {
			put(t, c, shard)
		}
		if got := f.seen(&before); got != [3]int{4, 2, 0} {
			t.Errorf("then the servers got %v; want the two shards that did not move where they were, and the third where it is", got)
		}
	})
}

// TestShards_hanging: a server that answers nothing delays nobody but the calls for its shard.
func TestShards_hanging(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, c := newFleet(t)
		f.servers[1].Gate = make(chan struct{})
		var stuck sync.WaitGroup
		for i := range 10 {
			stuck.Go(func() {
				if _, err := c.Put(t.Context(), on(t, 1, i), make([]byte, 200<<10)); err != nil { // more than the connection takes
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		began := time.Now()
		put(t, c, 0)
		put(t, c, 2)
		if waited := time.Since(began); waited > 0 {
			t.Errorf("calls for other shards took %v", waited)
		}
		var before [3]int
		if got := f.seen(&before); got[1] != 0 {
			t.Errorf("the hanging server has got %d calls", got[1])
		}
		close(f.servers[1].Gate)
		stuck.Wait()
	})
}

// TestShards_broken: when a server's stream breaks, what was unanswered on it is sent again, and nothing else.
func TestShards_broken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, c := newFleet(t)
		for shard := range 3 {
			put(t, c, shard)
		}
		for _, s := range f.servers[:2] {
			s.Delay = 100 * time.Millisecond // all messages within a call's patience
		}
		f.servers[1].Faults = once(inprocess.Drop)
		var wg sync.WaitGroup
		for shard := range 2 {
			for i := range 5 {
				wg.Go(func() {
					if r, err := c.Append(t.Context(), on(t, shard, 2+i), []byte("v")); err != nil || r.Existed {
						t.Errorf("%+v, %v", r, err)
					}
				})
			}
		}
		wg.Wait()
		sent := make(map[string]int)
		for _, s := range f.servers {
			for _, o := range slices.Concat(s.Messages()...) {
				sent[string(o.GetAppend().GetKey())]++
			}
		}
		again := 0
		for i := range 5 {
			if n := sent[string(on(t, 0, 2+i))]; n != 1 {
				t.Errorf("a call on the stream that did not break was sent %d times", n)
			}
			again += sent[string(on(t, 1, 2+i))] - 1
		}
		if again == 0 {
			t.Error("nothing was sent again; the test sees nothing")
		}
	})
}

// TestShards_newMap: a redirect that tells of a newer map has the Clerk ask for it, beside its calls.
func TestShards_newMap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster, first := inprocess.NewCluster(1), new(inprocess.Server)
		start(t, cluster, one, first)
		c := dial(t, cluster, one)
		put(t, c, 0)
		if got := c.now.Load().show(); got != one+"!" {
			t.Errorf("the first map: %s", got)
		}
		start(t, cluster, two, new(inprocess.Server))
		start(t, cluster, three, new(inprocess.Server))
		cluster.Lead(0, two)
		cluster.Change() // as when nodes come
		put(t, c, 0)
		synctest.Wait()
		if got, want := c.now.Load().show(), two+"! "+one+" "+three; got != want || c.now.Load().version != 2 {
			t.Errorf("the map is %s, version %d; want %s, version 2", got, c.now.Load().version, want)
		}
	})
}

// TestExactlyOnce_shards has 12 goroutines append words to keys of three shards, whose servers lose calls and answers, and
// whose leaders change all the time.
func TestExactlyOnce_shards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, c := newFleet(t)
		if problems := appendEverywhere(t, f, c); len(problems) > 0 {
			t.Errorf("%q", problems)
		}
	})
}

// TestExactlyOnce_shardsControl: it sees when shards do not look at request ids.
func TestExactlyOnce_shardsControl(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, c := newFleet(t)
		f.IgnoreRequestIDs = true
		if problems := appendEverywhere(t, f, c); len(problems) == 0 {
			t.Error("nothing was executed twice; the test sees nothing")
		}
	})
}

func appendEverywhere(t *testing.T, f *fleet, c *Clerk) (problems []string) {
	const writers, words = 12, 60
	for i, s := range f.servers {
		unreliable(s, uint64(i))
	}
	ctx, cancel := context.WithCancel(t.Context())
	var leading, writing sync.WaitGroup
	leading.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			time.Sleep(20 * time.Millisecond) // by the clock of the test
			f.Lead(i%3, addresses[(i/3+i)%3])
		}
	})
	var mu sync.Mutex
	for w := range writers {
		writing.Go(func() {
			for i := range words {
				word := fmt.Sprintf("%d.%d ", w, i)
				if _, err := c.Append(t.Context(), on(t, i%3, w/4), []byte(word)); err != nil {
					mu.Lock()
					problems = append(problems, err.Error())
					mu.Unlock()
				}
			}
		})
	}
	writing.Wait()
	cancel()
	leading.Wait()
	for w := range writers {
		for i := range words {
			word := fmt.Sprintf("%d.%d", w, i)
			fields := strings.Fields(string(f.Lookup(string(on(t, i%3, w/4))).GetValue()))
			if n := len(slices.DeleteFunc(fields, func(s string) bool { return s != word })); n != 1 {
				problems = append(problems, fmt.Sprintf("%s is there %d times", word, n))
			}
		}
	}
	return problems
}
