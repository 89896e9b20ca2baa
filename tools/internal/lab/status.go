package lab

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Status is what a node of a cluster says of itself; of raftkv, of its first shard.
type Status struct {
	Leads   bool
	Applied uint64 // the last entry of its log that it shows
}

// statusPatience is how long a node may take to say its status, and statusPause how long to wait before it is asked again.
const (
	statusPatience = time.Second
	statusPause    = 50 * time.Millisecond
)

// status asks a node, over a connection that is made for it: one that was kept might wait to try a dead node again.
func (s *Server) status(ctx context.Context, n *Node) (Status, error) {
	ctx, cancel := context.WithTimeout(ctx, statusPatience)
	defer cancel()
	return s.command.Ask(ctx, n.Address())
}

// AwaitLeader returns the node that leads, as soon as there is one. The server has to be a cluster of raftkv or of etcd.
func (s *Server) AwaitLeader(ctx context.Context) (*Node, error) {
	for {
		for _, n := range s.nodes {
			if status, err := s.status(ctx, n); err == nil && status.Leads {
				return n, nil
			}
		}
		if err := Pause(ctx, statusPause); err != nil {
			return nil, fmt.Errorf("%s has no leader: %w", s.Name(), err)
		}
	}
}

// LeaderFirst are the addresses of the server, that of its leader first where one leads: it is waited for.
func (s *Server) LeaderFirst(ctx context.Context) ([]string, error) {
	all := s.Addresses()
	if s.command.Ask != nil {
		leader, err := s.AwaitLeader(ctx)
		if err != nil {
			return nil, err
		}
		i := slices.Index(all, leader.Address())
		all[0], all[i] = all[i], all[0]
	}
	return all, nil
}

// Pause waits, or returns why ctx has ended.
func Pause(ctx context.Context, wait time.Duration) error {
	select {
	case <-time.After(wait):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
