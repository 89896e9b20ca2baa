package main

import (
	"context"
	"os"
	"sync"

	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/proto"

	"numstore.example/contracts/raftkvpb"
)

// groups writes and syncs together the puts that come while those before them are synced.
type groups struct {
	raftkvpb.UnimplementedRaftKVServer
	file *os.File
	came chan struct{} // there is something to write; holds one

	mu   sync.Mutex
	next *group // what comes now
}

// group is puts that are synced together.
type group struct {
	buffer []byte
	done   chan struct{} // closed when err is known
	err    error
}

func newGroup() *group { return &group{done: make(chan struct{})} }

// newGroups returns a service of a file, to which it alone writes from now on, until the process ends.
func newGroups(file *os.File) *groups {
	g := &groups{file: file, came: make(chan struct{}, 1), next: newGroup()}
	go g.write()
	return g
}

func (g *groups) write() {
	for range g.came {
		g.mu.Lock()
		now := g.next
		if len(now.buffer) == 0 { // the one before had all that has come
			g.mu.Unlock()
			continue
		}
		g.next = newGroup()
		g.mu.Unlock()
		if _, now.err = g.file.Write(now.buffer); now.err == nil {
			now.err = unix.Fdatasync(int(g.file.Fd()))
		}
		close(now.done)
	}
}

// Stat tells nothing, as that of handlers.
func (*groups) Stat(context.Context, *raftkvpb.StatRequest) (*raftkvpb.StatResponse, error) {
	return &raftkvpb.StatResponse{}, nil
}

func (g *groups) Put(_ context.Context, request *raftkvpb.PutRequest) (*raftkvpb.PutResponse, error) {
	mine, err := g.join(request)
	if err != nil {
		return nil, err
	}
	select {
	case g.came <- struct{}{}:
	default: // it is known already
	}
	<-mine.done
	return &raftkvpb.PutResponse{Version: 1}, mine.err
}

// join adds a put to what comes now.
func (g *groups) join(request *raftkvpb.PutRequest) (mine *group, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.next.buffer, err = (proto.MarshalOptions{}).MarshalAppend(g.next.buffer, request)
	return g.next, err
}
