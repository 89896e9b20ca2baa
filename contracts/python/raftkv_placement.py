"""Which shard of a raftkv cluster a key belongs to.

    find = raftkv_placement.function(topology.placement, len(topology.shards))
    shard = find(b"user:{17}")

The words are those of enum Placement in raftkv.proto, which is the reference; contracts/golden/placement.json has
examples. Nothing here depends on the generated stubs, or on anything but Python's standard library.
"""

from __future__ import annotations

import bisect
import hashlib
import re
import zlib
from collections.abc import Callable

# The placements, with the numbers that they have in raftkv_pb2.Placement.
HASH = 1
NUMERIC = 2
RING = 3

MAX_SHARDS = 4096
POINTS_PER_SHARD = 256

_TAG = re.compile(rb"[^{]*\{([^}]+)\}")
_INTEGER = re.compile(rb"([+-]?)([0-9]+)")


def tag(key: bytes) -> bytes:
    """Returns the bytes of a key that decide on its shard: those between the first { and the first } after it, if there
    are any; otherwise the whole key."""
    found = _TAG.match(key)
    return found.group(1) if found else key


def function(placement: int, shards: int) -> Callable[[bytes], int]:
    """Returns the function that tells the shard of a key, from 0 to the number of shards less one.

    Raises ValueError if the placement is none of the above, or the number of shards none from 1 to MAX_SHARDS. The
    function raises it as well, with NUMERIC alone: for a key that is no decimal integer, which servers refuse. Keep the
    function: making that of a RING of N shards takes some N/2 milliseconds.
    """
    if not 1 <= shards <= MAX_SHARDS:
        raise ValueError(f"a cluster cannot have {shards} shards; the number must be from 1 to {MAX_SHARDS}")
    if placement not in (HASH, NUMERIC, RING):
        raise ValueError(
            f"the placement of keys number {placement} is unknown to this program, which knows HASH ({HASH}), "
            f"NUMERIC ({NUMERIC}) and RING ({RING}); use a version as new as the cluster's"
        )
    if shards == 1:
        return lambda key: 0
    if placement == HASH:
        return lambda key: zlib.crc32(tag(key)) % shards
    if placement == NUMERIC:
        return lambda key: _numeric(key, shards)
    return _ring(shards)


def _numeric(key: bytes, shards: int) -> int:
    found = _INTEGER.fullmatch(tag(key))
    if not found:
        cut = f" (the beginning of {len(key)} bytes)" if len(key) > 40 else ""
        raise ValueError(
            f"the key {key[:40]!r}{cut} has no shard: with the placement numeric, a key, or what is between its "
            "{ and }, must be a decimal integer, as in 17, -4 or user:{17}"
        )
    sign, digits = found.groups()
    remainder = 0
    for digit in digits:  # int() refuses some thousands of digits
        remainder = (10 * remainder + digit - ord("0")) % shards
    return -remainder % shards if sign == b"-" else remainder


def _ring(shards: int) -> Callable[[bytes], int]:
    # Of the points at one position the lowest shard's comes first, and it is the one that is found.
    points = sorted(
        (_position(b"shard-%d/point-%d" % (shard, point)), shard)
        for shard in range(shards)
        for point in range(POINTS_PER_SHARD)
    )
    positions = [position for position, _ in points]

    def find(key: bytes) -> int:
        above = bisect.bisect_left(positions, _position(tag(key)))
        return points[above % len(points)][1]

    return find


def _position(name: bytes) -> int:
    return int.from_bytes(hashlib.sha256(name).digest()[:4], "big")
