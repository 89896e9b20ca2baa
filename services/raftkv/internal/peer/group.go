package peer

import (
	"bufio"
	"context"
	"errors"
	"io"
	"time"

	"numstore.example/services/internal/links"
	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/peerpb"
	"numstore.example/services/raftkv/internal/shard"
	"numstore.example/services/raftkv/internal/storage"
)

// remote is a shard's group as another node's member answers for it.
type remote struct {
	peers *Peers
	node  storage.NodeID
	shard storage.ShardID
}

var _ node.Group = remote{}

// nobody is what is answered when a node could not be asked: nothing has happened.
func nobody() error { return &node.NotLeader{} }

// Propose implements node.Group.
func (r remote) Propose(p *node.Proposal) {
	link := r.peers.linkTo(r.node)
	if link == nil {
		p.Done(nil, nobody())
		return
	}
	proposal := &peerpb.Proposal{Shard: uint32(r.shard), Commands: p.Commands}
	link.forward.ask(&asked{proposal: proposal, size: sizeOf(p.Commands), settle: func(a answer) {
		if a.err == nil && len(a.replies) != len(p.Commands) {
			a.err = perhaps(r.node, errors.New("its answer does not fit"))
		}
		p.Done(a.replies, a.err)
	}})
}

// Get implements node.Group.
func (r remote) Get(ctx context.Context, key []byte) (record kv.Record, found bool, err error) {
	told := r.GetAll(ctx, [][]byte{key}, func(_ int, its kv.Record, isThere bool, failed error) bool {
		record, found, err = its, isThere, failed
		return true
	})
	if told != nil {
		return kv.Record{}, false, told
	}
	return record, found, err
}

// GetAll implements node.Group. Each message of the other node has those records that fit into it; then it is asked for
// the rest. What fails after some were told is told of each of the others.
func (r remote) GetAll(ctx context.Context, keys [][]byte, tell func(int, kv.Record, bool, error) bool) error {
	for done := 0; done < len(keys); {
		records, err := r.ask(ctx, keys[done:])
		if err != nil && done == 0 {
			return err
		}
		if err != nil {
			for ; done < len(keys) && tell(done, kv.Record{}, false, err); done++ {
			}
			return nil
		}
		for _, record := range records {
			var failed error
			if record.GetFailure() != nil {
				failed = errorOf(record.GetFailure(), r.node)
			}
			if !tell(done, kv.Record{Version: record.GetVersion(), Value: record.GetValue()}, record.GetFound(), failed) {
				return nil
			}
			done++
		}
	}
	return nil
}

// maxReadTime is for how long the other node tries to answer a read, at most, so that it does not collect those that nobody
// waits for any more. It is asked again then, if somebody does.
const maxReadTime = 10 * time.Second

// ask asks for the first of the keys, as many as the other node likes.
func (r remote) ask(ctx context.Context, keys [][]byte) ([]*peerpb.Record, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		records, err := r.askOnce(ctx, keys)
		if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
			continue
		}
		return records, err
	}
}

func (r remote) askOnce(ctx context.Context, keys [][]byte) ([]*peerpb.Record, error) {
	link := r.peers.linkTo(r.node)
	if link == nil {
		return nil, nobody()
	}
	timeout := maxReadTime
	if deadline, ok := ctx.Deadline(); ok {
		timeout = max(min(timeout, time.Until(deadline)), time.Millisecond)
	}
	settled := make(chan answer, 1)
	question := &asked{
		read:   &peerpb.Read{Shard: uint32(r.shard), Keys: keys, Timeout: uint32(timeout.Milliseconds())},
		size:   sizeOf(keys),
		settle: func(a answer) { settled <- a },
	}
	link.forward.ask(question)
	select {
	case a := <-settled:
		if a.err == nil && (len(a.records) == 0 || len(a.records) > len(keys)) {
			a.err = perhaps(r.node, errors.New("its answer does not fit"))
		}
		if errors.Is(a.err, node.ErrDeposed) {
			a.err = nobody() // a read that was lost can be done elsewhere
		}
		return a.records, a.err
	case <-ctx.Done():
		link.forward.forget(question)
		return nil, ctx.Err()
	}
}

