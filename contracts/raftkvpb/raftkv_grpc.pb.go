// The contract of raftkv: a key/value store whose acknowledged writes survive crashes, whose reads are
// never stale, and whose writes happen exactly once however often a client has to retry.
//
// This file is the reference for clients in any language. A server listens on port 6000 unless told
// otherwise, without TLS. `numstore.example/contracts/raftkv` has a Go client that does all that this
// file asks of one, and `python` has one in Python; the rest of this comment is what a client of your own has to know, and
// CLIENTS.md, beside this file, takes you through it step by step.
//
// # Keys, values, versions
//
// Keys and values are any bytes. A key has 1 to 1024 bytes, a value 0 to 16777216 (16 MiB), unless the
// server was started with other limits; Stat tells them. An empty value is a value; a key that holds it
// exists. gRPC libraries receive messages of at most 4 MiB unless told otherwise: a client that expects
// greater values raises that limit. A client may ping a silent connection, but not more often than every ten
// seconds. Requests may be compressed with gzip, as gRPC libraries do when they are told to: what they hold is subject
// to the same limits, and the replies but those of Scan are compressed too.
//
// A key's version is the number of its last change, and greater with every change, also when the key is
// deleted and made anew. Versions of one shard grow, but not by one for each change of a key. A write
// may name the version that it expects its key to have, with 0 for "the key does not exist"; when it has
// another one, the write is refused with FAILED_PRECONDITION and changes nothing (compare and set).
//
// # Exactly once
//
// A write that got no answer may or may not have happened. To be able to send it again, a client gives
// it a request id: a client id that it has made up, 16 random bytes, and a sequence number, 1 for the
// first write under this client id and one more for each next one. A client has one write at a time under
// a client id: it does not use the next number before it knows the outcome of the last. One that
// wants many writes at a time makes up many client ids, and keeps them.
//
// A client id belongs to one shard, that of its first write, for each shard remembers its own clients. One that writes
// keys of several shards (see Topology) has client ids for each of them, and numbers the writes under each by itself; a
// Batch counts for the shard that its keys belong to.
//
// The server remembers, with the data and as durably, the last sequence number of each client id and
// what it was answered. The same request id again gets the same answer, refusals included, and executes
// nothing. A lower sequence number is refused with ABORTED. A client id that has written nothing for longer
// than the server's --session-ttl (by default an hour), or that is the idlest of more than a million of its shard, may be
// forgotten; a write under it is then refused with NOT_FOUND, and never executed. Take a new client id, and
// know that a write which had no answer before may have happened.
//
// Only time in which the shard has a leader that is at work counts for --session-ttl, as the leader measures it: no client
// is forgotten for a time in which its server was down or halted, however long that was, and none for a clock that leaps,
// forward or back, on any machine. So one that wrote last within --session-ttl is not forgotten, unless a million others
// have written since. One that is idle may be remembered longer than --session-ttl: it is looked for every tenth of it.
//
// The request must be the same at each repetition. The server looks at its request id alone: another request gets
// the answer to the first one, or INVALID_ARGUMENT if that does not fit. Only what was executed, or refused with
// FAILED_PRECONDITION or OUT_OF_RANGE, is remembered: a sequence number whose write was refused otherwise can be
// used again, or left out; 1 cannot be left out. The first write of a client id that is remembered has the number 1: as
// long as there was none, a greater number is refused with NOT_FOUND, as if the client id had been forgotten. A write without
// a request id is executed each time that it arrives.
//
// # Several servers
//
// A cluster is several servers; each shard is held by some of them, of which one leads it. Topology tells all of that, and
// every server tells the same but for leaders, of which it knows what it knows.
//
// By default any server takes any call and passes it on, once, to the shard's leader; gets and Scans are also answered by
// the other servers that hold the shard, and are linearizable there too. Asking the leader saves the way. While a shard has no
// leader, a server waits for one, 2 seconds at most. A server that was started with --forward=replica passes on only calls for
// shards that it holds, one with --forward=none answers only for shards that it leads; what they do not answer they refuse
// with UNAVAILABLE and a Redirect, before anything has happened. A client goes where the Redirect says, or to another
// server that holds the shard if it names none, and asks for the Topology when the Redirect has a greater map_version.
//
// A server that does not answer at all, because it hangs or its network does, is left after some seconds for another one
// that holds the shard, long before a call's own deadline. The write that had no answer keeps its request id there.
//
// # Who may call
//
// Everybody, unless the server was started with --client-token-file: then calls carry one of its tokens, as the
// metadata `authorization: Bearer TOKEN`. With --allow-cn, certificates of mutual TLS whose common name or DNS name
// the server knows are good as well, or alone. Health (the gRPC health service) is told to everybody; reflection and
// channelz are for who may call. Administrative calls need more, see RaftKVAdmin.
//
// # Errors
//
// Every status has a message that names the value, the limit, and what to do.
//
//   code                 when                                                     took effect?
//   -------------------  -------------------------------------------------------  ------------------
//   INVALID_ARGUMENT     an empty or too long key, a too long value, a request    no
//                        id whose client id is not of 16 bytes or whose sequence
//                        is 0, both a prefix and a range, more than 131072
//                        fields, those of messages in it included, what cannot
//                        be decoded, a key that the placement refuses, a batch of
//                        several shards, a shard that there is not, and so on
//   FAILED_PRECONDITION  the key has another version than the expected one        no
//   OUT_OF_RANGE         Append: the value would become longer than the limit;    no
//                        Batch: the previous values that it returns would be
//                        longer than 128 MiB together
//   ABORTED              the request id's sequence number is lower than the last  not now; perhaps when
//                        one under this client id                                 it was first sent
//   NOT_FOUND            the client id was forgotten, or began with a number      not now; perhaps when
//                        greater than 1 (never for a key that does not exist)     it was first sent
//   RESOURCE_EXHAUSTED   too many calls wait, or the values that writes of the    not now; perhaps when
//                        same moment return are too long together; try again      it was first sent
//                        later. Scan: too many run, or the client took nothing
//                        of it for too long. From gRPC itself, "message larger than max":
//                        the request is too long
//   UNAVAILABLE          the server cannot be reached, is stopping, has no        perhaps; a Redirect
//                        leader, is not to answer for this shard, waits for the   in the details: no
//                        others to form a cluster, or can no longer write to its
//                        disk; or the disk is full: then reads, and deletions
//                        alone or in a Batch without other writes, are done all
//                        the same
//   DEADLINE_EXCEEDED    the caller's deadline passed                             perhaps
//   CANCELLED            the caller gave up                                       perhaps
//   DATA_LOSS            what was read from disk is damaged, now or before; the   perhaps
//                        message names the file
//   PERMISSION_DENIED    a client certificate with none of the names that the     no
//                        server knows; an administrative call that it does not
//                        allow
//   UNAUTHENTICATED      a call without a token that the server knows, or an      no
//                        administrative one without the right token
//   INTERNAL             a defect of the server, please report it; or a request   perhaps
//                        that is no gRPC, such as half of a message
//   UNIMPLEMENTED        the server does not have this call: it has another       no
//                        contract, or an older version of this one; or the
//                        request is compressed in another way than gzip
//
// A client whose library refuses the answer for its length reports RESOURCE_EXHAUSTED as well: then the call
// has happened. Raise its limit, as above. The metadata of a call may be 16 KiB; with more, the connection breaks.
//
// "Perhaps" means for a write with a request id: send it again, with the same id, until there is an
// answer. Gets and Scans change nothing and can always be sent again.

