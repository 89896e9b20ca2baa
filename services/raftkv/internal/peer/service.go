package peer

import (
	"context"
	"errors"
	"fmt"
	"io"

	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"numstore.example/services/internal/links"
	"numstore.example/services/raftkv/internal/peerpb"
	"numstore.example/services/raftkv/internal/shard"
	"numstore.example/services/raftkv/internal/storage"
)

// service is what this node serves to the others.
type service struct {
	peerpb.UnimplementedPeerServer
	*Peers
}

// Describe implements the protocol.
func (s *service) Describe(ctx context.Context, request *peerpb.DescribeRequest) (*peerpb.DescribeResponse, error) {
	node, err := s.authorize(ctx)
	if err != nil {
		return nil, err
	}
	store := node.StoreID()
	response := &peerpb.DescribeResponse{Node: uint64(node.ID()), Store: store[:], Version: version}
	if cluster := node.Cluster(); cluster != nil {
		if why := strange(request, cluster); why != nil {
			s.warnOf(ctx, cluster, storage.NodeID(request.GetNode()), why)
		}
		response.Cluster = cluster.Encode()
		return response, nil
	}
	response.Filled = node.Filled()
	for _, id := range s.numbers(node.ID()) {
		response.Peers = append(response.Peers, uint64(id))
	}
	return response, nil
}

// Send implements the protocol.
func (s *service) Send(stream grpc.ClientStreamingServer[peerpb.SendRequest, peerpb.SendResponse]) error {
	node, from, err := s.welcome(stream.Context())
	if err != nil {
		return err
	}
	if err := stream.SendHeader(metadata.MD{}); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- s.receive(node, from, stream) }() // until the stream ends, at the latest when this returns
	select {
	case err := <-ended:
		return links.OrGone(stream.Context(), err)
	case <-s.config.Stopping:
		return errStopping()
	}
}

// receive hands the messages of a stream to the node.
func (s *service) receive(node Node, from storage.NodeID, stream grpc.ClientStreamingServer[peerpb.SendRequest, peerpb.SendResponse]) error {
	var joining joiner
	for {
		request, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return stream.SendAndClose(new(peerpb.SendResponse))
		}
		if err != nil {
			return err
		}
		joined := new(peerpb.SendRequest)
		if _, err := joining.add(request.GetPiece(), joined); err != nil {
			return status.Error(codes.InvalidArgument, err.Error())
		}
		for _, messages := range [][]*peerpb.ShardMessage{request.GetMessages(), joined.GetMessages()} {
			for _, encoded := range messages {
				s.deliver(node, from, encoded)
			}
		}
	}
}

// deliver hands a message to the node. One that is not from a member of the other node to one of this, Raft must not
// see: it is dropped, as if it had been lost.
func (s *service) deliver(node Node, from storage.NodeID, encoded *peerpb.ShardMessage) {
	message, err := decodeMessage(encoded, from, node.ID())
	if err != nil {
		s.once(from, "dropped a message", "node", from, "shard", encoded.GetShard(), "reason", err)
		return
	}
	node.Receive(storage.ShardID(encoded.GetShard()), message)
}

// decodeMessage decodes a message and sees that it is from a member of one node to one of another.
func decodeMessage(encoded *peerpb.ShardMessage, from, to storage.NodeID) (*raftpb.Message, error) {
	if encoded.GetShard() > maxShard {
		return nil, fmt.Errorf("there is no shard %d", encoded.GetShard())
	}
	message := new(raftpb.Message)
	if err := proto.Unmarshal(encoded.GetMessage(), message); err != nil {
		return nil, fmt.Errorf("the message cannot be read: %w", err)
	}
	if sender := storage.MemberID(message.GetFrom()); sender.Node() != from {
		return nil, fmt.Errorf("node %d has sent a message of member %v", from, sender)
	}
	if receiver := storage.MemberID(message.GetTo()); receiver.Node() != to {
		return nil, fmt.Errorf("node %d has sent a message to member %v; this is node %d", from, receiver, to)
	}
	return message, nil
}

// maxShard is the greatest number that a shard can have.
const maxShard = 1<<16 - 1

// SendSnapshot implements the protocol.
func (s *service) SendSnapshot(stream grpc.ClientStreamingServer[peerpb.SendSnapshotRequest, peerpb.SendSnapshotResponse]) error {
	node, from, err := s.welcome(stream.Context())
	if err != nil {
		return err
	}
	return links.OrGone(stream.Context(), s.receiveSnapshot(node, from, stream))
}

// Forward implements the protocol.
func (s *service) Forward(stream grpc.BidiStreamingServer[peerpb.ForwardRequest, peerpb.ForwardResponse]) error {
	node, _, err := s.welcome(stream.Context())
	if err != nil {
		return err
	}
	if err := stream.SendHeader(metadata.MD{}); err != nil {
		return err
	}
	return links.OrGone(stream.Context(), serveForward(node, s.config.Stopping, stream))
}

// Scan implements the protocol.
func (s *service) Scan(request *peerpb.ScanRequest, stream grpc.ServerStreamingServer[peerpb.ScanResponse]) error {
	node, _, err := s.welcome(stream.Context())
	if err != nil {
		return err
	}
	err = serveScan(stream.Context(), node.Local(storage.ShardID(request.GetShard())), request, stream.Send)
	return links.OrGone(stream.Context(), err)
}

// Backup implements the protocol.
func (s *service) Backup(request *peerpb.BackupRequest, stream grpc.ServerStreamingServer[peerpb.BackupResponse]) error {
	node, _, err := s.welcome(stream.Context())
	if err != nil {
		return err
	}
	if len(request.GetBackup()) != len(shard.BackupID{}) {
		return status.Errorf(codes.InvalidArgument, "the backup has an id of %d bytes; it must have %d", len(request.GetBackup()), len(shard.BackupID{}))
	}
	err = serveBackup(stream.Context(), node.Local(storage.ShardID(request.GetShard())), shard.BackupID(request.GetBackup()), stream.Send)
	return links.OrGone(stream.Context(), err)
}
