package server

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/internal/kvserver"
)

// startWithPairs starts a harness whose scan of everything has several messages, with places for one scan and a
// backup.
func startWithPairs(t *testing.T, timeout time.Duration, values ...int) *harness {
	t.Helper()
	h := start(t, func(c *Config) {
		c.MaxValue, c.MaxScans, c.ScanTimeout = 1<<20, 2, timeout
		c.Admin.Tokens = []string{"secret"}
	}, nil)
	for i, size := range values {
		if _, err := h.Put(t.Context(), &raftkvpb.PutRequest{Key: fmt.Appendf(nil, "%03d", i), Value: bytes.Repeat([]byte("x"), size)}); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// TestScan_stalled: a scan whose client takes nothing ends, with a status that says so behind what was on its way.
// Meanwhile a second one of this client has no place, but a backup has; afterwards it has.
func TestScan_stalled(t *testing.T) {
	for name, size := range map[string]int{"large pairs": kvserver.ScanChunk, "small pairs": kvserver.ScanChunk / 10} {
		t.Run(name, func(t *testing.T) {
			h := startWithPairs(t, 200*time.Millisecond, repeated(size, 5*kvserver.ScanChunk/size)...)
			stalled, err := h.Scan(t.Context(), &raftkvpb.ScanRequest{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := stalled.Recv(); err != nil { // it has begun
				t.Fatal(err)
			}
			if got, err := h.scanAll(t); status.Code(err) != codes.ResourceExhausted {
				t.Errorf("a second scan got %d pairs, %v; want RESOURCE_EXHAUSTED", got, err)
			}
			if _, err := h.backup(t); err != nil {
				t.Errorf("a backup: %v", err)
			}
			for err = io.ErrNoProgress; err != nil; _, err = h.scanAll(t) {
				if status.Code(err) != codes.ResourceExhausted && err != io.ErrNoProgress {
					t.Fatalf("another scan: %v", err)
				}
			}
			for err = nil; err == nil; {
				_, err = stalled.Recv()
			}
			if status.Code(err) != codes.ResourceExhausted || !strings.Contains(err.Error(), "200ms (--scan-timeout)") {
				t.Errorf("the scan that was not taken: %v; want RESOURCE_EXHAUSTED with the time", err)
			}
		})
	}
}

// TestScan_taken: pairs of all sizes arrive in order, one after the other, and when all were taken nothing is held.
func TestScan_taken(t *testing.T) {
	var sizes []int
	for i := range 200 {
		sizes = append(sizes, []int{0, 1, 1000, kvserver.ScanChunk / 2, kvserver.ScanChunk - 3, kvserver.ScanChunk - 4, 1 << 20}[i%7])
	}
	h := startWithPairs(t, time.Hour, sizes...)
	for range 2 {
		if n, err := h.scanAll(t); err != nil || n != len(sizes) {
			t.Errorf("%d of %d pairs, %v", n, len(sizes), err)
		}
	}
}

func repeated(value, times int) (values []int) {
	for range times {
		values = append(values, value)
	}
	return values
}

// scanAll counts all pairs, whose keys must be in order.
func (h *harness) scanAll(t *testing.T) (n int, err error) {
	t.Helper()
	stream, err := h.Scan(t.Context(), &raftkvpb.ScanRequest{})
	if err != nil {
		return 0, err
	}
	for {
		response, err := stream.Recv()
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		for _, pair := range response.GetPairs() {
			if want := fmt.Sprintf("%03d", n); string(pair.GetKey()) != want {
				t.Fatalf("pair %d is %q", n, pair.GetKey())
			}
			n++
		}
	}
}
