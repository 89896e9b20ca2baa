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

// Code generated by protoc-gen-go. DO NOT EDIT.
// versions:
// 	protoc-gen-go v1.36.12
// 	protoc        (unknown)
// source: raftkv.proto

package raftkvpb

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

type Role int32

const (
	Role_ROLE_UNSPECIFIED Role = 0
	Role_ROLE_FOLLOWER    Role = 1
	Role_ROLE_CANDIDATE   Role = 2
	Role_ROLE_LEADER      Role = 3
)

// Enum value maps for Role.
var (
	Role_name = map[int32]string{
		0: "ROLE_UNSPECIFIED",
		1: "ROLE_FOLLOWER",
		2: "ROLE_CANDIDATE",
		3: "ROLE_LEADER",
	}
	Role_value = map[string]int32{
		"ROLE_UNSPECIFIED": 0,
		"ROLE_FOLLOWER":    1,
		"ROLE_CANDIDATE":   2,
		"ROLE_LEADER":      3,
	}
)

func (x Role) Enum() *Role {
	p := new(Role)
	*p = x
	return p
}

func (x Role) String() string {
	return protoimpl.X.EnumStringOf(x.Descriptor(), protoreflect.EnumNumber(x))
}

func (Role) Descriptor() protoreflect.EnumDescriptor {
	return file_raftkv_proto_enumTypes[0].Descriptor()
}

func (Role) Type() protoreflect.EnumType {
	return &file_raftkv_proto_enumTypes[0]
}

func (x Role) Number() protoreflect.EnumNumber {
	return protoreflect.EnumNumber(x)
}

// Deprecated: Use Role.Descriptor instead.
func (Role) EnumDescriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{0}
}

// Placement is the rule by which the shard of a key is found; a cluster has one for all its keys. A client that follows it
// calls the right server at once, and golden/placement.json has keys and their shards to test it with. One that does not
// know it can still learn a key's shard from a Redirect.
//
// N is the number of shards in TopologyResponse, from 1 to 4096; they are numbered from 0 to N-1. If N is 1, every key is
// on shard 0, whatever the placement. Otherwise the shard is found in two steps.
//
// First, the tag: the bytes after the first { (byte 7b) of the key, up to but without the first } (byte 7d) after that {.
// If there is no {, no } after it, or no byte between them, the tag is the whole key. So cart:{17}, user:{17} and 17 are
// always on one shard, as a Batch needs it; the tag of a{}{b} is a{}{b}, and that of {{b}} is {b. This is Redis Cluster's
// rule. Keys are bytes: nothing is decoded, and no blank or letter's case is overlooked.
//
// Then, the number, by one of these rules.
type Placement int32

const (
	Placement_PLACEMENT_UNSPECIFIED Placement = 0
	// The CRC-32 of the tag, as an unsigned number, modulo N. It is the CRC-32 of IEEE 802.3, as zlib, gzip and PNG have it
	// (reflected polynomial edb88320, begun with ffffffff, inverted at the end); that of the nine bytes 123456789 is cbf43926.
	// CRC-32C is another one.
	Placement_PLACEMENT_HASH Placement = 1
	// The tag is a decimal integer: one or more ASCII digits (bytes 30 to 39), of which the first ones may be 0, with at most
	// one + or - before them, and nothing else, no blank either. Any other key is refused with INVALID_ARGUMENT (unless N is
	// 1). The shard is the integer modulo N, where the remainder is never negative: -1 is on shard N-1, as the % of Python has
	// it; that of C, Java and Go gives -1. An integer may be as long as a key, and is not rounded beyond 64 bits. No great
	// numbers are needed: begin with r = 0; for each digit d, let r = (10 * r + d) modulo N; last, if there is a -, let
	// r = (N - r) modulo N. 7, 007 and +7 are three keys, on one shard.
	Placement_PLACEMENT_NUMERIC Placement = 2
	// Consistent hashing, so that a cluster of N+1 shards has only 1/(N+1) of the keys on other shards than one of N, all of
	// them on the new one. The position of some bytes is the first four bytes of their SHA-256, as an unsigned number, the
	// first byte being the most significant one. Each shard s from 0 to N-1 has 256 points, i from 0 to 255, at the positions
	// of the ASCII texts "shard-s/point-i", s and i being decimal numbers without leading zeros: "shard-0/point-0" is at
	// 2630221818. A key belongs to the shard of the point whose position is the least of those that are greater than the
	// position of the tag, or equal to it; if there is none, to that of the point whose position is the least of all. Of
	// several points at the same position, the one of the shard with the lowest number counts.
	Placement_PLACEMENT_RING Placement = 3
)

// Enum value maps for Placement.
var (
	Placement_name = map[int32]string{
		0: "PLACEMENT_UNSPECIFIED",
		1: "PLACEMENT_HASH",
		2: "PLACEMENT_NUMERIC",
		3: "PLACEMENT_RING",
	}
	Placement_value = map[string]int32{
		"PLACEMENT_UNSPECIFIED": 0,
		"PLACEMENT_HASH":        1,
		"PLACEMENT_NUMERIC":     2,
		"PLACEMENT_RING":        3,
	}
)

func (x Placement) Enum() *Placement {
	p := new(Placement)
	*p = x
	return p
}

func (x Placement) String() string {
	return protoimpl.X.EnumStringOf(x.Descriptor(), protoreflect.EnumNumber(x))
}

func (Placement) Descriptor() protoreflect.EnumDescriptor {
	return file_raftkv_proto_enumTypes[1].Descriptor()
}

func (Placement) Type() protoreflect.EnumType {
	return &file_raftkv_proto_enumTypes[1]
}

func (x Placement) Number() protoreflect.EnumNumber {
	return protoreflect.EnumNumber(x)
}

// Deprecated: Use Placement.Descriptor instead.
func (Placement) EnumDescriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{1}
}

type MemberRole int32

const (
	MemberRole_MEMBER_ROLE_UNSPECIFIED MemberRole = 0
	// It votes.
	MemberRole_MEMBER_ROLE_VOTER MemberRole = 1
	// It gets the shard's state and log, and will vote when it has caught up.
	MemberRole_MEMBER_ROLE_LEARNER MemberRole = 2
	// It is replaced, and votes until the last step of that is decided, beside the one that replaces it.
	MemberRole_MEMBER_ROLE_LEAVING MemberRole = 3
)

// Enum value maps for MemberRole.
var (
	MemberRole_name = map[int32]string{
		0: "MEMBER_ROLE_UNSPECIFIED",
		1: "MEMBER_ROLE_VOTER",
		2: "MEMBER_ROLE_LEARNER",
		3: "MEMBER_ROLE_LEAVING",
	}
	MemberRole_value = map[string]int32{
		"MEMBER_ROLE_UNSPECIFIED": 0,
		"MEMBER_ROLE_VOTER":       1,
		"MEMBER_ROLE_LEARNER":     2,
		"MEMBER_ROLE_LEAVING":     3,
	}
)

func (x MemberRole) Enum() *MemberRole {
	p := new(MemberRole)
	*p = x
	return p
}

func (x MemberRole) String() string {
	return protoimpl.X.EnumStringOf(x.Descriptor(), protoreflect.EnumNumber(x))
}

func (MemberRole) Descriptor() protoreflect.EnumDescriptor {
	return file_raftkv_proto_enumTypes[2].Descriptor()
}

func (MemberRole) Type() protoreflect.EnumType {
	return &file_raftkv_proto_enumTypes[2]
}

func (x MemberRole) Number() protoreflect.EnumNumber {
	return protoreflect.EnumNumber(x)
}

// Deprecated: Use MemberRole.Descriptor instead.
func (MemberRole) EnumDescriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{2}
}

// RequestId names one write, so that it can be sent again: see "Exactly once" above.
type RequestId struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// 16 random bytes that the client has made up.
	ClientId []byte `protobuf:"bytes,1,opt,name=client_id,json=clientId,proto3" json:"client_id,omitempty"`
	// 1 for the first write under a client id, then 2, 3 and so on. 0 is refused.
	Sequence      uint64 `protobuf:"varint,2,opt,name=sequence,proto3" json:"sequence,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *RequestId) Reset() {
	*x = RequestId{}
	mi := &file_raftkv_proto_msgTypes[0]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *RequestId) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*RequestId) ProtoMessage() {}

func (x *RequestId) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[0]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use RequestId.ProtoReflect.Descriptor instead.
func (*RequestId) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{0}
}

func (x *RequestId) GetClientId() []byte {
	if x != nil {
		return x.ClientId
	}
	return nil
}

func (x *RequestId) GetSequence() uint64 {
	if x != nil {
		return x.Sequence
	}
	return 0
}

type GetRequest struct {
	state         protoimpl.MessageState `protogen:"open.v1"`
	Key           []byte                 `protobuf:"bytes,1,opt,name=key,proto3" json:"key,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *GetRequest) Reset() {
	*x = GetRequest{}
	mi := &file_raftkv_proto_msgTypes[1]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *GetRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*GetRequest) ProtoMessage() {}

func (x *GetRequest) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[1]
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
	return file_raftkv_proto_rawDescGZIP(), []int{1}
}

func (x *GetRequest) GetKey() []byte {
	if x != nil {
		return x.Key
	}
	return nil
}

type GetResponse struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// Whether the key exists. The other fields are empty if not.
	Found bool   `protobuf:"varint,1,opt,name=found,proto3" json:"found,omitempty"`
	Value []byte `protobuf:"bytes,2,opt,name=value,proto3" json:"value,omitempty"`
	// The number of the key's last change, 1 or greater.
	Version       uint64 `protobuf:"varint,3,opt,name=version,proto3" json:"version,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *GetResponse) Reset() {
	*x = GetResponse{}
	mi := &file_raftkv_proto_msgTypes[2]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *GetResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*GetResponse) ProtoMessage() {}

func (x *GetResponse) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[2]
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
	return file_raftkv_proto_rawDescGZIP(), []int{2}
}

func (x *GetResponse) GetFound() bool {
	if x != nil {
		return x.Found
	}
	return false
}

func (x *GetResponse) GetValue() []byte {
	if x != nil {
		return x.Value
	}
	return nil
}

func (x *GetResponse) GetVersion() uint64 {
	if x != nil {
		return x.Version
	}
	return 0
}

type PutRequest struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	Key   []byte                 `protobuf:"bytes,1,opt,name=key,proto3" json:"key,omitempty"`
	Value []byte                 `protobuf:"bytes,2,opt,name=value,proto3" json:"value,omitempty"`
	// Absent for a write that is executed each time that it arrives.
	RequestId *RequestId `protobuf:"bytes,3,opt,name=request_id,json=requestId,proto3" json:"request_id,omitempty"`
	// When present, the write is done only if the key has this version, 0 meaning that it must not exist.
	ExpectedVersion *uint64 `protobuf:"varint,4,opt,name=expected_version,json=expectedVersion,proto3,oneof" json:"expected_version,omitempty"`
	// Whether the reply shall have the value that the key had before.
	ReturnPrevious bool `protobuf:"varint,5,opt,name=return_previous,json=returnPrevious,proto3" json:"return_previous,omitempty"`
	unknownFields  protoimpl.UnknownFields
	sizeCache      protoimpl.SizeCache
}

func (x *PutRequest) Reset() {
	*x = PutRequest{}
	mi := &file_raftkv_proto_msgTypes[3]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *PutRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*PutRequest) ProtoMessage() {}

func (x *PutRequest) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[3]
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
	return file_raftkv_proto_rawDescGZIP(), []int{3}
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

func (x *PutRequest) GetRequestId() *RequestId {
	if x != nil {
		return x.RequestId
	}
	return nil
}

func (x *PutRequest) GetExpectedVersion() uint64 {
	if x != nil && x.ExpectedVersion != nil {
		return *x.ExpectedVersion
	}
	return 0
}

func (x *PutRequest) GetReturnPrevious() bool {
	if x != nil {
		return x.ReturnPrevious
	}
	return false
}

type PutResponse struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The key's version from now on.
	Version uint64 `protobuf:"varint,1,opt,name=version,proto3" json:"version,omitempty"`
	// Whether the key existed before.
	Existed bool `protobuf:"varint,2,opt,name=existed,proto3" json:"existed,omitempty"`
	// The value before; empty unless it was asked for, or when the key was missing.
	Previous      []byte `protobuf:"bytes,3,opt,name=previous,proto3" json:"previous,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *PutResponse) Reset() {
	*x = PutResponse{}
	mi := &file_raftkv_proto_msgTypes[4]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *PutResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*PutResponse) ProtoMessage() {}

func (x *PutResponse) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[4]
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
	return file_raftkv_proto_rawDescGZIP(), []int{4}
}

func (x *PutResponse) GetVersion() uint64 {
	if x != nil {
		return x.Version
	}
	return 0
}

func (x *PutResponse) GetExisted() bool {
	if x != nil {
		return x.Existed
	}
	return false
}

func (x *PutResponse) GetPrevious() []byte {
	if x != nil {
		return x.Previous
	}
	return nil
}

type AppendRequest struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	Key   []byte                 `protobuf:"bytes,1,opt,name=key,proto3" json:"key,omitempty"`
	// What is put at the end. The value that results is subject to the limit of values (OUT_OF_RANGE).
	Value []byte `protobuf:"bytes,2,opt,name=value,proto3" json:"value,omitempty"`
	// Absent for a write that is executed each time that it arrives.
	RequestId *RequestId `protobuf:"bytes,3,opt,name=request_id,json=requestId,proto3" json:"request_id,omitempty"`
	// When present, the write is done only if the key has this version, 0 meaning that it must not exist.
	ExpectedVersion *uint64 `protobuf:"varint,4,opt,name=expected_version,json=expectedVersion,proto3,oneof" json:"expected_version,omitempty"`
	unknownFields   protoimpl.UnknownFields
	sizeCache       protoimpl.SizeCache
}

func (x *AppendRequest) Reset() {
	*x = AppendRequest{}
	mi := &file_raftkv_proto_msgTypes[5]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *AppendRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*AppendRequest) ProtoMessage() {}

func (x *AppendRequest) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[5]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use AppendRequest.ProtoReflect.Descriptor instead.
func (*AppendRequest) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{5}
}

func (x *AppendRequest) GetKey() []byte {
	if x != nil {
		return x.Key
	}
	return nil
}

func (x *AppendRequest) GetValue() []byte {
	if x != nil {
		return x.Value
	}
	return nil
}

func (x *AppendRequest) GetRequestId() *RequestId {
	if x != nil {
		return x.RequestId
	}
	return nil
}

func (x *AppendRequest) GetExpectedVersion() uint64 {
	if x != nil && x.ExpectedVersion != nil {
		return *x.ExpectedVersion
	}
	return 0
}

