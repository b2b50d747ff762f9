from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from harness.services.web.trust import ClientTrust

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def _made(
    name: str, days: int, issuer: tuple[str, ec.EllipticCurvePrivateKey] | None = None
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """Make a certificate without key identifiers, as tenant CAs are."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    by, signer = issuer or (name, key)
    builder = x509.CertificateBuilder(
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, by)]),
        subject,
        key.public_key(),
        x509.random_serial_number(),
        NOW - timedelta(days=1),
        NOW + timedelta(days=days),
    ).add_extension(x509.BasicConstraints(ca=name != "leaf", path_length=None), critical=True)
    return builder.sign(signer, hashes.SHA256()), key


def test_of_two_cas_of_one_name_the_one_that_signed_is_found() -> None:
    old, old_key = _made("tenant", 30)
    new, new_key = _made("tenant", 90)
    for anchors in ((old, new), (new, old)):
        trust = ClientTrust(anchors, partial_chain=True)
        plain = replace(trust, by_signature=False)
        for signer, key in ((old, old_key), (new, new_key)):
            leaf, _ = _made("leaf", 1, ("tenant", key))
            assert trust.failure([leaf], NOW) is None
            # A plain OpenSSL server takes the first CA of that name, and looks no further.
            failure = plain.failure([leaf], NOW)
            assert (failure is None) == (anchors[0] == signer)
            assert failure is None or str(failure) == "certificate signature failure at depth 0"


def test_a_leaf_of_neither_is_refused_with_openssl_s_reason() -> None:
    old, _ = _made("tenant", 30)
    new, _ = _made("tenant", 90)
    stranger = ec.generate_private_key(ec.SECP256R1())
    leaf, _ = _made("leaf", 1, ("tenant", stranger))
    failure = ClientTrust((old, new), partial_chain=True).failure([leaf], NOW)
    assert failure is not None
    assert str(failure) == "certificate signature failure at depth 0"
    assert failure.subject == "CN=leaf"


def test_a_ca_that_is_no_root_ends_a_chain_only_when_it_may() -> None:
    root, root_key = _made("root", 900)
    tenant, tenant_key = _made("tenant", 90, ("root", root_key))
    leaf, _ = _made("leaf", 1, ("tenant", tenant_key))
    assert str(ClientTrust((tenant,)).failure([leaf, tenant], NOW)) == (
        "unable to get issuer certificate at depth 1"
    )
    assert ClientTrust((tenant,), partial_chain=True).failure([leaf, tenant], NOW) is None
    assert ClientTrust((root,)).failure([leaf, tenant], NOW) is None
    assert str(ClientTrust((root,)).failure([leaf], NOW)) == (
        "unable to get local issuer certificate at depth 0"
    )
    assert ClientTrust((root,), (tenant,)).failure([leaf], NOW) is None
    late = NOW + timedelta(days=2)
    assert str(ClientTrust((root,), (tenant,)).failure([leaf], late)) == "certificate has expired at depth 0"
