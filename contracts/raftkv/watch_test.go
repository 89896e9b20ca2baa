package raftkv

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"numstore.example/contracts/raftkv/inprocess"
	"numstore.example/contracts/raftkvpb"
)

// appendEach has a goroutine for each key append to it, and returns how long the slowest took. None may exist.
func appendEach(t *testing.T, c *Clerk, keys ...string) time.Duration {
	t.Helper()
	ctx, cancel := contextFor(t, time.Minute)
	defer cancel()
	began := time.Now()
	var calls sync.WaitGroup
	for _, key := range keys {
		calls.Go(func() {
			if err := appendTo(c, ctx, key, 1); err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	return time.Since(began)
}

// TestPause: a server that stands still in the middle of calls is left by all of them within seconds, also by those that
// were made late, and what it does when it goes on is not done twice.
func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster, _, c := several(t, &inprocess.Server{Faults: swallowing("0", "1")}) // which executes these
		if err := appendTo(c, t.Context(), "before", 1); err != nil {
			t.Fatal(err)
		}
		var early sync.WaitGroup
		early.Go(func() {
			if took := appendEach(t, c, "0", "1"); took > signAfter+signTimeout+2*lookInterval {
				t.Errorf("calls that the server has got took %v", took)
			}
		})
		synctest.Wait()
		resume := cluster.Pause(one)
		time.Sleep(signTimeout) // by the clock of the test
		if took := appendEach(t, c, "2", "3"); took > signAfter+2*lookInterval {
			t.Errorf("late calls took %v; want them to leave with the others", took)
		}
		early.Wait()
		if took := appendEach(t, c, "4"); took > 0 {
			t.Errorf("the next call took %v", took)
		}
		resume()
		synctest.Wait()
		if got := strings.Join(cluster.Keys(), " "); got != "0 1 2 3 4 before" {
			t.Errorf("there are %s", got)
		}
		for _, pair := range cluster.Pairs() {
			if len(pair.GetValue()) != 1 {
				t.Errorf("%s was appended to %d times", pair.GetKey(), len(pair.GetValue()))
			}
		}
	})
}

// TestPause_shards: only calls for the shards of a server that stands still wait, and only once.
func TestPause_shards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, c := newFleet(t)
		for shard := range 3 {
			put(t, c, shard)
		}
		f.Pause(two)
		var stuck sync.WaitGroup
		stuck.Go(func() { put(t, c, 1) })
		synctest.Wait()
		began := time.Now()
		for range 10 {
			put(t, c, 0)
			put(t, c, 2)
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("calls for other shards took %v", took)
		}
		time.Sleep(time.Second) // by the clock of the test
		f.Lead(1, three)        // as the others have elected it
		stuck.Wait()
		if took := time.Since(began); took > firstPatience+time.Second {
			t.Errorf("calls for the shard took %v", took)
		}
	})
}

// TestUnreachable: a server that cannot answer for one shard delays nothing else on its stream.
func TestUnreachable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster, server := inprocess.NewCluster(3), new(inprocess.Server)
		start(t, cluster, one, server)
		server.Faults = func(o *raftkvpb.Operation) inprocess.Fault {
			if slices.Contains([]string{string(on(t, 1, 0)), string(on(t, 1, 1))}, string(o.GetAppend().GetKey())) {
				return inprocess.Swallow
			}
			return inprocess.None
		}
		c := dial(t, cluster, one)
		ctx, cancel := contextFor(t, time.Minute)
		var stuck sync.WaitGroup
		for i := range 2 {
			stuck.Go(func() {
				if err := appendTo(c, ctx, string(on(t, 1, i)), 1); err == nil {
					t.Error("the shard has answered; the test sees nothing")
				}
			})
		}
		synctest.Wait()
		began := time.Now()
		for range 10 {
			put(t, c, 0)
			put(t, c, 2)
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("calls for other shards took %v", took)
		}
		cancel()
		stuck.Wait()
	})
}

// TestSign: a stream on which a long answer is on its way is not given up, as the server shows that it lives.
func TestSign(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, servers, c := several(t, &inprocess.Server{Delay: 2 * (signAfter + signTimeout)})
		began := time.Now()
		l, err := c.links.to(one)
		if err != nil {
			t.Fatal(err)
		}
		call := newCall()
		call.setGet([]byte("long"))
		call.wait = time.Minute
		if _, err := l.pipeline.do(t.Context(), call); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took != servers[0].Delay {
			t.Errorf("it took %v", took)
		}
	})
}

