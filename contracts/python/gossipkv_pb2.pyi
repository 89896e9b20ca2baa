from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Outcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OUTCOME_UNSPECIFIED: _ClassVar[Outcome]
    OUTCOME_VALUE: _ClassVar[Outcome]
    OUTCOME_NO_VALUE: _ClassVar[Outcome]
    OUTCOME_DEPENDENCY_NOT_MET: _ClassVar[Outcome]

class MemberState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MEMBER_STATE_UNSPECIFIED: _ClassVar[MemberState]
    MEMBER_STATE_MEMBER: _ClassVar[MemberState]
    MEMBER_STATE_REPLACED: _ClassVar[MemberState]
    MEMBER_STATE_FORGOTTEN: _ClassVar[MemberState]
    MEMBER_STATE_DUPLICATE: _ClassVar[MemberState]
OUTCOME_UNSPECIFIED: Outcome
OUTCOME_VALUE: Outcome
OUTCOME_NO_VALUE: Outcome
OUTCOME_DEPENDENCY_NOT_MET: Outcome
MEMBER_STATE_UNSPECIFIED: MemberState
MEMBER_STATE_MEMBER: MemberState
MEMBER_STATE_REPLACED: MemberState
MEMBER_STATE_FORGOTTEN: MemberState
MEMBER_STATE_DUPLICATE: MemberState

class Version(_message.Message):
    __slots__ = ("time", "server", "incarnation")
    TIME_FIELD_NUMBER: _ClassVar[int]
    SERVER_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    time: int
    server: int
    incarnation: int
    def __init__(self, time: _Optional[int] = ..., server: _Optional[int] = ..., incarnation: _Optional[int] = ...) -> None: ...

class PutRequest(_message.Message):
    __slots__ = ("key", "value", "session_time")
    KEY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    SESSION_TIME_FIELD_NUMBER: _ClassVar[int]
    key: bytes
    value: bytes
    session_time: int
    def __init__(self, key: _Optional[bytes] = ..., value: _Optional[bytes] = ..., session_time: _Optional[int] = ...) -> None: ...

class PutResponse(_message.Message):
    __slots__ = ("version",)
    VERSION_FIELD_NUMBER: _ClassVar[int]
    version: Version
    def __init__(self, version: _Optional[_Union[Version, _Mapping]] = ...) -> None: ...

class GetRequest(_message.Message):
    __slots__ = ("key", "seen")
    KEY_FIELD_NUMBER: _ClassVar[int]
    SEEN_FIELD_NUMBER: _ClassVar[int]
    key: bytes
    seen: Version
    def __init__(self, key: _Optional[bytes] = ..., seen: _Optional[_Union[Version, _Mapping]] = ...) -> None: ...

class GetResponse(_message.Message):
    __slots__ = ("outcome", "value", "version")
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    outcome: Outcome
    value: bytes
    version: Version
    def __init__(self, outcome: _Optional[_Union[Outcome, str]] = ..., value: _Optional[bytes] = ..., version: _Optional[_Union[Version, _Mapping]] = ...) -> None: ...

class DeleteRequest(_message.Message):
    __slots__ = ("key", "session_time")
    KEY_FIELD_NUMBER: _ClassVar[int]
    SESSION_TIME_FIELD_NUMBER: _ClassVar[int]
    key: bytes
    session_time: int
    def __init__(self, key: _Optional[bytes] = ..., session_time: _Optional[int] = ...) -> None: ...

class DeleteResponse(_message.Message):
    __slots__ = ("version",)
    VERSION_FIELD_NUMBER: _ClassVar[int]
    version: Version
    def __init__(self, version: _Optional[_Union[Version, _Mapping]] = ...) -> None: ...

class DumpRequest(_message.Message):
    __slots__ = ("prefix", "after", "limit", "keys_only")
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    KEYS_ONLY_FIELD_NUMBER: _ClassVar[int]
    prefix: bytes
    after: bytes
    limit: int
    keys_only: bool
    def __init__(self, prefix: _Optional[bytes] = ..., after: _Optional[bytes] = ..., limit: _Optional[int] = ..., keys_only: bool = ...) -> None: ...

class DumpResponse(_message.Message):
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
    version: Version
    def __init__(self, key: _Optional[bytes] = ..., value: _Optional[bytes] = ..., version: _Optional[_Union[Version, _Mapping]] = ...) -> None: ...

class StatusRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class StatusResponse(_message.Message):
    __slots__ = ("server", "incarnation", "start_time", "version", "time", "vector", "links", "members", "keys", "bytes", "tombstones", "puts", "gets", "deletes", "dumps", "unmet", "limits", "disk_full", "forgotten", "disk_free", "disk_stalled")
    SERVER_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    VECTOR_FIELD_NUMBER: _ClassVar[int]
    LINKS_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    TOMBSTONES_FIELD_NUMBER: _ClassVar[int]
    PUTS_FIELD_NUMBER: _ClassVar[int]
    GETS_FIELD_NUMBER: _ClassVar[int]
    DELETES_FIELD_NUMBER: _ClassVar[int]
    DUMPS_FIELD_NUMBER: _ClassVar[int]
    UNMET_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    DISK_FULL_FIELD_NUMBER: _ClassVar[int]
    FORGOTTEN_FIELD_NUMBER: _ClassVar[int]
    DISK_FREE_FIELD_NUMBER: _ClassVar[int]
    DISK_STALLED_FIELD_NUMBER: _ClassVar[int]
    server: int
    incarnation: int
    start_time: _timestamp_pb2.Timestamp
    version: str
    time: int
    vector: _containers.RepeatedCompositeFieldContainer[VectorEntry]
    links: _containers.RepeatedCompositeFieldContainer[Link]
    members: _containers.RepeatedCompositeFieldContainer[Member]
    keys: int
    bytes: int
    tombstones: int
    puts: int
    gets: int
    deletes: int
    dumps: int
    unmet: int
    limits: Limits
    disk_full: str
    forgotten: bool
    disk_free: int
    disk_stalled: _duration_pb2.Duration
    def __init__(self, server: _Optional[int] = ..., incarnation: _Optional[int] = ..., start_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., version: _Optional[str] = ..., time: _Optional[int] = ..., vector: _Optional[_Iterable[_Union[VectorEntry, _Mapping]]] = ..., links: _Optional[_Iterable[_Union[Link, _Mapping]]] = ..., members: _Optional[_Iterable[_Union[Member, _Mapping]]] = ..., keys: _Optional[int] = ..., bytes: _Optional[int] = ..., tombstones: _Optional[int] = ..., puts: _Optional[int] = ..., gets: _Optional[int] = ..., deletes: _Optional[int] = ..., dumps: _Optional[int] = ..., unmet: _Optional[int] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ..., disk_full: _Optional[str] = ..., forgotten: bool = ..., disk_free: _Optional[int] = ..., disk_stalled: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class VectorEntry(_message.Message):
    __slots__ = ("server", "incarnation", "time")
    SERVER_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    server: int
    incarnation: int
    time: int
    def __init__(self, server: _Optional[int] = ..., incarnation: _Optional[int] = ..., time: _Optional[int] = ...) -> None: ...

class Link(_message.Message):
    __slots__ = ("server", "address", "up", "reason", "behind_entries", "behind_bytes", "behind_exact", "last_exchange", "sent_bytes", "received_bytes")
    SERVER_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    UP_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    BEHIND_ENTRIES_FIELD_NUMBER: _ClassVar[int]
    BEHIND_BYTES_FIELD_NUMBER: _ClassVar[int]
    BEHIND_EXACT_FIELD_NUMBER: _ClassVar[int]
    LAST_EXCHANGE_FIELD_NUMBER: _ClassVar[int]
    SENT_BYTES_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_BYTES_FIELD_NUMBER: _ClassVar[int]
    server: int
    address: str
    up: bool
    reason: str
    behind_entries: int
    behind_bytes: int
    behind_exact: bool
    last_exchange: _timestamp_pb2.Timestamp
    sent_bytes: int
    received_bytes: int
    def __init__(self, server: _Optional[int] = ..., address: _Optional[str] = ..., up: bool = ..., reason: _Optional[str] = ..., behind_entries: _Optional[int] = ..., behind_bytes: _Optional[int] = ..., behind_exact: bool = ..., last_exchange: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., sent_bytes: _Optional[int] = ..., received_bytes: _Optional[int] = ...) -> None: ...

class Member(_message.Message):
    __slots__ = ("server", "incarnation", "state", "vector")
    SERVER_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    VECTOR_FIELD_NUMBER: _ClassVar[int]
    server: int
    incarnation: int
    state: MemberState
    vector: _containers.RepeatedCompositeFieldContainer[VectorEntry]
    def __init__(self, server: _Optional[int] = ..., incarnation: _Optional[int] = ..., state: _Optional[_Union[MemberState, str]] = ..., vector: _Optional[_Iterable[_Union[VectorEntry, _Mapping]]] = ...) -> None: ...

class Limits(_message.Message):
    __slots__ = ("max_key", "max_value")
    MAX_KEY_FIELD_NUMBER: _ClassVar[int]
    MAX_VALUE_FIELD_NUMBER: _ClassVar[int]
    max_key: int
    max_value: int
    def __init__(self, max_key: _Optional[int] = ..., max_value: _Optional[int] = ...) -> None: ...

class ConnectRequest(_message.Message):
    __slots__ = ("address",)
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    address: str
    def __init__(self, address: _Optional[str] = ...) -> None: ...

class ConnectResponse(_message.Message):
    __slots__ = ("server",)
    SERVER_FIELD_NUMBER: _ClassVar[int]
    server: int
    def __init__(self, server: _Optional[int] = ...) -> None: ...

class DisconnectRequest(_message.Message):
    __slots__ = ("server", "address")
    SERVER_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    server: int
    address: str
    def __init__(self, server: _Optional[int] = ..., address: _Optional[str] = ...) -> None: ...

class DisconnectResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ForgetRequest(_message.Message):
    __slots__ = ("server",)
    SERVER_FIELD_NUMBER: _ClassVar[int]
    server: int
    def __init__(self, server: _Optional[int] = ...) -> None: ...

class ForgetResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ShutdownRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ShutdownResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
