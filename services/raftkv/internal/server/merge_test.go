package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"pgregory.net/rapid"

	"numstore.example/contracts/placement"
	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/node/nodetest"
	"numstore.example/services/raftkv/internal/shard"
)

// sourceOf tells keys, from memory that it uses again for the next one, and then err. Running counts those under way.
func sourceOf(keys []string, err error, running *atomic.Int32) source {
	return func(tell func([]byte, kv.Record) (bool, error)) error {
		running.Add(1)
		defer running.Add(-1)
		var buffer []byte
		for _, key := range keys {
			clear(buffer[:cap(buffer)])
			buffer = append(buffer[:0], key...)
			if more, err := tell(buffer, kv.Record{Value: buffer}); err != nil || !more {
				return err
			}
		}
		return err
	}
}

// TestMerge: whatever the sources have, it comes in one order, whole, as far as it is wanted, and none goes on after that.
func TestMerge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfDistinct(rapid.StringN(1, 4, 8), rapid.ID[string]).Draw(t, "keys")
		slices.Sort(all)
		parts := make([][]string, rapid.IntRange(1, 6).Draw(t, "sources"))
		for _, key := range all {
			s := rapid.IntRange(0, len(parts)-1).Draw(t, "source")
			parts[s] = append(parts[s], key)
		}
		var running atomic.Int32
		var sources []source
		for _, part := range parts {
			sources = append(sources, sourceOf(part, nil, &running))
		}
		limit := rapid.IntRange(1, len(all)+1).Draw(t, "limit")
		var got []string
		err := merge(sources, func(key []byte, record kv.Record) (bool, error) {
			if string(key) != string(record.Value) {
				t.Errorf("%q has %q", key, record.Value)
			}
			got = append(got, string(key))
			return len(got) < limit, nil
		})
		if want := all[:min(limit, len(all))]; err != nil || !slices.Equal(got, want) {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
		if n := running.Load(); n != 0 {
			t.Errorf("%d sources go on", n)
		}
	})
}

// TestMerge_ends: an error of one source, at its beginning or later, or of who is told, is that of all, and ends them.
func TestMerge_ends(t *testing.T) {
	broken := errors.New("broken")
	for name, test := range map[string]struct {
		first []string // of the source that breaks
		want  string
	}{
		"at the beginning": {nil, "[]"},
		"later":            {[]string{"b"}, "[a b]"},
	} {
		var running atomic.Int32
		sources := []source{sourceOf([]string{"a", "c"}, nil, &running), sourceOf(test.first, broken, &running)}
		var got []string
		err := merge(sources, func(key []byte, _ kv.Record) (bool, error) {
			got = append(got, string(key))
			return true, nil
		})
		if err != broken || fmt.Sprint(got) != test.want || running.Load() != 0 {
			t.Errorf("%s: %v, %v, %d go on; want %s", name, got, err, running.Load(), test.want)
		}
	}
	var running atomic.Int32
	sources := []source{sourceOf([]string{"a"}, nil, &running), sourceOf([]string{"b"}, nil, &running)}
	if err := merge(sources, func([]byte, kv.Record) (bool, error) { return true, broken }); err != broken || running.Load() != 0 {
		t.Errorf("who is told breaks: %v, %d go on", err, running.Load())
	}
}

// TestMerge_panics: a panic in a source is one of the caller, who recovers from it, and ends all.
func TestMerge_panics(t *testing.T) {
	var running atomic.Int32
	defects := map[string]source{
		"at the beginning": func(func([]byte, kv.Record) (bool, error)) error { panic("a defect") },
		"later": func(tell func([]byte, kv.Record) (bool, error)) error {
			tell([]byte("a"), kv.Record{})
			panic("a defect")
		},
	}
	for name, defect := range defects {
		func() {
			defer func() {
				if v := recover(); v != "a defect" || running.Load() != 0 {
					t.Errorf("%s: recovered from %v, %d go on", name, v, running.Load())
				}
			}()
			err := merge([]source{sourceOf([]string{"b"}, nil, &running), defect}, func([]byte, kv.Record) (bool, error) { return true, nil })
			t.Errorf("%s: it ended with %v", name, err)
		}()
	}
}

// scanned returns the pairs that a scan shows, as "key=value" each.
func (h *harness) scanned(t *testing.T, request *raftkvpb.ScanRequest) (all []string, err error) {
	t.Helper()
	stream, err := h.Scan(t.Context(), request)
	for err == nil {
		var part *raftkvpb.ScanResponse
		part, err = stream.Recv()
		for _, pair := range part.GetPairs() {
			all = append(all, string(pair.GetKey())+"="+string(pair.GetValue()))
		}
	}
	if err == io.EOF {
		err = nil
	}
	return all, err
}

