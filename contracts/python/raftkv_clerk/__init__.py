"""The Python client of raftkv, the store whose contract is contracts/raftkv.proto.

    from raftkv_clerk import Clerk

    with Clerk(["localhost:6000"]) as clerk:
        clerk.put(b"color", b"green", expected_version=0)  # only if it is new
        print(clerk.get(b"color").value)
        for pair in clerk.scan(prefix=b"c"):
            print(pair.key, pair.value, pair.version)

A Clerk does what the contract asks of a client (contracts/CLIENTS.md says it step by step). This is the one for
threads; raftkv_clerk.aio has its twin for asyncio. Both need Python 3.11. What they promise:

  - A write happens exactly once, however often the Clerk has to send it: it keeps its request id.
  - A call ends when it has an answer, or when its timeout is over, and not before: a server that is away is waited for,
    and another one is tried if there is one. A call without a timeout may wait for ever.
  - Calls go to the server that leads the shard of their key, as far as is known. One that is away delays calls for its
    shards, and no others; one that says nothing is left after some seconds, if there is another.
  - An error of a write says whether the write may have happened (may_have_happened). Only an answer makes it certain.

What a caller can do wrong: call without a timeout and wait for a server that never comes back; repeat a write whose
error says that it may have happened, and so do it twice (expected_version protects from that).

Replies are the contract's own messages. Each call is one of gRPC's own: the contract's Pipeline, which has many share a
message, is not used.
"""

from raftkv_clerk.clerk import Clerk
from raftkv_clerk.status import ClerkError

__all__ = ["Clerk", "ClerkError"]
