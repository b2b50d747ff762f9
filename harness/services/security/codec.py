"""A Security Service as JSON and back, private keys included: certificates and keys in PEM, times in ISO 8601."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from harness.pki.keys import KeyType, private_key_pem
from harness.services.security.foundation import Foundation
from harness.services.security.lifecycle import LifeCycle
from harness.services.security.service import SecurityService, Tenant, TenantRecord
from harness.services.security.shapes import EcKey
from harness.services.security.succession import Authority

_FORMAT = 1
Json = Mapping[str, Any]


def encode(service: SecurityService, selected: str) -> Json:
    """Return what is kept of a service."""
    base = service.foundation
    return {
        "format": _FORMAT,
        "beginning": service.beginning.isoformat(),
        "selected": selected,
        "lifecycle": _encode_lifecycle(service.lifecycle),
        "root": _encode_certificate(base.root),
        "root-key": _encode_key(base.root_key),
        "policy": _encode_certificate(base.policy),
        "policy-key": _encode_key(base.policy_key),
        "tenants": [_encode_record(record) for record in service.records()],
    }


def decode(content: Json) -> tuple[SecurityService, str]:
    """Return a service and the ID of its selected tenant.

    Raises :class:`ValueError`, :class:`KeyError`, :class:`TypeError` or :class:`AttributeError` for what is no
    such content.
    """
    if content["format"] != _FORMAT:
        raise ValueError("another format")
    base = Foundation(
        _decode_certificate(content["root"]),
        _decode_key(content["root-key"]),
        _decode_certificate(content["policy"]),
        _decode_key(content["policy-key"]),
    )
    service = SecurityService(
        _decode_lifecycle(content["lifecycle"]),
        beginning=datetime.fromisoformat(content["beginning"]),
        foundation=base,
        records=[_decode_record(one) for one in content["tenants"]],
    )
    return service, str(content["selected"])


def _encode_record(record: TenantRecord) -> Json:
    return {
        "id": record.tenant.id,
        "name": record.tenant.name,
        "created": record.tenant.created.isoformat(),
        "lifecycle": _encode_lifecycle(record.lifecycle),
        "wrong-signature-field": record.wrong_signature_field,
        "devices": sorted(record.devices),
        "authorities": [
            {
                "certificate": _encode_certificate(one.certificate),
                "key": _encode_key(one.key),
                "issued": one.issued.isoformat(),
                "takes-over": one.takes_over.isoformat(),
                "revoked": one.revoked.isoformat() if one.revoked else None,
            }
            for one in record.line
        ],
    }


def _decode_record(content: Json) -> TenantRecord:
    created = datetime.fromisoformat(content["created"])
    line = [
        Authority(
            _decode_certificate(one["certificate"]),
            _decode_key(one["key"]),
            datetime.fromisoformat(one["issued"]),
            datetime.fromisoformat(one["takes-over"]),
            datetime.fromisoformat(one["revoked"]) if one["revoked"] else None,
        )
        for one in content["authorities"]
    ]
    return TenantRecord(
        Tenant(str(content["id"]), str(content["name"]), created),
        _decode_lifecycle(content["lifecycle"]),
        line,
        set(content["devices"]),
        bool(content["wrong-signature-field"]),
    )


def _encode_lifecycle(lifecycle: LifeCycle) -> Json:
    values = {field.name: getattr(lifecycle, field.name) for field in fields(lifecycle)}
    return {
        name: value.total_seconds() if isinstance(value, timedelta) else str(value)
        for name, value in values.items()
    }


def _decode_lifecycle(content: Json) -> LifeCycle:
    values: dict[str, Any] = {
        name: timedelta(seconds=value) if name != "key" else KeyType(value) for name, value in content.items()
    }
    return LifeCycle(**values)


def _encode_certificate(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def _decode_certificate(text: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(text.encode())


def _encode_key(key: EcKey) -> str:
    return private_key_pem(key).decode()


def _decode_key(text: str) -> EcKey:
    key = load_pem_private_key(text.encode(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("another kind of key")
    return key
