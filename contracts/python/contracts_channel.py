"""How clients connect with servers: what those of all contracts have in common, for threads and for asyncio. It is no
part of what is promised to others."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any

import grpc

PathLike = str | os.PathLike[str]

OPTIONS: list[tuple[str, Any]] = [
    # A dead server is noticed within a minute, however long the call; servers take no more than a ping in ten seconds.
    # gRPC's core would stop after two pings in which nothing else was sent, and a call may wait for longer.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.max_pings_without_data", 0),
    # One that is away is tried again every second, each time for three seconds; then it is another server's turn.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.min_reconnect_backoff_ms", 3_000),
    # How long messages may be is the server's business: the answer to a write tells that it happened.
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
]

_HERE = re.compile(r"(localhost|127\.[0-9.]+|\[::1\]|):[0-9]+")
_HOST_PORT = re.compile(r"(\[[0-9A-Za-z.:%_-]+\]|[0-9A-Za-z.%_-]*):([0-9]{1,9})")


def address(text: str) -> str:
    """Returns the one spelling of a server's address, which is "host:port", or "unix:/path/of/a/socket", or a target of
    gRPC's with its scheme ("dns:///name:port"). The host may be missing, which is this machine. gRPC takes almost any
    text, and a typing mistake would show as a server that is away: ValueError says at once what cannot be an address.
    """
    text = text.strip()
    if text.startswith("dns://") or (text.startswith("unix:/") and not text.endswith("/")):
        return text
    found = _HOST_PORT.fullmatch(text)
    if not found or not 1 <= int(found.group(2)) <= 65535:
        raise ValueError(
            f"{text!r} is no address of a server; it must be host:port, with a port from 1 to 65535, "
            "or unix:/path/of/a/socket"
        )
    return f"{found.group(1)}:{int(found.group(2))}"


def target(server: str) -> str:
    """Returns what gRPC calls a server."""
    return "localhost" + server if server.startswith(":") else server


def options(server: str) -> list[tuple[str, Any]]:
    """Returns the settings of the connection with a server. gRPC's core would reach even one of this machine through
    the proxy of the environment (http_proxy), which is no way to it."""
    return [*OPTIONS, ("grpc.enable_http_proxy", 0)] if _HERE.fullmatch(server) else OPTIONS


def metadata(token: str | None) -> tuple[tuple[str, str], ...]:
    """Returns what goes with each call. Raises ValueError, which does not repeat the token, for what is none."""
    if token is None:
        return ()
    token = token.rstrip("\r\n")  # a file ends with a line feed, which is no part of the token
    if not re.fullmatch(r"[!-~](?:[ -~]{0,4094}[!-~])?", token):
        raise ValueError("the token must be 1 to 4096 printable characters of ASCII, with no blank at its ends")
    return (("authorization", f"Bearer {token}"),)


def credentials(ca: PathLike | None, cert: PathLike | None, key: PathLike | None) -> grpc.ChannelCredentials | None:
    """Returns the credentials of TLS from files of PEM, or None without any of them."""
    if (cert is None) != (key is None):
        raise ValueError("cert and key belong together: give the files of both, or of none")
    if ca is None and cert is None:
        return None
    return grpc.ssl_channel_credentials(*(Path(name).read_bytes() if name else None for name in (ca, key, cert)))


class Deadline:
    """When a call ends, whatever happens."""

    def __init__(self, timeout: float | None) -> None:
        self._began = time.monotonic()
        self._timeout = timeout

    def left(self, most: float | None = None) -> float | None:
        """Returns how many seconds are left, and of those so many at most; None if there is no end."""
        if self._timeout is None:
            return most
        left = max(0.0, self._began + self._timeout - time.monotonic())
        return left if most is None else min(left, most)

    def is_late(self, code: grpc.StatusCode) -> bool:
        """Reports whether the code of a call that had this deadline says that it has passed. A server may be a little
        earlier to notice, and then takes the stream away, which gRPC's core calls CANCELLED."""
        if self._timeout is None:
            return False
        if code is grpc.StatusCode.CANCELLED:
            return time.monotonic() - self._began >= 0.9 * self._timeout
        return code is grpc.StatusCode.DEADLINE_EXCEEDED
