"""Certificate paths as far as a diagnosis needs them: who issued whom, and which link is missing.

Nothing here decides whether a chain is valid; that is OpenSSL's word, and only explained here.
A certificate that does not parse (tests are full of them) counts as issued by nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import NameOID

Certificates = Sequence[x509.Certificate]

_UNREADABLE = (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm)
_TYPES: Mapping[type[x509.GeneralName], str] = {
    x509.DNSName: "DNS",
    x509.RFC822Name: "email",
    x509.UniformResourceIdentifier: "URI",
    x509.IPAddress: "IP Address",
}
_DEEPEST = 10
_PAIRS = 4096
"""How many answers are remembered: a run sees the same few certificates again and again."""


@lru_cache(maxsize=_PAIRS)
def subject(certificate: x509.Certificate) -> str:
    """Return the subject as RFC 4514 writes it, in words when it does not parse.

    An empty one has its names in the subjectAltName (RFC 5280 4.1.2.6); the first stands for it, as in
    ``DNS:thermostat-7.corp.example``.
    """
    try:
        return certificate.subject.rfc4514_string() or _alternative(certificate)
    except _UNREADABLE:
        return "a certificate with an unreadable subject"


def _alternative(certificate: x509.Certificate) -> str:
    """Return the first subject alternative name with its type as OpenSSL writes it."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return "a certificate without subject"
    typed = (f"{_TYPES[type(name)]}:{name.value}" for name in names if type(name) in _TYPES)
    return next(typed, "a certificate without subject")


def common_names(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return the common names in the subject; none when it does not parse."""
    try:
        attributes = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return tuple(str(attribute.value) for attribute in attributes)
    except _UNREADABLE:
        return ()


@lru_cache(maxsize=_PAIRS)
def issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Return whether names and signature say that ``issuer`` issued ``certificate``."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except _UNREADABLE:
        return False
    return True


def path(leaf: x509.Certificate, between: Certificates, anchors: Certificates) -> Certificates:
    """Return a path from ``leaf`` to one of ``anchors`` through ``between``; empty if there is none."""
    return _path([leaf], between, anchors)


def _path(below: list[x509.Certificate], between: Certificates, anchors: Certificates) -> Certificates:
    top = below[-1]
    if top in anchors:
        return below
    for anchor in anchors:
        if issued_by(top, anchor):
            return [*below, anchor]
    if len(below) == _DEEPEST:
        return []
    for candidate in between:
        if candidate not in below and issued_by(top, candidate):
            found = _path([*below, candidate], between, anchors)
            if found:
                return found
    return []


def missing_intermediate(
    sent: Certificates, known: Certificates, anchors: Certificates
) -> x509.Certificate | None:
    """Return the first known certificate that was not sent and without which no path exists.

    ``sent`` is leaf first. ``None``: the chain as sent reaches an anchor, or nothing known closes the gap.
    """
    if not sent or path(sent[0], sent[1:], anchors):
        return None
    whole = path(sent[0], [*sent[1:], *known], anchors)
    return next((link for link in whole if link not in sent and link not in anchors), None)


def namesake_of_issuer(sent: Certificates, anchors: Certificates) -> x509.Certificate | None:
    """Return an anchor that has the name of the issuer of a chain's last certificate, and did not sign it."""
    if not sent:
        return None
    try:
        wanted = sent[-1].issuer
        return next((ca for ca in anchors if ca.subject == wanted and not issued_by(sent[-1], ca)), None)
    except _UNREADABLE:
        return None


def not_before(certificate: x509.Certificate) -> datetime:
    """Return notBefore; the beginning of time when it does not parse."""
    try:
        return certificate.not_valid_before_utc
    except _UNREADABLE:
        return datetime.min.replace(tzinfo=UTC)


def not_after(certificate: x509.Certificate) -> datetime:
    """Return notAfter; the end of time when it does not parse."""
    try:
        return certificate.not_valid_after_utc
    except _UNREADABLE:
        return datetime.max.replace(tzinfo=UTC)
