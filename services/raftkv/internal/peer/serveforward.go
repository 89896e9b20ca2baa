package peer

import (
	"context"
	"errors"
	"sync"
	"time"

	"google.golang.org/grpc"

	"numstore.example/services/internal/links"
	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/peerpb"
	"numstore.example/services/raftkv/internal/storage"
)

// serving is one stream of Forward, at the node that is asked. One goroutine reads it, the handler itself writes what
// answers there are; each read has a goroutine until it is answered, and each group of which something is asked one that
// watches whether it fails.
type serving struct {
	node     Node
	ctx      context.Context // ends with the stream, also when this side ends it
	some     chan struct{}   // has one token if something has changed
	stopping <-chan struct{}
	beside   sync.WaitGroup // goroutines that use the node

	mu       sync.Mutex
	proposed map[uint64]proposed // by tag
	reading  int
	bytes    int // of what is in both
	watched  map[node.Group]bool
	replies  []*peerpb.Replies
	records  []*peerpb.Records
	beats    bool // an empty message is to be answered
	ended    bool // nothing more comes
	closed   bool // nothing more may use the node
}

// proposed is a proposal that waits for its group.
type proposed struct {
	group node.Group
	size  int
}

type forwardStream = grpc.BidiStreamingServer[peerpb.ForwardRequest, peerpb.ForwardResponse]

// serveForward serves a stream until it ends, or until the server stops and all is answered.
func serveForward(n Node, stopping <-chan struct{}, stream forwardStream) error {
	ctx, cancel := context.WithCancel(stream.Context())
	s := &serving{
		node: n, ctx: ctx, stopping: stopping, some: make(chan struct{}, 1),
		proposed: make(map[uint64]proposed), watched: make(map[node.Group]bool),
	}
	go s.read(stream) // until the stream ends, which is when this returns
	err := s.send(stream)
	cancel()
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.beside.Wait() // nobody reads the store after the last call
	return err
}

func (s *serving) tell() {
	select {
	case s.some <- struct{}{}:
	default:
	}
}

// read takes what is asked.
func (s *serving) read(stream forwardStream) {
	var joining joiner
	for {
		request, err := stream.Recv()
		if err != nil {
			break
		}
		joined := new(peerpb.ForwardRequest)
		if _, err := joining.add(request.GetPiece(), joined); err != nil {
			break
		}
		if len(request.GetProposals())+len(request.GetReads()) == 0 && request.GetPiece() == nil {
			s.mu.Lock()
			s.beats = true
			s.mu.Unlock()
			s.tell()
		}
		s.start(request)
		s.start(joined)
	}
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.tell()
}

func (s *serving) start(request *peerpb.ForwardRequest) {
	for _, proposal := range request.GetProposals() {
		s.propose(proposal)
	}
	for _, read := range request.GetReads() {
		s.get(read)
	}
}

// stopped says whether the server takes no more.
func (s *serving) stopped() bool {
	select {
	case <-s.stopping:
		return true
	default:
		return false
	}
}

// admit makes room for a proposal or a read, or says why there is none. The lock is held.
func (s *serving) admit(size int) error {
	switch {
	case s.closed || s.stopped():
		return nobody()
	case len(s.proposed)+s.reading >= maxAsked || s.bytes >= maxAskedBytes:
		return node.ErrBusy
	}
	s.bytes += size
	return nil
}

func (s *serving) propose(p *peerpb.Proposal) {
	group, tag := s.node.Local(storage.ShardID(p.GetShard())), p.GetTag()
	if err := s.enter(tag, proposed{group, sizeOf(p.GetCommands())}); err != nil {
		s.replied(tag, nil, err)
		return
	}
	group.Propose(&node.Proposal{Commands: p.GetCommands(), Done: func(replies [][]byte, err error) { s.replied(tag, replies, err) }})
}

func (s *serving) enter(tag uint64, p proposed) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.admit(p.size); err != nil {
		return err
	}
	s.proposed[tag] = p
	if failed := p.group.Failed(); failed != nil && !s.watched[p.group] {
		s.watched[p.group] = true
		s.beside.Go(func() { s.watch(p.group, failed) })
	}
	return nil
}

// watch answers proposals of a group that has failed, which may never tell their end.
func (s *serving) watch(group node.Group, failed <-chan struct{}) {
	select {
	case <-failed:
	case <-s.ctx.Done():
		return
	}
	s.mu.Lock()
	delete(s.watched, group)
	var tags []uint64
	for tag, p := range s.proposed {
		if p.group == group {
			tags = append(tags, tag)
		}
	}
	s.mu.Unlock()
	for _, tag := range tags {
		s.replied(tag, nil, group.Failure())
	}
}

