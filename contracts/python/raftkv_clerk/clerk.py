"""The Clerk for threads."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, TypeVar

import contracts_channel
import grpc
import raftkv_pb2
import raftkv_pb2_grpc

from raftkv_clerk.connect import Attempt
from raftkv_clerk.rules import Rules
from raftkv_clerk.status import ClerkError, clerk_closed, deadline_passed
from raftkv_clerk.steps import Call, Open, Part, Pause, Read, Step, Steps

T = TypeVar("T")


class Clerk:
    """Calls one raftkv cluster. Any number of threads may use one Clerk at the same time.

    What it promises is in the comment of the package. A timeout is in seconds; None waits as long as it takes. Errors
    are ClerkErrors; a key that does not exist is none.
    """

    def __init__(
        self,
        servers: Iterable[str],
        *,
        token: str | None = None,
        ca: contracts_channel.PathLike | None = None,
        cert: contracts_channel.PathLike | None = None,
        key: contracts_channel.PathLike | None = None,
    ) -> None:
        """Takes some servers of the cluster, each as "host:port" or "unix:/path/of/a/socket"; one is enough. It does
        not wait for a connection.

        The token goes with each call; without TLS, whoever carries the calls can read it. TLS is used if ca is given, a
        file of the certificates (PEM) that may have signed the servers', or cert and key, the files of the Clerk's own.
        Raises ValueError for what cannot be, and OSError for a file that cannot be read.
        """
        self._rules = Rules(servers)
        self._metadata = contracts_channel.metadata(token)
        self._credentials = contracts_channel.credentials(ca, cert, key)
        self._closed = threading.Event()
        self._lock = threading.Lock()  # guards what follows
        self._links: dict[str, tuple[grpc.Channel, raftkv_pb2_grpc.RaftKVStub]] = {}  # by server

    def get(self, key: bytes, *, timeout: float | None = None) -> raftkv_pb2.GetResponse:
        """Returns the value of a key, with its version. A missing key is no error: found is False."""
        return self._run(self._rules.get(key), timeout)

    def put(
        self,
        key: bytes,
        value: bytes,
        *,
        expected_version: int | None = None,
        return_previous: bool = False,
        timeout: float | None = None,
    ) -> raftkv_pb2.PutResponse:
        """Sets a key to a value, whether or not it existed.

        With an expected version the write is done only if the key has it, 0 meaning that it must not exist; otherwise
        it is refused with FAILED_PRECONDITION, and changes nothing. return_previous has the reply tell what was before.
        """
        return self._run(self._rules.put(key, value, expected_version, return_previous), timeout)

    def append(
        self, key: bytes, value: bytes, *, expected_version: int | None = None, timeout: float | None = None
    ) -> raftkv_pb2.AppendResponse:
        """Puts bytes at the end of the value of a key, and returns the value before. A missing key counts as empty, and
        is made."""
        return self._run(self._rules.append(key, value, expected_version), timeout)

    def delete(
        self,
        key: bytes,
        *,
        expected_version: int | None = None,
        return_previous: bool = False,
        timeout: float | None = None,
    ) -> raftkv_pb2.DeleteResponse:
        """Removes a key. That it does not exist is no error: existed is False."""
        return self._run(self._rules.delete(key, expected_version, return_previous), timeout)

    def batch(
        self, writes: Iterable[raftkv_pb2.Write], *, timeout: float | None = None
    ) -> list[raftkv_pb2.WriteResult]:
        """Does several writes at one moment, all or none, in order, and returns one result for each.

        All keys must belong to one shard, or the batch is refused with INVALID_ARGUMENT before it is sent; keys with
        the same tag, as {cart7}/items and {cart7}/sum, always do. The writes have no request ids of their own.
        """
        return self._run(self._rules.batch(writes), timeout)

    def scan(
        self,
        *,
        prefix: bytes = b"",
        start: bytes = b"",
        end: bytes = b"",
        limit: int = 0,
        keys_only: bool = False,
        resume_after: bytes = b"",
        timeout: float | None = None,
    ) -> Iterator[raftkv_pb2.Pair]:
        """Yields the pairs whose keys begin with a prefix, or lie in a range, in the order of their keys, as they come;
        they may be more than memory holds. Without either, all there are; 0 is no limit.

        Each shard shows one moment of its own. When the stream of one breaks, the Scan goes on after the last key that
        it has got, and what follows of this shard is of a later moment; so it is for who takes longer than a minute
        over a pair. The timeout is for the whole of it. Close the iterator to end it early.
        """
        request = raftkv_pb2.ScanRequest(
            prefix=prefix, start=start, end=end, limit=limit, keys_only=keys_only, resume_after=resume_after
        )
        return self._pairs(self._rules.scan(request), contracts_channel.Deadline(timeout))

    def stat(self, *, timeout: float | None = None) -> raftkv_pb2.StatResponse:
        """Returns counters and the state of a server, that which the first shard is asked of."""
        return self._run(self._rules.stat(), timeout)

    def topology(self, *, timeout: float | None = None) -> raftkv_pb2.TopologyResponse:
        """Returns which shards there are and where."""
        return self._run(self._rules.topology(), timeout)

    def close(self) -> None:
        """Fails the calls in flight, and those that come later, with CANCELLED, and frees the connections."""
        self._closed.set()
        with self._lock:
            links, self._links = self._links, {}
        for channel, _ in links.values():
            channel.close()

    def __enter__(self) -> Clerk:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _run(self, steps: Steps[T], timeout: float | None) -> T:
        """Does the steps of a call, and returns its reply."""
        deadline, answer = contracts_channel.Deadline(timeout), None
        try:
            while True:
                answer = self._do(steps.send(answer), deadline)
        except StopIteration as end:
            reply: T = end.value
            return reply
        finally:
            steps.close()

    def _pairs(self, steps: Steps[None], deadline: contracts_channel.Deadline) -> Iterator[raftkv_pb2.Pair]:
        """Does the steps of a Scan, and yields its pairs."""
        answer = None
        try:
            while True:
                try:
                    step = steps.send(answer)
                except StopIteration:
                    return
                if isinstance(step, Part):
                    yield from step.pairs
                    answer = None
                else:
                    answer = self._do(step, deadline)
        finally:
            steps.close()

    def _do(self, step: Step, deadline: contracts_channel.Deadline) -> Any:
        """Does a step, and returns what came of it."""
        attempt = Attempt(step, deadline)
        try:
            if isinstance(step, Pause):
                return self._pause(step.seconds, deadline)
            if isinstance(step, Call):
                send = getattr(self._stub(step.server), step.method)
                return send(step.request, timeout=attempt.timeout, metadata=self._metadata)
            if isinstance(step, Open):
                stub = self._stub(step.server)
                return stub.Scan(step.request, timeout=attempt.timeout, metadata=self._metadata)
            assert isinstance(step, Read)
            return _next(step.stream, None if step.patience is None else attempt.timeout)
        except ClerkError as error:
            return error
        except grpc.RpcError as error:
            return attempt.failure(error, self._closed.is_set())
        except ValueError:  # of a channel that was closed
            if self._closed.is_set():
                return clerk_closed()
            raise

    def _pause(self, seconds: float, deadline: contracts_channel.Deadline) -> ClerkError | None:
        if self._closed.wait(deadline.left(seconds)):
            return clerk_closed()
        return deadline_passed() if deadline.left() == 0 else None

    def _stub(self, server: str) -> raftkv_pb2_grpc.RaftKVStub:
        """Returns the way to a server, made when it is first needed, and kept until the end."""
        with self._lock:
            if self._closed.is_set():
                raise clerk_closed()
            if server not in self._links:
                target, options = contracts_channel.target(server), contracts_channel.options(server)
                if self._credentials is None:
                    channel = grpc.insecure_channel(target, options)
                else:
                    channel = grpc.secure_channel(target, self._credentials, options)
                self._links[server] = channel, raftkv_pb2_grpc.RaftKVStub(channel)
            return self._links[server][1]


def _next(stream: Any, patience: float | None) -> raftkv_pb2.ScanResponse | None:
    """Returns what a stream has next. When that takes longer than the patience, the stream is cancelled: gRPC has no
    other way to wait for so long and no longer."""
    if patience is None:
        return next(stream, None)
    timer = threading.Timer(patience, stream.cancel)
    timer.daemon = True
    timer.start()
    try:
        return next(stream, None)
    finally:
        timer.cancel()
