#!/usr/bin/env python3
"""Performs calls as perform.py does, through stubs that were generated from some copy of the contract.

    echo '{"call": "SetNum", "key": "A", "value": 1}' | python3 foreign.py 5440 FOLDER NAME

FOLDER holds NAME_pb2.py and NAME_pb2_grpc.py. The copy may name its package, messages and fields as it
likes: the service NumStore and its methods are found by their names, fields by their numbers. The
answers are printed with the names that the contract gives to those numbers.
"""

from __future__ import annotations

import importlib
import json
import sys
from types import ModuleType
from typing import Any

import grpc

TIMEOUT = 30.0  # seconds; only a server that hangs takes as long

# What perform.py calls the fields of requests and replies, by their numbers.
REQUESTS = {"SetNum": {1: "key", 2: "value"}, "Fact": {1: "key"}}
REPLIES = {"SetNum": {1: "total"}, "Fact": {1: "value", 2: "hit", 3: "error"}}


def perform(messages: ModuleType, stub: Any, call: dict[str, Any]) -> dict[str, Any]:
    name = call["call"]
    method = messages.DESCRIPTOR.services_by_name["NumStore"].methods_by_name[name]
    requests, replies = method.input_type.fields_by_number, method.output_type.fields_by_number
    fields = {requests[number].name: call[field] for number, field in REQUESTS[name].items()}
    request = getattr(messages, method.input_type.name)(**fields)
    try:
        reply = getattr(stub, name)(request, timeout=TIMEOUT)
    except grpc.RpcError as error:
        return {"code": error.code().name, "message": error.details()}
    return {field: getattr(reply, replies[number].name) for number, field in REPLIES[name].items()}


def main() -> None:
    port, folder, name = sys.argv[1:]
    sys.path.insert(0, folder)
    messages = importlib.import_module(f"{name}_pb2")
    stubs = importlib.import_module(f"{name}_pb2_grpc")
    with grpc.insecure_channel(f"localhost:{port}") as channel:
        stub = stubs.NumStoreStub(channel)
        for line in sys.stdin:
            print(json.dumps(perform(messages, stub, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