// replied has the end of a proposal sent, the first that is told.
func (s *serving) replied(tag uint64, replies [][]byte, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, waits := s.proposed[tag]
	if !waits && err == nil {
		return // its group had failed
	}
	delete(s.proposed, tag)
	s.bytes -= p.size
	s.replies = append(s.replies, &peerpb.Replies{Tag: tag, Replies: replies, Failure: failureOf(err)})
	s.tell()
}

func (s *serving) get(r *peerpb.Read) {
	size := sizeOf(r.GetKeys())
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.admit(size); err != nil {
		s.records = append(s.records, &peerpb.Records{Tag: r.GetTag(), Failure: failureOf(err)})
		s.tell()
		return
	}
	s.reading++
	s.beside.Go(func() { s.found(s.getAll(r), size) })
}

// maxRecords is about how many bytes of records answer a read.
const maxRecords = 1 << 20

// getAll reads the first of the keys: as many as are not too long together.
func (s *serving) getAll(r *peerpb.Read) *peerpb.Records {
	timeout := time.Duration(r.GetTimeout()) * time.Millisecond
	if timeout == 0 || timeout > maxReadTime {
		timeout = maxReadTime
	}
	ctx, cancel := context.WithTimeout(s.ctx, timeout)
	defer cancel()
	answer, size := &peerpb.Records{Tag: r.GetTag()}, 0
	err := s.node.Local(storage.ShardID(r.GetShard())).GetAll(ctx, r.GetKeys(), func(_ int, record kv.Record, found bool, err error) bool {
		answer.Records = append(answer.Records, &peerpb.Record{Found: found, Version: record.Version, Value: record.Value, Failure: failureOf(err)})
		size += keyOverhead + len(record.Value)
		return size < maxRecords
	})
	if err == nil && len(answer.Records) == 0 {
		err = errors.New("a read of no key")
	}
	if err != nil {
		return &peerpb.Records{Tag: r.GetTag(), Failure: failureOf(err)}
	}
	return answer
}

// found has the answer to a read sent.
func (s *serving) found(records *peerpb.Records, size int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reading--
	s.bytes -= size
	s.records = append(s.records, records)
	s.tell()
}

// send writes answers.
func (s *serving) send(stream forwardStream) error {
	var cutting cutter
	stopping := s.stopping
	for {
		response, over := s.response(&cutting)
		switch {
		case response != nil:
			if err := stream.Send(response); err != nil {
				return err
			}
			continue
		case over && s.stopped():
			return errStopping()
		case over:
			return nil
		}
		select {
		case <-s.some:
		case <-stopping:
			stopping = nil
		case <-s.ctx.Done():
			return s.ctx.Err()
		}
	}
}

// response makes a message of what answers there are, or of a part of that. It is nil when there are none; over says that
// none will come.
func (s *serving) response(cutting *cutter) (response *peerpb.ForwardResponse, over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	some := s.beats
	s.beats = false
	response = new(peerpb.ForwardResponse)
	size := 0
	fits := func(next int) bool { // one that is long needs pieces, of which there may be another's still
		return size == 0 && !cutting.More() || size+next <= links.MaxPiece
	}
	for len(s.replies) > 0 && fits(repliesSize(s.replies[0])) {
		size += repliesSize(s.replies[0])
		response.Replies = append(response.Replies, s.replies[0])
		s.replies = s.replies[1:]
	}
	for len(s.records) > 0 && fits(recordsSize(s.records[0])) {
		size += recordsSize(s.records[0])
		response.Records = append(response.Records, s.records[0])
		s.records = s.records[1:]
	}
	if size > links.MaxPiece {
		cutting.begin(response)
		response = new(peerpb.ForwardResponse)
	}
	response.Piece = cutting.next()
	if some || size > 0 || response.GetPiece() != nil {
		return response, false
	}
	return nil, len(s.proposed)+s.reading == 0 && (s.ended || s.stopped())
}

func repliesSize(replies *peerpb.Replies) int { return keyOverhead + sizeOf(replies.GetReplies()) }

func recordsSize(records *peerpb.Records) int {
	size := keyOverhead
	for _, record := range records.GetRecords() {
		size += keyOverhead + len(record.GetValue())
	}
	return size
}
