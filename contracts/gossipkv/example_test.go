package gossipkv_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"numstore.example/contracts/gossipkv"
)

func Example() {
	client, err := gossipkv.Dial([]string{"localhost:8000", "localhost:8001"}, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()

	session := client.Session(nil)
	if _, err := session.Put(ctx, []byte("fruit/apple"), []byte("green")); err != nil {
		log.Fatal(err)
	}
	if err := session.Use("localhost:8001"); err != nil {
		log.Fatal(err)
	}
	apple, err := session.Get(ctx, []byte("fruit/apple"))
	switch {
	case errors.Is(err, gossipkv.ErrNoValue):
		fmt.Println("somebody has deleted it")
	case errors.Is(err, gossipkv.ErrDependencyNotMet):
		fmt.Println("localhost:8001 does not have it yet")
	case err != nil:
		log.Fatal(err)
	default:
		fmt.Printf("%s, or what somebody has written since\n", apple.Value)
	}
}

// A web service whose user goes from one instance to another takes along what was seen, in a header.
func ExampleParseSeen() {
	answer := func(ctx context.Context, client *gossipkv.Client, header string) (value []byte, newHeader string, err error) {
		seen := new(gossipkv.Seen) // of a user who is new
		if header != "" {
			if seen, err = gossipkv.ParseSeen(header); err != nil {
				return nil, "", err
			}
		}
		session := client.Session(seen)
		cart, err := session.Get(ctx, []byte("cart/7"), gossipkv.Anywhere())
		return cart.Value, session.Seen().String(), err
	}
	_ = answer
}
