"""Requests and replies in protobuf's text format, as programs read and print them that perform calls of a contract."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import grpc
from google.protobuf import text_format
from google.protobuf.message import Message

TIMEOUT = 30.0  # seconds; only a server that hangs takes as long


def request_of(contract: ModuleType, service: str, line: dict[str, Any]) -> Message:
    method = contract.DESCRIPTOR.services_by_name[service].methods_by_name[line["call"]]
    request: Message = text_format.Parse(line["request"], getattr(contract, method.input_type.name)())
    return request


def answered(replies: list[Message]) -> dict[str, Any]:
    return {"replies": [text_format.MessageToString(reply, as_one_line=True) for reply in replies]}


def refused(error: grpc.RpcError) -> dict[str, Any]:
    return {"code": error.code().name, "message": error.details()}