// TestStuck: a server that lives, but takes nothing more, is left too, by what waits to be sent as well.
func TestStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hanging := make(chan struct{})
		defer close(hanging)
		_, _, c := several(t, &inprocess.Server{Faults: func(o *raftkvpb.Operation) inprocess.Fault {
			if o.GetAppend() != nil {
				<-hanging
			}
			return inprocess.None
		}})
		if _, err := c.Get(t.Context(), []byte("a")); err != nil { // the stream has had an answer
			t.Fatal(err)
		}
		ctx, cancel := contextFor(t, time.Minute)
		defer cancel()
		began := time.Now()
		var calls sync.WaitGroup
		for i := range 10 {
			calls.Go(func() {
				if err := appendTo(c, ctx, fmt.Sprint("k", i), 300<<10); err != nil { // more than the connection takes
					t.Error(err)
				}
			})
		}
		calls.Wait()
		if took := time.Since(began); took > stuckAfter+time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// newFlight returns a flight, and what adds a call to it that waits for firstPatience.
func newFlight(now *time.Duration) (f *flight, add func() *call) {
	f = new(flight)
	return f, func() *call {
		c := newCall()
		c.wait = firstPatience
		f.add([]*call{c}, *now)
		return c
	}
}

// TestFlight_late: the answer to a call that was given up is not taken for that to another one.
func TestFlight_late(t *testing.T) {
	now := time.Second // after the stream began
	f, add := newFlight(&now)
	answer := func(tag uint64) *call {
		calls, _ := f.remove([]*raftkvpb.Answer{{Tag: tag}}, nil, now)
		return calls[0]
	}
	first := add()
	f.written(now)
	second := add()
	f.written(now)
	now += firstPatience
	if answer(1) != second {
		t.Error("the second call did not get its answer")
	}
	if given, quiet, _ := f.look(now); len(given) != 1 || given[0] != first || quiet > 0 {
		t.Errorf("%d calls were given up; want the first; an answer has come %v ago", len(given), quiet)
	}
	third, fourth := add(), add()
	if got := answer(0); got != nil {
		t.Errorf("the late answer came to %v", got)
	}
	if third.operation.Tag == 0 || fourth.operation.Tag == 0 || f.size() != 2 {
		t.Errorf("the tags are %d and %d, of %d", third.operation.Tag, fourth.operation.Tag, f.size())
	}
	if fifth := add(); fifth.operation.Tag != 0 {
		t.Errorf("after the answer the tag is not free: %d", fifth.operation.Tag)
	}
}

// TestFlight_writing: calls whose message cannot be written are not given up alone, for they are read, but their stream is.
func TestFlight_writing(t *testing.T) {
	now := time.Second // after the stream began
	f, add := newFlight(&now)
	add()
	f.remove(nil, nil, now+time.Second) // the answer to another one
	for after, want := range map[time.Duration]bool{firstPatience: false, stuckAfter: false, stuckAfter + time.Second: true} {
		if given, quiet, stuck := f.look(now + after); len(given) > 0 || quiet != after-time.Second || stuck != want {
			t.Errorf("after %v, %d calls are given up, %v without an answer, stuck: %t; want %t", after, len(given), quiet, stuck, want)
		}
	}
}

// TestFlight_full: where no call has room any more for those that were given up, the stream is.
func TestFlight_full(t *testing.T) {
	now := time.Second // after the stream began
	f, add := newFlight(&now)
	for range maxInFlight {
		add()
		f.written(now)
	}
	given, _, stuck := f.look(now + firstPatience)
	if len(given) != maxInFlight || stuck {
		t.Errorf("%d calls are given up; stuck: %t", len(given), stuck)
	}
	if _, quiet, stuck := f.look(now + stuckAfter); !stuck || quiet > 0 {
		t.Errorf("stuck: %t, %v without an answer; nothing waits", stuck, quiet)
	}
}

// TestLeader_dies: calls go to another server at once, with their request ids.
func TestLeader_dies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster := inprocess.NewCluster(1)
		stop := start(t, cluster, one, &inprocess.Server{Faults: swallowing("0", "1", "2")})
		cluster.Lead(0, one)
		start(t, cluster, two, new(inprocess.Server))
		start(t, cluster, three, new(inprocess.Server))
		c := dial(t, cluster, three, one)
		var calls sync.WaitGroup
		calls.Go(func() {
			if took := appendEach(t, c, "0", "1", "2"); took > 100*time.Millisecond {
				t.Errorf("it took %v", took)
			}
		})
		synctest.Wait() // the leader has them
		cluster.Lead(0, two)
		stop()
		calls.Wait()
		for _, pair := range cluster.Pairs() {
			if len(pair.GetValue()) != 1 {
				t.Errorf("%s was appended to %d times", pair.GetKey(), len(pair.GetValue()))
			}
		}
		if got := strings.Join(cluster.Keys(), " "); got != "0 1 2" {
			t.Errorf("there are %s", got)
		}
	})
}
