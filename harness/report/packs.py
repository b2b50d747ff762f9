"""What a page keeps folded up: texts, deflated by the dozen, that a browser unfolds when somebody looks.

Cases resemble one another, so sixty of them together take a tenth of their length. A browser inflates them
itself (DecompressionStream); the page needs nothing beside it.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from dataclasses import dataclass, field

_TOGETHER = 64
"""Texts in a pack: what is read at once when one of them is wanted."""


@dataclass(slots=True)
class Packs:
    """Texts on their way into a page; ``done`` holds the packs, base64 of a zlib stream (RFC 1950) of a JSON list."""

    done: list[str] = field(default_factory=list)
    _open: list[str] = field(default_factory=list)

    def add(self, text: str) -> tuple[int, int]:
        """Put a text away; return the number of its pack and its number in it, both from 0."""
        place = len(self.done), len(self._open)
        self._open.append(text)
        if len(self._open) == _TOGETHER:
            self.close()
        return place

    def close(self) -> None:
        """Close the pack that is open, if there is one."""
        if self._open:
            self.done.append(b64encode(zlib.compress(json.dumps(self._open).encode(), 9)).decode())
            self._open = []
