package compat

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/compat/internal/pyenv"
	"numstore.example/contracts/raftkv/inprocess"
	"numstore.example/contracts/raftkvpb"
)

// TestClerk_rules runs the tests of the Python Clerks that need no server, with every Python.
func TestClerk_rules(t *testing.T) {
	for _, name := range pythons {
		t.Run("python-"+name, func(t *testing.T) { runUnittest(t, python(t, name), "clerk_rules") })
	}
}

// TestClerk_shards: each call goes to the server of its key's shard at once, and each shard gets a client id of its own.
func TestClerk_shards(t *testing.T) {
	eachClerk(t, func(t *testing.T, python pyenv.Python, clerk string) {
		f := newFleet(t)
		performer := startPerformer(t, python, f.ports[0], clerk)
		var before [3]int
		for shard := range 3 {
			performer.put(t, shard)
			want := [3]int{}
			want[shard] = 2
			if got := f.seen(&before); got != want {
				t.Errorf("calls on shard %d went to the servers as %v; want %v", shard, got, want)
			}
		}
		for shard := range 3 {
			if n := f.Sessions(shard); n != 1 {
				t.Errorf("shard %d has %d sessions; want the one of one caller", shard, n)
			}
		}
	})
}

// TestClerk_redirect: a redirect moves its shard, and no other.
func TestClerk_redirect(t *testing.T) {
	eachClerk(t, func(t *testing.T, python pyenv.Python, clerk string) {
		f := newFleet(t)
		for shard := range 3 {
			f.Lead(shard, f.address(0))
		}
		performer := startPerformer(t, python, f.ports[0], clerk)
		var before [3]int
		for shard := range 3 {
			performer.put(t, shard)
		}
		if got := f.seen(&before); got != [3]int{6, 0, 0} {
			t.Errorf("with one leader of all, the servers got %v", got)
		}
		f.Lead(1, f.address(1))
		performer.put(t, 1)
		if got := f.seen(&before); got != [3]int{1, 2, 0} {
			t.Errorf("after the move of a shard, the servers got %v calls for it; want one that is redirected, and two that are not", got)
		}
		for _, shard := range []int{0, 2, 1} {
			performer.put(t, shard)
		}
		if got := f.seen(&before); got != [3]int{4, 2, 0} {
			t.Errorf("then the servers got %v; want the two shards that did not move where they were, and the third where it is", got)
		}
	})
}

// TestClerk_newMap: a redirect that tells of a newer map has the Clerk ask for it. The servers that it had been told are
// gone then.
func TestClerk_newMap(t *testing.T) {
	eachClerk(t, func(t *testing.T, python pyenv.Python, clerk string) {
		cluster := inprocess.NewCluster(1)
		port, stop := serve(t, cluster, new(inprocess.Server))
		performer := startPerformer(t, python, port, clerk)
		put := func() {
			t.Helper()
			if answer := performer.perform(t, "Put", `key: "k"`); answer.Code != "" {
				t.Errorf("Put: %+v", answer)
			}
		}
		put()
		second, stopSecond := serve(t, cluster, new(inprocess.Server))
		third, _ := serve(t, cluster, new(inprocess.Server))
		cluster.Lead(0, "localhost:"+second)
		cluster.Change() // as when nodes come
		put()
		cluster.Lead(0, "localhost:"+third)
		stop()
		stopSecond()
		put()
	})
}

// TestClerk_hanging: a server that answers nothing delays calls for its shard, until their time is over, and no others.
func TestClerk_hanging(t *testing.T) {
	eachClerk(t, func(t *testing.T, python pyenv.Python, clerk string) {
		f := newFleet(t)
		f.servers[1].Faults = func(*raftkvpb.Operation) inprocess.Fault { return inprocess.Swallow }
		performer := startPerformer(t, python, f.ports[0], clerk)
		performer.put(t, 0)
		answer := performer.performWithin(t, "Put", fmt.Sprintf("key: %q", on(t, 1, 0)), 200*time.Millisecond)
		if answer.Code != "DEADLINE_EXCEEDED" || !strings.Contains(answer.Message, "the write may have happened") {
			t.Errorf("a write that has no answer: %+v", answer)
		}
		f.servers[1].BreakScan = func(ctx context.Context, _, _ int) error { <-ctx.Done(); return ctx.Err() }
		if answer := performer.performWithin(t, "Scan", "", 200*time.Millisecond); answer.Code != "DEADLINE_EXCEEDED" {
			t.Errorf("a Scan of a shard that says nothing: %+v", answer)
		}
		performer.put(t, 2)
		f.servers[2].Refuse = func(*raftkvpb.Operation) *raftkvpb.Error {
			return &raftkvpb.Error{Code: int32(codes.ResourceExhausted), Message: "not now"}
		}
		answer = performer.performWithin(t, "Put", fmt.Sprintf("key: %q", on(t, 2, 0)), 200*time.Millisecond)
		if answer.Code != "DEADLINE_EXCEEDED" || !strings.Contains(answer.Message, "the last attempt failed: not now") {
			t.Errorf("a write that was refused until its time was over: %+v", answer)
		}
	})
}

