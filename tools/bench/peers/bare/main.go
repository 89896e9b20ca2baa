// Bare is the ceiling that numstore is measured against: a grpc-go server with default options, whose
// handlers return an empty reply at once. It prints the address that it listens on.
package main

import (
	"context"
	"fmt"
	"log"
	"net"

	"google.golang.org/grpc"

	"numstore.example/contracts/numstorepb"
)

type handlers struct {
	numstorepb.UnimplementedNumStoreServer
}

func (handlers) SetNum(context.Context, *numstorepb.SetNumRequest) (*numstorepb.SetNumResponse, error) {
	return &numstorepb.SetNumResponse{}, nil
}

func (handlers) Fact(context.Context, *numstorepb.FactRequest) (*numstorepb.FactResponse, error) {
	return &numstorepb.FactResponse{}, nil
}

func main() {
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer()
	numstorepb.RegisterNumStoreServer(server, handlers{})
	fmt.Println("bare listening on", listener.Addr())
	log.Fatal(server.Serve(listener))
}
