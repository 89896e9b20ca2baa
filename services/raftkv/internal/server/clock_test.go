package server

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/raftkv/internal/node"
)

// TestForget_timeOfDay: what the time of day is when a server starts does not matter. Neither a year that it was down, or
// that its clock has leapt ahead, counts for anything, nor is it waited for when the clock was put back by a year.
func TestForget_timeOfDay(t *testing.T) {
	disk := vfs.NewMem()
	const client, idle = "a client........", "an idle client.."
	year := 365 * 24 * time.Hour
	for _, start := range []struct {
		what    string
		ahead   time.Duration // of the time at which each bubble begins, 1 January 2000
		written uint64        // by both clients before
	}{
		{"the first start", year, 0},
		{"a start a year later", 2 * year, 1},
		{"a start two years before that", 0, 2},
		{"a start another year later", year, 3},
	} {
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(start.ahead)
			h := startForgetting(t, disk)
			time.Sleep(20 * time.Minute) // the clients have three times been looked at
			for _, id := range []string{client, idle} {
				if start.written > 0 {
					h.write(t, start.what+", a repetition", id, start.written, codes.OK)
				}
				h.write(t, start.what+", the next write", id, start.written+1, codes.OK)
			}
			if got, err := h.Get(t.Context(), &raftkvpb.GetRequest{Key: []byte("A")}); err != nil || len(got.GetValue()) != 2*int(start.written+1) {
				t.Errorf("%s: %d writes have happened, %v; want %d", start.what, len(got.GetValue()), err, 2*(start.written+1))
			}
		})
	}
	synctest.Test(t, func(t *testing.T) { // a year back once more
		h := startForgetting(t, disk)
		time.Sleep(50 * time.Minute)
		h.write(t, "within the time", client, 5, codes.OK)
		time.Sleep(20 * time.Minute)
		h.write(t, "within the time since its last write", client, 6, codes.OK)
		h.write(t, "after its time", idle, 5, codes.NotFound)
	})
}

// startForgetting starts a server on a disk, which forgets clients that were idle for an hour.
func startForgetting(t *testing.T, disk vfs.FS) *harness {
	return start(t, nil, func(o *node.Options) { o.Storage.FS, o.SessionTTL = disk, time.Hour })
}

// write appends a byte in the name of a client.
func (h *harness) write(t *testing.T, what, client string, sequence uint64, want codes.Code) {
	t.Helper()
	request := &raftkvpb.AppendRequest{Key: []byte("A"), Value: []byte("."), RequestId: requestID(client, sequence)}
	if _, err := h.Append(t.Context(), request); status.Code(err) != want {
		t.Errorf("%s: write %d of %s: %v; want %v", what, sequence, client, err, want)
	}
}