// Code generated by protoc-gen-go-grpc. DO NOT EDIT.
// versions:
// - protoc-gen-go-grpc v1.6.2
// - protoc             (unknown)
// source: raftkv.proto

package raftkvpb

import (
	context "context"
	grpc "google.golang.org/grpc"
	codes "google.golang.org/grpc/codes"
	status "google.golang.org/grpc/status"
)

// This is a compile-time assertion to ensure that this generated file
// is compatible with the grpc package it is being compiled against.
// Requires gRPC-Go v1.64.0 or later.
const _ = grpc.SupportPackageIsVersion9

const (
	RaftKV_Get_FullMethodName      = "/raftkv.v1.RaftKV/Get"
	RaftKV_Put_FullMethodName      = "/raftkv.v1.RaftKV/Put"
	RaftKV_Append_FullMethodName   = "/raftkv.v1.RaftKV/Append"
	RaftKV_Delete_FullMethodName   = "/raftkv.v1.RaftKV/Delete"
	RaftKV_Batch_FullMethodName    = "/raftkv.v1.RaftKV/Batch"
	RaftKV_Scan_FullMethodName     = "/raftkv.v1.RaftKV/Scan"
	RaftKV_Pipeline_FullMethodName = "/raftkv.v1.RaftKV/Pipeline"
	RaftKV_Stat_FullMethodName     = "/raftkv.v1.RaftKV/Stat"
	RaftKV_Topology_FullMethodName = "/raftkv.v1.RaftKV/Topology"
)

