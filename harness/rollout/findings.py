"""What a rehearsal shows, in sentences: conflicts that cost somebody a certificate or a network, and notes."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from harness.errors import Place


class Kind(StrEnum):
    """What a finding is about."""

    OVERWRITE = "overwrite"
    """A certificate is replaced, and nothing says that this is meant."""
    NETWORK_LOST = "network-lost"
    """A network that could be used no longer can."""
    DANGLING = "dangling"
    """A network names a certificate ID that leads nowhere, or to the wrong type."""
    NOT_LOADED = "not-loaded"
    """A network waits for a reload that no step does."""
    REFUSED = "refused"
    """The device refuses a step."""
    REPLACEMENT = "replacement"
    """A certificate is replaced, as it is meant to be."""
    RECONNECT = "reconnect"
    """A network cannot be joined anew from one step to a later one."""
    PREFIX = "prefix"
    """An ID begins with another one."""
    CASE = "case"
    """Two IDs differ only in the case of letters."""
    ONTO_ITSELF = "onto-itself"
    """A certificate is moved onto its own ID."""
    UNUSED = "unused"
    """No network names an ID."""
    SPACE = "space"
    """How much of the store is taken."""
    UNFOLLOWED = "unfollowed"
    """What a plan leaves open."""


CONFLICTS = frozenset({Kind.OVERWRITE, Kind.NETWORK_LOST, Kind.DANGLING, Kind.NOT_LOADED, Kind.REFUSED})
"""The kinds that end a check with 1."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A network that is lost, or finds another certificate; ``place`` is where, ``None``: at the next reload."""

    network: str
    place: Place | None
    text: str
    lost: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. ``id`` is the certificate ID that it is about, ``network`` the network; both may be empty.

    ``accepted`` says why a conflict does not count, ``losses`` are what an overwriting leads to.
    """

    kind: Kind
    place: Place | None
    text: str
    id: str = ""
    network: str = ""
    fix: str = ""
    accepted: str = ""
    losses: tuple[Loss, ...] = field(default=())

    @property
    def conflict(self) -> bool:
        """Whether it ends the check with 1."""
        return self.kind in CONFLICTS and not self.accepted
