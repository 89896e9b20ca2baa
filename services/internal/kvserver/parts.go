package kvserver

import (
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"numstore.example/services/internal/rpcserver"
)

// ScanChunk is how many bytes of keys and values go into a message; a pair of that size has one for itself.
const ScanChunk = 256 << 10

// Parts gathers pairs of a scan and sends them in messages of some size, of which one is on its way at a time: the next one is
// gathered meanwhile.
//
// P is a pair of the contract.
type Parts[P any] struct {
	stream  grpc.ServerStream
	message func([]P) proto.Message
	limit   uint64 // 0 for none
	count   uint64
	places  *Places
	place   *scanning

	pairs   []P
	size    int    // of pairs
	release func() // gives back the room of pairs, if not nil

	idle  chan struct{} // has an element when no message is on its way
	sent  func()        // gives back the room of the one that is
	timer *time.Timer
}

// NewParts takes a place for a scan. At most limit pairs are sent, any number if that is 0; message makes the contract's message of some.
func NewParts[P any](places *Places, stream grpc.ServerStream, limit uint64, message func([]P) proto.Message) (*Parts[P], error) {
	ctx := stream.Context()
	place, err := places.enterScan(clientOf(ctx))
	if err != nil {
		return nil, err
	}
	p := &Parts[P]{
		stream: stream, message: message, limit: limit, places: places, place: place,
		idle: make(chan struct{}, 1), timer: time.NewTimer(places.timeout),
	}
	p.idle <- struct{}{}
	// What is packed leaves its buffer early, and it would not be seen how much the client has taken.
	if err := grpc.SetSendCompressor(ctx, encoding.Identity); err != nil {
		p.Close()
		return nil, status.Errorf(codes.Internal, "sending a scan as it is: %v", err)
	}
	return p, nil
}

// Add adds a pair, whose key and value have so many bytes. It says whether there may be more.
func (p *Parts[P]) Add(pair P, size int) (more bool, err error) {
	if size >= ScanChunk {
		if err := p.flush(); err != nil {
			return false, err
		}
		if p.release, err = p.places.hold(p.stream.Context(), p.place, int64(size)); err != nil {
			return false, err
		}
	}
	p.pairs = append(p.pairs, pair)
	p.size += size
	p.count++
	if p.size >= ScanChunk {
		err = p.flush()
	}
	return p.limit == 0 || p.count < p.limit, err
}

// flush sends what has gathered, once the client has taken the message before it.
func (p *Parts[P]) flush() error {
	if len(p.pairs) == 0 {
		return nil
	}
	if err := p.await(); err != nil {
		return err
	}
	release := p.release
	if release == nil {
		release = func() {}
	}
	message := &rpcserver.Sent{Message: p.message(p.pairs), Written: func() {
		release()
		p.idle <- struct{}{}
	}}
	p.sent = release
	p.pairs, p.size, p.release = nil, 0, nil
	return p.stream.SendMsg(message)
}

// await waits until no message is on its way.
func (p *Parts[P]) await() error {
	p.timer.Reset(p.places.timeout)
	select {
	case <-p.idle:
		p.sent = nil
		return nil
	case <-p.stream.Context().Done():
		return status.FromContextError(p.stream.Context().Err()).Err()
	case <-p.timer.C:
		return status.Errorf(codes.ResourceExhausted,
			"the client took nothing of the scan for %v (--scan-timeout); go on after the last key that came (%s), which shows a later moment", p.places.timeout, p.places.resume)
	}
}

// End sends the rest, and waits until all is on its way to the client: until then it takes memory.
func (p *Parts[P]) End() error {
	if err := p.flush(); err != nil {
		return err
	}
	if err := p.await(); err != nil {
		return err
	}
	p.idle <- struct{}{}
	return nil
}

// Close leaves when no message is on its way any more, and gives back its room. A client that has ended a scan by
// taking nothing may go on to do so: when it has not taken that message after as long again, it is disconnected, because
// nothing else takes the message away from it.
func (p *Parts[P]) Close() {
	if p.release != nil {
		p.release()
	}
	free := func() {
		if p.sent != nil {
			p.sent()
		}
		p.places.leaveScan(p.place)
	}
	select {
	case <-p.idle:
		free()
		return
	default:
	}
	p.timer.Reset(p.places.timeout)
	go func() {
		select {
		case <-p.idle:
		case <-rpcserver.Disconnected(p.stream.Context()):
		case <-p.timer.C:
			rpcserver.Disconnect(p.stream.Context())
		}
		free()
	}()
}
