// Redisload drives a Redis through rueidis, a Go client that sends calls together which are in flight together on one
// connection, as raftkv's Clerk does.
package main

import (
	"context"

	"github.com/redis/rueidis"

	"numstore.example/tools/bench/peers/internal/peerload"
)

func main() { peerload.Main("redis", dial) }

type client struct{ rueidis.Client }

func dial(target string) (peerload.Client, error) {
	redis, err := rueidis.NewClient(rueidis.ClientOption{
		InitAddress:       []string{target},
		ForceSingleClient: true, // it is one server
		PipelineMultiplex: -1,   // one connection
		DisableCache:      true, // each get asks the server
	})
	return client{redis}, err
}

func (c client) Put(ctx context.Context, key, value string) error {
	return c.Do(ctx, c.B().Set().Key(key).Value(value).Build()).Error()
}

func (c client) Get(ctx context.Context, key string) (bool, error) {
	err := c.Do(ctx, c.B().Get().Key(key).Build()).Error()
	if rueidis.IsRedisNil(err) {
		return false, nil
	}
	return err == nil, err
}
