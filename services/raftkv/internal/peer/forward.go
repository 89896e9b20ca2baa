package peer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"google.golang.org/grpc"

	"numstore.example/services/internal/links"
	"numstore.example/services/raftkv/internal/peerpb"
)

const (
	// maxAsked is how many proposals and reads may be on their way to a node, or wait here for one that has asked;
	// maxAskedBytes is the same in bytes, one more excepted. What is more is ErrBusy.
	maxAsked, maxAskedBytes = 8192, 64 << 20
	// beatInterval is how often a node is asked whether it is there while something is asked of it; after maxSilence times
	// without any answer it is given up.
	beatInterval, maxSilence = time.Second, 3
)

// asked is a proposal or a read for another node.
type asked struct {
	proposal *peerpb.Proposal // or else:
	read     *peerpb.Read
	size     int
	settle   func(answer) // called once; it must be quick
	tag      uint64
	settled  bool
}

// answer is how what was asked has ended.
type answer struct {
	replies [][]byte
	records []*peerpb.Record
	err     error
}

// forwarder asks one other node. What is asked waits in queue, in its order, until the stream takes it, and then in sent until it is answered.
//
// run is the goroutine that opens streams and writes to them; beside each stream, one reads the answers and one
// watches whether they come.
type forwarder struct {
	link *link
	some chan struct{} // has one token if there may be something to be sent

	mu       sync.Mutex
	queue    []*asked
	sent     map[uint64]*asked
	count    int // of both, without those that are forgotten
	bytes    int
	tag      uint64 // the last one
	beat     bool   // a beat is to be sent
	answered bool   // something came since the last beat
	closed   bool
}

func newForwarder(l *link) *forwarder {
	return &forwarder{link: l, some: make(chan struct{}, 1), sent: make(map[uint64]*asked)}
}

// ask has the node asked. It does not wait.
func (f *forwarder) ask(a *asked) {
	if err := f.enqueue(a); err != nil {
		a.settle(answer{err: err})
	}
}

func (f *forwarder) enqueue(a *asked) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.closed:
		return nobody()
	case f.count >= maxAsked || f.bytes >= maxAskedBytes:
		return busy(f.link.id)
	}
	f.tag++
	a.tag = f.tag
	if a.read != nil {
		a.read.Tag = a.tag
	} else {
		a.proposal.Tag = a.tag
	}
	f.count++
	f.bytes += a.size
	f.queue = append(f.queue, a)
	f.tell()
	return nil
}

func (f *forwarder) tell() {
	select {
	case f.some <- struct{}{}:
	default:
	}
}

// forget gives up what nobody waits for any more. It is not settled then.
func (f *forwarder) forget(a *asked) { f.end(a) }

// end says whether this is the end of what was asked, which has not ended before.
func (f *forwarder) end(a *asked) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if a.settled {
		return false
	}
	a.settled = true
	f.count--
	f.bytes -= a.size
	delete(f.sent, a.tag)
	return true
}

// finish settles what was asked, unless it has ended.
func (f *forwarder) finish(a *asked, with answer) {
	if f.end(a) {
		a.settle(with)
	}
}

// run sends what is asked, until the context ends.
func (f *forwarder) run(ctx context.Context) {
	for f.await(ctx) {
		f.session(ctx)
	}
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.failQueued()
}

// await waits until something is to be sent.
func (f *forwarder) await(ctx context.Context) bool {
	for ctx.Err() == nil {
		f.mu.Lock()
		some := len(f.queue) > 0
		f.mu.Unlock()
		if some {
			return true
		}
		select {
		case <-f.some:
		case <-ctx.Done():
		}
	}
	return false
}

// session opens a stream, and asks on it until it breaks. Then it is not known of what was sent whether it has happened. If no
// stream can be opened, nothing of what waits has happened.
func (f *forwarder) session(ctx context.Context) {
	ctx, cancel := context.WithCancelCause(ctx)
	stream, err := opened(ctx, cancel, f.link, f.link.client.Forward)
	if err != nil {
		f.link.refused(err)
		f.failQueued()
		links.Sleep(ctx, links.LeastPause) // who asks again at once has to wait
		cancel(nil)
		return
	}
	var beside sync.WaitGroup
	beside.Go(func() { cancel(f.receive(stream)) })
	beside.Go(func() { f.watch(ctx, cancel) })
	if err := f.send(ctx, stream); !errors.Is(err, io.EOF) { // of an end, what is received says why
		cancel(err)
	}
	beside.Wait()
	why := context.Cause(ctx)
	if stops(why) {
		f.link.refused(why)
	}
	f.failSent(why)
}

