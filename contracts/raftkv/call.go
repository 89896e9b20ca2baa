package raftkv

import (
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
)

// call is one operation on the pipeline. It has the messages of every kind of operation in itself, and a
// copy of key and value, so that it can be used again without making anything new, and so that a caller
// may go away while the operation is being written.
type call struct {
	operation raftkvpb.Operation
	kind      kind
	get       raftkvpb.GetRequest
	put       raftkvpb.PutRequest
	append    raftkvpb.AppendRequest
	delete    raftkvpb.DeleteRequest
	asGet     raftkvpb.Operation_Get
	asPut     raftkvpb.Operation_Put
	asAppend  raftkvpb.Operation_Append
	asDelete  raftkvpb.Operation_Delete
	option    WriteOption
	data      []byte // key and value

	state atomic.Uint32
	done  chan struct{} // gets one element when what follows is set

	any      bool // see whom
	patience patience
	wait     time.Duration // of this attempt, for an answer; 0 for ever

	answer *raftkvpb.Answer
	err    error // why there is no answer
	doubt  bool  // without an answer, or with an error for one: it may have happened
}

// kind is which of the four operations a call is.
type kind uint8

const (
	kindNone kind = iota
	kindGet
	kindPut
	kindAppend
	kindDelete
)

// The states of a call. The caller abandons it, the writer sends it, whoever is first.
const (
	queued uint32 = iota
	sent
	abandoned
)

func newCall() *call {
	c := &call{done: make(chan struct{}, 1)}
	c.asGet.Get, c.asPut.Put, c.asAppend.Append, c.asDelete.Delete = &c.get, &c.put, &c.append, &c.delete
	return c
}

// calls is the calls of one Clerk that are not in use. Clerks do not share them, so that each can be used
// in a bubble of testing/synctest, which channels must not leave.
type calls struct {
	pool sync.Pool
}

func (p *calls) take() *call {
	if c, ok := p.pool.Get().(*call); ok {
		return c
	}
	return newCall()
}

// give takes a call back, unless the pipeline may still know it.
func (p *calls) give(c *call) {
	if c.state.Load() == abandoned {
		return
	}
	c.answer, c.err, c.patience, c.any = nil, nil, 0, false
	if cap(c.data) > 64<<10 {
		c.data = nil
	}
	p.pool.Put(c)
}

// hold copies key and value.
func (c *call) hold(k, v []byte) (key, value []byte) {
	c.data = append(append(c.data[:0], k...), v...)
	return c.data[:len(k):len(k)], c.data[len(k):]
}

func (c *call) setGet(key []byte) {
	c.kind, c.operation.Operation = kindGet, &c.asGet
	c.get.Key, _ = c.hold(key, nil)
}

func (c *call) setPut(key, value []byte, option WriteOption) {
	c.kind, c.operation.Operation, c.option = kindPut, &c.asPut, option
	c.put.Key, c.put.Value = c.hold(key, value)
	c.put.ExpectedVersion, c.put.ReturnPrevious = c.option.expected(), option.previous
}

func (c *call) setAppend(key, value []byte, option WriteOption) {
	c.kind, c.operation.Operation, c.option = kindAppend, &c.asAppend, option
	c.append.Key, c.append.Value = c.hold(key, value)
	c.append.ExpectedVersion = c.option.expected()
}

func (c *call) setDelete(key []byte, option WriteOption) {
	c.kind, c.operation.Operation, c.option = kindDelete, &c.asDelete, option
	c.delete.Key, _ = c.hold(key, nil)
	c.delete.ExpectedVersion, c.delete.ReturnPrevious = c.option.expected(), option.previous
}

// setID gives a write its request id.
func (c *call) setID(id *raftkvpb.RequestId) {
	switch c.kind {
	case kindPut:
		c.put.RequestId = id
	case kindAppend:
		c.append.RequestId = id
	case kindDelete:
		c.delete.RequestId = id
	}
}

// begin makes a call ready for an attempt.
func (c *call) begin() {
	c.state.Store(queued)
	c.answer, c.err, c.doubt = nil, nil, false
}

// size is about how many bytes the call takes in a message.
func (c *call) size() int { return len(c.data) + 64 }

// send marks the call as sent. It returns false if the caller has gone.
func (c *call) send() bool {
	return c.state.CompareAndSwap(queued, sent) || c.state.Load() == sent
}

// abandon marks the call as one that nobody waits for, and reports whether it was sent.
func (c *call) abandon() bool {
	if c.state.CompareAndSwap(queued, abandoned) {
		return false
	}
	c.state.Store(abandoned)
	return true
}

// finish tells the caller that the call is over.
func (c *call) finish() { c.done <- struct{}{} }

// fail ends the call without an answer.
func (c *call) fail(err error) {
	c.err = err
	c.finish()
}

// outcome returns nil if the call, which is done, has an answer of its kind. Otherwise maybe says whether
// it may have happened.
func (c *call) outcome() (maybe bool, err error) {
	if c.err != nil {
		return c.doubt, c.err
	}
	if e := c.answer.GetError(); e != nil {
		err := answerError(e)
		return c.doubt || perhaps(err), err
	}
	if kindOf(c.answer) != c.kind {
		return true, status.Errorf(codes.Internal, "the server answered with %T, which is of another kind than the call", c.answer.GetAnswer())
	}
	return false, nil
}

func kindOf(answer *raftkvpb.Answer) kind {
	switch answer.GetAnswer().(type) {
	case *raftkvpb.Answer_Get:
		return kindGet
	case *raftkvpb.Answer_Put:
		return kindPut
	case *raftkvpb.Answer_Append:
		return kindAppend
	case *raftkvpb.Answer_Delete:
		return kindDelete
	}
	return kindNone
}

// answerError returns the error of an answer as the status that it would be outside of the pipeline.
func answerError(e *raftkvpb.Error) error {
	if codes.Code(e.GetCode()) == codes.OK {
		return status.Errorf(codes.Internal, "the server answered with an error that has the code of none: %s", e.GetMessage())
	}
	s := status.New(codes.Code(e.GetCode()), e.GetMessage())
	if r := e.GetRedirect(); r != nil {
		if with, err := s.WithDetails(r); err == nil {
			s = with
		}
	}
	return s.Err()
}
