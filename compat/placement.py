#!/usr/bin/env python3
"""Places the keys of the golden file with the committed Python functions, and prints what came out.

    python3 placement.py ../contracts/golden/placement.json

One line of JSON for each key, in the file's order: `tag` in hexadecimal digits, and for each placement the shard for
each number of shards; null where the key was refused. It judges nothing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "contracts" / "python"))

import raftkv_pb2  # noqa: E402
import raftkv_placement  # noqa: E402


def place(find: Callable[[bytes], int], key: bytes) -> int | None:
    try:
        return find(key)
    except ValueError:
        return None


def main() -> None:
    file = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    placements = {}
    for name in ("hash", "numeric", "ring"):
        number = raftkv_pb2.Placement.Value(f"PLACEMENT_{name.upper()}")
        placements[name] = [raftkv_placement.function(number, shards) for shards in file["shards"]]
    for golden in file["keys"]:
        key = bytes.fromhex(golden["key"])
        shards = {name: [place(find, key) for find in finds] for name, finds in placements.items()}
        print(json.dumps({"tag": raftkv_placement.tag(key).hex(), **shards}))


if __name__ == "__main__":
    main()
