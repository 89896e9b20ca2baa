package compat

import (
	"context"
	"fmt"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"numstore.example/contracts/gossipkvpb"
)

// TestGossipkv_containers: the servers of compose.yaml find each other, take writes while the network is cut between them, and are equal again
// when it is not.
func TestGossipkv_containers(t *testing.T) {
	requireEngine(t)
	image, err := gossipkvImage()
	if err != nil {
		t.Fatal(err)
	}
	c := composeOf(t, "gossipkv", image)
	first, third := c.nodes[0], c.nodes[2]
	first.put(t, "color", "green")
	third.awaitValue(t, "color", "green")
	c.cut(t, third)
	first.put(t, "color", "red")
	c.nodes[1].awaitValue(t, "color", "red")
	c.heal(t, third)
	third.awaitValue(t, "color", "red")
	third.put(t, "color", "blue")
	first.awaitValue(t, "color", "blue")
}

// gossipkv returns a client of a node, which is reached where it is published now.
func (n *composedNode) gossipkv(t *testing.T) gossipkvpb.GossipKVClient {
	t.Helper()
	conn, err := grpc.NewClient("localhost:"+n.published(t), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return gossipkvpb.NewGossipKVClient(conn)
}

func (n *composedNode) put(t *testing.T, key, value string) {
	t.Helper()
	if _, err := n.gossipkv(t).Put(t.Context(), &gossipkvpb.PutRequest{Key: []byte(key), Value: []byte(value)}); err != nil {
		t.Fatal(err)
	}
}

func (n *composedNode) awaitValue(t *testing.T, key, want string) {
	t.Helper()
	client := n.gossipkv(t)
	if err := eventually(t, func(ctx context.Context) error {
		got, err := client.Get(ctx, &gossipkvpb.GetRequest{Key: []byte(key)})
		if err == nil && string(got.GetValue()) != want {
			err = fmt.Errorf("%s has {%v}; want %s", n.name, got, want)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
}
