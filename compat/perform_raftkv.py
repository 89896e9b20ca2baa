#!/usr/bin/env python3
"""Performs calls on a raftkv server and prints what came back. It judges nothing.

    echo '{"call": "Get", "request": "key: \\"A\\""}' | python3 perform_raftkv.py 6000

One call per line on standard input, one answer per line on standard output, both JSON, in order. Requests
and replies are in protobuf's text format. An answer has the `replies`, of which a stream has any number, or
`code` and `message` of the status.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "contracts" / "python"))

import grpc  # noqa: E402
import raftkv_pb2  # noqa: E402
import raftkv_pb2_grpc  # noqa: E402
from google.protobuf import text_format  # noqa: E402

TIMEOUT = 30.0  # seconds; only a server that hangs takes as long


def perform(stub: raftkv_pb2_grpc.RaftKVStub, call: dict[str, Any]) -> dict[str, Any]:
    method = raftkv_pb2.DESCRIPTOR.services_by_name["RaftKV"].methods_by_name[call["call"]]
    request = text_format.Parse(call["request"], getattr(raftkv_pb2, method.input_type.name)())
    send = getattr(stub, call["call"])
    try:
        if call["call"] == "Pipeline":
            replies = list(send(iter([request]), timeout=TIMEOUT))
        elif call["call"] == "Scan":
            replies = list(send(request, timeout=TIMEOUT))
        else:
            replies = [send(request, timeout=TIMEOUT)]
    except grpc.RpcError as error:
        return {"code": error.code().name, "message": error.details()}
    return {"replies": [text_format.MessageToString(reply, as_one_line=True) for reply in replies]}


def main() -> None:
    with grpc.insecure_channel(f"localhost:{sys.argv[1]}") as channel:
        stub = raftkv_pb2_grpc.RaftKVStub(channel)
        for line in sys.stdin:
            print(json.dumps(perform(stub, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
