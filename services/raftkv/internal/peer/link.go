package peer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"numstore.example/contracts/reason"
	"numstore.example/services/internal/links"
	"numstore.example/services/raftkv/internal/peerpb"
	"numstore.example/services/raftkv/internal/storage"
)

const (
	// maxQueued is how many bytes of entries may wait for a node, one message more excepted; maxUrgent is the same of other
	// messages, which so have room when entries have filled theirs.
	maxQueued, maxUrgent = 32 << 20, 4 << 20
	// messageOverhead is what a message counts beside its bytes.
	messageOverhead = 64
)

// The lanes of an outbox: entries (MsgApp), and what is urgent, which is all else. Entries keep their order,
// as Raft would ask for those again that come too early; the others are short, and it does not matter when they come.
const (
	urgentLane = iota
	entriesLane
	lanes
)

// shardMessage is a message of a shard's group.
type shardMessage struct {
	shard   storage.ShardID
	message *raftpb.Message
}

// link is what there is to one other node.
type link struct {
	peers   *Peers
	id      storage.NodeID
	address string
	client  peerpb.PeerClient
	outbox  *links.Outbox[shardMessage]
	forward *forwarder
	missed  atomic.Bool        // the log says that the node does not take anything, and not yet that it does again
	cancel  context.CancelFunc // ends the link

	comparing chan struct{} // has one token if what is known is to be compared
	back      chan struct{} // has one token if the other node may have been away
	version   uint32        // of the protocol, that both nodes know; 0: not known yet. compareAlways owns it
}

// newLink makes a link, and starts its goroutines, which run until the link is cancelled or the peers are closed. It connects when
// there is something to send. The lock is held.
func (p *Peers) newLink(id storage.NodeID, address string) (*link, error) {
	conn, err := p.dial(address)
	if err != nil {
		return nil, err
	}
	l := &link{peers: p, id: id, address: address, client: peerpb.NewPeerClient(conn), outbox: links.NewOutbox[shardMessage](maxUrgent, maxQueued), comparing: make(chan struct{}, 1), back: make(chan struct{}, 1)}
	l.forward = newForwarder(l)
	ctx, cancel := context.WithCancel(p.ctx)
	l.cancel = cancel
	p.running.Go(func() {
		var running sync.WaitGroup
		running.Go(func() { l.run(ctx) })
		running.Go(func() { l.forward.run(ctx) })
		running.Go(func() { l.compareAlways(ctx) })
		running.Wait()
		conn.Close()
	})
	return l, nil
}

func (p *Peers) dial(address string) (*grpc.ClientConn, error) {
	return links.Connect(address, p.config.Credentials, p.config.Dial)
}

func (l *link) String() string { return fmt.Sprintf("node %d at %s", l.id, l.address) }

// send queues a message.
func (l *link) send(shard storage.ShardID, message *raftpb.Message) {
	if l.queue(shard, message) {
		l.peers.started().Unreachable(l.id)
	}
}

// queue queues a message. Lost says that there was no room, for the first of several in a row.
func (l *link) queue(shard storage.ShardID, message *raftpb.Message) (lost bool) {
	lane, size := urgentLane, proto.Size(message)+messageOverhead
	if message.GetType() == raftpb.MsgApp || size > links.MaxPiece {
		lane = entriesLane
	}
	_, lost = l.outbox.Put(lane, shardMessage{shard, message}, size)
	return lost
}

// run sends what is queued.
func (l *link) run(ctx context.Context) {
	var pauses links.Pauses
	for l.outbox.Await(ctx) {
		stood, err := l.stream(ctx)
		if ctx.Err() != nil {
			return
		}
		if stood {
			pauses.Reset()
		}
		l.outbox.Clear()
		l.peers.started().Unreachable(l.id)
		l.refused(err)
		if !pauses.Await(ctx) {
			return
		}
	}
}

const unreachableText = "a node cannot be reached"

