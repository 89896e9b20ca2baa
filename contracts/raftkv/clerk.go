// Package raftkv is the Go client of raftkv, the store whose contract is contracts/raftkv.proto. A Clerk
// does what the contract asks of a client, so that its caller sees plain calls which either happened or
// say why not.
//
// What it promises:
//
//   - A write happens exactly once, however often the Clerk has to send it: it keeps its request id.
//   - A call ends when it has an answer, or when its context does, and not before: a server that is away
//     is waited for, and another one is tried if there is one. A call without a deadline may wait for ever.
//   - A server that hangs, or is away, delays calls for its shards, and no others. Where another server can be asked, they go
//     there: at once when the connection is lost, after 3 seconds, or half of the time that a call has, when it lives and
//     nothing comes. So the death of a leader costs an election.
//   - A read is never older than any call that had ended before it began, whichever server answers it (ReadAny).
//   - An error of a write says whether the write may have happened. Only an answer makes it certain.
//   - Calls that are in flight together to one server travel together. A lone call leaves at once; what gathers while a
//     message is being written leaves as the next one. Many goroutines on one Clerk are therefore many
//     times cheaper than as many Clerks.
//
// # The life of a call
//
//   - Map. The map of shards (shardMap) says which shard a key belongs to, and which server to ask for a shard. The first
//     call waits until a server has told of it. It is a value that never changes: what is learned makes another one.
//   - Server. To each server there is one way (link): a connection, and a pipeline. Large calls, batches and scans take the
//     connection, all others the pipeline. What happens to one server is no matter of the others.
//   - Stream. The pipeline has a queue, and carries calls over one stream (stream) until that breaks: one goroutine writes
//     what has gathered, one reads answers. It makes one attempt. A call without an answer when its stream breaks, fails,
//     and may have happened; one that was not yet sent leaves with the next stream. A third goroutine looks for calls that
//     have waited for longer than their patience, which then fail alone, and breaks the stream when the server shows no sign
//     of life (watch).
//   - Answer, or not. What a server says it could not do yet, and what it has not answered, the call tries again by itself
//     (retry, write, attempt), after a pause, with the request id that it had. Before that it notes in the map that the server could
//     not answer for its shard (moved): then the shard is asked of the leader that a redirect has named, or of the next server in
//     turn. Other calls, and other shards, go on where they were.
//   - Newer map. One goroutine asks for the map again while calls go on with the old one (follow): when a redirect tells of a
//     newer one, when it is not known who leads a shard, and from time to time. Links to servers that are not in it are given up.
//
// A write has a client id that no other write uses at that time, of those that the Clerk has for its shard (sessions), for
// each shard remembers its own clients. It comes back when the outcome is certain, and is never used again otherwise.
//
// # Use
//
// What a caller can do wrong: call without a deadline and wait for a server that never comes back; repeat
// a write whose error says that it may have happened, and so do it twice (ExpectVersion protects from
// that); close the Clerk while calls are in flight. Keys and values that are passed in may be changed
// again as soon as the call has returned.
//
// Errors are gRPC statuses: status.Code(err) is a code of the contract's table. When the context has
// ended, errors.Is(err, context.DeadlineExceeded) and errors.Is(err, context.Canceled) hold as well. A
// key that does not exist is no error.
//
// Tests can have servers in their own process: see the package inprocess.
package raftkv

import (
	"context"
	"errors"
	"sync/atomic"

	"google.golang.org/grpc"

	"numstore.example/contracts/raftkvpb"
)

// Clerk calls one cluster. Its methods may be called from any number of goroutines.
type Clerk struct {
	named    []string // the servers that Dial got
	now      atomic.Pointer[shardMap]
	learning chan struct{} // full while a server is asked for the first map
	newer    chan string   // has a server that has told of a newer map
	turns    atomic.Uint64 // of reads that any server may answer
	used     atomic.Bool   // whether there were calls since follow has looked last
	followed chan struct{} // closed when follow has ended
	links    *links
	sessions sessions
	calls    calls
	closing  context.Context // ends when Close is called, with errClosed
	close    context.CancelCauseFunc
}

