package peer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"

	"numstore.example/services/gossipkv/internal/node"
	"numstore.example/services/gossipkv/internal/peerpb"
	"numstore.example/services/internal/links"
)

const (
	// beatInterval is how often each side sends something, and maxSilence how many of these intervals may pass in which nothing comes. A process that
	// stands still itself for that long counts one.
	beatInterval, maxSilence = time.Second, 5
	// graceTime is how long a server that stops still takes part, as calls in flight finish, and lingerTime how long what waits may then
	// take to be sent.
	graceTime, lingerTime = 200 * time.Millisecond, time.Second
)

var (
	errSilent = fmt.Errorf("nothing has come for %v", maxSilence*beatInterval)
	errEnded  = errors.New("the other server has ended the link; it stops, or has another one")
)

// session is a stream that is the link to a server. One goroutine writes, one reads, one watches, and run sees that it ends. Open ends with the
// reason why it is to end: then nothing of the other server is taken any more. That may be before the stream ends, for what is to
// be sent last.
type session struct {
	greeting greeting // the other server's
	target   *target  // that was called, or nil
	number   uint64
	before   *session // in whose place it is, or nil
	link     *link    // of which it is, once it is entered
	stream   stream
	out      outgoing

	open   context.Context
	finish context.CancelCauseFunc
	down   chan struct{} // closed when the node knows that the link is down
	gone   chan struct{} // closed when the other server knows it too, or a while later
	heard  atomic.Bool   // something has come since it was last asked

	mu   sync.Mutex
	over bool // nothing is taken any more
}

func newSession(ctx context.Context, stream stream, other greeting, t *target) *session {
	s := &session{greeting: other, target: t, stream: stream, out: outgoing{Outbox: newOutbox()}, down: make(chan struct{}), gone: make(chan struct{})}
	s.open, s.finish = context.WithCancelCause(ctx)
	return s
}

// send queues a message, or says that there is no room.
func (s *session) send(message node.Message) bool {
	lane, size := laneOf(message)
	lost, _ := s.out.Put(lane, message, size)
	return !lost
}

// run is the life of a session that is entered, and returns why it is over. Cancel ends the stream, if this side can.
func (s *session) run(p *Peers, cancel context.CancelCauseFunc) *broken {
	server := s.greeting.server()
	if s.before != nil {
		<-s.before.down
		s.before = nil
	}
	p.node.LinkUp(s.greeting.Greeting)
	p.log.Info("linked to a server", "server", uint32(server), "address", p.addressOf(s))
	read, written := make(chan struct{}), make(chan struct{})
	go func() { // until the stream has ended
		defer close(read)
		s.finish(s.read(p))
	}()
	go func() {
		defer close(written)
		s.write()
	}()
	var beside sync.WaitGroup
	beside.Go(s.watch)
	select {
	case <-s.open.Done():
	case <-p.config.Stopping:
		links.Sleep(s.open, graceTime)
		s.finish(errStopping)
	}
	beside.Wait()
	why := context.Cause(s.open)
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
	p.node.LinkDown(server)
	p.ended(s, why)
	close(s.down)
	if why == errCut || why == errStopping {
		s.linger(why, read, written)
	}
	close(s.gone)
	cancel(why)
	return &broken{why}
}

// linger waits until what is sent last has left, and until the other server has ended the stream, where that is for it to do.
func (s *session) linger(why error, read, written <-chan struct{}) {
	timer := time.NewTimer(lingerTime)
	defer timer.Stop()
	select {
	case <-written:
	case <-timer.C:
		return
	}
	hangUp, called := s.stream.(interface{ CloseSend() error })
	if called {
		hangUp.CloseSend()
	}
	if called || why == errCut {
		select {
		case <-read:
		case <-timer.C:
		}
	}
}

// write sends what is queued, until the session ends, and then what is to be sent last.
func (s *session) write() {
	for s.out.AwaitUnless(s.open, s.out.cutting.More()) {
		if err := s.writeNext(); err != nil {
			s.finish(err)
		}
	}
	switch context.Cause(s.open) {
	case errCut:
		s.stream.Send(&peerpb.GossipMessage{Disconnect: true})
	case errStopping:
		for err := error(nil); err == nil && !(s.out.Empty() && !s.out.cutting.More()); {
			err = s.writeNext()
		}
	}
}

// writeNext sends a message of what is queued.
func (s *session) writeNext() error {
	message, err := s.out.next()
	if err != nil {
		return err
	}
	err = s.stream.Send(message)
	if errors.Is(err, io.EOF) {
		<-s.open.Done() // what is received says why
		return io.EOF
	}
	s.link.sent.Add(uint64(proto.Size(message)))
	return err
}

// watch sends a sign of life now and then, and ends the session when none comes.
func (s *session) watch() {
	for silence := 0; links.Sleep(s.open, beatInterval); {
		s.out.Put(urgentLane, node.Message{}, messageSize)
		if silence++; s.heard.Swap(false) {
			silence = 0
		}
		if silence >= maxSilence {
			s.finish(errSilent)
		}
	}
}

// read takes what comes until the stream ends, and returns why.
func (s *session) read(p *Peers) error {
	var joining links.Joiner
	for {
		message, err := s.stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return errEnded
		case err != nil:
			return err
		case message.GetDisconnect():
			p.cutBy(s)
			return errCutThere
		}
		s.heard.Store(true)
		s.link.last.Store(time.Now().UnixNano())
		s.link.received.Add(uint64(proto.Size(message)))
		for _, encoded := range message.GetMessages() {
			if err := s.take(p.node, encoded); err != nil {
				return err
			}
		}
		if err := s.join(p.node, &joining, message.GetPart()); err != nil {
			return err
		}
	}
}

// join takes a part, if there is one.
func (s *session) join(node Node, joining *links.Joiner, part *peerpb.Part) error {
	if part == nil {
		return nil
	}
	encoded, complete, err := joining.Add(part.GetData(), part.GetLast())
	if err != nil || !complete {
		return err
	}
	whole := new(peerpb.Message)
	if err := proto.Unmarshal(encoded, whole); err != nil {
		return &invalid{err}
	}
	return s.take(node, whole)
}

// take hands a message to the node.
func (s *session) take(node Node, encoded *peerpb.Message) error {
	message, err := decode(encoded)
	if err != nil {
		return &invalid{err}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over {
		node.Receive(s.greeting.server(), message)
	}
	return nil
}

// addressOf returns where the server of a session is, or "".
func (p *Peers) addressOf(s *session) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return s.link.address
}

// cutBy is told that an operator has ended a link at the other server.
func (p *Peers) cutBy(s *session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if server := s.greeting.server(); p.table.sessionOf(server) == s {
		p.table.cut(server, "")
	}
}

// ended is told that a session is over, and why.
func (p *Peers) ended(s *session, why error) {
	p.mu.Lock()
	p.table.leave(s, &broken{why})
	p.mu.Unlock()
	server, reason := s.greeting.server(), reasonOf(why)
	switch {
	case errors.Is(why, errCut), errors.Is(why, errEnded), errors.Is(why, errReplaced), errors.Is(why, errStopping), errors.Is(why, errUnwelcome):
		p.log.Info("the link to a server is over", "server", uint32(server), "reason", reason)
	default:
		p.notices.Once(p.log, fmt.Sprint(server), "the link to a server is broken", "server", uint32(server), "reason", reason)
	}
}