// TestScan_shards: a scan shows the pairs of all shards in the order of their keys, or of the one that it names, whatever
// else it asks for.
func TestScan_shards(t *testing.T) {
	const shards = 3
	h := start(t, nil, func(o *node.Options) { o.Found = nodetest.Alone(shards) })
	find, err := placement.New(placement.Hash, shards)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for i := range 40 {
		key := fmt.Sprintf("%02d", i)
		if _, err := h.Put(t.Context(), put(key, "v")); err != nil {
			t.Fatal(err)
		}
		all = append(all, key)
	}
	// onlyOf returns those keys that are of a shard.
	onlyOf := func(s uint32, keys []string) (only []string) {
		for _, key := range keys {
			if of, _ := find([]byte(key)); uint32(of) == s {
				only = append(only, key)
			}
		}
		return only
	}
	for _, test := range []struct {
		request *raftkvpb.ScanRequest
		want    []string
	}{
		{&raftkvpb.ScanRequest{}, all},
		{&raftkvpb.ScanRequest{KeysOnly: true}, all},
		{&raftkvpb.ScanRequest{Limit: 7}, all[:7]},
		{&raftkvpb.ScanRequest{Limit: 7, ResumeAfter: []byte("06")}, all[7:14]},
		{&raftkvpb.ScanRequest{Prefix: []byte("1")}, all[10:20]},
		{&raftkvpb.ScanRequest{Start: []byte("05"), End: []byte("25"), Limit: 99}, all[5:25]},
		{&raftkvpb.ScanRequest{Shard: new(uint32(0))}, onlyOf(0, all)},
		{&raftkvpb.ScanRequest{Shard: new(uint32(2)), Limit: 3}, onlyOf(2, all)[:3]},
		{&raftkvpb.ScanRequest{Shard: new(uint32(1)), Start: []byte("05"), End: []byte("25"), KeysOnly: true}, onlyOf(1, all[5:25])},
	} {
		value := "=v"
		if test.request.GetKeysOnly() {
			value = "="
		}
		var want []string
		for _, key := range test.want {
			want = append(want, key+value)
		}
		if got, err := h.scanned(t, test.request); err != nil || !slices.Equal(got, want) {
			t.Errorf("%v: %v, %v; want %v", test.request, got, err, want)
		}
	}
	err = h.scanOf(t, new(uint32(shards)))
	if status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), "there is no shard 3; the cluster has 3, numbered from 0") {
		t.Errorf("a shard that there is not: %v; want INVALID_ARGUMENT", err)
	}
	if stat, err := h.Stat(t.Context(), &raftkvpb.StatRequest{}); err != nil || stat.GetScans() != 9 {
		t.Errorf("%d scans, %v; want one for each call", stat.GetScans(), err)
	}
}

// endless is a group whose pairs never end, but with the context.
type endless struct {
	node.Group
	prefix  string
	running *atomic.Int32
}

func (e *endless) Scan(ctx context.Context, _ node.Range, _ bool, tell func([]byte, kv.Record) (bool, error)) error {
	e.running.Add(1)
	defer e.running.Add(-1)
	for i := 0; ctx.Err() == nil; i++ {
		if more, err := tell(fmt.Appendf(nil, "%09d%s", i, e.prefix), kv.Record{Value: make([]byte, 10_000)}); err != nil || !more {
			return err
		}
	}
	return ctx.Err()
}

// TestScan_shardsLeft: when the client has gone, the scan of no shard goes on, and its place is free.
func TestScan_shardsLeft(t *testing.T) {
	var running atomic.Int32
	cluster := &clusterOf{self: 1, m: mapOf(t, placement.Hash), leaders: make([]shard.NodeID, 3)}
	for s := range 3 {
		cluster.groups = append(cluster.groups, &endless{prefix: fmt.Sprint(s), running: &running})
	}
	h := start(t, func(c *Config) { c.cluster, c.MaxScans = cluster, 2 }, nil)
	ctx, cancel := context.WithCancel(t.Context())
	stream, err := h.Scan(ctx, &raftkvpb.ScanRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	if n := running.Load(); n != 3 {
		t.Errorf("%d shards are read; want 3", n)
	}
	cancel()
	for err = io.ErrNoProgress; err != nil; { // until the place is free
		_, err = h.scanned(t, &raftkvpb.ScanRequest{Limit: 1})
		if err != nil && status.Code(err) != codes.ResourceExhausted {
			t.Fatal(err)
		}
	}
	h.server.Stop() // which waits for handlers
	if n := running.Load(); n != 0 {
		t.Errorf("%d shards are read on", n)
	}
}
