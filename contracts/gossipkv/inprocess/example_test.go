package inprocess_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"numstore.example/contracts/gossipkv"
	"numstore.example/contracts/gossipkv/inprocess"
)

// A program that uses Sessions is tested with two servers that are cut off from each other.
func Example() {
	cluster := inprocess.NewCluster()
	defer cluster.Stop()
	a, b := cluster.Add(1, "127.0.0.1:8001"), cluster.Add(2, "127.0.0.1:8002")
	cluster.Connect(1, 2)
	cluster.Cut(1, 2)
	client, err := gossipkv.Dial([]string{a.Address()},
		grpc.WithContextDialer(cluster.DialContext), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	ctx, session := context.Background(), client.Session(nil)
	if _, err := session.Put(ctx, []byte("fruit"), []byte("apple")); err != nil {
		log.Fatal(err)
	}
	if err := session.Use(b.Address()); err != nil {
		log.Fatal(err)
	}
	_, err = session.Get(ctx, []byte("fruit"))
	fmt.Println("while it is cut off:", errors.Is(err, gossipkv.ErrDependencyNotMet))
	cluster.Heal(1, 2)
	fruit, err := session.Get(ctx, []byte("fruit"))
	fmt.Printf("then: %s, %v\n", fruit.Value, err)
	// Output:
	// while it is cut off: true
	// then: apple, <nil>
}