// keyOverhead is what a key or a command counts beside its bytes.
const keyOverhead = 16

func sizeOf(parts [][]byte) (size int) {
	for _, part := range parts {
		size += keyOverhead + len(part)
	}
	return size
}

// Scan implements node.Group.
func (r remote) Scan(ctx context.Context, span node.Range, values bool, tell func([]byte, kv.Record) (bool, error)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	request := &peerpb.ScanRequest{
		Shard: uint32(r.shard), Prefix: span.Prefix, Start: span.Start, End: span.End, After: span.After, Values: values,
	}
	told := false
	for response, err := range responses(ctx, r, request, peerpb.PeerClient.Scan) {
		if err != nil {
			return r.broken(ctx, err, told)
		}
		for _, pair := range response.GetPairs() {
			told = true
			more, err := tell(pair.GetKey(), kv.Record{Version: pair.GetVersion(), Value: pair.GetValue()})
			if err != nil || !more {
				return err
			}
		}
		if response.GetFailure() != nil {
			return errorOf(response.GetFailure(), r.node)
		}
	}
	return nil
}

// Backup implements node.Group.
func (r remote) Backup(ctx context.Context, id shard.BackupID, w io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	told := false
	for response, err := range responses(ctx, r, &peerpb.BackupRequest{Shard: uint32(r.shard), Backup: id[:]}, peerpb.PeerClient.Backup) {
		if err != nil {
			return r.broken(ctx, err, told)
		}
		told = true
		if _, err := w.Write(response.GetChunk()); err != nil {
			return err
		}
		if response.GetFailure() != nil {
			return errorOf(response.GetFailure(), r.node)
		}
	}
	return nil
}

// broken is the error of a scan or a backup whose stream broke. What has told nothing yet can be done elsewhere.
func (r remote) broken(ctx context.Context, err error, told bool) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case told:
		return perhaps(r.node, err)
	default:
		return nobody()
	}
}

// Failed implements node.Group: another node may come back.
func (r remote) Failed() <-chan struct{} { return nil }

// Failure implements node.Group.
func (r remote) Failure() error { return nil }

// serveScan answers Scan.
func serveScan(ctx context.Context, group node.Group, request *peerpb.ScanRequest, send func(*peerpb.ScanResponse) error) error {
	span := node.Range{Prefix: request.GetPrefix(), Start: request.GetStart(), End: request.GetEnd(), After: request.After}
	response, size := new(peerpb.ScanResponse), 0
	flush := func() error {
		full := response
		response, size = new(peerpb.ScanResponse), 0
		return send(full)
	}
	var broken error // of the stream, as opposed to the group
	err := group.Scan(ctx, span, request.GetValues(), func(key []byte, record kv.Record) (bool, error) {
		response.Pairs = append(response.Pairs, &peerpb.Pair{Key: clone(key), Version: record.Version, Value: clone(record.Value)})
		if size += keyOverhead + len(key) + len(record.Value); size >= links.MaxPiece {
			broken = flush()
		}
		return broken == nil, broken
	})
	if broken != nil {
		return broken
	}
	response.Failure = failureOf(err)
	return flush()
}

func clone(b []byte) []byte { return append([]byte(nil), b...) }

// serveBackup answers Backup.
func serveBackup(ctx context.Context, group node.Group, id shard.BackupID, send func(*peerpb.BackupResponse) error) error {
	w := bufio.NewWriterSize(writer(func(b []byte) error { return send(&peerpb.BackupResponse{Chunk: b}) }), links.MaxPiece)
	err := group.Backup(ctx, id, w)
	if flushed := w.Flush(); flushed != nil {
		return flushed
	}
	if err != nil {
		return send(&peerpb.BackupResponse{Failure: failureOf(err)})
	}
	return nil
}

// writer is a function that takes what is written. It must not keep it.
type writer func([]byte) error

// Write implements io.Writer.
func (w writer) Write(b []byte) (int, error) {
	if err := w(b); err != nil {
		return 0, err
	}
	return len(b), nil
}
