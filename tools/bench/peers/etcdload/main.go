// Etcdload drives an etcd through its own Go client. Gets are linearizable, as they are by default.
package main

import (
	"context"
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"

	"numstore.example/tools/bench/peers/internal/peerload"
)

func main() { peerload.Main("etcd", dial) }

type client struct{ etcd *clientv3.Client }

func dial(target string) (peerload.Client, error) {
	etcd, err := clientv3.New(clientv3.Config{Endpoints: strings.Split(target, ",")})
	return client{etcd}, err
}

func (c client) Put(ctx context.Context, key, value string) error {
	_, err := c.etcd.Put(ctx, key, value)
	return err
}

func (c client) Get(ctx context.Context, key string) (bool, error) {
	reply, err := c.etcd.Get(ctx, key)
	return err == nil && len(reply.Kvs) > 0, err
}

func (c client) Close() { c.etcd.Close() }
