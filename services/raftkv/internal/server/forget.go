package server

import (
	"context"
	"time"

	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/node"
)

// Forget has the shard forget clients that have written nothing for a time, until ctx is done. It is a command
// like any other: every replica forgets the same clients at the same place in the log, by the log's time.
func Forget(ctx context.Context, replica *node.Replica, sessions func() int, idle time.Duration) {
	ticker := time.NewTicker(max(idle/10, time.Second))
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		if sessions() > 0 {
			// Who does not lead need not: the leader does it too.
			_, _ = replica.Execute(ctx, kv.AppendForget(nil, uint64(idle.Milliseconds())))
		}
	}
}
