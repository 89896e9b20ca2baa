"""The pairs of several shards in the order of all keys."""

from __future__ import annotations

import heapq
from typing import Any

import raftkv_pb2

from raftkv_clerk.steps import Part, Steps


class _Head:
    """What a shard's Scan gives next. In memory is a part of it."""

    def __init__(self, steps: Steps[None]) -> None:
        self._steps = steps
        self._pairs: list[raftkv_pb2.Pair] = []  # the next one is the last

    def next_key(self) -> bytes | None:
        """The key of the next pair; None before the first part, after the last pair of a part, and at the end."""
        return self._pairs[-1].key if self._pairs else None

    def pop(self) -> raftkv_pb2.Pair:
        return self._pairs.pop()

    def advance(self) -> Steps[None]:
        """Gets the next part, if there is one."""
        sent: Any = None
        while True:
            try:
                step = self._steps.send(sent)
            except StopIteration:
                return
            if isinstance(step, Part):
                self._pairs = step.pairs[::-1]
                return
            sent = yield step

    def close(self) -> None:
        self._steps.close()


def merged(scans: list[Steps[None]], limit: int) -> Steps[None]:
    """Yields the pairs of several Scans, each in the order of its keys, in the order of all keys: so many at most, 0
    for no limit. An error of one ends all."""
    heads = [_Head(scan) for scan in scans]
    try:
        keys: list[tuple[bytes, int]] = []  # of the heads that have a pair, as a heap
        for i, head in enumerate(heads):
            yield from head.advance()
            _push(keys, head.next_key(), i)
        out: list[raftkv_pb2.Pair] = []
        left = limit
        while keys:
            i = heapq.heappop(keys)[1]
            out.append(heads[i].pop())
            left -= 1
            if left == 0:
                break
            if heads[i].next_key() is None:
                yield Part(out)  # what is there before anybody waits
                out = []
                yield from heads[i].advance()
            _push(keys, heads[i].next_key(), i)
        if out:
            yield Part(out)
    finally:
        for head in heads:
            head.close()


def _push(keys: list[tuple[bytes, int]], key: bytes | None, head: int) -> None:
    if key is not None:
        heapq.heappush(keys, (key, head))
