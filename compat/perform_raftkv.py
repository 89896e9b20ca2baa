#!/usr/bin/env python3
"""Performs calls on a raftkv server and prints what came back. It judges nothing.

    echo '{"call": "Get", "request": "key: \\"A\\""}' | python3 perform_raftkv.py 6000 [stub | clerk | asyncio]

One call per line on standard input, one answer per line on standard output, both JSON, in order. Requests
and replies are in protobuf's text format. An answer has the `replies`, of which a stream has any number, or
`code` and `message` of the status. A call may have a `timeout`, in seconds.

The calls are made through the generated stubs, or through one of the two Clerks; then the port may be several,
separated by commas. What is no business of a Clerk's caller still goes through the stubs, to the first port: request
ids, Scans of one shard, and pipelines.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "contracts" / "python"))

import grpc  # noqa: E402
import raftkv_clerk  # noqa: E402
import raftkv_clerk.aio  # noqa: E402
import raftkv_pb2  # noqa: E402
import raftkv_pb2_grpc  # noqa: E402
from google.protobuf.message import Message  # noqa: E402
from texts import TIMEOUT, answered, refused, request_of  # noqa: E402

Send = Callable[[str, Message, float], list[Message]]


def through_stub(stub: raftkv_pb2_grpc.RaftKVStub) -> Send:
    def send(call: str, request: Message, timeout: float) -> list[Message]:
        method = getattr(stub, call)
        if call == "Pipeline":
            return list(method(iter([request]), timeout=timeout))
        if call == "Scan":
            return list(method(request, timeout=timeout))
        return [method(request, timeout=timeout)]

    return send


def arguments(request: Message) -> dict[str, Any]:
    """The fields of a request as the arguments of a Clerk's method, which have the same names."""
    fields = {field.name: getattr(request, field.name) for field in request.DESCRIPTOR.fields}
    for absent in {"expected_version", "request_id", "shard"} & set(fields):
        if not request.HasField(absent):
            del fields[absent]
    return fields


def is_for_the_wire(call: str, request: Message) -> bool:
    """Reports whether a call is one that a Clerk's caller cannot make."""
    own = {"request_id", "shard"} & set(request.DESCRIPTOR.fields_by_name)
    return call == "Pipeline" or any(request.HasField(field) for field in own)


def as_replies(call: str, result: Any) -> list[Message]:
    """What a Clerk's method has returned, as the contract's replies."""
    if call == "Scan":
        return [raftkv_pb2.ScanResponse(pairs=result)]
    if call == "Batch":
        return [raftkv_pb2.BatchResponse(results=result)]
    return [result]


def through_clerk(clerk: raftkv_clerk.Clerk) -> Send:
    def send(call: str, request: Message, timeout: float) -> list[Message]:
        result = getattr(clerk, call.lower())(**arguments(request), timeout=timeout)
        return as_replies(call, list(result) if call == "Scan" else result)

    return send


async def asyncio_replies(clerk: raftkv_clerk.aio.Clerk, call: str, request: Message, timeout: float) -> list[Message]:
    called = getattr(clerk, call.lower())(**arguments(request), timeout=timeout)
    return as_replies(call, [pair async for pair in called] if call == "Scan" else await called)


def through_asyncio(clerk: raftkv_clerk.aio.Clerk, loop: asyncio.AbstractEventLoop) -> Send:
    def send(call: str, request: Message, timeout: float) -> list[Message]:
        return loop.run_until_complete(asyncio_replies(clerk, call, request, timeout))

    return send


def asked(line: dict[str, Any]) -> Message:
    """The request of a line."""
    return request_of(raftkv_pb2, "RaftKV", line)


def perform(wire: Send, client: Send, line: dict[str, Any]) -> dict[str, Any]:
    call, request = line["call"], asked(line)
    send = wire if is_for_the_wire(call, request) else client
    try:
        return answered(send(call, request, line.get("timeout") or TIMEOUT))
    except grpc.RpcError as error:
        return refused(error)


def main() -> None:
    ports = sys.argv[1].split(",")
    kind = sys.argv[2] if len(sys.argv) > 2 else "stub"
    servers = [f"localhost:{port}" for port in ports]
    loop = asyncio.new_event_loop()
    with grpc.insecure_channel(servers[0]) as channel:
        client = wire = through_stub(raftkv_pb2_grpc.RaftKVStub(channel))
        if kind == "clerk":
            client = through_clerk(raftkv_clerk.Clerk(servers))
        elif kind == "asyncio":
            client = through_asyncio(raftkv_clerk.aio.Clerk(servers), loop)
        for line in sys.stdin:
            print(json.dumps(perform(wire, client, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
