package lab

import (
	"context"
	"fmt"
	"time"
)

// Lag is by how much a node may be behind the others to count as back: it shows what they showed so long ago.
const Lag = time.Second

// Patience is how long a node may take to be back, and how long a load may be without answers.
const Patience = 5 * time.Minute

// BringBack starts a node that was killed, and returns the seconds from its start until it is back.
func (s *Server) BringBack(ctx context.Context, n *Node) (seconds float64, err error) {
	return s.bringBack(ctx, n, n.Restart)
}

func (s *Server) bringBack(ctx context.Context, n *Node, restart func() error) (seconds float64, err error) {
	patient, cancel := context.WithTimeoutCause(ctx, Patience, fmt.Errorf("%s was not back within %v", n.name, Patience))
	defer cancel()
	var others progress
	due := time.Now().Add(Lag) // it is known from then on what the others showed a lag ago
	for started := (time.Time{}); ; {
		s.watch(patient, n, &others)
		switch {
		case !started.IsZero():
			status, err := s.status(patient, n)
			now := time.Now()
			if applied, known := others.before(now.Add(-Lag)); known && err == nil && status.Applied >= applied {
				return now.Sub(started).Seconds(), nil
			}
		case time.Now().After(due):
			started = time.Now()
			if err := restart(); err != nil {
				return 0, err
			}
		}
		if Pause(patient, statusPause) != nil {
			return 0, context.Cause(patient)
		}
	}
}

// watch notes how far all nodes are but one.
func (s *Server) watch(ctx context.Context, but *Node, seen *progress) {
	for _, n := range s.nodes {
		if n == but {
			continue
		}
		at := time.Now() // before it answers: it may have been as far already
		if status, err := s.status(ctx, n); err == nil {
			*seen = append(*seen, point{at, status.Applied})
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
