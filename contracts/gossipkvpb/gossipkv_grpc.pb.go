// The contract of gossipkv: a key/value store that takes reads and writes on any server, whatever is broken, whose servers
// become equal when messages get through again, and that never lets a client read backwards, even when it changes servers.
//
// This file is the reference for clients in any language. A server listens on port 8000 unless told otherwise, without TLS.
// `numstore.example/contracts/gossipkv` has a Session for Go that does all that this file asks of a client, and `python` has one
// for Python; the rest of this comment is what a client of your own has to know.
//
// # Keys, values, versions
//
// Keys and values are any bytes. A key has 1 to 1024 bytes, a value 0 to 16777216 (16 MiB), unless the server was started with
// other limits; Status tells them. An empty value is a value. gRPC libraries receive messages of at most 4 MiB unless told
// otherwise: a client that expects greater values raises that limit.
//
// Every write has a version: a logical time, and the origin that has made it, which is a server and its incarnation. Of two versions
// the one with the greater time is the greater one; with the same time, the one with the greater server; with the same server too, the one
// with the greater incarnation. All three are unsigned numbers. No two writes have the same version.
// Of two writes of one key, the one with the greater version wins, on every server, whichever came first. A write is greater
// than all that its server had seen when it took it, and than all that the session had seen that made it. No clock is read: times count writes, and say
// nothing about when something happened.
//
// # Sessions
//
// A session is what one client has seen. It is kept by the client alone; servers keep nothing of it. It consists of:
//
//   - for each key that it has written, deleted or read, the greatest version that it has met: from PutResponse, DeleteResponse, GetResponse and
//     Dump;
//   - its time: the greatest time of all these versions, of all keys.
//
// Every Put and Delete carries the session's time, so that the new version is greater than all that the session has seen, also at a server that knows
// nothing of that yet. Every Get carries the session's version of that key, if it has one. The server answers with what it has
// if that is this version or a greater one. If it is older, or absent, then this server does not have yet what the session
// has seen: it says OUTCOME_DEPENDENCY_NOT_MET instead of letting the session read backwards. The client may ask again later, or
// another server. So a session reads its own writes, and never reads a version older than one that it has read, at whichever server,
// also over broken connections and restarts. It may be saved, restored, and handed on with a message to another client, who then continues
// from there. A session that was lost is begun anew, and knows nothing.
//
// An example of three servers, A, B and C; B and C are cut off from A:
//
//   client        server  request                         answer
//   ------------  ------  ------------------------------  --------------------------------------------------------
//   put x = 1     A       Put    x, 1, time 0             version (1, A); the session: x (1, A), time 1
//   get x         B       Get    x, seen (1, A)           OUTCOME_DEPENDENCY_NOT_MET: B knows nothing of x yet
//   put x = 2     B       Put    x, 2, time 1             version (2, B), greater than (1, A); the session: x (2, B), time 2
//   get x         C       Get    x, seen (2, B)           "2", version (2, B): B had sent it on at once
//   get x         A       Get    x, seen (2, B)           OUTCOME_DEPENDENCY_NOT_MET: A has (1, A), which is older
//   (A is back)   all                                     x = 2, version (2, B), as (2, B) > (1, A)
//
// # What is promised
//
// A write is answered when it is on the disk of the server that took it. It then goes to the others: at once to the servers to which that one is linked, and from
// these on, and whenever two servers meet again, each sends what the other lacks. Servers that can reach
// each other, over however many others, become equal when writes pause. A server that was down still has all that it had answered. If its disk is lost for ever, writes that
// had reached no other server are lost with it.
//
// # Deletion
//
// A deletion is a write: a tombstone with a version, which wins over older values when it meets them. It counts as absent: Get says OUTCOME_NO_VALUE. When
// all servers know of it, the tombstone itself goes. A session that has seen the deletion, or what was deleted, is then told
// OUTCOME_NO_VALUE by the servers that know of all that it has seen of that key, and OUTCOME_DEPENDENCY_NOT_MET by one that does not yet.
//
// # Repeating
//
// A write that got no answer may or may not have happened, or is still on its way. To send it again is another write of the same value: nobody can
// tell, unless someone else wrote that key in between. But a session that writes another value before it has read this one cannot know which
// of the two is greater, as it has not met the version of the first: either may win. Gets can always be sent again.
//
// # Who may call
//
// Everybody, unless the server was started with --client-token-file: then calls carry one of its tokens, as the metadata `authorization: Bearer TOKEN`. With --allow-cn,
// certificates of mutual TLS whose common name or DNS name the server knows are good as well, or alone. Health (the gRPC health service) is told to everybody. Administrative calls need more, see GossipKVAdmin.
//
// # Errors
//
// Every status has a message that names the value, the limit, and what to do.
//
//   code                 when                                                     took effect?
//   -------------------  -------------------------------------------------------  ------------------
//   INVALID_ARGUMENT     an empty or too long key, a too long value, a session's  no
//                        time or version that is none of this system's (see
//                        PutRequest), what cannot be decoded, and so on
//   FAILED_PRECONDITION  a write at a server that was forgotten (see Forget)      no
//   RESOURCE_EXHAUSTED   too many calls wait; try again later. Dump: too many     no
//                        run, or the client took nothing of it for too long.
//                        From gRPC itself, "message larger than max": the
//                        request is too long
//   UNAVAILABLE          the server cannot be reached, is stopping, or can no     perhaps
//                        longer write to its disk; or the disk is full: then
//                        reads and deletions are done all the same
//   DEADLINE_EXCEEDED    the caller's deadline passed                             perhaps
//   CANCELLED            the caller gave up                                       perhaps
//   DATA_LOSS            what was read from disk is damaged; the message names    perhaps
//                        the file
//   PERMISSION_DENIED    a client certificate with none of the names that the     no
//                        server knows; an administrative call that it does not
//                        allow
//   UNAUTHENTICATED      a call without a token that the server knows, or an      no
//                        administrative one without the right token
//   NOT_FOUND            Disconnect: there is no such link. Forget: there is no   no
//                        such server
//   INTERNAL             a defect of the server, please report it                 perhaps
//   UNIMPLEMENTED        the server does not have this call                       no

