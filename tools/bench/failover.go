package main

import (
	"context"

	"numstore.example/tools/internal/result"
)

// failoverSuite kills the leader under load.
func failoverSuite(b *bench) (*suite, error) {
	return clusterIncident(b, incident{
		what: "leader killed: longest gap in answered calls", most: 2, aim: 0.7, happen: loseLeader,
	})
}

// loseLeader kills the leader in the middle of a load, and returns the longest time without an answered call. The node
// is back, with all that was written, when it returns.
func loseLeader(ctx context.Context, b *bench, s *server, load load) (seconds float64, run *result.Run, err error) {
	generator, err := b.holdUntilInterrupted(ctx, load, s)
	if err != nil {
		return 0, nil, err
	}
	defer generator.kill()
	if err := generator.awaitAnswers(ctx); err != nil {
		return 0, nil, err
	}
	leader, err := s.awaitLeader(ctx)
	if err != nil {
		return 0, nil, err
	}
	leader.kill()
	// A new leader is not enough: all callers may be waiting for answers to what the dead one had taken.
	if err := generator.awaitAnswers(ctx); err != nil {
		return 0, nil, err
	}
	if run, err = generator.interrupt(); err != nil {
		return 0, nil, err
	}
	_, err = s.bringBack(ctx, leader)
	return run.Steps[0].LongestGap / 1000, run, err
}
