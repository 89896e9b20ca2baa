package main

import (
	"context"
	"fmt"

	"numstore.example/tools/internal/lab"
	"numstore.example/tools/internal/result"
)

// catchupSuite brings a node back that was away under load. There are more keys than elsewhere, so that what it has missed,
// or a snapshot, takes a while.
func catchupSuite(b *bench) (*suite, error) {
	larger := *b
	larger.Keys *= 100
	return clusterIncident(&larger, incident{
		what: fmt.Sprintf("a node back after %v: until it is behind by less than %v of writes", b.Away, lab.Lag), most: 30, aim: 10, happen: returnNode,
	})
}

// returnNode kills a node that follows, starts it again when it has been away for a while, all under load, and returns the
// seconds from its start until it is back.
func returnNode(ctx context.Context, b *bench, s *lab.Server, load load) (seconds float64, run *result.Run, err error) {
	leader, err := s.AwaitLeader(ctx)
	if err != nil {
		return 0, nil, err
	}
	away := s.Nodes()[0]
	if away == leader {
		away = s.Nodes()[1]
	}
	generator, err := b.rig().HoldUntilInterrupted(ctx, load.Load, s)
	if err != nil {
		return 0, nil, err
	}
	defer generator.Kill()
	if err := generator.AwaitAnswers(ctx); err != nil {
		return 0, nil, err
	}
	away.Kill()
	if err := lab.Pause(ctx, b.Away); err != nil {
		return 0, nil, err
	}
	if seconds, err = s.BringBack(ctx, away); err != nil {
		return 0, nil, err
	}
	run, err = generator.Interrupt()
	return seconds, run, err
}