type AppendResponse struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The value before; empty when the key was missing.
	Previous []byte `protobuf:"bytes,1,opt,name=previous,proto3" json:"previous,omitempty"`
	// The key's version from now on.
	Version uint64 `protobuf:"varint,2,opt,name=version,proto3" json:"version,omitempty"`
	// Whether the key existed before.
	Existed       bool `protobuf:"varint,3,opt,name=existed,proto3" json:"existed,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *AppendResponse) Reset() {
	*x = AppendResponse{}
	mi := &file_raftkv_proto_msgTypes[6]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *AppendResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*AppendResponse) ProtoMessage() {}

func (x *AppendResponse) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[6]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use AppendResponse.ProtoReflect.Descriptor instead.
func (*AppendResponse) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{6}
}

func (x *AppendResponse) GetPrevious() []byte {
	if x != nil {
		return x.Previous
	}
	return nil
}

func (x *AppendResponse) GetVersion() uint64 {
	if x != nil {
		return x.Version
	}
	return 0
}

func (x *AppendResponse) GetExisted() bool {
	if x != nil {
		return x.Existed
	}
	return false
}

type DeleteRequest struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	Key   []byte                 `protobuf:"bytes,1,opt,name=key,proto3" json:"key,omitempty"`
	// Absent for a write that is executed each time that it arrives.
	RequestId *RequestId `protobuf:"bytes,2,opt,name=request_id,json=requestId,proto3" json:"request_id,omitempty"`
	// When present, the write is done only if the key has this version, 0 meaning that it must not exist.
	ExpectedVersion *uint64 `protobuf:"varint,3,opt,name=expected_version,json=expectedVersion,proto3,oneof" json:"expected_version,omitempty"`
	// Whether the reply shall have the value that the key had before.
	ReturnPrevious bool `protobuf:"varint,4,opt,name=return_previous,json=returnPrevious,proto3" json:"return_previous,omitempty"`
	unknownFields  protoimpl.UnknownFields
	sizeCache      protoimpl.SizeCache
}

func (x *DeleteRequest) Reset() {
	*x = DeleteRequest{}
	mi := &file_raftkv_proto_msgTypes[7]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *DeleteRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*DeleteRequest) ProtoMessage() {}

func (x *DeleteRequest) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[7]
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
	return file_raftkv_proto_rawDescGZIP(), []int{7}
}

func (x *DeleteRequest) GetKey() []byte {
	if x != nil {
		return x.Key
	}
	return nil
}

func (x *DeleteRequest) GetRequestId() *RequestId {
	if x != nil {
		return x.RequestId
	}
	return nil
}

func (x *DeleteRequest) GetExpectedVersion() uint64 {
	if x != nil && x.ExpectedVersion != nil {
		return *x.ExpectedVersion
	}
	return 0
}

func (x *DeleteRequest) GetReturnPrevious() bool {
	if x != nil {
		return x.ReturnPrevious
	}
	return false
}

type DeleteResponse struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// Whether the key existed before.
	Existed bool `protobuf:"varint,1,opt,name=existed,proto3" json:"existed,omitempty"`
	// The value before; empty unless it was asked for, or when the key was missing.
	Previous      []byte `protobuf:"bytes,2,opt,name=previous,proto3" json:"previous,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *DeleteResponse) Reset() {
	*x = DeleteResponse{}
	mi := &file_raftkv_proto_msgTypes[8]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *DeleteResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*DeleteResponse) ProtoMessage() {}

func (x *DeleteResponse) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[8]
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
	return file_raftkv_proto_rawDescGZIP(), []int{8}
}

func (x *DeleteResponse) GetExisted() bool {
	if x != nil {
		return x.Existed
	}
	return false
}

func (x *DeleteResponse) GetPrevious() []byte {
	if x != nil {
		return x.Previous
	}
	return nil
}

type BatchRequest struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// 1 to 10000 writes.
	Writes []*Write `protobuf:"bytes,1,rep,name=writes,proto3" json:"writes,omitempty"`
	// The request id of the batch as a whole. The writes have none of their own (INVALID_ARGUMENT).
	RequestId     *RequestId `protobuf:"bytes,2,opt,name=request_id,json=requestId,proto3" json:"request_id,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *BatchRequest) Reset() {
	*x = BatchRequest{}
	mi := &file_raftkv_proto_msgTypes[9]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *BatchRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*BatchRequest) ProtoMessage() {}

func (x *BatchRequest) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[9]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use BatchRequest.ProtoReflect.Descriptor instead.
func (*BatchRequest) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{9}
}

func (x *BatchRequest) GetWrites() []*Write {
	if x != nil {
		return x.Writes
	}
	return nil
}

func (x *BatchRequest) GetRequestId() *RequestId {
	if x != nil {
		return x.RequestId
	}
	return nil
}

// Write is one write of a batch.
type Write struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// Types that are valid to be assigned to Write:
	//
	//	*Write_Put
	//	*Write_Append
	//	*Write_Delete
	Write         isWrite_Write `protobuf_oneof:"write"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *Write) Reset() {
	*x = Write{}
	mi := &file_raftkv_proto_msgTypes[10]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *Write) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*Write) ProtoMessage() {}

func (x *Write) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[10]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use Write.ProtoReflect.Descriptor instead.
func (*Write) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{10}
}

func (x *Write) GetWrite() isWrite_Write {
	if x != nil {
		return x.Write
	}
	return nil
}

func (x *Write) GetPut() *PutRequest {
	if x != nil {
		if x, ok := x.Write.(*Write_Put); ok {
			return x.Put
		}
	}
	return nil
}

func (x *Write) GetAppend() *AppendRequest {
	if x != nil {
		if x, ok := x.Write.(*Write_Append); ok {
			return x.Append
		}
	}
	return nil
}

func (x *Write) GetDelete() *DeleteRequest {
	if x != nil {
		if x, ok := x.Write.(*Write_Delete); ok {
			return x.Delete
		}
	}
	return nil
}

type isWrite_Write interface {
	isWrite_Write()
}

type Write_Put struct {
	Put *PutRequest `protobuf:"bytes,1,opt,name=put,proto3,oneof"`
}

type Write_Append struct {
	Append *AppendRequest `protobuf:"bytes,2,opt,name=append,proto3,oneof"`
}

type Write_Delete struct {
	Delete *DeleteRequest `protobuf:"bytes,3,opt,name=delete,proto3,oneof"`
}

func (*Write_Put) isWrite_Write() {}

func (*Write_Append) isWrite_Write() {}

func (*Write_Delete) isWrite_Write() {}

type BatchResponse struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// One result for each write, in the order of the writes.
	Results       []*WriteResult `protobuf:"bytes,1,rep,name=results,proto3" json:"results,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *BatchResponse) Reset() {
	*x = BatchResponse{}
	mi := &file_raftkv_proto_msgTypes[11]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *BatchResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*BatchResponse) ProtoMessage() {}

func (x *BatchResponse) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[11]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use BatchResponse.ProtoReflect.Descriptor instead.
func (*BatchResponse) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{11}
}

func (x *BatchResponse) GetResults() []*WriteResult {
	if x != nil {
		return x.Results
	}
	return nil
}

// WriteResult is the result of one write of a batch, of the write's kind.
type WriteResult struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// Types that are valid to be assigned to Result:
	//
	//	*WriteResult_Put
	//	*WriteResult_Append
	//	*WriteResult_Delete
	Result        isWriteResult_Result `protobuf_oneof:"result"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *WriteResult) Reset() {
	*x = WriteResult{}
	mi := &file_raftkv_proto_msgTypes[12]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *WriteResult) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*WriteResult) ProtoMessage() {}

func (x *WriteResult) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[12]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use WriteResult.ProtoReflect.Descriptor instead.
func (*WriteResult) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{12}
}

func (x *WriteResult) GetResult() isWriteResult_Result {
	if x != nil {
		return x.Result
	}
	return nil
}

func (x *WriteResult) GetPut() *PutResponse {
	if x != nil {
		if x, ok := x.Result.(*WriteResult_Put); ok {
			return x.Put
		}
	}
	return nil
}

func (x *WriteResult) GetAppend() *AppendResponse {
	if x != nil {
		if x, ok := x.Result.(*WriteResult_Append); ok {
			return x.Append
		}
	}
	return nil
}

func (x *WriteResult) GetDelete() *DeleteResponse {
	if x != nil {
		if x, ok := x.Result.(*WriteResult_Delete); ok {
			return x.Delete
		}
	}
	return nil
}

type isWriteResult_Result interface {
	isWriteResult_Result()
}

type WriteResult_Put struct {
	Put *PutResponse `protobuf:"bytes,1,opt,name=put,proto3,oneof"`
}

type WriteResult_Append struct {
	Append *AppendResponse `protobuf:"bytes,2,opt,name=append,proto3,oneof"`
}

type WriteResult_Delete struct {
	Delete *DeleteResponse `protobuf:"bytes,3,opt,name=delete,proto3,oneof"`
}

func (*WriteResult_Put) isWriteResult_Result() {}

func (*WriteResult_Append) isWriteResult_Result() {}

func (*WriteResult_Delete) isWriteResult_Result() {}

// ScanRequest asks for the keys that begin with a prefix, or for those of a range; never for both
// (INVALID_ARGUMENT). An empty request asks for everything. A range whose end is not after its start is empty.
// Bounds need not be keys: they may be up to twice as long.
type ScanRequest struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// Keys that begin with these bytes. Empty: all keys.
	Prefix []byte `protobuf:"bytes,1,opt,name=prefix,proto3" json:"prefix,omitempty"`
	// The first key of the range, whether or not it exists. Empty: from the first key on.
	Start []byte `protobuf:"bytes,2,opt,name=start,proto3" json:"start,omitempty"`
	// The end of the range, itself not part of it. Empty: to the last key.
	End []byte `protobuf:"bytes,3,opt,name=end,proto3" json:"end,omitempty"`
	// At most so many pairs; 0 for no limit.
	Limit uint64 `protobuf:"varint,4,opt,name=limit,proto3" json:"limit,omitempty"`
	// Leaves the values out, but not the versions.
	KeysOnly bool `protobuf:"varint,5,opt,name=keys_only,json=keysOnly,proto3" json:"keys_only,omitempty"`
	// Begin after this key: to go on where an earlier Scan of the same prefix or range was left. It then
	// shows a later moment.
	ResumeAfter []byte `protobuf:"bytes,6,opt,name=resume_after,json=resumeAfter,proto3" json:"resume_after,omitempty"`
	// When present, only the pairs of this shard, all of one moment. When absent, those of all shards, each of which shows a
	// moment of its own; the server that is asked puts them in one order, and needs an answer of every shard for that. A
	// client that knows the shards asks for each of them, where it is led, and merges: what it gets then does not make a
	// detour, and a shard that is away holds up no other one. A server that is older than this field shows all shards.
	Shard         *uint32 `protobuf:"varint,7,opt,name=shard,proto3,oneof" json:"shard,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *ScanRequest) Reset() {
	*x = ScanRequest{}
	mi := &file_raftkv_proto_msgTypes[13]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *ScanRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*ScanRequest) ProtoMessage() {}

func (x *ScanRequest) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[13]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use ScanRequest.ProtoReflect.Descriptor instead.
func (*ScanRequest) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{13}
}

func (x *ScanRequest) GetPrefix() []byte {
	if x != nil {
		return x.Prefix
	}
	return nil
}

func (x *ScanRequest) GetStart() []byte {
	if x != nil {
		return x.Start
	}
	return nil
}

func (x *ScanRequest) GetEnd() []byte {
	if x != nil {
		return x.End
	}
	return nil
}

func (x *ScanRequest) GetLimit() uint64 {
	if x != nil {
		return x.Limit
	}
	return 0
}

func (x *ScanRequest) GetKeysOnly() bool {
	if x != nil {
		return x.KeysOnly
	}
	return false
}

func (x *ScanRequest) GetResumeAfter() []byte {
	if x != nil {
		return x.ResumeAfter
	}
	return nil
}

func (x *ScanRequest) GetShard() uint32 {
	if x != nil && x.Shard != nil {
		return *x.Shard
	}
	return 0
}

type ScanResponse struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The next pairs, in order: about 256 KiB of them, or a single larger one.
	Pairs         []*Pair `protobuf:"bytes,1,rep,name=pairs,proto3" json:"pairs,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *ScanResponse) Reset() {
	*x = ScanResponse{}
	mi := &file_raftkv_proto_msgTypes[14]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *ScanResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*ScanResponse) ProtoMessage() {}

func (x *ScanResponse) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[14]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use ScanResponse.ProtoReflect.Descriptor instead.
func (*ScanResponse) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{14}
}

func (x *ScanResponse) GetPairs() []*Pair {
	if x != nil {
		return x.Pairs
	}
	return nil
}

type Pair struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	Key   []byte                 `protobuf:"bytes,1,opt,name=key,proto3" json:"key,omitempty"`
	// Empty when only keys were asked for.
	Value         []byte `protobuf:"bytes,2,opt,name=value,proto3" json:"value,omitempty"`
	Version       uint64 `protobuf:"varint,3,opt,name=version,proto3" json:"version,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *Pair) Reset() {
	*x = Pair{}
	mi := &file_raftkv_proto_msgTypes[15]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *Pair) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*Pair) ProtoMessage() {}

func (x *Pair) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[15]
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
	return file_raftkv_proto_rawDescGZIP(), []int{15}
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

func (x *Pair) GetVersion() uint64 {
	if x != nil {
		return x.Version
	}
	return 0
}

type PipelineRequest struct {
	state         protoimpl.MessageState `protogen:"open.v1"`
	Operations    []*Operation           `protobuf:"bytes,1,rep,name=operations,proto3" json:"operations,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *PipelineRequest) Reset() {
	*x = PipelineRequest{}
	mi := &file_raftkv_proto_msgTypes[16]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *PipelineRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*PipelineRequest) ProtoMessage() {}

func (x *PipelineRequest) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[16]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use PipelineRequest.ProtoReflect.Descriptor instead.
func (*PipelineRequest) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{16}
}

func (x *PipelineRequest) GetOperations() []*Operation {
	if x != nil {
		return x.Operations
	}
	return nil
}

