"""How a server of these tests misbehaves: what becomes of the drafts of its answers."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.protocol.conftest import Draft

Edit = Callable[["Draft"], None]


def at(number: int, **changes: object) -> Edit:
    """Change the answer of that number; a callable gets the draft and gives the value."""

    def edit(draft: Draft) -> None:
        if draft.number == number:
            for name, value in changes.items():
                setattr(draft, name, value(draft) if callable(value) else value)

    return edit


def final(**changes: object) -> Edit:
    """Change the last answer."""

    def edit(draft: Draft) -> None:
        if draft.code in {2, 3}:
            for name, value in changes.items():
                setattr(draft, name, value(draft) if callable(value) else value)

    return edit


def ending(code: int) -> Callable[[Draft], bytes]:
    """An EAP-Success or EAP-Failure with the identifier of the Response that it follows."""

    def make(draft: Draft) -> bytes:
        assert draft.eap is not None
        ends = draft.eap[0] in {3, 4}
        return struct.pack("!BBH", code, draft.eap[1] if ends else draft.eap[1] - 1, 4)

    return make
