"""Writes ``docs/reference/device-switches.md``: ``python -m harness.device.reference > docs/reference/device-switches.md``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import Field, fields
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import Any

from harness.device.profile import DEFAULT_PROFILE, EARLY_OS, TLS_VERSIONS, DeviceProfile
from harness.device.profile_codec import encode_profile
from harness.device.switches import TAGS, Note

_HEAD = """\
# Switches of the virtual device

Generated from the device profile by `python -m harness.device.reference`; do not edit.

The device behaves as public sources say its model does. Where they are silent or contradict each other there
is a switch with a safe default, and tests assert both ways. A tag says how well the default is known; the
section is that of the [behaviour reference](device-behaviour.md).

Names and values are those of a scenario (`device: {move-onto-itself: false}`) and of
`eaptls device init --switch move-onto-itself=false`. A scenario writes the two TLS versions as
`tls: {min: 1.2, max: 1.3}`, and its devices speak 1.2 and 1.3 unless it does.
"""
_GROUPS = MappingProxyType(
    {
        "check_key_match": "Certificate store",
        "tls_min": "TLS and identity",
        "max_networks": "Wi-Fi settings",
        "rtc_battery": "Clock",
        "unknown_identity_as": "Diagnostics",
    }
)
"""The first switch of each group, as the profile declares them."""
_VERSIONS = ", ".join(f"`{version}`" for version in TLS_VERSIONS)
_VALUES = MappingProxyType(
    {
        "long_id_errno": "`ERANGE`, `EINVAL`",
        "no_current_network_errno": "`ENODATA`, `ENOTCONN`",
        "unknown_identity_as": "`103`, `none`",
        "wrong_root_as": "`101`, `1`",
        "incomplete_chain_as": "`1`, `101`",
        "root_expired_as": "`101`, `4`",
        "root_not_yet_valid_as": "`101`, `3`",
        "weak_server_key_as": "`11`, `0`",
        "wrong_purpose_as": "`0`, `7`",
        "crossed_client_as": "`100`, `102`",
        "crossed_root_as": "`100`, `101`",
        "handshake_failure_as": "`5`, `1`",
        "client_key_types": "list of `rsa`, `ec`, `ed25519`",
        "retry_delays": "list of durations",
        "tls_min": _VERSIONS,
        "tls_max": _VERSIONS,
    }
)
"""The values that make sense where the type allows more."""


def render() -> str:
    """Return the reference page as Markdown."""
    return "\n".join([_HEAD, *_tags(), *_switches(), *_profiles()])


def _tags() -> Iterator[str]:
    yield "| tag | known how |"
    yield "|---|---|"
    for tag, text in TAGS.items():
        yield f"| {tag} | {text} |"
    yield ""


def _switches() -> Iterator[str]:
    for field in fields(DeviceProfile):
        if field.name in _GROUPS:
            yield from ("", f"## {_GROUPS[field.name]}", "")
            yield "| switch | values | default | meaning | tag | section |"
            yield "|---|---|---|---|---|---|"
        yield _row(field)
    yield ""


def _row(field: Field[Any]) -> str:
    note: Note = field.metadata["note"]
    default = _written(getattr(DEFAULT_PROFILE, field.name))
    return f"| `{_key(field.name)}` | {_values(field.name)} | {default} | {note.text} | {note.tag} | {note.source} |"


def _key(name: str) -> str:
    return name.replace("_", "-")


def _values(name: str) -> str:
    default = getattr(DEFAULT_PROFILE, name)
    if name in _VALUES:
        return _VALUES[name]
    if isinstance(default, bool):
        return "`true`, `false`"
    if isinstance(default, Enum):
        return ", ".join(f"`{value.value}`" for value in type(default))
    kinds = {int: "number", str: "text", datetime: "date, UTC"}
    return kinds[type(default)]


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    if isinstance(value, Enum):
        return f"`{value.value}`"
    if isinstance(value, datetime):
        return f"`{value:%Y-%m-%dT%H:%M:%SZ}`"
    if isinstance(value, tuple):
        items = (f"{item:g}s" if isinstance(item, float) else str(item) for item in value)
        return f"`[{', '.join(items)}]`"
    return f"`{value}`" if value else '`""`'


def _profiles() -> Iterator[str]:
    yield "## Early systems"
    yield ""
    yield "The profile `EARLY_OS` follows early headers and texts where later ones differ:"
    yield ""
    for name, value in encode_profile(EARLY_OS).items():
        yield f"- `{_key(name)}`: `{'none' if value is None else value}`"
    yield ""


if __name__ == "__main__":
    sys.stdout.write(render())
