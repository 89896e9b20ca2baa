package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"numstore.example/contracts/gossipkv"
	"numstore.example/contracts/gossipkvpb"
)

// healed is how many keys are written while the mesh is cut apart: 10,000 unless the keys of the bench are fewer than usual.
func (b *bench) healed() int { return min(10_000, 10*b.Keys) }

// halves are the links of the mesh between its first two servers and the others.
var halves = [][2]int{{0, 2}, {0, 3}, {0, 4}, {1, 2}, {1, 3}, {1, 4}}

// heal cuts the mesh apart, has half of the keys written on each side, and returns the seconds from when it is told to link itself
// again until all servers are equal.
func heal(ctx context.Context, b *bench, addresses []string) (float64, error) {
	g, err := dialGossip(addresses)
	if err != nil {
		return 0, err
	}
	defer g.close()
	if err := g.awaitLinks(ctx, 4, 4, 4, 4, 4); err != nil {
		return 0, err
	}
	err = g.each(ctx, halves, func(ctx context.Context, from gossipkvpb.GossipKVAdminClient, to int) error {
		_, err := from.Disconnect(ctx, &gossipkvpb.DisconnectRequest{Peer: &gossipkvpb.DisconnectRequest_Server{Server: uint32(to + 1)}})
		return err
	})
	if err == nil {
		err = g.awaitLinks(ctx, 1, 1, 2, 2, 2)
	}
	if err == nil {
		err = g.puts(ctx, b.healed(), valueSize, 0, 4)
	}
	if err != nil {
		return 0, err
	}
	start := time.Now()
	err = g.each(ctx, halves, func(ctx context.Context, from gossipkvpb.GossipKVAdminClient, to int) error {
		_, err := from.Connect(ctx, &gossipkvpb.ConnectRequest{Address: g.addresses[to]})
		return err
	})
	if err == nil {
		_, err = g.awaitEqual(ctx)
	}
	return time.Since(start).Seconds(), err
}

// crossings is how many puts a reading of a chain is the median of.
const crossings = 21

// cross puts at one end of the chain, and returns the milliseconds until the other end shows it: the put itself counts.
func cross(ctx context.Context, _ *bench, addresses []string) (float64, error) {
	g, err := dialGossip(addresses)
	if err != nil {
		return 0, err
	}
	defer g.close()
	if err := g.awaitLinks(ctx, 1, 2, 2, 2, 1); err != nil {
		return 0, err
	}
	session := g.session(0)
	var all []float64
	for i := range crossings {
		session.Use(g.addresses[0])
		start := time.Now()
		if _, err := session.Put(ctx, []byte("crossing"), fmt.Append(nil, i)); err != nil {
			return 0, err
		}
		session.Use(g.addresses[gossips-1])
		for err := error(gossipkv.ErrDependencyNotMet); err != nil; _, err = session.Get(ctx, []byte("crossing")) {
			if !errors.Is(err, gossipkv.ErrDependencyNotMet) || time.Since(start) > gossipPatience {
				return 0, err
			}
		}
		all = append(all, time.Since(start).Seconds()*1000)
	}
	return median(all), nil
}

// onTheWire has puts made in all of the mesh, and returns how many bytes the servers have sent each other until they are equal, to what
// it would be if each put went to the four others as nothing but its key and its value.
func onTheWire(size int) func(context.Context, *bench, []string) (float64, error) {
	return func(ctx context.Context, b *bench, addresses []string) (float64, error) {
		g, err := dialGossip(addresses)
		if err != nil {
			return 0, err
		}
		defer g.close()
		if err := g.awaitLinks(ctx, 4, 4, 4, 4, 4); err != nil {
			return 0, err
		}
		before, err := g.statuses(ctx)
		if err != nil {
			return 0, err
		}
		if err := g.puts(ctx, b.healed(), size, 0, 1, 2, 3, 4); err != nil {
			return 0, err
		}
		after, err := g.awaitEqual(ctx)
		if err != nil {
			return 0, err
		}
		own := len("key000000") + size
		return (sent(after) - sent(before)) / float64(b.healed()*own*(gossips-1)), nil
	}
}

// sent is how many bytes servers have sent to each other.
func sent(all []*gossipkvpb.StatusResponse) (bytes float64) {
	for _, r := range all {
		for _, link := range r.GetLinks() {
			bytes += float64(link.GetSentBytes())
		}
	}
	return bytes
}
