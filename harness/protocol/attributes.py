"""RADIUS attributes by name, through pyrad's dictionary (RFC 2865 5, RFC 2868 for tags)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import as_file, files
from typing import Any

from harness.observation import ReplyAttribute
from harness.protocol import radius

_SILENT = {
    radius.Type.STATE,
    radius.Type.VENDOR_SPECIFIC,
    radius.Type.EAP_MESSAGE,
    radius.Type.MESSAGE_AUTHENTICATOR,
}
"""Parts of the conversation, keys among them: never shown as reply attributes."""


@cache
def _dictionary() -> Any:
    # pyrad costs 40 ms to import: only who uses names pays for it.
    from pyrad.dictionary import Dictionary

    with as_file(files("harness.protocol") / "dictionary") as path:
        return Dictionary(str(path))


@cache
def _names() -> dict[int, str]:
    return {known.code: name for name, known in _dictionary().attributes.items()}


def known_names() -> tuple[str, ...]:
    """Return the names that :func:`encode` takes."""
    return tuple(_dictionary().attributes)


def encode(attributes: Iterable[tuple[str, str | int]]) -> bytes:
    """Return attributes as octets, in order; a value is text, a number, or a named value.

    Raises ValueError for a name that is not in the dictionary or a value it cannot hold.
    """
    return b"".join([_encode_one(name, value) for name, value in attributes])


def _encode_one(name: str, value: str | int) -> bytes:
    from pyrad import tools

    try:
        known = _dictionary().attributes[name]
    except KeyError:
        raise ValueError(f"unknown RADIUS attribute {name!r}") from None
    if isinstance(value, str) and known.values.HasForward(value):
        octets = known.values.GetForward(value)
    else:
        octets = tools.EncodeAttr(known.type, value)
    return radius.attribute(known.code, (b"\x00" + octets[1:] if known.has_tag else octets))


def decode(attributes: radius.Attributes) -> tuple[ReplyAttribute, ...]:
    """Return the attributes of an answer by name, without those of the conversation itself."""
    return tuple(_decode_one(kind, value) for kind, value in attributes if kind not in _SILENT)


def _decode_one(kind: int, value: bytes) -> ReplyAttribute:
    name = _names().get(kind)
    if name is None:
        return ReplyAttribute(f"Attr-{kind}", value.hex())
    known = _dictionary().attributes[name]
    if known.has_tag:
        value = _without_tag(known.type, value)
    if known.type == "integer":
        number = int.from_bytes(value)
        octets = value.rjust(4, b"\x00")
        named = known.values.GetBackward(octets) if known.values.HasBackward(octets) else number
        return ReplyAttribute(name, named)
    if known.type == "octets":
        return ReplyAttribute(name, value.hex())
    if known.type == "string":
        return ReplyAttribute(name, value.decode("utf-8", "backslashreplace"))
    from pyrad import tools

    try:
        return ReplyAttribute(name, tools.DecodeAttr(known.type, value))
    except ValueError:  # an address of the wrong size is shown, not judged
        return ReplyAttribute(name, value.hex())


def _without_tag(kind: str, value: bytes) -> bytes:
    """RFC 2868 3.1: integers always have a tag octet; in text a first octet above 0x1F is data."""
    if kind == "integer":
        return value[1:]
    return value[1:] if value and value[0] <= 0x1F else value
