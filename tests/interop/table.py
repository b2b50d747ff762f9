"""The cases that both clients run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from harness.outcome import Cause, Verdict
from harness.pki.keys import KeyType
from harness.server.settings import (
    AllowedIdentities,
    CertificateCnEqualsIdentity,
    CheckCertCn,
    RejectAll,
    Secret,
)
from tests.interop.case import SERVER_NAME, SPECS, Case, Crl

_TLS12 = ("1.2", "1.2")
_TLS13 = ("1.3", "1.3")
_OLD_TLS = {"tls_min": "1.0", "ciphers": "DEFAULT@SECLEVEL=0"}
_ALL_CRLS = {"check_crl": True, "check_all_crl": True}


def _connected(name: str, **more: Any) -> Case:
    cause = Cause.MUTUAL_AUTHENTICATION if more.get("root", "root") else Cause.SERVER_NOT_AUTHENTICATED
    return Case(name=name, verdict=Verdict.CONNECTED, cause=cause, **more)


def _rejected(name: str, cause: Cause, **more: Any) -> Case:
    return Case(name=name, verdict=Verdict.REJECTED, cause=cause, **more)


def _refused(name: str, cause: Cause, **more: Any) -> Case:
    return Case(name=name, verdict=Verdict.REFUSED, cause=cause, **more)


def _unanswered(name: str, cause: Cause, **more: Any) -> Case:
    return Case(name=name, verdict=Verdict.UNANSWERED, cause=cause, **more)


def _in_both(cases: Iterable[Case]) -> Iterator[Case]:
    """Yield each case with TLS 1.2 and with TLS 1.3: they fail at different points."""
    for case in cases:
        yield replace(case, name=f"{case.name}, TLS 1.2", tls=_TLS12)
        yield replace(case, name=f"{case.name}, TLS 1.3", tls=_TLS13)


_FINE = (
    _connected("plain"),
    _connected("the server is not verified", root=None),
    _connected("server name", server_name=SERVER_NAME),
    _connected("intermediates on both sides", server="chained-server", device="chained-device"),
    _connected("server sends the root, too", settings={"auto_chain": True}),
    _connected("small fragments both ways", fragment_size=200, settings={"fragment_size": 200}),
    _connected("length only in first fragments", settings={"include_length": False, "fragment_size": 300}),
    _connected(
        "method negotiated by Nak", settings={"eap_methods": ("md5", "tls"), "default_eap_type": "md5"}
    ),
    _connected("server certificate without purpose", server="no-purpose-server"),
    _connected("client certificate without purpose", device="no-purpose-device"),
    _connected("CRL lists others", crls=(Crl(),), settings={"check_crl": True}),
    _connected(
        "CRLs of a whole chain", device="chained-device", crls=(Crl(), Crl("middle")), settings=_ALL_CRLS
    ),
    _connected("name check passes", settings={"policy": CertificateCnEqualsIdentity()}),
    _connected("VLAN assigned", settings={"vlan": 42}),
    _connected("PMK for SHA-256", akm=5),
    _connected("PMK for SHA-384", akm=12),
    _connected("identity in UTF-8, with a quote", identity='gerät "7"@corp.example'),
    _connected("anonymous identity", identity="@corp.example"),
    _connected("identity of 253 octets", identity="x" * 240 + "@corp.example"),
    _connected("server name in capitals", server_name=SERVER_NAME.upper()),
    _connected(
        "server name by wildcard",
        server="wildcard-server",
        server_name=SERVER_NAME,
        known_difference="domain_match knows no wildcards, RFC 9525 6.3 does",
    ),
)

_KEYS = (
    *(
        _connected(f"{key} on both sides", server=f"{key}-server", device=f"{key}-device")
        for key in KeyType
        if f"{key}-server" in SPECS
    ),
    _connected("RSA server, EC client", server="rsa-2048-server"),
    _connected("EC server, RSA client", device="rsa-2048-device"),
)

_BAD_CLIENTS = (
    _rejected("client expired", Cause.CLIENT_CERTIFICATE_EXPIRED, device="expired-device"),
    _rejected("client not yet valid", Cause.CLIENT_CERTIFICATE_NOT_YET_VALID, device="not-yet-valid-device"),
    _rejected("client of an unknown CA", Cause.CLIENT_ISSUER_UNKNOWN, device="unknown-ca-device"),
    _rejected("client self-signed", Cause.CLIENT_CERTIFICATE_SELF_SIGNED, device="self-signed-device"),
    _rejected("client chain incomplete", Cause.CLIENT_CHAIN_INCOMPLETE, device="missing-intermediate-device"),
    _rejected("client purpose", Cause.CLIENT_CERTIFICATE_WRONG_PURPOSE, device="wrong-purpose-device"),
    _rejected("client key weak", Cause.CLIENT_KEY_TOO_WEAK, device="weak-key-device"),
    _rejected(
        "client revoked",
        Cause.CLIENT_CERTIFICATE_REVOKED,
        device="revoked-device",
        crls=(Crl(),),
        settings={"check_crl": True},
    ),
    _rejected(
        "client of an intermediate revoked",
        Cause.CLIENT_CERTIFICATE_REVOKED,
        device="revoked-by-middle",
        crls=(Crl(), Crl("middle")),
        settings=_ALL_CRLS,
    ),
    _rejected(
        "CRL of the root missing",
        Cause.CRL_MISSING,
        device="chained-device",
        crls=(Crl("middle"),),
        settings=_ALL_CRLS,
    ),
    _rejected("CRL missing", Cause.CRL_MISSING, settings={"check_crl": True}),
    _rejected("CRL expired", Cause.CRL_EXPIRED, crls=(Crl(expired=True),), settings={"check_crl": True}),
)

_POLICIES = (
    _rejected("policy rejects all", Cause.POLICY_REJECTED, settings={"policy": RejectAll()}),
    _rejected(
        "identity is not the certificate's name",
        Cause.IDENTITY_MISMATCH,
        identity="somebody-else",
        settings={"policy": CertificateCnEqualsIdentity()},
    ),
    _rejected(
        # FreeRADIUS: "EAP-Identity Unknown", before any method; that has no cause of its own.
        "identity empty",
        Cause.IDENTITY_UNKNOWN,
        identity="",
    ),
    _rejected(
        "identity not allowed", Cause.POLICY_REJECTED, settings={"policy": AllowedIdentities(("other",))}
    ),
    _rejected("name check fails", Cause.IDENTITY_MISMATCH, settings={"policy": CheckCertCn("other")}),
)

_BAD_SERVERS = (
    _refused("server of an unknown CA", Cause.SERVER_ISSUER_UNKNOWN, server="unknown-ca-server"),
    _refused("root is another one", Cause.SERVER_ISSUER_UNKNOWN, root="other-root"),
    _refused("root is an intermediate", Cause.ROOT_CA_NOT_A_ROOT, server="chained-server", root="middle"),
    _refused("root is the server's certificate", Cause.SERVER_ISSUER_UNKNOWN, root="server"),
    _refused("server self-signed", Cause.SERVER_CERTIFICATE_SELF_SIGNED, server="self-signed-server"),
    _refused("server chain incomplete", Cause.SERVER_CHAIN_INCOMPLETE, server="missing-intermediate-server"),
    _refused("server expired", Cause.SERVER_CERTIFICATE_EXPIRED, server="expired-server"),
    _refused("server not yet valid", Cause.SERVER_CERTIFICATE_NOT_YET_VALID, server="not-yet-valid-server"),
    _refused("server purpose", Cause.SERVER_CERTIFICATE_WRONG_PURPOSE, server="wrong-purpose-server"),
    _refused("root expired", Cause.ROOT_CA_EXPIRED, server="old-server", root="expired-root"),
    _refused("root not yet valid", Cause.ROOT_CA_NOT_YET_VALID, server="early-server", root="future-root"),
    _refused("server name", Cause.SERVER_NAME_MISMATCH, server_name="other.corp.example"),
    _refused(
        "server name in the certificate",
        Cause.SERVER_NAME_MISMATCH,
        server="wrong-name-server",
        server_name=SERVER_NAME,
    ),
    _refused(
        "server name in CN only",
        Cause.SERVER_NAME_MISMATCH,
        server="nameless-server",
        server_name=SERVER_NAME,
        known_difference="domain_match falls back to the CN, RFC 9525 does not",
    ),
    _connected("expired server, not verified", server="expired-server", root=None),
)

_NEGOTIATION = (
    _connected("server has TLS 1.2 only", settings={"tls_max": "1.2"}),
    _connected("client has TLS 1.2 only", tls=_TLS12),
    _connected("TLS 1.0", tls=("1.0", "1.0"), settings=_OLD_TLS),
    _connected("TLS 1.1", tls=("1.1", "1.1"), settings=_OLD_TLS),
    _rejected("server 1.2, client 1.1", Cause.TLS_VERSION_MISMATCH, tls=("1.0", "1.1")),
    _connected("both have TLS 1.3 only", tls=_TLS13, settings={"tls_min": "1.3"}),
    _rejected("server 1.2, client 1.3", Cause.TLS_VERSION_MISMATCH, tls=_TLS13, settings={"tls_max": "1.2"}),
    _rejected("server 1.3, client 1.2", Cause.TLS_VERSION_MISMATCH, tls=_TLS12, settings={"tls_min": "1.3"}),
    _connected("one cipher", tls=_TLS12, ciphers="ECDHE-ECDSA-CHACHA20-POLY1305"),
    _connected("server's cipher", tls=_TLS12, settings={"ciphers": "ECDHE-ECDSA-AES128-GCM-SHA256"}),
    _rejected(
        "no cipher in common",
        Cause.TLS_NO_SHARED_CIPHER,
        tls=_TLS12,
        ciphers="ECDHE-ECDSA-AES256-GCM-SHA384",
        settings={"ciphers": "ECDHE-ECDSA-AES128-GCM-SHA256"},
    ),
    _rejected(
        "cipher for keys of another type",
        Cause.TLS_NO_SHARED_CIPHER,
        tls=_TLS12,
        server="rsa-2048-server",
        ciphers="ECDHE-ECDSA-AES256-GCM-SHA384",
    ),
    _rejected(
        "no EAP method in common",
        Cause.NO_COMMON_EAP_METHOD,
        settings={"eap_methods": ("md5",), "default_eap_type": "md5"},
    ),
    _rejected(
        "too many round trips",
        Cause.EAP_ROUND_LIMIT,
        tls=_TLS12,
        server="rsa-3072-server",
        device="rsa-3072-device",
        fragment_size=30,
        settings={"fragment_size": 100},
    ),
)

_LINK = (
    Case(
        name="keys missing",
        verdict=Verdict.UNUSABLE,
        cause=Cause.KEYS_MISSING,
        settings={"send_keys": False},
    ),
    _unanswered("secret wrong", Cause.SHARED_SECRET_WRONG, right_secret=False),
    _unanswered("nobody listens", Cause.SERVER_UNREACHABLE, listening=False),
    _unanswered(
        "access point unknown", Cause.NAS_UNKNOWN, settings={"clients": (("127.99.0.0/16", Secret("other")),)}
    ),
    Case(
        name="client key of another certificate",
        verdict=Verdict.NOT_ATTEMPTED,
        cause=Cause.CLIENT_KEY_MISMATCH,
        device="key-mismatch-device",
    ),
)

CASES: tuple[Case, ...] = (
    *_in_both(_FINE),
    *_in_both(_KEYS),
    *_in_both(_BAD_CLIENTS),
    *_in_both(_POLICIES),
    *_in_both(_BAD_SERVERS),
    *_NEGOTIATION,
    *_LINK,
)
