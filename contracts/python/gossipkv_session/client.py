"""The client and its sessions for threads."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Any

import contracts_channel
import gossipkv_pb2
import gossipkv_pb2_grpc
import grpc
from contracts_channel import Deadline

from gossipkv_session import rules
from gossipkv_session.rules import Attempts, DependencyNotMetError, Pair, SessionError, Value
from gossipkv_session.seen import Seen, Version


class Client:
    """Connections with servers, which any number of sessions and threads share."""

    def __init__(
        self,
        servers: Iterable[str] = (),
        *,
        token: str | None = None,
        ca: contracts_channel.PathLike | None = None,
        cert: contracts_channel.PathLike | None = None,
        key: contracts_channel.PathLike | None = None,
    ) -> None:
        """Takes servers of one system, each as "host:port" or "unix:/path/of/a/socket". Sessions ask the first, until
        they are told with use. It does not wait for a connection.

        The token goes with each call; without TLS, whoever carries the calls can read it. TLS is used if ca is given, a
        file of the certificates (PEM) that may have signed the servers', or cert and key, the files of the client's
        own. Raises ValueError for what cannot be, and OSError for a file that cannot be read.
        """
        self.servers = tuple(dict.fromkeys(map(contracts_channel.address, servers)))
        self._metadata = contracts_channel.metadata(token)
        self._credentials = contracts_channel.credentials(ca, cert, key)
        self._closed = False
        self._lock = threading.Lock()  # guards what follows
        self._links: dict[str, tuple[grpc.Channel, gossipkv_pb2_grpc.GossipKVStub]] = {}  # by server

    def session(self, seen: Seen | None = None) -> Session:
        """Returns a session that has seen what is given, which it makes grow; None begins anew."""
        return Session(self, Seen() if seen is None else seen)

    def close(self) -> None:
        """Fails the calls in flight, and those that come later, with CANCELLED, and frees the connections."""
        with self._lock:
            self._closed = True
            links, self._links = self._links, {}
        for channel, _ in links.values():
            channel.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _invoke(self, server: str, method: str, request: Any, timeout: float | None) -> Any:
        """Makes a call at a server, and returns its reply, or its stream. Raises SessionError."""
        with self._errors_of(server, Deadline(timeout)):
            return getattr(self._stub(server), method)(request, timeout=timeout, metadata=self._metadata)

    @contextlib.contextmanager
    def _errors_of(self, server: str, deadline: Deadline) -> Iterator[None]:
        """Makes SessionErrors of what gRPC raises in a call with a deadline."""
        try:
            yield
        except SessionError:
            raise
        except grpc.RpcError as error:
            raise (rules.closed(server) if self._closed else rules.from_rpc(server, error, deadline)) from error
        except ValueError as error:  # of a channel that was closed
            if self._closed:
                raise rules.closed(server) from error
            raise

    def _stub(self, server: str) -> gossipkv_pb2_grpc.GossipKVStub:
        """Returns the way to a server, made when it is first needed, and kept until the end."""
        with self._lock:
            if self._closed:
                raise rules.closed(server)
            if server not in self._links:
                target, options = contracts_channel.target(server), contracts_channel.options(server)
                if self._credentials is None:
                    channel = grpc.insecure_channel(target, options)
                else:
                    channel = grpc.secure_channel(target, self._credentials, options)
                self._links[server] = channel, gossipkv_pb2_grpc.GossipKVStub(channel)
            return self._links[server][1]


class Session:
    """One user's way through the servers. It knows what it has seen, and has servers tell it of nothing older. Any
    number of threads may use it; calls that are in flight together are in no order.

    A timeout is in seconds; None waits as long as it takes. With anywhere=True, a call that the session's server cannot
    do goes on to the client's other servers, each once, with an equal part of what is left of the time. Errors of
    servers are SessionErrors; what they were asked in vain before is in the notes of the last one.
    """

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
        """Has calls that begin from now on go to a server: one of the client's, or another one of the same system."""
        self._server = contracts_channel.address(server)

    def put(self, key: bytes, value: bytes, *, anywhere: bool = False, timeout: float | None = None) -> Version:
        """Sets a key to a value, at one server, and returns the version of the write.

        After an error whose may_have_happened is True the session has learnt nothing, and the value may turn up later.
        If the session writes the key again before it has read that value, either may win.
        """
        version: Version = self._call(rules.Put(self._seen, key, value), anywhere, timeout)
        return version

    def delete(self, key: bytes, *, anywhere: bool = False, timeout: float | None = None) -> Version:
        """Removes a key, at one server, and returns the version of the deletion. That it does not exist is no error.
        All that is said of put holds."""
        version: Version = self._call(rules.Delete(self._seen, key), anywhere, timeout)
        return version

    def get(self, key: bytes, *, anywhere: bool = False, timeout: float | None = None) -> Value:
        """Returns the value of a key: what the session has seen of it, or something newer. Raises NoValueError, or
        DependencyNotMetError when the server does not have yet what the session has seen."""
        value: Value = self._call(rules.Get(self._seen, key), anywhere, timeout)
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
    ) -> Iterator[Pair]:
        """Yields the pairs whose keys begin with a prefix, in the order of their keys, as the server had them at one
        moment; they may be more than memory holds. 0 is no limit.

        For a key of which the server does not have yet what the session has seen, behind is called, in its place;
        without it, DependencyNotMetError is raised. To know what was deleted the dump asks for the server's Status
        first: so the session's address must be that of one server. Close the iterator to end it early.
        """
        server = self._asked()
        dump = rules.Dump(self._seen, server, prefix, after, limit, keys_only)
        return self._dump(server, dump, behind or _raise, timeout)

    def status(self, *, timeout: float | None = None) -> gossipkv_pb2.StatusResponse:
        """Returns what the session's server knows of itself and of the others."""
        request = gossipkv_pb2.StatusRequest()
        reply: gossipkv_pb2.StatusResponse = self._client._invoke(self._asked(), "Status", request, timeout)
        return reply

    def _asked(self) -> str:
        if self._server is None:
            raise ValueError("the session has no server to ask; name one with use")
        return self._server

    def _call(self, call: Any, anywhere: bool, timeout: float | None) -> Any:
        servers = [self._asked(), *(self._client.servers if anywhere else ())]
        attempts = Attempts(list(dict.fromkeys(servers)), timeout)
        for server, part in attempts:
            try:
                return call.take(server, self._client._invoke(server, call.method, call.request(), part))
            except (SessionError, DependencyNotMetError) as error:
                attempts.failed(error)
        raise AssertionError("the last failure is raised")

    def _dump(
        self,
        server: str,
        dump: rules.Dump,
        behind: Callable[[DependencyNotMetError], None],
        timeout: float | None,
    ) -> Iterator[Pair]:
        deadline = Deadline(timeout)
        if dump.needs_status():
            dump.status(self._client._invoke(server, "Status", gossipkv_pb2.StatusRequest(), deadline.left()))
        stream = self._client._invoke(server, "Dump", dump.request, deadline.left())
        try:
            for shown in self._parts(server, stream, dump, deadline):
                if isinstance(shown, Pair):
                    yield shown
                else:
                    behind(shown)
        finally:
            stream.cancel()

    def _parts(
        self, server: str, stream: Any, dump: rules.Dump, deadline: Deadline
    ) -> Iterator[Pair | DependencyNotMetError]:
        while True:
            with self._client._errors_of(server, deadline):
                reply = next(stream, None)
            if reply is None:
                yield from dump.end()
                return
            yield from dump.part(reply)


def _raise(error: DependencyNotMetError) -> None:
    raise error
