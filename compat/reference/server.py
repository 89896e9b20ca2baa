#!/usr/bin/env python3
"""The course's numstore server, in Python: what the Go server is compared with and measured against.

    python3 server.py --port 5440

Written plainly, after the rules of the course: four worker threads, one lock around the map, the total
and the cache, and a cache of ten factorials keyed by number, from which the least recently used goes
first. A factorial is computed without the lock.
"""

from __future__ import annotations

import argparse
import math
import signal
import sys
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "contracts" / "python"))

import grpc  # noqa: E402
import numstore_pb2  # noqa: E402
import numstore_pb2_grpc  # noqa: E402

WORKERS = 4
CACHE_ENTRIES = 10
MAX_FACTORIAL = 20  # 21! does not fit into an int64
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1


class NumStore(numstore_pb2_grpc.NumStoreServicer):
    """The service. The lock guards the three fields below it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[str, int] = {}
        self._total = 0
        self._cache: OrderedDict[int, int] = OrderedDict()  # number -> factorial, least recently used first

    def SetNum(self, request: numstore_pb2.SetNumRequest, context: grpc.ServicerContext) -> numstore_pb2.SetNumResponse:
        with self._lock:
            total = self._total - self._values.get(request.key, 0) + request.value
            fits = INT64_MIN <= total <= INT64_MAX
            if fits:
                self._values[request.key] = request.value
                self._total = total
        if not fits:
            context.abort(grpc.StatusCode.OUT_OF_RANGE, f"the total would be {total}, which is no int64")
        return numstore_pb2.SetNumResponse(total=total)

    def Fact(self, request: numstore_pb2.FactRequest, context: grpc.ServicerContext) -> numstore_pb2.FactResponse:
        with self._lock:
            number = self._values.get(request.key)
            if number is None:
                return numstore_pb2.FactResponse(error=f"no such key: {request.key!r}")
            if not 0 <= number <= MAX_FACTORIAL:
                return numstore_pb2.FactResponse(
                    error=f"the value is {number}; its factorial needs one from 0 to {MAX_FACTORIAL}"
                )
            if number in self._cache:
                self._cache.move_to_end(number)
                return numstore_pb2.FactResponse(value=self._cache[number], hit=True)

        factorial = math.factorial(number)

        with self._lock:
            self._cache[number] = factorial
            self._cache.move_to_end(number)
            if len(self._cache) > CACHE_ENTRIES:
                self._cache.popitem(last=False)
        return numstore_pb2.FactResponse(value=factorial)


def main() -> None:
    parser = argparse.ArgumentParser(description="The reference server of numstore.")
    parser.add_argument("--port", type=int, default=5440, help="0 takes a free port (default %(default)s)")
    options = parser.parse_args()

    # Without this option two servers can share a port, and a stale one answers some of the calls.
    server = grpc.server(ThreadPoolExecutor(max_workers=WORKERS), options=[("grpc.so_reuseport", 0)])
    numstore_pb2_grpc.add_NumStoreServicer_to_server(NumStore(), server)
    port = server.add_insecure_port(f"[::]:{options.port}")
    server.start()
    print(f"reference listening on [::]:{port}", flush=True)

    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: server.stop(grace=5))
    server.wait_for_termination()


if __name__ == "__main__":
    main()
