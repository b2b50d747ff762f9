"""Subject and issuer names as the device shows them: ``/C=DE/O=Corp/CN=thermostat-7``."""

from __future__ import annotations

from cryptography import x509

# What RFC 4514 has no word for.
_SHORT = {"1.2.840.113549.1.9.1": "emailAddress"}


def one_line(name: x509.Name, length: int) -> str:
    r"""Write a name on one line and cut it after that many characters.

    Characters that are not printable ASCII are written as ``\xNN``, so that a name is one line
    whatever is in it. Raises :class:`ValueError` for a name that does not parse.
    """
    return "".join(f"/{_word(attribute)}={_printable(attribute.value)}" for attribute in name)[:length]


def _word(attribute: x509.NameAttribute[str | bytes]) -> str:
    return _SHORT.get(attribute.rfc4514_attribute_name, attribute.rfc4514_attribute_name)


def _printable(value: str | bytes) -> str:
    octets = value.encode() if isinstance(value, str) else value
    return "".join(chr(octet) if 0x20 <= octet < 0x7F else f"\\x{octet:02X}" for octet in octets)