// Operation is one call on a pipeline.
type Operation struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// Any number that the client recognises the answer by. The server gives it back and looks no further.
	Tag uint64 `protobuf:"varint,1,opt,name=tag,proto3" json:"tag,omitempty"`
	// Types that are valid to be assigned to Operation:
	//
	//	*Operation_Get
	//	*Operation_Put
	//	*Operation_Append
	//	*Operation_Delete
	Operation     isOperation_Operation `protobuf_oneof:"operation"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *Operation) Reset() {
	*x = Operation{}
	mi := &file_raftkv_proto_msgTypes[17]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *Operation) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*Operation) ProtoMessage() {}

func (x *Operation) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[17]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use Operation.ProtoReflect.Descriptor instead.
func (*Operation) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{17}
}

func (x *Operation) GetTag() uint64 {
	if x != nil {
		return x.Tag
	}
	return 0
}

func (x *Operation) GetOperation() isOperation_Operation {
	if x != nil {
		return x.Operation
	}
	return nil
}

func (x *Operation) GetGet() *GetRequest {
	if x != nil {
		if x, ok := x.Operation.(*Operation_Get); ok {
			return x.Get
		}
	}
	return nil
}

func (x *Operation) GetPut() *PutRequest {
	if x != nil {
		if x, ok := x.Operation.(*Operation_Put); ok {
			return x.Put
		}
	}
	return nil
}

func (x *Operation) GetAppend() *AppendRequest {
	if x != nil {
		if x, ok := x.Operation.(*Operation_Append); ok {
			return x.Append
		}
	}
	return nil
}

func (x *Operation) GetDelete() *DeleteRequest {
	if x != nil {
		if x, ok := x.Operation.(*Operation_Delete); ok {
			return x.Delete
		}
	}
	return nil
}

type isOperation_Operation interface {
	isOperation_Operation()
}

type Operation_Get struct {
	Get *GetRequest `protobuf:"bytes,2,opt,name=get,proto3,oneof"`
}

type Operation_Put struct {
	Put *PutRequest `protobuf:"bytes,3,opt,name=put,proto3,oneof"`
}

type Operation_Append struct {
	Append *AppendRequest `protobuf:"bytes,4,opt,name=append,proto3,oneof"`
}

type Operation_Delete struct {
	Delete *DeleteRequest `protobuf:"bytes,5,opt,name=delete,proto3,oneof"`
}

func (*Operation_Get) isOperation_Operation() {}

func (*Operation_Put) isOperation_Operation() {}

func (*Operation_Append) isOperation_Operation() {}

func (*Operation_Delete) isOperation_Operation() {}

type PipelineResponse struct {
	state         protoimpl.MessageState `protogen:"open.v1"`
	Answers       []*Answer              `protobuf:"bytes,1,rep,name=answers,proto3" json:"answers,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *PipelineResponse) Reset() {
	*x = PipelineResponse{}
	mi := &file_raftkv_proto_msgTypes[18]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *PipelineResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*PipelineResponse) ProtoMessage() {}

func (x *PipelineResponse) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[18]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use PipelineResponse.ProtoReflect.Descriptor instead.
func (*PipelineResponse) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{18}
}

func (x *PipelineResponse) GetAnswers() []*Answer {
	if x != nil {
		return x.Answers
	}
	return nil
}

// Answer is the answer to the operation with its tag: of the operation's kind, or an error.
type Answer struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	Tag   uint64                 `protobuf:"varint,1,opt,name=tag,proto3" json:"tag,omitempty"`
	// Types that are valid to be assigned to Answer:
	//
	//	*Answer_Get
	//	*Answer_Put
	//	*Answer_Append
	//	*Answer_Delete
	//	*Answer_Error
	Answer        isAnswer_Answer `protobuf_oneof:"answer"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *Answer) Reset() {
	*x = Answer{}
	mi := &file_raftkv_proto_msgTypes[19]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *Answer) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*Answer) ProtoMessage() {}

func (x *Answer) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[19]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use Answer.ProtoReflect.Descriptor instead.
func (*Answer) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{19}
}

func (x *Answer) GetTag() uint64 {
	if x != nil {
		return x.Tag
	}
	return 0
}

func (x *Answer) GetAnswer() isAnswer_Answer {
	if x != nil {
		return x.Answer
	}
	return nil
}

func (x *Answer) GetGet() *GetResponse {
	if x != nil {
		if x, ok := x.Answer.(*Answer_Get); ok {
			return x.Get
		}
	}
	return nil
}

func (x *Answer) GetPut() *PutResponse {
	if x != nil {
		if x, ok := x.Answer.(*Answer_Put); ok {
			return x.Put
		}
	}
	return nil
}

func (x *Answer) GetAppend() *AppendResponse {
	if x != nil {
		if x, ok := x.Answer.(*Answer_Append); ok {
			return x.Append
		}
	}
	return nil
}

func (x *Answer) GetDelete() *DeleteResponse {
	if x != nil {
		if x, ok := x.Answer.(*Answer_Delete); ok {
			return x.Delete
		}
	}
	return nil
}

func (x *Answer) GetError() *Error {
	if x != nil {
		if x, ok := x.Answer.(*Answer_Error); ok {
			return x.Error
		}
	}
	return nil
}

type isAnswer_Answer interface {
	isAnswer_Answer()
}

type Answer_Get struct {
	Get *GetResponse `protobuf:"bytes,2,opt,name=get,proto3,oneof"`
}

type Answer_Put struct {
	Put *PutResponse `protobuf:"bytes,3,opt,name=put,proto3,oneof"`
}

type Answer_Append struct {
	Append *AppendResponse `protobuf:"bytes,4,opt,name=append,proto3,oneof"`
}

type Answer_Delete struct {
	Delete *DeleteResponse `protobuf:"bytes,5,opt,name=delete,proto3,oneof"`
}

type Answer_Error struct {
	Error *Error `protobuf:"bytes,6,opt,name=error,proto3,oneof"`
}

func (*Answer_Get) isAnswer_Answer() {}

func (*Answer_Put) isAnswer_Answer() {}

func (*Answer_Append) isAnswer_Answer() {}

func (*Answer_Delete) isAnswer_Answer() {}

func (*Answer_Error) isAnswer_Answer() {}

// Error is what would be the status of a call of its own.
type Error struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The number of the status code, as gRPC has them: 3 is INVALID_ARGUMENT. See the table above.
	Code int32 `protobuf:"varint,1,opt,name=code,proto3" json:"code,omitempty"`
	// A sentence for people.
	Message string `protobuf:"bytes,2,opt,name=message,proto3" json:"message,omitempty"`
	// Present when the operation was not executed because another server is to be asked.
	Redirect      *Redirect `protobuf:"bytes,3,opt,name=redirect,proto3" json:"redirect,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *Error) Reset() {
	*x = Error{}
	mi := &file_raftkv_proto_msgTypes[20]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *Error) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*Error) ProtoMessage() {}

func (x *Error) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[20]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use Error.ProtoReflect.Descriptor instead.
func (*Error) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{20}
}

func (x *Error) GetCode() int32 {
	if x != nil {
		return x.Code
	}
	return 0
}

func (x *Error) GetMessage() string {
	if x != nil {
		return x.Message
	}
	return ""
}

func (x *Error) GetRedirect() *Redirect {
	if x != nil {
		return x.Redirect
	}
	return nil
}

// Redirect says where to send a call that this server did not execute. It is a detail of UNAVAILABLE.
type Redirect struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The shard of the call's key, or of the Scan.
	Shard uint32 `protobuf:"varint,1,opt,name=shard,proto3" json:"shard,omitempty"`
	// The address of the shard's leader; empty when it is not known, for example during an election.
	Leader string `protobuf:"bytes,2,opt,name=leader,proto3" json:"leader,omitempty"`
	// The version of the map of shards that this comes from (TopologyResponse).
	MapVersion    uint64 `protobuf:"varint,3,opt,name=map_version,json=mapVersion,proto3" json:"map_version,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *Redirect) Reset() {
	*x = Redirect{}
	mi := &file_raftkv_proto_msgTypes[21]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *Redirect) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*Redirect) ProtoMessage() {}

func (x *Redirect) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[21]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use Redirect.ProtoReflect.Descriptor instead.
func (*Redirect) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{21}
}

func (x *Redirect) GetShard() uint32 {
	if x != nil {
		return x.Shard
	}
	return 0
}

func (x *Redirect) GetLeader() string {
	if x != nil {
		return x.Leader
	}
	return ""
}

func (x *Redirect) GetMapVersion() uint64 {
	if x != nil {
		return x.MapVersion
	}
	return 0
}

type StatRequest struct {
	state         protoimpl.MessageState `protogen:"open.v1"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *StatRequest) Reset() {
	*x = StatRequest{}
	mi := &file_raftkv_proto_msgTypes[22]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *StatRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*StatRequest) ProtoMessage() {}

func (x *StatRequest) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[22]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use StatRequest.ProtoReflect.Descriptor instead.
func (*StatRequest) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{22}
}

type StatResponse struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// When the server started.
	StartTime *timestamppb.Timestamp `protobuf:"bytes,1,opt,name=start_time,json=startTime,proto3" json:"start_time,omitempty"`
	// Calls since then, refused ones too unless it was for INVALID_ARGUMENT; those on pipelines and the writes of
	// batches are counted one by one, as what they are.
	Sets    uint64 `protobuf:"varint,2,opt,name=sets,proto3" json:"sets,omitempty"`
	Gets    uint64 `protobuf:"varint,3,opt,name=gets,proto3" json:"gets,omitempty"`
	Appends uint64 `protobuf:"varint,4,opt,name=appends,proto3" json:"appends,omitempty"`
	Deletes uint64 `protobuf:"varint,5,opt,name=deletes,proto3" json:"deletes,omitempty"`
	Scans   uint64 `protobuf:"varint,6,opt,name=scans,proto3" json:"scans,omitempty"`
	// Keys held, and the sum of the lengths of keys and values in bytes.
	Keys  uint64 `protobuf:"varint,7,opt,name=keys,proto3" json:"keys,omitempty"`
	Bytes uint64 `protobuf:"varint,8,opt,name=bytes,proto3" json:"bytes,omitempty"`
	// Clients whose last write is remembered.
	Sessions uint64  `protobuf:"varint,9,opt,name=sessions,proto3" json:"sessions,omitempty"`
	Limits   *Limits `protobuf:"bytes,10,opt,name=limits,proto3" json:"limits,omitempty"`
	// The shards that this server holds.
	Shards []*ShardStat `protobuf:"bytes,11,rep,name=shards,proto3" json:"shards,omitempty"`
	// The disk that holds its data.
	Disk *DiskStat `protobuf:"bytes,12,opt,name=disk,proto3" json:"disk,omitempty"`
	// What the server was built from, as "v1.4.0", for people and for telling whether servers are of one version. Its form
	// may change. Empty for servers that did not tell it yet.
	Version string `protobuf:"bytes,13,opt,name=version,proto3" json:"version,omitempty"`
	// How long gets and writes of any kind took, of those counted above: from when the server had read them until their
	// shard had answered. Those that came together on a pipeline are done together, and all count as long as the first
	// waited. Absent from servers that do not tell it yet.
	GetsTook   *Latencies `protobuf:"bytes,14,opt,name=gets_took,json=getsTook,proto3" json:"gets_took,omitempty"`
	WritesTook *Latencies `protobuf:"bytes,15,opt,name=writes_took,json=writesTook,proto3" json:"writes_took,omitempty"`
	// The server's replicas that are damaged and out of service; shards leaves them out. The others of the shard serve it, and
	// ChangeMember with rebuild takes the replica from them.
	Damages       []*Damage `protobuf:"bytes,16,rep,name=damages,proto3" json:"damages,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *StatResponse) Reset() {
	*x = StatResponse{}
	mi := &file_raftkv_proto_msgTypes[23]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *StatResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*StatResponse) ProtoMessage() {}

func (x *StatResponse) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[23]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use StatResponse.ProtoReflect.Descriptor instead.
func (*StatResponse) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{23}
}

func (x *StatResponse) GetStartTime() *timestamppb.Timestamp {
	if x != nil {
		return x.StartTime
	}
	return nil
}

func (x *StatResponse) GetSets() uint64 {
	if x != nil {
		return x.Sets
	}
	return 0
}

func (x *StatResponse) GetGets() uint64 {
	if x != nil {
		return x.Gets
	}
	return 0
}

func (x *StatResponse) GetAppends() uint64 {
	if x != nil {
		return x.Appends
	}
	return 0
}

func (x *StatResponse) GetDeletes() uint64 {
	if x != nil {
		return x.Deletes
	}
	return 0
}

func (x *StatResponse) GetScans() uint64 {
	if x != nil {
		return x.Scans
	}
	return 0
}

func (x *StatResponse) GetKeys() uint64 {
	if x != nil {
		return x.Keys
	}
	return 0
}

func (x *StatResponse) GetBytes() uint64 {
	if x != nil {
		return x.Bytes
	}
	return 0
}

func (x *StatResponse) GetSessions() uint64 {
	if x != nil {
		return x.Sessions
	}
	return 0
}

func (x *StatResponse) GetLimits() *Limits {
	if x != nil {
		return x.Limits
	}
	return nil
}

func (x *StatResponse) GetShards() []*ShardStat {
	if x != nil {
		return x.Shards
	}
	return nil
}

func (x *StatResponse) GetDisk() *DiskStat {
	if x != nil {
		return x.Disk
	}
	return nil
}

func (x *StatResponse) GetVersion() string {
	if x != nil {
		return x.Version
	}
	return ""
}

func (x *StatResponse) GetGetsTook() *Latencies {
	if x != nil {
		return x.GetsTook
	}
	return nil
}

func (x *StatResponse) GetWritesTook() *Latencies {
	if x != nil {
		return x.WritesTook
	}
	return nil
}

func (x *StatResponse) GetDamages() []*Damage {
	if x != nil {
		return x.Damages
	}
	return nil
}

// Latencies count calls by how long they took.
type Latencies struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The one at place i, from 0, counts those that took less than 2^i microseconds, and no less than half as long (at place
	// 0, less than a microsecond). The last one has no upper bound. Places behind the last that is not 0 are left out.
	Counts        []uint64 `protobuf:"varint,1,rep,packed,name=counts,proto3" json:"counts,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *Latencies) Reset() {
	*x = Latencies{}
	mi := &file_raftkv_proto_msgTypes[24]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *Latencies) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*Latencies) ProtoMessage() {}

func (x *Latencies) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[24]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use Latencies.ProtoReflect.Descriptor instead.
func (*Latencies) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{24}
}

func (x *Latencies) GetCounts() []uint64 {
	if x != nil {
		return x.Counts
	}
	return nil
}

// Damage is what a server found in the files of a replica: they are not as they were written.
type Damage struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	Shard uint32                 `protobuf:"varint,1,opt,name=shard,proto3" json:"shard,omitempty"`
	// What is damaged, for people.
	Reason        string `protobuf:"bytes,2,opt,name=reason,proto3" json:"reason,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *Damage) Reset() {
	*x = Damage{}
	mi := &file_raftkv_proto_msgTypes[25]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *Damage) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*Damage) ProtoMessage() {}

func (x *Damage) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[25]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use Damage.ProtoReflect.Descriptor instead.
func (*Damage) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{25}
}

func (x *Damage) GetShard() uint32 {
	if x != nil {
		return x.Shard
	}
	return 0
}

func (x *Damage) GetReason() string {
	if x != nil {
		return x.Reason
	}
	return ""
}

// DiskStat is what a server knows of its disk, a second ago at most.
type DiskStat struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// Why the server takes no writes but deletions; empty while it takes all. That is so while the disk is full, and ends
	// by itself when there is room.
	Full string `protobuf:"bytes,1,opt,name=full,proto3" json:"full,omitempty"`
	// Bytes that can be written, beside those that the server keeps in reserve; 0 when the file system does not tell.
	Free uint64 `protobuf:"varint,2,opt,name=free,proto3" json:"free,omitempty"`
	// How long the disk has been taking for one sync, when that is longer than the server's --disk-stall; else absent.
	Stalled       *durationpb.Duration `protobuf:"bytes,3,opt,name=stalled,proto3" json:"stalled,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *DiskStat) Reset() {
	*x = DiskStat{}
	mi := &file_raftkv_proto_msgTypes[26]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *DiskStat) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*DiskStat) ProtoMessage() {}

