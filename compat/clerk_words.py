#!/usr/bin/env python3
"""Appends words to the keys of a raftkv cluster, through one of the Python Clerks. It judges nothing.

    python3 clerk_words.py 6000,6001,6002 (clerk | asyncio) WRITERS WORDS

So many writers at the same time, with one Clerk, append so many words each. Word 15 of writer 2 is "2.15 ", and goes to
the key "5", the last digit of its number. It prints a line for each append that failed.
"""

from __future__ import annotations

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "contracts" / "python"))

import raftkv_clerk.aio  # noqa: E402

TIMEOUT = 60.0  # seconds; only a cluster that is gone takes as long


def word(writer: int, number: int) -> tuple[bytes, bytes]:
    """The key of a word, and the word."""
    return b"%d" % (number % 10), b"%d.%d " % (writer, number)


def threads(servers: list[str], writers: int, words: int) -> None:
    with raftkv_clerk.Clerk(servers) as clerk, ThreadPoolExecutor(writers) as pool:

        def write(writer: int) -> None:
            for number in range(words):
                try:
                    clerk.append(*word(writer, number), timeout=TIMEOUT)
                except raftkv_clerk.ClerkError as error:
                    print(writer, number, error)

        list(pool.map(write, range(writers)))


async def tasks(servers: list[str], writers: int, words: int) -> None:
    async with raftkv_clerk.aio.Clerk(servers) as clerk:

        async def write(writer: int) -> None:
            for number in range(words):
                try:
                    await clerk.append(*word(writer, number), timeout=TIMEOUT)
                except raftkv_clerk.ClerkError as error:
                    print(writer, number, error)

        await asyncio.gather(*(write(writer) for writer in range(writers)))


def main() -> None:
    ports, kind, writers, words = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    servers = [f"localhost:{port}" for port in ports.split(",")]
    if kind == "clerk":
        threads(servers, writers, words)
    else:
        asyncio.run(tasks(servers, writers, words))


if __name__ == "__main__":
    main()
