package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"numstore.example/contracts/raftkvpb"
)

// backupSource is the servers that a backup comes from: one of them is asked for everything until it fails, then the next
// one. All parts have one id.
type backupSource struct {
	a       *app
	servers []string // the one that is asked is the first
	conn    *grpc.ClientConn
	shards  []uint32
	id      [16]byte
}

// backupSource finds a server that knows the map.
func (a *app) backupSource(ctx context.Context) (*backupSource, error) {
	s := &backupSource{a: a, servers: slices.Clone(a.Servers)}
	rand.Read(s.id[:])
	var topology *raftkvpb.TopologyResponse
	err := s.tryAll(ctx, func() (again bool, err error) {
		ctx, cancel := context.WithTimeout(ctx, a.within(callTimeout))
		defer cancel()
		topology, err = raftkvpb.NewRaftKVClient(s.conn).Topology(ctx, &raftkvpb.TopologyRequest{})
		return elsewhere(err), err
	})
	if err != nil {
		s.close()
		return nil, err
	}
	for _, node := range topology.GetNodes() {
		if address := node.GetAddress(); address != "" && !slices.Contains(s.servers, address) {
			s.servers = append(s.servers, address)
		}
	}
	for _, shard := range topology.GetShards() {
		s.shards = append(s.shards, shard.GetShard())
	}
	return s, nil
}

func (s *backupSource) close() {
	if s.conn != nil {
		s.conn.Close()
		s.conn = nil
	}
}

// tryAll does something with the server that is asked, and if that fails and is to be tried again, with the others, until one
// has done it.
func (s *backupSource) tryAll(ctx context.Context, do func() (again bool, err error)) (err error) {
	for range s.servers {
		var again bool
		if err = s.connect(ctx); err == nil {
			again, err = do()
		} else {
			again = elsewhere(err)
		}
		if err == nil || !again || ctx.Err() != nil {
			return err
		}
		s.close()
		s.servers = append(s.servers[1:], s.servers[0])
	}
	return err
}

func (s *backupSource) connect(ctx context.Context) (err error) {
	if s.conn == nil {
		s.conn, err = s.a.admin(ctx, s.servers[0])
	}
	return err
}

// elsewhere says whether another server may do what one has not done.
func elsewhere(err error) bool {
	if _, ok := errors.AsType[unreachable](err); ok {
		return true
	}
	call, ok := errors.AsType[called](err)
	return ok && !slices.Contains([]codes.Code{codes.InvalidArgument, codes.PermissionDenied, codes.Unauthenticated}, call.GRPCStatus().Code())
}

// backupOutput is where a backup goes.
type backupOutput struct {
	io.Writer
	file  *os.File // what is written can be taken back, unless this is nil
	bytes int64
}

func (o *backupOutput) Write(b []byte) (int, error) {
	n, err := o.Writer.Write(b)
	o.bytes += int64(n)
	return n, err
}

// cut takes back what was written after so many bytes.
func (o *backupOutput) cut(length int64) error {
	if err := o.file.Truncate(length); err != nil {
		return err
	}
	if _, err := o.file.Seek(length, io.SeekStart); err != nil {
		return err
	}
	o.bytes = length
	return nil
}

// copyTo writes the parts of all shards, and returns what they are.
func (s *backupSource) copyTo(ctx context.Context, out *backupOutput) (parts []*raftkvpb.BackupPart, err error) {
	for _, shard := range s.shards {
		began := out.bytes
		var part *raftkvpb.BackupPart
		err := s.tryAll(ctx, func() (again bool, err error) {
			if out.bytes > began {
				if err := out.cut(began); err != nil {
					return false, failure{err}
				}
			}
			part, err = s.receive(ctx, shard, out)
			return elsewhere(err) && (out.bytes == began || out.file != nil), err
		})
		if err != nil && len(s.shards) > 1 {
			err = fmt.Errorf("shard %d: %w", shard, err)
		}
		if err != nil {
			return nil, err
		}
		if part != nil { // servers of before there were parts do not say it
			parts = append(parts, part)
		}
	}
	return parts, nil
}

// receive writes a part as it comes.
func (s *backupSource) receive(ctx context.Context, shard uint32, out io.Writer) (part *raftkvpb.BackupPart, err error) {
	ctx, touch, stop, explain := watch(ctx, s.a.within(callTimeout))
	defer stop()
	stream, err := raftkvpb.NewRaftKVAdminClient(s.conn).Backup(ctx, &raftkvpb.BackupRequest{Shard: &shard, BackupId: s.id[:]})
	if err != nil {
		return nil, explain(err)
	}
	for {
		response, err := stream.Recv()
		if err == io.EOF {
			return part, nil
		}
		if err != nil {
			return nil, explain(err)
		}
		touch()
		if response.GetPart() != nil {
			part = response.GetPart()
		}
		if _, err := out.Write(response.GetChunk()); err != nil {
			return nil, failure{err}
		}
	}
}