// stopped logs that a node stops, which its operator wants. That it cannot be reached is expected then, and told when it lasts.
func (l *link) stopped() {
	now := time.Now()
	l.peers.notices.Due(l.id, unreachableText, now, 0)
	const text = "a node stops"
	if l.peers.notices.Due(l.id, text, now, links.NoticeInterval) {
		l.peers.log.Info(text, "node", l.id, "address", l.address)
		l.missed.Store(true)
	}
}

// refused logs why a node does not take what is sent to it.
func (l *link) refused(err error) {
	if stops(err) {
		l.stopped()
		return
	}
	text, why := unreachableText, "error"
	switch status.Code(err) {
	case notFormed:
		return
	case codes.FailedPrecondition, codes.Unauthenticated, codes.PermissionDenied, codes.Unimplemented:
		text, why = "a node does not take what this one sends", "reason"
	}
	if l.peers.once(l.id, text, "node", l.id, "address", l.address, why, reason.Of(err)) {
		l.missed.Store(true)
	}
}

// taken logs that a node takes what is sent to it, if the last that was logged is that it does not.
func (l *link) taken() {
	if l.missed.Swap(false) {
		l.peers.log.Info("a node takes what this one sends again", "node", l.id, "address", l.address)
	}
}

// stream opens the stream and sends what is queued until it breaks. Stood says whether the other node has taken it.
func (l *link) stream(ctx context.Context) (stood bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stream, err := opened(ctx, cancel, l, l.client.Send)
	if err != nil {
		return false, err
	}
	tell(l.back)
	var beside sync.WaitGroup
	beside.Go(func() { // also when nothing is to be sent
		err := stream.RecvMsg(new(peerpb.SendResponse))
		cancel(cmp.Or(err, errors.New("the other node has ended the stream")))
	})
	defer beside.Wait()
	var cutting cutter
	for l.outbox.AwaitUnless(ctx, cutting.More()) {
		if err := stream.Send(l.request(&cutting)); errors.Is(err, io.EOF) {
			<-ctx.Done() // what is received says why
		} else if err != nil {
			cancel(err)
		}
	}
	return true, context.Cause(ctx)
}

// request makes a message of what is queued, or of a part of that. While a long message is cut, no entries overtake it.
func (l *link) request(cutting *cutter) *peerpb.SendRequest {
	wanted := lanes
	if cutting.More() {
		wanted = entriesLane
	}
	request := new(peerpb.SendRequest)
	for _, queued := range l.outbox.Take(links.MaxPiece, wanted) {
		encoded, err := proto.Marshal(queued.Message.message)
		if err != nil {
			l.peers.log.Error("a message cannot be encoded", "shard", queued.Message.shard, "error", err)
			continue
		}
		message := &peerpb.ShardMessage{Shard: uint32(queued.Message.shard), Message: encoded}
		if queued.Size > links.MaxPiece {
			cutting.begin(&peerpb.SendRequest{Messages: []*peerpb.ShardMessage{message}})
			continue
		}
		request.Messages = append(request.Messages, message)
	}
	request.Piece = cutting.next()
	return request
}

// opened opens a stream with a greeting, and waits until the other node has taken it: nothing is sent to one that
// refuses it.
func opened[S grpc.ClientStream](ctx context.Context, cancel context.CancelCauseFunc, l *link, open func(context.Context, ...grpc.CallOption) (S, error)) (stream S, err error) {
	defer links.Limit(links.ConnectTimeout, cancel)()
	greeted, err := l.peers.greet(ctx, l.id)
	if err != nil {
		return stream, err
	}
	stream, err = open(greeted)
	if err != nil {
		return stream, err
	}
	header, err := stream.Header()
	if err == nil && header == nil { // it has ended; only this tells why
		if err = stream.RecvMsg(new(peerpb.SendResponse)); err == nil {
			err = errors.New("the stream has ended at once")
		}
	}
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err == nil {
		l.taken()
	}
	return stream, err
}
