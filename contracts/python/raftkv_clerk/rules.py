"""What a client of raftkv does so that its caller sees plain calls, each of which either happened or says why not.

A call is a generator of steps, which somebody else does: see the module steps. It returns the reply, or raises
ClerkError. The methods of Rules may be called from any number of threads; a generator is one thread's at a time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import contracts_channel
import grpc
import raftkv_pb2
from google.protobuf.message import Message

from raftkv_clerk import shards as maps
from raftkv_clerk.merge import merged
from raftkv_clerk.retry import Pauses, outcome
from raftkv_clerk.session import Session, Sessions
from raftkv_clerk.shards import ShardMap
from raftkv_clerk.status import ClerkError, meaning
from raftkv_clerk.steps import Call, Open, Part, Read, Steps

R = TypeVar("R", bound=Message)  # the kind of a call's reply

# For how long, in seconds, a call waits for a newer map before it goes on with the old one. The next redirect has it
# asked for again.
LEARN_PATIENCE = 1.0

# How old, in seconds, a map becomes before a call has it asked for again: leaders change, and servers come and go,
# without a word from those that pass calls on.
MAP_AGE = 10.0


class Rules:
    """The rules of one client, with what it knows of its cluster."""

    def __init__(self, servers: Iterable[str], clock: Callable[[], float] = time.monotonic) -> None:
        """Begins with the servers that the caller has named; one is enough. Raises ValueError for what is none."""
        self._named = tuple(dict.fromkeys(contracts_channel.address(server) for server in servers))
        if not self._named:
            raise ValueError("there is no server to call; name at least one, as host:port")
        self._sessions = Sessions()
        self._clock = clock
        self._lock = threading.Lock()  # guards what follows
        self._map = maps.unknown(self._named)
        self._learned = clock()  # when it was asked for
        self._learning = False  # a newer map is being asked for

    def get(self, key: bytes) -> Steps[raftkv_pb2.GetResponse]:
        return (yield from self._read(key, "Get", raftkv_pb2.GetRequest(key=key), raftkv_pb2.GetResponse))

    def put(
        self, key: bytes, value: bytes, expected_version: int | None, return_previous: bool
    ) -> Steps[raftkv_pb2.PutResponse]:
        request = raftkv_pb2.PutRequest(
            key=key, value=value, expected_version=expected_version, return_previous=return_previous
        )
        return (yield from self._write("Put", request, raftkv_pb2.PutResponse))

    def append(self, key: bytes, value: bytes, expected_version: int | None) -> Steps[raftkv_pb2.AppendResponse]:
        request = raftkv_pb2.AppendRequest(key=key, value=value, expected_version=expected_version)
        return (yield from self._write("Append", request, raftkv_pb2.AppendResponse))

    def delete(
        self, key: bytes, expected_version: int | None, return_previous: bool
    ) -> Steps[raftkv_pb2.DeleteResponse]:
        request = raftkv_pb2.DeleteRequest(key=key, expected_version=expected_version, return_previous=return_previous)
        return (yield from self._write("Delete", request, raftkv_pb2.DeleteResponse))

    def batch(self, writes: Iterable[raftkv_pb2.Write]) -> Steps[list[raftkv_pb2.WriteResult]]:
        """Keys of several shards are refused before anything is sent."""
        request = raftkv_pb2.BatchRequest(writes=writes)
        reply = yield from self._write("Batch", request, raftkv_pb2.BatchResponse)
        return list(reply.results)

    def stat(self) -> Steps[raftkv_pb2.StatResponse]:
        return (yield from self._read(None, "Stat", raftkv_pb2.StatRequest(), raftkv_pb2.StatResponse))

    def topology(self) -> Steps[raftkv_pb2.TopologyResponse]:
        return (yield from self._read(None, "Topology", raftkv_pb2.TopologyRequest(), raftkv_pb2.TopologyResponse))

    def _read(self, key: bytes | None, method: str, request: Message, kind: type[R]) -> Steps[R]:
        """Makes attempts at a call that changes nothing, for the shard of a key or for none, until there is a reply."""
        shard = (yield from self._await_map()).shard(key) if key is not None else 0
        pauses = Pauses()
        while True:
            answer = yield from self._attempt(shard, method, request, pauses)
            if isinstance(answer, kind):
                return answer
            ended = yield from pauses.wait(answer)
            if ended:
                raise ended

    def _write(self, method: str, request: Any, kind: type[R]) -> Steps[R]:
        """Sends a write, with one request id, until its outcome is certain, or the call ends."""
        try:
            shards = yield from self._await_map()
            shard = shards.shard_of_all(request.writes) if method == "Batch" else shards.shard(request.key)
        except ClerkError as error:
            raise outcome(error, doubt=False) from None
        pauses, session, doubt = Pauses(), self._sessions.take(shard), False
        while True:
            request.request_id.CopyFrom(session.request_id())
            answer = yield from self._attempt(shard, method, request, pauses)
            if isinstance(answer, kind):
                self._sessions.give(shard, session)
                return answer
            said = meaning(answer)
            doubt = doubt or said.perhaps
            if said.outcome:
                self._sessions.give(shard, session)
                raise outcome(answer, doubt=False)
            if answer.code() is grpc.StatusCode.NOT_FOUND and not doubt and session.sequence > 1:
                session = Session()  # the server has forgotten the old one, and with it nothing of this write
                continue
            ended = yield from pauses.wait(answer)
            if ended:  # the session is of no more use: nobody knows if its number was used
                raise outcome(ended, doubt)

    def scan(self, request: raftkv_pb2.ScanRequest) -> Steps[None]:
        """Yields the pairs of a range in the order of their keys, as Parts; the result may be larger than memory."""
        shards = yield from self._await_map()
        if len(shards.places) == 1:
            yield from self._scan_shard(shards, 0, request)
            return
        limit = request.limit
        request.limit = 0  # of a shard, nobody knows how many it has to give
        scans = []
        for shard in range(len(shards.places)):
            own = raftkv_pb2.ScanRequest(shard=shard)
            own.MergeFrom(request)
            scans.append(self._scan_shard(shards, shard, own))
        yield from merged(scans, limit)

    def _scan_shard(self, shards: ShardMap, shard: int, request: raftkv_pb2.ScanRequest) -> Steps[None]:
        """Yields the pairs of one shard, over as many streams as it takes. What follows a stream that broke is of a
        later moment. The request becomes one for what was not yet yielded."""
        pauses = Pauses()
        while True:
            server = self._map.server(shard)
            error = yield from self._scan_stream(shards, shard, server, request, pauses)
            if error is None:
                return
            yield from self._moved(shard, server, error)
            ended = yield from pauses.wait(error)
            if ended:
                raise ended

    def _scan_stream(
        self, shards: ShardMap, shard: int, server: str, request: raftkv_pb2.ScanRequest, pauses: Pauses
    ) -> Steps[ClerkError | None]:
        """Yields the pairs of one stream. Returns why it broke, or None at the end of the Scan."""
        stream = yield Open(server, request)
        if isinstance(stream, ClerkError):
            return stream
        limited = request.limit > 0
        try:
            while True:
                answer = yield Read(stream, server, self._patience(shard, pauses))
                if answer is None or isinstance(answer, ClerkError):
                    return answer
                if not answer.pairs:
                    continue
                pauses.reset()
                request.resume_after = answer.pairs[-1].key
                # An old server shows pairs of other shards too.
                pairs = [pair for pair in answer.pairs if shards.has(shard, pair.key)]
                if limited:
                    pairs = pairs[: request.limit]
                    request.limit -= len(pairs)
                if pairs:
                    yield Part(pairs)
                if limited and request.limit == 0:  # which would mean that there is none
                    return None
        finally:
            stream.cancel()

    def _await_map(self) -> Steps[ShardMap]:
        """Returns the map of the moment. The first calls of a client wait until a server has told of one, and later one
        call at a time has an old one asked for again."""
        pauses = Pauses()
        while not self._map.known:
            server = self._map.server(0)
            error = yield from self._learn(server, self._patience(0, pauses))
            if error:
                yield from self._moved(0, server, error)
                ended = yield from pauses.wait(error)
                if ended:
                    raise ended
        with self._lock:
            old = self._clock() - self._learned >= MAP_AGE and not self._learning
            self._learning = self._learning or old
        if old:
            yield from self._relearn(self._map.server(0))
        return self._map

    def _relearn(self, server: str) -> Steps[None]:
        """Asks for a newer map, and is the only one to do so. If there is no answer, the one there is will do."""
        try:
            yield from self._learn(server, LEARN_PATIENCE)
        finally:
            with self._lock:
                self._learning = False
                self._learned = self._clock()

    def _learn(self, server: str, patience: float | None) -> Steps[ClerkError | None]:
        """Asks a server for the map, and takes it, unless it is an older one. Returns why it got none."""
        topology = yield Call(server, "Topology", raftkv_pb2.TopologyRequest(), patience)
        if isinstance(topology, ClerkError):
            if topology.code() is not grpc.StatusCode.UNIMPLEMENTED:
                return topology
            topology = raftkv_pb2.TopologyResponse()  # a server without the call, as a test's may be, has one shard
        try:
            new = maps.learned(topology, self._named, server)
        except ClerkError as error:
            return error
        with self._lock:
            if not self._map.known:
                self._learned = self._clock()
            self._map = new.instead(self._map)
        return None

    def _attempt(self, shard: int, method: str, request: Message, pauses: Pauses) -> Steps[Any]:
        """Makes one attempt at a call for a shard."""
        server = self._map.server(shard)
        answer = yield Call(server, method, request, self._patience(shard, pauses))
        if isinstance(answer, ClerkError):
            yield from self._moved(shard, server, answer)
        return answer

    def _patience(self, shard: int, pauses: Pauses) -> float | None:
        """Returns how long to wait for the server of a shard: as long as it takes if there is no other one."""
        return pauses.patience if self._map.others(shard) else None

    def _moved(self, shard: int, server: str, error: ClerkError) -> Steps[None]:
        """Takes note of why a server did not answer a call for a shard. One call at a time asks for a newer map, if a
        redirect has told of one; the others go on with the old one."""
        if error.code() is not grpc.StatusCode.UNAVAILABLE:
            return
        redirect = error.redirect
        with self._lock:
            self._map = self._map.left(shard, server, redirect.leader if redirect else "")
            newer = redirect is not None and self._map.known and redirect.map_version > self._map.version
            if not newer or self._learning:
                return
            self._learning = True
        yield from self._relearn(server)
