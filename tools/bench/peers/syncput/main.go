// Syncput is the floor that a single durable put of raftkv is measured against: a plain grpc-go server
// whose Put appends the request to a file and syncs it before it answers; with --group, puts that come while another one is
// synced are written and synced together, which is the floor of many. It stores nothing that could be
// read. Beside Put it answers Stat, by which loadgen knows a raftkv. It prints the address that it listens on.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"numstore.example/contracts/raftkvpb"
)

// handlers is the one file, and who may write to it.
type handlers struct {
	raftkvpb.UnimplementedRaftKVServer

	mu      sync.Mutex
	file    *os.File
	buffer  []byte
	written uint64 // puts
}

// Stat tells nothing: that it is answered is enough.
func (*handlers) Stat(context.Context, *raftkvpb.StatRequest) (*raftkvpb.StatResponse, error) {
	return &raftkvpb.StatResponse{}, nil
}

func (h *handlers) Put(_ context.Context, request *raftkvpb.PutRequest) (*raftkvpb.PutResponse, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var err error
	if h.buffer, err = (proto.MarshalOptions{}).MarshalAppend(h.buffer[:0], request); err != nil {
		return nil, err
	}
	if _, err := h.file.Write(h.buffer); err != nil {
		return nil, err
	}
	if err := unix.Fdatasync(int(h.file.Fd())); err != nil {
		return nil, err
	}
	h.written++
	return &raftkvpb.PutResponse{Version: h.written}, nil
}

func main() {
	together := flag.Bool("group", false, "sync together what has come meanwhile")
	dir := flag.String("data-dir", "", "folder for the file; it is made if need be")
	flag.Parse()
	if *dir == "" {
		log.Fatal("syncput: --data-dir is missing; name a folder on the disk that is to be measured")
	}
	if err := os.MkdirAll(*dir, 0o700); err != nil {
		log.Fatal(err)
	}
	file, err := os.Create(filepath.Join(*dir, "log"))
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer()
	var service raftkvpb.RaftKVServer = &handlers{file: file}
	if *together {
		service = newGroups(file)
	}
	raftkvpb.RegisterRaftKVServer(server, service)
	fmt.Println("syncput listening on", listener.Addr())
	log.Fatal(server.Serve(listener))
}
