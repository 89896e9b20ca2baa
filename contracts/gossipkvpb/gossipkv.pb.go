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

// Code generated by protoc-gen-go. DO NOT EDIT.
// versions:
// 	protoc-gen-go v1.36.12
// 	protoc        (unknown)
// source: gossipkv.proto

package gossipkvpb

import (
	protoreflect "google.golang.org/protobuf/reflect/protoreflect"
	protoimpl "google.golang.org/protobuf/runtime/protoimpl"
	durationpb "google.golang.org/protobuf/types/known/durationpb"
	timestamppb "google.golang.org/protobuf/types/known/timestamppb"
	reflect "reflect"
	sync "sync"
	unsafe "unsafe"
)

const (
	// Verify that this generated code is sufficiently up-to-date.
	_ = protoimpl.EnforceVersion(20 - protoimpl.MinVersion)
	// Verify that runtime/protoimpl is sufficiently up-to-date.
	_ = protoimpl.EnforceVersion(protoimpl.MaxVersion - 20)
)

// Outcome is what a Get has found.
type Outcome int32

const (
	Outcome_OUTCOME_UNSPECIFIED Outcome = 0
	// The key has a value, of the version that the session has seen, or of a greater one.
	Outcome_OUTCOME_VALUE Outcome = 1
	// The key has no value, and nothing that the session has seen says otherwise.
	Outcome_OUTCOME_NO_VALUE Outcome = 2
	// This server does not have yet what the session has seen. Ask again later, or another server.
	Outcome_OUTCOME_DEPENDENCY_NOT_MET Outcome = 3
)

// Enum value maps for Outcome.
var (
	Outcome_name = map[int32]string{
		0: "OUTCOME_UNSPECIFIED",
		1: "OUTCOME_VALUE",
		2: "OUTCOME_NO_VALUE",
		3: "OUTCOME_DEPENDENCY_NOT_MET",
	}
	Outcome_value = map[string]int32{
		"OUTCOME_UNSPECIFIED":        0,
		"OUTCOME_VALUE":              1,
		"OUTCOME_NO_VALUE":           2,
		"OUTCOME_DEPENDENCY_NOT_MET": 3,
	}
)

func (x Outcome) Enum() *Outcome {
	p := new(Outcome)
	*p = x
	return p
}

func (x Outcome) String() string {
	return protoimpl.X.EnumStringOf(x.Descriptor(), protoreflect.EnumNumber(x))
}

func (Outcome) Descriptor() protoreflect.EnumDescriptor {
	return file_gossipkv_proto_enumTypes[0].Descriptor()
}

func (Outcome) Type() protoreflect.EnumType {
	return &file_gossipkv_proto_enumTypes[0]
}

func (x Outcome) Number() protoreflect.EnumNumber {
	return protoreflect.EnumNumber(x)
}

// Deprecated: Use Outcome.Descriptor instead.
func (Outcome) EnumDescriptor() ([]byte, []int) {
	return file_gossipkv_proto_rawDescGZIP(), []int{0}
}

// MemberState is what has become of a server.
type MemberState int32

const (
	MemberState_MEMBER_STATE_UNSPECIFIED MemberState = 0
	// It is one of the servers, whether it runs or not.
	MemberState_MEMBER_STATE_MEMBER MemberState = 1
	// The server has another incarnation now, as its folder was lost, or was an older copy.
	MemberState_MEMBER_STATE_REPLACED MemberState = 2
	// It was taken off by Forget.
	MemberState_MEMBER_STATE_FORGOTTEN MemberState = 3
	// It was found to have the number of another server, which was there before. The others refuse it.
	MemberState_MEMBER_STATE_DUPLICATE MemberState = 4
)

// Enum value maps for MemberState.
var (
	MemberState_name = map[int32]string{
		0: "MEMBER_STATE_UNSPECIFIED",
		1: "MEMBER_STATE_MEMBER",
		2: "MEMBER_STATE_REPLACED",
		3: "MEMBER_STATE_FORGOTTEN",
		4: "MEMBER_STATE_DUPLICATE",
	}
	MemberState_value = map[string]int32{
		"MEMBER_STATE_UNSPECIFIED": 0,
		"MEMBER_STATE_MEMBER":      1,
		"MEMBER_STATE_REPLACED":    2,
		"MEMBER_STATE_FORGOTTEN":   3,
		"MEMBER_STATE_DUPLICATE":   4,
	}
)

func (x MemberState) Enum() *MemberState {
	p := new(MemberState)
	*p = x
	return p
}

func (x MemberState) String() string {
	return protoimpl.X.EnumStringOf(x.Descriptor(), protoreflect.EnumNumber(x))
}

func (MemberState) Descriptor() protoreflect.EnumDescriptor {
	return file_gossipkv_proto_enumTypes[1].Descriptor()
}

func (MemberState) Type() protoreflect.EnumType {
	return &file_gossipkv_proto_enumTypes[1]
}

func (x MemberState) Number() protoreflect.EnumNumber {
	return protoreflect.EnumNumber(x)
}

// Deprecated: Use MemberState.Descriptor instead.
func (MemberState) EnumDescriptor() ([]byte, []int) {
	return file_gossipkv_proto_rawDescGZIP(), []int{1}
}

// Version is the version of a write. See "Keys, values, versions" at the top for their order.
type Version struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The logical time, 1 or greater.
	Time uint64 `protobuf:"varint,1,opt,name=time,proto3" json:"time,omitempty"`
	// The origin: the number of the server, 1 or greater, and its incarnation, which is random: a server has another one
	// whenever it cannot be sure that it knows all that it has written.
	Server        uint32 `protobuf:"varint,2,opt,name=server,proto3" json:"server,omitempty"`
	Incarnation   uint64 `protobuf:"fixed64,3,opt,name=incarnation,proto3" json:"incarnation,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *Version) Reset() {
	*x = Version{}
	mi := &file_gossipkv_proto_msgTypes[0]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *Version) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*Version) ProtoMessage() {}

func (x *Version) ProtoReflect() protoreflect.Message {
	mi := &file_gossipkv_proto_msgTypes[0]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use Version.ProtoReflect.Descriptor instead.
func (*Version) Descriptor() ([]byte, []int) {
	return file_gossipkv_proto_rawDescGZIP(), []int{0}
}

func (x *Version) GetTime() uint64 {
	if x != nil {
		return x.Time
	}
	return 0
}

func (x *Version) GetServer() uint32 {
	if x != nil {
		return x.Server
	}
	return 0
}

func (x *Version) GetIncarnation() uint64 {
	if x != nil {
		return x.Incarnation
	}
	return 0
}

type PutRequest struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	Key   []byte                 `protobuf:"bytes,1,opt,name=key,proto3" json:"key,omitempty"`
	Value []byte                 `protobuf:"bytes,2,opt,name=value,proto3" json:"value,omitempty"`
	// The session's time; 0 if it has seen nothing. It may be greater than all times that this server has seen, as the session may know more;
	// but by no more than 2^40 (INVALID_ARGUMENT): so many writes are made nowhere, and the time of all would be spoilt.
	SessionTime   uint64 `protobuf:"varint,3,opt,name=session_time,json=sessionTime,proto3" json:"session_time,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *PutRequest) Reset() {
	*x = PutRequest{}
	mi := &file_gossipkv_proto_msgTypes[1]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *PutRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*PutRequest) ProtoMessage() {}