func (x *DiskStat) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[26]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use DiskStat.ProtoReflect.Descriptor instead.
func (*DiskStat) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{26}
}

func (x *DiskStat) GetFull() string {
	if x != nil {
		return x.Full
	}
	return ""
}

func (x *DiskStat) GetFree() uint64 {
	if x != nil {
		return x.Free
	}
	return 0
}

func (x *DiskStat) GetStalled() *durationpb.Duration {
	if x != nil {
		return x.Stalled
	}
	return nil
}

// Limits are the greatest lengths that the server takes, in bytes.
type Limits struct {
	state         protoimpl.MessageState `protogen:"open.v1"`
	Key           uint64                 `protobuf:"varint,1,opt,name=key,proto3" json:"key,omitempty"`
	Value         uint64                 `protobuf:"varint,2,opt,name=value,proto3" json:"value,omitempty"`
	Message       uint64                 `protobuf:"varint,3,opt,name=message,proto3" json:"message,omitempty"` // at least 2097152 (2 MiB)
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *Limits) Reset() {
	*x = Limits{}
	mi := &file_raftkv_proto_msgTypes[27]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *Limits) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*Limits) ProtoMessage() {}

func (x *Limits) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[27]
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
	return file_raftkv_proto_rawDescGZIP(), []int{27}
}

func (x *Limits) GetKey() uint64 {
	if x != nil {
		return x.Key
	}
	return 0
}

func (x *Limits) GetValue() uint64 {
	if x != nil {
		return x.Value
	}
	return 0
}

func (x *Limits) GetMessage() uint64 {
	if x != nil {
		return x.Message
	}
	return 0
}

// ShardStat is a server's view of one of its shards, in the words of Raft.
type ShardStat struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	Shard uint32                 `protobuf:"varint,1,opt,name=shard,proto3" json:"shard,omitempty"`
	Role  Role                   `protobuf:"varint,2,opt,name=role,proto3,enum=raftkv.v1.Role" json:"role,omitempty"`
	// The number of the leader's node; 0 when there is none that this server knows.
	Leader uint64 `protobuf:"varint,3,opt,name=leader,proto3" json:"leader,omitempty"`
	Term   uint64 `protobuf:"varint,4,opt,name=term,proto3" json:"term,omitempty"`
	// The last entry of the log that the state shows.
	AppliedIndex uint64 `protobuf:"varint,5,opt,name=applied_index,json=appliedIndex,proto3" json:"applied_index,omitempty"`
	// The last entry of the log that is known to be final; the state shows it in a moment. How far a replica is behind is its
	// leader's commit_index less its own applied_index.
	CommitIndex uint64 `protobuf:"varint,6,opt,name=commit_index,json=commitIndex,proto3" json:"commit_index,omitempty"`
	// The last checksum of the state. Absent before there is one, and for shards of one replica.
	Checksum      *Checksum `protobuf:"bytes,7,opt,name=checksum,proto3" json:"checksum,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *ShardStat) Reset() {
	*x = ShardStat{}
	mi := &file_raftkv_proto_msgTypes[28]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *ShardStat) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*ShardStat) ProtoMessage() {}

func (x *ShardStat) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[28]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use ShardStat.ProtoReflect.Descriptor instead.
func (*ShardStat) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{28}
}

func (x *ShardStat) GetShard() uint32 {
	if x != nil {
		return x.Shard
	}
	return 0
}

func (x *ShardStat) GetRole() Role {
	if x != nil {
		return x.Role
	}
	return Role_ROLE_UNSPECIFIED
}

func (x *ShardStat) GetLeader() uint64 {
	if x != nil {
		return x.Leader
	}
	return 0
}

func (x *ShardStat) GetTerm() uint64 {
	if x != nil {
		return x.Term
	}
	return 0
}

func (x *ShardStat) GetAppliedIndex() uint64 {
	if x != nil {
		return x.AppliedIndex
	}
	return 0
}

func (x *ShardStat) GetCommitIndex() uint64 {
	if x != nil {
		return x.CommitIndex
	}
	return 0
}

func (x *ShardStat) GetChecksum() *Checksum {
	if x != nil {
		return x.Checksum
	}
	return nil
}

// Checksum is what all that a shard's state has adds up to. Each replica makes one at the first entry of each hour of the
// log's time, in the background. Replicas that tell of the same entry must tell of the same sum: if not, one of them
// has lost something, or done something in its own way, and answers wrongly.
type Checksum struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The entry of the log that the state showed.
	Index uint64 `protobuf:"varint,1,opt,name=index,proto3" json:"index,omitempty"`
	Sum   uint64 `protobuf:"fixed64,2,opt,name=sum,proto3" json:"sum,omitempty"`
	// Whether the leader had another sum for the same entry. The server's log says so too.
	Differs       bool `protobuf:"varint,3,opt,name=differs,proto3" json:"differs,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *Checksum) Reset() {
	*x = Checksum{}
	mi := &file_raftkv_proto_msgTypes[29]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *Checksum) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*Checksum) ProtoMessage() {}

func (x *Checksum) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[29]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use Checksum.ProtoReflect.Descriptor instead.
func (*Checksum) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{29}
}

func (x *Checksum) GetIndex() uint64 {
	if x != nil {
		return x.Index
	}
	return 0
}

func (x *Checksum) GetSum() uint64 {
	if x != nil {
		return x.Sum
	}
	return 0
}

func (x *Checksum) GetDiffers() bool {
	if x != nil {
		return x.Differs
	}
	return false
}

type TopologyRequest struct {
	state         protoimpl.MessageState `protogen:"open.v1"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *TopologyRequest) Reset() {
	*x = TopologyRequest{}
	mi := &file_raftkv_proto_msgTypes[30]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *TopologyRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*TopologyRequest) ProtoMessage() {}

func (x *TopologyRequest) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[30]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use TopologyRequest.ProtoReflect.Descriptor instead.
func (*TopologyRequest) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{30}
}

type TopologyResponse struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// Greater with every change of what follows, but for the leaders. Maps of different clusters (cluster_id) have nothing to do
	// with each other, and neither have their versions.
	MapVersion uint64 `protobuf:"varint,1,opt,name=map_version,json=mapVersion,proto3" json:"map_version,omitempty"`
	// How a key's shard is found.
	Placement Placement `protobuf:"varint,2,opt,name=placement,proto3,enum=raftkv.v1.Placement" json:"placement,omitempty"`
	Nodes     []*Node   `protobuf:"bytes,3,rep,name=nodes,proto3" json:"nodes,omitempty"`
	Shards    []*Shard  `protobuf:"bytes,4,rep,name=shards,proto3" json:"shards,omitempty"`
	// Which cluster this is the map of: 16 random bytes, made when it was formed. A client that is told of another cluster than before,
	// as after a backup was restored under the same addresses, takes that map whatever its version. It is empty from older servers,
	// which says nothing.
	ClusterId     []byte `protobuf:"bytes,5,opt,name=cluster_id,json=clusterId,proto3" json:"cluster_id,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *TopologyResponse) Reset() {
	*x = TopologyResponse{}
	mi := &file_raftkv_proto_msgTypes[31]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *TopologyResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*TopologyResponse) ProtoMessage() {}

func (x *TopologyResponse) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[31]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use TopologyResponse.ProtoReflect.Descriptor instead.
func (*TopologyResponse) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{31}
}

func (x *TopologyResponse) GetMapVersion() uint64 {
	if x != nil {
		return x.MapVersion
	}
	return 0
}

func (x *TopologyResponse) GetPlacement() Placement {
	if x != nil {
		return x.Placement
	}
	return Placement_PLACEMENT_UNSPECIFIED
}

func (x *TopologyResponse) GetNodes() []*Node {
	if x != nil {
		return x.Nodes
	}
	return nil
}

func (x *TopologyResponse) GetShards() []*Shard {
	if x != nil {
		return x.Shards
	}
	return nil
}

func (x *TopologyResponse) GetClusterId() []byte {
	if x != nil {
		return x.ClusterId
	}
	return nil
}

// Node is a server process.
type Node struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// 1 or greater.
	Id uint64 `protobuf:"varint,1,opt,name=id,proto3" json:"id,omitempty"`
	// host:port, under which the servers of the cluster call each other, and clients call them; empty for a server alone
	// that was not told under which address it is known: it is the one that you asked.
	Address       string `protobuf:"bytes,2,opt,name=address,proto3" json:"address,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *Node) Reset() {
	*x = Node{}
	mi := &file_raftkv_proto_msgTypes[32]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *Node) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*Node) ProtoMessage() {}

func (x *Node) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[32]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use Node.ProtoReflect.Descriptor instead.
func (*Node) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{32}
}

func (x *Node) GetId() uint64 {
	if x != nil {
		return x.Id
	}
	return 0
}

func (x *Node) GetAddress() string {
	if x != nil {
		return x.Address
	}
	return ""
}

type Shard struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// 0, 1, 2 ...
	Shard uint32 `protobuf:"varint,1,opt,name=shard,proto3" json:"shard,omitempty"`
	// The nodes that hold it. The first one leads it when nothing is in the way.
	Replicas []uint64 `protobuf:"varint,2,rep,packed,name=replicas,proto3" json:"replicas,omitempty"`
	// The node that leads it, as far as the asked server knows; 0 when it knows none.
	Leader        uint64 `protobuf:"varint,3,opt,name=leader,proto3" json:"leader,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *Shard) Reset() {
	*x = Shard{}
	mi := &file_raftkv_proto_msgTypes[33]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *Shard) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*Shard) ProtoMessage() {}

func (x *Shard) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[33]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use Shard.ProtoReflect.Descriptor instead.
func (*Shard) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{33}
}

func (x *Shard) GetShard() uint32 {
	if x != nil {
		return x.Shard
	}
	return 0
}

func (x *Shard) GetReplicas() []uint64 {
	if x != nil {
		return x.Replicas
	}
	return nil
}

func (x *Shard) GetLeader() uint64 {
	if x != nil {
		return x.Leader
	}
	return 0
}

type ShutdownRequest struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// Whether all servers of the cluster shall stop, not only the one that is asked.
	All           bool `protobuf:"varint,1,opt,name=all,proto3" json:"all,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *ShutdownRequest) Reset() {
	*x = ShutdownRequest{}
	mi := &file_raftkv_proto_msgTypes[34]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *ShutdownRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*ShutdownRequest) ProtoMessage() {}

func (x *ShutdownRequest) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[34]
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
	return file_raftkv_proto_rawDescGZIP(), []int{34}
}

func (x *ShutdownRequest) GetAll() bool {
	if x != nil {
		return x.All
	}
	return false
}

type ShutdownResponse struct {
	state         protoimpl.MessageState `protogen:"open.v1"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *ShutdownResponse) Reset() {
	*x = ShutdownResponse{}
	mi := &file_raftkv_proto_msgTypes[35]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *ShutdownResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*ShutdownResponse) ProtoMessage() {}

func (x *ShutdownResponse) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[35]
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
	return file_raftkv_proto_rawDescGZIP(), []int{35}
}

type BackupRequest struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The shard that is wanted; if absent, all of them, one after the other.
	Shard *uint32 `protobuf:"varint,1,opt,name=shard,proto3,oneof" json:"shard,omitempty"`
	// 16 random bytes, which tell the parts of one backup from those of others; if empty, the server makes them up.
	BackupId      []byte `protobuf:"bytes,2,opt,name=backup_id,json=backupId,proto3" json:"backup_id,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *BackupRequest) Reset() {
	*x = BackupRequest{}
	mi := &file_raftkv_proto_msgTypes[36]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *BackupRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*BackupRequest) ProtoMessage() {}

func (x *BackupRequest) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[36]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use BackupRequest.ProtoReflect.Descriptor instead.
func (*BackupRequest) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{36}
}

func (x *BackupRequest) GetShard() uint32 {
	if x != nil && x.Shard != nil {
		return *x.Shard
	}
	return 0
}

func (x *BackupRequest) GetBackupId() []byte {
	if x != nil {
		return x.BackupId
	}
	return nil
}

type BackupResponse struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The next bytes of the file.
	Chunk []byte `protobuf:"bytes,1,opt,name=chunk,proto3" json:"chunk,omitempty"`
	// Says what begins with this message, if a part does. (Servers of before there were parts never say it: what they send is a
	// whole backup of one shard.)
	Part          *BackupPart `protobuf:"bytes,2,opt,name=part,proto3" json:"part,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *BackupResponse) Reset() {
	*x = BackupResponse{}
	mi := &file_raftkv_proto_msgTypes[37]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *BackupResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*BackupResponse) ProtoMessage() {}

func (x *BackupResponse) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[37]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use BackupResponse.ProtoReflect.Descriptor instead.
func (*BackupResponse) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{37}
}

func (x *BackupResponse) GetChunk() []byte {
	if x != nil {
		return x.Chunk
	}
	return nil
}

func (x *BackupResponse) GetPart() *BackupPart {
	if x != nil {
		return x.Part
	}
	return nil
}

// BackupPart is a shard's part of a backup.
type BackupPart struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	Shard uint32                 `protobuf:"varint,1,opt,name=shard,proto3" json:"shard,omitempty"`
	// The last entry of the shard's log that it shows; see ShardStat.
	Index uint64 `protobuf:"varint,2,opt,name=index,proto3" json:"index,omitempty"`
	// When that was, by the clock of the server that has the data, for people.
	Taken *timestamppb.Timestamp `protobuf:"bytes,3,opt,name=taken,proto3" json:"taken,omitempty"`
	// Keys, and the sum of the lengths of keys and values in bytes.
	Keys          uint64 `protobuf:"varint,4,opt,name=keys,proto3" json:"keys,omitempty"`
	Bytes         uint64 `protobuf:"varint,5,opt,name=bytes,proto3" json:"bytes,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *BackupPart) Reset() {
	*x = BackupPart{}
	mi := &file_raftkv_proto_msgTypes[38]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *BackupPart) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*BackupPart) ProtoMessage() {}

func (x *BackupPart) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[38]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use BackupPart.ProtoReflect.Descriptor instead.
func (*BackupPart) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{38}
}

func (x *BackupPart) GetShard() uint32 {
	if x != nil {
		return x.Shard
	}
	return 0
}

func (x *BackupPart) GetIndex() uint64 {
	if x != nil {
		return x.Index
	}
	return 0
}

func (x *BackupPart) GetTaken() *timestamppb.Timestamp {
	if x != nil {
		return x.Taken
	}
	return nil
}

func (x *BackupPart) GetKeys() uint64 {
	if x != nil {
		return x.Keys
	}
	return 0
}

func (x *BackupPart) GetBytes() uint64 {
	if x != nil {
		return x.Bytes
	}
	return 0
}

type CompactRequest struct {
	state         protoimpl.MessageState `protogen:"open.v1"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *CompactRequest) Reset() {
	*x = CompactRequest{}
	mi := &file_raftkv_proto_msgTypes[39]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *CompactRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*CompactRequest) ProtoMessage() {}

