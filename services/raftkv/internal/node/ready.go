package node

import (
	"context"
	"errors"
	"slices"
	"time"
)

// readyPatience is how long a node that serves some shards waits for leaders of the others before it counts as ready: a
// shard whose majority is gone must not keep the others from being served.
const readyPatience = 10 * time.Second

// AwaitReady waits until each group of which this node has a member has a leader, and until the member shows all that was
// answered before, unless it is one that is to get the state from others first. When some have, and others find no leader, it does not wait for these longer than readyPatience. It
// returns why that will not be, as soon as that is so for one of them, or why the context has ended. The node must be of
// a cluster.
func (n *Node) AwaitReady(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	held := slices.DeleteFunc(slices.Clone(n.Locals()), func(local *Local) bool {
		return local.replica.Members().Version == 0 // it gets the state from others, and does without it till then
	})
	ready := make(chan error, len(held))
	for _, local := range held {
		go func() { ready <- local.awaitReady(ctx) }()
	}
	var late <-chan time.Time // once one is ready
	for range held {
		select {
		case err := <-ready:
			if err == nil {
				if late == nil {
					timer := time.NewTimer(readyPatience)
					defer timer.Stop()
					late = timer.C
				}
				continue
			}
			if failure := n.store.Failure(); failure != nil {
				return failure // what the replica says is a consequence
			}
			return err
		case <-late:
			n.options.Logger.Warn("some shards have no leader yet; the others are served")
			return nil
		}
	}
	return nil
}

// awaitReady waits until the group has a leader, and this node's member shows what was answered before. A member that is none any
// more, or was taken out of service, is not waited for.
func (l *Local) awaitReady(ctx context.Context) error {
	err := l.replica.AwaitLeader(ctx)
	if err == nil {
		err = l.awaitBarrier(ctx)
	}
	if l.left.Load() {
		return nil
	}
	return err
}

// awaitBarrier waits for a barrier, whoever leads meanwhile.
func (l *Local) awaitBarrier(ctx context.Context) error {
	for {
		err := l.replica.AwaitBarrier(ctx)
		if !errors.Is(err, ErrNotLeader) || ctx.Err() != nil {
			return err
		}
	}
}