// TestClerk_silent: a server that executes a write and says nothing is left for another one, which repeats the answer. So is
// one that says nothing to a Scan. These are the tests that wait for a Clerk's patience to end.
func TestClerk_silent(t *testing.T) {
	for _, clerk := range kvClients[1:] {
		t.Run(clerk, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t)
			performer := startPerformer(t, python(t, "newest"), f.ports[0], clerk)
			performer.put(t, 1)
			f.servers[1].Faults = func(*raftkvpb.Operation) inprocess.Fault {
				f.Lead(1, f.address(2))
				return inprocess.Swallow
			}
			write := kvStep{call: "Append", request: fmt.Sprintf("key: %q value: %q", on(t, 1, 0), "v"), reply: `version: v1 existed: true`}
			if err := write.check(performer.perform(t, write.call, write.request), make(versions)); err != nil {
				t.Error(err)
			}
			if seen := f.seen(new([3]int)); seen[1] != 3 || seen[2] == 0 {
				t.Errorf("the servers got %v calls; want one more of the silent one, and the same of its successor", seen)
			}
			f.Lead(2, f.address(0))
			f.servers[2].BreakScan = func(ctx context.Context, _, _ int) error {
				f.Lead(1, f.address(0))
				<-ctx.Done()
				return ctx.Err()
			}
			var scanned raftkvpb.ScanResponse
			performInto(t, performer, "Scan", `keys_only: true`, &scanned)
			if got := len(scanned.GetPairs()); got != 2 {
				t.Errorf("a Scan past servers that say nothing: %v; want the two keys of the shard", &scanned)
			}
		})
	}
}

// TestClerk_scan: the pairs of all shards come in the order of their keys, whatever breaks, and no more than the limit.
func TestClerk_scan(t *testing.T) {
	eachClerk(t, func(t *testing.T, python pyenv.Python, clerk string) {
		f := newFleet(t)
		for i := range 10 {
			f.Set(fmt.Append(nil, i), nil)
		}
		for _, s := range f.servers {
			s.BreakScan = func(_ context.Context, sent, _ int) error {
				if sent == 2 {
					return status.Error(codes.Unavailable, "broken")
				}
				return nil
			}
		}
		performer := startPerformer(t, python, f.ports[0], clerk)
		checkScans(t, performer)
		for _, s := range f.servers {
			for _, scan := range s.Scans() {
				if scan.Shard == nil {
					t.Errorf("a server was asked for all shards: %v", scan)
				}
			}
			s.ScanAll = true // as servers do that know no better
		}
		checkScans(t, performer)
		f.servers[1].BreakScan = func(context.Context, int, int) error { return status.Error(codes.DataLoss, "damaged") }
		if answer := performer.perform(t, "Scan", ``); answer.Code != "DATA_LOSS" {
			t.Errorf("a Scan of a damaged shard: %+v", answer)
		}
	})
}

// checkScans scans keys from 0 to 9.
func checkScans(t *testing.T, performer *kvPerformer) {
	t.Helper()
	for request, want := range map[string]string{
		``:                           "0 1 2 3 4 5 6 7 8 9",
		`limit: 4`:                   "0 1 2 3",
		`start: "3" end: "7"`:        "3 4 5 6",
		`start: "2" limit: 5`:        "2 3 4 5 6",
		`resume_after: "6"`:          "7 8 9",
		`prefix: "4" keys_only:true`: "4",
		`prefix: "x"`:                "",
	} {
		var got raftkvpb.ScanResponse
		performInto(t, performer, "Scan", request, &got)
		var keys []string
		for _, pair := range got.GetPairs() {
			keys = append(keys, string(pair.GetKey()))
		}
		if strings.Join(keys, " ") != want {
			t.Errorf("Scan %s: %v; want %s", request, keys, want)
		}
	}
}

// TestClerk_batch: keys of several shards are refused before they are sent; those with one tag are of one shard.
func TestClerk_batch(t *testing.T) {
	eachClerk(t, func(t *testing.T, python pyenv.Python, clerk string) {
		f := newFleet(t)
		performer := startPerformer(t, python, f.ports[0], clerk)
		batch := func(keys ...string) kvAnswer {
			var writes strings.Builder
			for _, key := range keys {
				fmt.Fprintf(&writes, "writes { put { key: %q } }", key)
			}
			return performer.perform(t, "Batch", writes.String())
		}
		answer := batch(on(t, 0, 0), on(t, 2, 0))
		for _, says := range []string{"the shards 0 and 2", "the same tag", "did not happen"} {
			if answer.Code != "INVALID_ARGUMENT" || !strings.Contains(answer.Message, says) {
				t.Errorf("a batch over two shards: %+v; want INVALID_ARGUMENT that says %q", answer, says)
			}
		}
		if seen := f.seen(new([3]int)); seen != [3]int{} {
			t.Errorf("a batch over two shards was sent: %v", seen)
		}
		for _, tag := range []string{"a", "b", "c", "d"} {
			if answer := batch("{"+tag+"}/1", "{"+tag+"}/2"); answer.Code != "" {
				t.Errorf("a batch of one tag: %+v", answer)
			}
		}
	})
}