func (x *CompactRequest) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[39]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use CompactRequest.ProtoReflect.Descriptor instead.
func (*CompactRequest) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{39}
}

type CompactResponse struct {
	state         protoimpl.MessageState `protogen:"open.v1"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *CompactResponse) Reset() {
	*x = CompactResponse{}
	mi := &file_raftkv_proto_msgTypes[40]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *CompactResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*CompactResponse) ProtoMessage() {}

func (x *CompactResponse) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[40]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use CompactResponse.ProtoReflect.Descriptor instead.
func (*CompactResponse) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{40}
}

type ListMembersRequest struct {
	state         protoimpl.MessageState `protogen:"open.v1"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *ListMembersRequest) Reset() {
	*x = ListMembersRequest{}
	mi := &file_raftkv_proto_msgTypes[41]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *ListMembersRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*ListMembersRequest) ProtoMessage() {}

func (x *ListMembersRequest) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[41]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use ListMembersRequest.ProtoReflect.Descriptor instead.
func (*ListMembersRequest) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{41}
}

type ListMembersResponse struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// 16 random bytes, made when the cluster was formed.
	ClusterId []byte `protobuf:"bytes,1,opt,name=cluster_id,json=clusterId,proto3" json:"cluster_id,omitempty"`
	// As in TopologyResponse.
	MapVersion uint64 `protobuf:"varint,2,opt,name=map_version,json=mapVersion,proto3" json:"map_version,omitempty"`
	// In the order of their numbers; those that are gone too.
	Nodes []*ClusterNode `protobuf:"bytes,3,rep,name=nodes,proto3" json:"nodes,omitempty"`
	// By their numbers.
	Shards []*ShardMembers `protobuf:"bytes,4,rep,name=shards,proto3" json:"shards,omitempty"`
	// The stores of nodes that were replaced or taken out. Who starts with one of them is not let in.
	DeadStores    [][]byte `protobuf:"bytes,5,rep,name=dead_stores,json=deadStores,proto3" json:"dead_stores,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *ListMembersResponse) Reset() {
	*x = ListMembersResponse{}
	mi := &file_raftkv_proto_msgTypes[42]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *ListMembersResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*ListMembersResponse) ProtoMessage() {}

func (x *ListMembersResponse) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[42]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use ListMembersResponse.ProtoReflect.Descriptor instead.
func (*ListMembersResponse) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{42}
}

func (x *ListMembersResponse) GetClusterId() []byte {
	if x != nil {
		return x.ClusterId
	}
	return nil
}

func (x *ListMembersResponse) GetMapVersion() uint64 {
	if x != nil {
		return x.MapVersion
	}
	return 0
}

func (x *ListMembersResponse) GetNodes() []*ClusterNode {
	if x != nil {
		return x.Nodes
	}
	return nil
}

func (x *ListMembersResponse) GetShards() []*ShardMembers {
	if x != nil {
		return x.Shards
	}
	return nil
}

func (x *ListMembersResponse) GetDeadStores() [][]byte {
	if x != nil {
		return x.DeadStores
	}
	return nil
}

type ClusterNode struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	Id    uint64                 `protobuf:"varint,1,opt,name=id,proto3" json:"id,omitempty"`
	// As in Node.
	Address string `protobuf:"bytes,2,opt,name=address,proto3" json:"address,omitempty"`
	// The id of the node's folder: 16 random bytes, made with it.
	Store []byte `protobuf:"bytes,3,opt,name=store,proto3" json:"store,omitempty"`
	// The node was taken out of the cluster.
	Gone          bool `protobuf:"varint,4,opt,name=gone,proto3" json:"gone,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *ClusterNode) Reset() {
	*x = ClusterNode{}
	mi := &file_raftkv_proto_msgTypes[43]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *ClusterNode) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*ClusterNode) ProtoMessage() {}

func (x *ClusterNode) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[43]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use ClusterNode.ProtoReflect.Descriptor instead.
func (*ClusterNode) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{43}
}

func (x *ClusterNode) GetId() uint64 {
	if x != nil {
		return x.Id
	}
	return 0
}

func (x *ClusterNode) GetAddress() string {
	if x != nil {
		return x.Address
	}
	return ""
}

func (x *ClusterNode) GetStore() []byte {
	if x != nil {
		return x.Store
	}
	return nil
}

func (x *ClusterNode) GetGone() bool {
	if x != nil {
		return x.Gone
	}
	return false
}

// ShardMembers is who has a replica of a shard.
type ShardMembers struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	Shard uint32                 `protobuf:"varint,1,opt,name=shard,proto3" json:"shard,omitempty"`
	// One more with each step of a change, from 1.
	Version uint64 `protobuf:"varint,2,opt,name=version,proto3" json:"version,omitempty"`
	// First those that vote, the first of which leads the shard when nothing is in the way.
	Members []*Member `protobuf:"bytes,3,rep,name=members,proto3" json:"members,omitempty"`
	// As in Shard.
	Leader        uint64 `protobuf:"varint,4,opt,name=leader,proto3" json:"leader,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *ShardMembers) Reset() {
	*x = ShardMembers{}
	mi := &file_raftkv_proto_msgTypes[44]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *ShardMembers) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*ShardMembers) ProtoMessage() {}

func (x *ShardMembers) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[44]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use ShardMembers.ProtoReflect.Descriptor instead.
func (*ShardMembers) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{44}
}

func (x *ShardMembers) GetShard() uint32 {
	if x != nil {
		return x.Shard
	}
	return 0
}

func (x *ShardMembers) GetVersion() uint64 {
	if x != nil {
		return x.Version
	}
	return 0
}

func (x *ShardMembers) GetMembers() []*Member {
	if x != nil {
		return x.Members
	}
	return nil
}

func (x *ShardMembers) GetLeader() uint64 {
	if x != nil {
		return x.Leader
	}
	return 0
}

// Member is one replica of a shard, or what is to become one.
type Member struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	Node  uint64                 `protobuf:"varint,1,opt,name=node,proto3" json:"node,omitempty"`
	// How many members of this shard the node had before this one.
	Incarnation uint32 `protobuf:"varint,2,opt,name=incarnation,proto3" json:"incarnation,omitempty"`
	// Of the folder that holds it, which may be another one than the node has now: then the replica is lost.
	Store []byte     `protobuf:"bytes,3,opt,name=store,proto3" json:"store,omitempty"`
	Role  MemberRole `protobuf:"varint,4,opt,name=role,proto3,enum=raftkv.v1.MemberRole" json:"role,omitempty"`
	// The node in whose place the learner will vote; 0 if it will in nobody's. It may be its own: then it replaces an
	// earlier member of the same node.
	Replaces uint64 `protobuf:"varint,5,opt,name=replaces,proto3" json:"replaces,omitempty"`
	// How far it is, if the asked server leads the shard; else absent.
	Progress      *MemberProgress `protobuf:"bytes,6,opt,name=progress,proto3" json:"progress,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *Member) Reset() {
	*x = Member{}
	mi := &file_raftkv_proto_msgTypes[45]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *Member) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*Member) ProtoMessage() {}

func (x *Member) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[45]
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
	return file_raftkv_proto_rawDescGZIP(), []int{45}
}

func (x *Member) GetNode() uint64 {
	if x != nil {
		return x.Node
	}
	return 0
}

func (x *Member) GetIncarnation() uint32 {
	if x != nil {
		return x.Incarnation
	}
	return 0
}

func (x *Member) GetStore() []byte {
	if x != nil {
		return x.Store
	}
	return nil
}

func (x *Member) GetRole() MemberRole {
	if x != nil {
		return x.Role
	}
	return MemberRole_MEMBER_ROLE_UNSPECIFIED
}

func (x *Member) GetReplaces() uint64 {
	if x != nil {
		return x.Replaces
	}
	return 0
}

func (x *Member) GetProgress() *MemberProgress {
	if x != nil {
		return x.Progress
	}
	return nil
}

// MemberProgress is what a leader knows of a member.
type MemberProgress struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// Whether something came from it lately; true for the leader itself.
	Answers bool `protobuf:"varint,1,opt,name=answers,proto3" json:"answers,omitempty"`
	// The last entry of the log that it is known to have on its disk; 0 as long as nothing is known.
	MatchIndex uint64 `protobuf:"varint,2,opt,name=match_index,json=matchIndex,proto3" json:"match_index,omitempty"`
	// How many entries it lacks of those that the leader has on its disk.
	Behind        uint64 `protobuf:"varint,3,opt,name=behind,proto3" json:"behind,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *MemberProgress) Reset() {
	*x = MemberProgress{}
	mi := &file_raftkv_proto_msgTypes[46]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *MemberProgress) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*MemberProgress) ProtoMessage() {}

func (x *MemberProgress) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[46]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use MemberProgress.ProtoReflect.Descriptor instead.
func (*MemberProgress) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{46}
}

func (x *MemberProgress) GetAnswers() bool {
	if x != nil {
		return x.Answers
	}
	return false
}

func (x *MemberProgress) GetMatchIndex() uint64 {
	if x != nil {
		return x.MatchIndex
	}
	return 0
}

func (x *MemberProgress) GetBehind() uint64 {
	if x != nil {
		return x.Behind
	}
	return 0
}

type ChangeMemberRequest struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	Shard uint32                 `protobuf:"varint,1,opt,name=shard,proto3" json:"shard,omitempty"`
	// Types that are valid to be assigned to Change:
	//
	//	*ChangeMemberRequest_Replace
	//	*ChangeMemberRequest_Add
	//	*ChangeMemberRequest_Remove
	//	*ChangeMemberRequest_Rebuild
	//	*ChangeMemberRequest_Cancel
	Change        isChangeMemberRequest_Change `protobuf_oneof:"change"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *ChangeMemberRequest) Reset() {
	*x = ChangeMemberRequest{}
	mi := &file_raftkv_proto_msgTypes[47]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *ChangeMemberRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*ChangeMemberRequest) ProtoMessage() {}

func (x *ChangeMemberRequest) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[47]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use ChangeMemberRequest.ProtoReflect.Descriptor instead.
func (*ChangeMemberRequest) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{47}
}

func (x *ChangeMemberRequest) GetShard() uint32 {
	if x != nil {
		return x.Shard
	}
	return 0
}

func (x *ChangeMemberRequest) GetChange() isChangeMemberRequest_Change {
	if x != nil {
		return x.Change
	}
	return nil
}

func (x *ChangeMemberRequest) GetReplace() *ReplaceMember {
	if x != nil {
		if x, ok := x.Change.(*ChangeMemberRequest_Replace); ok {
			return x.Replace
		}
	}
	return nil
}

func (x *ChangeMemberRequest) GetAdd() *NewMember {
	if x != nil {
		if x, ok := x.Change.(*ChangeMemberRequest_Add); ok {
			return x.Add
		}
	}
	return nil
}

func (x *ChangeMemberRequest) GetRemove() uint64 {
	if x != nil {
		if x, ok := x.Change.(*ChangeMemberRequest_Remove); ok {
			return x.Remove
		}
	}
	return 0
}

func (x *ChangeMemberRequest) GetRebuild() uint64 {
	if x != nil {
		if x, ok := x.Change.(*ChangeMemberRequest_Rebuild); ok {
			return x.Rebuild
		}
	}
	return 0
}

func (x *ChangeMemberRequest) GetCancel() *CancelChange {
	if x != nil {
		if x, ok := x.Change.(*ChangeMemberRequest_Cancel); ok {
			return x.Cancel
		}
	}
	return nil
}

type isChangeMemberRequest_Change interface {
	isChangeMemberRequest_Change()
}

type ChangeMemberRequest_Replace struct {
	// One replica takes the place of another one.
	Replace *ReplaceMember `protobuf:"bytes,2,opt,name=replace,proto3,oneof"`
}

type ChangeMemberRequest_Add struct {
	// The shard gets one replica more.
	Add *NewMember `protobuf:"bytes,3,opt,name=add,proto3,oneof"`
}

type ChangeMemberRequest_Remove struct {
	// The node's replica goes, and nothing takes its place: the shard has one replica less from then on.
	Remove uint64 `protobuf:"varint,4,opt,name=remove,proto3,oneof"`
}

type ChangeMemberRequest_Rebuild struct {
	// The node's replica, which is damaged for example, goes, and the node gets another one from the others.
	Rebuild uint64 `protobuf:"varint,5,opt,name=rebuild,proto3,oneof"`
}

type ChangeMemberRequest_Cancel struct {
	// The change that is under way is taken back: the learner goes.
	Cancel *CancelChange `protobuf:"bytes,6,opt,name=cancel,proto3,oneof"`
}

func (*ChangeMemberRequest_Replace) isChangeMemberRequest_Change() {}

func (*ChangeMemberRequest_Add) isChangeMemberRequest_Change() {}

func (*ChangeMemberRequest_Remove) isChangeMemberRequest_Change() {}

func (*ChangeMemberRequest_Rebuild) isChangeMemberRequest_Change() {}

func (*ChangeMemberRequest_Cancel) isChangeMemberRequest_Change() {}

type ReplaceMember struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// Whose replica goes.
	Node uint64 `protobuf:"varint,1,opt,name=node,proto3" json:"node,omitempty"`
	// Who gets one. With the same number, it is the same node with a new folder.
	With          *NewMember `protobuf:"bytes,2,opt,name=with,proto3" json:"with,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *ReplaceMember) Reset() {
	*x = ReplaceMember{}
	mi := &file_raftkv_proto_msgTypes[48]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *ReplaceMember) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*ReplaceMember) ProtoMessage() {}

func (x *ReplaceMember) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[48]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use ReplaceMember.ProtoReflect.Descriptor instead.
func (*ReplaceMember) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{48}
}

func (x *ReplaceMember) GetNode() uint64 {
	if x != nil {
		return x.Node
	}
	return 0
}

func (x *ReplaceMember) GetWith() *NewMember {
	if x != nil {
		return x.With
	}
	return nil
}

// NewMember is a node that gets a replica of a shard.
type NewMember struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	Id    uint64                 `protobuf:"varint,1,opt,name=id,proto3" json:"id,omitempty"`
	// host:port, where it is. It may be empty for a node that the cluster knows already.
	Address       string `protobuf:"bytes,2,opt,name=address,proto3" json:"address,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *NewMember) Reset() {
	*x = NewMember{}
	mi := &file_raftkv_proto_msgTypes[49]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *NewMember) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*NewMember) ProtoMessage() {}

