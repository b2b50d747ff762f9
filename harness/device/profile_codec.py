"""A device profile as JSON: the switches that differ from the defaults."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from enum import Enum
from typing import Any

from harness.device.failure_codes import CertError
from harness.device.profile import DEFAULT_PROFILE, DeviceProfile
from harness.device.sealed import Json


def encode_profile(profile: DeviceProfile) -> Json:
    """Return the switches that differ from the defaults."""
    names = [field.name for field in fields(DeviceProfile)]
    differing = [name for name in names if getattr(profile, name) != getattr(DEFAULT_PROFILE, name)]
    return {name: _encode(getattr(profile, name)) for name in differing}


def decode_profile(content: Json) -> DeviceProfile:
    """Return the profile with those switches.

    Raises :class:`ValueError` with one sentence that names a switch that does not exist, or one whose value
    is none of its own.
    """
    names = {field.name for field in fields(DeviceProfile)}
    for name in content:
        if name not in names:
            raise ValueError(f"there is no switch {name!r}")
    return DeviceProfile(**{name: _decode(name, value) for name, value in content.items()})


def _encode(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _decode(name: str, written: object) -> Any:
    default = getattr(DEFAULT_PROFILE, name)
    try:
        if isinstance(default, CertError) and written is None and name == "unknown_identity_as":
            return None
        if isinstance(default, Enum):
            return type(default)(written)
        if isinstance(default, datetime):
            return datetime.fromisoformat(str(written))
        if isinstance(default, tuple) and isinstance(written, list):
            return tuple(type(default[0])(value) for value in written)
    except (ValueError, TypeError):
        pass
    else:
        if type(written) is type(default):
            return written
    raise ValueError(f"{written!r} is no value of the switch {name!r}")
