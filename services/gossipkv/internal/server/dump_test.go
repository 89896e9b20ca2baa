package server

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/gossipkvpb"
	"numstore.example/services/internal/kvserver"
)

// TestDump: what a dump returns, in order.
func TestDump(t *testing.T) {
	h := start(t, nil, nil)
	for _, key := range []string{"b2", "a", "b", "\xff", "b1", "gone"} {
		h.put(t, key, "of "+key, 0)
	}
	if _, err := h.Delete(t.Context(), &gossipkvpb.DeleteRequest{Key: []byte("gone")}); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		request *gossipkvpb.DumpRequest
		want    []string
	}{
		"all":                   {&gossipkvpb.DumpRequest{}, []string{"a", "b", "b1", "b2", "\xff"}},
		"a prefix":              {&gossipkvpb.DumpRequest{Prefix: []byte("b")}, []string{"b", "b1", "b2"}},
		"a prefix of 0xff":      {&gossipkvpb.DumpRequest{Prefix: []byte("\xff")}, []string{"\xff"}},
		"behind a key":          {&gossipkvpb.DumpRequest{After: []byte("b1")}, []string{"b2", "\xff"}},
		"behind one not there":  {&gossipkvpb.DumpRequest{After: []byte("aa")}, []string{"b", "b1", "b2", "\xff"}},
		"a prefix, behind":      {&gossipkvpb.DumpRequest{Prefix: []byte("b"), After: []byte("b")}, []string{"b1", "b2"}},
		"a prefix, behind all":  {&gossipkvpb.DumpRequest{Prefix: []byte("b"), After: []byte("c")}, nil},
		"a prefix, from before": {&gossipkvpb.DumpRequest{Prefix: []byte("b"), After: []byte("a")}, []string{"b", "b1", "b2"}},
		"some":                  {&gossipkvpb.DumpRequest{Limit: 2}, []string{"a", "b"}},
		"keys":                  {&gossipkvpb.DumpRequest{KeysOnly: true, Limit: 1}, []string{"a"}},
		"nothing":               {&gossipkvpb.DumpRequest{Prefix: []byte("z")}, nil},
	} {
		parts, err := h.dump(t, test.request)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, pair := range pairsOf(parts) {
			got = append(got, string(pair.GetKey()))
			want := "of " + string(pair.GetKey())
			if test.request.GetKeysOnly() {
				want = ""
			}
			if string(pair.GetValue()) != want || pair.GetVersion().GetServer() != 1 || pair.GetVersion().GetTime() == 0 {
				t.Errorf("%s: {%v}", name, pair)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %q; want %q", name, got, test.want)
		}
	}
}

func pairsOf(parts []*gossipkvpb.DumpResponse) (pairs []*gossipkvpb.Pair) {
	for _, part := range parts {
		pairs = append(pairs, part.GetPairs()...)
	}
	return pairs
}

// startWithPairs starts a harness whose dump of everything has several messages, with places for one.
func startWithPairs(t *testing.T, timeout time.Duration, values ...int) *harness {
	t.Helper()
	h := start(t, func(c *Config) { c.MaxValue, c.MaxScans, c.ScanTimeout = 1<<20, 2, timeout }, nil)
	for i, size := range values {
		_, err := h.Put(t.Context(), &gossipkvpb.PutRequest{Key: fmt.Appendf(nil, "%03d", i), Value: bytes.Repeat([]byte("x"), size)})
		if err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// TestDump_parts: what is more than a message comes in messages of bounded size, all of it, in order; a pair of any size arrives.
func TestDump_parts(t *testing.T) {
	var sizes []int
	for i := range 100 {
		sizes = append(sizes, []int{0, 1, 1000, kvserver.ScanChunk / 2, kvserver.ScanChunk - 3, 1 << 20}[i%6])
	}
	h := startWithPairs(t, time.Hour, sizes...)
	for range 2 { // nothing is held when all was taken
		parts, err := h.dump(t, &gossipkvpb.DumpRequest{})
		if err != nil {
			t.Fatal(err)
		}
		for i, pair := range pairsOf(parts) {
			if string(pair.GetKey()) != fmt.Sprintf("%03d", i) || len(pair.GetValue()) != sizes[i] {
				t.Fatalf("pair %d is %q with %d bytes", i, pair.GetKey(), len(pair.GetValue()))
			}
		}
		if n := len(pairsOf(parts)); n != len(sizes) {
			t.Errorf("%d pairs; want %d", n, len(sizes))
		}
		for _, part := range parts {
			size := 0
			for _, pair := range part.GetPairs() {
				size += len(pair.GetKey()) + len(pair.GetValue())
			}
			if size >= 2*kvserver.ScanChunk && len(part.GetPairs()) > 1 {
				t.Errorf("a message has %d bytes in %d pairs", size, len(part.GetPairs()))
			}
		}
	}
}

// TestDump_stalled: a dump whose client takes nothing ends, with a status that says how to go on. Meanwhile a second one has no place;
// afterwards it has.
func TestDump_stalled(t *testing.T) {
	var sizes []int
	for range 20 {
		sizes = append(sizes, kvserver.ScanChunk)
	}
	h := startWithPairs(t, 200*time.Millisecond, sizes...)
	stalled, err := h.Dump(t.Context(), &gossipkvpb.DumpRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stalled.Recv(); err != nil { // it has begun
		t.Fatal(err)
	}
	if _, err := h.dump(t, &gossipkvpb.DumpRequest{}); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("a second dump: %v; want RESOURCE_EXHAUSTED", err)
	}
	for err = io.ErrNoProgress; err != nil; _, err = h.dump(t, &gossipkvpb.DumpRequest{}) {
		if status.Code(err) != codes.ResourceExhausted && err != io.ErrNoProgress {
			t.Fatalf("another dump: %v", err)
		}
	}
	for err = nil; err == nil; {
		_, err = stalled.Recv()
	}
	if status.Code(err) != codes.ResourceExhausted || !strings.Contains(err.Error(), "200ms (--scan-timeout)") || !strings.Contains(err.Error(), "(after)") {
		t.Errorf("the dump that was not taken: %v; want RESOURCE_EXHAUSTED with the time", err)
	}
}
