package main

import (
	"context"
	"fmt"
	"os"

	"numstore.example/tools/internal/lab"
)

// restart is one crash and what followed.
type restart struct {
	Data    int     `json:"data_gib"` // keys and values, as written
	Round   int     `json:"round"`
	Seconds float64 `json:"seconds"` // from the start of the process to the first correct read
}

const (
	restarts  = 3                       // of each size
	pieces    = 1 << 30 / lab.PieceSize // of a GiB
	rewritten = pieces / 16             // between restarts
)

// measureRestarts fills a server of its own to each size in turn, ends it as a crash would, and measures
// how long it takes until a read is answered again, correctly.
func measureRestarts(ctx context.Context, b *bench) (all []restart, err error) {
	command := lab.Raftkv(b.rig(), "restart")
	filled := 0
	for _, size := range b.Restart {
		if size < 1 {
			continue
		}
		if err = lab.Fill(ctx, command, filled, size*pieces, nil); err != nil {
			return all, fmt.Errorf("filling in %d GiB: %w", size, err)
		}
		filled = size * pieces
		for round := range restarts {
			recovery, err := lab.Recover(ctx, command, filled, rewritten)
			if err != nil {
				return all, fmt.Errorf("restart with %d GiB: %w", size, err)
			}
			fmt.Fprintf(os.Stderr, "restart %d with %d GiB: %.3f s\n", round+1, size, recovery.Read)
			all = append(all, restart{size, round, recovery.Read})
		}
	}
	return all, nil
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
