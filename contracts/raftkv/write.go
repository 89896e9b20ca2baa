package raftkv

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
)

// maxPipelined is the length of a key and value above which a write is a call of its own. On the pipeline
// everything behind it would wait until it is transferred, and a server that refuses the message for its
// length would refuse the whole stream. Servers take keys of at most this length.
const maxPipelined = 1 << 20

// checkKey refuses a key that no server takes, before it comes upon the pipeline.
func checkKey(key []byte) error {
	if len(key) > maxPipelined {
		return status.Errorf(codes.InvalidArgument, "the key is %d bytes long; no server takes more than %d", len(key), maxPipelined)
	}
	return nil
}

// WriteOption is a wish that a write comes with.
type WriteOption struct {
	expect   bool
	version  uint64
	previous bool
}

// ExpectVersion has the write done only if the key has this version, 0 meaning that it must not exist.
// Otherwise the write is refused with FAILED_PRECONDITION and changes nothing.
func ExpectVersion(version uint64) WriteOption {
	return WriteOption{expect: true, version: version}
}

// ReturnPrevious has Put and Delete return the value before. Append always does.
func ReturnPrevious() WriteOption {
	return WriteOption{previous: true}
}

// choose returns all options as one.
func choose(options []WriteOption) (all WriteOption) {
	for _, o := range options {
		if o.expect {
			all.expect, all.version = true, o.version
		}
		all.previous = all.previous || o.previous
	}
	return all
}

// expected returns the version as the messages have it, with none as nil.
func (o *WriteOption) expected() *uint64 {
	if !o.expect {
		return nil
	}
	return &o.version
}

func (c *Clerk) put(ctx context.Context, key, value []byte, option WriteOption) (*raftkvpb.PutResponse, error) {
	if len(key)+len(value) > maxPipelined {
		return c.putAlone(ctx, key, value, option)
	}
	call := c.calls.take()
	defer c.calls.give(call)
	call.setPut(key, value, option)
	if err := c.writePipelined(ctx, key, call); err != nil {
		return nil, err
	}
	return call.answer.GetPut(), nil
}

func (c *Clerk) putAlone(ctx context.Context, key, value []byte, option WriteOption) (response *raftkvpb.PutResponse, err error) {
	request := &raftkvpb.PutRequest{Key: key, Value: value, ExpectedVersion: option.expected(), ReturnPrevious: option.previous}
	shard, err := c.locate(ctx, key)
	if err != nil {
		return nil, notDone(err)
	}
	err = c.writeAlone(ctx, shard, len(value), func(ctx context.Context, client raftkvpb.RaftKVClient, id *raftkvpb.RequestId) (err error) {
		request.RequestId = id
		response, err = client.Put(ctx, request)
		return err
	})
	return response, err
}

func (c *Clerk) append(ctx context.Context, key, value []byte, option WriteOption) (*raftkvpb.AppendResponse, error) {
	if len(key)+len(value) > maxPipelined {
		return c.appendAlone(ctx, key, value, option)
	}
	call := c.calls.take()
	defer c.calls.give(call)
	call.setAppend(key, value, option)
	if err := c.writePipelined(ctx, key, call); err != nil {
		return nil, err
	}
	return call.answer.GetAppend(), nil
}

func (c *Clerk) appendAlone(ctx context.Context, key, value []byte, option WriteOption) (response *raftkvpb.AppendResponse, err error) {
	request := &raftkvpb.AppendRequest{Key: key, Value: value, ExpectedVersion: option.expected()}
	shard, err := c.locate(ctx, key)
	if err != nil {
		return nil, notDone(err)
	}
	err = c.writeAlone(ctx, shard, len(value), func(ctx context.Context, client raftkvpb.RaftKVClient, id *raftkvpb.RequestId) (err error) {
		request.RequestId = id
		response, err = client.Append(ctx, request)
		return err
	})
	return response, err
}

// writePipelined does a write of a key that is set in a call.
func (c *Clerk) writePipelined(ctx context.Context, key []byte, call *call) error {
	shard, err := c.locate(ctx, key)
	if err != nil {
		return notDone(err)
	}
	return c.write(ctx, shard, func(id *raftkvpb.RequestId) (maybe bool, err error) {
		call.setID(id)
		return c.piped(ctx, shard, call)
	})
}

// writeAlone does a write that is a call of its own, with so many bytes.
func (c *Clerk) writeAlone(ctx context.Context, shard, bytes int, send func(context.Context, raftkvpb.RaftKVClient, *raftkvpb.RequestId) error) error {
	call := lone{shard: shard, bytes: bytes}
	return c.write(ctx, shard, func(id *raftkvpb.RequestId) (maybe bool, err error) {
		err = c.alone(ctx, &call, func(a *attempt, l *link) error { return send(a, l.client, id) })
		return perhaps(err), err
	})
}

// notDone returns the error of a write that was not sent.
func notDone(err error) error {
	return new(pauses).outcome(context.Background(), err, false)
}

// write sends a write to a shard until its outcome is certain, or ctx ends. Send makes one attempt; maybe says of one
// that failed whether it may have happened nevertheless.
func (c *Clerk) write(ctx context.Context, shard int, send func(id *raftkvpb.RequestId) (maybe bool, err error)) error {
	var pauses pauses
	session := c.sessions.take(shard)
	for doubt := false; ; {
		maybe, err := send(&session.id)
		code := status.Code(err)
		if settles(code) {
			c.sessions.give(shard, session)
			return err
		}
		doubt = doubt || maybe
		if code == codes.NotFound && !doubt && session.id.GetSequence() > 1 {
			session = newSession() // the server has forgotten it, and with it nothing of this write
			continue
		}
		if pauses.again(err) {
			if err = pauses.wait(ctx, c.closing); err == nil {
				continue
			}
		}
		return pauses.outcome(ctx, err, doubt) // the session is of no more use: nobody knows if its number was used
	}
}

// settles reports whether a code is the outcome of a write that the server has remembered.
func settles(code codes.Code) bool {
	return code == codes.OK || code == codes.FailedPrecondition || code == codes.OutOfRange
}
