"""The client ids under which writes happen once."""

from __future__ import annotations

import os
import threading

import raftkv_pb2


class Session:
    """A client id, and the number of the write that it is used for."""

    def __init__(self) -> None:
        self.client_id = os.urandom(16)
        self.sequence = 1

    def request_id(self) -> raftkv_pb2.RequestId:
        return raftkv_pb2.RequestId(client_id=self.client_id, sequence=self.sequence)


class Sessions:
    """The sessions that no write uses at the moment, each for the shard that its first write was for: no other shard
    knows it. There are at most as many of a shard as there were writes to it at one time. One whose write has no
    certain outcome does not come back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free: dict[int, list[Session]] = {}  # by shard

    def take(self, shard: int) -> Session:
        with self._lock:
            free = self._free.get(shard)
            # The one used last, so that the server can forget what is no longer needed.
            return free.pop() if free else Session()

    def give(self, shard: int, used: Session) -> None:
        """Takes back the session of a write that has its outcome."""
        used.sequence += 1
        with self._lock:
            self._free.setdefault(shard, []).append(used)