// send writes what is asked.
func (f *forwarder) send(ctx context.Context, stream grpc.BidiStreamingClient[peerpb.ForwardRequest, peerpb.ForwardResponse]) error {
	var cutting cutter
	for {
		request := f.request(&cutting)
		for request == nil {
			select {
			case <-f.some:
				request = f.request(&cutting)
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err := stream.Send(request); err != nil {
			return err
		}
	}
}

// request makes a message of what waits, or of a part of that; nil when nothing does.
func (f *forwarder) request(cutting *cutter) *peerpb.ForwardRequest {
	f.mu.Lock()
	defer f.mu.Unlock()
	request, some := new(peerpb.ForwardRequest), f.beat
	f.beat = false
	if cutting.More() { // nothing overtakes it
		request.Piece = cutting.next()
		return request
	}
	size := 0
	for len(f.queue) > 0 && (size == 0 || size+f.queue[0].size <= links.MaxPiece) {
		a := f.queue[0]
		if f.queue = f.queue[1:]; a.settled {
			continue
		}
		size, some = size+a.size, true
		f.sent[a.tag] = a
		if a.read != nil {
			request.Reads = append(request.Reads, a.read)
		} else {
			request.Proposals = append(request.Proposals, a.proposal)
		}
	}
	if size > links.MaxPiece {
		cutting.begin(request)
		return &peerpb.ForwardRequest{Piece: cutting.next()}
	}
	if !some {
		return nil
	}
	return request
}

// watch asks whether the node is there as long as something is asked of it, and gives the stream up when nothing comes.
func (f *forwarder) watch(ctx context.Context, cancel context.CancelCauseFunc) {
	for silence := 0; links.Sleep(ctx, beatInterval); {
		f.mu.Lock()
		switch {
		case len(f.sent) == 0 || f.answered:
			silence = 0
		default:
			silence++
		}
		f.answered, f.beat = false, len(f.sent) > 0
		f.mu.Unlock()
		f.tell()
		if silence >= maxSilence {
			cancel(fmt.Errorf("it has not answered for %v", maxSilence*beatInterval))
			return
		}
	}
}

// receive takes answers until the stream breaks.
func (f *forwarder) receive(stream grpc.BidiStreamingClient[peerpb.ForwardRequest, peerpb.ForwardResponse]) error {
	var joining joiner
	for {
		response, err := stream.Recv()
		if err != nil {
			return err
		}
		f.mu.Lock()
		f.answered = true
		f.mu.Unlock()
		f.settle(response)
		joined := new(peerpb.ForwardResponse)
		complete, err := joining.add(response.GetPiece(), joined)
		if err != nil {
			return err
		}
		if complete {
			f.settle(joined)
		}
	}
}

// settle hands out answers.
func (f *forwarder) settle(response *peerpb.ForwardResponse) {
	for _, replies := range response.GetReplies() {
		f.answer(replies.GetTag(), replies.GetFailure(), answer{replies: replies.GetReplies()})
	}
	for _, records := range response.GetRecords() {
		f.answer(records.GetTag(), records.GetFailure(), answer{records: records.GetRecords()})
	}
}

func (f *forwarder) answer(tag uint64, failure *peerpb.Failure, with answer) {
	f.mu.Lock()
	a := f.sent[tag]
	f.mu.Unlock()
	if a == nil {
		return // nobody waits for it any more
	}
	if failure != nil {
		with = answer{err: errorOf(failure, f.link.id)}
	}
	f.finish(a, with)
}

// failQueued answers what was not sent.
func (f *forwarder) failQueued() {
	f.mu.Lock()
	queue := f.queue
	f.queue = nil
	f.mu.Unlock()
	for _, a := range queue {
		f.finish(a, answer{err: nobody()})
	}
}

// failSent answers what was sent and not answered.
func (f *forwarder) failSent(why error) {
	f.mu.Lock()
	var sent []*asked
	for _, a := range f.sent {
		sent = append(sent, a)
	}
	f.mu.Unlock()
	for _, a := range sent {
		f.finish(a, answer{err: perhaps(f.link.id, why)})
	}
}
