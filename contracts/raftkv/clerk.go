// Package raftkv is the Go client of raftkv, the store whose contract is contracts/raftkv.proto. A Clerk
// does what the contract asks of a client, so that its caller sees plain calls which either happened or
// say why not.
//
// What it promises:
//
//   - A write happens exactly once, however often the Clerk has to send it: it keeps its request id.
//   - A call ends when it has an answer, or when its context does, and not before: a server that is away
//     is waited for, and another one is tried if there is one. A call without a deadline may wait for ever.
//   - An error of a write says whether the write may have happened. Only an answer makes it certain.
//   - Calls that are in flight together travel together. A lone call leaves at once; what gathers while a
//     message is being written leaves as the next one. Many goroutines on one Clerk are therefore many
//     times cheaper than as many Clerks.
//
// What a caller can do wrong: call without a deadline and wait for a server that never comes back; repeat
// a write whose error says that it may have happened, and so do it twice (ExpectVersion protects from
// that); close the Clerk while calls are in flight. Keys and values that are passed in may be changed
// again as soon as the call has returned.
//
// Errors are gRPC statuses: status.Code(err) is a code of the contract's table. When the context has
// ended, errors.Is(err, context.DeadlineExceeded) and errors.Is(err, context.Canceled) hold as well. A
// key that does not exist is no error.
package raftkv

import (
	"context"
	"slices"

	"google.golang.org/grpc"

	"numstore.example/contracts/raftkvpb"
)

// Clerk calls one cluster. Its methods may be called from any number of goroutines.
type Clerk struct {
	route    *route
	pipeline *pipeline
	sessions sessions
	calls    calls
	closing  context.Context // ends when Close is called
	close    context.CancelFunc
}

// Dial returns a Clerk for the cluster that has these servers; one is enough. Each is "host:port", or "unix:/path" for
// a socket, or a target of gRPC with its scheme ("dns:///name:port"); an error names the first that is none of these.
// It does not wait for a connection. The options must have transport credentials; they overrule the Clerk's own, which
// notice a dead server within a minute, and try to reach it again every second. Messages may have any length in any
// case. A stats handler must not keep messages: the Clerk uses them again.
func Dial(servers []string, options ...grpc.DialOption) (*Clerk, error) {
	route, err := newRoute(servers, options)
	if err != nil {
		return nil, err
	}
	c := &Clerk{route: route}
	c.closing, c.close = context.WithCancel(context.Background())
	c.pipeline = startPipeline(c.closing, route)
	return c, nil
}

// Close fails the calls in flight with CANCELLED and frees the connections. Calls that come later fail
// likewise.
func (c *Clerk) Close() error {
	c.close()
	<-c.pipeline.stopped
	return c.route.close()
}

// Value is what Get found.
type Value struct {
	Found   bool // whether the key exists; the other fields are empty if not
	Value   []byte
	Version uint64 // the number of the key's last change, 1 or greater
}

// Get returns the value of a key. A missing key is no error.
func (c *Clerk) Get(ctx context.Context, key []byte) (Value, error) {
	if err := checkKey(key); err != nil {
		return Value{}, err
	}
	call := c.calls.take()
	defer c.calls.give(call)
	call.setGet(key)
	err := c.retry(ctx, func() error {
		_, err := c.pipeline.do(ctx, call)
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
	if err := c.writePipelined(ctx, call); err != nil {
		return DeleteResult{}, err
	}
	r := call.answer.GetDelete()
	return DeleteResult{Existed: r.GetExisted(), Previous: r.GetPrevious()}, nil
}

// Batch does several writes at one moment, all or none, in order; all keys must belong to one shard. It
// returns one result for each write. The writes have no request ids of their own.
func (c *Clerk) Batch(ctx context.Context, writes ...*raftkvpb.Write) (results []*raftkvpb.WriteResult, err error) {
	request := &raftkvpb.BatchRequest{Writes: slices.Clone(writes)}
	err = c.writeAlone(ctx, func(client raftkvpb.RaftKVClient, id *raftkvpb.RequestId) error {
		request.RequestId = id
		response, err := client.Batch(ctx, request)
		results = response.GetResults()
		return err
	})
	return results, err
}

// Stat returns counters and the state of the server that the Clerk is connected with.
func (c *Clerk) Stat(ctx context.Context) (response *raftkvpb.StatResponse, err error) {
	err = c.retry(ctx, func() error {
		return c.alone(func(client raftkvpb.RaftKVClient) (err error) {
			response, err = client.Stat(ctx, &raftkvpb.StatRequest{})
			return err
		})
	})
	return response, err
}

// Topology returns which shards there are and where.
func (c *Clerk) Topology(ctx context.Context) (response *raftkvpb.TopologyResponse, err error) {
	err = c.retry(ctx, func() error {
		return c.alone(func(client raftkvpb.RaftKVClient) (err error) {
			response, err = client.Topology(ctx, &raftkvpb.TopologyRequest{})
			return err
		})
	})
	return response, err
}
