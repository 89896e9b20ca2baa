package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"numstore.example/contracts/raftkv"
)

// restart is one crash and what followed.
type restart struct {
	Data    int     `json:"data_gib"` // keys and values, as written
	Round   int     `json:"round"`
	Seconds float64 `json:"seconds"` // from the start of the process to the first correct read
}

const (
	restarts  = 3        // of each size
	pieceSize = 16 << 10 // bytes of each value
	pieces    = 1 << 30 / pieceSize
	rewritten = pieces / 16 // between restarts
	fillers   = 64
)

// measureRestarts fills a server of its own to each size in turn, ends it as a crash would, and measures
// how long it takes until a read is answered again, correctly.
func measureRestarts(ctx context.Context, b *bench) (all []restart, err error) {
	command := alone(raftKV, raftkvProcess(b, "restart", "--addr", "localhost:0"))
	filled := 0
	for _, size := range b.Restart {
		if size < 1 {
			continue
		}
		if filled, err = fill(ctx, command, filled, size*pieces); err != nil {
			return all, fmt.Errorf("filling in %d GiB: %w", size, err)
		}
		for round := range restarts {
			if round > 0 { // so that each crash leaves a log that is not empty
				if _, err = fill(ctx, command, filled-rewritten, filled); err != nil {
					return all, fmt.Errorf("rewriting some of %d GiB: %w", size, err)
				}
			}
			seconds, err := measureRestart(ctx, command, filled-1)
			if err != nil {
				return all, fmt.Errorf("restart with %d GiB: %w", size, err)
			}
			fmt.Fprintf(os.Stderr, "restart %d with %d GiB: %.3f s\n", round+1, size, seconds)
			all = append(all, restart{size, round, seconds})
		}
	}
	return all, nil
}

// fill puts pieces until there are so many, and kills the server. The next start finds what a crash leaves.
func fill(ctx context.Context, command command, from, to int) (int, error) {
	server, err := startServer(ctx, command)
	if err != nil {
		return 0, err
	}
	defer server.kill()
	clerk, err := raftkv.Dial(server.addresses(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return 0, err
	}
	defer clerk.Close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	var next atomic.Int64
	next.Store(int64(from))
	for range fillers {
		wg.Go(func() {
			for number := int(next.Add(1) - 1); number < to && ctx.Err() == nil; number = int(next.Add(1) - 1) {
				if _, err := clerk.Put(ctx, pieceKey(number), piece(number)); err != nil {
					cancel(err)
				}
			}
		})
	}
	wg.Wait()
	return to, context.Cause(ctx)
}

// measureRestart starts the server, reads a piece, and kills it.
func measureRestart(ctx context.Context, command command, number int) (seconds float64, err error) {
	start := time.Now()
	server, err := startServer(ctx, command)
	if err != nil {
		return 0, err
	}
	defer server.kill()
	clerk, err := raftkv.Dial(server.addresses(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return 0, err
	}
	defer clerk.Close()
	found, err := clerk.Get(ctx, pieceKey(number))
	if err != nil {
		return 0, err
	}
	seconds = time.Since(start).Seconds()
	if !bytes.Equal(found.Value, piece(number)) {
		return 0, fmt.Errorf("piece %d is not what was written: found is %v, with %d bytes", number, found.Found, len(found.Value))
	}
	return seconds, nil
}

func pieceKey(number int) []byte { return fmt.Appendf(nil, "piece%09d", number) }

// piece returns the value of a key: noise of its own, so that no other is taken for it.
func piece(number int) []byte {
	var seed [32]byte
	binary.BigEndian.PutUint64(seed[:], uint64(number))
	value := make([]byte, pieceSize)
	rand.NewChaCha8(seed).Read(value)
	return value
}

// restartRows are the table of the restarts.
func restartRows(all []restart) [][]string {
	rows := [][]string{{"restart after kill -9, GiB of data", "seconds to the first correct read"}}
	var values []float64
	for i, r := range all {
		values = append(values, r.Seconds)
		if i == len(all)-1 || all[i+1].Data != r.Data {
			rows = append(rows, []string{fmt.Sprint(r.Data), summary(values)})
			values = nil
		}
	}
	return rows
}
