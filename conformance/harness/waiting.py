"""Waiting for a condition, never for time."""

import time
from collections.abc import Callable

DEADLINE_SECONDS = 30
POLL_SECONDS = 0.02


def await_condition(holds: Callable[[], bool], what: str) -> None:
    """Polls until a condition holds; a deadline bounds it."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(POLL_SECONDS)  # between two looks at the condition above
