package main

import (
	"context"

	"numstore.example/tools/internal/lab"
	"numstore.example/tools/internal/result"
)

// failoverSuite kills the leader under load.
func failoverSuite(b *bench) (*suite, error) {
	return clusterIncident(b, incident{
		what: "leader killed: longest gap in answered calls", most: 2, aim: 0.7, happen: loseLeader,
	})
}

// loseLeader kills the leader in the middle of a load.
func loseLeader(ctx context.Context, b *bench, s *lab.Server, load load) (seconds float64, run *result.Run, err error) {
	loss, err := b.rig().LoseLeader(ctx, s, load.Load)
	return loss.Gap.Seconds(), loss.Run, err
}
