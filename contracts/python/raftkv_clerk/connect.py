"""How long a Clerk waits for a server: what threads and asyncio have in common."""

from __future__ import annotations

import time

import grpc
from contracts_channel import Deadline

from raftkv_clerk.status import ClerkError, clerk_closed, deadline_passed, from_rpc, silent
from raftkv_clerk.steps import Call, Read, Step

# A call whose time is nearly over waits this many seconds for a server, if it has as many, before it asks another one.
SHORTEST_PATIENCE = 0.5


class Attempt:
    """How long one step may take, in seconds, and what it means for its call that it took longer."""

    def __init__(self, step: Step, deadline: Deadline) -> None:
        self._began = time.monotonic()
        self.timeout = left = deadline.left()
        self.late: ClerkError = deadline_passed()
        if not isinstance(step, Call | Read) or step.patience is None:
            return
        patience = step.patience if left is None else min(step.patience, max(left / 2, SHORTEST_PATIENCE))
        if left is None or patience < left:
            self.timeout = patience
            self.late = silent(step.server, patience)

    def failure(self, error: grpc.RpcError, closed: bool) -> ClerkError:
        """Returns what an error of gRPC's is for the caller of a Clerk, which may be closed."""
        if closed:
            return clerk_closed()
        failed = from_rpc(error)
        return self.late if self.timeout is not None and self._is_late(failed.code()) else failed

    def _is_late(self, code: grpc.StatusCode) -> bool:
        """Reports whether a code says that the time is over. A server may be a little earlier to notice, and then takes
        the stream away, which gRPC's core calls CANCELLED."""
        if code is grpc.StatusCode.CANCELLED:
            return time.monotonic() - self._began >= 0.9 * (self.timeout or 0)
        return code is grpc.StatusCode.DEADLINE_EXCEEDED