func (x *NewMember) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[49]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use NewMember.ProtoReflect.Descriptor instead.
func (*NewMember) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{49}
}

func (x *NewMember) GetId() uint64 {
	if x != nil {
		return x.Id
	}
	return 0
}

func (x *NewMember) GetAddress() string {
	if x != nil {
		return x.Address
	}
	return ""
}

type CancelChange struct {
	state         protoimpl.MessageState `protogen:"open.v1"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *CancelChange) Reset() {
	*x = CancelChange{}
	mi := &file_raftkv_proto_msgTypes[50]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *CancelChange) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*CancelChange) ProtoMessage() {}

func (x *CancelChange) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[50]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use CancelChange.ProtoReflect.Descriptor instead.
func (*CancelChange) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{50}
}

type ChangeMemberResponse struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The version of the shard's members after the step.
	Version       uint64 `protobuf:"varint,1,opt,name=version,proto3" json:"version,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *ChangeMemberResponse) Reset() {
	*x = ChangeMemberResponse{}
	mi := &file_raftkv_proto_msgTypes[51]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *ChangeMemberResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*ChangeMemberResponse) ProtoMessage() {}

func (x *ChangeMemberResponse) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[51]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use ChangeMemberResponse.ProtoReflect.Descriptor instead.
func (*ChangeMemberResponse) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{51}
}

func (x *ChangeMemberResponse) GetVersion() uint64 {
	if x != nil {
		return x.Version
	}
	return 0
}

type ForgetNodeRequest struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	Node  uint64                 `protobuf:"varint,1,opt,name=node,proto3" json:"node,omitempty"`
	// The version of the map in which no shard had a member of the node any more. A server that knows only older ones refuses
	// with UNAVAILABLE: it will know in a moment.
	MapVersion    uint64 `protobuf:"varint,2,opt,name=map_version,json=mapVersion,proto3" json:"map_version,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *ForgetNodeRequest) Reset() {
	*x = ForgetNodeRequest{}
	mi := &file_raftkv_proto_msgTypes[52]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *ForgetNodeRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*ForgetNodeRequest) ProtoMessage() {}

func (x *ForgetNodeRequest) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[52]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use ForgetNodeRequest.ProtoReflect.Descriptor instead.
func (*ForgetNodeRequest) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{52}
}

func (x *ForgetNodeRequest) GetNode() uint64 {
	if x != nil {
		return x.Node
	}
	return 0
}

func (x *ForgetNodeRequest) GetMapVersion() uint64 {
	if x != nil {
		return x.MapVersion
	}
	return 0
}

type ForgetNodeResponse struct {
	state         protoimpl.MessageState `protogen:"open.v1"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *ForgetNodeResponse) Reset() {
	*x = ForgetNodeResponse{}
	mi := &file_raftkv_proto_msgTypes[53]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *ForgetNodeResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*ForgetNodeResponse) ProtoMessage() {}

