"""Texts that end up where not every text fits: a server's configuration, a RADIUS attribute, a beacon, a key.

Each type says in one sentence what does not fit and what to write instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator

from harness.scenario.values import Text, mistake, shown

MOST_IN_ATTRIBUTE = 253
"""Octets of a RADIUS attribute's value (RFC 2865 5)."""
_MOST_IN_SETTING = 2000
"""Octets of one setting; FreeRADIUS reads lines of 8,192."""
_MOST_SSID = 32
_MOST_PASSWORD = 1023
"""Octets; the library that encrypts keys takes no more."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,126}(:([0-9]|[12][0-9]|3[01]))?")
_PSK = re.compile(r"[ -~]{8,63}|[0-9A-Fa-f]{64}")


def _octets(value: str) -> int:
    return len(value.encode())


def printable(value: str) -> str:
    """Insist on one line of printable text.

    Raises :class:`pydantic_core.PydanticCustomError`, as all functions here.
    """
    wrong = next((letter for letter in value if not letter.isprintable()), None)
    if wrong is not None:
        raise mistake(
            f"{shown(value)} holds the character U+{ord(wrong):04X}, which FreeRADIUS's configuration does not keep",
            "write printable text on one line",
        )
    return value


def configurable(value: str) -> str:
    """Insist on what a setting of FreeRADIUS holds unchanged inside single quotes."""
    printable(value)
    if "\\" in value:
        raise mistake(
            f"{shown(value)} holds a backslash, which FreeRADIUS's settings do not keep",
            "write it without a backslash",
        )
    if _octets(value) > _MOST_IN_SETTING:
        raise mistake(
            f"{shown(value)} has {_octets(value)} octets", f"a setting has {_MOST_IN_SETTING} at most"
        )
    return value


def in_attribute(value: str) -> str:
    """Insist on 1 to 253 octets."""
    if not 1 <= _octets(value) <= MOST_IN_ATTRIBUTE:
        raise mistake(
            f"{shown(value)} has {_octets(value)} octets",
            f"a RADIUS attribute holds 1 to {MOST_IN_ATTRIBUTE} (RFC 2865 5)",
        )
    return value


def _attribute_name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise mistake(
            f"{shown(value)} is no name of a RADIUS attribute",
            "write letters, digits, - and a tag after a colon, as in Filter-Id or Tunnel-Type:1",
        )
    return value


def _not_empty(value: str) -> str:
    if not value:
        raise mistake("the text is empty", "write the text, or leave the key out")
    return value


def _up_to_an_attribute(value: str) -> str:
    return in_attribute(value) if value else value


def _ssid(value: str) -> str:
    if not 1 <= _octets(value) <= _MOST_SSID:
        raise mistake(
            f"the SSID {shown(value)} has {_octets(value)} octets",
            f"an access point announces 1 to {_MOST_SSID} (IEEE 802.11-2020 9.4.2.2)",
        )
    return value


def _psk(value: str) -> str:
    if not _PSK.fullmatch(value):
        raise mistake(
            "this is no pre-shared key",
            "write 8 to 63 printable ASCII characters, or 64 hexadecimal digits (IEEE 802.11-2020 J.4)",
        )
    return value


def _password(value: str) -> str:
    if not 1 <= _octets(value) <= _MOST_PASSWORD:
        raise mistake(
            "a key cannot be encrypted with a password of this length",
            f"write 1 to {_MOST_PASSWORD} octets, or leave it out",
        )
    return value


def _after(*checks: Callable[[str], str]) -> AfterValidator:
    def check(value: str) -> str:
        for one in checks:
            one(value)
        return value

    return AfterValidator(check)


SettingText = Annotated[Text, _after(configurable)]
"""A setting of FreeRADIUS."""
CommonNameSetting = Annotated[Text, _after(_not_empty, configurable)]
"""A common name that FreeRADIUS compares with."""
AttributeName = Annotated[str, _after(_attribute_name)]
"""The name of a RADIUS attribute; which ones there are FreeRADIUS knows."""
ReplyText = Annotated[Text, _after(in_attribute, printable)]
"""The value of an attribute of an Access-Accept."""
AttributeText = Annotated[Text, _after(in_attribute)]
"""The value of an attribute that the access point sends."""
IdentityText = Annotated[Text, _after(_up_to_an_attribute)]
"""A User-Name that the server compares with; it may be empty."""
Ssid = Annotated[Text, _after(_ssid)]
"""What an access point announces."""
Psk = Annotated[Text, _after(_psk)]
"""The pre-shared key of an access point."""
KeyPassword = Annotated[Text, _after(_password)]
"""A password that a private key is encrypted with."""
