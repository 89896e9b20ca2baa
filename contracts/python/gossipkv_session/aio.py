"""The client and its sessions for asyncio: the twins of gossipkv_session.Client and Session, with the same promises.

from gossipkv_session import aio

async with aio.Client(["localhost:8000"]) as client:
    session = client.session()
    await session.put(b"color", b"green")
    async for pair in session.dump(prefix=b"c"):
        print(pair.key)
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from types import TracebackType
from typing import Any

import contracts_channel
import gossipkv_pb2
import gossipkv_pb2_grpc
import grpc
import grpc.aio
from contracts_channel import Deadline

from gossipkv_session import rules
from gossipkv_session.rules import Attempts, DependencyNotMetError, Pair, SessionError, Value
from gossipkv_session.seen import Seen, Version


class Client:
    """Connections with servers, which any number of sessions and tasks of one event loop share."""

    def __init__(
        self,
        servers: Iterable[str] = (),
        *,
        token: str | None = None,
        ca: contracts_channel.PathLike | None = None,
        cert: contracts_channel.PathLike | None = None,
        key: contracts_channel.PathLike | None = None,
    ) -> None:
        """Takes what gossipkv_session.Client takes."""
        self.servers = tuple(dict.fromkeys(map(contracts_channel.address, servers)))
        self._metadata = contracts_channel.metadata(token)
        self._credentials = contracts_channel.credentials(ca, cert, key)
        self._closed = False
        self._links: dict[str, tuple[grpc.aio.Channel, Any]] = {}  # by server

    def session(self, seen: Seen | None = None) -> Session:
        """Returns a session that has seen what is given, which it makes grow; None begins anew."""
        return Session(self, Seen() if seen is None else seen)

    async def close(self) -> None:
        """Fails the calls in flight, and those that come later, with CANCELLED, and frees the connections."""
        self._closed = True
        links, self._links = self._links, {}
        for channel, _ in links.values():
            await channel.close()

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def _begin(self, server: str, method: str, request: Any, timeout: float | None) -> Any:
        """Begins a call at a server, and returns it, to be awaited or read."""
        return getattr(self._stub(server), method)(request, timeout=timeout, metadata=self._metadata)

    async def _invoke(self, server: str, method: str, request: Any, timeout: float | None) -> Any:
        with self._errors_of(server, Deadline(timeout)):
            return await self._begin(server, method, request, timeout)

    @contextlib.contextmanager
    def _errors_of(self, server: str, deadline: Deadline) -> Iterator[None]:
        """Makes SessionErrors of what gRPC raises in a call with a deadline."""
        try:
            yield
        except SessionError:
            raise
        except grpc.RpcError as error:
            raise (rules.closed(server) if self._closed else rules.from_rpc(server, error, deadline)) from error
        except (asyncio.CancelledError, grpc.aio.UsageError) as error:
            # Closing a channel cancels its calls, and they say so as if it had been the task.
            task = asyncio.current_task()
            if self._closed and not (task and task.cancelling()):
                raise rules.closed(server) from error
            raise

    def _stub(self, server: str) -> Any:
        """Returns the way to a server, made when it is first needed, and kept until the end."""
        if self._closed:
            raise rules.closed(server)
        if server not in self._links:
            target, options = contracts_channel.target(server), contracts_channel.options(server)
            if self._credentials is None:
                channel = grpc.aio.insecure_channel(target, options)
            else:
                channel = grpc.aio.secure_channel(target, self._credentials, options)
            self._links[server] = channel, gossipkv_pb2_grpc.GossipKVStub(channel)
        return self._links[server][1]


class Session:
    """One user's way through the servers: gossipkv_session.Session, whose methods are to be awaited. A task that is
    cancelled ends its call at once; of a write nobody knows then whether it has happened."""

    def __init__(self, client: Client, seen: Seen) -> None:
        self._client = client
        self._seen = seen
        self._server = client.servers[0] if client.servers else None

    @property
    def seen(self) -> Seen:
        """What the session has seen. str(session.seen) is a text of it."""
        return self._seen

    @property
    def server(self) -> str | None:
        """The server to which calls go."""
        return self._server

    def use(self, server: str) -> None:
        """Has calls that begin from now on go to a server."""
        self._server = contracts_channel.address(server)

    async def put(self, key: bytes, value: bytes, *, anywhere: bool = False, timeout: float | None = None) -> Version:
        """Sets a key to a value, at one server, and returns the version of the write."""
        version: Version = await self._call(rules.Put(self._seen, key, value), anywhere, timeout)
        return version

    async def delete(self, key: bytes, *, anywhere: bool = False, timeout: float | None = None) -> Version:
        """Removes a key, at one server, and returns the version of the deletion."""
        version: Version = await self._call(rules.Delete(self._seen, key), anywhere, timeout)
        return version

    async def get(self, key: bytes, *, anywhere: bool = False, timeout: float | None = None) -> Value:
        """Returns the value of a key, or raises NoValueError or DependencyNotMetError."""
        value: Value = await self._call(rules.Get(self._seen, key), anywhere, timeout)
        return value

    def dump(
        self,
        *,
        prefix: bytes = b"",
        after: bytes = b"",
        limit: int = 0,
        keys_only: bool = False,
        behind: Callable[[DependencyNotMetError], None] | None = None,
        timeout: float | None = None,
    ) -> AsyncIterator[Pair]:
        """Yields the pairs whose keys begin with a prefix in the order of their keys, as gossipkv_session.Session.dump
        does. Use contextlib.aclosing if you may leave it early."""
        server = self._asked()
        dump = rules.Dump(self._seen, server, prefix, after, limit, keys_only)
        return self._dump(server, dump, behind or _raise, timeout)

    async def status(self, *, timeout: float | None = None) -> gossipkv_pb2.StatusResponse:
        """Returns what the session's server knows of itself and of the others."""
        request = gossipkv_pb2.StatusRequest()
        reply: gossipkv_pb2.StatusResponse = await self._client._invoke(self._asked(), "Status", request, timeout)
        return reply

    def _asked(self) -> str:
        if self._server is None:
            raise ValueError("the session has no server to ask; name one with use")
        return self._server

    async def _call(self, call: Any, anywhere: bool, timeout: float | None) -> Any:
        servers = [self._asked(), *(self._client.servers if anywhere else ())]
        attempts = Attempts(list(dict.fromkeys(servers)), timeout)
        for server, part in attempts:
            try:
                return call.take(server, await self._client._invoke(server, call.method, call.request(), part))
            except (SessionError, DependencyNotMetError) as error:
                attempts.failed(error)
        raise AssertionError("the last failure is raised")

    async def _dump(
        self,
        server: str,
        dump: rules.Dump,
        behind: Callable[[DependencyNotMetError], None],
        timeout: float | None,
    ) -> AsyncIterator[Pair]:
        deadline = Deadline(timeout)
        if dump.needs_status():
            status = await self._client._invoke(server, "Status", gossipkv_pb2.StatusRequest(), deadline.left())
            dump.status(status)
        stream = self._client._begin(server, "Dump", dump.request, deadline.left())
        try:
            over = False
            while not over:
                with self._client._errors_of(server, deadline):
                    reply = await stream.read()
                over = reply is grpc.aio.EOF
                for shown in dump.end() if over else dump.part(reply):
                    if isinstance(shown, Pair):
                        yield shown
                    else:
                        behind(shown)
        finally:
            stream.cancel()


def _raise(error: DependencyNotMetError) -> None:
    raise error