func (x *ForgetNodeResponse) ProtoReflect() protoreflect.Message {
	mi := &file_raftkv_proto_msgTypes[53]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use ForgetNodeResponse.ProtoReflect.Descriptor instead.
func (*ForgetNodeResponse) Descriptor() ([]byte, []int) {
	return file_raftkv_proto_rawDescGZIP(), []int{53}
}

var File_raftkv_proto protoreflect.FileDescriptor

const file_raftkv_proto_rawDesc = "" +
	"\n" +
	"\fraftkv.proto\x12\traftkv.v1\x1a\x1egoogle/protobuf/duration.proto\x1a\x1fgoogle/protobuf/timestamp.proto\"D\n" +
	"\tRequestId\x12\x1b\n" +
	"\tclient_id\x18\x01 \x01(\fR\bclientId\x12\x1a\n" +
	"\bsequence\x18\x02 \x01(\x04R\bsequence\"\x1e\n" +
	"\n" +
	"GetRequest\x12\x10\n" +
	"\x03key\x18\x01 \x01(\fR\x03key\"S\n" +
	"\vGetResponse\x12\x14\n" +
	"\x05found\x18\x01 \x01(\bR\x05found\x12\x14\n" +
	"\x05value\x18\x02 \x01(\fR\x05value\x12\x18\n" +
	"\aversion\x18\x03 \x01(\x04R\aversion\"\xd7\x01\n" +
	"\n" +
	"PutRequest\x12\x10\n" +
	"\x03key\x18\x01 \x01(\fR\x03key\x12\x14\n" +
	"\x05value\x18\x02 \x01(\fR\x05value\x123\n" +
	"\n" +
	"request_id\x18\x03 \x01(\v2\x14.raftkv.v1.RequestIdR\trequestId\x12.\n" +
	"\x10expected_version\x18\x04 \x01(\x04H\x00R\x0fexpectedVersion\x88\x01\x01\x12'\n" +
	"\x0freturn_previous\x18\x05 \x01(\bR\x0ereturnPreviousB\x13\n" +
	"\x11_expected_version\"]\n" +
	"\vPutResponse\x12\x18\n" +
	"\aversion\x18\x01 \x01(\x04R\aversion\x12\x18\n" +
	"\aexisted\x18\x02 \x01(\bR\aexisted\x12\x1a\n" +
	"\bprevious\x18\x03 \x01(\fR\bprevious\"\xb1\x01\n" +
	"\rAppendRequest\x12\x10\n" +
	"\x03key\x18\x01 \x01(\fR\x03key\x12\x14\n" +
	"\x05value\x18\x02 \x01(\fR\x05value\x123\n" +
	"\n" +
	"request_id\x18\x03 \x01(\v2\x14.raftkv.v1.RequestIdR\trequestId\x12.\n" +
	"\x10expected_version\x18\x04 \x01(\x04H\x00R\x0fexpectedVersion\x88\x01\x01B\x13\n" +
	"\x11_expected_version\"`\n" +
	"\x0eAppendResponse\x12\x1a\n" +
	"\bprevious\x18\x01 \x01(\fR\bprevious\x12\x18\n" +
	"\aversion\x18\x02 \x01(\x04R\aversion\x12\x18\n" +
	"\aexisted\x18\x03 \x01(\bR\aexisted\"\xc4\x01\n" +
	"\rDeleteRequest\x12\x10\n" +
	"\x03key\x18\x01 \x01(\fR\x03key\x123\n" +
	"\n" +
	"request_id\x18\x02 \x01(\v2\x14.raftkv.v1.RequestIdR\trequestId\x12.\n" +
	"\x10expected_version\x18\x03 \x01(\x04H\x00R\x0fexpectedVersion\x88\x01\x01\x12'\n" +
	"\x0freturn_previous\x18\x04 \x01(\bR\x0ereturnPreviousB\x13\n" +
	"\x11_expected_version\"F\n" +
	"\x0eDeleteResponse\x12\x18\n" +
	"\aexisted\x18\x01 \x01(\bR\aexisted\x12\x1a\n" +
	"\bprevious\x18\x02 \x01(\fR\bprevious\"m\n" +
	"\fBatchRequest\x12(\n" +
	"\x06writes\x18\x01 \x03(\v2\x10.raftkv.v1.WriteR\x06writes\x123\n" +
	"\n" +
	"request_id\x18\x02 \x01(\v2\x14.raftkv.v1.RequestIdR\trequestId\"\xa3\x01\n" +
	"\x05Write\x12)\n" +
	"\x03put\x18\x01 \x01(\v2\x15.raftkv.v1.PutRequestH\x00R\x03put\x122\n" +
	"\x06append\x18\x02 \x01(\v2\x18.raftkv.v1.AppendRequestH\x00R\x06append\x122\n" +
	"\x06delete\x18\x03 \x01(\v2\x18.raftkv.v1.DeleteRequestH\x00R\x06deleteB\a\n" +
	"\x05write\"A\n" +
	"\rBatchResponse\x120\n" +
	"\aresults\x18\x01 \x03(\v2\x16.raftkv.v1.WriteResultR\aresults\"\xad\x01\n" +
	"\vWriteResult\x12*\n" +
	"\x03put\x18\x01 \x01(\v2\x16.raftkv.v1.PutResponseH\x00R\x03put\x123\n" +
	"\x06append\x18\x02 \x01(\v2\x19.raftkv.v1.AppendResponseH\x00R\x06append\x123\n" +
	"\x06delete\x18\x03 \x01(\v2\x19.raftkv.v1.DeleteResponseH\x00R\x06deleteB\b\n" +
	"\x06result\"\xc8\x01\n" +
	"\vScanRequest\x12\x16\n" +
	"\x06prefix\x18\x01 \x01(\fR\x06prefix\x12\x14\n" +
	"\x05start\x18\x02 \x01(\fR\x05start\x12\x10\n" +
	"\x03end\x18\x03 \x01(\fR\x03end\x12\x14\n" +
	"\x05limit\x18\x04 \x01(\x04R\x05limit\x12\x1b\n" +
	"\tkeys_only\x18\x05 \x01(\bR\bkeysOnly\x12!\n" +
	"\fresume_after\x18\x06 \x01(\fR\vresumeAfter\x12\x19\n" +
	"\x05shard\x18\a \x01(\rH\x00R\x05shard\x88\x01\x01B\b\n" +
	"\x06_shard\"5\n" +
	"\fScanResponse\x12%\n" +
	"\x05pairs\x18\x01 \x03(\v2\x0f.raftkv.v1.PairR\x05pairs\"H\n" +
	"\x04Pair\x12\x10\n" +
	"\x03key\x18\x01 \x01(\fR\x03key\x12\x14\n" +
	"\x05value\x18\x02 \x01(\fR\x05value\x12\x18\n" +
	"\aversion\x18\x03 \x01(\x04R\aversion\"G\n" +
	"\x0fPipelineRequest\x124\n" +
	"\n" +
	"operations\x18\x01 \x03(\v2\x14.raftkv.v1.OperationR\n" +
	"operations\"\xe8\x01\n" +
	"\tOperation\x12\x10\n" +
	"\x03tag\x18\x01 \x01(\x04R\x03tag\x12)\n" +
	"\x03get\x18\x02 \x01(\v2\x15.raftkv.v1.GetRequestH\x00R\x03get\x12)\n" +
	"\x03put\x18\x03 \x01(\v2\x15.raftkv.v1.PutRequestH\x00R\x03put\x122\n" +
	"\x06append\x18\x04 \x01(\v2\x18.raftkv.v1.AppendRequestH\x00R\x06append\x122\n" +
	"\x06delete\x18\x05 \x01(\v2\x18.raftkv.v1.DeleteRequestH\x00R\x06deleteB\v\n" +
	"\toperation\"?\n" +
	"\x10PipelineResponse\x12+\n" +
	"\aanswers\x18\x01 \x03(\v2\x11.raftkv.v1.AnswerR\aanswers\"\x90\x02\n" +
	"\x06Answer\x12\x10\n" +
	"\x03tag\x18\x01 \x01(\x04R\x03tag\x12*\n" +
	"\x03get\x18\x02 \x01(\v2\x16.raftkv.v1.GetResponseH\x00R\x03get\x12*\n" +
	"\x03put\x18\x03 \x01(\v2\x16.raftkv.v1.PutResponseH\x00R\x03put\x123\n" +
	"\x06append\x18\x04 \x01(\v2\x19.raftkv.v1.AppendResponseH\x00R\x06append\x123\n" +
	"\x06delete\x18\x05 \x01(\v2\x19.raftkv.v1.DeleteResponseH\x00R\x06delete\x12(\n" +
	"\x05error\x18\x06 \x01(\v2\x10.raftkv.v1.ErrorH\x00R\x05errorB\b\n" +
	"\x06answer\"f\n" +
	"\x05Error\x12\x12\n" +
	"\x04code\x18\x01 \x01(\x05R\x04code\x12\x18\n" +
	"\amessage\x18\x02 \x01(\tR\amessage\x12/\n" +
	"\bredirect\x18\x03 \x01(\v2\x13.raftkv.v1.RedirectR\bredirect\"Y\n" +
	"\bRedirect\x12\x14\n" +
	"\x05shard\x18\x01 \x01(\rR\x05shard\x12\x16\n" +
	"\x06leader\x18\x02 \x01(\tR\x06leader\x12\x1f\n" +
	"\vmap_version\x18\x03 \x01(\x04R\n" +
	"mapVersion\"\r\n" +
	"\vStatRequest\"\xb4\x04\n" +
	"\fStatResponse\x129\n" +
	"\n" +
	"start_time\x18\x01 \x01(\v2\x1a.google.protobuf.TimestampR\tstartTime\x12\x12\n" +
	"\x04sets\x18\x02 \x01(\x04R\x04sets\x12\x12\n" +
	"\x04gets\x18\x03 \x01(\x04R\x04gets\x12\x18\n" +
	"\aappends\x18\x04 \x01(\x04R\aappends\x12\x18\n" +
	"\adeletes\x18\x05 \x01(\x04R\adeletes\x12\x14\n" +
	"\x05scans\x18\x06 \x01(\x04R\x05scans\x12\x12\n" +
	"\x04keys\x18\a \x01(\x04R\x04keys\x12\x14\n" +
	"\x05bytes\x18\b \x01(\x04R\x05bytes\x12\x1a\n" +
	"\bsessions\x18\t \x01(\x04R\bsessions\x12)\n" +
	"\x06limits\x18\n" +
	" \x01(\v2\x11.raftkv.v1.LimitsR\x06limits\x12,\n" +
	"\x06shards\x18\v \x03(\v2\x14.raftkv.v1.ShardStatR\x06shards\x12'\n" +
	"\x04disk\x18\f \x01(\v2\x13.raftkv.v1.DiskStatR\x04disk\x12\x18\n" +
	"\aversion\x18\r \x01(\tR\aversion\x121\n" +
	"\tgets_took\x18\x0e \x01(\v2\x14.raftkv.v1.LatenciesR\bgetsTook\x125\n" +
	"\vwrites_took\x18\x0f \x01(\v2\x14.raftkv.v1.LatenciesR\n" +
	"writesTook\x12+\n" +
	"\adamages\x18\x10 \x03(\v2\x11.raftkv.v1.DamageR\adamages\"#\n" +
	"\tLatencies\x12\x16\n" +
	"\x06counts\x18\x01 \x03(\x04R\x06counts\"6\n" +
	"\x06Damage\x12\x14\n" +
	"\x05shard\x18\x01 \x01(\rR\x05shard\x12\x16\n" +
	"\x06reason\x18\x02 \x01(\tR\x06reason\"g\n" +
	"\bDiskStat\x12\x12\n" +
	"\x04full\x18\x01 \x01(\tR\x04full\x12\x12\n" +
	"\x04free\x18\x02 \x01(\x04R\x04free\x123\n" +
	"\astalled\x18\x03 \x01(\v2\x19.google.protobuf.DurationR\astalled\"J\n" +
	"\x06Limits\x12\x10\n" +
	"\x03key\x18\x01 \x01(\x04R\x03key\x12\x14\n" +
	"\x05value\x18\x02 \x01(\x04R\x05value\x12\x18\n" +
	"\amessage\x18\x03 \x01(\x04R\amessage\"\xeb\x01\n" +
	"\tShardStat\x12\x14\n" +
	"\x05shard\x18\x01 \x01(\rR\x05shard\x12#\n" +
	"\x04role\x18\x02 \x01(\x0e2\x0f.raftkv.v1.RoleR\x04role\x12\x16\n" +
	"\x06leader\x18\x03 \x01(\x04R\x06leader\x12\x12\n" +
	"\x04term\x18\x04 \x01(\x04R\x04term\x12#\n" +
	"\rapplied_index\x18\x05 \x01(\x04R\fappliedIndex\x12!\n" +
	"\fcommit_index\x18\x06 \x01(\x04R\vcommitIndex\x12/\n" +
	"\bchecksum\x18\a \x01(\v2\x13.raftkv.v1.ChecksumR\bchecksum\"L\n" +
	"\bChecksum\x12\x14\n" +
	"\x05index\x18\x01 \x01(\x04R\x05index\x12\x10\n" +
	"\x03sum\x18\x02 \x01(\x06R\x03sum\x12\x18\n" +
	"\adiffers\x18\x03 \x01(\bR\adiffers\"\x11\n" +
	"\x0fTopologyRequest\"\xd7\x01\n" +
	"\x10TopologyResponse\x12\x1f\n" +
	"\vmap_version\x18\x01 \x01(\x04R\n" +
	"mapVersion\x122\n" +
	"\tplacement\x18\x02 \x01(\x0e2\x14.raftkv.v1.PlacementR\tplacement\x12%\n" +
	"\x05nodes\x18\x03 \x03(\v2\x0f.raftkv.v1.NodeR\x05nodes\x12(\n" +
	"\x06shards\x18\x04 \x03(\v2\x10.raftkv.v1.ShardR\x06shards\x12\x1d\n" +
	"\n" +
	"cluster_id\x18\x05 \x01(\fR\tclusterId\"0\n" +
	"\x04Node\x12\x0e\n" +
	"\x02id\x18\x01 \x01(\x04R\x02id\x12\x18\n" +
	"\aaddress\x18\x02 \x01(\tR\aaddress\"Q\n" +
	"\x05Shard\x12\x14\n" +
	"\x05shard\x18\x01 \x01(\rR\x05shard\x12\x1a\n" +
	"\breplicas\x18\x02 \x03(\x04R\breplicas\x12\x16\n" +
	"\x06leader\x18\x03 \x01(\x04R\x06leader\"#\n" +
	"\x0fShutdownRequest\x12\x10\n" +
	"\x03all\x18\x01 \x01(\bR\x03all\"\x12\n" +
	"\x10ShutdownResponse\"Q\n" +
	"\rBackupRequest\x12\x19\n" +
	"\x05shard\x18\x01 \x01(\rH\x00R\x05shard\x88\x01\x01\x12\x1b\n" +
	"\tbackup_id\x18\x02 \x01(\fR\bbackupIdB\b\n" +
	"\x06_shard\"Q\n" +
	"\x0eBackupResponse\x12\x14\n" +
	"\x05chunk\x18\x01 \x01(\fR\x05chunk\x12)\n" +
	"\x04part\x18\x02 \x01(\v2\x15.raftkv.v1.BackupPartR\x04part\"\x94\x01\n" +
	"\n" +
	"BackupPart\x12\x14\n" +
	"\x05shard\x18\x01 \x01(\rR\x05shard\x12\x14\n" +
	"\x05index\x18\x02 \x01(\x04R\x05index\x120\n" +
	"\x05taken\x18\x03 \x01(\v2\x1a.google.protobuf.TimestampR\x05taken\x12\x12\n" +
	"\x04keys\x18\x04 \x01(\x04R\x04keys\x12\x14\n" +
	"\x05bytes\x18\x05 \x01(\x04R\x05bytes\"\x10\n" +
	"\x0eCompactRequest\"\x11\n" +
	"\x0fCompactResponse\"\x14\n" +
	"\x12ListMembersRequest\"\xd5\x01\n" +
	"\x13ListMembersResponse\x12\x1d\n" +
	"\n" +
	"cluster_id\x18\x01 \x01(\fR\tclusterId\x12\x1f\n" +
	"\vmap_version\x18\x02 \x01(\x04R\n" +
	"mapVersion\x12,\n" +
	"\x05nodes\x18\x03 \x03(\v2\x16.raftkv.v1.ClusterNodeR\x05nodes\x12/\n" +
	"\x06shards\x18\x04 \x03(\v2\x17.raftkv.v1.ShardMembersR\x06shards\x12\x1f\n" +
	"\vdead_stores\x18\x05 \x03(\fR\n" +
	"deadStores\"a\n" +
	"\vClusterNode\x12\x0e\n" +
	"\x02id\x18\x01 \x01(\x04R\x02id\x12\x18\n" +
	"\aaddress\x18\x02 \x01(\tR\aaddress\x12\x14\n" +
	"\x05store\x18\x03 \x01(\fR\x05store\x12\x12\n" +
	"\x04gone\x18\x04 \x01(\bR\x04gone\"\x83\x01\n" +
	"\fShardMembers\x12\x14\n" +
	"\x05shard\x18\x01 \x01(\rR\x05shard\x12\x18\n" +
	"\aversion\x18\x02 \x01(\x04R\aversion\x12+\n" +
	"\amembers\x18\x03 \x03(\v2\x11.raftkv.v1.MemberR\amembers\x12\x16\n" +
	"\x06leader\x18\x04 \x01(\x04R\x06leader\"\xd2\x01\n" +
	"\x06Member\x12\x12\n" +
	"\x04node\x18\x01 \x01(\x04R\x04node\x12 \n" +
	"\vincarnation\x18\x02 \x01(\rR\vincarnation\x12\x14\n" +
	"\x05store\x18\x03 \x01(\fR\x05store\x12)\n" +
	"\x04role\x18\x04 \x01(\x0e2\x15.raftkv.v1.MemberRoleR\x04role\x12\x1a\n" +
	"\breplaces\x18\x05 \x01(\x04R\breplaces\x125\n" +
	"\bprogress\x18\x06 \x01(\v2\x19.raftkv.v1.MemberProgressR\bprogress\"c\n" +
	"\x0eMemberProgress\x12\x18\n" +
	"\aanswers\x18\x01 \x01(\bR\aanswers\x12\x1f\n" +
	"\vmatch_index\x18\x02 \x01(\x04R\n" +
	"matchIndex\x12\x16\n" +
	"\x06behind\x18\x03 \x01(\x04R\x06behind\"\xfe\x01\n" +
	"\x13ChangeMemberRequest\x12\x14\n" +
	"\x05shard\x18\x01 \x01(\rR\x05shard\x124\n" +
	"\areplace\x18\x02 \x01(\v2\x18.raftkv.v1.ReplaceMemberH\x00R\areplace\x12(\n" +
	"\x03add\x18\x03 \x01(\v2\x14.raftkv.v1.NewMemberH\x00R\x03add\x12\x18\n" +
	"\x06remove\x18\x04 \x01(\x04H\x00R\x06remove\x12\x1a\n" +
	"\arebuild\x18\x05 \x01(\x04H\x00R\arebuild\x121\n" +
	"\x06cancel\x18\x06 \x01(\v2\x17.raftkv.v1.CancelChangeH\x00R\x06cancelB\b\n" +
	"\x06change\"M\n" +
	"\rReplaceMember\x12\x12\n" +
	"\x04node\x18\x01 \x01(\x04R\x04node\x12(\n" +
	"\x04with\x18\x02 \x01(\v2\x14.raftkv.v1.NewMemberR\x04with\"5\n" +
	"\tNewMember\x12\x0e\n" +
	"\x02id\x18\x01 \x01(\x04R\x02id\x12\x18\n" +
	"\aaddress\x18\x02 \x01(\tR\aaddress\"\x0e\n" +
	"\fCancelChange\"0\n" +
	"\x14ChangeMemberResponse\x12\x18\n" +
	"\aversion\x18\x01 \x01(\x04R\aversion\"H\n" +
	"\x11ForgetNodeRequest\x12\x12\n" +
	"\x04node\x18\x01 \x01(\x04R\x04node\x12\x1f\n" +
	"\vmap_version\x18\x02 \x01(\x04R\n" +
	"mapVersion\"\x14\n" +
	"\x12ForgetNodeResponse*T\n" +
	"\x04Role\x12\x14\n" +
	"\x10ROLE_UNSPECIFIED\x10\x00\x12\x11\n" +
	"\rROLE_FOLLOWER\x10\x01\x12\x12\n" +
	"\x0eROLE_CANDIDATE\x10\x02\x12\x0f\n" +
	"\vROLE_LEADER\x10\x03*e\n" +
	"\tPlacement\x12\x19\n" +
	"\x15PLACEMENT_UNSPECIFIED\x10\x00\x12\x12\n" +
	"\x0ePLACEMENT_HASH\x10\x01\x12\x15\n" +
	"\x11PLACEMENT_NUMERIC\x10\x02\x12\x12\n" +
	"\x0ePLACEMENT_RING\x10\x03*r\n" +
	"\n" +
	"MemberRole\x12\x1b\n" +
	"\x17MEMBER_ROLE_UNSPECIFIED\x10\x00\x12\x15\n" +
	"\x11MEMBER_ROLE_VOTER\x10\x01\x12\x17\n" +
	"\x13MEMBER_ROLE_LEARNER\x10\x02\x12\x17\n" +
	"\x13MEMBER_ROLE_LEAVING\x10\x032\xb0\x04\n" +
	"\x06RaftKV\x124\n" +
	"\x03Get\x12\x15.raftkv.v1.GetRequest\x1a\x16.raftkv.v1.GetResponse\x124\n" +
	"\x03Put\x12\x15.raftkv.v1.PutRequest\x1a\x16.raftkv.v1.PutResponse\x12=\n" +
	"\x06Append\x12\x18.raftkv.v1.AppendRequest\x1a\x19.raftkv.v1.AppendResponse\x12=\n" +
	"\x06Delete\x12\x18.raftkv.v1.DeleteRequest\x1a\x19.raftkv.v1.DeleteResponse\x12:\n" +
	"\x05Batch\x12\x17.raftkv.v1.BatchRequest\x1a\x18.raftkv.v1.BatchResponse\x129\n" +
	"\x04Scan\x12\x16.raftkv.v1.ScanRequest\x1a\x17.raftkv.v1.ScanResponse0\x01\x12G\n" +
	"\bPipeline\x12\x1a.raftkv.v1.PipelineRequest\x1a\x1b.raftkv.v1.PipelineResponse(\x010\x01\x127\n" +
	"\x04Stat\x12\x16.raftkv.v1.StatRequest\x1a\x17.raftkv.v1.StatResponse\x12C\n" +
	"\bTopology\x12\x1a.raftkv.v1.TopologyRequest\x1a\x1b.raftkv.v1.TopologyResponse2\xbf\x03\n" +
	"\vRaftKVAdmin\x12C\n" +
	"\bShutdown\x12\x1a.raftkv.v1.ShutdownRequest\x1a\x1b.raftkv.v1.ShutdownResponse\x12?\n" +
	"\x06Backup\x12\x18.raftkv.v1.BackupRequest\x1a\x19.raftkv.v1.BackupResponse0\x01\x12@\n" +
	"\aCompact\x12\x19.raftkv.v1.CompactRequest\x1a\x1a.raftkv.v1.CompactResponse\x12L\n" +
	"\vListMembers\x12\x1d.raftkv.v1.ListMembersRequest\x1a\x1e.raftkv.v1.ListMembersResponse\x12O\n" +
	"\fChangeMember\x12\x1e.raftkv.v1.ChangeMemberRequest\x1a\x1f.raftkv.v1.ChangeMemberResponse\x12I\n" +
	"\n" +
	"ForgetNode\x12\x1c.raftkv.v1.ForgetNodeRequest\x1a\x1d.raftkv.v1.ForgetNodeResponseB%Z#numstore.example/contracts/raftkvpbb\x06proto3"

var (
	file_raftkv_proto_rawDescOnce sync.Once
	file_raftkv_proto_rawDescData []byte
)

func file_raftkv_proto_rawDescGZIP() []byte {
	file_raftkv_proto_rawDescOnce.Do(func() {
		file_raftkv_proto_rawDescData = protoimpl.X.CompressGZIP(unsafe.Slice(unsafe.StringData(file_raftkv_proto_rawDesc), len(file_raftkv_proto_rawDesc)))
	})
	return file_raftkv_proto_rawDescData
}

var file_raftkv_proto_enumTypes = make([]protoimpl.EnumInfo, 3)
var file_raftkv_proto_msgTypes = make([]protoimpl.MessageInfo, 54)
var file_raftkv_proto_goTypes = []any{
	(Role)(0),                     // 0: raftkv.v1.Role
	(Placement)(0),                // 1: raftkv.v1.Placement
	(MemberRole)(0),               // 2: raftkv.v1.MemberRole
	(*RequestId)(nil),             // 3: raftkv.v1.RequestId
	(*GetRequest)(nil),            // 4: raftkv.v1.GetRequest
	(*GetResponse)(nil),           // 5: raftkv.v1.GetResponse
	(*PutRequest)(nil),            // 6: raftkv.v1.PutRequest
	(*PutResponse)(nil),           // 7: raftkv.v1.PutResponse
	(*AppendRequest)(nil),         // 8: raftkv.v1.AppendRequest
	(*AppendResponse)(nil),        // 9: raftkv.v1.AppendResponse
	(*DeleteRequest)(nil),         // 10: raftkv.v1.DeleteRequest
	(*DeleteResponse)(nil),        // 11: raftkv.v1.DeleteResponse
	(*BatchRequest)(nil),          // 12: raftkv.v1.BatchRequest
	(*Write)(nil),                 // 13: raftkv.v1.Write
	(*BatchResponse)(nil),         // 14: raftkv.v1.BatchResponse
	(*WriteResult)(nil),           // 15: raftkv.v1.WriteResult
	(*ScanRequest)(nil),           // 16: raftkv.v1.ScanRequest
	(*ScanResponse)(nil),          // 17: raftkv.v1.ScanResponse
	(*Pair)(nil),                  // 18: raftkv.v1.Pair
	(*PipelineRequest)(nil),       // 19: raftkv.v1.PipelineRequest
	(*Operation)(nil),             // 20: raftkv.v1.Operation
	(*PipelineResponse)(nil),      // 21: raftkv.v1.PipelineResponse
	(*Answer)(nil),                // 22: raftkv.v1.Answer
	(*Error)(nil),                 // 23: raftkv.v1.Error
	(*Redirect)(nil),              // 24: raftkv.v1.Redirect
	(*StatRequest)(nil),           // 25: raftkv.v1.StatRequest
	(*StatResponse)(nil),          // 26: raftkv.v1.StatResponse
	(*Latencies)(nil),             // 27: raftkv.v1.Latencies
	(*Damage)(nil),                // 28: raftkv.v1.Damage
	(*DiskStat)(nil),              // 29: raftkv.v1.DiskStat
	(*Limits)(nil),                // 30: raftkv.v1.Limits
	(*ShardStat)(nil),             // 31: raftkv.v1.ShardStat
	(*Checksum)(nil),              // 32: raftkv.v1.Checksum
	(*TopologyRequest)(nil),       // 33: raftkv.v1.TopologyRequest
	(*TopologyResponse)(nil),      // 34: raftkv.v1.TopologyResponse
	(*Node)(nil),                  // 35: raftkv.v1.Node
	(*Shard)(nil),                 // 36: raftkv.v1.Shard
	(*ShutdownRequest)(nil),       // 37: raftkv.v1.ShutdownRequest
	(*ShutdownResponse)(nil),      // 38: raftkv.v1.ShutdownResponse
	(*BackupRequest)(nil),         // 39: raftkv.v1.BackupRequest
	(*BackupResponse)(nil),        // 40: raftkv.v1.BackupResponse
	(*BackupPart)(nil),            // 41: raftkv.v1.BackupPart
	(*CompactRequest)(nil),        // 42: raftkv.v1.CompactRequest
	(*CompactResponse)(nil),       // 43: raftkv.v1.CompactResponse
	(*ListMembersRequest)(nil),    // 44: raftkv.v1.ListMembersRequest
	(*ListMembersResponse)(nil),   // 45: raftkv.v1.ListMembersResponse
	(*ClusterNode)(nil),           // 46: raftkv.v1.ClusterNode
	(*ShardMembers)(nil),          // 47: raftkv.v1.ShardMembers
	(*Member)(nil),                // 48: raftkv.v1.Member
	(*MemberProgress)(nil),        // 49: raftkv.v1.MemberProgress
	(*ChangeMemberRequest)(nil),   // 50: raftkv.v1.ChangeMemberRequest
	(*ReplaceMember)(nil),         // 51: raftkv.v1.ReplaceMember
	(*NewMember)(nil),             // 52: raftkv.v1.NewMember
	(*CancelChange)(nil),          // 53: raftkv.v1.CancelChange
	(*ChangeMemberResponse)(nil),  // 54: raftkv.v1.ChangeMemberResponse
	(*ForgetNodeRequest)(nil),     // 55: raftkv.v1.ForgetNodeRequest
	(*ForgetNodeResponse)(nil),    // 56: raftkv.v1.ForgetNodeResponse
	(*timestamppb.Timestamp)(nil), // 57: google.protobuf.Timestamp
	(*durationpb.Duration)(nil),   // 58: google.protobuf.Duration
}
var file_raftkv_proto_depIdxs = []int32{
	3,  // 0: raftkv.v1.PutRequest.request_id:type_name -> raftkv.v1.RequestId
	3,  // 1: raftkv.v1.AppendRequest.request_id:type_name -> raftkv.v1.RequestId
	3,  // 2: raftkv.v1.DeleteRequest.request_id:type_name -> raftkv.v1.RequestId
	13, // 3: raftkv.v1.BatchRequest.writes:type_name -> raftkv.v1.Write
	3,  // 4: raftkv.v1.BatchRequest.request_id:type_name -> raftkv.v1.RequestId
	6,  // 5: raftkv.v1.Write.put:type_name -> raftkv.v1.PutRequest
	8,  // 6: raftkv.v1.Write.append:type_name -> raftkv.v1.AppendRequest
	10, // 7: raftkv.v1.Write.delete:type_name -> raftkv.v1.DeleteRequest
	15, // 8: raftkv.v1.BatchResponse.results:type_name -> raftkv.v1.WriteResult
	7,  // 9: raftkv.v1.WriteResult.put:type_name -> raftkv.v1.PutResponse
	9,  // 10: raftkv.v1.WriteResult.append:type_name -> raftkv.v1.AppendResponse
	11, // 11: raftkv.v1.WriteResult.delete:type_name -> raftkv.v1.DeleteResponse
	18, // 12: raftkv.v1.ScanResponse.pairs:type_name -> raftkv.v1.Pair
	20, // 13: raftkv.v1.PipelineRequest.operations:type_name -> raftkv.v1.Operation
	4,  // 14: raftkv.v1.Operation.get:type_name -> raftkv.v1.GetRequest
	6,  // 15: raftkv.v1.Operation.put:type_name -> raftkv.v1.PutRequest
	8,  // 16: raftkv.v1.Operation.append:type_name -> raftkv.v1.AppendRequest
	10, // 17: raftkv.v1.Operation.delete:type_name -> raftkv.v1.DeleteRequest
	22, // 18: raftkv.v1.PipelineResponse.answers:type_name -> raftkv.v1.Answer
	5,  // 19: raftkv.v1.Answer.get:type_name -> raftkv.v1.GetResponse
	7,  // 20: raftkv.v1.Answer.put:type_name -> raftkv.v1.PutResponse
	9,  // 21: raftkv.v1.Answer.append:type_name -> raftkv.v1.AppendResponse
	11, // 22: raftkv.v1.Answer.delete:type_name -> raftkv.v1.DeleteResponse
	23, // 23: raftkv.v1.Answer.error:type_name -> raftkv.v1.Error
	24, // 24: raftkv.v1.Error.redirect:type_name -> raftkv.v1.Redirect
	57, // 25: raftkv.v1.StatResponse.start_time:type_name -> google.protobuf.Timestamp
	30, // 26: raftkv.v1.StatResponse.limits:type_name -> raftkv.v1.Limits
	31, // 27: raftkv.v1.StatResponse.shards:type_name -> raftkv.v1.ShardStat
	29, // 28: raftkv.v1.StatResponse.disk:type_name -> raftkv.v1.DiskStat
	27, // 29: raftkv.v1.StatResponse.gets_took:type_name -> raftkv.v1.Latencies
	27, // 30: raftkv.v1.StatResponse.writes_took:type_name -> raftkv.v1.Latencies
	28, // 31: raftkv.v1.StatResponse.damages:type_name -> raftkv.v1.Damage
	58, // 32: raftkv.v1.DiskStat.stalled:type_name -> google.protobuf.Duration
	0,  // 33: raftkv.v1.ShardStat.role:type_name -> raftkv.v1.Role
	32, // 34: raftkv.v1.ShardStat.checksum:type_name -> raftkv.v1.Checksum
	1,  // 35: raftkv.v1.TopologyResponse.placement:type_name -> raftkv.v1.Placement
	35, // 36: raftkv.v1.TopologyResponse.nodes:type_name -> raftkv.v1.Node
	36, // 37: raftkv.v1.TopologyResponse.shards:type_name -> raftkv.v1.Shard
	41, // 38: raftkv.v1.BackupResponse.part:type_name -> raftkv.v1.BackupPart
	57, // 39: raftkv.v1.BackupPart.taken:type_name -> google.protobuf.Timestamp
	46, // 40: raftkv.v1.ListMembersResponse.nodes:type_name -> raftkv.v1.ClusterNode
	47, // 41: raftkv.v1.ListMembersResponse.shards:type_name -> raftkv.v1.ShardMembers
	48, // 42: raftkv.v1.ShardMembers.members:type_name -> raftkv.v1.Member
	2,  // 43: raftkv.v1.Member.role:type_name -> raftkv.v1.MemberRole
	49, // 44: raftkv.v1.Member.progress:type_name -> raftkv.v1.MemberProgress
	51, // 45: raftkv.v1.ChangeMemberRequest.replace:type_name -> raftkv.v1.ReplaceMember
	52, // 46: raftkv.v1.ChangeMemberRequest.add:type_name -> raftkv.v1.NewMember
	53, // 47: raftkv.v1.ChangeMemberRequest.cancel:type_name -> raftkv.v1.CancelChange
	52, // 48: raftkv.v1.ReplaceMember.with:type_name -> raftkv.v1.NewMember
	4,  // 49: raftkv.v1.RaftKV.Get:input_type -> raftkv.v1.GetRequest
	6,  // 50: raftkv.v1.RaftKV.Put:input_type -> raftkv.v1.PutRequest
	8,  // 51: raftkv.v1.RaftKV.Append:input_type -> raftkv.v1.AppendRequest
	10, // 52: raftkv.v1.RaftKV.Delete:input_type -> raftkv.v1.DeleteRequest
	12, // 53: raftkv.v1.RaftKV.Batch:input_type -> raftkv.v1.BatchRequest
	16, // 54: raftkv.v1.RaftKV.Scan:input_type -> raftkv.v1.ScanRequest
	19, // 55: raftkv.v1.RaftKV.Pipeline:input_type -> raftkv.v1.PipelineRequest
	25, // 56: raftkv.v1.RaftKV.Stat:input_type -> raftkv.v1.StatRequest
	33, // 57: raftkv.v1.RaftKV.Topology:input_type -> raftkv.v1.TopologyRequest
	37, // 58: raftkv.v1.RaftKVAdmin.Shutdown:input_type -> raftkv.v1.ShutdownRequest
	39, // 59: raftkv.v1.RaftKVAdmin.Backup:input_type -> raftkv.v1.BackupRequest
	42, // 60: raftkv.v1.RaftKVAdmin.Compact:input_type -> raftkv.v1.CompactRequest
	44, // 61: raftkv.v1.RaftKVAdmin.ListMembers:input_type -> raftkv.v1.ListMembersRequest
	50, // 62: raftkv.v1.RaftKVAdmin.ChangeMember:input_type -> raftkv.v1.ChangeMemberRequest
	55, // 63: raftkv.v1.RaftKVAdmin.ForgetNode:input_type -> raftkv.v1.ForgetNodeRequest
	5,  // 64: raftkv.v1.RaftKV.Get:output_type -> raftkv.v1.GetResponse
	7,  // 65: raftkv.v1.RaftKV.Put:output_type -> raftkv.v1.PutResponse
	9,  // 66: raftkv.v1.RaftKV.Append:output_type -> raftkv.v1.AppendResponse
	11, // 67: raftkv.v1.RaftKV.Delete:output_type -> raftkv.v1.DeleteResponse
	14, // 68: raftkv.v1.RaftKV.Batch:output_type -> raftkv.v1.BatchResponse
	17, // 69: raftkv.v1.RaftKV.Scan:output_type -> raftkv.v1.ScanResponse
	21, // 70: raftkv.v1.RaftKV.Pipeline:output_type -> raftkv.v1.PipelineResponse
	26, // 71: raftkv.v1.RaftKV.Stat:output_type -> raftkv.v1.StatResponse
	34, // 72: raftkv.v1.RaftKV.Topology:output_type -> raftkv.v1.TopologyResponse
	38, // 73: raftkv.v1.RaftKVAdmin.Shutdown:output_type -> raftkv.v1.ShutdownResponse
	40, // 74: raftkv.v1.RaftKVAdmin.Backup:output_type -> raftkv.v1.BackupResponse
	43, // 75: raftkv.v1.RaftKVAdmin.Compact:output_type -> raftkv.v1.CompactResponse
	45, // 76: raftkv.v1.RaftKVAdmin.ListMembers:output_type -> raftkv.v1.ListMembersResponse
	54, // 77: raftkv.v1.RaftKVAdmin.ChangeMember:output_type -> raftkv.v1.ChangeMemberResponse
	56, // 78: raftkv.v1.RaftKVAdmin.ForgetNode:output_type -> raftkv.v1.ForgetNodeResponse
	64, // [64:79] is the sub-list for method output_type
	49, // [49:64] is the sub-list for method input_type
	49, // [49:49] is the sub-list for extension type_name
	49, // [49:49] is the sub-list for extension extendee
	0,  // [0:49] is the sub-list for field type_name
}

func init() { file_raftkv_proto_init() }
func file_raftkv_proto_init() {
	if File_raftkv_proto != nil {
		return
	}
	file_raftkv_proto_msgTypes[3].OneofWrappers = []any{}
	file_raftkv_proto_msgTypes[5].OneofWrappers = []any{}
	file_raftkv_proto_msgTypes[7].OneofWrappers = []any{}
	file_raftkv_proto_msgTypes[10].OneofWrappers = []any{
		(*Write_Put)(nil),
		(*Write_Append)(nil),
		(*Write_Delete)(nil),
	}
	file_raftkv_proto_msgTypes[12].OneofWrappers = []any{
		(*WriteResult_Put)(nil),
		(*WriteResult_Append)(nil),
		(*WriteResult_Delete)(nil),
	}
	file_raftkv_proto_msgTypes[13].OneofWrappers = []any{}
	file_raftkv_proto_msgTypes[17].OneofWrappers = []any{
		(*Operation_Get)(nil),
		(*Operation_Put)(nil),
		(*Operation_Append)(nil),
		(*Operation_Delete)(nil),
	}
	file_raftkv_proto_msgTypes[19].OneofWrappers = []any{
		(*Answer_Get)(nil),
		(*Answer_Put)(nil),
		(*Answer_Append)(nil),
		(*Answer_Delete)(nil),
		(*Answer_Error)(nil),
	}
	file_raftkv_proto_msgTypes[36].OneofWrappers = []any{}
	file_raftkv_proto_msgTypes[47].OneofWrappers = []any{
		(*ChangeMemberRequest_Replace)(nil),
		(*ChangeMemberRequest_Add)(nil),
		(*ChangeMemberRequest_Remove)(nil),
		(*ChangeMemberRequest_Rebuild)(nil),
		(*ChangeMemberRequest_Cancel)(nil),
	}
	type x struct{}
	out := protoimpl.TypeBuilder{
		File: protoimpl.DescBuilder{
			GoPackagePath: reflect.TypeOf(x{}).PkgPath(),
			RawDescriptor: unsafe.Slice(unsafe.StringData(file_raftkv_proto_rawDesc), len(file_raftkv_proto_rawDesc)),
			NumEnums:      3,
			NumMessages:   54,
			NumExtensions: 0,
			NumServices:   2,
		},
		GoTypes:           file_raftkv_proto_goTypes,
		DependencyIndexes: file_raftkv_proto_depIdxs,
		EnumInfos:         file_raftkv_proto_enumTypes,
		MessageInfos:      file_raftkv_proto_msgTypes,
	}.Build()
	File_raftkv_proto = out.File
	file_raftkv_proto_goTypes = nil
	file_raftkv_proto_depIdxs = nil
}
