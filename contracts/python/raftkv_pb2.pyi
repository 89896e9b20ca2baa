from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Role(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROLE_UNSPECIFIED: _ClassVar[Role]
    ROLE_FOLLOWER: _ClassVar[Role]
    ROLE_CANDIDATE: _ClassVar[Role]
    ROLE_LEADER: _ClassVar[Role]

class Placement(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PLACEMENT_UNSPECIFIED: _ClassVar[Placement]
    PLACEMENT_HASH: _ClassVar[Placement]
    PLACEMENT_NUMERIC: _ClassVar[Placement]
    PLACEMENT_RING: _ClassVar[Placement]

class MemberRole(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MEMBER_ROLE_UNSPECIFIED: _ClassVar[MemberRole]
    MEMBER_ROLE_VOTER: _ClassVar[MemberRole]
    MEMBER_ROLE_LEARNER: _ClassVar[MemberRole]
    MEMBER_ROLE_LEAVING: _ClassVar[MemberRole]
ROLE_UNSPECIFIED: Role
ROLE_FOLLOWER: Role
ROLE_CANDIDATE: Role
ROLE_LEADER: Role
PLACEMENT_UNSPECIFIED: Placement
PLACEMENT_HASH: Placement
PLACEMENT_NUMERIC: Placement
PLACEMENT_RING: Placement
MEMBER_ROLE_UNSPECIFIED: MemberRole
MEMBER_ROLE_VOTER: MemberRole
MEMBER_ROLE_LEARNER: MemberRole
MEMBER_ROLE_LEAVING: MemberRole

class RequestId(_message.Message):
    __slots__ = ("client_id", "sequence")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    client_id: bytes
    sequence: int
    def __init__(self, client_id: _Optional[bytes] = ..., sequence: _Optional[int] = ...) -> None: ...

class GetRequest(_message.Message):
    __slots__ = ("key",)
    KEY_FIELD_NUMBER: _ClassVar[int]
    key: bytes
    def __init__(self, key: _Optional[bytes] = ...) -> None: ...

class GetResponse(_message.Message):
    __slots__ = ("found", "value", "version")
    FOUND_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    found: bool
    value: bytes
    version: int
    def __init__(self, found: bool = ..., value: _Optional[bytes] = ..., version: _Optional[int] = ...) -> None: ...

class PutRequest(_message.Message):
    __slots__ = ("key", "value", "request_id", "expected_version", "return_previous")
    KEY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    RETURN_PREVIOUS_FIELD_NUMBER: _ClassVar[int]
    key: bytes
    value: bytes
    request_id: RequestId
    expected_version: int
    return_previous: bool
    def __init__(self, key: _Optional[bytes] = ..., value: _Optional[bytes] = ..., request_id: _Optional[_Union[RequestId, _Mapping]] = ..., expected_version: _Optional[int] = ..., return_previous: bool = ...) -> None: ...

class PutResponse(_message.Message):
    __slots__ = ("version", "existed", "previous")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    EXISTED_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_FIELD_NUMBER: _ClassVar[int]
    version: int
    existed: bool
    previous: bytes
    def __init__(self, version: _Optional[int] = ..., existed: bool = ..., previous: _Optional[bytes] = ...) -> None: ...

class AppendRequest(_message.Message):
    __slots__ = ("key", "value", "request_id", "expected_version")
    KEY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    key: bytes
    value: bytes
    request_id: RequestId
    expected_version: int
    def __init__(self, key: _Optional[bytes] = ..., value: _Optional[bytes] = ..., request_id: _Optional[_Union[RequestId, _Mapping]] = ..., expected_version: _Optional[int] = ...) -> None: ...

class AppendResponse(_message.Message):
    __slots__ = ("previous", "version", "existed")
    PREVIOUS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    EXISTED_FIELD_NUMBER: _ClassVar[int]
    previous: bytes
    version: int
    existed: bool
    def __init__(self, previous: _Optional[bytes] = ..., version: _Optional[int] = ..., existed: bool = ...) -> None: ...

class DeleteRequest(_message.Message):
    __slots__ = ("key", "request_id", "expected_version", "return_previous")
    KEY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    RETURN_PREVIOUS_FIELD_NUMBER: _ClassVar[int]
    key: bytes
    request_id: RequestId
    expected_version: int
    return_previous: bool
    def __init__(self, key: _Optional[bytes] = ..., request_id: _Optional[_Union[RequestId, _Mapping]] = ..., expected_version: _Optional[int] = ..., return_previous: bool = ...) -> None: ...

class DeleteResponse(_message.Message):
    __slots__ = ("existed", "previous")
    EXISTED_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_FIELD_NUMBER: _ClassVar[int]
    existed: bool
    previous: bytes
    def __init__(self, existed: bool = ..., previous: _Optional[bytes] = ...) -> None: ...

class BatchRequest(_message.Message):
    __slots__ = ("writes", "request_id")
    WRITES_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    writes: _containers.RepeatedCompositeFieldContainer[Write]
    request_id: RequestId
    def __init__(self, writes: _Optional[_Iterable[_Union[Write, _Mapping]]] = ..., request_id: _Optional[_Union[RequestId, _Mapping]] = ...) -> None: ...

class Write(_message.Message):
    __slots__ = ("put", "append", "delete")
    PUT_FIELD_NUMBER: _ClassVar[int]
    APPEND_FIELD_NUMBER: _ClassVar[int]
    DELETE_FIELD_NUMBER: _ClassVar[int]
    put: PutRequest
    append: AppendRequest
    delete: DeleteRequest
    def __init__(self, put: _Optional[_Union[PutRequest, _Mapping]] = ..., append: _Optional[_Union[AppendRequest, _Mapping]] = ..., delete: _Optional[_Union[DeleteRequest, _Mapping]] = ...) -> None: ...

class BatchResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[WriteResult]
    def __init__(self, results: _Optional[_Iterable[_Union[WriteResult, _Mapping]]] = ...) -> None: ...

class WriteResult(_message.Message):
    __slots__ = ("put", "append", "delete")
    PUT_FIELD_NUMBER: _ClassVar[int]
    APPEND_FIELD_NUMBER: _ClassVar[int]
    DELETE_FIELD_NUMBER: _ClassVar[int]
    put: PutResponse
    append: AppendResponse
    delete: DeleteResponse
    def __init__(self, put: _Optional[_Union[PutResponse, _Mapping]] = ..., append: _Optional[_Union[AppendResponse, _Mapping]] = ..., delete: _Optional[_Union[DeleteResponse, _Mapping]] = ...) -> None: ...

class ScanRequest(_message.Message):
    __slots__ = ("prefix", "start", "end", "limit", "keys_only", "resume_after", "shard")
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    KEYS_ONLY_FIELD_NUMBER: _ClassVar[int]
    RESUME_AFTER_FIELD_NUMBER: _ClassVar[int]
    SHARD_FIELD_NUMBER: _ClassVar[int]
    prefix: bytes
    start: bytes
    end: bytes
    limit: int
    keys_only: bool
    resume_after: bytes
    shard: int
    def __init__(self, prefix: _Optional[bytes] = ..., start: _Optional[bytes] = ..., end: _Optional[bytes] = ..., limit: _Optional[int] = ..., keys_only: bool = ..., resume_after: _Optional[bytes] = ..., shard: _Optional[int] = ...) -> None: ...

class ScanResponse(_message.Message):
    __slots__ = ("pairs",)
    PAIRS_FIELD_NUMBER: _ClassVar[int]
    pairs: _containers.RepeatedCompositeFieldContainer[Pair]
    def __init__(self, pairs: _Optional[_Iterable[_Union[Pair, _Mapping]]] = ...) -> None: ...

class Pair(_message.Message):
    __slots__ = ("key", "value", "version")
    KEY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    key: bytes
    value: bytes
    version: int
    def __init__(self, key: _Optional[bytes] = ..., value: _Optional[bytes] = ..., version: _Optional[int] = ...) -> None: ...

class PipelineRequest(_message.Message):
    __slots__ = ("operations",)
    OPERATIONS_FIELD_NUMBER: _ClassVar[int]
    operations: _containers.RepeatedCompositeFieldContainer[Operation]
    def __init__(self, operations: _Optional[_Iterable[_Union[Operation, _Mapping]]] = ...) -> None: ...

class Operation(_message.Message):
    __slots__ = ("tag", "get", "put", "append", "delete")
    TAG_FIELD_NUMBER: _ClassVar[int]
    GET_FIELD_NUMBER: _ClassVar[int]
    PUT_FIELD_NUMBER: _ClassVar[int]
    APPEND_FIELD_NUMBER: _ClassVar[int]
    DELETE_FIELD_NUMBER: _ClassVar[int]
    tag: int
    get: GetRequest
    put: PutRequest
    append: AppendRequest
    delete: DeleteRequest
    def __init__(self, tag: _Optional[int] = ..., get: _Optional[_Union[GetRequest, _Mapping]] = ..., put: _Optional[_Union[PutRequest, _Mapping]] = ..., append: _Optional[_Union[AppendRequest, _Mapping]] = ..., delete: _Optional[_Union[DeleteRequest, _Mapping]] = ...) -> None: ...

class PipelineResponse(_message.Message):
    __slots__ = ("answers",)
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    answers: _containers.RepeatedCompositeFieldContainer[Answer]
    def __init__(self, answers: _Optional[_Iterable[_Union[Answer, _Mapping]]] = ...) -> None: ...

class Answer(_message.Message):
    __slots__ = ("tag", "get", "put", "append", "delete", "error")
    TAG_FIELD_NUMBER: _ClassVar[int]
    GET_FIELD_NUMBER: _ClassVar[int]
    PUT_FIELD_NUMBER: _ClassVar[int]
    APPEND_FIELD_NUMBER: _ClassVar[int]
    DELETE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    tag: int
    get: GetResponse
    put: PutResponse
    append: AppendResponse
    delete: DeleteResponse
    error: Error
    def __init__(self, tag: _Optional[int] = ..., get: _Optional[_Union[GetResponse, _Mapping]] = ..., put: _Optional[_Union[PutResponse, _Mapping]] = ..., append: _Optional[_Union[AppendResponse, _Mapping]] = ..., delete: _Optional[_Union[DeleteResponse, _Mapping]] = ..., error: _Optional[_Union[Error, _Mapping]] = ...) -> None: ...

class Error(_message.Message):
    __slots__ = ("code", "message", "redirect")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    REDIRECT_FIELD_NUMBER: _ClassVar[int]
    code: int
    message: str
    redirect: Redirect
    def __init__(self, code: _Optional[int] = ..., message: _Optional[str] = ..., redirect: _Optional[_Union[Redirect, _Mapping]] = ...) -> None: ...

class Redirect(_message.Message):
    __slots__ = ("shard", "leader", "map_version")
    SHARD_FIELD_NUMBER: _ClassVar[int]
    LEADER_FIELD_NUMBER: _ClassVar[int]
    MAP_VERSION_FIELD_NUMBER: _ClassVar[int]
    shard: int
    leader: str
    map_version: int
    def __init__(self, shard: _Optional[int] = ..., leader: _Optional[str] = ..., map_version: _Optional[int] = ...) -> None: ...

class StatRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class StatResponse(_message.Message):
    __slots__ = ("start_time", "sets", "gets", "appends", "deletes", "scans", "keys", "bytes", "sessions", "limits", "shards", "disk", "version", "gets_took", "writes_took", "damages")
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    SETS_FIELD_NUMBER: _ClassVar[int]
    GETS_FIELD_NUMBER: _ClassVar[int]
    APPENDS_FIELD_NUMBER: _ClassVar[int]
    DELETES_FIELD_NUMBER: _ClassVar[int]
    SCANS_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    SHARDS_FIELD_NUMBER: _ClassVar[int]
    DISK_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    GETS_TOOK_FIELD_NUMBER: _ClassVar[int]
    WRITES_TOOK_FIELD_NUMBER: _ClassVar[int]
    DAMAGES_FIELD_NUMBER: _ClassVar[int]
    start_time: _timestamp_pb2.Timestamp
    sets: int
    gets: int
    appends: int
    deletes: int
    scans: int
    keys: int
    bytes: int
    sessions: int
    limits: Limits
    shards: _containers.RepeatedCompositeFieldContainer[ShardStat]
    disk: DiskStat
    version: str
    gets_took: Latencies
    writes_took: Latencies
    damages: _containers.RepeatedCompositeFieldContainer[Damage]
    def __init__(self, start_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., sets: _Optional[int] = ..., gets: _Optional[int] = ..., appends: _Optional[int] = ..., deletes: _Optional[int] = ..., scans: _Optional[int] = ..., keys: _Optional[int] = ..., bytes: _Optional[int] = ..., sessions: _Optional[int] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ..., shards: _Optional[_Iterable[_Union[ShardStat, _Mapping]]] = ..., disk: _Optional[_Union[DiskStat, _Mapping]] = ..., version: _Optional[str] = ..., gets_took: _Optional[_Union[Latencies, _Mapping]] = ..., writes_took: _Optional[_Union[Latencies, _Mapping]] = ..., damages: _Optional[_Iterable[_Union[Damage, _Mapping]]] = ...) -> None: ...

class Latencies(_message.Message):
    __slots__ = ("counts",)
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    counts: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, counts: _Optional[_Iterable[int]] = ...) -> None: ...

class Damage(_message.Message):
    __slots__ = ("shard", "reason")
    SHARD_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    shard: int
    reason: str
    def __init__(self, shard: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class DiskStat(_message.Message):
    __slots__ = ("full", "free", "stalled")
    FULL_FIELD_NUMBER: _ClassVar[int]
    FREE_FIELD_NUMBER: _ClassVar[int]
    STALLED_FIELD_NUMBER: _ClassVar[int]
    full: str
    free: int
    stalled: _duration_pb2.Duration
    def __init__(self, full: _Optional[str] = ..., free: _Optional[int] = ..., stalled: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class Limits(_message.Message):
    __slots__ = ("key", "value", "message")
    KEY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    key: int
    value: int
    message: int
    def __init__(self, key: _Optional[int] = ..., value: _Optional[int] = ..., message: _Optional[int] = ...) -> None: ...

class ShardStat(_message.Message):
    __slots__ = ("shard", "role", "leader", "term", "applied_index", "commit_index", "checksum")
    SHARD_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    LEADER_FIELD_NUMBER: _ClassVar[int]
    TERM_FIELD_NUMBER: _ClassVar[int]
    APPLIED_INDEX_FIELD_NUMBER: _ClassVar[int]
    COMMIT_INDEX_FIELD_NUMBER: _ClassVar[int]
    CHECKSUM_FIELD_NUMBER: _ClassVar[int]
    shard: int
    role: Role
    leader: int
    term: int
    applied_index: int
    commit_index: int
    checksum: Checksum
    def __init__(self, shard: _Optional[int] = ..., role: _Optional[_Union[Role, str]] = ..., leader: _Optional[int] = ..., term: _Optional[int] = ..., applied_index: _Optional[int] = ..., commit_index: _Optional[int] = ..., checksum: _Optional[_Union[Checksum, _Mapping]] = ...) -> None: ...

class Checksum(_message.Message):
    __slots__ = ("index", "sum", "differs")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    SUM_FIELD_NUMBER: _ClassVar[int]
    DIFFERS_FIELD_NUMBER: _ClassVar[int]
    index: int
    sum: int
    differs: bool
    def __init__(self, index: _Optional[int] = ..., sum: _Optional[int] = ..., differs: bool = ...) -> None: ...

class TopologyRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class TopologyResponse(_message.Message):
    __slots__ = ("map_version", "placement", "nodes", "shards", "cluster_id")
    MAP_VERSION_FIELD_NUMBER: _ClassVar[int]
    PLACEMENT_FIELD_NUMBER: _ClassVar[int]
    NODES_FIELD_NUMBER: _ClassVar[int]
    SHARDS_FIELD_NUMBER: _ClassVar[int]
    CLUSTER_ID_FIELD_NUMBER: _ClassVar[int]
    map_version: int
    placement: Placement
    nodes: _containers.RepeatedCompositeFieldContainer[Node]
    shards: _containers.RepeatedCompositeFieldContainer[Shard]
    cluster_id: bytes
    def __init__(self, map_version: _Optional[int] = ..., placement: _Optional[_Union[Placement, str]] = ..., nodes: _Optional[_Iterable[_Union[Node, _Mapping]]] = ..., shards: _Optional[_Iterable[_Union[Shard, _Mapping]]] = ..., cluster_id: _Optional[bytes] = ...) -> None: ...

class Node(_message.Message):
    __slots__ = ("id", "address")
    ID_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    id: int
    address: str
    def __init__(self, id: _Optional[int] = ..., address: _Optional[str] = ...) -> None: ...

class Shard(_message.Message):
    __slots__ = ("shard", "replicas", "leader")
    SHARD_FIELD_NUMBER: _ClassVar[int]
    REPLICAS_FIELD_NUMBER: _ClassVar[int]
    LEADER_FIELD_NUMBER: _ClassVar[int]
    shard: int
    replicas: _containers.RepeatedScalarFieldContainer[int]
    leader: int
    def __init__(self, shard: _Optional[int] = ..., replicas: _Optional[_Iterable[int]] = ..., leader: _Optional[int] = ...) -> None: ...

class ShutdownRequest(_message.Message):
    __slots__ = ("all",)
    ALL_FIELD_NUMBER: _ClassVar[int]
    all: bool
    def __init__(self, all: bool = ...) -> None: ...

class ShutdownResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class BackupRequest(_message.Message):
    __slots__ = ("shard", "backup_id")
    SHARD_FIELD_NUMBER: _ClassVar[int]
    BACKUP_ID_FIELD_NUMBER: _ClassVar[int]
    shard: int
    backup_id: bytes
    def __init__(self, shard: _Optional[int] = ..., backup_id: _Optional[bytes] = ...) -> None: ...

class BackupResponse(_message.Message):
    __slots__ = ("chunk", "part")
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    chunk: bytes
    part: BackupPart
    def __init__(self, chunk: _Optional[bytes] = ..., part: _Optional[_Union[BackupPart, _Mapping]] = ...) -> None: ...

class BackupPart(_message.Message):
    __slots__ = ("shard", "index", "taken", "keys", "bytes")
    SHARD_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    TAKEN_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    shard: int
    index: int
    taken: _timestamp_pb2.Timestamp
    keys: int
    bytes: int
    def __init__(self, shard: _Optional[int] = ..., index: _Optional[int] = ..., taken: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., keys: _Optional[int] = ..., bytes: _Optional[int] = ...) -> None: ...

class CompactRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CompactResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListMembersRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListMembersResponse(_message.Message):
    __slots__ = ("cluster_id", "map_version", "nodes", "shards", "dead_stores")
    CLUSTER_ID_FIELD_NUMBER: _ClassVar[int]
    MAP_VERSION_FIELD_NUMBER: _ClassVar[int]
    NODES_FIELD_NUMBER: _ClassVar[int]
    SHARDS_FIELD_NUMBER: _ClassVar[int]
    DEAD_STORES_FIELD_NUMBER: _ClassVar[int]
    cluster_id: bytes
    map_version: int
    nodes: _containers.RepeatedCompositeFieldContainer[ClusterNode]
    shards: _containers.RepeatedCompositeFieldContainer[ShardMembers]
    dead_stores: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, cluster_id: _Optional[bytes] = ..., map_version: _Optional[int] = ..., nodes: _Optional[_Iterable[_Union[ClusterNode, _Mapping]]] = ..., shards: _Optional[_Iterable[_Union[ShardMembers, _Mapping]]] = ..., dead_stores: _Optional[_Iterable[bytes]] = ...) -> None: ...

class ClusterNode(_message.Message):
    __slots__ = ("id", "address", "store", "gone")
    ID_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    STORE_FIELD_NUMBER: _ClassVar[int]
    GONE_FIELD_NUMBER: _ClassVar[int]
    id: int
    address: str
    store: bytes
    gone: bool
    def __init__(self, id: _Optional[int] = ..., address: _Optional[str] = ..., store: _Optional[bytes] = ..., gone: bool = ...) -> None: ...

class ShardMembers(_message.Message):
    __slots__ = ("shard", "version", "members", "leader")
    SHARD_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    LEADER_FIELD_NUMBER: _ClassVar[int]
    shard: int
    version: int
    members: _containers.RepeatedCompositeFieldContainer[Member]
    leader: int
    def __init__(self, shard: _Optional[int] = ..., version: _Optional[int] = ..., members: _Optional[_Iterable[_Union[Member, _Mapping]]] = ..., leader: _Optional[int] = ...) -> None: ...

class Member(_message.Message):
    __slots__ = ("node", "incarnation", "store", "role", "replaces", "progress")
    NODE_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    STORE_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    REPLACES_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    node: int
    incarnation: int
    store: bytes
    role: MemberRole
    replaces: int
    progress: MemberProgress
    def __init__(self, node: _Optional[int] = ..., incarnation: _Optional[int] = ..., store: _Optional[bytes] = ..., role: _Optional[_Union[MemberRole, str]] = ..., replaces: _Optional[int] = ..., progress: _Optional[_Union[MemberProgress, _Mapping]] = ...) -> None: ...

class MemberProgress(_message.Message):
    __slots__ = ("answers", "match_index", "behind")
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    MATCH_INDEX_FIELD_NUMBER: _ClassVar[int]
    BEHIND_FIELD_NUMBER: _ClassVar[int]
    answers: bool
    match_index: int
    behind: int
    def __init__(self, answers: bool = ..., match_index: _Optional[int] = ..., behind: _Optional[int] = ...) -> None: ...

class ChangeMemberRequest(_message.Message):
    __slots__ = ("shard", "replace", "add", "remove", "rebuild", "cancel")
    SHARD_FIELD_NUMBER: _ClassVar[int]
    REPLACE_FIELD_NUMBER: _ClassVar[int]
    ADD_FIELD_NUMBER: _ClassVar[int]
    REMOVE_FIELD_NUMBER: _ClassVar[int]
    REBUILD_FIELD_NUMBER: _ClassVar[int]
    CANCEL_FIELD_NUMBER: _ClassVar[int]
    shard: int
    replace: ReplaceMember
    add: NewMember
    remove: int
    rebuild: int
    cancel: CancelChange
    def __init__(self, shard: _Optional[int] = ..., replace: _Optional[_Union[ReplaceMember, _Mapping]] = ..., add: _Optional[_Union[NewMember, _Mapping]] = ..., remove: _Optional[int] = ..., rebuild: _Optional[int] = ..., cancel: _Optional[_Union[CancelChange, _Mapping]] = ...) -> None: ...

class ReplaceMember(_message.Message):
    __slots__ = ("node",)
    NODE_FIELD_NUMBER: _ClassVar[int]
    WITH_FIELD_NUMBER: _ClassVar[int]
    node: int
    def __init__(self, node: _Optional[int] = ..., **kwargs) -> None: ...

class NewMember(_message.Message):
    __slots__ = ("id", "address")
    ID_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    id: int
    address: str
    def __init__(self, id: _Optional[int] = ..., address: _Optional[str] = ...) -> None: ...

class CancelChange(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ChangeMemberResponse(_message.Message):
    __slots__ = ("version",)
    VERSION_FIELD_NUMBER: _ClassVar[int]
    version: int
    def __init__(self, version: _Optional[int] = ...) -> None: ...

class ForgetNodeRequest(_message.Message):
    __slots__ = ("node", "map_version")
    NODE_FIELD_NUMBER: _ClassVar[int]
    MAP_VERSION_FIELD_NUMBER: _ClassVar[int]
    node: int
    map_version: int
    def __init__(self, node: _Optional[int] = ..., map_version: _Optional[int] = ...) -> None: ...

class ForgetNodeResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
