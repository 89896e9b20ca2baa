package inprocess_test

import (
	"context"
	"fmt"
	"log"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"numstore.example/contracts/raftkv"
	"numstore.example/contracts/raftkv/inprocess"
	"numstore.example/contracts/raftkvpb"
)

// A program that uses the Clerk is tested without a server of its own, and with one that loses an answer.
func Example() {
	cluster, lost := inprocess.NewCluster(1), false
	stop := cluster.Start("127.0.0.1:6000", &inprocess.Server{Faults: func(*raftkvpb.Operation) inprocess.Fault {
		if lost {
			return inprocess.None
		}
		lost = true
		return inprocess.Drop
	}})
	defer stop()
	clerk, err := raftkv.Dial([]string{"127.0.0.1:6000"},
		grpc.WithContextDialer(cluster.DialContext), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer clerk.Close()

	appended, err := clerk.Append(context.Background(), []byte("fruit"), []byte("apple"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("version %d; the cluster has %q\n", appended.Version, cluster.Lookup("fruit").GetValue())
	// Output: version 1; the cluster has "apple"
}
