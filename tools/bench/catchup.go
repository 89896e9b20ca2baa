package main

import (
	"context"
	"fmt"
	"time"

	"numstore.example/tools/internal/result"
)

// lag is by how much a node may be behind the others to count as back: it shows what they showed so long ago.
const lag = time.Second

// returnPatience is how long a node may take to be back.
const returnPatience = 5 * time.Minute

// catchupSuite brings a node back that was away under load. There are more keys than elsewhere, so that what it has missed,
// or a snapshot, takes a while.
func catchupSuite(b *bench) (*suite, error) {
	larger := *b
	larger.Keys *= 100
	return clusterIncident(&larger, incident{
		what: fmt.Sprintf("a node back after %v: until it is behind by less than %v of writes", b.Away, lag), most: 30, aim: 10, happen: returnNode,
	})
}

// returnNode kills a node that follows, starts it again when it has been away for a while, all under load, and returns the
// seconds from its start until it is back.
func returnNode(ctx context.Context, b *bench, s *server, load load) (seconds float64, run *result.Run, err error) {
	leader, err := s.awaitLeader(ctx)
	if err != nil {
		return 0, nil, err
	}
	away := s.nodes[0]
	if away == leader {
		away = s.nodes[1]
	}
	generator, err := b.holdUntilInterrupted(ctx, load, s)
	if err != nil {
		return 0, nil, err
	}
	defer generator.kill()
	if err := generator.awaitAnswers(ctx); err != nil {
		return 0, nil, err
	}
	away.kill()
	if err := pause(ctx, b.Away); err != nil {
		return 0, nil, err
	}
	if seconds, err = s.bringBack(ctx, away); err != nil {
		return 0, nil, err
	}
	run, err = generator.interrupt()
	return seconds, run, err
}

// bringBack starts a node that was killed, and returns the seconds from its start until it is back.
func (s *server) bringBack(ctx context.Context, n *node) (seconds float64, err error) {
	patient, cancel := context.WithTimeoutCause(ctx, returnPatience, fmt.Errorf("%s was not back within %v", n.name, returnPatience))
	defer cancel()
	var others progress
	due := time.Now().Add(lag) // it is known from then on what the others showed a lag ago
	for started := (time.Time{}); ; {
		s.watch(patient, n, &others)
		switch {
		case !started.IsZero():
			status, err := s.status(patient, n)
			now := time.Now()
			if applied, known := others.before(now.Add(-lag)); known && err == nil && status.applied >= applied {
				return now.Sub(started).Seconds(), nil
			}
		case time.Now().After(due):
			started = time.Now()
			if err := n.restart(ctx); err != nil {
				return 0, err
			}
		}
		if pause(patient, statusPause) != nil {
			return 0, context.Cause(patient)
		}
	}
}

// watch notes how far all nodes are but one.
func (s *server) watch(ctx context.Context, but *node, seen *progress) {
	for _, n := range s.nodes {
		if n == but {
			continue
		}
		at := time.Now() // before it answers: it may have been as far already
		if status, err := s.status(ctx, n); err == nil {
			*seen = append(*seen, point{at, status.applied})
		}
	}
}

// progress is how far nodes were at times.
type progress []point

type point struct {
	at      time.Time
	applied uint64
}

// before returns how far the foremost node was at a time, if it was seen before.
func (p progress) before(at time.Time) (applied uint64, known bool) {
	for _, point := range p {
		if !point.at.After(at) {
			applied, known = max(applied, point.applied), true
		}
	}
	return applied, known
}
