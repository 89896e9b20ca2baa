package server

import (
	"context"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"numstore.example/contracts/gossipkvpb"
	"numstore.example/contracts/version"
	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/gossipkv/internal/node"
)

// Status implements the contract.
func (a *adapter) Status(context.Context, *gossipkvpb.StatusRequest) (*gossipkvpb.StatusResponse, error) {
	s, err := a.Node.Status()
	if err != nil {
		return nil, readStatus(err)
	}
	disk := a.Node.Disk()
	response := &gossipkvpb.StatusResponse{
		Server: uint32(s.Self.Server), Incarnation: uint64(s.Self.Incarnation), StartTime: timestamppb.New(a.started), Version: version.Short(),
		Time: s.Time, Vector: vectorMessage(s.Known),
		Keys: s.Counts.Keys, Bytes: s.Counts.Bytes, Tombstones: s.Counts.Tombstones,
		Puts: a.calls.puts.Load(), Gets: a.calls.gets.Load(), Deletes: a.calls.deletes.Load(), Dumps: a.calls.dumps.Load(), Unmet: a.calls.unmet.Load(),
		Limits:    &gossipkvpb.Limits{MaxKey: uint32(a.MaxKey), MaxValue: uint64(a.MaxValue)},
		Forgotten: s.Roster[s.Self].State == merge.Forgotten,
		DiskFree:  disk.Free,
	}
	if s.Full != nil {
		response.DiskFull = s.Full.Error()
	}
	if disk.Stalled > 0 {
		response.DiskStalled = durationpb.New(disk.Stalled)
	}
	for i := range s.Links {
		response.Links = append(response.Links, linkMessage(&s.Links[i]))
	}
	for _, origin := range s.Roster.Origins() {
		standing := s.Roster[origin]
		response.Members = append(response.Members, &gossipkvpb.Member{
			Server: uint32(origin.Server), Incarnation: uint64(origin.Incarnation), State: states[standing.State], Vector: vectorMessage(standing.Known),
		})
	}
	return response, nil
}

var states = map[merge.State]gossipkvpb.MemberState{
	merge.Member:    gossipkvpb.MemberState_MEMBER_STATE_MEMBER,
	merge.Replaced:  gossipkvpb.MemberState_MEMBER_STATE_REPLACED,
	merge.Forgotten: gossipkvpb.MemberState_MEMBER_STATE_FORGOTTEN,
	merge.Duplicate: gossipkvpb.MemberState_MEMBER_STATE_DUPLICATE,
}

func linkMessage(l *node.LinkStatus) *gossipkvpb.Link {
	message := &gossipkvpb.Link{
		Server: uint32(l.Server), Address: l.Address, Up: l.Up, Reason: l.Reason,
		BehindEntries: l.BehindEntries, BehindBytes: l.BehindBytes, BehindExact: l.Exact,
		SentBytes: l.Sent, ReceivedBytes: l.Received,
	}
	if !l.LastExchange.IsZero() {
		message.LastExchange = timestamppb.New(l.LastExchange)
	}
	return message
}

// versionMessage returns a version as it is told; nil for none.
func versionMessage(v merge.Version) *gossipkvpb.Version {
	if v.IsZero() {
		return nil
	}
	return &gossipkvpb.Version{Time: v.Time, Server: uint32(v.Server), Incarnation: uint64(v.Incarnation)}
}

func vectorMessage(v merge.Vector) (entries []*gossipkvpb.VectorEntry) {
	for _, origin := range v.Origins() {
		entries = append(entries, &gossipkvpb.VectorEntry{Server: uint32(origin.Server), Incarnation: uint64(origin.Incarnation), Time: v[origin]})
	}
	return entries
}