// RaftKVClient is the client API for RaftKV service.
//
// For semantics around ctx use and closing/ending streaming RPCs, please refer to https://pkg.go.dev/google.golang.org/grpc/?tab=doc#ClientConn.NewStream.
//
// RaftKV is the store. Every call is linearizable: it takes effect at one moment between its start and
// its end. A write is answered when it is on disk (unless the server runs with --durability=interval).
type RaftKVClient interface {
	// Get returns the value of a key. A missing key is no error: found is false.
	Get(ctx context.Context, in *GetRequest, opts ...grpc.CallOption) (*GetResponse, error)
	// Put sets a key to a value, whether or not it existed.
	Put(ctx context.Context, in *PutRequest, opts ...grpc.CallOption) (*PutResponse, error)
	// Append puts bytes at the end of the value of a key. A missing key counts as empty, and is made.
	Append(ctx context.Context, in *AppendRequest, opts ...grpc.CallOption) (*AppendResponse, error)
	// Delete removes a key. That it does not exist is no error: existed is false, and nothing changes.
	Delete(ctx context.Context, in *DeleteRequest, opts ...grpc.CallOption) (*DeleteResponse, error)
	// Batch does several writes at one moment, all or none: when one of them is refused, for its expected
	// version for example, all are, with its status. They are done in order, so that a later one sees
	// what an earlier one wrote. All keys must belong to one shard, as those with one tag do (see Placement); a batch of
	// several is refused with INVALID_ARGUMENT, and none of its writes happens.
	Batch(ctx context.Context, in *BatchRequest, opts ...grpc.CallOption) (*BatchResponse, error)
	// Scan returns the pairs whose keys begin with a prefix, or lie in a range, in the order of their keys
	// (as unsigned bytes), of one shard or of all. Of each shard it shows one moment, of its own. The result may be larger than
	// any message or memory: it comes in parts. A client that reads slowly is waited for, but one that takes nothing for the server's
	// --scan-timeout (by default a minute) gets RESOURCE_EXHAUSTED behind the parts that were on their way, and is
	// disconnected when it does not take those either. It can go on with resume_after, which shows a later moment. A
	// client, that is all processes of one machine together, can have a quarter of the scans that the server runs at a
	// time (of 256, unless it may open few files); one more is refused.
	Scan(ctx context.Context, in *ScanRequest, opts ...grpc.CallOption) (grpc.ServerStreamingClient[ScanResponse], error)
	// Pipeline carries many calls at once on one stream, several to a message, both ways: it is many times
	// cheaper than as many calls. Every operation gets one answer, with its tag; answers come in any order,
	// and operations in flight together take effect in any order, even those of one message. An error is
	// one operation's. The stream ends when the client closes its side and all is answered, or breaks with
	// a status; then operations without an answer may or may not have happened.
	//
	// A message has at most 4096 operations: with more, the stream ends with INVALID_ARGUMENT, and none of them
	// happens. When 4096 operations of a stream are in flight, the server reads no more of it until answers were taken.
	Pipeline(ctx context.Context, opts ...grpc.CallOption) (grpc.BidiStreamingClient[PipelineRequest, PipelineResponse], error)
	// Stat returns counters and the state of the server that is asked.
	Stat(ctx context.Context, in *StatRequest, opts ...grpc.CallOption) (*StatResponse, error)
	// Topology returns which shards there are and where: the map of the whole cluster, whichever server is asked. One that
	// waits for the others to form a cluster has none yet (UNAVAILABLE).
	Topology(ctx context.Context, in *TopologyRequest, opts ...grpc.CallOption) (*TopologyResponse, error)
}

type raftKVClient struct {
	cc grpc.ClientConnInterface
}

func NewRaftKVClient(cc grpc.ClientConnInterface) RaftKVClient {
	return &raftKVClient{cc}
}

