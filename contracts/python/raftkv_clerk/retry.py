"""When a call is tried again, and what is known of one that is not."""

from __future__ import annotations

import random

from raftkv_clerk.status import ClerkError, EndedError, SilentError, meaning
from raftkv_clerk.steps import Pause, Steps

# The pauses between attempts grow from the first to the last, doubling. In seconds.
FIRST_PAUSE = 0.005
LAST_PAUSE = 1.0

# For how long, in seconds, a call waits for a server before it asks another one that holds the shard: the first hangs,
# or its network does. That is longer than servers wait by themselves, as the 2 seconds for a leader. It doubles each
# time, up to the last, for a long value takes its time.
FIRST_PATIENCE = 3.0
LAST_PATIENCE = 60.0


class Pauses:
    """Says which errors of one call are worth another attempt, and when; and how long each attempt waits."""

    def __init__(self) -> None:
        self.patience = FIRST_PATIENCE
        self._last = 0.0
        self._cause: ClerkError | None = None

    def reset(self) -> None:
        """Begins with the shortest pause and patience again: there was progress."""
        self._last, self.patience = 0.0, FIRST_PATIENCE

    def wait(self, error: ClerkError) -> Steps[ClerkError | None]:
        """Waits before another attempt, and returns None; or returns the error that the call ends with."""
        if not meaning(error).again:
            return self._ended(error)
        self._cause = error
        if isinstance(error, SilentError):
            self.patience = min(2 * self.patience, LAST_PATIENCE)
        self._last = min(max(2 * self._last, FIRST_PAUSE), LAST_PAUSE)
        # By chance, so that many who failed together do not come back together.
        ended: EndedError | None = yield Pause(self._last * random.uniform(0.5, 1))
        return self._ended(ended) if ended else None

    def _ended(self, error: ClerkError) -> ClerkError:
        """Adds what went wrong before to an error that says no more than that the call's time was over."""
        if self._cause is None or not isinstance(error, EndedError):
            return error
        return EndedError(error.code(), f"{error.details()}; the last attempt failed: {self._cause.details()}")


def outcome(error: ClerkError, doubt: bool) -> ClerkError:
    """Returns the error of a write that ends with it, and adds what is known of the write."""
    note = "the write may have happened" if doubt else "the write did not happen"
    noted = ClerkError(error.code(), f"{error.details()}; {note}", error.redirect)
    noted.may_have_happened = doubt
    return noted
