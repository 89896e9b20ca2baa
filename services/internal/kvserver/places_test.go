package kvserver

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// maxScans is how many scans and backups run at a time in tests.
const maxScans = 256

// TestPlaces: a client gets a quarter of the places, all of them together all but one, and that is for a backup.
func TestPlaces(t *testing.T) {
	p := NewPlaces(maxScans, 1, time.Minute, "after")
	taken := 0
	for client := range shares {
		for range maxScans / shares {
			if _, err := p.enterScan(fmt.Sprint(client)); err == nil {
				taken++
			} else if status.Code(err) != codes.ResourceExhausted {
				t.Fatal(err)
			}
		}
		if _, err := p.enterScan(fmt.Sprint(client)); status.Code(err) != codes.ResourceExhausted {
			t.Errorf("a scan too many of client %d: %v; want RESOURCE_EXHAUSTED", client, err)
		}
	}
	if taken != maxScans-1 {
		t.Errorf("%d scans run; want %d", taken, maxScans-1)
	}
	if err := p.EnterBackup(); err != nil {
		t.Errorf("a backup beside all scans: %v", err)
	}
	if err := p.EnterBackup(); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("another one: %v; want RESOURCE_EXHAUSTED", err)
	}
	p.LeaveBackup()
	p.leaveScan(p.clients["0"])
	if _, err := p.enterScan("another"); err != nil {
		t.Errorf("after the end of one: %v", err)
	}
	if p = NewPlaces(2, 1, time.Minute, "after"); p.share != 1 {
		t.Errorf("of two places a client gets %d", p.share)
	}
}

// TestPlaces_hold: of large pairs, a client has one on its way, all together four; who waits for room too long is
// told so.
func TestPlaces_hold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPlaces(maxScans, 100, time.Minute, "after")
		var releases []func()
		for client := range shares {
			s, err := p.enterScan(fmt.Sprint(client))
			if err != nil {
				t.Fatal(err)
			}
			release, err := p.hold(t.Context(), s, 100)
			if err != nil {
				t.Fatal(err)
			}
			releases = append(releases, release)
			if _, err := p.hold(t.Context(), s, 100); status.Code(err) != codes.ResourceExhausted {
				t.Errorf("a second one of a client: %v; want RESOURCE_EXHAUSTED", err)
			}
		}
		s, err := p.enterScan("another")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.hold(t.Context(), s, 1); status.Code(err) != codes.ResourceExhausted || !strings.Contains(err.Error(), "(after)") {
			t.Errorf("a fifth one: %v; want RESOURCE_EXHAUSTED", err)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := p.hold(gone, s, 1); status.Code(err) != codes.Canceled {
			t.Errorf("of a client that has gone: %v; want CANCELED", err)
		}
		releases[0]()
		releases[0]() // once more changes nothing
		if _, err := p.hold(t.Context(), s, 1000); err != nil {
			t.Errorf("one of more than there is room, after the end of another: %v", err)
		}
	})
}
