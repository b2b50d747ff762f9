"""What the device says that it sent, against what a server of pyOpenSSL got."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL, crypto

from harness.outcome import Cause
from harness.pki.keys import KeyType
from harness.pki.spec import CertificateSpec, Defect, Profile
from harness.protocol import own_certificate
from harness.protocol.tls import PolicyUnusable, TlsClient, TlsContext
from harness.protocol.tls_policy import TlsPolicy

if TYPE_CHECKING:
    from harness.pki.credential import Credential
    from tests.protocol.conftest import Bench, Pki

_VERSIONS = {
    "1.0": SSL.TLS1_VERSION,
    "1.1": SSL.TLS1_1_VERSION,
    "1.2": SSL.TLS1_2_VERSION,
    "1.3": SSL.TLS1_3_VERSION,
}
_CHUNK = 1 << 16


def _server(shown: Credential, tls: str, ciphers: str, *, asks: bool = True) -> SSL.Connection:
    """Return a server of one TLS version that takes every client, also one without a certificate."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(_VERSIONS[tls])
    context.set_max_proto_version(_VERSIONS[tls])
    context.set_cipher_list(ciphers.encode())
    context.use_certificate(shown.certificate)
    context.use_privatekey(shown.key)
    for certificate in shown.chain:
        context.add_extra_chain_cert(certificate)
    if asks:
        context.set_verify(SSL.VERIFY_PEER, lambda *_: True)
    connection = SSL.Connection(context)
    connection.set_accept_state()
    return connection


def _shake(client: TlsClient, server: SSL.Connection) -> str:
    """Run a handshake to its end, and return the server's error, if it has one."""
    flight = client.start()
    for _ in range(8):
        if not flight:
            break
        server.bio_write(flight)
        error = ""
        try:
            server.do_handshake()
        except SSL.WantReadError:
            pass
        except SSL.Error as failed:
            error = str(failed)
        try:
            answer = server.bio_read(_CHUNK)
        except SSL.WantReadError:
            answer = b""
        if error or not answer:
            return error
        flight = client.receive(answer)
    return ""


def _got(server: SSL.Connection) -> list[bytes]:
    """Return the chain that the server got, leaf first, in DER."""
    leaf = server.get_peer_certificate()
    beside = server.get_peer_cert_chain() or []
    chain = [leaf, *(one for one in beside if one != leaf)] if leaf else []
    return [crypto.dump_certificate(crypto.FILETYPE_ASN1, one) for one in chain]


@pytest.fixture
def strong(bench: Bench) -> Credential:
    """A server's certificate that every level up to 4 takes."""
    return bench.pki.issue(CertificateSpec("strong-server", Profile.SERVER, "root", key=KeyType.EC_P384))


@pytest.mark.parametrize("details", [True, False])
@pytest.mark.parametrize("asks", [True, False])
@pytest.mark.parametrize(
    "key",
    [KeyType.RSA_1024, KeyType.RSA_2048, KeyType.EC_P256, KeyType.EC_P384, KeyType.ED25519, None],
    ids=str,
)
@pytest.mark.parametrize(
    ("tls", "level"),
    [("1.0", 0), ("1.1", 0), ("1.2", 0), ("1.2", 2), ("1.2", 4), ("1.3", 0), ("1.3", 2), ("1.3", 4)],
)
def test_what_was_sent_is_what_the_server_got(
    bench: Bench, strong: Credential, tls: str, level: int, key: KeyType | None, *, asks: bool, details: bool
) -> None:
    own = key and bench.pki.issue(CertificateSpec(f"own-{key}", Profile.CLIENT, "middle", key=key))
    policy = bench.policy(credential=own, tls_min=tls, tls_max=tls)
    client = TlsClient(TlsContext(policy, details=details))
    server = _server(strong, tls, f"DEFAULT@SECLEVEL={level}", asks=asks)

    error = _shake(client, server)

    seen = client.observe()
    if (tls, level, key) == ("1.2", 4, KeyType.EC_P256) and asks:
        # It came, and this server says so before it keeps it: below TLS 1.3 ECDSA is not bound to a curve.
        assert "wrong curve" in error
        assert seen.sent_chain == seen.own_chain
        return
    assert not error
    assert seen.handshake_complete
    assert [one.public_bytes(Encoding.DER) for one in seen.sent_chain] == _got(server)
    assert seen.own_chain == ((own.certificate, *own.chain) if own else ())
    assert not seen.stopped_itself


