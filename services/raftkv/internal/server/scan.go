package server

import (
	"bytes"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/storage"
)

const (
	// maxScans is how many scans and backups run at a time. Each keeps the moment that it shows from being
	// cleaned up, and a client may read as slowly as it likes.
	maxScans = 256
	// scanChunk is how many bytes of keys and values go into a message; a single larger pair does too.
	scanChunk = 256 << 10
)

// Scan implements the contract.
func (a *adapter) Scan(request *raftkvpb.ScanRequest, stream grpc.ServerStreamingServer[raftkvpb.ScanResponse]) error {
	if err := a.checkScan(request); err != nil {
		return err
	}
	if err := a.enterScan(); err != nil {
		return err
	}
	defer a.leaveScan()
	a.calls.scans.Add(1)
	if err := a.Replica.AwaitBarrier(stream.Context()); err != nil {
		return readStatus(err)
	}
	chunk := pairs{send: stream.Send, limit: request.GetLimit()}
	r := storage.Range{Prefix: request.GetPrefix(), Start: request.GetStart(), End: request.GetEnd()}
	if len(request.GetResumeAfter()) > 0 {
		r.After = request.GetResumeAfter()
	}
	err := a.State.Scan(r, !request.GetKeysOnly(), chunk.add)
	if err == nil {
		err = chunk.flush()
	}
	if _, ok := status.FromError(err); ok { // nil, or what the stream said
		return err
	}
	return readStatus(err)
}

func (a *adapter) enterScan() error {
	select {
	case a.scans <- struct{}{}:
		return nil
	default:
		return status.Errorf(codes.ResourceExhausted, "%d scans run already, which is the limit; try again later", cap(a.scans))
	}
}

func (a *adapter) leaveScan() { <-a.scans }

// pairs gathers pairs and sends them in messages of some size.
type pairs struct {
	send  func(*raftkvpb.ScanResponse) error
	limit uint64 // 0 for none
	count uint64

	pairs []*raftkvpb.Pair
	size  int
}

func (p *pairs) add(key []byte, record kv.Record) (more bool, err error) {
	p.pairs = append(p.pairs, &raftkvpb.Pair{Key: bytes.Clone(key), Value: bytes.Clone(record.Value), Version: record.Version})
	p.size += len(key) + len(record.Value)
	p.count++
	if p.size >= scanChunk {
		err = p.flush()
	}
	return p.limit == 0 || p.count < p.limit, err
}

func (p *pairs) flush() error {
	if len(p.pairs) == 0 {
		return nil
	}
	err := p.send(&raftkvpb.ScanResponse{Pairs: p.pairs})
	p.pairs, p.size = nil, 0
	return err
}
