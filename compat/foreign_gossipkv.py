#!/usr/bin/env python3
"""Performs calls on a gossipkv server and prints what came back, with nothing but the stubs made of the contract.

    echo '{"call": "Get", "request": "key: \\"A\\""}' | python3 foreign_gossipkv.py 8000

One call per line on standard input, one answer per line on standard output, both JSON, in order. Requests
and replies are in protobuf's text format. An answer has the `replies`, of which a Dump has any number, or `code` and
`message` of the status. It judges nothing.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "contracts" / "python"))

import gossipkv_pb2  # noqa: E402
import gossipkv_pb2_grpc  # noqa: E402
import grpc  # noqa: E402
from texts import TIMEOUT, answered, refused, request_of  # noqa: E402

ANY_LENGTH = [("grpc.max_receive_message_length", -1)]


def perform(stub: gossipkv_pb2_grpc.GossipKVStub, line: dict[str, Any]) -> dict[str, Any]:
    call = line["call"]
    try:
        result = getattr(stub, call)(request_of(gossipkv_pb2, "GossipKV", line), timeout=TIMEOUT)
        return answered(list(result) if call == "Dump" else [result])
    except grpc.RpcError as error:
        return refused(error)


def main() -> None:
    with grpc.insecure_channel(f"localhost:{sys.argv[1]}", options=ANY_LENGTH) as channel:
        stub = gossipkv_pb2_grpc.GossipKVStub(channel)
        for line in sys.stdin:
            print(json.dumps(perform(stub, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
