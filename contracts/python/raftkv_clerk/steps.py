"""The steps of a call, as values: what a client has to do with the network and the clock, decided without either.

A call is a generator that yields steps, and is sent what came of each. The Clerk for threads does them one way, that
for asyncio another, and a test by hand. An error of a step is sent as a value, not raised, so that an exception of
whoever does the steps (an interrupt, a cancelled task) just ends the call.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeVar

import raftkv_pb2
from google.protobuf.message import Message


@dataclass(frozen=True)
class Call:
    """Call a method of a server once. Sent back is the reply, or a ClerkError: a SilentError if that took longer than
    the patience, while the time of the call as a whole is not over."""

    server: str
    method: str
    request: Message
    patience: float | None  # seconds at most; None: as long as it takes


@dataclass(frozen=True)
class Pause:
    """Wait. Sent back is None, or the EndedError of the call if that ends meanwhile."""

    seconds: float


@dataclass(frozen=True)
class Open:
    """Begin a Scan of a server. Sent back is a stream for Read, whose cancel() ends it, or a ClerkError."""

    server: str
    request: raftkv_pb2.ScanRequest


@dataclass(frozen=True)
class Read:
    """Read the stream of a server. Sent back is the next ScanResponse, None at the end, or a ClerkError, as for a
    Call."""

    stream: Any
    server: str
    patience: float | None  # seconds at most; None: as long as it takes


@dataclass(frozen=True)
class Part:
    """What a Scan gives to its caller next. Sent back is None."""

    pairs: list[raftkv_pb2.Pair]


Step = Call | Pause | Open | Read | Part
T = TypeVar("T")
Steps = Generator[Step, Any, T]
