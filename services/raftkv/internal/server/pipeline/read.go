package pipeline

import (
	"errors"
	"io"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/node"
)

// read is the reader.
func (p *pipeline) read() {
	for p.admitted() {
		request, err := p.stream.Recv()
		if errors.Is(err, io.EOF) {
			p.end(nil) // the client has nothing more to ask
			return
		}
		if err != nil {
			p.abort(err)
			return
		}
		if err := checkMessage(request); err != nil {
			p.end(err)
			return
		}
		if !p.take(len(request.GetOperations())) {
			return
		}
		p.start(request.GetOperations())
	}
}

// checkMessage checks a message of a pipeline: each operation takes memory, however short it is.
func checkMessage(r *raftkvpb.PipelineRequest) error {
	if n := len(r.GetOperations()); n > MaxOperations {
		return status.Errorf(codes.InvalidArgument, "the message has %d operations; it may have at most %d", n, MaxOperations)
	}
	return nil
}

// admitted waits until another message may be read.
func (p *pipeline) admitted() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for (p.inFlight >= MaxOperations || p.held >= maxHeld) && !p.ended {
		p.changed.Wait()
	}
	return !p.ended
}

// take counts operations that were read, unless they came too late: then nobody waits for their answers.
func (p *pipeline) take(n int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return false
	}
	p.inFlight += n
	return true
}

// start proposes the writes of a message, and hands its gets to the getter.
func (p *pipeline) start(operations []*raftkvpb.Operation) {
	var (
		gets    []getting
		refused []answered
		writes  = &pipelined{}
		ids     []kv.RequestID
	)
	refuse := func(operation *raftkvpb.Operation, err error) {
		p.Calls.Refused(operation, err)
		refused = append(refused, answered{answer: refusedAnswer(operation.GetTag(), err)})
	}
	for i, operation := range operations {
		tag := operation.GetTag()
		if get, ok := operation.GetOperation().(*raftkvpb.Operation_Get); ok {
			if err := p.Limits.CheckKey(get.Get.GetKey()); err != nil {
				refuse(operation, err)
				continue
			}
			gets = append(gets, getting{tag, get.Get})
			continue
		}
		write, id, err := p.Limits.CheckOperation(operation)
		if err == nil {
			err = p.Admit(write)
		}
		if err != nil {
			refuse(operation, err)
			continue
		}
		if ids == nil {
			writes.grow(len(operations) - i)
			ids = make([]kv.RequestID, 0, len(operations)-i)
		}
		writes.tags = append(writes.tags, tag)
		writes.writes = append(writes.writes, write)
		ids = append(ids, id)
	}
	p.finish(refused...)
	p.enqueue(gets)
	if len(ids) > 0 {
		p.propose(writes, encode(writes.writes, ids))
	}
}

// commandOverhead is the most that an encoded command has beside a key and a value, in bytes.
const commandOverhead = 64

// encode makes a command of each write. They share one buffer.
func encode(writes []kv.Write, ids []kv.RequestID) [][]byte {
	size := 0
	for i := range writes {
		size += commandOverhead + len(writes[i].Key) + len(writes[i].Value)
	}
	buffer, commands := make([]byte, 0, size), make([][]byte, len(writes))
	for i := range writes {
		command := kv.Command{Request: ids[i], Writes: writes[i : i+1]}
		start := len(buffer)
		buffer = command.AppendTo(buffer)
		commands[i] = buffer[start:len(buffer):len(buffer)]
	}
	return commands
}

// propose has writes executed, and answers when that is done.
func (p *pipeline) propose(w *pipelined, commands [][]byte) {
	p.hold(w, sizeOf(commands))
	p.Group(nil).Propose(&node.Proposal{Commands: commands, Done: func(replies [][]byte, err error) {
		w.replies, w.err = cloned(replies), err
		p.hold(w, sizeOf(replies))
		p.finish(answered{writes: w})
	}})
}

// cloned copies replies: they are parts of those to the whole entry, which may be many times as long, and these stay
// until the client takes them.
func cloned(replies [][]byte) [][]byte {
	buffer, clones := make([]byte, 0, sizeOf(replies)), make([][]byte, len(replies))
	for i, reply := range replies {
		start := len(buffer)
		buffer = append(buffer, reply...)
		clones[i] = buffer[start:len(buffer):len(buffer)]
	}
	return clones
}

func sizeOf(parts [][]byte) (size int) {
	for _, part := range parts {
		size += len(part)
	}
	return size
}

// hold counts bytes that are kept until the answers to the writes of a message were sent.
func (p *pipeline) hold(w *pipelined, size int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w.size += size
	p.held += size
}

func (p *pipeline) enqueue(gets []getting) {
	if len(gets) == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gets = append(p.gets, gets...)
	p.changed.Broadcast()
}
