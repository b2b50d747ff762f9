"""The values that switches of a device profile can take, and the note that every switch carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

TAGS = MappingProxyType(
    {
        "S": "stated in the maker's two pages on certificates for EAP-TLS networks and on tenant CA certificates",
        "D": "stated in the maker's documents",
        "H": "stated in the maker's C headers",
        "R": "stated in the device's REST description",
        "C": "read in public source code",
        "I": "inferred from the others",
        "U": "not verified: sources are silent or contradict each other",
        "harness": "no device of this kind does it; for tests of servers and of other supplicants",
    }
)
"""How well something is known."""


@dataclass(frozen=True, slots=True)
class Note:
    """What is known of a switch: tag, section of the behaviour reference, and the meaning in words."""

    tag: str
    source: str
    text: str


def note(tag: str, source: str, text: str) -> Mapping[str, Note]:
    """Return a field's metadata; raises :class:`KeyError` for a tag that does not exist."""
    TAGS[tag]
    return {"note": Note(tag, source, text)}


class NetworkLimit(StrEnum):
    """When a device notices that it has too many networks."""

    AT_ADD = "at-add"
    """Adding fails: ENOMEM."""
    AT_PERSIST = "at-persist"
    """Adding succeeds, persisting fails: ENOSPC."""


class NameLookup(StrEnum):
    """Which of several networks of one configuration name a device finds."""

    LOWEST_ID = "lowest-id"
    HIGHEST_ID = "highest-id"


class SelectionOrder(StrEnum):
    """In which order a device tries its enabled networks."""

    LOWEST_ID = "lowest-id"
    HIGHEST_ID = "highest-id"
    LAST_CONNECTED = "last-connected"
    """The one that worked last, then by ID."""
    AFTER_LAST_TRIED = "after-last-tried"
    """Round robin: the next ID after the one tried last."""
