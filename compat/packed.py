#!/usr/bin/env python3
"""Writes and reads on a raftkv server with messages that are packed with gzip, and prints what came back.

    python3 packed.py 6000

It prints a line in JSON: the length of the value that it read, once by a call and once on a pipeline, and the
code that a value got which is too long.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "contracts" / "python"))

import grpc  # noqa: E402
import raftkv_pb2  # noqa: E402
import raftkv_pb2_grpc  # noqa: E402

TIMEOUT = 30.0  # seconds; only a server that hangs takes as long
LENGTH = 3_000_000  # bytes; packed it is a thousand times shorter


def main() -> None:
    with grpc.insecure_channel(f"localhost:{sys.argv[1]}", compression=grpc.Compression.Gzip) as channel:
        stub = raftkv_pb2_grpc.RaftKVStub(channel)
        stub.Put(raftkv_pb2.PutRequest(key=b"packed", value=b"x" * LENGTH), timeout=TIMEOUT)
        get = raftkv_pb2.GetRequest(key=b"packed")
        called = stub.Get(get, timeout=TIMEOUT)
        operation = raftkv_pb2.Operation(tag=1, get=get)
        request = raftkv_pb2.PipelineRequest(operations=[operation])
        piped = next(iter(stub.Pipeline(iter([request]), timeout=TIMEOUT)))
        try:
            stub.Put(raftkv_pb2.PutRequest(key=b"bomb", value=b"x" * (64 << 20)), timeout=TIMEOUT)
            code = "OK"
        except grpc.RpcError as error:
            code = error.code().name
        lengths = [len(called.value), len(piped.answers[0].get.value)]
        print(json.dumps({"lengths": lengths, "code": code}))


if __name__ == "__main__":
    main()
