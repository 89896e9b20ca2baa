#!/usr/bin/env python3
"""Performs calls of gossipkv sessions and prints what came of them. It judges nothing.

    echo '{"do": "put", "session": 0, "key": "x", "value": "1"}' | python3 perform_gossipkv.py HOST:PORT session

There may be several servers, with commas between them; the last word is session or asyncio. One step per line on
standard input, one outcome per line on standard output, both JSON, in order. A step is of one of any number of
sessions, which begin when they are first named. An outcome is a text: a value as "=1", a version as "time@server",
"no value", "unmet", or the name of a status code. Keys and values are text.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "contracts" / "python"))

import gossipkv_session.aio  # noqa: E402
from gossipkv_session import DependencyNotMetError, NoValueError, Pair, Seen, SessionError, Version  # noqa: E402


def told(version: Version) -> str:
    return f"{version.time}@{version.server}"


async def awaited(result: Any) -> Any:
    """Returns what a call of either kind of session returns."""
    return await result if inspect.isawaitable(result) else result


async def dumped(session: Any, step: dict[str, Any]) -> str:
    shown: list[str] = []

    def show(pair: Pair) -> None:
        shown.append(f"{pair.key.decode()}={pair.value.decode()}")

    dump = session.dump(
        prefix=step.get("prefix", "").encode(),
        after=step.get("after", "").encode(),
        limit=step.get("limit", 0),
        behind=(lambda error: shown.append(f"{error.key.decode()}?")) if step.get("behind") else None,
        timeout=step.get("timeout"),
    )
    try:
        if hasattr(dump, "__aiter__"):
            async for pair in dump:
                show(pair)
        else:
            for pair in dump:
                show(pair)
    except (DependencyNotMetError, SessionError) as error:
        shown.append(failed(error))
    return " ".join(shown)


def failed(error: Exception) -> str:
    if isinstance(error, SessionError):
        return error.code().name
    return "no value" if isinstance(error, NoValueError) else "unmet"


async def perform(client: Any, sessions: dict[int, Any], step: dict[str, Any]) -> str:
    session = sessions[step["session"]]
    key, how = step.get("key", "").encode(), {"anywhere": step.get("anywhere", False), "timeout": step.get("timeout")}
    try:
        match step["do"]:
            case "put":
                return told(await awaited(session.put(key, step["value"].encode(), **how)))
            case "delete":
                return told(await awaited(session.delete(key, **how)))
            case "get":
                value: bytes = (await awaited(session.get(key, **how))).value
                return "=" + value.decode()
            case "dump":
                return await dumped(session, step)
            case "use":
                session.use(step["server"])
            case "text":
                return str(session.seen)
            case "restore":
                server = session.server
                sessions[step["session"]] = session = client.session(Seen.parse(step["text"]))
                session.use(server)
            case "merge":
                session.seen.merge(sessions[step["other"]].seen)
            case "status":
                return str((await awaited(session.status())).server)
            case "close":
                await awaited(client.close())
    except (DependencyNotMetError, NoValueError, SessionError) as error:
        return failed(error)
    return ""


async def run(client: Any) -> None:
    sessions: dict[int, Any] = defaultdict(client.session)
    while line := await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(await perform(client, sessions, json.loads(line))), flush=True)
    await awaited(client.close())


async def main() -> None:
    package = {"session": gossipkv_session, "asyncio": gossipkv_session.aio}[sys.argv[2]]
    await run(package.Client(sys.argv[1].split(",")))


if __name__ == "__main__":
    asyncio.run(main())
