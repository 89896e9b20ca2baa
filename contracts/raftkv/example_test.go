package raftkv_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkv"
)

func Example() {
	clerk, err := raftkv.Dial([]string{"localhost:6000"}, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer clerk.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()

	if _, err := clerk.Put(ctx, []byte("fruit/apple"), []byte("green")); err != nil {
		log.Fatal(err) // says whether it may have happened
	}
	apple, err := clerk.Get(ctx, []byte("fruit/apple"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s, version %d\n", apple.Value, apple.Version)
	for pair, err := range clerk.Scan(ctx, raftkv.Range{Prefix: []byte("fruit/")}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s is %s\n", pair.GetKey(), pair.GetValue())
	}
}

// Compare and set: the value is changed only if nobody else has changed it in between.
func ExampleExpectVersion() {
	paint := func(ctx context.Context, clerk *raftkv.Clerk, key []byte) error {
		for {
			old, err := clerk.Get(ctx, key)
			if err != nil {
				return err
			}
			value := append(old.Value, " and red"...)
			_, err = clerk.Put(ctx, key, value, raftkv.ExpectVersion(old.Version)) // 0 for a missing key
			if status.Code(err) != codes.FailedPrecondition {
				return err
			}
		}
	}
	_ = paint
}

// Reads of many clients are spread over all servers that hold a key, and are never stale for that.
func ExampleReadAny() {
	show := func(ctx context.Context, clerk *raftkv.Clerk, key []byte) error {
		found, err := clerk.Get(ctx, key, raftkv.ReadAny())
		if err != nil {
			return err
		}
		fmt.Printf("%s\n", found.Value)
		return nil
	}
	_ = show
}
