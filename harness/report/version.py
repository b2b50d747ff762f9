"""The version that reports name."""

from __future__ import annotations

from importlib import metadata


def harness_version() -> str:
    """Return the version of the installed distribution; ``unknown`` in a checkout that is not installed."""
    try:
        return metadata.version("eaptls-harness")
    except metadata.PackageNotFoundError:
        return "unknown"
