package lab

import (
	"context"
	"os"
	"strings"
	"sync/atomic"
	"testing"
)

// TestRecover: a server that has what was put is timed until it reads and writes; one that has lost it is an error, however fast it is.
func TestRecover(t *testing.T) {
	command := Alone("raftkv", Process{Args: []string{os.Args[0]}})
	var puts atomic.Int64
	command.Dial = func(addresses []string, callers int) (Store, error) {
		store, err := dialRaftkv(addresses, callers)
		return counting{store, &puts}, err
	}
	t.Setenv(asProgram, "filled")
	if r, err := Recover(t.Context(), command, 3, 2); err != nil || r.Read <= 0 || r.Write <= 0 || puts.Load() != 1+2 {
		t.Errorf("got %+v, %v, with %d puts; want two times, and two pieces written again", r, err, puts.Load())
	}
	t.Setenv(asProgram, "empty")
	if _, err := Recover(t.Context(), command, 3, 0); err == nil || !strings.Contains(err.Error(), "piece 2 is not what was written: found is false") {
		t.Errorf("got %v; want that a piece is lost", err)
	}
}

// counting counts puts.
type counting struct {
	Store
	puts *atomic.Int64
}

func (c counting) Put(ctx context.Context, key string, value []byte) error {
	c.puts.Add(1)
	return c.Store.Put(ctx, key, value)
}

// TestFill: what is filled is told piece by piece.
func TestFill(t *testing.T) {
	t.Setenv(asProgram, "empty")
	var told atomic.Int64
	command := Alone("raftkv", Process{Args: []string{os.Args[0]}})
	if err := Fill(t.Context(), command, 5, 105, nil); err == nil || err.Error() != "nobody knows how to fill raftkv" {
		t.Errorf("got %v; want that it cannot be filled", err)
	}
	command.Dial = dialRaftkv
	if err := Fill(t.Context(), command, 5, 105, func() { told.Add(1) }); err != nil || told.Load() != 100 {
		t.Errorf("told of %d pieces, %v; want 100", told.Load(), err)
	}
}

// TestFill_dead: a server that dies ends the filling, and the recovery, in place of being tried for ever.
func TestFill_dead(t *testing.T) {
	t.Setenv(asProgram, "mortal")
	command := Alone("raftkv", Process{Args: []string{os.Args[0]}})
	command.Dial = dialRaftkv
	if err := Fill(t.Context(), command, 0, 100, nil); err == nil || err.Error() != "raftkv died" {
		t.Errorf("got %v; want that it died", err)
	}
	if _, err := Recover(t.Context(), command, 100, 0); err == nil || !strings.Contains(err.Error(), "raftkv died") {
		t.Errorf("got %v; want that it died", err)
	}
}