// Dial returns a Clerk for the cluster that has these servers; one is enough. Each is "host:port", or "unix:/path" for
// a socket, or a target of gRPC with its scheme ("dns:///name:port"); an error names the first that is none of these.
// It does not wait for a connection. The options must have transport credentials; they overrule the Clerk's own, which
// notice a dead server within half a minute, and try to reach it again every second. Messages may have any length in any
// case. A stats handler must not keep messages: the Clerk uses them again.
func Dial(servers []string, options ...grpc.DialOption) (*Clerk, error) {
	if len(servers) == 0 {
		return nil, errors.New("there is no server to call; name at least one, as host:port")
	}
	c := &Clerk{learning: make(chan struct{}, 1), newer: make(chan string, 1), followed: make(chan struct{})}
	for _, name := range servers {
		server, _, err := resolve(name)
		if err != nil {
			return nil, err
		}
		c.named = append(c.named, server)
	}
	c.now.Store(unknownMap(c.named))
	c.closing, c.close = context.WithCancelCause(context.Background())
	c.links = newLinks(c.closing, options)
	go c.follow()
	for _, server := range c.named {
		if _, err := c.links.to(server); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	return c, nil
}

// Close fails the calls in flight with CANCELLED and frees the connections. Calls that come later fail
// likewise.
func (c *Clerk) Close() error {
	c.close(errClosed)
	<-c.followed
	return c.links.close()
}

// Value is what Get found.
type Value struct {
	Found   bool // whether the key exists; the other fields are empty if not
	Value   []byte
	Version uint64 // the number of the key's last change, 1 or greater
}

// Get returns the value of a key. A missing key is no error.
func (c *Clerk) Get(ctx context.Context, key []byte, options ...ReadOption) (Value, error) {
	if err := checkKey(key); err != nil {
		return Value{}, err
	}
	shard, err := c.locate(ctx, key)
	if err != nil {
		return Value{}, err
	}
	call := c.calls.take()
	defer c.calls.give(call)
	call.setGet(key)
	call.any = anyone(options)
	err = c.retry(ctx, func() error {
		_, err := c.piped(ctx, shard, call)
		return err
	})
	if err != nil {
		return Value{}, err
	}
	r := call.answer.GetGet()
	return Value{Found: r.GetFound(), Value: r.GetValue(), Version: r.GetVersion()}, nil
}

// PutResult is what Put did.
type PutResult struct {
	Version  uint64 // the key's from now on
	Existed  bool   // whether the key existed before
	Previous []byte // the value before, if ReturnPrevious was asked for
}

// Put sets a key to a value, whether or not it existed.
func (c *Clerk) Put(ctx context.Context, key, value []byte, options ...WriteOption) (PutResult, error) {
	r, err := c.put(ctx, key, value, choose(options))
	return PutResult{Version: r.GetVersion(), Existed: r.GetExisted(), Previous: r.GetPrevious()}, err
}

// AppendResult is what Append did.
type AppendResult struct {
	Previous []byte // the value before; empty when the key was missing
	Version  uint64 // the key's from now on
	Existed  bool   // whether the key existed before
}

// Append puts bytes at the end of the value of a key. A missing key counts as empty, and is made.
func (c *Clerk) Append(ctx context.Context, key, value []byte, options ...WriteOption) (AppendResult, error) {
	r, err := c.append(ctx, key, value, choose(options))
	return AppendResult{Previous: r.GetPrevious(), Version: r.GetVersion(), Existed: r.GetExisted()}, err
}

// DeleteResult is what Delete did.
type DeleteResult struct {
	Existed  bool   // whether the key existed before
	Previous []byte // the value before, if ReturnPrevious was asked for
}

// Delete removes a key. That it does not exist is no error.
func (c *Clerk) Delete(ctx context.Context, key []byte, options ...WriteOption) (DeleteResult, error) {
	if err := checkKey(key); err != nil {
		return DeleteResult{}, err
	}
	call := c.calls.take()
	defer c.calls.give(call)
	call.setDelete(key, choose(options))
	if err := c.writePipelined(ctx, key, call); err != nil {
		return DeleteResult{}, err
	}
	r := call.answer.GetDelete()
	return DeleteResult{Existed: r.GetExisted(), Previous: r.GetPrevious()}, nil
}

// Stat returns counters and the state of the server that the Clerk is connected with.
func (c *Clerk) Stat(ctx context.Context) (response *raftkvpb.StatResponse, err error) {
	var call lone
	err = c.retry(ctx, func() error {
		return c.alone(ctx, &call, func(a *attempt, l *link) (err error) {
			response, err = l.client.Stat(a, &raftkvpb.StatRequest{})
			return err
		})
	})
	return response, err
}

// Topology returns which shards there are and where.
func (c *Clerk) Topology(ctx context.Context) (response *raftkvpb.TopologyResponse, err error) {
	var call lone
	err = c.retry(ctx, func() error {
		return c.alone(ctx, &call, func(a *attempt, l *link) (err error) {
			response, err = l.client.Topology(a, &raftkvpb.TopologyRequest{})
			return err
		})
	})
	return response, err
}
