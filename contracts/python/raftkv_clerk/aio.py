"""The Clerk for asyncio: the twin of raftkv_clerk.Clerk, with the same promises.

from raftkv_clerk import aio

async with aio.Clerk(["localhost:6000"]) as clerk:
    await clerk.put(b"color", b"green")
    async for pair in clerk.scan(prefix=b"c"):
        print(pair.key)
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from types import TracebackType
from typing import Any, TypeVar

import contracts_channel
import grpc
import grpc.aio
import raftkv_pb2
import raftkv_pb2_grpc

from raftkv_clerk.connect import Attempt
from raftkv_clerk.rules import Rules
from raftkv_clerk.status import ClerkError, clerk_closed, deadline_passed
from raftkv_clerk.steps import Call, Open, Part, Pause, Read, Step, Steps

T = TypeVar("T")


class Clerk:
    """Calls one raftkv cluster. Any number of tasks of one event loop may use one Clerk at the same time.

    Arguments, results and errors are those of raftkv_clerk.Clerk. A task that is cancelled ends its call at once; of a
    write nobody knows then whether it has happened.
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
        """Takes what raftkv_clerk.Clerk takes."""
        self._rules = Rules(servers)
        self._metadata = contracts_channel.metadata(token)
        self._credentials = contracts_channel.credentials(ca, cert, key)
        self._closed = asyncio.Event()
        self._links: dict[str, tuple[grpc.aio.Channel, Any]] = {}  # by server

    async def get(self, key: bytes, *, timeout: float | None = None) -> raftkv_pb2.GetResponse:
        """Returns the value of a key, with its version. A missing key is no error: found is False."""
        return await self._run(self._rules.get(key), timeout)

    async def put(
        self,
        key: bytes,
        value: bytes,
        *,
        expected_version: int | None = None,
        return_previous: bool = False,
        timeout: float | None = None,
    ) -> raftkv_pb2.PutResponse:
        """Sets a key to a value, whether or not it existed, or only if it has the expected version."""
        return await self._run(self._rules.put(key, value, expected_version, return_previous), timeout)

    async def append(
        self, key: bytes, value: bytes, *, expected_version: int | None = None, timeout: float | None = None
    ) -> raftkv_pb2.AppendResponse:
        """Puts bytes at the end of the value of a key, and returns the value before."""
        return await self._run(self._rules.append(key, value, expected_version), timeout)

    async def delete(
        self,
        key: bytes,
        *,
        expected_version: int | None = None,
        return_previous: bool = False,
        timeout: float | None = None,
    ) -> raftkv_pb2.DeleteResponse:
        """Removes a key. That it does not exist is no error: existed is False."""
        return await self._run(self._rules.delete(key, expected_version, return_previous), timeout)

    async def batch(
        self, writes: Iterable[raftkv_pb2.Write], *, timeout: float | None = None
    ) -> list[raftkv_pb2.WriteResult]:
        """Does several writes of one shard at one moment, all or none, in order, and returns one result for each."""
        return await self._run(self._rules.batch(writes), timeout)

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
    ) -> AsyncIterator[raftkv_pb2.Pair]:
        """Yields the pairs of a prefix or a range in the order of their keys, as they come. Use contextlib.aclosing if
        you may leave it early."""
        request = raftkv_pb2.ScanRequest(
            prefix=prefix, start=start, end=end, limit=limit, keys_only=keys_only, resume_after=resume_after
        )
        return self._pairs(self._rules.scan(request), contracts_channel.Deadline(timeout))

    async def stat(self, *, timeout: float | None = None) -> raftkv_pb2.StatResponse:
        """Returns counters and the state of a server, that which the first shard is asked of."""
        return await self._run(self._rules.stat(), timeout)

    async def topology(self, *, timeout: float | None = None) -> raftkv_pb2.TopologyResponse:
        """Returns which shards there are and where."""
        return await self._run(self._rules.topology(), timeout)

    async def close(self) -> None:
        """Fails the calls in flight, and those that come later, with CANCELLED, and frees the connections."""
        self._closed.set()
        links, self._links = self._links, {}
        for channel, _ in links.values():
            await channel.close()

    async def __aenter__(self) -> Clerk:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def _run(self, steps: Steps[T], timeout: float | None) -> T:
        """Does the steps of a call, and returns its reply."""
        deadline, answer = contracts_channel.Deadline(timeout), None
        try:
            while True:
                try:
                    step = steps.send(answer)
                except StopIteration as end:
                    reply: T = end.value
                    return reply
                answer = await self._do(step, deadline)
        finally:
            steps.close()

    async def _pairs(self, steps: Steps[None], deadline: contracts_channel.Deadline) -> AsyncIterator[raftkv_pb2.Pair]:
        """Does the steps of a Scan, and yields its pairs."""
        answer = None
        try:
            while True:
                try:
                    step = steps.send(answer)
                except StopIteration:
                    return
                if isinstance(step, Part):
                    for pair in step.pairs:
                        yield pair
                    answer = None
                else:
                    answer = await self._do(step, deadline)
        finally:
            steps.close()

    async def _do(self, step: Step, deadline: contracts_channel.Deadline) -> Any:
        """Does a step, and returns what came of it."""
        attempt = Attempt(step, deadline)
        if isinstance(step, Pause):
            return await self._pause(step.seconds, deadline)
        try:
            if isinstance(step, Call):
                send = getattr(self._stub(step.server), step.method)
                return await send(step.request, timeout=attempt.timeout, metadata=self._metadata)
            if isinstance(step, Open):
                stub = self._stub(step.server)
                return stub.Scan(step.request, timeout=attempt.timeout, metadata=self._metadata)
            assert isinstance(step, Read)
            response = await asyncio.wait_for(step.stream.read(), attempt.timeout)
            return None if response is grpc.aio.EOF else response
        except TimeoutError:
            return attempt.late
        except ClerkError as error:
            return error
        except grpc.RpcError as error:
            return attempt.failure(error, self._closed.is_set())
        except (asyncio.CancelledError, grpc.aio.UsageError):
            # Closing a channel cancels its calls, and they say so as if it had been the task.
            task = asyncio.current_task()
            if self._closed.is_set() and not (task and task.cancelling()):
                return clerk_closed()
            raise

    async def _pause(self, seconds: float, deadline: contracts_channel.Deadline) -> ClerkError | None:
        try:
            await asyncio.wait_for(self._closed.wait(), deadline.left(seconds))
            return clerk_closed()
        except TimeoutError:
            return deadline_passed() if deadline.left() == 0 else None

    def _stub(self, server: str) -> Any:
        """Returns the way to a server, made when it is first needed, and kept until the end."""
        if self._closed.is_set():
            raise clerk_closed()
        if server not in self._links:
            target, options = contracts_channel.target(server), contracts_channel.options(server)
            if self._credentials is None:
                channel = grpc.aio.insecure_channel(target, options)
            else:
                channel = grpc.aio.secure_channel(target, self._credentials, options)
            self._links[server] = channel, raftkv_pb2_grpc.RaftKVStub(channel)
        return self._links[server][1]