// Code generated by protoc-gen-go-grpc. DO NOT EDIT.
// versions:
// - protoc-gen-go-grpc v1.6.2
// - protoc             (unknown)
// source: gossipkv.proto

package gossipkvpb

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
	GossipKV_Put_FullMethodName    = "/gossipkv.v1.GossipKV/Put"
	GossipKV_Get_FullMethodName    = "/gossipkv.v1.GossipKV/Get"
	GossipKV_Delete_FullMethodName = "/gossipkv.v1.GossipKV/Delete"
	GossipKV_Dump_FullMethodName   = "/gossipkv.v1.GossipKV/Dump"
	GossipKV_Status_FullMethodName = "/gossipkv.v1.GossipKV/Status"
)

// GossipKVClient is the client API for GossipKV service.
//
// For semantics around ctx use and closing/ending streaming RPCs, please refer to https://pkg.go.dev/google.golang.org/grpc/?tab=doc#ClientConn.NewStream.
//
// GossipKV is the store, as one server of it answers.
type GossipKVClient interface {
	// Put sets a key to a value. It is answered when that is on this server's disk.
	Put(ctx context.Context, in *PutRequest, opts ...grpc.CallOption) (*PutResponse, error)
	// Get returns the value of a key, unless this server does not have yet what the session has seen of that key.
	Get(ctx context.Context, in *GetRequest, opts ...grpc.CallOption) (*GetResponse, error)
	// Delete removes a key: it writes a tombstone. Whether the key existed does not matter.
	Delete(ctx context.Context, in *DeleteRequest, opts ...grpc.CallOption) (*DeleteResponse, error)
	// Dump returns the pairs whose keys begin with a prefix, in the order of their keys (as unsigned bytes), as this server had them at one
	// moment. The result may be larger than any message or memory: it comes in parts. A client that reads
	// slowly is waited for, but one that takes nothing for the server's --scan-timeout (by default a minute) gets RESOURCE_EXHAUSTED; it can go on with
	// after, which shows a later moment. A Dump looks at no session: what it misses of what a session has seen, the client finds by comparing versions.
	// It shows at least what the server knew when it answered a Status before: so of a key that is missing, the vector of that Status says whether
	// it was deleted, or is not known there yet.
	Dump(ctx context.Context, in *DumpRequest, opts ...grpc.CallOption) (grpc.ServerStreamingClient[DumpResponse], error)
	// Status returns what this server knows of itself and of the others.
	Status(ctx context.Context, in *StatusRequest, opts ...grpc.CallOption) (*StatusResponse, error)
}

type gossipKVClient struct {
	cc grpc.ClientConnInterface
}