def test_some_of_these_were_withheld(bench: Bench, strong: Credential) -> None:
    own = bench.pki.issue(CertificateSpec("own", Profile.CLIENT, "root", key=KeyType.ED25519))
    for tls in ("1.2", "1.3"):
        client = TlsClient(TlsContext(bench.policy(credential=own)))
        _shake(client, _server(strong, tls, "DEFAULT@SECLEVEL=4"))
        assert client.observe().sent_chain == ()


@pytest.mark.parametrize("details", [True, False])
@pytest.mark.parametrize("tls", ["1.2", "1.3"])
@pytest.mark.parametrize(
    ("weak", "said"),
    [("root", None), ("issuing", "ca key too small"), ("sent root", "ca key too small")],
)
def test_a_weak_ca_in_the_own_chain_stops_the_device_and_not_the_server(
    bench: Bench, tls: str, weak: str, said: str | None, *, details: bool
) -> None:
    old = CertificateSpec("old-root", Profile.ROOT_CA, defect=Defect.WEAK_KEY)
    between = CertificateSpec(
        "plant", Profile.INTERMEDIATE_CA, "root", defect=Defect.WEAK_KEY if weak == "issuing" else None
    )
    bench.pki.add(old, between)
    issuer = "plant" if weak == "issuing" else "old-root"
    own = bench.pki.issue(CertificateSpec("own", Profile.CLIENT, issuer))
    if weak == "sent root":
        own = replace(own, chain=(bench.pki.issue(old).certificate,))
    client = TlsClient(TlsContext(bench.policy(credential=own, tls_max=tls), details=details))
    server = _server(bench.pki.server, tls, "DEFAULT@SECLEVEL=0")

    _shake(client, server)

    seen = client.observe()
    assert seen.error == (said or "")
    assert seen.stopped_itself is bool(said)
    assert seen.verify_failure is None
    assert bool(seen.sent_chain) is (said is None)


@pytest.mark.parametrize("details", [True, False])
@pytest.mark.parametrize("tls", ["1.0", "1.1", "1.2", "1.3"])
@pytest.mark.parametrize("own", [KeyType.EC_P256, KeyType.RSA_1024])
@pytest.mark.parametrize(
    ("weak", "number", "depth"), [("leaf", 66, 0), ("issuing", 67, 1), ("root", 67, 2), ("", None, None)]
)
def test_the_own_key_and_version_do_not_change_which_servers_are_accepted(
    bench: Bench, own: KeyType, tls: str, weak: str, number: int | None, depth: int | None, *, details: bool
) -> None:
    def defect(place: str) -> Defect | None:
        return Defect.WEAK_KEY if place == weak else None

    root = CertificateSpec("r", Profile.ROOT_CA, defect=defect("root"))
    issuing = CertificateSpec("i", Profile.INTERMEDIATE_CA, "r", defect=defect("issuing"))
    bench.pki.add(root, issuing)
    shown = bench.pki.issue(CertificateSpec("s", Profile.SERVER, "i", defect=defect("leaf")))
    client_certificate = bench.pki.issue(CertificateSpec("own", Profile.CLIENT, "root", key=own))
    policy = bench.policy(
        credential=client_certificate,
        root_ca=bench.pki.issue(root).certificate,
        tls_min=tls,
        tls_max=tls,
    )
    client = TlsClient(TlsContext(policy, details=details))
    server = _server(shown, tls, "DEFAULT@SECLEVEL=0")

    _shake(client, server)

    seen = client.observe()
    assert seen.handshake_complete is (number is None)
    if number is None:
        assert seen.sent_chain == (client_certificate.certificate,)
    elif details or tls < "1.2":
        assert seen.verify_failure is not None
        assert (seen.verify_failure.number, seen.verify_failure.depth) == (number, depth)
    else:
        assert seen.error == "certificate verify failed"