func (c *raftKVClient) Get(ctx context.Context, in *GetRequest, opts ...grpc.CallOption) (*GetResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(GetResponse)
	err := c.cc.Invoke(ctx, RaftKV_Get_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *raftKVClient) Put(ctx context.Context, in *PutRequest, opts ...grpc.CallOption) (*PutResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(PutResponse)
	err := c.cc.Invoke(ctx, RaftKV_Put_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *raftKVClient) Append(ctx context.Context, in *AppendRequest, opts ...grpc.CallOption) (*AppendResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(AppendResponse)
	err := c.cc.Invoke(ctx, RaftKV_Append_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *raftKVClient) Delete(ctx context.Context, in *DeleteRequest, opts ...grpc.CallOption) (*DeleteResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(DeleteResponse)
	err := c.cc.Invoke(ctx, RaftKV_Delete_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *raftKVClient) Batch(ctx context.Context, in *BatchRequest, opts ...grpc.CallOption) (*BatchResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(BatchResponse)
	err := c.cc.Invoke(ctx, RaftKV_Batch_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *raftKVClient) Scan(ctx context.Context, in *ScanRequest, opts ...grpc.CallOption) (grpc.ServerStreamingClient[ScanResponse], error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	stream, err := c.cc.NewStream(ctx, &RaftKV_ServiceDesc.Streams[0], RaftKV_Scan_FullMethodName, cOpts...)
	if err != nil {
		return nil, err
	}
	x := &grpc.GenericClientStream[ScanRequest, ScanResponse]{ClientStream: stream}
	if err := x.ClientStream.SendMsg(in); err != nil {
		return nil, err
	}
	if err := x.ClientStream.CloseSend(); err != nil {
		return nil, err
	}
	return x, nil
}

// This type alias is provided for backwards compatibility with existing code that references the prior non-generic stream type by name.
type RaftKV_ScanClient = grpc.ServerStreamingClient[ScanResponse]

func (c *raftKVClient) Pipeline(ctx context.Context, opts ...grpc.CallOption) (grpc.BidiStreamingClient[PipelineRequest, PipelineResponse], error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	stream, err := c.cc.NewStream(ctx, &RaftKV_ServiceDesc.Streams[1], RaftKV_Pipeline_FullMethodName, cOpts...)
	if err != nil {
		return nil, err
	}
	x := &grpc.GenericClientStream[PipelineRequest, PipelineResponse]{ClientStream: stream}
	return x, nil
}

// This type alias is provided for backwards compatibility with existing code that references the prior non-generic stream type by name.
type RaftKV_PipelineClient = grpc.BidiStreamingClient[PipelineRequest, PipelineResponse]

func (c *raftKVClient) Stat(ctx context.Context, in *StatRequest, opts ...grpc.CallOption) (*StatResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(StatResponse)
	err := c.cc.Invoke(ctx, RaftKV_Stat_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *raftKVClient) Topology(ctx context.Context, in *TopologyRequest, opts ...grpc.CallOption) (*TopologyResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(TopologyResponse)
	err := c.cc.Invoke(ctx, RaftKV_Topology_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// RaftKVServer is the server API for RaftKV service.
// All implementations must embed UnimplementedRaftKVServer
// for forward compatibility.
//
// RaftKV is the store. Every call is linearizable: it takes effect at one moment between its start and
// its end. A write is answered when it is on disk (unless the server runs with --durability=interval).
type RaftKVServer interface {
	// Get returns the value of a key. A missing key is no error: found is false.
	Get(context.Context, *GetRequest) (*GetResponse, error)
	// Put sets a key to a value, whether or not it existed.
	Put(context.Context, *PutRequest) (*PutResponse, error)
	// Append puts bytes at the end of the value of a key. A missing key counts as empty, and is made.
	Append(context.Context, *AppendRequest) (*AppendResponse, error)
	// Delete removes a key. That it does not exist is no error: existed is false, and nothing changes.
	Delete(context.Context, *DeleteRequest) (*DeleteResponse, error)
	// Batch does several writes at one moment, all or none: when one of them is refused, for its expected
	// version for example, all are, with its status. They are done in order, so that a later one sees
	// what an earlier one wrote. All keys must belong to one shard, as those with one tag do (see Placement); a batch of
	// several is refused with INVALID_ARGUMENT, and none of its writes happens.
	Batch(context.Context, *BatchRequest) (*BatchResponse, error)
	// Scan returns the pairs whose keys begin with a prefix, or lie in a range, in the order of their keys
	// (as unsigned bytes), of one shard or of all. Of each shard it shows one moment, of its own. The result may be larger than
	// any message or memory: it comes in parts. A client that reads slowly is waited for, but one that takes nothing for the server's
	// --scan-timeout (by default a minute) gets RESOURCE_EXHAUSTED behind the parts that were on their way, and is
	// disconnected when it does not take those either. It can go on with resume_after, which shows a later moment. A
	// client, that is all processes of one machine together, can have a quarter of the scans that the server runs at a
	// time (of 256, unless it may open few files); one more is refused.
	Scan(*ScanRequest, grpc.ServerStreamingServer[ScanResponse]) error
	// Pipeline carries many calls at once on one stream, several to a message, both ways: it is many times
	// cheaper than as many calls. Every operation gets one answer, with its tag; answers come in any order,
	// and operations in flight together take effect in any order, even those of one message. An error is
	// one operation's. The stream ends when the client closes its side and all is answered, or breaks with
	// a status; then operations without an answer may or may not have happened.
	//
	// A message has at most 4096 operations: with more, the stream ends with INVALID_ARGUMENT, and none of them
	// happens. When 4096 operations of a stream are in flight, the server reads no more of it until answers were taken.
	Pipeline(grpc.BidiStreamingServer[PipelineRequest, PipelineResponse]) error
	// Stat returns counters and the state of the server that is asked.
	Stat(context.Context, *StatRequest) (*StatResponse, error)
	// Topology returns which shards there are and where: the map of the whole cluster, whichever server is asked. One that
	// waits for the others to form a cluster has none yet (UNAVAILABLE).
	Topology(context.Context, *TopologyRequest) (*TopologyResponse, error)
	mustEmbedUnimplementedRaftKVServer()
}

// UnimplementedRaftKVServer must be embedded to have
// forward compatible implementations.
//
// NOTE: this should be embedded by value instead of pointer to avoid a nil
// pointer dereference when methods are called.
type UnimplementedRaftKVServer struct{}

func (UnimplementedRaftKVServer) Get(context.Context, *GetRequest) (*GetResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method Get not implemented")
}
func (UnimplementedRaftKVServer) Put(context.Context, *PutRequest) (*PutResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method Put not implemented")
}
func (UnimplementedRaftKVServer) Append(context.Context, *AppendRequest) (*AppendResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method Append not implemented")
}
func (UnimplementedRaftKVServer) Delete(context.Context, *DeleteRequest) (*DeleteResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method Delete not implemented")
}
func (UnimplementedRaftKVServer) Batch(context.Context, *BatchRequest) (*BatchResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method Batch not implemented")
}
func (UnimplementedRaftKVServer) Scan(*ScanRequest, grpc.ServerStreamingServer[ScanResponse]) error {
	return status.Error(codes.Unimplemented, "method Scan not implemented")
}
func (UnimplementedRaftKVServer) Pipeline(grpc.BidiStreamingServer[PipelineRequest, PipelineResponse]) error {
	return status.Error(codes.Unimplemented, "method Pipeline not implemented")
}
func (UnimplementedRaftKVServer) Stat(context.Context, *StatRequest) (*StatResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method Stat not implemented")
}
func (UnimplementedRaftKVServer) Topology(context.Context, *TopologyRequest) (*TopologyResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method Topology not implemented")
}
func (UnimplementedRaftKVServer) mustEmbedUnimplementedRaftKVServer() {}
func (UnimplementedRaftKVServer) testEmbeddedByValue()                {}

// UnsafeRaftKVServer may be embedded to opt out of forward compatibility for this service.
// Use of this interface is not recommended, as added methods to RaftKVServer will
// result in compilation errors.
type UnsafeRaftKVServer interface {
	mustEmbedUnimplementedRaftKVServer()
}

func RegisterRaftKVServer(s grpc.ServiceRegistrar, srv RaftKVServer) {
	// If the following call panics, it indicates UnimplementedRaftKVServer was
	// embedded by pointer and is nil.  This will cause panics if an
	// unimplemented method is ever invoked, so we test this at initialization
	// time to prevent it from happening at runtime later due to I/O.
	if t, ok := srv.(interface{ testEmbeddedByValue() }); ok {
		t.testEmbeddedByValue()
	}
	s.RegisterService(&RaftKV_ServiceDesc, srv)
}

func _RaftKV_Get_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(GetRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(RaftKVServer).Get(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: RaftKV_Get_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(RaftKVServer).Get(ctx, req.(*GetRequest))
	}
	return interceptor(ctx, in, info, handler)
}

func _RaftKV_Put_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(PutRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(RaftKVServer).Put(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: RaftKV_Put_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(RaftKVServer).Put(ctx, req.(*PutRequest))
	}
	return interceptor(ctx, in, info, handler)
}

func _RaftKV_Append_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(AppendRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(RaftKVServer).Append(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: RaftKV_Append_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(RaftKVServer).Append(ctx, req.(*AppendRequest))
	}
	return interceptor(ctx, in, info, handler)
}

func _RaftKV_Delete_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(DeleteRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(RaftKVServer).Delete(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: RaftKV_Delete_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(RaftKVServer).Delete(ctx, req.(*DeleteRequest))
	}
	return interceptor(ctx, in, info, handler)
}

func _RaftKV_Batch_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(BatchRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(RaftKVServer).Batch(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: RaftKV_Batch_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(RaftKVServer).Batch(ctx, req.(*BatchRequest))
	}
	return interceptor(ctx, in, info, handler)
}

func _RaftKV_Scan_Handler(srv interface{}, stream grpc.ServerStream) error {
	m := new(ScanRequest)
	if err := stream.RecvMsg(m); err != nil {
		return err
	}
	return srv.(RaftKVServer).Scan(m, &grpc.GenericServerStream[ScanRequest, ScanResponse]{ServerStream: stream})
}

// This type alias is provided for backwards compatibility with existing code that references the prior non-generic stream type by name.
type RaftKV_ScanServer = grpc.ServerStreamingServer[ScanResponse]

func _RaftKV_Pipeline_Handler(srv interface{}, stream grpc.ServerStream) error {
	return srv.(RaftKVServer).Pipeline(&grpc.GenericServerStream[PipelineRequest, PipelineResponse]{ServerStream: stream})
}

// This type alias is provided for backwards compatibility with existing code that references the prior non-generic stream type by name.
type RaftKV_PipelineServer = grpc.BidiStreamingServer[PipelineRequest, PipelineResponse]

func _RaftKV_Stat_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(StatRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(RaftKVServer).Stat(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: RaftKV_Stat_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(RaftKVServer).Stat(ctx, req.(*StatRequest))
	}
	return interceptor(ctx, in, info, handler)
}

func _RaftKV_Topology_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(TopologyRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(RaftKVServer).Topology(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: RaftKV_Topology_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(RaftKVServer).Topology(ctx, req.(*TopologyRequest))
	}
	return interceptor(ctx, in, info, handler)
}

// RaftKV_ServiceDesc is the grpc.ServiceDesc for RaftKV service.
// It's only intended for direct use with grpc.RegisterService,
// and not to be introspected or modified (even as a copy)
var RaftKV_ServiceDesc = grpc.ServiceDesc{
	ServiceName: "raftkv.v1.RaftKV",
	HandlerType: (*RaftKVServer)(nil),
	Methods: []grpc.MethodDesc{
		{
			MethodName: "Get",
			Handler:    _RaftKV_Get_Handler,
		},
		{
			MethodName: "Put",
			Handler:    _RaftKV_Put_Handler,
		},
		{
			MethodName: "Append",
			Handler:    _RaftKV_Append_Handler,
		},
		{
			MethodName: "Delete",
			Handler:    _RaftKV_Delete_Handler,
		},
		{
			MethodName: "Batch",
			Handler:    _RaftKV_Batch_Handler,
		},
		{
			MethodName: "Stat",
			Handler:    _RaftKV_Stat_Handler,
		},
		{
			MethodName: "Topology",
			Handler:    _RaftKV_Topology_Handler,
		},
	},
	Streams: []grpc.StreamDesc{
		{
			StreamName:    "Scan",
			Handler:       _RaftKV_Scan_Handler,
			ServerStreams: true,
		},
		{
			StreamName:    "Pipeline",
			Handler:       _RaftKV_Pipeline_Handler,
			ServerStreams: true,
			ClientStreams: true,
		},
	},
	Metadata: "raftkv.proto",
}

const (
	RaftKVAdmin_Shutdown_FullMethodName     = "/raftkv.v1.RaftKVAdmin/Shutdown"
	RaftKVAdmin_Backup_FullMethodName       = "/raftkv.v1.RaftKVAdmin/Backup"
	RaftKVAdmin_Compact_FullMethodName      = "/raftkv.v1.RaftKVAdmin/Compact"
	RaftKVAdmin_ListMembers_FullMethodName  = "/raftkv.v1.RaftKVAdmin/ListMembers"
	RaftKVAdmin_ChangeMember_FullMethodName = "/raftkv.v1.RaftKVAdmin/ChangeMember"
	RaftKVAdmin_ForgetNode_FullMethodName   = "/raftkv.v1.RaftKVAdmin/ForgetNode"
)

// RaftKVAdminClient is the client API for RaftKVAdmin service.
//
// For semantics around ctx use and closing/ending streaming RPCs, please refer to https://pkg.go.dev/google.golang.org/grpc/?tab=doc#ClientConn.NewStream.
//
// RaftKVAdmin is for operators. Its calls are refused with PERMISSION_DENIED unless the server was started
// with --admin-token-file or --admin-token (calls then carry the metadata `authorization: Bearer TOKEN`) or with
// --admin-mtls (callers then have a client certificate). A token of these is good for all other calls as well, and a
// call may carry several values of that metadata, such as the token of a client and one of these.
type RaftKVAdminClient interface {
	// Shutdown stops the server as SIGTERM does: calls in flight finish, files are closed. It is answered
	// before the server ends.
	Shutdown(ctx context.Context, in *ShutdownRequest, opts ...grpc.CallOption) (*ShutdownResponse, error)
	// Backup returns a backup of the cluster, clients that are remembered included, while it goes on serving. It has a part
	// for each shard, each as of one moment of its own: all that was answered before the call began is in it, but of two writes
	// to two shards that came later, the later one may be there alone. The parts, one after the other in any order, are the
	// file that `raftkv --restore FILE` fills new servers with, as many as you like and with as many shards.
	//
	// A part may come from any server that holds the shard. One that is lost on the way ends the stream with a status, and
	// what came of that part is of no use. Who asks for one shard at a time, with one backup_id for all of them, cuts that part
	// off again, and asks another server for it.
	//
	// A whole file has the parts of all shards, each once, under one backup_id; restoring refuses anything else. Servers with
	// --forward=none or replica refuse, with a Redirect, what they are not to pass on, as they do with a Scan.
	Backup(ctx context.Context, in *BackupRequest, opts ...grpc.CallOption) (grpc.ServerStreamingClient[BackupResponse], error)
	// Compact gives the space of what was overwritten and deleted back to the disk. The server does that by
	// itself in time; the call returns when it is done.
	Compact(ctx context.Context, in *CompactRequest, opts ...grpc.CallOption) (*CompactResponse, error)
	// ListMembers returns which nodes the cluster has and had, and who has a replica of each shard, as far as the asked server knows:
	// of a shard that it has no replica of, it may know an older version; how far the members are, only the shard's leader knows.
	// Who wants all of it asks all servers, and takes of each shard the members of the greatest version.
	ListMembers(ctx context.Context, in *ListMembersRequest, opts ...grpc.CallOption) (*ListMembersResponse, error)
	// ChangeMember begins, or takes back, a change of who has a replica of one shard. The shard's leader is to be asked: others
	// refuse with UNAVAILABLE and a Redirect. It is answered when the step is decided, and survives from then on what the shard survives;
	// the rest of the change is done by whoever leads the shard: the new member has no vote until it has got the shard's
	// state, then it begins to vote in the same moment in which the one that it replaces begins to leave. ListMembers tells how far it
	// is. A shard has one change at a time.
	//
	// A new node must run already, with an empty folder and its number: who is asked finds it at its address. It is not told of
	// the cluster before, and so cannot speak in anybody's name. The node that a new one of the same number replaces must not run: its store is
	// dead from then on, and with it all its replicas.
	//
	// Besides the errors of all calls: FAILED_PRECONDITION when the change cannot be begun, with the reason: another one is under
	// way, more than half of the voters before or after would not answer, a node has or does not have a replica already, and the
	// like; nothing has changed then. UNAVAILABLE without a Redirect, DEADLINE_EXCEEDED and CANCELLED leave open whether it has: ask
	// ListMembers.
	ChangeMember(ctx context.Context, in *ChangeMemberRequest, opts ...grpc.CallOption) (*ChangeMemberResponse, error)
	// ForgetNode takes a node out of the cluster of which no shard has a member any more. Any server can be asked. The node's store must not come
	// back; its number may be used again. FAILED_PRECONDITION when a shard has a member on it.
	ForgetNode(ctx context.Context, in *ForgetNodeRequest, opts ...grpc.CallOption) (*ForgetNodeResponse, error)
}

type raftKVAdminClient struct {
	cc grpc.ClientConnInterface
}

func NewRaftKVAdminClient(cc grpc.ClientConnInterface) RaftKVAdminClient {
	return &raftKVAdminClient{cc}
}

func (c *raftKVAdminClient) Shutdown(ctx context.Context, in *ShutdownRequest, opts ...grpc.CallOption) (*ShutdownResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(ShutdownResponse)
	err := c.cc.Invoke(ctx, RaftKVAdmin_Shutdown_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *raftKVAdminClient) Backup(ctx context.Context, in *BackupRequest, opts ...grpc.CallOption) (grpc.ServerStreamingClient[BackupResponse], error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	stream, err := c.cc.NewStream(ctx, &RaftKVAdmin_ServiceDesc.Streams[0], RaftKVAdmin_Backup_FullMethodName, cOpts...)
	if err != nil {
		return nil, err
	}
	x := &grpc.GenericClientStream[BackupRequest, BackupResponse]{ClientStream: stream}
	if err := x.ClientStream.SendMsg(in); err != nil {
		return nil, err
	}
	if err := x.ClientStream.CloseSend(); err != nil {
		return nil, err
	}
	return x, nil
}

// This type alias is provided for backwards compatibility with existing code that references the prior non-generic stream type by name.
type RaftKVAdmin_BackupClient = grpc.ServerStreamingClient[BackupResponse]

func (c *raftKVAdminClient) Compact(ctx context.Context, in *CompactRequest, opts ...grpc.CallOption) (*CompactResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(CompactResponse)
	err := c.cc.Invoke(ctx, RaftKVAdmin_Compact_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *raftKVAdminClient) ListMembers(ctx context.Context, in *ListMembersRequest, opts ...grpc.CallOption) (*ListMembersResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(ListMembersResponse)
	err := c.cc.Invoke(ctx, RaftKVAdmin_ListMembers_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *raftKVAdminClient) ChangeMember(ctx context.Context, in *ChangeMemberRequest, opts ...grpc.CallOption) (*ChangeMemberResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(ChangeMemberResponse)
	err := c.cc.Invoke(ctx, RaftKVAdmin_ChangeMember_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *raftKVAdminClient) ForgetNode(ctx context.Context, in *ForgetNodeRequest, opts ...grpc.CallOption) (*ForgetNodeResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(ForgetNodeResponse)
	err := c.cc.Invoke(ctx, RaftKVAdmin_ForgetNode_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// RaftKVAdminServer is the server API for RaftKVAdmin service.
// All implementations must embed UnimplementedRaftKVAdminServer
// for forward compatibility.
//
// RaftKVAdmin is for operators. Its calls are refused with PERMISSION_DENIED unless the server was started
// with --admin-token-file or --admin-token (calls then carry the metadata `authorization: Bearer TOKEN`) or with
// --admin-mtls (callers then have a client certificate). A token of these is good for all other calls as well, and a
// call may carry several values of that metadata, such as the token of a client and one of these.
type RaftKVAdminServer interface {
	// Shutdown stops the server as SIGTERM does: calls in flight finish, files are closed. It is answered
	// before the server ends.
	Shutdown(context.Context, *ShutdownRequest) (*ShutdownResponse, error)
	// Backup returns a backup of the cluster, clients that are remembered included, while it goes on serving. It has a part
	// for each shard, each as of one moment of its own: all that was answered before the call began is in it, but of two writes
	// to two shards that came later, the later one may be there alone. The parts, one after the other in any order, are the
	// file that `raftkv --restore FILE` fills new servers with, as many as you like and with as many shards.
	//
	// A part may come from any server that holds the shard. One that is lost on the way ends the stream with a status, and
	// what came of that part is of no use. Who asks for one shard at a time, with one backup_id for all of them, cuts that part
	// off again, and asks another server for it.
	//
	// A whole file has the parts of all shards, each once, under one backup_id; restoring refuses anything else. Servers with
	// --forward=none or replica refuse, with a Redirect, what they are not to pass on, as they do with a Scan.
	Backup(*BackupRequest, grpc.ServerStreamingServer[BackupResponse]) error
	// Compact gives the space of what was overwritten and deleted back to the disk. The server does that by
	// itself in time; the call returns when it is done.
	Compact(context.Context, *CompactRequest) (*CompactResponse, error)
	// ListMembers returns which nodes the cluster has and had, and who has a replica of each shard, as far as the asked server knows:
	// of a shard that it has no replica of, it may know an older version; how far the members are, only the shard's leader knows.
	// Who wants all of it asks all servers, and takes of each shard the members of the greatest version.
	ListMembers(context.Context, *ListMembersRequest) (*ListMembersResponse, error)
	// ChangeMember begins, or takes back, a change of who has a replica of one shard. The shard's leader is to be asked: others
	// refuse with UNAVAILABLE and a Redirect. It is answered when the step is decided, and survives from then on what the shard survives;
	// the rest of the change is done by whoever leads the shard: the new member has no vote until it has got the shard's
	// state, then it begins to vote in the same moment in which the one that it replaces begins to leave. ListMembers tells how far it
	// is. A shard has one change at a time.
	//
	// A new node must run already, with an empty folder and its number: who is asked finds it at its address. It is not told of
	// the cluster before, and so cannot speak in anybody's name. The node that a new one of the same number replaces must not run: its store is
	// dead from then on, and with it all its replicas.
	//
	// Besides the errors of all calls: FAILED_PRECONDITION when the change cannot be begun, with the reason: another one is under
	// way, more than half of the voters before or after would not answer, a node has or does not have a replica already, and the
	// like; nothing has changed then. UNAVAILABLE without a Redirect, DEADLINE_EXCEEDED and CANCELLED leave open whether it has: ask
	// ListMembers.
	ChangeMember(context.Context, *ChangeMemberRequest) (*ChangeMemberResponse, error)
	// ForgetNode takes a node out of the cluster of which no shard has a member any more. Any server can be asked. The node's store must not come
	// back; its number may be used again. FAILED_PRECONDITION when a shard has a member on it.
	ForgetNode(context.Context, *ForgetNodeRequest) (*ForgetNodeResponse, error)
	mustEmbedUnimplementedRaftKVAdminServer()
}

// UnimplementedRaftKVAdminServer must be embedded to have
// forward compatible implementations.
//
// NOTE: this should be embedded by value instead of pointer to avoid a nil
// pointer dereference when methods are called.
type UnimplementedRaftKVAdminServer struct{}

func (UnimplementedRaftKVAdminServer) Shutdown(context.Context, *ShutdownRequest) (*ShutdownResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method Shutdown not implemented")
}
func (UnimplementedRaftKVAdminServer) Backup(*BackupRequest, grpc.ServerStreamingServer[BackupResponse]) error {
	return status.Error(codes.Unimplemented, "method Backup not implemented")
}
func (UnimplementedRaftKVAdminServer) Compact(context.Context, *CompactRequest) (*CompactResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method Compact not implemented")
}
func (UnimplementedRaftKVAdminServer) ListMembers(context.Context, *ListMembersRequest) (*ListMembersResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method ListMembers not implemented")
}
func (UnimplementedRaftKVAdminServer) ChangeMember(context.Context, *ChangeMemberRequest) (*ChangeMemberResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method ChangeMember not implemented")
}
func (UnimplementedRaftKVAdminServer) ForgetNode(context.Context, *ForgetNodeRequest) (*ForgetNodeResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method ForgetNode not implemented")
}
func (UnimplementedRaftKVAdminServer) mustEmbedUnimplementedRaftKVAdminServer() {}
func (UnimplementedRaftKVAdminServer) testEmbeddedByValue()                     {}

// UnsafeRaftKVAdminServer may be embedded to opt out of forward compatibility for this service.
// Use of this interface is not recommended, as added methods to RaftKVAdminServer will
// result in compilation errors.
type UnsafeRaftKVAdminServer interface {
	mustEmbedUnimplementedRaftKVAdminServer()
}

func RegisterRaftKVAdminServer(s grpc.ServiceRegistrar, srv RaftKVAdminServer) {
	// If the following call panics, it indicates UnimplementedRaftKVAdminServer was
	// embedded by pointer and is nil.  This will cause panics if an
	// unimplemented method is ever invoked, so we test this at initialization
	// time to prevent it from happening at runtime later due to I/O.
	if t, ok := srv.(interface{ testEmbeddedByValue() }); ok {
		t.testEmbeddedByValue()
	}
	s.RegisterService(&RaftKVAdmin_ServiceDesc, srv)
}

func _RaftKVAdmin_Shutdown_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(ShutdownRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(RaftKVAdminServer).Shutdown(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: RaftKVAdmin_Shutdown_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(RaftKVAdminServer).Shutdown(ctx, req.(*ShutdownRequest))
	}
	return interceptor(ctx, in, info, handler)
}

func _RaftKVAdmin_Backup_Handler(srv interface{}, stream grpc.ServerStream) error {
	m := new(BackupRequest)
	if err := stream.RecvMsg(m); err != nil {
		return err
	}
	return srv.(RaftKVAdminServer).Backup(m, &grpc.GenericServerStream[BackupRequest, BackupResponse]{ServerStream: stream})
}

// This type alias is provided for backwards compatibility with existing code that references the prior non-generic stream type by name.
type RaftKVAdmin_BackupServer = grpc.ServerStreamingServer[BackupResponse]

func _RaftKVAdmin_Compact_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(CompactRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(RaftKVAdminServer).Compact(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: RaftKVAdmin_Compact_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(RaftKVAdminServer).Compact(ctx, req.(*CompactRequest))
	}
	return interceptor(ctx, in, info, handler)
}

func _RaftKVAdmin_ListMembers_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(ListMembersRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(RaftKVAdminServer).ListMembers(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: RaftKVAdmin_ListMembers_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(RaftKVAdminServer).ListMembers(ctx, req.(*ListMembersRequest))
	}
	return interceptor(ctx, in, info, handler)
}

func _RaftKVAdmin_ChangeMember_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(ChangeMemberRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(RaftKVAdminServer).ChangeMember(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: RaftKVAdmin_ChangeMember_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(RaftKVAdminServer).ChangeMember(ctx, req.(*ChangeMemberRequest))
	}
	return interceptor(ctx, in, info, handler)
}

func _RaftKVAdmin_ForgetNode_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(ForgetNodeRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(RaftKVAdminServer).ForgetNode(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: RaftKVAdmin_ForgetNode_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(RaftKVAdminServer).ForgetNode(ctx, req.(*ForgetNodeRequest))
	}
	return interceptor(ctx, in, info, handler)
}

// RaftKVAdmin_ServiceDesc is the grpc.ServiceDesc for RaftKVAdmin service.
// It's only intended for direct use with grpc.RegisterService,
// and not to be introspected or modified (even as a copy)
var RaftKVAdmin_ServiceDesc = grpc.ServiceDesc{
	ServiceName: "raftkv.v1.RaftKVAdmin",
	HandlerType: (*RaftKVAdminServer)(nil),
	Methods: []grpc.MethodDesc{
		{
			MethodName: "Shutdown",
			Handler:    _RaftKVAdmin_Shutdown_Handler,
		},
		{
			MethodName: "Compact",
			Handler:    _RaftKVAdmin_Compact_Handler,
		},
		{
			MethodName: "ListMembers",
			Handler:    _RaftKVAdmin_ListMembers_Handler,
		},
		{
			MethodName: "ChangeMember",
			Handler:    _RaftKVAdmin_ChangeMember_Handler,
		},
		{
			MethodName: "ForgetNode",
			Handler:    _RaftKVAdmin_ForgetNode_Handler,
		},
	},
	Streams: []grpc.StreamDesc{
		{
			StreamName:    "Backup",
			Handler:       _RaftKVAdmin_Backup_Handler,
			ServerStreams: true,
		},
	},
	Metadata: "raftkv.proto",
}
