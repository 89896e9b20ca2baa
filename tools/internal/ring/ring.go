// Package ring spreads keys over servers that know nothing of each other: the client chooses, by consistent hashing, and each key is
// always at the same server. It is the ring of a raftkv cluster's placement (package placement), whose shards are here the
// servers, in the order in which they are named.
//
// It promises what that ring promises: each server's share is near the mean, and with one more server at the end of the list, only about
// 1/N of the keys, N with the new one, belong to another server than before, which is the new one. A list in
// another order is another ring. Nothing moves keys: whoever adds a server copies them.
package ring

import (
	"errors"
	"fmt"
	"slices"

	"numstore.example/contracts/placement"
)

// Ring is some servers. It does not change, and may be used by many goroutines at once.
type Ring struct {
	servers []string
	place   placement.Func
}

// New returns the ring of these servers, at most placement.MaxShards. An error says that there is none, or which is there twice.
func New(servers []string) (*Ring, error) {
	if len(servers) == 0 {
		return nil, errors.New("a ring needs at least one server")
	}
	for i, server := range servers {
		if slices.Contains(servers[:i], server) {
			return nil, fmt.Errorf("%s is there twice; a ring has each server once", server)
		}
	}
	place, err := placement.New(placement.Ring, len(servers))
	if err != nil {
		return nil, fmt.Errorf("a ring has at most %d servers: %w", placement.MaxShards, err)
	}
	return &Ring{slices.Clone(servers), place}, nil
}

// Servers are those of the ring, in its order. They must not be changed.
func (r *Ring) Servers() []string { return r.servers }

// Place returns the place of the server that a key belongs to, from 0. Of a key with a tag in braces the tag alone decides (placement.Tag).
func (r *Ring) Place(key []byte) int {
	shard, err := r.place(key)
	if err != nil {
		panic(fmt.Sprintf("the ring has no place for %q: %v", key, err)) // the rule takes every key
	}
	return int(shard)
}
