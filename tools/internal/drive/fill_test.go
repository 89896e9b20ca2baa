package drive

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"numstore.example/tools/internal/history"
)

// TestFill: so many calls are made and no more, by several workers, each of which is asked for one call at a time.
func TestFill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls, workers atomic.Int64
		start := time.Now()
		err := Fill(t.Context(), 4, 10, time.Second, func(int) Send {
			workers.Add(1)
			return func(context.Context, *history.Operation) Outcome {
				calls.Add(1)
				time.Sleep(time.Millisecond)
				return Outcome{}
			}
		})
		if took := time.Since(start); err != nil || calls.Load() != 10 || workers.Load() != 4 || took != 3*time.Millisecond {
			t.Errorf("%d calls by %d workers took %v, %v; want 10 by 4, three of them at most each after the other", calls.Load(), workers.Load(), took, err)
		}
	})
}

// TestFill_fails: what is not filled is no success.
func TestFill_fails(t *testing.T) {
	refused := errors.New("no room")
	err := Fill(t.Context(), 2, 1_000_000_000, time.Second, func(int) Send {
		return func(context.Context, *history.Operation) Outcome { return Outcome{Err: refused} }
	})
	if !errors.Is(err, refused) || !strings.HasPrefix(err.Error(), "filling: ") {
		t.Errorf("%v, want %v", err, refused)
	}
	interrupted, cancel := context.WithCancel(t.Context())
	err = Fill(interrupted, 2, 1_000_000_000, time.Second, func(int) Send {
		return func(context.Context, *history.Operation) Outcome { cancel(); return Outcome{} }
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want that it was interrupted", err)
	}
}

func TestFillers(t *testing.T) {
	for size, want := range map[int64]int{0: 64, 128: 64, 1 << 20: 16, 4 << 20: 4, 1 << 30: 4} {
		if got := Fillers(size); got != want {
			t.Errorf("values of %d bytes: %d workers, want %d", size, got, want)
		}
	}
}
