"""``eaptls doctor``: what this machine has, what is missing, how to get it."""

from __future__ import annotations


def doctor() -> None:
    """Say what this machine has and lacks.

    What is missing comes with how to get it. The exit code is 3 when no server can be run.
    """
