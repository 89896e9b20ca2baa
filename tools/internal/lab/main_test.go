package lab

import (
	"context"
	"fmt"
	"net"
	"os"
	"testing"

	"google.golang.org/grpc"

	"numstore.example/contracts/raftkv/inprocess"
	"numstore.example/contracts/raftkvpb"
)

// asProgram makes this test's program another one.
const asProgram = "LAB_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	switch os.Getenv(asProgram) {
	case "":
		os.Exit(m.Run())
	case "parent": // which has a server that outlives what it says, and waits
		os.Unsetenv(asProgram)
		if _, err := Start(context.Background(), lasting()); err != nil {
			panic(err)
		}
		os.Stdout.WriteString("started")
		os.Stdout.Close()
	case "empty":
		serve(0, new(inprocess.Server))
	case "filled":
		serve(3, new(inprocess.Server))
	case "mortal": // at its first call
		serve(0, &inprocess.Server{Faults: func(*raftkvpb.Operation) inprocess.Fault { os.Exit(1); return inprocess.None }})
	}
	select {}
}

// serve is a raftkv in memory, with so many pieces.
func serve(pieces int, as *inprocess.Server) {
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		panic(err)
	}
	server := grpc.NewServer()
	inprocess.NewCluster(1).Register(server, listener.Addr().String(), as)
	go server.Serve(listener)
	s := &Server{command: Command{Dial: dialRaftkv}, nodes: []*Node{{program: Process{Address: listener.Addr().String()}, gone: make(chan struct{})}}}
	if err := withStore(context.Background(), s, fillers, func(ctx context.Context, store Store) error { return fill(ctx, store, 0, pieces, nil) }); err != nil {
		panic(err)
	}
	fmt.Println("raftkv listening on", listener.Addr())
}

// lasting is a server that serves until it is ended.
func lasting() Command {
	return Alone("it", Process{Args: []string{"sh", "-c", "echo up listening on 127.0.0.1:8; exec sleep 100"}})
}
