package raftkv

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
)

// TestBatch_shards: keys of several shards are refused before they are sent; those with one tag are of one shard.
func TestBatch_shards(t *testing.T) {
	f, c := newFleet(t)
	write := func(key string) *raftkvpb.Write {
		return &raftkvpb.Write{Write: &raftkvpb.Write_Put{Put: &raftkvpb.PutRequest{Key: []byte(key)}}}
	}
	_, err := c.Batch(t.Context(), write(string(on(t, 0, 0))), write(string(on(t, 2, 0))))
	for _, says := range []string{fmt.Sprintf("%q", on(t, 0, 0)), fmt.Sprintf("%q", on(t, 2, 0)), "the shards 0 and 2", "the same tag", "did not happen"} {
		if status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), says) {
			t.Errorf("Batch over two shards: %v; want INVALID_ARGUMENT that says %q", err, says)
		}
	}
	for i, s := range f.servers {
		if got := s.Alone(); len(got) > 0 {
			t.Errorf("server %d got %v", i, got)
		}
	}
	for _, tag := range []string{"a", "b", "c", "d"} {
		if _, err := c.Batch(t.Context(), write("{"+tag+"}/1"), write("{"+tag+"}/2")); err != nil {
			t.Errorf("Batch of one tag: %v", err)
		}
	}
}

// TestScan_shards: the pairs of all shards come in the order of their keys, whatever breaks, and no more than the limit.
func TestScan_shards(t *testing.T) {
	for _, test := range ranges {
		synctest.Test(t, func(t *testing.T) {
			f, c := newFleet(t)
			for i := range 10 {
				f.Set(fmt.Appendf(nil, "%02d", i), []byte(strings.Repeat("v", i)))
			}
			for _, s := range f.servers {
				s.BreakScan = breaking(2, codes.Unavailable)
			}
			if got := keys(c, t, test.Range); got != test.want {
				t.Errorf("%+v: %v; want %v", test.Range, got, test.want)
			}
		})
	}
}

// TestScan_shardsAsked: the leader of each shard is asked for its pairs alone.
func TestScan_shardsAsked(t *testing.T) {
	f, c := newFleet(t)
	f.Set([]byte("07"), []byte("vvvvvvv"))
	if got := keys(c, t, Range{}); got != "[07]" {
		t.Errorf("got %s", got)
	}
	for i, s := range f.servers {
		if scans := s.Scans(); len(scans) != 1 || scans[0].Shard == nil || int(scans[0].GetShard()) != i {
			t.Errorf("the leader of shard %d was asked for %v", i, scans)
		}
	}
}

// TestScan_shardsOld: of servers that do not know how to show one shard, and so show all, no pair is yielded twice.
func TestScan_shardsOld(t *testing.T) {
	for _, test := range ranges {
		f, c := newFleet(t)
		for i := range 10 {
			f.Set(fmt.Appendf(nil, "%02d", i), []byte(strings.Repeat("v", i)))
		}
		for _, s := range f.servers {
			s.ScanAll = true
		}
		if got := keys(c, t, test.Range); got != test.want {
			t.Errorf("%+v: %v; want %v", test.Range, got, test.want)
		}
	}
}

// TestScan_shardsMoved: a Scan goes where the leader of its shard is by now.
func TestScan_shardsMoved(t *testing.T) {
	f, c := newFleet(t)
	if got := keys(c, t, Range{}); got != "[]" { // it knows the leaders now
		t.Errorf("got %s", got)
	}
	f.Set([]byte("07"), []byte("vvvvvvv"))
	for shard := range addresses {
		f.Lead(shard, three)
	}
	if got := keys(c, t, Range{}); got != "[07]" {
		t.Errorf("got %s", got)
	}
}

// TestScan_shardsError: the error of one shard ends the Scan, as its last element.
func TestScan_shardsError(t *testing.T) {
	f, c := newFleet(t)
	for i := range 10 {
		f.Set(fmt.Appendf(nil, "%02d", i), []byte(strings.Repeat("v", i)))
	}
	f.servers[1].BreakScan = breaking(0, codes.DataLoss)
	if got := keys(c, t, Range{}); got != "[] DataLoss" {
		t.Errorf("got %s", got)
	}
}
