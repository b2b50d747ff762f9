"""What a CA wants to see in a certification request: the CSR attributes of EST (RFC 7030 4.5, RFC 9908).

The message is ``SEQUENCE OF CHOICE { OBJECT IDENTIFIER, Attribute }``. A key is named by the identifier of its
algorithm as an attribute, whose value is the curve or the number of bits; a signature by a bare identifier.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.x509.oid import SignatureAlgorithmOID

from harness.pki.est_messages import UnreadableBody, decode_body, encode_body
from harness.pki.keys import KeyType

_EC = x509.ObjectIdentifier("1.2.840.10045.2.1")
_RSA = x509.ObjectIdentifier("1.2.840.113549.1.1.1")
_ED25519 = x509.ObjectIdentifier("1.3.101.112")
CHALLENGE_PASSWORD = x509.ObjectIdentifier("1.2.840.113549.1.9.7")
"""Asks for the binding of the request to the TLS connection (RFC 7030 3.5), which needs a TLS that tells its own."""

_CURVES = {
    KeyType.EC_P256: x509.ObjectIdentifier("1.2.840.10045.3.1.7"),
    KeyType.EC_P384: x509.ObjectIdentifier("1.3.132.0.34"),
    KeyType.EC_P521: x509.ObjectIdentifier("1.3.132.0.35"),
}
_BITS = {KeyType.RSA_1024: 1024, KeyType.RSA_2048: 2048, KeyType.RSA_3072: 3072, KeyType.RSA_4096: 4096}
_SIGNATURES = {
    KeyType.EC_P256: SignatureAlgorithmOID.ECDSA_WITH_SHA256,
    KeyType.EC_P384: SignatureAlgorithmOID.ECDSA_WITH_SHA384,
    KeyType.EC_P521: SignatureAlgorithmOID.ECDSA_WITH_SHA512,
    KeyType.ED25519: SignatureAlgorithmOID.ED25519,
}


@asn1.sequence
class _Attribute:
    """An attribute of PKCS #10 (RFC 2986 4.1)."""

    type: x509.ObjectIdentifier
    values: asn1.SetOf[asn1.TLV]


@asn1.sequence
class _Holder:
    # The library reads and writes a SEQUENCE OF only as a field.
    items: list[x509.ObjectIdentifier | _Attribute]


@asn1.sequence
class _Opaque:
    item: asn1.TLV


@dataclass(frozen=True, slots=True)
class CsrAttributes:
    """What was read: kinds of key in the CA's order, and every identifier that was named, in order."""

    keys: tuple[KeyType, ...]
    identifiers: tuple[x509.ObjectIdentifier, ...]


def encode_csr_attributes(keys: Iterable[KeyType]) -> bytes:
    """Write the message that asks for a key of one of these kinds, the preferred one first."""
    items: list[x509.ObjectIdentifier | _Attribute] = []
    for key in keys:
        items.append(_attribute(key))
        signature = _SIGNATURES.get(key, SignatureAlgorithmOID.RSA_WITH_SHA256)
        if signature not in items:
            items.append(signature)
    whole: asn1.TLV = asn1.decode_der(asn1.TLV, asn1.encode_der(_Holder(items=items)))
    return encode_body(bytes(whole.data))


def decode_csr_attributes(body: bytes) -> CsrAttributes:
    """Read the message; what is not known to this reader is passed over (RFC 7030 4.5.2).

    Raises :class:`UnreadableBody`.
    """
    der = decode_body(body, "CSR attributes")
    try:
        whole: asn1.TLV = asn1.decode_der(asn1.TLV, der)
        held = asn1.decode_der(_Holder, asn1.encode_der(_Opaque(item=whole)))
    except ValueError as error:
        raise UnreadableBody(
            "not-csrattrs", f"the body is base64, but not of CSR attributes: {error}"
        ) from None
    named = tuple(item.type if isinstance(item, _Attribute) else item for item in held.items)
    kinds = (_kind(item) for item in held.items)
    return CsrAttributes(tuple(dict.fromkeys(kind for kind in kinds if kind)), named)


def _attribute(key: KeyType) -> x509.ObjectIdentifier | _Attribute:
    if key is KeyType.ED25519:
        return _ED25519
    value = asn1.encode_der(_CURVES[key] if key in _CURVES else _BITS[key])
    values = asn1.SetOf([asn1.decode_der(asn1.TLV, value)])
    return _Attribute(type=_EC if key in _CURVES else _RSA, values=values)


def _kind(item: x509.ObjectIdentifier | _Attribute) -> KeyType | None:
    if isinstance(item, x509.ObjectIdentifier):
        return KeyType.ED25519 if item == _ED25519 else None
    values = item.values.as_list()
    if len(values) != 1 or item.type not in (_EC, _RSA):
        return None
    known: dict[KeyType, x509.ObjectIdentifier] | dict[KeyType, int]
    known, kind = (_CURVES, x509.ObjectIdentifier) if item.type == _EC else (_BITS, int)
    try:
        value = values[0].parse(kind)
    except ValueError:
        return None
    return next((key for key, written in known.items() if written == value), None)
