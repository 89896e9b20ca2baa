package lab

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// PieceSize is how many bytes the value of each piece has that Fill puts.
const PieceSize = 16 << 10

const fillers = 64

// Fill starts a server, puts pieces into it, those from one number to below another, and kills it: the next start finds what a crash
// leaves. Each is told after each piece that was acknowledged, by many goroutines; it may be nil.
func Fill(ctx context.Context, command Command, from, to int, each func()) error {
	server, err := Start(ctx, command)
	if err != nil {
		return err
	}
	defer server.Kill()
	return withStore(ctx, server, fillers, func(ctx context.Context, store Store) error { return fill(ctx, store, from, to, each) })
}

func fill(ctx context.Context, store Store, from, to int, each func()) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	var next atomic.Int64
	next.Store(int64(from))
	for range fillers {
		wg.Go(func() {
			for number := int(next.Add(1) - 1); number < to && ctx.Err() == nil; number = int(next.Add(1) - 1) {
				if err := store.Put(ctx, pieceKey(number), piece(number)); err != nil {
					cancel(err)
				} else if each != nil {
					each()
				}
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// Recovery is how soon a server is of use again that a crash has ended, in seconds from the start of its process.
type Recovery struct {
	Read  float64 // until a read is answered, correctly
	Write float64 // until a write is acknowledged
}

// Recover starts a server that has been filled with so many pieces, reads the last one and writes the first one anew, both at once, and
// kills it. Before that it writes so many of the last pieces again, so that the next crash, too, leaves a log that is not empty.
func Recover(ctx context.Context, command Command, filled, again int) (r Recovery, err error) {
	start := time.Now()
	server, err := Start(ctx, command)
	if err != nil {
		return r, err
	}
	defer server.Kill()
	var failed [2]error
	var both sync.WaitGroup
	both.Go(func() {
		failed[0] = withStore(ctx, server, 1, func(ctx context.Context, store Store) error {
			value, found, err := store.Get(ctx, pieceKey(filled-1))
			r.Read = time.Since(start).Seconds()
			if err == nil && !bytes.Equal(value, piece(filled-1)) {
				err = fmt.Errorf("piece %d is not what was written: found is %v, with %d bytes", filled-1, found, len(value))
			}
			return err
		})
	})
	both.Go(func() {
		failed[1] = withStore(ctx, server, 1, func(ctx context.Context, store Store) error {
			err := store.Put(ctx, pieceKey(0), piece(0))
			r.Write = time.Since(start).Seconds()
			return err
		})
	})
	both.Wait()
	if err := cmp.Or(failed[:]...); err != nil {
		return r, err
	}
	return r, withStore(ctx, server, fillers, func(ctx context.Context, store Store) error {
		return fill(ctx, store, max(0, filled-again), filled, nil)
	})
}

// withStore connects with a server, for so many callers. The context that do gets ends, too, when a node of the server dies: it could
// be tried again for ever.
func withStore(ctx context.Context, server *Server, callers int, do func(context.Context, Store) error) error {
	if server.command.Dial == nil {
		return fmt.Errorf("nobody knows how to fill %s", server.Name())
	}
	store, err := server.command.Dial(server.Addresses(), callers)
	if err != nil {
		return err
	}
	defer store.Close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	for _, n := range server.nodes {
		go func() { // ends with ctx
			select {
			case <-n.gone:
				cancel(fmt.Errorf("%s died", n.name))
			case <-ctx.Done():
			}
		}()
	}
	err = do(ctx, store)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func pieceKey(number int) string { return fmt.Sprintf("piece%09d", number) }

// piece returns the value of a key: noise of its own, so that no other is taken for it.
func piece(number int) []byte {
	var seed [32]byte
	binary.BigEndian.PutUint64(seed[:], uint64(number))
	value := make([]byte, PieceSize)
	rand.NewChaCha8(seed).Read(value)
	return value
}
