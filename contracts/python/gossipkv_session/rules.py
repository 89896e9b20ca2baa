"""What a session does with requests and replies: what threads and asyncio have in common. It knows no network."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import gossipkv_pb2 as pb
import grpc
from contracts_channel import Deadline

from gossipkv_session.seen import Seen, Version

# Codes of a write that has certainly not happened: see the contract's table.
_CERTAIN = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.UNIMPLEMENTED,
}

# Codes of what another server may be able to do.
_ELSEWHERE = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.DATA_LOSS,
}


class Value(NamedTuple):
    """What a get found."""

    value: bytes
    version: Version


class Pair(NamedTuple):
    """A key with its value, as a dump shows it."""

    key: bytes
    value: bytes
    version: Version


class NoValueError(LookupError):
    """A get of a key that has no value, of which the session has seen nothing that says otherwise."""

    def __init__(self, key: bytes) -> None:
        super().__init__(f"the key {_quote(key)} has no value")
        self.key = key


class DependencyNotMetError(Exception):
    """The server does not have yet what the session has seen of a key. Ask again later, or another server."""

    def __init__(self, key: bytes, server: str, seen: Version) -> None:
        super().__init__(
            f"dependency not met: the server {server} does not have yet what the session has seen of the key "
            f"{_quote(key)}, version {seen}; ask again later, or another server"
        )
        self.key = key
        self.server = server
        self.seen = seen


class SessionError(grpc.RpcError):
    """A call that did not do what it should. Its code is one of the contract's table."""

    def __init__(self, server: str, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self._code = code
        self._message = message
        self.server = server
        # Of a write: whether it may have happened all the same. False is certain.
        self.may_have_happened = code not in _CERTAIN

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        """The message of the status: a sentence for people."""
        return self._message

    def __str__(self) -> str:
        return f"{self._code.name}: the server {self.server}: {self._message}"


def from_rpc(server: str, error: Any, deadline: Deadline) -> SessionError:
    """Returns the error of a call that had a deadline, as gRPC for Python raises it."""
    if deadline.is_late(error.code()):
        return SessionError(server, grpc.StatusCode.DEADLINE_EXCEEDED, "the deadline passed before there was an answer")
    return SessionError(server, error.code(), error.details() or "")


def closed(server: str) -> SessionError:
    return SessionError(server, grpc.StatusCode.CANCELLED, "the client was closed")


class Call:
    """A call of a session: what is sent, and what an answer means."""

    def __init__(self, seen: Seen, key: bytes) -> None:
        self.seen = seen
        self.key = key

    def request(self) -> Any:
        """Returns the request as it is to be sent now: it has what the session knows at this moment."""
        raise NotImplementedError

    def take(self, server: str, reply: Any) -> Any:
        """Takes up what a reply says, and returns the call's result."""
        raise NotImplementedError


class Put(Call):
    method = "Put"

    def __init__(self, seen: Seen, key: bytes, value: bytes) -> None:
        super().__init__(seen, key)
        self.value = value

    def request(self) -> pb.PutRequest:
        return pb.PutRequest(key=self.key, value=self.value, session_time=self.seen.time)

    def take(self, server: str, reply: pb.PutResponse) -> Version:
        return _written(self, server, reply.version)


class Delete(Call):
    method = "Delete"

    def request(self) -> pb.DeleteRequest:
        return pb.DeleteRequest(key=self.key, session_time=self.seen.time)

    def take(self, server: str, reply: pb.DeleteResponse) -> Version:
        return _written(self, server, reply.version)


def _written(call: Call, server: str, message: pb.Version) -> Version:
    version = Version.of(message)
    if not version.is_one():
        raise SessionError(server, grpc.StatusCode.INTERNAL, "its answer to a write has no version")
    call.seen.note(call.key, version)
    return version


class Get(Call):
    method = "Get"

    def request(self) -> pb.GetRequest:
        self.sent = self.seen.version(self.key)
        return pb.GetRequest(key=self.key, seen=self.sent.message() if self.sent else None)

    def take(self, server: str, reply: pb.GetResponse) -> Value:
        version = Version.of(reply.version)
        self.seen.note(self.key, version)
        if reply.outcome == pb.OUTCOME_VALUE:
            return Value(reply.value, version)
        if reply.outcome == pb.OUTCOME_NO_VALUE:
            raise NoValueError(self.key)
        if reply.outcome == pb.OUTCOME_DEPENDENCY_NOT_MET:
            raise DependencyNotMetError(self.key, server, self.sent or Version(0, 0, 0))
        raise SessionError(server, grpc.StatusCode.INTERNAL, f"its answer has the outcome {reply.outcome}")


Failure = SessionError | DependencyNotMetError


class Attempts:
    """The servers to ask in turn, each once: one alone, or all until one can do the call."""

    def __init__(self, servers: list[str], timeout: float | None) -> None:
        self._left = servers
        self._ends = None if timeout is None else time.monotonic() + timeout
        self._failed: list[Failure] = []

    def __iter__(self) -> Iterator[tuple[str, float | None]]:
        """Yields servers, each with its part of what is left of the time, in seconds."""
        while self._left:
            left = None if self._ends is None else max(0.0, self._ends - time.monotonic()) / len(self._left)
            yield self._left.pop(0), left

    def failed(self, error: Failure) -> None:
        """Takes the error of the last server. It returns if another one is to be asked."""
        self._failed.append(error)
        another = isinstance(error, DependencyNotMetError) or error.code() in _ELSEWHERE
        over = self._ends is not None and time.monotonic() >= self._ends
        if self._left and another and not over:
            return
        if len(self._failed) > 1:
            error.add_note("other servers could not do it either: " + "; ".join(map(str, self._failed[:-1])))
        if isinstance(error, SessionError):  # what one of them may have done may have happened
            error.may_have_happened |= any(f.may_have_happened for f in self._failed if isinstance(f, SessionError))
        raise error


class Dump:
    """A dump under way: it compares what the server shows with what the session has seen."""

    def __init__(self, seen: Seen, server: str, prefix: bytes, after: bytes, limit: int, keys_only: bool) -> None:
        self.request = pb.DumpRequest(prefix=prefix, after=after, limit=limit, keys_only=keys_only)
        self._seen = seen
        self._server = server
        self._limit = limit
        self._shown = 0
        # Keys whose versions the server knows of: those of them that are missing were deleted.
        self._covered: set[bytes] = set()
        expected = seen.versions().items()
        # In the reverse order of their keys; those that come, or are missed, are taken off.
        self._expected = sorted(((k, v) for k, v in expected if k.startswith(prefix) and k > after), reverse=True)

    def needs_status(self) -> bool:
        """Reports whether the server's Status is to be asked for before the Dump."""
        return bool(self._expected)

    def status(self, reply: pb.StatusResponse) -> None:
        known = {(entry.server, entry.incarnation): entry.time for entry in reply.vector}
        self._covered = {key for key, version in self._expected if known.get(version[1:], 0) >= version.time}

    def part(self, reply: pb.DumpResponse) -> Iterator[Pair | DependencyNotMetError]:
        """Yields the pairs of a part, and in its place each key of which the server is behind."""
        for message in reply.pairs:
            pair = Pair(message.key, message.value, Version.of(message.version))
            self._shown += 1
            yield from self._missed(pair.key)
            if self._expected and self._expected[-1][0] == pair.key:
                key, version = self._expected.pop()
                if pair.version < version:
                    yield DependencyNotMetError(key, self._server, version)
                    continue
            self._seen.note(pair.key, pair.version)
            yield pair

    def end(self) -> Iterator[DependencyNotMetError]:
        """Yields what is missing at the end. With a limit that was reached there may be more."""
        if not self._limit or self._shown < self._limit:
            yield from self._missed(None)

    def _missed(self, before: bytes | None) -> Iterator[DependencyNotMetError]:
        while self._expected and (before is None or self._expected[-1][0] < before):
            key, version = self._expected.pop()
            if key not in self._covered:
                yield DependencyNotMetError(key, self._server, version)


def _quote(key: bytes) -> str:
    return repr(key) if len(key) <= 64 else f"{key[:64]!r}… ({len(key)} bytes)"
