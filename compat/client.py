#!/usr/bin/env python3
"""The course's client of numstore: drives a server and prints what it saw.

    python3 client.py 54321

Eight threads send a hundred requests each: an even choice between SetNum and Fact, a key at random
from a hundred, and for SetNum a value from 1 to 15. The figures carry the labels of the Go client
(tools/loadgen), so that the two can be compared line by line.

Exit status: 0 when every request was answered, 1 when some failed, 2 when there was nothing to drive.
"""

from __future__ import annotations

import argparse
import math
import random
import socket
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

# The stubs are committed beside the contract; an installed package of the same name would do as well.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "contracts" / "python"))

try:
    import grpc
    import numstore_pb2
    import numstore_pb2_grpc
except ModuleNotFoundError as missing:
    sys.exit(f"client.py needs the module {missing.name}: python3 -m pip install -r requirements.txt")

CONNECT_TIMEOUT = 0.5  # seconds
REQUEST_TIMEOUT = 10.0  # seconds


class Unusable(Exception):
    """There is no server to drive; says why, in one line."""


@dataclass
class Tally:
    """What one thread, or all of them together, saw."""

    set_nums: int = 0
    facts: int = 0
    hits: int = 0
    missing: int = 0
    errors: Counter[str] = field(default_factory=Counter)  # by the name of the status code
    examples: dict[str, str] = field(default_factory=dict)  # the message of one error of each code
    times: list[float] = field(default_factory=list)  # seconds, of answered requests

    def add(self, other: Tally) -> None:
        self.set_nums += other.set_nums
        self.facts += other.facts
        self.hits += other.hits
        self.missing += other.missing
        self.errors += other.errors
        self.examples.update(other.examples)
        self.times += other.times

    @property
    def failed(self) -> int:
        return sum(self.errors.values())

    @property
    def requests(self) -> int:
        return self.set_nums + self.facts + self.failed


def drive(stub: numstore_pb2_grpc.NumStoreStub, requests: int, keys: int, rng: random.Random) -> Tally:
    """Sends the requests of one thread, one after the other."""
    tally = Tally()
    for _ in range(requests):
        key = f"key{rng.randrange(keys)}"
        is_set_num = rng.random() < 0.5
        start = time.perf_counter()
        try:
            if is_set_num:
                stub.SetNum(numstore_pb2.SetNumRequest(key=key, value=rng.randint(1, 15)), timeout=REQUEST_TIMEOUT)
            else:
                reply = stub.Fact(numstore_pb2.FactRequest(key=key), timeout=REQUEST_TIMEOUT)
        except grpc.RpcError as error:
            tally.errors[error.code().name] += 1
            tally.examples[error.code().name] = error.details() or ""
            continue
        tally.times.append(time.perf_counter() - start)
        if is_set_num:
            tally.set_nums += 1
            continue
        tally.facts += 1
        tally.hits += reply.hit
        tally.missing += bool(reply.error)  # values are 1 to 15, so that nothing else can be wrong
    return tally


def percentile(ordered: list[float], percent: float) -> float:
    """The smallest value that is not below `percent` per cent of them (nearest rank)."""
    if not ordered:
        return 0.0
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def ratio(part: int, whole: int) -> str:
    return f"{100 * part / max(whole, 1):.1f} %"


def report(tally: Tally, seconds: float) -> list[tuple[str, str]]:
    """The figures, each with its label."""
    ordered = sorted(tally.times)
    return [
        ("requests", f"{tally.requests}"),
        ("SetNum", f"{tally.set_nums} answered"),
        ("Fact", f"{tally.facts} answered"),
        ("missing keys", f"{tally.missing} of {tally.facts} Facts"),
        ("errors", f"{tally.failed}"),
        ("cache hit rate", f"{ratio(tally.hits, tally.facts)} ({tally.hits} hits of {tally.facts} answered Facts)"),
        (
            "cache hit rate, overall",
            f"{ratio(tally.hits, tally.requests)} ({tally.hits} hits of {tally.requests} requests)",
        ),
        ("response time p50", f"{1000 * percentile(ordered, 50):.3f} ms"),
        ("response time p99", f"{1000 * percentile(ordered, 99):.3f} ms"),
        ("response time max", f"{1000 * percentile(ordered, 100):.3f} ms"),
        ("throughput", f"{len(ordered) / seconds:.0f} requests/s"),
    ]


def connect(port: int) -> grpc.Channel:
    """Opens a channel that is ready to use, or raises Unusable."""
    try:
        socket.create_connection(("localhost", port), timeout=CONNECT_TIMEOUT).close()
    except OSError as error:
        raise Unusable(f"nothing answers on localhost:{port} ({error}); is the server running?") from error
    channel = grpc.insecure_channel(f"localhost:{port}")
    try:
        grpc.channel_ready_future(channel).result(timeout=CONNECT_TIMEOUT)
    except grpc.FutureTimeoutError as error:
        channel.close()
        raise Unusable(f"something listens on localhost:{port}, but it does not speak gRPC") from error
    return channel


def port_number(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; it must be a number from 1 to 65535")
    return int(text)


def count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a count; it must be a number from 1")
    return int(text)


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, without the usage around it."""
        self.exit(2, f"{self.prog}: {message} (see --help)\n")


def parse_arguments() -> argparse.Namespace:
    parser = Parser(description="Drives a numstore server and prints what it saw.")
    parser.add_argument("port", type=port_number, help="the server's port on this machine")
    parser.add_argument("--workers", type=count, default=8, help="threads (default %(default)s)")
    parser.add_argument("--requests", type=count, default=100, help="requests of each thread (default %(default)s)")
    parser.add_argument("--keys", type=count, default=100, help="number of keys (default %(default)s)")
    parser.add_argument("--seed", type=int, default=None, help="makes the choices repeatable")
    return parser.parse_args()


def main() -> int:
    options = parse_arguments()
    seeds = random.Random(options.seed)
    total = Tally()
    with connect(options.port) as channel, ThreadPoolExecutor(max_workers=options.workers) as pool:
        stub = numstore_pb2_grpc.NumStoreStub(channel)
        start = time.perf_counter()
        tallies = [
            pool.submit(drive, stub, options.requests, options.keys, random.Random(seeds.random()))
            for _ in range(options.workers)
        ]
        for tally in tallies:
            total.add(tally.result())
        seconds = time.perf_counter() - start

    print(f"{options.workers} workers x {options.requests} requests to localhost:{options.port}")
    for label, figure in report(total, seconds):
        print(f"  {label:<24}  {figure}")
    for code, times in sorted(total.errors.items()):
        print(f"{Path(sys.argv[0]).name}: {times} x {code}, such as: {total.examples[code]}", file=sys.stderr)
    return 1 if total.errors else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Unusable as unusable:
        print(f"{Path(sys.argv[0]).name}: {unusable}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
