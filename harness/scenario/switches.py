"""Every switch of the device profile as a key of ``device``, made from the profile itself.

Keys are the switches' names in kebab-case, their descriptions are the profile's notes. TLS versions are left
out: the key ``tls`` sets both.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, create_model

from harness.device.failure_codes import CertError
from harness.device.profile import DEFAULT_PROFILE, LOWEST, DeviceProfile
from harness.scenario.part import Part
from harness.scenario.values import Date, Duration, Flag, Text, Whole, mistake, shown
from harness.scenario.wording import listed

_NONE = "none"
_ELSEWHERE = frozenset({"tls_min", "tls_max"})


def profile_of(written: Part, **others: str) -> DeviceProfile:
    """Return the profile that a device's keys describe; ``others`` are the switches set elsewhere."""
    names = [field.name for field in dataclasses.fields(DeviceProfile) if field.name not in _ELSEWHERE]
    switches: dict[str, Any] = {name: _plain(getattr(written, name)) for name in names}
    return DeviceProfile(**switches | others)


def _plain(value: object) -> Any:
    if isinstance(value, tuple):
        return tuple(item.total_seconds() if isinstance(item, timedelta) else item for item in value)
    return value


def _number_of(kind: type[IntEnum], *, none: bool = False) -> Any:
    """Return the type of a key whose value is a number of the device, or the word ``none``."""
    numbers = [int(member) for member in kind]

    def read(value: object) -> IntEnum | None:
        if none and (value is None or value == _NONE):
            return None
        if isinstance(value, int) and not isinstance(value, bool) and value in numbers:
            return kind(value)
        words = [str(number) for number in numbers] + ([_NONE] if none else [])
        raise mistake(f"{shown(value)} is no number of this kind", f"write {listed(words, 'or')}")

    schema: dict[str, Any] = {"enum": [*numbers, *([_NONE] if none else [])]}
    target: Any = kind | None if none else kind
    return Annotated[target, BeforeValidator(read), WithJsonSchema(schema)]


def _type(name: str, default: object) -> Any:
    if name == "unknown_identity_as":
        return _number_of(CertError, none=True)
    if isinstance(default, IntEnum):
        return _number_of(type(default))
    if isinstance(default, StrEnum):
        return type(default)
    if isinstance(default, tuple):
        return (
            tuple[Duration, ...]
            if isinstance(default[0], float)
            else tuple[Literal["rsa", "ec", "ed25519"], ...]
        )
    if isinstance(default, bool):
        return Flag
    return {int: Whole, str: Text, datetime: Date}[type(default)]


def _default(default: object) -> Any:
    if isinstance(default, tuple) and isinstance(default[0], float):
        return tuple(timedelta(seconds=seconds) for seconds in default)
    return default


def _fields() -> dict[str, Any]:
    made: dict[str, Any] = {}
    for field in dataclasses.fields(DeviceProfile):
        if field.name in _ELSEWHERE:
            continue
        default = getattr(DEFAULT_PROFILE, field.name)
        limits: dict[str, Any] = {"ge": LOWEST[field.name]} if field.name in LOWEST else {}
        if isinstance(default, tuple):
            limits = {"min_length": 1}
        text = field.metadata["note"].text
        info = Field(default=_default(default), description=text, **limits)
        made[field.name] = (_type(field.name, default), info)
    return made


if TYPE_CHECKING:

    class Switches(Part):
        """The keys that are read by name; the others are known at run time."""

        check_key_match: bool = True
        ciphers: str = ""
        psk_beside_certificate: bool = False

else:
    Switches = create_model("Switches", __base__=Part, __module__=__name__, **_fields())
    """How the device behaves where its documents leave room."""
