"""What the issuing service answered, read with care, or as the public sample reads it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from harness.device.bootstrap.plan import Defect

SSID, ROOT, IDENTITY = "eapTlsNetworkSsid", "rootCACertificate", "clientIdentity"
CERTIFICATE, KEY, PASSWORD = "clientPublicCertificate", "clientPrivateKey", "clientPrivateKeyPass"
_LONGEST: Mapping[str, int] = {
    "timestamp": 64,
    ROOT: 8192,
    SSID: 32,
    IDENTITY: 254,
    CERTIFICATE: 8192,
    KEY: 8192,
    PASSWORD: 256,
}
"""Octets that the device takes (behaviour reference, sections 1.1 and 3.1)."""


class AnswerCause(StrEnum):
    """What is wrong with an answer."""

    NOT_JSON = "not-json"
    NO_OBJECT = "no-object"
    FIELD_TWICE = "field-twice"
    FIELD_MISSING = "field-missing"
    FIELD_NULL = "field-null"
    FIELD_NOT_TEXT = "field-not-text"
    FIELD_TOO_LONG = "field-too-long"
    NOT_RECEIVED = "certificate-not-received"
    """It was asked for, and the field is empty."""
    PARSE_FAILED = "parse-failed"
    """All that the public sample says, whatever is wrong."""


@dataclass(frozen=True, slots=True)
class Provision:
    """What came: texts, empty where a part was not asked for."""

    ssid: str
    root_ca: str
    identity: str
    certificate: str
    key: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AnswerTrouble:
    """What is wrong, in which field; the text quotes nothing of the answer."""

    cause: AnswerCause
    field: str = ""
    text: str = ""


class _Twice(ValueError):
    pass


def read_answer(
    body: bytes, *, root: bool, client: bool, defects: Collection[Defect] = ()
) -> Provision | AnswerTrouble:
    """Read an answer to a request for those parts.

    With care: a part that was asked for has to be there, as text of a length that the device takes; what was not
    asked for may be missing or null. The order of the fields means nothing, and unknown ones are passed over.
    """
    try:
        found = json.loads(body, object_pairs_hook=_once)
    except _Twice as twice:
        return AnswerTrouble(AnswerCause.FIELD_TWICE, str(twice), f"the field {twice} stands there twice")
    except (ValueError, RecursionError):
        return _failed(AnswerTrouble(AnswerCause.NOT_JSON, text="the body is no JSON"), defects)
    if not isinstance(found, dict):
        return _failed(AnswerTrouble(AnswerCause.NO_OBJECT, text="the body is no JSON object"), defects)
    needed = [SSID, *([ROOT] if root else []), *([IDENTITY, CERTIFICATE, KEY] if client else [])]
    values = {}
    for name in _LONGEST:
        value = _field(found, name, needed=name in needed, defects=defects)
        if isinstance(value, AnswerTrouble):
            return _failed(value, defects)
        values[name] = value
    empty = next((name for name in needed if not values[name]), "")
    if empty:
        cause = AnswerCause.NOT_RECEIVED
        if Defect.EMPTY_IS_PARSE_FAILURE in defects:
            # It sets the result, leaves the state as it is, and comes back with a buffer that is freed.
            cause = AnswerCause.PARSE_FAILED
        return AnswerTrouble(cause, empty, f"{empty} was asked for and is empty")
    return Provision(
        values[SSID], values[ROOT], values[IDENTITY], values[CERTIFICATE], values[KEY], values[PASSWORD]
    )


def _field(
    found: Mapping[str, object], name: str, *, needed: bool, defects: Collection[Defect]
) -> str | AnswerTrouble:
    value = found.get(name)
    if isinstance(value, str):
        if len(value.encode("utf-8", "surrogatepass")) <= _LONGEST[name]:
            return value
        if Defect.CUTS_LONG_FIELDS in defects:
            return value[: _LONGEST[name]]
        text = f"{name} is longer than {_LONGEST[name]} octets"
        return AnswerTrouble(AnswerCause.FIELD_TOO_LONG, name, text)
    return _no_text(found, name, needed=needed or Defect.NULL_FAILS in defects)


def _no_text(found: Mapping[str, object], name: str, *, needed: bool) -> str | AnswerTrouble:
    if found.get(name) is not None:
        return AnswerTrouble(AnswerCause.FIELD_NOT_TEXT, name, f"{name} is no text")
    if not needed:
        return ""
    if name in found:
        return AnswerTrouble(AnswerCause.FIELD_NULL, name, f"{name} is null")
    return AnswerTrouble(AnswerCause.FIELD_MISSING, name, f"{name} is missing")


def _failed(trouble: AnswerTrouble, defects: Collection[Defect]) -> AnswerTrouble:
    """Return the trouble as it is told; the public sample has one word for all."""
    if Defect.NULL_FAILS not in defects:
        return trouble
    return AnswerTrouble(AnswerCause.PARSE_FAILED, trouble.field, "the answer could not be parsed")


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found and name in _LONGEST:
            raise _Twice(name)
        found[name] = value
    return found