func NewGossipKVClient(cc grpc.ClientConnInterface) GossipKVClient {
	return &gossipKVClient{cc}
}

func (c *gossipKVClient) Put(ctx context.Context, in *PutRequest, opts ...grpc.CallOption) (*PutResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(PutResponse)
	err := c.cc.Invoke(ctx, GossipKV_Put_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *gossipKVClient) Get(ctx context.Context, in *GetRequest, opts ...grpc.CallOption) (*GetResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(GetResponse)
	err := c.cc.Invoke(ctx, GossipKV_Get_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *gossipKVClient) Delete(ctx context.Context, in *DeleteRequest, opts ...grpc.CallOption) (*DeleteResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(DeleteResponse)
	err := c.cc.Invoke(ctx, GossipKV_Delete_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *gossipKVClient) Dump(ctx context.Context, in *DumpRequest, opts ...grpc.CallOption) (grpc.ServerStreamingClient[DumpResponse], error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	stream, err := c.cc.NewStream(ctx, &GossipKV_ServiceDesc.Streams[0], GossipKV_Dump_FullMethodName, cOpts...)
	if err != nil {
		return nil, err
	}
	x := &grpc.GenericClientStream[DumpRequest, DumpResponse]{ClientStream: stream}
	if err := x.ClientStream.SendMsg(in); err != nil {
		return nil, err
	}
	if err := x.ClientStream.CloseSend(); err != nil {
		return nil, err
	}
	return x, nil
}

// This type alias is provided for backwards compatibility with existing code that references the prior non-generic stream type by name.
type GossipKV_DumpClient = grpc.ServerStreamingClient[DumpResponse]

func (c *gossipKVClient) Status(ctx context.Context, in *StatusRequest, opts ...grpc.CallOption) (*StatusResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(StatusResponse)
	err := c.cc.Invoke(ctx, GossipKV_Status_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// GossipKVServer is the server API for GossipKV service.
// All implementations must embed UnimplementedGossipKVServer
// for forward compatibility.
//
// GossipKV is the store, as one server of it answers.
type GossipKVServer interface {
	// Put sets a key to a value. It is answered when that is on this server's disk.
	Put(context.Context, *PutRequest) (*PutResponse, error)
	// Get returns the value of a key, unless this server does not have yet what the session has seen of that key.
	Get(context.Context, *GetRequest) (*GetResponse, error)
	// Delete removes a key: it writes a tombstone. Whether the key existed does not matter.
	Delete(context.Context, *DeleteRequest) (*DeleteResponse, error)
	// Dump returns the pairs whose keys begin with a prefix, in the order of their keys (as unsigned bytes), as this server had them at one
	// moment. The result may be larger than any message or memory: it comes in parts. A client that reads
	// slowly is waited for, but one that takes nothing for the server's --scan-timeout (by default a minute) gets RESOURCE_EXHAUSTED; it can go on with
	// after, which shows a later moment. A Dump looks at no session: what it misses of what a session has seen, the client finds by comparing versions.
	// It shows at least what the server knew when it answered a Status before: so of a key that is missing, the vector of that Status says whether
	// it was deleted, or is not known there yet.
	Dump(*DumpRequest, grpc.ServerStreamingServer[DumpResponse]) error
	// Status returns what this server knows of itself and of the others.
	Status(context.Context, *StatusRequest) (*StatusResponse, error)
	mustEmbedUnimplementedGossipKVServer()
}

// UnimplementedGossipKVServer must be embedded to have
// forward compatible implementations.
//
// NOTE: this should be embedded by value instead of pointer to avoid a nil
// pointer dereference when methods are called.
type UnimplementedGossipKVServer struct{}

func (UnimplementedGossipKVServer) Put(context.Context, *PutRequest) (*PutResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method Put not implemented")
}
func (UnimplementedGossipKVServer) Get(context.Context, *GetRequest) (*GetResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method Get not implemented")
}
func (UnimplementedGossipKVServer) Delete(context.Context, *DeleteRequest) (*DeleteResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method Delete not implemented")
}
func (UnimplementedGossipKVServer) Dump(*DumpRequest, grpc.ServerStreamingServer[DumpResponse]) error {
	return status.Error(codes.Unimplemented, "method Dump not implemented")
}
func (UnimplementedGossipKVServer) Status(context.Context, *StatusRequest) (*StatusResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method Status not implemented")
}
func (UnimplementedGossipKVServer) mustEmbedUnimplementedGossipKVServer() {}
func (UnimplementedGossipKVServer) testEmbeddedByValue()                  {}

// UnsafeGossipKVServer may be embedded to opt out of forward compatibility for this service.
// Use of this interface is not recommended, as added methods to GossipKVServer will
// result in compilation errors.
type UnsafeGossipKVServer interface {
	mustEmbedUnimplementedGossipKVServer()
}

func RegisterGossipKVServer(s grpc.ServiceRegistrar, srv GossipKVServer) {
	// If the following call panics, it indicates UnimplementedGossipKVServer was
	// embedded by pointer and is nil.  This will cause panics if an
	// unimplemented method is ever invoked, so we test this at initialization
	// time to prevent it from happening at runtime later due to I/O.
	if t, ok := srv.(interface{ testEmbeddedByValue() }); ok {
		t.testEmbeddedByValue()
	}
	s.RegisterService(&GossipKV_ServiceDesc, srv)
}

func _GossipKV_Put_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(PutRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(GossipKVServer).Put(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: GossipKV_Put_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(GossipKVServer).Put(ctx, req.(*PutRequest))
	}
	return interceptor(ctx, in, info, handler)
}

func _GossipKV_Get_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(GetRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(GossipKVServer).Get(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: GossipKV_Get_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(GossipKVServer).Get(ctx, req.(*GetRequest))
	}
	return interceptor(ctx, in, info, handler)
}

func _GossipKV_Delete_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(DeleteRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(GossipKVServer).Delete(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: GossipKV_Delete_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(GossipKVServer).Delete(ctx, req.(*DeleteRequest))
	}
	return interceptor(ctx, in, info, handler)
}

func _GossipKV_Dump_Handler(srv interface{}, stream grpc.ServerStream) error {
	m := new(DumpRequest)
	if err := stream.RecvMsg(m); err != nil {
		return err
	}
	return srv.(GossipKVServer).Dump(m, &grpc.GenericServerStream[DumpRequest, DumpResponse]{ServerStream: stream})
}

// This type alias is provided for backwards compatibility with existing code that references the prior non-generic stream type by name.
type GossipKV_DumpServer = grpc.ServerStreamingServer[DumpResponse]

func _GossipKV_Status_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(StatusRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(GossipKVServer).Status(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: GossipKV_Status_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(GossipKVServer).Status(ctx, req.(*StatusRequest))
	}
	return interceptor(ctx, in, info, handler)
}

// GossipKV_ServiceDesc is the grpc.ServiceDesc for GossipKV service.
// It's only intended for direct use with grpc.RegisterService,
// and not to be introspected or modified (even as a copy)
var GossipKV_ServiceDesc = grpc.ServiceDesc{
	ServiceName: "gossipkv.v1.GossipKV",
	HandlerType: (*GossipKVServer)(nil),
	Methods: []grpc.MethodDesc{
		{
			MethodName: "Put",
			Handler:    _GossipKV_Put_Handler,
		},
		{
			MethodName: "Get",
			Handler:    _GossipKV_Get_Handler,
		},
		{
			MethodName: "Delete",
			Handler:    _GossipKV_Delete_Handler,
		},
		{
			MethodName: "Status",
			Handler:    _GossipKV_Status_Handler,
		},
	},
	Streams: []grpc.StreamDesc{
		{
			StreamName:    "Dump",
			Handler:       _GossipKV_Dump_Handler,
			ServerStreams: true,
		},
	},
	Metadata: "gossipkv.proto",
}

const (
	GossipKVAdmin_Connect_FullMethodName    = "/gossipkv.v1.GossipKVAdmin/Connect"
	GossipKVAdmin_Disconnect_FullMethodName = "/gossipkv.v1.GossipKVAdmin/Disconnect"
	GossipKVAdmin_Forget_FullMethodName     = "/gossipkv.v1.GossipKVAdmin/Forget"
	GossipKVAdmin_Shutdown_FullMethodName   = "/gossipkv.v1.GossipKVAdmin/Shutdown"
)

// GossipKVAdminClient is the client API for GossipKVAdmin service.
//
// For semantics around ctx use and closing/ending streaming RPCs, please refer to https://pkg.go.dev/google.golang.org/grpc/?tab=doc#ClientConn.NewStream.
//
// GossipKVAdmin is for operators. Its calls are refused with PERMISSION_DENIED unless the server was started with
// --admin-token-file or --admin-token (calls then carry the metadata `authorization: Bearer TOKEN`) or with
// --admin-mtls (callers then have a client certificate).
type GossipKVAdminClient interface {
	// Connect links this server to another one, and that one to this, until Disconnect, or until this server is
	// restarted: it then links itself to its --peers. It is answered when the link is up, or has failed for the first time: with UNAVAILABLE if the other one cannot be reached, and the link
	// is tried again and again from then on; with FAILED_PRECONDITION if the other one refuses it, with its reason, and then it is not.
	Connect(ctx context.Context, in *ConnectRequest, opts ...grpc.CallOption) (*ConnectResponse, error)
	// Disconnect ends the link to another server, on both sides, and is answered when this side no longer takes anything from the other one. Neither links itself to the other again before
	// one of them is told to Connect, or is restarted.
	Disconnect(ctx context.Context, in *DisconnectRequest, opts ...grpc.CallOption) (*DisconnectResponse, error)
	// Forget takes a server off that will never come back: it no longer holds up the collection of tombstones. All servers
	// learn that. If it does come back, they refuse it until its folder is empty, and it takes no writes once it has learnt that it was forgotten.
	Forget(ctx context.Context, in *ForgetRequest, opts ...grpc.CallOption) (*ForgetResponse, error)
	// Shutdown stops the server as SIGTERM does: calls in flight finish, files are closed. It is answered before the
	// server ends.
	Shutdown(ctx context.Context, in *ShutdownRequest, opts ...grpc.CallOption) (*ShutdownResponse, error)
}

type gossipKVAdminClient struct {
	cc grpc.ClientConnInterface
}

func NewGossipKVAdminClient(cc grpc.ClientConnInterface) GossipKVAdminClient {
	return &gossipKVAdminClient{cc}
}

func (c *gossipKVAdminClient) Connect(ctx context.Context, in *ConnectRequest, opts ...grpc.CallOption) (*ConnectResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(ConnectResponse)
	err := c.cc.Invoke(ctx, GossipKVAdmin_Connect_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *gossipKVAdminClient) Disconnect(ctx context.Context, in *DisconnectRequest, opts ...grpc.CallOption) (*DisconnectResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(DisconnectResponse)
	err := c.cc.Invoke(ctx, GossipKVAdmin_Disconnect_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *gossipKVAdminClient) Forget(ctx context.Context, in *ForgetRequest, opts ...grpc.CallOption) (*ForgetResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(ForgetResponse)
	err := c.cc.Invoke(ctx, GossipKVAdmin_Forget_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *gossipKVAdminClient) Shutdown(ctx context.Context, in *ShutdownRequest, opts ...grpc.CallOption) (*ShutdownResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(ShutdownResponse)
	err := c.cc.Invoke(ctx, GossipKVAdmin_Shutdown_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// GossipKVAdminServer is the server API for GossipKVAdmin service.
// All implementations must embed UnimplementedGossipKVAdminServer
// for forward compatibility.
//
// GossipKVAdmin is for operators. Its calls are refused with PERMISSION_DENIED unless the server was started with
// --admin-token-file or --admin-token (calls then carry the metadata `authorization: Bearer TOKEN`) or with
// --admin-mtls (callers then have a client certificate).
type GossipKVAdminServer interface {
	// Connect links this server to another one, and that one to this, until Disconnect, or until this server is
	// restarted: it then links itself to its --peers. It is answered when the link is up, or has failed for the first time: with UNAVAILABLE if the other one cannot be reached, and the link
	// is tried again and again from then on; with FAILED_PRECONDITION if the other one refuses it, with its reason, and then it is not.
	Connect(context.Context, *ConnectRequest) (*ConnectResponse, error)
	// Disconnect ends the link to another server, on both sides, and is answered when this side no longer takes anything from the other one. Neither links itself to the other again before
	// one of them is told to Connect, or is restarted.
	Disconnect(context.Context, *DisconnectRequest) (*DisconnectResponse, error)
	// Forget takes a server off that will never come back: it no longer holds up the collection of tombstones. All servers
	// learn that. If it does come back, they refuse it until its folder is empty, and it takes no writes once it has learnt that it was forgotten.
	Forget(context.Context, *ForgetRequest) (*ForgetResponse, error)
	// Shutdown stops the server as SIGTERM does: calls in flight finish, files are closed. It is answered before the
	// server ends.
	Shutdown(context.Context, *ShutdownRequest) (*ShutdownResponse, error)
	mustEmbedUnimplementedGossipKVAdminServer()
}

// UnimplementedGossipKVAdminServer must be embedded to have
// forward compatible implementations.
//
// NOTE: this should be embedded by value instead of pointer to avoid a nil
// pointer dereference when methods are called.
type UnimplementedGossipKVAdminServer struct{}

func (UnimplementedGossipKVAdminServer) Connect(context.Context, *ConnectRequest) (*ConnectResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method Connect not implemented")
}
func (UnimplementedGossipKVAdminServer) Disconnect(context.Context, *DisconnectRequest) (*DisconnectResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method Disconnect not implemented")
}
func (UnimplementedGossipKVAdminServer) Forget(context.Context, *ForgetRequest) (*ForgetResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method Forget not implemented")
}
func (UnimplementedGossipKVAdminServer) Shutdown(context.Context, *ShutdownRequest) (*ShutdownResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method Shutdown not implemented")
}
func (UnimplementedGossipKVAdminServer) mustEmbedUnimplementedGossipKVAdminServer() {}
func (UnimplementedGossipKVAdminServer) testEmbeddedByValue()                       {}

// UnsafeGossipKVAdminServer may be embedded to opt out of forward compatibility for this service.
// Use of this interface is not recommended, as added methods to GossipKVAdminServer will
// result in compilation errors.
type UnsafeGossipKVAdminServer interface {
	mustEmbedUnimplementedGossipKVAdminServer()
}

func RegisterGossipKVAdminServer(s grpc.ServiceRegistrar, srv GossipKVAdminServer) {
	// If the following call panics, it indicates UnimplementedGossipKVAdminServer was
	// embedded by pointer and is nil.  This will cause panics if an
	// unimplemented method is ever invoked, so we test this at initialization
	// time to prevent it from happening at runtime later due to I/O.
	if t, ok := srv.(interface{ testEmbeddedByValue() }); ok {
		t.testEmbeddedByValue()
	}
	s.RegisterService(&GossipKVAdmin_ServiceDesc, srv)
}

func _GossipKVAdmin_Connect_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(ConnectRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(GossipKVAdminServer).Connect(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: GossipKVAdmin_Connect_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(GossipKVAdminServer).Connect(ctx, req.(*ConnectRequest))
	}
	return interceptor(ctx, in, info, handler)
}

func _GossipKVAdmin_Disconnect_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(DisconnectRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(GossipKVAdminServer).Disconnect(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: GossipKVAdmin_Disconnect_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(GossipKVAdminServer).Disconnect(ctx, req.(*DisconnectRequest))
	}
	return interceptor(ctx, in, info, handler)
}

func _GossipKVAdmin_Forget_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(ForgetRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(GossipKVAdminServer).Forget(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: GossipKVAdmin_Forget_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(GossipKVAdminServer).Forget(ctx, req.(*ForgetRequest))
	}
	return interceptor(ctx, in, info, handler)
}

func _GossipKVAdmin_Shutdown_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(ShutdownRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(GossipKVAdminServer).Shutdown(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: GossipKVAdmin_Shutdown_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(GossipKVAdminServer).Shutdown(ctx, req.(*ShutdownRequest))
	}
	return interceptor(ctx, in, info, handler)
}

// GossipKVAdmin_ServiceDesc is the grpc.ServiceDesc for GossipKVAdmin service.
// It's only intended for direct use with grpc.RegisterService,
// and not to be introspected or modified (even as a copy)
var GossipKVAdmin_ServiceDesc = grpc.ServiceDesc{
	ServiceName: "gossipkv.v1.GossipKVAdmin",
	HandlerType: (*GossipKVAdminServer)(nil),
	Methods: []grpc.MethodDesc{
		{
			MethodName: "Connect",
			Handler:    _GossipKVAdmin_Connect_Handler,
		},
		{
			MethodName: "Disconnect",
			Handler:    _GossipKVAdmin_Disconnect_Handler,
		},
		{
			MethodName: "Forget",
			Handler:    _GossipKVAdmin_Forget_Handler,
		},
		{
			MethodName: "Shutdown",
			Handler:    _GossipKVAdmin_Shutdown_Handler,
		},
	},
	Streams:  []grpc.StreamDesc{},
	Metadata: "gossipkv.proto",
}
