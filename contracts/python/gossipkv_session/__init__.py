"""The Python client of gossipkv, the store whose contract is contracts/gossipkv.proto.

    from gossipkv_session import Client, DependencyNotMetError, NoValueError, Seen

    with Client(["localhost:8000", "localhost:8001"]) as client:
        session = client.session()
        session.put(b"color", b"green")
        session.use("localhost:8001")
        try:
            print(session.get(b"color", timeout=5).value)
        except NoValueError:
            print("somebody has deleted it")
        except DependencyNotMetError:
            print("localhost:8001 does not have it yet")

A Session does what the contract asks of a client (contracts/CLIENTS.md says it step by step). This is the one for
threads; gossipkv_session.aio has its twin for asyncio. Both need Python 3.11. What they promise, per key:

  - A get shows what the session has written, or something newer, or says that the server does not have it yet. It never
    shows what is older than what an earlier one has shown, whichever servers the session goes to.
  - A write is greater than all that the session had seen when it was sent, of all keys: so the second of two answered
    writes is what stays.
  - All of that as long as what was seen is there: str(session.seen) is a text of it, which fits into headers, URLs and
    files, and Seen.parse makes it again, also in another process, and in another language.

A Client has connections, which any number of sessions share: a Session costs nothing but memory. It does not wait
until a server has what was seen, and chooses no other one by itself: its caller does, or says anywhere=True.

What a caller can do wrong: lose what was seen, or restore an older text of it; give the text to who must not know the
keys, which are in it.
"""

from gossipkv_session.client import Client, Session
from gossipkv_session.rules import DependencyNotMetError, NoValueError, Pair, SessionError, Value
from gossipkv_session.seen import Seen, Version

__all__ = [
    "Client",
    "DependencyNotMetError",
    "NoValueError",
    "Pair",
    "Seen",
    "Session",
    "SessionError",
    "Value",
    "Version",
]
