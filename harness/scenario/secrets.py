"""Which values of a scenario are secrets, and must stay out of sentences, titles and ids."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.scenario.commandline import redacted

_KEYS = frozenset({"password", "psk", "secret", "line", "command"})
"""Keys whose values are secrets or may hold one, in whatever part they stand."""


def is_secret(path: Sequence[str | int]) -> bool:
    """Whether the value at a path of a document is a secret, or may hold one."""
    return any(part in _KEYS for part in path[-2:])


_OPEN_KEYS = frozenset({"password", "psk"})
_VARIABLE = re.compile(r"\$\{([^}]*)\}")


def secret_variables(text: str, path: Sequence[str | int]) -> frozenset[str]:
    """Return the variables that a text puts where a secret stands: all of a password, some of a command."""
    used = frozenset(_VARIABLE.findall(text))
    if path and path[-1] in _OPEN_KEYS:
        return used
    if any(part in {"line", "command"} for part in path[-2:]):
        return used - frozenset(_VARIABLE.findall(redacted(text)))
    return frozenset()
