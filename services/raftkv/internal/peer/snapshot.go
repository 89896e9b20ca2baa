package peer

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"go.etcd.io/raft/v3/raftpb"
	"golang.org/x/time/rate"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"numstore.example/services/raftkv/internal/peerpb"
	"numstore.example/services/raftkv/internal/storage"
)

const (
	// snapshotChunk is how many bytes of a state go into a message.
	snapshotChunk = 256 << 10
	// maxStandstill is after which time a state is given up that makes no headway: the log must not be kept for it for ever.
	maxStandstill = 30 * time.Second
)

var errStandstill = fmt.Errorf("the state has made no headway for %v, and was given up", maxStandstill)

// SendSnapshot implements node.Transport. One state is sent at a time; others wait for that.
func (p *Peers) SendSnapshot(shard storage.ShardID, message *raftpb.Message, write func(io.Writer) error, done func(error)) {
	p.mu.Lock()
	if p.done {
		p.mu.Unlock()
		done(context.Canceled)
		return
	}
	p.running.Go(func() { done(p.sendSnapshot(shard, message, write)) })
	p.mu.Unlock()
}

func (p *Peers) sendSnapshot(shard storage.ShardID, message *raftpb.Message, write func(io.Writer) error) error {
	to := storage.MemberID(message.GetTo()).Node()
	link := p.linkTo(to)
	if link == nil {
		return fmt.Errorf("no address of node %d is known", to)
	}
	encoded, err := proto.Marshal(message)
	if err != nil {
		return err
	}
	select {
	case p.leaving <- struct{}{}:
	case <-p.ctx.Done():
		return p.ctx.Err()
	}
	ctx, cancel := context.WithCancelCause(p.ctx)
	defer cancel(nil)
	state, written := p.reading(ctx, write)
	defer p.running.Go(func() { // one that hangs keeps its place
		<-written
		<-p.leaving
	})
	defer state.Close()
	err = link.sendState(ctx, cancel, &peerpb.ShardMessage{Shard: uint32(shard), Message: encoded}, state)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("sending the state of shard %d to %v: %w", shard, link, err)
	}
	return nil
}

// reading returns what a function writes, until the context ends. The channel is closed when the function has returned, which
// may be later.
func (p *Peers) reading(ctx context.Context, write func(io.Writer) error) (*io.PipeReader, <-chan struct{}) {
	reader, pipe := io.Pipe()
	written := make(chan struct{})
	p.running.Go(func() {
		defer close(written)
		w := bufio.NewWriterSize(pipe, snapshotChunk)
		err := write(w)
		if err == nil {
			err = w.Flush()
		}
		pipe.CloseWithError(err)
	})
	context.AfterFunc(ctx, func() { reader.CloseWithError(context.Cause(ctx)) })
	return reader, written
}

// sendState sends a state on a stream of its own.
func (l *link) sendState(ctx context.Context, cancel context.CancelCauseFunc, first *peerpb.ShardMessage, state io.Reader) error {
	headway := watchHeadway(func() { cancel(errStandstill) })
	defer headway.stop()
	greeted, err := l.peers.greet(ctx, l.id)
	if err != nil {
		return err
	}
	stream, err := l.client.SendSnapshot(greeted)
	if err != nil {
		return err
	}
	request := &peerpb.SendSnapshotRequest{Message: first}
	for {
		if err := stream.Send(request); err != nil {
			break // what is received says why
		}
		headway.made()
		chunk := make([]byte, snapshotChunk)
		n, err := io.ReadFull(state, chunk)
		if n == 0 && errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
		if err := wait(ctx, l.peers.leavingRate, n, headway); err != nil {
			return err
		}
		request = &peerpb.SendSnapshotRequest{Chunk: chunk[:n]}
	}
	_, err = stream.CloseAndRecv()
	return err
}

// wait waits until so many bytes may pass. That is no standstill.
func wait(ctx context.Context, limiter *rate.Limiter, n int, headway *headway) error {
	err := limiter.WaitN(ctx, n)
	headway.made()
	return err
}

// receiveSnapshot takes a state from a stream. One is taken at a time.
func (p *Peers) receiveSnapshot(node Node, from storage.NodeID, stream grpc.ClientStreamingServer[peerpb.SendSnapshotRequest, peerpb.SendSnapshotResponse]) error {
	select {
	case p.arriving <- struct{}{}:
		defer func() { <-p.arriving }()
	default:
		return status.Errorf(codes.ResourceExhausted, "node %d takes another state at present; it takes one at a time: try again later", node.ID())
	}
	first, err := stream.Recv()
	if errors.Is(err, io.EOF) {
		return status.Error(codes.InvalidArgument, "the stream has ended before its first message, which says what it brings")
	}
	if err != nil {
		return err
	}
	message, err := decodeMessage(first.GetMessage(), from, node.ID())
	if err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	ctx, cancel := context.WithCancelCause(stream.Context())
	defer cancel(nil)
	headway := watchHeadway(func() { cancel(errStandstill) })
	defer headway.stop()
	state, arriving := io.Pipe()
	defer state.Close()
	go func() { arriving.CloseWithError(p.takeChunks(ctx, stream, headway, arriving)) }() // until this has returned
	stopped := context.AfterFunc(ctx, func() { state.CloseWithError(context.Cause(ctx)) })
	defer stopped()
	err = node.ReceiveSnapshot(ctx, storage.ShardID(first.GetMessage().GetShard()), message, state)
	if err != nil {
		return status.Errorf(codes.Aborted, "node %d has not taken the state: %v", node.ID(), err)
	}
	return stream.SendAndClose(new(peerpb.SendSnapshotResponse))
}

// takeChunks writes what comes, until all has come, which is nil, or the stream breaks.
func (p *Peers) takeChunks(ctx context.Context, stream grpc.ClientStreamingServer[peerpb.SendSnapshotRequest, peerpb.SendSnapshotResponse], headway *headway, w io.Writer) error {
	for {
		request, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = wait(ctx, p.arrivingRate, len(request.GetChunk()), headway)
		}
		if err == nil {
			_, err = w.Write(request.GetChunk())
		}
		if err != nil {
			return err
		}
		headway.made()
	}
}

// headway watches whether something goes on.
type headway struct {
	some, over chan struct{}
}

// watchHeadway calls a function when made was not called for maxStandstill, until stop is called.
func watchHeadway(none func()) *headway {
	h := &headway{some: make(chan struct{}, 1), over: make(chan struct{})}
	go func() {
		timer := time.NewTimer(maxStandstill)
		defer timer.Stop()
		for {
			select {
			case <-h.some:
				timer.Reset(maxStandstill)
			case <-timer.C:
				none()
				return
			case <-h.over:
				return
			}
		}
	}()
	return h
}

func (h *headway) made() {
	select {
	case h.some <- struct{}{}:
	default:
	}
}

func (h *headway) stop() { close(h.over) }
