package pipeline

import (
	"errors"
	"io"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/node"
)

// read is the reader.
func (p *pipeline) read() {
	for p.awaitRoom() {
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

// awaitRoom waits until another message may be read.
func (p *pipeline) awaitRoom() bool {
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

// part is what a message has for one lane.
type part struct {
	lane   *lane
	gets   []getting
	writes *pipelined
	ids    []kv.RequestID
}

// start proposes the writes of a message, and hands its gets to the getters.
func (p *pipeline) start(operations []*raftkvpb.Operation) {
	var parts []part
	var refused []answered
	for i, operation := range operations {
		if err := p.sort(operation, len(operations)-i, &parts); err != nil {
			p.Calls.Refused(operation, err)
			refused = append(refused, answered{answer: refusedAnswer(operation.GetTag(), err)})
		}
	}
	p.finish(refused...)
	for i := range parts {
		p.enqueue(parts[i].lane, parts[i].gets)
		if len(parts[i].ids) > 0 {
			p.propose(parts[i].writes, encode(parts[i].writes.writes, parts[i].ids))
		}
	}
}

// sort puts an operation to others for its group, or says why it is refused. So many more may follow.
func (p *pipeline) sort(operation *raftkvpb.Operation, more int, parts *[]part) error {
	if get, ok := operation.GetOperation().(*raftkvpb.Operation_Get); ok {
		key := get.Get.GetKey()
		if err := p.Limits.CheckKey(key); err != nil {
			return err
		}
		part, err := p.partFor(key, parts)
		if err == nil {
			err = p.claim(part.lane, 0)
		}
		if err != nil {
			return err
		}
		part.gets = append(part.gets, getting{operation.GetTag(), get.Get})
		return nil
	}
	write, id, err := p.Limits.CheckOperation(operation)
	if err == nil {
		err = p.Admit(write)
	}
	if err != nil {
		return err
	}
	part, err := p.partFor(write.Key, parts)
	if err != nil {
		return err
	}
	size := len(write.Key) + len(write.Value)
	if err := p.claim(part.lane, size); err != nil {
		return err
	}
	if part.ids == nil {
		part.writes = &pipelined{lane: part.lane, tags: make([]uint64, 0, more), writes: make([]kv.Write, 0, more)}
		part.ids = make([]kv.RequestID, 0, more)
	}
	part.writes.tags = append(part.writes.tags, operation.GetTag())
	part.writes.writes = append(part.writes.writes, write)
	part.ids = append(part.ids, id)
	part.writes.claimed += size
	return nil
}

// partFor returns the part of a message that a key belongs to, or why the key's operation is refused.
func (p *pipeline) partFor(key []byte, parts *[]part) (*part, error) {
	group, err := p.Group(key)
	if err != nil {
		return nil, err
	}
	for i := range *parts {
		if part := &(*parts)[i]; part.lane.group == group {
			return part, nil
		}
	}
	*parts = append(*parts, part{lane: p.laneOf(group)})
	return &(*parts)[len(*parts)-1], nil
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
	size := sizeOf(commands)
	p.hold(w, size)
	w.began = time.Now()
	w.lane.group.Propose(&node.Proposal{Commands: commands, Done: func(replies [][]byte, err error) {
		w.replies, w.err = cloned(replies), err
		p.settled(w)
	}})
}

// hold counts writes that are proposed, and their bytes, which are kept until their answers were sent.
func (p *pipeline) hold(w *pipelined, size int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w.size += size
	p.held += size
}

// settled has the outcome of writes sent. Their replies are kept until then too.
func (p *pipeline) settled(w *pipelined) {
	p.Calls.WritesTook.Add(len(w.tags), time.Since(w.began))
	p.mu.Lock()
	defer p.mu.Unlock()
	replies := sizeOf(w.replies)
	w.size += replies
	p.held += replies
	p.count(w.lane, -len(w.tags), -w.claimed)
	p.ready = append(p.ready, answered{writes: w})
	p.changed.Broadcast()
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
