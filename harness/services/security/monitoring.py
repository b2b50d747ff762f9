"""Which CAs a back end lacks: the look that keeps a renewal from being noticed by devices first."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from harness.services.security.choice import Listed


def missing(listed: Sequence[Listed], trusted: Collection[str]) -> tuple[Listed, ...]:
    """Return the CAs that sign or will sign devices' certificates and whose thumbprints are not among the trusted."""
    needed = [one for one in listed if one.meaning.is_needed]
    return tuple(one for one in needed if one.thumbprint not in trusted)
