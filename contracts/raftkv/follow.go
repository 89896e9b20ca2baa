package raftkv

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
)

// Leaders change and members come and go without a word to clients, as servers pass calls on. So the Clerk asks for the map
// by itself while calls are made: from time to time, and soon when it does not know who leads a shard.
const (
	followInterval = time.Second      // how often it is looked what there is to do
	mapAge         = 10 * time.Second // how old a map becomes
	askTimeout     = 3 * time.Second  // how long one server is asked for it
)

// follow keeps the map as new as it can until the Clerk is closed. It is the only one to give up links.
func (c *Clerk) follow() {
	defer close(c.followed)
	ticker := time.NewTicker(followInterval)
	defer ticker.Stop()
	learned := time.Now()
	for {
		select {
		case server := <-c.newer:
			c.ask(server) // an error has the next redirect try again
		case now := <-ticker.C:
			if !c.used.Swap(false) {
				continue
			}
			c.revive()
			if m := c.now.Load(); m.known && (m.astray() || now.Sub(learned) >= mapAge) {
				c.askAny(m)
				learned = time.Now()
			}
		case <-c.closing.Done():
			return
		}
	}
}

// askAny asks usable servers for the map, one after the other, until one has told it.
func (c *Clerk) askAny(m *shardMap) {
	for _, server := range m.servers() {
		if c.closing.Err() == nil && c.links.usable(server) && c.ask(server) == nil {
			return
		}
	}
}

// ask asks a server for the map, and gives up the links to servers that are no longer in it.
func (c *Clerk) ask(server string) error {
	ctx, cancel := context.WithTimeout(c.closing, askTimeout)
	defer cancel()
	l, err := c.links.to(server)
	if err == nil {
		err = c.learn(ctx, l)
	}
	if err == nil {
		c.links.retain(c.now.Load().servers())
	}
	return err
}

// revive asks servers that were silent for a sign of life. Those that answer can be asked again.
func (c *Clerk) revive() {
	var asking sync.WaitGroup
	for _, l := range c.links.silent() {
		asking.Go(func() {
			if lives(c.closing, l.client) {
				l.silent.Store(false)
			}
		})
	}
	asking.Wait()
}

// lives asks a server for a sign of life. It is one too that there is no connection, which is noticed by other means.
func lives(ctx context.Context, client raftkvpb.RaftKVClient) bool {
	ctx, cancel := context.WithTimeout(ctx, signTimeout)
	defer cancel()
	_, err := client.Topology(ctx, &raftkvpb.TopologyRequest{})
	return status.Code(err) != codes.DeadlineExceeded
}
