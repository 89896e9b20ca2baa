package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"numstore.example/contracts/gossipkv"
	"numstore.example/contracts/gossipkvpb"
	"numstore.example/tools/internal/lab"
)

// gossip is connections with all servers of a command, and what is asked of them beside a load.
type gossip struct {
	addresses []string
	client    *gossipkv.Client
	conns     []*grpc.ClientConn
}

const (
	adminToken = "of the bench"

	// gossipPatience is how long servers may take to be linked, or to be equal: a figure beyond that is none.
	gossipPatience = time.Minute

	// gossipPause is how long to wait before servers are asked again.
	gossipPause = 2 * time.Millisecond
)

func dialGossip(addresses []string) (g *gossip, err error) {
	g = &gossip{addresses: addresses}
	plain := grpc.WithTransportCredentials(insecure.NewCredentials())
	if g.client, err = gossipkv.Dial(g.addresses, plain); err != nil {
		return nil, err
	}
	for _, address := range g.addresses {
		conn, err := grpc.NewClient(address, plain)
		if err != nil {
			g.close()
			return nil, err
		}
		g.conns = append(g.conns, conn)
	}
	return g, nil
}

func (g *gossip) close() {
	g.client.Close()
	for _, conn := range g.conns {
		conn.Close()
	}
}

// session is a new session at a server.
func (g *gossip) session(i int) *gossipkv.Session {
	session := g.client.Session(nil)
	session.Use(g.addresses[i]) // which Dial has taken
	return session
}

// statuses asks all servers.
func (g *gossip) statuses(ctx context.Context) (all []*gossipkvpb.StatusResponse, err error) {
	for _, conn := range g.conns {
		r, err := gossipkvpb.NewGossipKVClient(conn).Status(ctx, new(gossipkvpb.StatusRequest))
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

// await asks all servers until they are as they shall be, and returns what they said then.
func (g *gossip) await(ctx context.Context, what string, good func([]*gossipkvpb.StatusResponse) bool) ([]*gossipkvpb.StatusResponse, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, gossipPatience, fmt.Errorf("the servers were not %s within %v", what, gossipPatience))
	defer cancel()
	for {
		all, err := g.statuses(ctx)
		if err == nil && good(all) {
			return all, nil
		}
		if lab.Pause(ctx, gossipPause) != nil {
			return nil, errors.Join(context.Cause(ctx), err)
		}
	}
}

// awaitEqual waits until all servers know the same.
func (g *gossip) awaitEqual(ctx context.Context) ([]*gossipkvpb.StatusResponse, error) {
	return g.await(ctx, "equal", func(all []*gossipkvpb.StatusResponse) bool {
		for _, r := range all[1:] {
			if !maps.Equal(known(r), known(all[0])) {
				return false
			}
		}
		return true
	})
}

// origin is who makes writes.
type origin struct {
	server      uint32
	incarnation uint64
}

// known is up to which time a server knows of each origin.
func known(r *gossipkvpb.StatusResponse) map[origin]uint64 {
	times := make(map[origin]uint64)
	for _, entry := range r.GetVector() {
		times[origin{entry.GetServer(), entry.GetIncarnation()}] = entry.GetTime()
	}
	return times
}

// awaitLinks waits until each server has that many links that are up, and none else.
func (g *gossip) awaitLinks(ctx context.Context, numbers ...int) error {
	_, err := g.await(ctx, "linked", func(all []*gossipkvpb.StatusResponse) bool {
		for i, r := range all {
			up := 0
			for _, link := range r.GetLinks() {
				if link.GetUp() {
					up++
				}
			}
			if up != numbers[i] {
				return false
			}
		}
		return true
	})
	return err
}

// each does something for pairs of servers, all at once, as an administrator.
func (g *gossip) each(ctx context.Context, pairs [][2]int, do func(ctx context.Context, from gossipkvpb.GossipKVAdminClient, to int) error) error {
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+adminToken)
	failed := make([]error, len(pairs))
	var wg sync.WaitGroup
	for i, p := range pairs {
		wg.Go(func() { failed[i] = do(ctx, gossipkvpb.NewGossipKVAdminClient(g.conns[p[0]]), p[1]) })
	}
	wg.Wait()
	return errors.Join(failed...)
}

// puts has as many keys put as there are, by 64 sessions at these servers in turn.
func (g *gossip) puts(ctx context.Context, keys, size int, servers ...int) error {
	const sessions = 64
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	value := slices.Repeat([]byte("v"), size)
	var wg sync.WaitGroup
	for worker := range sessions {
		wg.Go(func() {
			session := g.session(servers[worker%len(servers)])
			for key := worker; key < keys && ctx.Err() == nil; key += sessions {
				if _, err := session.Put(ctx, fmt.Appendf(nil, "key%06d", key), value); err != nil {
					cancel(err)
				}
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}
