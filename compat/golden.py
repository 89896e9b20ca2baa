#!/usr/bin/env python3
"""Decodes and encodes the messages of a golden file with the committed stubs, and prints what came out.

    python3 golden.py ../contracts/golden/numstore.json

One line of JSON for each message, in the file's order: `fields` as its bytes were decoded, and `hex` as
its fields were encoded; null where there was nothing to be had. Fields are all of them in numstore, which has
plain ones alone; in raftkv those that are there, as protobuf's JSON has them. It judges nothing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "contracts" / "python"))

from google.protobuf.json_format import MessageToDict, ParseDict  # noqa: E402
from google.protobuf.message import DecodeError, Message  # noqa: E402


def messages(file: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every message of the file, with its type."""
    for call in file["calls"]:
        method = file["methods"][call["method"]]
        yield method["request"], call["request"]
        if "reply" in call:
            yield method["reply"], call["reply"]
    for message in file["messages"]:
        yield message["type"], message


def decode(message: Message, data: bytes) -> dict[str, Any] | None:
    try:
        message.ParseFromString(data)
    except DecodeError:
        return None
    if message.DESCRIPTOR.file.package:
        return MessageToDict(message, preserving_proto_field_name=True)
    values = {field.name: getattr(message, field.name) for field in message.DESCRIPTOR.fields}
    return {name: str(value) if type(value) is int else value for name, value in values.items()}


def encode(message: Message, fields: dict[str, Any] | None) -> str | None:
    if fields is None:
        return None
    if message.DESCRIPTOR.file.package:
        return ParseDict(fields, message).SerializeToString(deterministic=True).hex()
    for field in message.DESCRIPTOR.fields:
        value = fields[field.name]
        setattr(message, field.name, int(value) if field.type == field.TYPE_INT64 else value)
    return message.SerializeToString(deterministic=True).hex()


def main() -> None:
    path = Path(sys.argv[1])
    file, stubs = json.loads(path.read_text(encoding="utf-8")), import_module(path.stem + "_pb2")
    for name, golden in messages(file):
        message = getattr(stubs, name.rpartition(".")[2])
        decoded = decode(message(), bytes.fromhex(golden["hex"]))
        print(json.dumps({"fields": decoded, "hex": encode(message(), golden.get("fields"))}))


if __name__ == "__main__":
    main()
