package pipeline

import (
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/server/wire"
)

// lane is a group's part of a stream. Its fields are under the lock of the pipeline.
type lane struct {
	group  node.Group
	gets   []getting // to be done
	since  time.Time // when the first of them came
	waits  int       // operations that the group has not answered, if there are other groups
	awaits int       // bytes of the writes among them
}

type getting struct {
	tag     uint64
	request *raftkvpb.GetRequest
}

// share is the greatest part of what is left of a stream's bounds by other lanes that may wait for one group: three of
// four. So groups that are stuck always leave room for another.
func share(left int) int { return left - left/4 }

// laneOf returns the lane of a group, and begins it if need be.
func (p *pipeline) laneOf(group node.Group) *lane {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.lanes {
		if l.group == group {
			return l
		}
	}
	l := &lane{group: group}
	p.lanes = append(p.lanes, l)
	if !p.aborted { // or nobody would wait for these to end
		p.getters.Go(func() { p.recovering(func() { p.get(l) }) })
		go p.watchGroup(group)
	}
	return l
}

// claim takes room in a lane for an operation, and for the bytes of a write. When there are other groups, it refuses what
// is more than the lane's share.
func (p *pipeline) claim(l *lane, bytes int) error {
	if p.alone {
		return nil // without the lock, which each operation would take
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	operations, held := share(MaxOperations-(p.waits-l.waits)), share(maxHeld-(p.awaits-l.awaits))
	if l.waits >= operations || l.awaits > 0 && l.awaits+bytes > held {
		return status.Errorf(codes.ResourceExhausted,
			"%d operations of this stream wait for the key's shard already, and others need the rest; nothing happened now: try again later", l.waits)
	}
	p.count(l, 1, bytes)
	return nil
}

// count adds to what waits for a lane's group, if there are others. The lock is held.
func (p *pipeline) count(l *lane, operations, bytes int) {
	if p.alone {
		return
	}
	l.waits += operations
	l.awaits += bytes
	p.waits += operations
	p.awaits += bytes
}

// watchGroup gives the stream up when a group has failed, which may never tell of what was proposed. The contract says
// what that tells of writes.
func (p *pipeline) watchGroup(group node.Group) {
	select {
	case <-group.Failed():
		p.abort(wire.ReadStatus(group.Failure(), nil)) // which is no redirect
	case <-p.over:
	}
}

func (p *pipeline) enqueue(l *lane, gets []getting) {
	if len(gets) == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(l.gets) == 0 {
		l.since = time.Now()
	}
	l.gets = append(l.gets, gets...)
	p.changed.Broadcast()
}

// get is the getter of a lane.
func (p *pipeline) get(l *lane) {
	for {
		gets, since := p.awaitGets(l)
		if gets == nil {
			return
		}
		keys := make([][]byte, len(gets))
		for i := range gets {
			keys[i] = gets[i].request.GetKey()
		}
		timed := false
		done := func(i int, record kv.Record, found bool, err error) bool {
			if !timed { // what a client does not take makes the others wait
				p.Calls.GetsTook.Add(len(gets), time.Since(since))
				timed = true
			}
			return p.give(l, p.getAnswer(gets[i], record, found, err))
		}
		if err := l.group.GetAll(p.ctx, keys, done); err != nil {
			for i := range gets {
				done(i, kv.Record{}, false, err)
			}
		}
	}
}

// give has the answer to a get sent, and waits until the values that lie ready are not too many. It returns false when
// nobody waits for answers any more.
func (p *pipeline) give(l *lane, answer *raftkvpb.Answer) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count(l, -1, 0)
	p.ready = append(p.ready, answered{answer: answer})
	p.bytes += len(answer.GetGet().GetValue())
	p.changed.Broadcast()
	for p.bytes >= answerBytes && !p.aborted {
		p.changed.Wait()
	}
	return !p.aborted
}

// awaitGets waits for gets of a lane, and takes all that there are. It returns since when the first has waited, and nil at the
// end of the stream.
func (p *pipeline) awaitGets(l *lane) (gets []getting, since time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(l.gets) == 0 && !p.aborted && !(p.ended && p.inFlight == 0) {
		p.changed.Wait()
	}
	gets = l.gets
	l.gets = nil
	if p.aborted {
		return nil, since
	}
	return gets, l.since
}

// getAnswer is the answer to a get.
func (p *pipeline) getAnswer(get getting, record kv.Record, found bool, err error) *raftkvpb.Answer {
	response, err := p.Calls.Got(get.request.GetKey(), record, found, err)
	if err != nil {
		return refusedAnswer(get.tag, err)
	}
	return &raftkvpb.Answer{Tag: get.tag, Answer: &raftkvpb.Answer_Get{Get: response}}
}