def test_a_weak_key_is_offered_where_the_server_signs_no_key_exchange(bench: Bench) -> None:
    own = bench.pki.issue(CertificateSpec("own", Profile.CLIENT, "root", defect=Defect.WEAK_KEY))
    shown = bench.pki.issue(CertificateSpec("rsa-server", Profile.SERVER, "root", key=KeyType.RSA_2048))
    client = TlsClient(TlsContext(bench.policy(credential=own, tls_max="1.2", ciphers="AES128-GCM-SHA256")))

    assert _shake(client, _server(shown, "1.2", "AES128-GCM-SHA256")) == ""
    assert client.observe().sent_chain == (own.certificate,)


def test_a_session_belongs_to_the_context_that_connections_start_with(bench: Bench) -> None:
    own = bench.pki.issue(CertificateSpec("own", Profile.CLIENT, "root", defect=Defect.WEAK_KEY))
    context = TlsContext(bench.policy(credential=own))
    client = TlsClient(context)
    _shake(client, _server(bench.pki.server, "1.2", "DEFAULT"))

    assert client._connection.get_context() is context._context


@pytest.mark.parametrize(
    ("changes", "key", "cause"),
    [
        ({"ciphers": "DEFAULT@SECLEVEL=5"}, KeyType.EC_P384, Cause.CLIENT_KEY_TOO_WEAK_TO_SEND),
        ({"ciphers": "DEFAULT@SECLEVEL=2"}, KeyType.RSA_1024, Cause.CLIENT_KEY_TOO_WEAK_TO_SEND),
        (
            {"ciphers": "DEFAULT@SECLEVEL=3", "tls_min": "1.0"},
            KeyType.RSA_2048,
            Cause.CLIENT_KEY_TOO_WEAK_TO_SEND,
        ),
        ({"ciphers": "NO-SUCH-CIPHER"}, KeyType.EC_P256, Cause.TLS_SETTINGS_UNUSABLE),
    ],
)
def test_a_level_that_the_device_names_holds_for_its_own_key(
    bench: Bench, changes: dict[str, str], key: KeyType, cause: Cause
) -> None:
    own = bench.pki.issue(CertificateSpec("own", Profile.CLIENT, "root", key=key))
    policy: TlsPolicy = bench.policy(credential=own, **changes)
    with pytest.raises(PolicyUnusable) as caught:
        TlsContext(policy)
    assert caught.value.cause is cause
    assert caught.value.own_chain == (own.certificate,)


def test_a_key_of_another_certificate(bench: Bench, pki: Pki) -> None:
    crossed = replace(pki.client, key=pki.stranger.key)
    with pytest.raises(PolicyUnusable) as caught:
        TlsContext(bench.policy(credential=crossed))
    assert caught.value.cause is Cause.CLIENT_KEY_MISMATCH


def test_a_library_with_nothing_to_offer_stops_before_it_says_anything(bench: Bench) -> None:
    own = bench.pki.issue(CertificateSpec("own", Profile.CLIENT, "root", key=KeyType.EC_P521))
    policy = bench.policy(credential=own, tls_max="1.2", ciphers="ECDHE-ECDSA-AES128-SHA@SECLEVEL=5")
    client = TlsClient(TlsContext(policy))
    assert client.start() == b"\x15\x03\x01\x00\x02\x02\x50"  # internal_error, no ClientHello
    seen = client.observe()
    assert (seen.error, seen.stopped_itself) == ("no ciphers available", True)


@pytest.mark.parametrize(
    ("flight", "right"),
    [
        (b"", False),
        (b"\x16\x03\x03\x00\x07\x0b\x00\x00\x03\x00\x00\x00", False),
        (b"\x16\x03\x03\x00\x20\x0b\x00\x00\x1c\x00\x00\x19" + bytes(25), True),
        (b"\x16\x03\x03\x00\x20\x10\x00\x00\x1c\x00\x00\x19" + bytes(25), False),
        (b"\x15\x03\x03\x00\x02\x02\x50", False),
    ],
    ids=["nothing", "empty list", "a certificate", "another message", "an alert"],
)
def test_the_certificate_message_in_clear(flight: bytes, *, right: bool) -> None:
    assert own_certificate.is_in(flight, ends_tls13=False) is right
