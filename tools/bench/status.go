package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"numstore.example/contracts/raftkvpb"
)

// status is what a node of a cluster says of itself; of raftkv, of its first shard.
type status struct {
	leads   bool
	applied uint64 // the last entry of its log that it shows
}

// statusPatience is how long a node may take to say its status, and statusPause how long to wait before it is asked again.
const (
	statusPatience = time.Second
	statusPause    = 50 * time.Millisecond
)

// status asks a node, over a connection that is made for it: one that was kept might wait to try a dead node again.
func (s *server) status(ctx context.Context, n *node) (status, error) {
	ctx, cancel := context.WithTimeout(ctx, statusPatience)
	defer cancel()
	return s.ask(ctx, n.address)
}

// awaitLeader returns the node that leads, as soon as there is one.
func (s *server) awaitLeader(ctx context.Context) (*node, error) {
	for {
		for _, n := range s.nodes {
			if status, err := s.status(ctx, n); err == nil && status.leads {
				return n, nil
			}
		}
		if err := pause(ctx, statusPause); err != nil {
			return nil, fmt.Errorf("%s has no leader: %w", s.name, err)
		}
	}
}

// leaderFirst are the addresses of the server, that of its leader first.
func (s *server) leaderFirst(ctx context.Context) ([]string, error) {
	all := s.addresses()
	if len(s.nodes) > 1 {
		leader, err := s.awaitLeader(ctx)
		if err != nil {
			return nil, err
		}
		i := slices.Index(all, leader.address)
		all[0], all[i] = all[i], all[0]
	}
	return all, nil
}

// pause waits, or returns why ctx has ended.
func pause(ctx context.Context, wait time.Duration) error {
	select {
	case <-time.After(wait):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// raftkvStatus asks a raftkv.
func raftkvStatus(ctx context.Context, address string) (status, error) {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return status{}, err
	}
	defer conn.Close()
	stat, err := raftkvpb.NewRaftKVClient(conn).Stat(ctx, &raftkvpb.StatRequest{})
	if err != nil {
		return status{}, err
	}
	for _, shard := range stat.GetShards() {
		if shard.GetShard() == 0 {
			return status{shard.GetRole() == raftkvpb.Role_ROLE_LEADER, shard.GetAppliedIndex()}, nil
		}
	}
	return status{}, fmt.Errorf("%s has no replica of the first shard", address)
}

// etcdStatus asks an etcd, by JSON, which needs no client of it.
func etcdStatus(ctx context.Context, address string) (status, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/v3/maintenance/status", strings.NewReader("{}"))
	if err != nil {
		return status{}, err
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		return status{}, err
	}
	defer reply.Body.Close()
	var said struct {
		Header struct {
			Member uint64 `json:"member_id,string"`
		} `json:"header"`
		Leader  uint64 `json:"leader,string"`
		Applied uint64 `json:"raftAppliedIndex,string"`
	}
	if err := json.NewDecoder(reply.Body).Decode(&said); err != nil {
		return status{}, err
	}
	return status{said.Leader != 0 && said.Leader == said.Header.Member, said.Applied}, nil
}