func (x *PutRequest) ProtoReflect() protoreflect.Message {
	mi := &file_gossipkv_proto_msgTypes[1]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use PutRequest.ProtoReflect.Descriptor instead.
func (*PutRequest) Descriptor() ([]byte, []int) {
	return file_gossipkv_proto_rawDescGZIP(), []int{1}
}

func (x *PutRequest) GetKey() []byte {
	if x != nil {
		return x.Key
	}
	return nil
}

func (x *PutRequest) GetValue() []byte {
	if x != nil {
		return x.Value
	}
	return nil
}

func (x *PutRequest) GetSessionTime() uint64 {
	if x != nil {
		return x.SessionTime
	}
	return 0
}

type PutResponse struct {
	state         protoimpl.MessageState `protogen:"open.v1"`
	Version       *Version               `protobuf:"bytes,1,opt,name=version,proto3" json:"version,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *PutResponse) Reset() {
	*x = PutResponse{}
	mi := &file_gossipkv_proto_msgTypes[2]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *PutResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*PutResponse) ProtoMessage() {}

func (x *PutResponse) ProtoReflect() protoreflect.Message {
	mi := &file_gossipkv_proto_msgTypes[2]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use PutResponse.ProtoReflect.Descriptor instead.
func (*PutResponse) Descriptor() ([]byte, []int) {
	return file_gossipkv_proto_rawDescGZIP(), []int{2}
}

func (x *PutResponse) GetVersion() *Version {
	if x != nil {
		return x.Version
	}
	return nil
}

type GetRequest struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	Key   []byte                 `protobuf:"bytes,1,opt,name=key,proto3" json:"key,omitempty"`
	// The greatest version of this key that the session has written or read, of values and deletions; absent if none.
	Seen          *Version `protobuf:"bytes,2,opt,name=seen,proto3" json:"seen,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *GetRequest) Reset() {
	*x = GetRequest{}
	mi := &file_gossipkv_proto_msgTypes[3]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *GetRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*GetRequest) ProtoMessage() {}

func (x *GetRequest) ProtoReflect() protoreflect.Message {
	mi := &file_gossipkv_proto_msgTypes[3]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use GetRequest.ProtoReflect.Descriptor instead.
func (*GetRequest) Descriptor() ([]byte, []int) {
	return file_gossipkv_proto_rawDescGZIP(), []int{3}
}

func (x *GetRequest) GetKey() []byte {
	if x != nil {
		return x.Key
	}
	return nil
}

func (x *GetRequest) GetSeen() *Version {
	if x != nil {
		return x.Seen
	}
	return nil
}

type GetResponse struct {
	state   protoimpl.MessageState `protogen:"open.v1"`
	Outcome Outcome                `protobuf:"varint,1,opt,name=outcome,proto3,enum=gossipkv.v1.Outcome" json:"outcome,omitempty"`
	// The value; empty unless the outcome is OUTCOME_VALUE.
	Value []byte `protobuf:"bytes,2,opt,name=value,proto3" json:"value,omitempty"`
	// The version of the value, or of the tombstone if there still is one with OUTCOME_NO_VALUE: the session has seen it. Absent if there
	// is neither, and with OUTCOME_DEPENDENCY_NOT_MET.
	Version       *Version `protobuf:"bytes,3,opt,name=version,proto3" json:"version,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *GetResponse) Reset() {
	*x = GetResponse{}
	mi := &file_gossipkv_proto_msgTypes[4]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *GetResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*GetResponse) ProtoMessage() {}

func (x *GetResponse) ProtoReflect() protoreflect.Message {
	mi := &file_gossipkv_proto_msgTypes[4]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use GetResponse.ProtoReflect.Descriptor instead.
func (*GetResponse) Descriptor() ([]byte, []int) {
	return file_gossipkv_proto_rawDescGZIP(), []int{4}
}

func (x *GetResponse) GetOutcome() Outcome {
	if x != nil {
		return x.Outcome
	}
	return Outcome_OUTCOME_UNSPECIFIED
}

func (x *GetResponse) GetValue() []byte {
	if x != nil {
		return x.Value
	}
	return nil
}

func (x *GetResponse) GetVersion() *Version {
	if x != nil {
		return x.Version
	}
	return nil
}

type DeleteRequest struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	Key   []byte                 `protobuf:"bytes,1,opt,name=key,proto3" json:"key,omitempty"`
	// As in PutRequest.
	SessionTime   uint64 `protobuf:"varint,2,opt,name=session_time,json=sessionTime,proto3" json:"session_time,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *DeleteRequest) Reset() {
	*x = DeleteRequest{}
	mi := &file_gossipkv_proto_msgTypes[5]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *DeleteRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*DeleteRequest) ProtoMessage() {}

func (x *DeleteRequest) ProtoReflect() protoreflect.Message {
	mi := &file_gossipkv_proto_msgTypes[5]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use DeleteRequest.ProtoReflect.Descriptor instead.
func (*DeleteRequest) Descriptor() ([]byte, []int) {
	return file_gossipkv_proto_rawDescGZIP(), []int{5}
}

func (x *DeleteRequest) GetKey() []byte {
	if x != nil {
		return x.Key
	}
	return nil
}

func (x *DeleteRequest) GetSessionTime() uint64 {
	if x != nil {
		return x.SessionTime
	}
	return 0
}

type DeleteResponse struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The version of the tombstone.
	Version       *Version `protobuf:"bytes,1,opt,name=version,proto3" json:"version,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *DeleteResponse) Reset() {
	*x = DeleteResponse{}
	mi := &file_gossipkv_proto_msgTypes[6]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *DeleteResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*DeleteResponse) ProtoMessage() {}

func (x *DeleteResponse) ProtoReflect() protoreflect.Message {
	mi := &file_gossipkv_proto_msgTypes[6]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use DeleteResponse.ProtoReflect.Descriptor instead.
func (*DeleteResponse) Descriptor() ([]byte, []int) {
	return file_gossipkv_proto_rawDescGZIP(), []int{6}
}

func (x *DeleteResponse) GetVersion() *Version {
	if x != nil {
		return x.Version
	}
	return nil
}

type DumpRequest struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// What the keys begin with; empty for all keys.
	Prefix []byte `protobuf:"bytes,1,opt,name=prefix,proto3" json:"prefix,omitempty"`
	// Only keys behind this one; empty for all.
	After []byte `protobuf:"bytes,2,opt,name=after,proto3" json:"after,omitempty"`
	// How many pairs to return at most; 0 for all.
	Limit uint64 `protobuf:"varint,3,opt,name=limit,proto3" json:"limit,omitempty"`
	// Whether to leave out the values.
	KeysOnly      bool `protobuf:"varint,4,opt,name=keys_only,json=keysOnly,proto3" json:"keys_only,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *DumpRequest) Reset() {
	*x = DumpRequest{}
	mi := &file_gossipkv_proto_msgTypes[7]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *DumpRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*DumpRequest) ProtoMessage() {}

func (x *DumpRequest) ProtoReflect() protoreflect.Message {
	mi := &file_gossipkv_proto_msgTypes[7]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use DumpRequest.ProtoReflect.Descriptor instead.
func (*DumpRequest) Descriptor() ([]byte, []int) {
	return file_gossipkv_proto_rawDescGZIP(), []int{7}
}

func (x *DumpRequest) GetPrefix() []byte {
	if x != nil {
		return x.Prefix
	}
	return nil
}

func (x *DumpRequest) GetAfter() []byte {
	if x != nil {
		return x.After
	}
	return nil
}

func (x *DumpRequest) GetLimit() uint64 {
	if x != nil {
		return x.Limit
	}
	return 0
}

func (x *DumpRequest) GetKeysOnly() bool {
	if x != nil {
		return x.KeysOnly
	}
	return false
}

type DumpResponse struct {
	state         protoimpl.MessageState `protogen:"open.v1"`
	Pairs         []*Pair                `protobuf:"bytes,1,rep,name=pairs,proto3" json:"pairs,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *DumpResponse) Reset() {
	*x = DumpResponse{}
	mi := &file_gossipkv_proto_msgTypes[8]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *DumpResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*DumpResponse) ProtoMessage() {}

func (x *DumpResponse) ProtoReflect() protoreflect.Message {
	mi := &file_gossipkv_proto_msgTypes[8]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use DumpResponse.ProtoReflect.Descriptor instead.
func (*DumpResponse) Descriptor() ([]byte, []int) {
	return file_gossipkv_proto_rawDescGZIP(), []int{8}
}

func (x *DumpResponse) GetPairs() []*Pair {
	if x != nil {
		return x.Pairs
	}
	return nil
}

type Pair struct {
	state         protoimpl.MessageState `protogen:"open.v1"`
	Key           []byte                 `protobuf:"bytes,1,opt,name=key,proto3" json:"key,omitempty"`
	Value         []byte                 `protobuf:"bytes,2,opt,name=value,proto3" json:"value,omitempty"`
	Version       *Version               `protobuf:"bytes,3,opt,name=version,proto3" json:"version,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *Pair) Reset() {
	*x = Pair{}
	mi := &file_gossipkv_proto_msgTypes[9]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *Pair) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*Pair) ProtoMessage() {}

func (x *Pair) ProtoReflect() protoreflect.Message {
	mi := &file_gossipkv_proto_msgTypes[9]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use Pair.ProtoReflect.Descriptor instead.
func (*Pair) Descriptor() ([]byte, []int) {
	return file_gossipkv_proto_rawDescGZIP(), []int{9}
}

func (x *Pair) GetKey() []byte {
	if x != nil {
		return x.Key
	}
	return nil
}

func (x *Pair) GetValue() []byte {
	if x != nil {
		return x.Value
	}
	return nil
}

func (x *Pair) GetVersion() *Version {
	if x != nil {
		return x.Version
	}
	return nil
}

type StatusRequest struct {
	state         protoimpl.MessageState `protogen:"open.v1"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *StatusRequest) Reset() {
	*x = StatusRequest{}
	mi := &file_gossipkv_proto_msgTypes[10]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *StatusRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*StatusRequest) ProtoMessage() {}

func (x *StatusRequest) ProtoReflect() protoreflect.Message {
	mi := &file_gossipkv_proto_msgTypes[10]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use StatusRequest.ProtoReflect.Descriptor instead.
func (*StatusRequest) Descriptor() ([]byte, []int) {
	return file_gossipkv_proto_rawDescGZIP(), []int{10}
}

type StatusResponse struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The server's number, and its incarnation.
	Server      uint32 `protobuf:"varint,1,opt,name=server,proto3" json:"server,omitempty"`
	Incarnation uint64 `protobuf:"fixed64,2,opt,name=incarnation,proto3" json:"incarnation,omitempty"`
	// When the server started, by its clock: for people alone.
	StartTime *timestamppb.Timestamp `protobuf:"bytes,3,opt,name=start_time,json=startTime,proto3" json:"start_time,omitempty"`
	// What the server was built from, as "v1.4.0", for people.
	Version string `protobuf:"bytes,4,opt,name=version,proto3" json:"version,omitempty"`
	// The logical time: the greatest of all writes that this server has.
	Time uint64 `protobuf:"varint,5,opt,name=time,proto3" json:"time,omitempty"`
	// Up to which time this server knows of each origin's writes: it has them, or others that have replaced them. Servers whose vectors are
	// equal have the same data. It is in the order of servers and incarnations.
	Vector []*VectorEntry `protobuf:"bytes,6,rep,name=vector,proto3" json:"vector,omitempty"`
	// The servers to which this one is linked, or shall be, in the order of their numbers.
	Links []*Link `protobuf:"bytes,7,rep,name=links,proto3" json:"links,omitempty"`
	// All servers that are known, in the order of their numbers.
	Members []*Member `protobuf:"bytes,8,rep,name=members,proto3" json:"members,omitempty"`
	// Keys with a value, and the sum of the lengths of these keys and values in bytes.
	Keys  uint64 `protobuf:"varint,9,opt,name=keys,proto3" json:"keys,omitempty"`
	Bytes uint64 `protobuf:"varint,10,opt,name=bytes,proto3" json:"bytes,omitempty"`
	// Tombstones that are kept until all members know of them.
	Tombstones uint64 `protobuf:"varint,11,opt,name=tombstones,proto3" json:"tombstones,omitempty"`
	// Calls since the start, refused ones too unless it was for INVALID_ARGUMENT.
	Puts    uint64 `protobuf:"varint,12,opt,name=puts,proto3" json:"puts,omitempty"`
	Gets    uint64 `protobuf:"varint,13,opt,name=gets,proto3" json:"gets,omitempty"`
	Deletes uint64 `protobuf:"varint,14,opt,name=deletes,proto3" json:"deletes,omitempty"`
	Dumps   uint64 `protobuf:"varint,15,opt,name=dumps,proto3" json:"dumps,omitempty"`
	// Gets that were answered with OUTCOME_DEPENDENCY_NOT_MET.
	Unmet  uint64  `protobuf:"varint,16,opt,name=unmet,proto3" json:"unmet,omitempty"`
	Limits *Limits `protobuf:"bytes,17,opt,name=limits,proto3" json:"limits,omitempty"`
	// Why the server takes no writes but deletions; empty while it takes all. That is so while the disk is full, and ends by itself when there is room.
	DiskFull string `protobuf:"bytes,18,opt,name=disk_full,json=diskFull,proto3" json:"disk_full,omitempty"`
	// Whether this server has learnt that it was forgotten (see Forget): it takes no writes.
	Forgotten bool `protobuf:"varint,19,opt,name=forgotten,proto3" json:"forgotten,omitempty"`
	// Bytes that can be written to the disk beside the server's reserve; 0 when the file system does not tell.
	DiskFree uint64 `protobuf:"varint,20,opt,name=disk_free,json=diskFree,proto3" json:"disk_free,omitempty"`
	// For how long the disk has not answered, if that is longer than --disk-stall; absent while it answers.
	DiskStalled   *durationpb.Duration `protobuf:"bytes,21,opt,name=disk_stalled,json=diskStalled,proto3" json:"disk_stalled,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *StatusResponse) Reset() {
	*x = StatusResponse{}
	mi := &file_gossipkv_proto_msgTypes[11]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *StatusResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*StatusResponse) ProtoMessage() {}

func (x *StatusResponse) ProtoReflect() protoreflect.Message {
	mi := &file_gossipkv_proto_msgTypes[11]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use StatusResponse.ProtoReflect.Descriptor instead.
func (*StatusResponse) Descriptor() ([]byte, []int) {
	return file_gossipkv_proto_rawDescGZIP(), []int{11}
}

func (x *StatusResponse) GetServer() uint32 {
	if x != nil {
		return x.Server
	}
	return 0
}

func (x *StatusResponse) GetIncarnation() uint64 {
	if x != nil {
		return x.Incarnation
	}
	return 0
}

func (x *StatusResponse) GetStartTime() *timestamppb.Timestamp {
	if x != nil {
		return x.StartTime
	}
	return nil
}

func (x *StatusResponse) GetVersion() string {
	if x != nil {
		return x.Version
	}
	return ""
}

func (x *StatusResponse) GetTime() uint64 {
	if x != nil {
		return x.Time
	}
	return 0
}

func (x *StatusResponse) GetVector() []*VectorEntry {
	if x != nil {
		return x.Vector
	}
	return nil
}

func (x *StatusResponse) GetLinks() []*Link {
	if x != nil {
		return x.Links
	}
	return nil
}

func (x *StatusResponse) GetMembers() []*Member {
	if x != nil {
		return x.Members
	}
	return nil
}

func (x *StatusResponse) GetKeys() uint64 {
	if x != nil {
		return x.Keys
	}
	return 0
}

func (x *StatusResponse) GetBytes() uint64 {
	if x != nil {
		return x.Bytes
	}
	return 0
}

func (x *StatusResponse) GetTombstones() uint64 {
	if x != nil {
		return x.Tombstones
	}
	return 0
}

func (x *StatusResponse) GetPuts() uint64 {
	if x != nil {
		return x.Puts
	}
	return 0
}

func (x *StatusResponse) GetGets() uint64 {
	if x != nil {
		return x.Gets
	}
	return 0
}

func (x *StatusResponse) GetDeletes() uint64 {
	if x != nil {
		return x.Deletes
	}
	return 0
}

func (x *StatusResponse) GetDumps() uint64 {
	if x != nil {
		return x.Dumps
	}
	return 0
}

func (x *StatusResponse) GetUnmet() uint64 {
	if x != nil {
		return x.Unmet
	}
	return 0
}

func (x *StatusResponse) GetLimits() *Limits {
	if x != nil {
		return x.Limits
	}
	return nil
}

func (x *StatusResponse) GetDiskFull() string {
	if x != nil {
		return x.DiskFull
	}
	return ""
}

func (x *StatusResponse) GetForgotten() bool {
	if x != nil {
		return x.Forgotten
	}
	return false
}

func (x *StatusResponse) GetDiskFree() uint64 {
	if x != nil {
		return x.DiskFree
	}
	return 0
}

func (x *StatusResponse) GetDiskStalled() *durationpb.Duration {
	if x != nil {
		return x.DiskStalled
	}
	return nil
}

type VectorEntry struct {
	state         protoimpl.MessageState `protogen:"open.v1"`
	Server        uint32                 `protobuf:"varint,1,opt,name=server,proto3" json:"server,omitempty"`
	Incarnation   uint64                 `protobuf:"fixed64,2,opt,name=incarnation,proto3" json:"incarnation,omitempty"`
	Time          uint64                 `protobuf:"varint,3,opt,name=time,proto3" json:"time,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *VectorEntry) Reset() {
	*x = VectorEntry{}
	mi := &file_gossipkv_proto_msgTypes[12]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *VectorEntry) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*VectorEntry) ProtoMessage() {}

func (x *VectorEntry) ProtoReflect() protoreflect.Message {
	mi := &file_gossipkv_proto_msgTypes[12]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use VectorEntry.ProtoReflect.Descriptor instead.
func (*VectorEntry) Descriptor() ([]byte, []int) {
	return file_gossipkv_proto_rawDescGZIP(), []int{12}
}

func (x *VectorEntry) GetServer() uint32 {
	if x != nil {
		return x.Server
	}
	return 0
}

func (x *VectorEntry) GetIncarnation() uint64 {
	if x != nil {
		return x.Incarnation
	}
	return 0
}

func (x *VectorEntry) GetTime() uint64 {
	if x != nil {
		return x.Time
	}
	return 0
}

// Link is what a server knows of one to which it is linked, or shall be.
type Link struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The number of the other server; 0 as long as it was never reached.
	Server uint32 `protobuf:"varint,1,opt,name=server,proto3" json:"server,omitempty"`
	// Where it is, as HOST:PORT; empty if it links itself to this server and did not tell.
	Address string `protobuf:"bytes,2,opt,name=address,proto3" json:"address,omitempty"`
	// Whether messages get through, as far as this server knows.
	Up bool `protobuf:"varint,3,opt,name=up,proto3" json:"up,omitempty"`
	// Why it is not up, for people; empty if it is.
	Reason string `protobuf:"bytes,4,opt,name=reason,proto3" json:"reason,omitempty"`
	// What the other server lacks, as far as this one knows: how many entries, and the sum of the lengths of their keys and values. Both stop at a bound
	// that is no promise (exact is false then, and as long as the other server was never reached).
	BehindEntries uint64 `protobuf:"varint,5,opt,name=behind_entries,json=behindEntries,proto3" json:"behind_entries,omitempty"`
	BehindBytes   uint64 `protobuf:"varint,6,opt,name=behind_bytes,json=behindBytes,proto3" json:"behind_bytes,omitempty"`
	BehindExact   bool   `protobuf:"varint,7,opt,name=behind_exact,json=behindExact,proto3" json:"behind_exact,omitempty"`
	// When something came from the other server last, by this server's clock: for people alone. Absent if nothing ever came.
	LastExchange *timestamppb.Timestamp `protobuf:"bytes,8,opt,name=last_exchange,json=lastExchange,proto3" json:"last_exchange,omitempty"`
	// Bytes of messages sent to it, and received from it, since this server started.
	SentBytes     uint64 `protobuf:"varint,9,opt,name=sent_bytes,json=sentBytes,proto3" json:"sent_bytes,omitempty"`
	ReceivedBytes uint64 `protobuf:"varint,10,opt,name=received_bytes,json=receivedBytes,proto3" json:"received_bytes,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *Link) Reset() {
	*x = Link{}
	mi := &file_gossipkv_proto_msgTypes[13]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *Link) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*Link) ProtoMessage() {}

func (x *Link) ProtoReflect() protoreflect.Message {
	mi := &file_gossipkv_proto_msgTypes[13]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use Link.ProtoReflect.Descriptor instead.
func (*Link) Descriptor() ([]byte, []int) {
	return file_gossipkv_proto_rawDescGZIP(), []int{13}
}

func (x *Link) GetServer() uint32 {
	if x != nil {
		return x.Server
	}
	return 0
}

func (x *Link) GetAddress() string {
	if x != nil {
		return x.Address
	}
	return ""
}

func (x *Link) GetUp() bool {
	if x != nil {
		return x.Up
	}
	return false
}

func (x *Link) GetReason() string {
	if x != nil {
		return x.Reason
	}
	return ""
}

func (x *Link) GetBehindEntries() uint64 {
	if x != nil {
		return x.BehindEntries
	}
	return 0
}

func (x *Link) GetBehindBytes() uint64 {
	if x != nil {
		return x.BehindBytes
	}
	return 0
}

func (x *Link) GetBehindExact() bool {
	if x != nil {
		return x.BehindExact
	}
	return false
}

func (x *Link) GetLastExchange() *timestamppb.Timestamp {
	if x != nil {
		return x.LastExchange
	}
	return nil
}

func (x *Link) GetSentBytes() uint64 {
	if x != nil {
		return x.SentBytes
	}
	return 0
}

func (x *Link) GetReceivedBytes() uint64 {
	if x != nil {
		return x.ReceivedBytes
	}
	return 0
}

// Member is what a server knows of one of the servers, whether it is linked to it or not.
type Member struct {
	state       protoimpl.MessageState `protogen:"open.v1"`
	Server      uint32                 `protobuf:"varint,1,opt,name=server,proto3" json:"server,omitempty"`
	Incarnation uint64                 `protobuf:"fixed64,2,opt,name=incarnation,proto3" json:"incarnation,omitempty"`
	State       MemberState            `protobuf:"varint,3,opt,name=state,proto3,enum=gossipkv.v1.MemberState" json:"state,omitempty"`
	// What that member is known to know. It may know more by now.
	Vector        []*VectorEntry `protobuf:"bytes,4,rep,name=vector,proto3" json:"vector,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *Member) Reset() {
	*x = Member{}
	mi := &file_gossipkv_proto_msgTypes[14]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *Member) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*Member) ProtoMessage() {}

func (x *Member) ProtoReflect() protoreflect.Message {
	mi := &file_gossipkv_proto_msgTypes[14]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use Member.ProtoReflect.Descriptor instead.
func (*Member) Descriptor() ([]byte, []int) {
	return file_gossipkv_proto_rawDescGZIP(), []int{14}
}

func (x *Member) GetServer() uint32 {
	if x != nil {
		return x.Server
	}
	return 0
}

func (x *Member) GetIncarnation() uint64 {
	if x != nil {
		return x.Incarnation
	}
	return 0
}

func (x *Member) GetState() MemberState {
	if x != nil {
		return x.State
	}
	return MemberState_MEMBER_STATE_UNSPECIFIED
}

func (x *Member) GetVector() []*VectorEntry {
	if x != nil {
		return x.Vector
	}
	return nil
}

// Limits are what a server takes at most, in bytes.
type Limits struct {
	state         protoimpl.MessageState `protogen:"open.v1"`
	MaxKey        uint32                 `protobuf:"varint,1,opt,name=max_key,json=maxKey,proto3" json:"max_key,omitempty"`
	MaxValue      uint64                 `protobuf:"varint,2,opt,name=max_value,json=maxValue,proto3" json:"max_value,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *Limits) Reset() {
	*x = Limits{}
	mi := &file_gossipkv_proto_msgTypes[15]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *Limits) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*Limits) ProtoMessage() {}

func (x *Limits) ProtoReflect() protoreflect.Message {
	mi := &file_gossipkv_proto_msgTypes[15]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use Limits.ProtoReflect.Descriptor instead.
func (*Limits) Descriptor() ([]byte, []int) {
	return file_gossipkv_proto_rawDescGZIP(), []int{15}
}

func (x *Limits) GetMaxKey() uint32 {
	if x != nil {
		return x.MaxKey
	}
	return 0
}

func (x *Limits) GetMaxValue() uint64 {
	if x != nil {
		return x.MaxValue
	}
	return 0
}

type ConnectRequest struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// Where the other server is, as HOST:PORT.
	Address       string `protobuf:"bytes,1,opt,name=address,proto3" json:"address,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *ConnectRequest) Reset() {
	*x = ConnectRequest{}
	mi := &file_gossipkv_proto_msgTypes[16]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *ConnectRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*ConnectRequest) ProtoMessage() {}

func (x *ConnectRequest) ProtoReflect() protoreflect.Message {
	mi := &file_gossipkv_proto_msgTypes[16]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use ConnectRequest.ProtoReflect.Descriptor instead.
func (*ConnectRequest) Descriptor() ([]byte, []int) {
	return file_gossipkv_proto_rawDescGZIP(), []int{16}
}

func (x *ConnectRequest) GetAddress() string {
	if x != nil {
		return x.Address
	}
	return ""
}

type ConnectResponse struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The number of the other server.
	Server        uint32 `protobuf:"varint,1,opt,name=server,proto3" json:"server,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *ConnectResponse) Reset() {
	*x = ConnectResponse{}
	mi := &file_gossipkv_proto_msgTypes[17]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *ConnectResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*ConnectResponse) ProtoMessage() {}

func (x *ConnectResponse) ProtoReflect() protoreflect.Message {
	mi := &file_gossipkv_proto_msgTypes[17]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use ConnectResponse.ProtoReflect.Descriptor instead.
func (*ConnectResponse) Descriptor() ([]byte, []int) {
	return file_gossipkv_proto_rawDescGZIP(), []int{17}
}

func (x *ConnectResponse) GetServer() uint32 {
	if x != nil {
		return x.Server
	}
	return 0
}

type DisconnectRequest struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The number of the other server, or, if it was never reached, its address as given to Connect or --peers.
	//
	// Types that are valid to be assigned to Peer:
	//
	//	*DisconnectRequest_Server
	//	*DisconnectRequest_Address
	Peer          isDisconnectRequest_Peer `protobuf_oneof:"peer"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *DisconnectRequest) Reset() {
	*x = DisconnectRequest{}
	mi := &file_gossipkv_proto_msgTypes[18]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *DisconnectRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*DisconnectRequest) ProtoMessage() {}

func (x *DisconnectRequest) ProtoReflect() protoreflect.Message {
	mi := &file_gossipkv_proto_msgTypes[18]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use DisconnectRequest.ProtoReflect.Descriptor instead.
func (*DisconnectRequest) Descriptor() ([]byte, []int) {
	return file_gossipkv_proto_rawDescGZIP(), []int{18}
}

func (x *DisconnectRequest) GetPeer() isDisconnectRequest_Peer {
	if x != nil {
		return x.Peer
	}
	return nil
}

func (x *DisconnectRequest) GetServer() uint32 {
	if x != nil {
		if x, ok := x.Peer.(*DisconnectRequest_Server); ok {
			return x.Server
		}
	}
	return 0
}

func (x *DisconnectRequest) GetAddress() string {
	if x != nil {
		if x, ok := x.Peer.(*DisconnectRequest_Address); ok {
			return x.Address
		}
	}
	return ""
}

type isDisconnectRequest_Peer interface {
	isDisconnectRequest_Peer()
}

type DisconnectRequest_Server struct {
	Server uint32 `protobuf:"varint,1,opt,name=server,proto3,oneof"`
}

type DisconnectRequest_Address struct {
	Address string `protobuf:"bytes,2,opt,name=address,proto3,oneof"`
}

func (*DisconnectRequest_Server) isDisconnectRequest_Peer() {}

func (*DisconnectRequest_Address) isDisconnectRequest_Peer() {}

type DisconnectResponse struct {
	state         protoimpl.MessageState `protogen:"open.v1"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *DisconnectResponse) Reset() {
	*x = DisconnectResponse{}
	mi := &file_gossipkv_proto_msgTypes[19]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *DisconnectResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*DisconnectResponse) ProtoMessage() {}

func (x *DisconnectResponse) ProtoReflect() protoreflect.Message {
	mi := &file_gossipkv_proto_msgTypes[19]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use DisconnectResponse.ProtoReflect.Descriptor instead.
func (*DisconnectResponse) Descriptor() ([]byte, []int) {
	return file_gossipkv_proto_rawDescGZIP(), []int{19}
}

type ForgetRequest struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The number of the server; all its incarnations are forgotten.
	Server        uint32 `protobuf:"varint,1,opt,name=server,proto3" json:"server,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *ForgetRequest) Reset() {
	*x = ForgetRequest{}
	mi := &file_gossipkv_proto_msgTypes[20]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *ForgetRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*ForgetRequest) ProtoMessage() {}

func (x *ForgetRequest) ProtoReflect() protoreflect.Message {
	mi := &file_gossipkv_proto_msgTypes[20]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use ForgetRequest.ProtoReflect.Descriptor instead.
func (*ForgetRequest) Descriptor() ([]byte, []int) {
	return file_gossipkv_proto_rawDescGZIP(), []int{20}
}

func (x *ForgetRequest) GetServer() uint32 {
	if x != nil {
		return x.Server
	}
	return 0
}

type ForgetResponse struct {
	state         protoimpl.MessageState `protogen:"open.v1"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *ForgetResponse) Reset() {
	*x = ForgetResponse{}
	mi := &file_gossipkv_proto_msgTypes[21]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *ForgetResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*ForgetResponse) ProtoMessage() {}

func (x *ForgetResponse) ProtoReflect() protoreflect.Message {
	mi := &file_gossipkv_proto_msgTypes[21]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use ForgetResponse.ProtoReflect.Descriptor instead.
func (*ForgetResponse) Descriptor() ([]byte, []int) {
	return file_gossipkv_proto_rawDescGZIP(), []int{21}
}

type ShutdownRequest struct {
	state         protoimpl.MessageState `protogen:"open.v1"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *ShutdownRequest) Reset() {
	*x = ShutdownRequest{}
	mi := &file_gossipkv_proto_msgTypes[22]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *ShutdownRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*ShutdownRequest) ProtoMessage() {}

func (x *ShutdownRequest) ProtoReflect() protoreflect.Message {
	mi := &file_gossipkv_proto_msgTypes[22]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use ShutdownRequest.ProtoReflect.Descriptor instead.
func (*ShutdownRequest) Descriptor() ([]byte, []int) {
	return file_gossipkv_proto_rawDescGZIP(), []int{22}
}

type ShutdownResponse struct {
	state         protoimpl.MessageState `protogen:"open.v1"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *ShutdownResponse) Reset() {
	*x = ShutdownResponse{}
	mi := &file_gossipkv_proto_msgTypes[23]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *ShutdownResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*ShutdownResponse) ProtoMessage() {}

func (x *ShutdownResponse) ProtoReflect() protoreflect.Message {
	mi := &file_gossipkv_proto_msgTypes[23]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use ShutdownResponse.ProtoReflect.Descriptor instead.
func (*ShutdownResponse) Descriptor() ([]byte, []int) {
	return file_gossipkv_proto_rawDescGZIP(), []int{23}
}

var File_gossipkv_proto protoreflect.FileDescriptor

const file_gossipkv_proto_rawDesc = "" +
	"\n" +
	"\x0egossipkv.proto\x12\vgossipkv.v1\x1a\x1egoogle/protobuf/duration.proto\x1a\x1fgoogle/protobuf/timestamp.proto\"W\n" +
	"\aVersion\x12\x12\n" +
	"\x04time\x18\x01 \x01(\x04R\x04time\x12\x16\n" +
	"\x06server\x18\x02 \x01(\rR\x06server\x12 \n" +
	"\vincarnation\x18\x03 \x01(\x06R\vincarnation\"W\n" +
	"\n" +
	"PutRequest\x12\x10\n" +
	"\x03key\x18\x01 \x01(\fR\x03key\x12\x14\n" +
	"\x05value\x18\x02 \x01(\fR\x05value\x12!\n" +
	"\fsession_time\x18\x03 \x01(\x04R\vsessionTime\"=\n" +
	"\vPutResponse\x12.\n" +
	"\aversion\x18\x01 \x01(\v2\x14.gossipkv.v1.VersionR\aversion\"H\n" +
	"\n" +
	"GetRequest\x12\x10\n" +
	"\x03key\x18\x01 \x01(\fR\x03key\x12(\n" +
	"\x04seen\x18\x02 \x01(\v2\x14.gossipkv.v1.VersionR\x04seen\"\x83\x01\n" +
	"\vGetResponse\x12.\n" +
	"\aoutcome\x18\x01 \x01(\x0e2\x14.gossipkv.v1.OutcomeR\aoutcome\x12\x14\n" +
	"\x05value\x18\x02 \x01(\fR\x05value\x12.\n" +
	"\aversion\x18\x03 \x01(\v2\x14.gossipkv.v1.VersionR\aversion\"D\n" +
	"\rDeleteRequest\x12\x10\n" +
	"\x03key\x18\x01 \x01(\fR\x03key\x12!\n" +
	"\fsession_time\x18\x02 \x01(\x04R\vsessionTime\"@\n" +
	"\x0eDeleteResponse\x12.\n" +
	"\aversion\x18\x01 \x01(\v2\x14.gossipkv.v1.VersionR\aversion\"n\n" +
	"\vDumpRequest\x12\x16\n" +
	"\x06prefix\x18\x01 \x01(\fR\x06prefix\x12\x14\n" +
	"\x05after\x18\x02 \x01(\fR\x05after\x12\x14\n" +
	"\x05limit\x18\x03 \x01(\x04R\x05limit\x12\x1b\n" +
	"\tkeys_only\x18\x04 \x01(\bR\bkeysOnly\"7\n" +
	"\fDumpResponse\x12'\n" +
	"\x05pairs\x18\x01 \x03(\v2\x11.gossipkv.v1.PairR\x05pairs\"^\n" +
	"\x04Pair\x12\x10\n" +
	"\x03key\x18\x01 \x01(\fR\x03key\x12\x14\n" +
	"\x05value\x18\x02 \x01(\fR\x05value\x12.\n" +
	"\aversion\x18\x03 \x01(\v2\x14.gossipkv.v1.VersionR\aversion\"\x0f\n" +
	"\rStatusRequest\"\xb8\x05\n" +
	"\x0eStatusResponse\x12\x16\n" +
	"\x06server\x18\x01 \x01(\rR\x06server\x12 \n" +
	"\vincarnation\x18\x02 \x01(\x06R\vincarnation\x129\n" +
	"\n" +
	"start_time\x18\x03 \x01(\v2\x1a.google.protobuf.TimestampR\tstartTime\x12\x18\n" +
	"\aversion\x18\x04 \x01(\tR\aversion\x12\x12\n" +
	"\x04time\x18\x05 \x01(\x04R\x04time\x120\n" +
	"\x06vector\x18\x06 \x03(\v2\x18.gossipkv.v1.VectorEntryR\x06vector\x12'\n" +
	"\x05links\x18\a \x03(\v2\x11.gossipkv.v1.LinkR\x05links\x12-\n" +
	"\amembers\x18\b \x03(\v2\x13.gossipkv.v1.MemberR\amembers\x12\x12\n" +
	"\x04keys\x18\t \x01(\x04R\x04keys\x12\x14\n" +
	"\x05bytes\x18\n" +
	" \x01(\x04R\x05bytes\x12\x1e\n" +
	"\n" +
	"tombstones\x18\v \x01(\x04R\n" +
	"tombstones\x12\x12\n" +
	"\x04puts\x18\f \x01(\x04R\x04puts\x12\x12\n" +
	"\x04gets\x18\r \x01(\x04R\x04gets\x12\x18\n" +
	"\adeletes\x18\x0e \x01(\x04R\adeletes\x12\x14\n" +
	"\x05dumps\x18\x0f \x01(\x04R\x05dumps\x12\x14\n" +
	"\x05unmet\x18\x10 \x01(\x04R\x05unmet\x12+\n" +
	"\x06limits\x18\x11 \x01(\v2\x13.gossipkv.v1.LimitsR\x06limits\x12\x1b\n" +
	"\tdisk_full\x18\x12 \x01(\tR\bdiskFull\x12\x1c\n" +
	"\tforgotten\x18\x13 \x01(\bR\tforgotten\x12\x1b\n" +
	"\tdisk_free\x18\x14 \x01(\x04R\bdiskFree\x12<\n" +
	"\fdisk_stalled\x18\x15 \x01(\v2\x19.google.protobuf.DurationR\vdiskStalled\"[\n" +
	"\vVectorEntry\x12\x16\n" +
	"\x06server\x18\x01 \x01(\rR\x06server\x12 \n" +
	"\vincarnation\x18\x02 \x01(\x06R\vincarnation\x12\x12\n" +
	"\x04time\x18\x03 \x01(\x04R\x04time\"\xd4\x02\n" +
	"\x04Link\x12\x16\n" +
	"\x06server\x18\x01 \x01(\rR\x06server\x12\x18\n" +
	"\aaddress\x18\x02 \x01(\tR\aaddress\x12\x0e\n" +
	"\x02up\x18\x03 \x01(\bR\x02up\x12\x16\n" +
	"\x06reason\x18\x04 \x01(\tR\x06reason\x12%\n" +
	"\x0ebehind_entries\x18\x05 \x01(\x04R\rbehindEntries\x12!\n" +
	"\fbehind_bytes\x18\x06 \x01(\x04R\vbehindBytes\x12!\n" +
	"\fbehind_exact\x18\a \x01(\bR\vbehindExact\x12?\n" +
	"\rlast_exchange\x18\b \x01(\v2\x1a.google.protobuf.TimestampR\flastExchange\x12\x1d\n" +
	"\n" +
	"sent_bytes\x18\t \x01(\x04R\tsentBytes\x12%\n" +
	"\x0ereceived_bytes\x18\n" +
	" \x01(\x04R\rreceivedBytes\"\xa4\x01\n" +
	"\x06Member\x12\x16\n" +
	"\x06server\x18\x01 \x01(\rR\x06server\x12 \n" +
	"\vincarnation\x18\x02 \x01(\x06R\vincarnation\x12.\n" +
	"\x05state\x18\x03 \x01(\x0e2\x18.gossipkv.v1.MemberStateR\x05state\x120\n" +
	"\x06vector\x18\x04 \x03(\v2\x18.gossipkv.v1.VectorEntryR\x06vector\">\n" +
	"\x06Limits\x12\x17\n" +
	"\amax_key\x18\x01 \x01(\rR\x06maxKey\x12\x1b\n" +
	"\tmax_value\x18\x02 \x01(\x04R\bmaxValue\"*\n" +
	"\x0eConnectRequest\x12\x18\n" +
	"\aaddress\x18\x01 \x01(\tR\aaddress\")\n" +
	"\x0fConnectResponse\x12\x16\n" +
	"\x06server\x18\x01 \x01(\rR\x06server\"Q\n" +
	"\x11DisconnectRequest\x12\x18\n" +
	"\x06server\x18\x01 \x01(\rH\x00R\x06server\x12\x1a\n" +
	"\aaddress\x18\x02 \x01(\tH\x00R\aaddressB\x06\n" +
	"\x04peer\"\x14\n" +
	"\x12DisconnectResponse\"'\n" +
	"\rForgetRequest\x12\x16\n" +
	"\x06server\x18\x01 \x01(\rR\x06server\"\x10\n" +
	"\x0eForgetResponse\"\x11\n" +
	"\x0fShutdownRequest\"\x12\n" +
	"\x10ShutdownResponse*k\n" +
	"\aOutcome\x12\x17\n" +
	"\x13OUTCOME_UNSPECIFIED\x10\x00\x12\x11\n" +
	"\rOUTCOME_VALUE\x10\x01\x12\x14\n" +
	"\x10OUTCOME_NO_VALUE\x10\x02\x12\x1e\n" +
	"\x1aOUTCOME_DEPENDENCY_NOT_MET\x10\x03*\x97\x01\n" +
	"\vMemberState\x12\x1c\n" +
	"\x18MEMBER_STATE_UNSPECIFIED\x10\x00\x12\x17\n" +
	"\x13MEMBER_STATE_MEMBER\x10\x01\x12\x19\n" +
	"\x15MEMBER_STATE_REPLACED\x10\x02\x12\x1a\n" +
	"\x16MEMBER_STATE_FORGOTTEN\x10\x03\x12\x1a\n" +
	"\x16MEMBER_STATE_DUPLICATE\x10\x042\xc3\x02\n" +
	"\bGossipKV\x128\n" +
	"\x03Put\x12\x17.gossipkv.v1.PutRequest\x1a\x18.gossipkv.v1.PutResponse\x128\n" +
	"\x03Get\x12\x17.gossipkv.v1.GetRequest\x1a\x18.gossipkv.v1.GetResponse\x12A\n" +
	"\x06Delete\x12\x1a.gossipkv.v1.DeleteRequest\x1a\x1b.gossipkv.v1.DeleteResponse\x12=\n" +
	"\x04Dump\x12\x18.gossipkv.v1.DumpRequest\x1a\x19.gossipkv.v1.DumpResponse0\x01\x12A\n" +
	"\x06Status\x12\x1a.gossipkv.v1.StatusRequest\x1a\x1b.gossipkv.v1.StatusResponse2\xb0\x02\n" +
	"\rGossipKVAdmin\x12D\n" +
	"\aConnect\x12\x1b.gossipkv.v1.ConnectRequest\x1a\x1c.gossipkv.v1.ConnectResponse\x12M\n" +
	"\n" +
	"Disconnect\x12\x1e.gossipkv.v1.DisconnectRequest\x1a\x1f.gossipkv.v1.DisconnectResponse\x12A\n" +
	"\x06Forget\x12\x1a.gossipkv.v1.ForgetRequest\x1a\x1b.gossipkv.v1.ForgetResponse\x12G\n" +
	"\bShutdown\x12\x1c.gossipkv.v1.ShutdownRequest\x1a\x1d.gossipkv.v1.ShutdownResponseB'Z%numstore.example/contracts/gossipkvpbb\x06proto3"

var (
	file_gossipkv_proto_rawDescOnce sync.Once
	file_gossipkv_proto_rawDescData []byte
)

func file_gossipkv_proto_rawDescGZIP() []byte {
	file_gossipkv_proto_rawDescOnce.Do(func() {
		file_gossipkv_proto_rawDescData = protoimpl.X.CompressGZIP(unsafe.Slice(unsafe.StringData(file_gossipkv_proto_rawDesc), len(file_gossipkv_proto_rawDesc)))
	})
	return file_gossipkv_proto_rawDescData
}

var file_gossipkv_proto_enumTypes = make([]protoimpl.EnumInfo, 2)
var file_gossipkv_proto_msgTypes = make([]protoimpl.MessageInfo, 24)
var file_gossipkv_proto_goTypes = []any{
	(Outcome)(0),                  // 0: gossipkv.v1.Outcome
	(MemberState)(0),              // 1: gossipkv.v1.MemberState
	(*Version)(nil),               // 2: gossipkv.v1.Version
	(*PutRequest)(nil),            // 3: gossipkv.v1.PutRequest
	(*PutResponse)(nil),           // 4: gossipkv.v1.PutResponse
	(*GetRequest)(nil),            // 5: gossipkv.v1.GetRequest
	(*GetResponse)(nil),           // 6: gossipkv.v1.GetResponse
	(*DeleteRequest)(nil),         // 7: gossipkv.v1.DeleteRequest
	(*DeleteResponse)(nil),        // 8: gossipkv.v1.DeleteResponse
	(*DumpRequest)(nil),           // 9: gossipkv.v1.DumpRequest
	(*DumpResponse)(nil),          // 10: gossipkv.v1.DumpResponse
	(*Pair)(nil),                  // 11: gossipkv.v1.Pair
	(*StatusRequest)(nil),         // 12: gossipkv.v1.StatusRequest
	(*StatusResponse)(nil),        // 13: gossipkv.v1.StatusResponse
	(*VectorEntry)(nil),           // 14: gossipkv.v1.VectorEntry
	(*Link)(nil),                  // 15: gossipkv.v1.Link
	(*Member)(nil),                // 16: gossipkv.v1.Member
	(*Limits)(nil),                // 17: gossipkv.v1.Limits
	(*ConnectRequest)(nil),        // 18: gossipkv.v1.ConnectRequest
	(*ConnectResponse)(nil),       // 19: gossipkv.v1.ConnectResponse
	(*DisconnectRequest)(nil),     // 20: gossipkv.v1.DisconnectRequest
	(*DisconnectResponse)(nil),    // 21: gossipkv.v1.DisconnectResponse
	(*ForgetRequest)(nil),         // 22: gossipkv.v1.ForgetRequest
	(*ForgetResponse)(nil),        // 23: gossipkv.v1.ForgetResponse
	(*ShutdownRequest)(nil),       // 24: gossipkv.v1.ShutdownRequest
	(*ShutdownResponse)(nil),      // 25: gossipkv.v1.ShutdownResponse
	(*timestamppb.Timestamp)(nil), // 26: google.protobuf.Timestamp
	(*durationpb.Duration)(nil),   // 27: google.protobuf.Duration
}
var file_gossipkv_proto_depIdxs = []int32{
	2,  // 0: gossipkv.v1.PutResponse.version:type_name -> gossipkv.v1.Version
	2,  // 1: gossipkv.v1.GetRequest.seen:type_name -> gossipkv.v1.Version
	0,  // 2: gossipkv.v1.GetResponse.outcome:type_name -> gossipkv.v1.Outcome
	2,  // 3: gossipkv.v1.GetResponse.version:type_name -> gossipkv.v1.Version
	2,  // 4: gossipkv.v1.DeleteResponse.version:type_name -> gossipkv.v1.Version
	11, // 5: gossipkv.v1.DumpResponse.pairs:type_name -> gossipkv.v1.Pair
	2,  // 6: gossipkv.v1.Pair.version:type_name -> gossipkv.v1.Version
	26, // 7: gossipkv.v1.StatusResponse.start_time:type_name -> google.protobuf.Timestamp
	14, // 8: gossipkv.v1.StatusResponse.vector:type_name -> gossipkv.v1.VectorEntry
	15, // 9: gossipkv.v1.StatusResponse.links:type_name -> gossipkv.v1.Link
	16, // 10: gossipkv.v1.StatusResponse.members:type_name -> gossipkv.v1.Member
	17, // 11: gossipkv.v1.StatusResponse.limits:type_name -> gossipkv.v1.Limits
	27, // 12: gossipkv.v1.StatusResponse.disk_stalled:type_name -> google.protobuf.Duration
	26, // 13: gossipkv.v1.Link.last_exchange:type_name -> google.protobuf.Timestamp
	1,  // 14: gossipkv.v1.Member.state:type_name -> gossipkv.v1.MemberState
	14, // 15: gossipkv.v1.Member.vector:type_name -> gossipkv.v1.VectorEntry
	3,  // 16: gossipkv.v1.GossipKV.Put:input_type -> gossipkv.v1.PutRequest
	5,  // 17: gossipkv.v1.GossipKV.Get:input_type -> gossipkv.v1.GetRequest
	7,  // 18: gossipkv.v1.GossipKV.Delete:input_type -> gossipkv.v1.DeleteRequest
	9,  // 19: gossipkv.v1.GossipKV.Dump:input_type -> gossipkv.v1.DumpRequest
	12, // 20: gossipkv.v1.GossipKV.Status:input_type -> gossipkv.v1.StatusRequest
	18, // 21: gossipkv.v1.GossipKVAdmin.Connect:input_type -> gossipkv.v1.ConnectRequest
	20, // 22: gossipkv.v1.GossipKVAdmin.Disconnect:input_type -> gossipkv.v1.DisconnectRequest
	22, // 23: gossipkv.v1.GossipKVAdmin.Forget:input_type -> gossipkv.v1.ForgetRequest
	24, // 24: gossipkv.v1.GossipKVAdmin.Shutdown:input_type -> gossipkv.v1.ShutdownRequest
	4,  // 25: gossipkv.v1.GossipKV.Put:output_type -> gossipkv.v1.PutResponse
	6,  // 26: gossipkv.v1.GossipKV.Get:output_type -> gossipkv.v1.GetResponse
	8,  // 27: gossipkv.v1.GossipKV.Delete:output_type -> gossipkv.v1.DeleteResponse
	10, // 28: gossipkv.v1.GossipKV.Dump:output_type -> gossipkv.v1.DumpResponse
	13, // 29: gossipkv.v1.GossipKV.Status:output_type -> gossipkv.v1.StatusResponse
	19, // 30: gossipkv.v1.GossipKVAdmin.Connect:output_type -> gossipkv.v1.ConnectResponse
	21, // 31: gossipkv.v1.GossipKVAdmin.Disconnect:output_type -> gossipkv.v1.DisconnectResponse
	23, // 32: gossipkv.v1.GossipKVAdmin.Forget:output_type -> gossipkv.v1.ForgetResponse
	25, // 33: gossipkv.v1.GossipKVAdmin.Shutdown:output_type -> gossipkv.v1.ShutdownResponse
	25, // [25:34] is the sub-list for method output_type
	16, // [16:25] is the sub-list for method input_type
	16, // [16:16] is the sub-list for extension type_name
	16, // [16:16] is the sub-list for extension extendee
	0,  // [0:16] is the sub-list for field type_name
}

func init() { file_gossipkv_proto_init() }
func file_gossipkv_proto_init() {
	if File_gossipkv_proto != nil {
		return
	}
	file_gossipkv_proto_msgTypes[18].OneofWrappers = []any{
		(*DisconnectRequest_Server)(nil),
		(*DisconnectRequest_Address)(nil),
	}
	type x struct{}
	out := protoimpl.TypeBuilder{
		File: protoimpl.DescBuilder{
			GoPackagePath: reflect.TypeOf(x{}).PkgPath(),
			RawDescriptor: unsafe.Slice(unsafe.StringData(file_gossipkv_proto_rawDesc), len(file_gossipkv_proto_rawDesc)),
			NumEnums:      2,
			NumMessages:   24,
			NumExtensions: 0,
			NumServices:   2,
		},
		GoTypes:           file_gossipkv_proto_goTypes,
		DependencyIndexes: file_gossipkv_proto_depIdxs,
		EnumInfos:         file_gossipkv_proto_enumTypes,
		MessageInfos:      file_gossipkv_proto_msgTypes,
	}.Build()
	File_gossipkv_proto = out.File
	file_gossipkv_proto_goTypes = nil
	file_gossipkv_proto_depIdxs = nil
}
