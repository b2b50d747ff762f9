"""RADIUS attributes by name, through pyrad's dictionary (RFC 2865 5, RFC 2868 for tags)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache
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


# Most are the same for every association of a run.
@lru_cache(maxsize=4096)
def _encode_one(name: str, value: str | int) -> bytes:
    try:
        known = _dictionary().attributes[name]
    except KeyError:
        raise ValueError(f"unknown RADIUS attribute {name!r}") from None
    try:
        return radius.attribute(known.code, _octets(known, value))
    except (TypeError, ValueError) as error:
        raise ValueError(f"RADIUS attribute {name} cannot hold {value!r}: {error}") from None


def _octets(known: Any, value: str | int) -> bytes:
    from pyrad import tools

    octets: bytes
    if isinstance(value, str) and known.values.HasForward(value):
        octets = known.values.GetForward(value)
    else:
        octets = tools.EncodeAttr(known.type, value)
    if not known.has_tag:
        return octets
    if known.type != "integer":
        return b"\x00" + octets
    # RFC 2868 3.1: the tag takes the place of the highest octet.
    if octets[0]:
        raise ValueError("a tagged integer has 3 octets")
    return octets


def decode(attributes: radius.Attributes) -> tuple[ReplyAttribute, ...]:
    """Return the attributes of an answer by name, without those of the conversation itself."""
    return tuple(_decode_one(kind, value) for kind, value in attributes if kind not in _SILENT)


def _decode_one(kind: int, value: bytes) -> ReplyAttribute:
    name = _names().get(kind)
    if name is None:
        return ReplyAttribute(f"Attr-{kind}", value.hex())
    known = _dictionary().attributes[name]
    if known.type == "integer" and len(value) == 4:
        octets = b"\x00" + value[1:] if known.has_tag else value
        named = known.values.GetBackward(octets) if known.values.HasBackward(octets) else None
        return ReplyAttribute(name, int.from_bytes(octets) if named is None else named)
    if known.type in {"integer", "octets"}:  # an integer of the wrong size is shown, not judged
        return ReplyAttribute(name, value.hex())
    if known.type == "string":
        value = _without_tag(value) if known.has_tag else value
        return ReplyAttribute(name, value.decode("utf-8", "backslashreplace"))
    from pyrad import tools

    try:
        return ReplyAttribute(name, tools.DecodeAttr(known.type, value))
    except ValueError:  # an address of the wrong size is shown, not judged
        return ReplyAttribute(name, value.hex())


def _without_tag(text: bytes) -> bytes:
    """RFC 2868 3.6: a first octet above 0x1F is no tag, but data."""
    return text[1:] if text and text[0] <= 0x1F else text
