"""What the status of a raftkv call says to a client: may the call have happened, and may another attempt help?

The codes are those of the table in raftkv.proto, which is the reference; contracts/CLIENTS.md says what follows from
each.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import grpc
import raftkv_pb2
from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError


class ClerkError(grpc.RpcError):
    """A call that did not do what it should. Its code is one of the contract's table; a key that does not exist is no
    error."""

    def __init__(self, code: grpc.StatusCode, message: str, redirect: raftkv_pb2.Redirect | None = None) -> None:
        super().__init__(message)
        self._code = code
        self._message = message
        self.redirect = redirect  # where the server sends the call instead, if it does
        # Of a write: whether it may have happened all the same. False is certain; a read changes nothing in any case.
        self.may_have_happened = False

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        """The message of the status: a sentence for people."""
        return self._message

    def __str__(self) -> str:
        return f"{self._code.name}: {self._message}"


class EndedError(ClerkError):
    """The call has ended without an answer, for its time is over or for the Clerk was closed."""


class SilentError(ClerkError):
    """A server did not answer for as long as anybody waits for one when there is another."""


def silent(server: str, seconds: float) -> SilentError:
    message = f"the server {server} did not answer for {seconds:.3g} seconds"
    return SilentError(grpc.StatusCode.UNAVAILABLE, message)


def deadline_passed() -> EndedError:
    return EndedError(grpc.StatusCode.DEADLINE_EXCEEDED, "the deadline passed before there was an answer")


def clerk_closed() -> EndedError:
    return EndedError(grpc.StatusCode.CANCELLED, "the Clerk was closed")


@dataclass(frozen=True)
class Meaning:
    """What a code says of the attempt that got it."""

    perhaps: bool  # a write that was sent may have happened
    again: bool = False  # another attempt, after a pause, may be answered
    outcome: bool = False  # it is the outcome of a write, which the server remembers with the request id


_CODES = {
    grpc.StatusCode.OK: Meaning(perhaps=False, outcome=True),
    grpc.StatusCode.INVALID_ARGUMENT: Meaning(perhaps=False),
    grpc.StatusCode.FAILED_PRECONDITION: Meaning(perhaps=False, outcome=True),
    grpc.StatusCode.OUT_OF_RANGE: Meaning(perhaps=False, outcome=True),
    grpc.StatusCode.ABORTED: Meaning(perhaps=False),
    grpc.StatusCode.NOT_FOUND: Meaning(perhaps=False),
    grpc.StatusCode.RESOURCE_EXHAUSTED: Meaning(perhaps=False, again=True),
    grpc.StatusCode.UNAVAILABLE: Meaning(perhaps=True, again=True),
    grpc.StatusCode.DEADLINE_EXCEEDED: Meaning(perhaps=True),
    grpc.StatusCode.CANCELLED: Meaning(perhaps=True),
    grpc.StatusCode.DATA_LOSS: Meaning(perhaps=True),
    grpc.StatusCode.PERMISSION_DENIED: Meaning(perhaps=False),
    grpc.StatusCode.UNAUTHENTICATED: Meaning(perhaps=False),
    grpc.StatusCode.INTERNAL: Meaning(perhaps=True),
    grpc.StatusCode.UNIMPLEMENTED: Meaning(perhaps=False),
}


def meaning(error: ClerkError) -> Meaning:
    """Returns what an error says of the attempt that got it. Of a code that is not in the table nothing is known, so
    that a write may have happened."""
    code, message = error.code(), error.details()
    if code is grpc.StatusCode.UNAVAILABLE and error.redirect is not None:
        return Meaning(perhaps=False, again=True)  # the server has sent the call elsewhere, and not executed it
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED and "message larger than max" in message.lower():
        # Nothing but its text tells a message that somebody does not take for its length from a server that is busy.
        # Patience does not change it. If it was the answer, which a Clerk takes at any length, the call has happened.
        return Meaning(perhaps=False)
    return _CODES.get(code, Meaning(perhaps=True))


def from_rpc(error: Any) -> ClerkError:
    """Returns the error of a call as gRPC for Python raises it."""
    redirect = None
    trailers: Iterable[tuple[str, Any]] = error.trailing_metadata() or ()
    for key, value in trailers:
        if key == "grpc-status-details-bin":
            redirect = _redirect(value)
    return ClerkError(error.code(), error.details() or "", redirect)


def _redirect(details: bytes) -> raftkv_pb2.Redirect | None:
    try:
        status = _Status.FromString(details)
    except DecodeError:
        return None  # it is not from a server of raftkv
    for detail in status.details:
        redirect = raftkv_pb2.Redirect()
        if detail.Is(redirect.DESCRIPTOR) and detail.Unpack(redirect):
            return redirect
    return None


def _status_message() -> Any:
    """Makes what is needed of google.rpc.Status, in which gRPC wraps the details of an error: its third field. So
    nobody has to install grpcio-status, whose versions go with one of protobuf's each."""
    file = descriptor_pb2.FileDescriptorProto(
        name="raftkv_status.proto", package="raftkv.v1.status", syntax="proto3", dependency=[any_pb2.DESCRIPTOR.name]
    )
    file.message_type.add(name="Status").field.add(
        name="details",
        number=3,
        label=descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED,
        type=descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE,
        type_name=".google.protobuf.Any",
    )
    pool = descriptor_pool.Default()
    pool.AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("raftkv.v1.status.Status"))


_Status = _status_message()
