#!/usr/bin/env python3
"""Performs calls on a numstore server and prints what came back. It judges nothing.

    echo '{"call": "SetNum", "key": "A", "value": 1}' | python3 perform.py 5440

One call per line on standard input, one answer per line on standard output, both JSON, in order. An
answer has every field of the reply, or `code` and `message` of the status.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "contracts" / "python"))

import grpc  # noqa: E402
import numstore_pb2  # noqa: E402
import numstore_pb2_grpc  # noqa: E402

TIMEOUT = 30.0  # seconds; only a server that hangs takes as long


def perform(stub: numstore_pb2_grpc.NumStoreStub, call: dict[str, Any]) -> dict[str, Any]:
    try:
        if call["call"] == "SetNum":
            set_num = numstore_pb2.SetNumRequest(key=call["key"], value=call["value"])
            return {"total": stub.SetNum(set_num, timeout=TIMEOUT).total}
        fact = stub.Fact(numstore_pb2.FactRequest(key=call["key"]), timeout=TIMEOUT)
        return {"value": fact.value, "hit": fact.hit, "error": fact.error}
    except grpc.RpcError as error:
        return {"code": error.code().name, "message": error.details()}


def main() -> None:
    with grpc.insecure_channel(f"localhost:{sys.argv[1]}") as channel:
        stub = numstore_pb2_grpc.NumStoreStub(channel)
        for line in sys.stdin:
            print(json.dumps(perform(stub, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
