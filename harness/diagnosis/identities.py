r"""An identity in clear against the names in a certificate, and against the form of an NAI (RFC 7542 2.2).

Only what is nowhere in the certificate is told: the forms in which clients write one and the same name (a host name
with and without its domain, ``host/NAME``, ``DOMAIN\NAME``, a realm behind it) are all that name. A certificate
that does not parse is said to name anybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto
from functools import lru_cache

from cryptography import x509
from cryptography.x509.oid import NameOID

MOST_IN_USER_NAME = 253
"""Octets that a RADIUS attribute holds (RFC 2865 5)."""
_UPN = x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
_PLACES = frozenset(
    {
        NameOID.COUNTRY_NAME,
        NameOID.STATE_OR_PROVINCE_NAME,
        NameOID.LOCALITY_NAME,
        NameOID.ORGANIZATION_NAME,
        NameOID.ORGANIZATIONAL_UNIT_NAME,
        NameOID.DOMAIN_COMPONENT,
    }
)
"""Attributes of a subject that tell whose a certificate is, and name nobody."""
_ANONYMOUS = frozenset({"", "anonymous", "anon"})
_STRINGS = frozenset({0x0C, 0x13, 0x16})
"""ASN.1 tags of UTF8String, PrintableString and IA5String."""
_SHORT_FORM = 0x80
_REMEMBERED = 1024


class _Kind(Enum):
    """What a name is compared with: itself, the user part of any realm, or a host of any domain."""

    WHOLE = auto()
    USER = auto()
    HOST = auto()


_Form = tuple[_Kind, str]
# What is left of ASCII, and all beyond. Said by what is not meant: a set of so many characters takes 10 ms to compile.
_ATEXT = r"[^\x00-\x20\"(),.:;<>@\[\\\]\x7f]"
_RTEXT = r"[^\x00-/:-@\[-`{-\x7f]"
_USER = re.compile(rf"{_ATEXT}+(?:\.{_ATEXT}+)*")
_LABEL = rf"{_RTEXT}(?:(?:{_RTEXT}|-)*{_RTEXT})?"
_REALM = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")


def nai_fault(identity: str) -> str:
    """Return what RFC 7542 2.2 does not allow in an identity; empty: nothing.

    An empty identity is no NAI and allowed all the same (RFC 3748 5.1).
    """
    user, at, realm = identity.rpartition("@") if "@" in identity else (identity, "", "")
    if not identity:
        return ""
    if user and not _USER.fullmatch(user):
        return f'"{user}" is no user name'
    if at and not _REALM.fullmatch(realm):
        return f'"{realm}" is no realm: that has labels of letters, digits and inner hyphens, and a dot between them'
    return ""


def is_anonymous(identity: str) -> bool:
    """Return whether an identity names nobody: no user part, or a word for it (RFC 9190 2.1.7, RFC 7542 2.4)."""
    return identity.partition("@")[0].casefold() in _ANONYMOUS


def is_named(identity: str, certificate: x509.Certificate) -> bool:
    """Return whether a certificate has the name that an identity gives, in any form of it."""
    names = _names(certificate)
    if names is None:
        return True
    forms, others = names
    return not forms.isdisjoint(_given(identity)) or any(identity.encode() in value for value in others)


def _given(identity: str) -> Iterator[_Form]:
    """Return the names that an identity may stand for."""
    whole = identity.casefold()
    yield _Kind.WHOLE, whole
    user, at, realm = whole.rpartition("@") if "@" in whole else (whole, "", "")
    name = user.removeprefix("host/").rpartition("\\")[2].removesuffix("$")
    if at:
        # A realm says where to ask (RFC 7542 2.5): it counts for certificates that have one with the name.
        yield _Kind.USER, name
        yield _Kind.WHOLE, f"{name}@{realm}"
        yield _Kind.WHOLE, f"{name}.{realm}"
    else:
        yield _Kind.WHOLE, name
    if user.startswith("host/"):
        yield _Kind.HOST, name.partition(".")[0]


@lru_cache(maxsize=_REMEMBERED)
def _names(certificate: x509.Certificate) -> tuple[frozenset[_Form], tuple[bytes, ...]] | None:
    """Return a certificate's names as identities may give them, and the octets of names in other forms."""
    try:
        subject = [_text(one) for one in certificate.subject if one.oid not in _PLACES]
        alternatives = list(_alternatives(certificate))
    except (ValueError, TypeError):
        return None
    octets = tuple(
        name.value for name in alternatives if isinstance(name, x509.OtherName) and name.type_id != _UPN
    )
    text = {*subject, *(form for name in alternatives for form in _texts(name))}
    return frozenset(form for name in text for form in _meant(name.casefold())), octets


def _alternatives(
    certificate: x509.Certificate,
) -> x509.SubjectAlternativeName | tuple[x509.GeneralName, ...]:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()


def _meant(name: str) -> Iterator[_Form]:
    """Return what an identity may give for a name: also a part of it, where an identity leaves domain or realm out."""
    yield _Kind.WHOLE, name
    user, at, _ = name.rpartition("@")
    if at:
        yield _Kind.WHOLE, user
        return
    yield _Kind.USER, name
    host, dot, _ = name.partition(".")
    yield (_Kind.WHOLE, host) if dot else (_Kind.HOST, name)


def _texts(name: x509.GeneralName) -> Iterator[str]:
    if isinstance(name, x509.UniformResourceIdentifier):
        yield name.value
        yield from re.split(r"[/:@?#]+", name.value)
    elif isinstance(name, x509.DirectoryName):
        yield from (_text(one) for one in name.value if one.oid not in _PLACES)
    elif isinstance(name, x509.RegisteredID):
        yield name.value.dotted_string
    elif isinstance(name, x509.OtherName):
        if name.type_id == _UPN:
            yield _der_text(name.value)
    else:
        yield str(name.value)


def _text(attribute: x509.NameAttribute[str | bytes]) -> str:
    value = attribute.value
    return value if isinstance(value, str) else value.decode(errors="replace")


def _der_text(value: bytes) -> str:
    """Return the text of a short DER string; empty for anything else, which is compared as octets."""
    if len(value) < 2 or value[0] not in _STRINGS or value[1] >= _SHORT_FORM or len(value) != 2 + value[1]:
        return ""
    return value[2:].decode(errors="replace")
