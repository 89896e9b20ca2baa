#!/usr/bin/env python3
"""Makes many calls at a time on a raftkv cluster, through one of the Python Clerks. It judges nothing.

    python3 clerk_calls.py localhost:6000,localhost:6001 (clerk | asyncio)

Calls and answers are lines as those of perform_raftkv.py, but that each call has a `tag`, which its answer has too:
they come in any order.
"""

from __future__ import annotations

import asyncio
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import perform_raftkv as performing
import raftkv_clerk.aio
from texts import answered, refused

THREADS = 32  # at most as many calls are made at a time


def tell(line: dict[str, Any], answer: dict[str, Any]) -> None:
    print(json.dumps({"tag": line["tag"], **answer}) + "\n", end="", flush=True)  # at once: others tell too


def threads(servers: list[str]) -> None:
    with raftkv_clerk.Clerk(servers) as clerk, ThreadPoolExecutor(THREADS) as pool:
        send = performing.through_clerk(clerk)
        for line in map(json.loads, sys.stdin):
            pool.submit(lambda line: tell(line, performing.perform(send, send, line)), line)


async def tasks(servers: list[str]) -> None:
    async with raftkv_clerk.aio.Clerk(servers) as clerk, asyncio.TaskGroup() as group:

        async def call(line: dict[str, Any]) -> None:
            try:
                replies = await performing.asyncio_replies(clerk, line["call"], performing.asked(line), line["timeout"])
            except grpc.RpcError as error:
                tell(line, refused(error))
            else:
                tell(line, answered(replies))

        while text := await asyncio.to_thread(sys.stdin.readline):
            group.create_task(call(json.loads(text)))


def main() -> None:
    servers, kind = sys.argv[1].split(","), sys.argv[2]
    if kind == "clerk":
        threads(servers)
    else:
        asyncio.run(tasks(servers))


if __name__ == "__main__":
    main()
