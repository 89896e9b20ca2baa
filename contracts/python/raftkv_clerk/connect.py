"""How long a Clerk waits for a server: what threads and asyncio have in common."""

from __future__ import annotations

import grpc
from contracts_channel import Deadline

from raftkv_clerk.status import ClerkError, clerk_closed, deadline_passed, from_rpc, silent
from raftkv_clerk.steps import Call, Read, Step

# A call whose time is nearly over waits this many seconds for a server, if it has as many, before it asks another one.
SHORTEST_PATIENCE = 0.5


class Attempt:
    """How long one step may take, in seconds, and what it means for its call that it took longer."""

    def __init__(self, step: Step, deadline: Deadline) -> None:
        self.timeout = left = deadline.left()
        self.late: ClerkError = deadline_passed()
        if isinstance(step, Call | Read) and step.patience is not None:
            self._shorten(step, step.patience, left)
        self._deadline = Deadline(self.timeout)

    def _shorten(self, step: Call | Read, patience: float, left: float | None) -> None:
        """Ends the attempt when the patience for its server is over, if the call does not end before that."""
        if left is not None:
            patience = min(patience, max(left / 2, SHORTEST_PATIENCE))
        if left is None or patience < left:
            self.timeout = patience
            self.late = silent(step.server, patience)

    def failure(self, error: grpc.RpcError, closed: bool) -> ClerkError:
        """Returns what an error of gRPC's is for the caller of a Clerk, which may be closed."""
        if closed:
            return clerk_closed()
        failed = from_rpc(error)
        return self.late if self._deadline.is_late(failed.code()) else failed
