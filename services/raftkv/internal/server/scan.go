package server

import (
	"bytes"
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/internal/rpcserver"
	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/server/wire"
	"numstore.example/services/raftkv/internal/shard"
)

const (
	// maxScans is how many scans and backups run at a time, unless Config.MaxScans says otherwise.
	maxScans = 256
	// scanChunk is how many bytes of keys and values go into a message; a pair of that size has one for itself.
	scanChunk = 256 << 10
)

// Scan implements the contract.
func (a *adapter) Scan(request *raftkvpb.ScanRequest, stream grpc.ServerStreamingServer[raftkvpb.ScanResponse]) error {
	if err := a.limits().CheckScan(request); err != nil {
		return err
	}
	asked, err := a.routes.scanned(request.Shard)
	if err != nil {
		return err
	}
	ctx := stream.Context()
	client := clientOf(ctx)
	scanning, err := a.places.enterScan(client)
	if err != nil {
		return err
	}
	out := newPairs(stream, request.GetLimit(), a.ScanTimeout)
	out.hold = func(size int64) (func(), error) { return a.places.hold(ctx, scanning, size) }
	defer out.close(func() { a.places.leaveScan(client) })
	a.calls.Scans.Add(1)
	// What is packed leaves its buffer early, and it would not be seen how much the client has taken.
	if err := grpc.SetSendCompressor(ctx, encoding.Identity); err != nil {
		return status.Errorf(codes.Internal, "sending a scan as it is: %v", err)
	}
	sources := make([]source, len(asked))
	for i := range asked {
		sources[i] = a.source(ctx, asked[i], request)
	}
	if err := merge(sources, out.add); err != nil {
		return err
	}
	return out.end()
}

// source returns a shard's part of a scan.
func (a *adapter) source(ctx context.Context, of route, request *raftkvpb.ScanRequest) source {
	r := node.Range{Prefix: request.GetPrefix(), Start: request.GetStart(), End: request.GetEnd()}
	if len(request.GetResumeAfter()) > 0 {
		r.After = request.GetResumeAfter()
	}
	return func(tell func([]byte, kv.Record) (bool, error)) error {
		return a.readStatus(of.group.Scan(ctx, r, !request.GetKeysOnly(), tell), of.shard)
	}
}

// readStatus maps an error of reading a shard, unless it is what a stream said.
func (a *adapter) readStatus(err error, of shard.ID) error {
	if _, ok := status.FromError(err); ok { // or nil
		return err
	}
	return wire.ReadStatus(err, func(leader shard.NodeID) *raftkvpb.Redirect { return a.routes.redirect(of, leader) })
}

// pairs gathers pairs and sends them in messages of some size, of which one is on its way at a time: the next one is
// gathered meanwhile.
type pairs struct {
	stream  grpc.ServerStream
	limit   uint64 // 0 for none
	count   uint64
	timeout time.Duration
	hold    func(size int64) (release func(), err error) // takes room for a large pair

	pairs   []*raftkvpb.Pair
	size    int
	release func() // gives back the room of pairs, if not nil

	idle  chan struct{} // has an element when no message is on its way
	sent  func()        // gives back the room of the one that is
	timer *time.Timer
}

func newPairs(stream grpc.ServerStream, limit uint64, timeout time.Duration) *pairs {
	p := &pairs{stream: stream, limit: limit, timeout: timeout, idle: make(chan struct{}, 1), timer: time.NewTimer(timeout)}
	p.idle <- struct{}{}
	return p
}

func (p *pairs) add(key []byte, record kv.Record) (more bool, err error) {
	size := len(key) + len(record.Value)
	if size >= scanChunk {
		if err := p.flush(); err != nil {
			return false, err
		}
		if p.release, err = p.hold(int64(size)); err != nil {
			return false, err
		}
	}
	p.pairs = append(p.pairs, &raftkvpb.Pair{Key: bytes.Clone(key), Value: bytes.Clone(record.Value), Version: record.Version})
	p.size += size
	p.count++
	if p.size >= scanChunk {
		err = p.flush()
	}
	return p.limit == 0 || p.count < p.limit, err
}

// flush sends what has gathered, once the client has taken the message before it.
func (p *pairs) flush() error {
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
	message := &rpcserver.Sent{Message: &raftkvpb.ScanResponse{Pairs: p.pairs}, Written: func() {
		release()
		p.idle <- struct{}{}
	}}
	p.sent = release
	p.pairs, p.size, p.release = nil, 0, nil
	return p.stream.SendMsg(message)
}

// await waits until no message is on its way.
func (p *pairs) await() error {
	p.timer.Reset(p.timeout)
	select {
	case <-p.idle:
		p.sent = nil
		return nil
	case <-p.stream.Context().Done():
		return status.FromContextError(p.stream.Context().Err()).Err()
	case <-p.timer.C:
		return status.Errorf(codes.ResourceExhausted,
			"the client took nothing of the scan for %v (--scan-timeout); go on after the last key that came (resume_after), which shows a later moment", p.timeout)
	}
}

// end sends the rest, and waits until all is on its way to the client: until then it takes memory.
func (p *pairs) end() error {
	if err := p.flush(); err != nil {
		return err
	}
	if err := p.await(); err != nil {
		return err
	}
	p.idle <- struct{}{}
	return nil
}

// close leaves when no message is on its way any more, and gives back its room. A client that has ended a scan by
// taking nothing may go on to do so: when it has not taken that message after as long again, it is disconnected, because
// nothing else takes the message away from it.
func (p *pairs) close(leave func()) {
	if p.release != nil {
		p.release()
	}
	free := func() {
		if p.sent != nil {
			p.sent()
		}
		leave()
	}
	select {
	case <-p.idle:
		free()
		return
	default:
	}
	p.timer.Reset(p.timeout)
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
