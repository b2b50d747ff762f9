from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import new
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from OpenSSL import SSL, crypto

from harness.observation import Alert, TlsObservation, VerifyFailure
from harness.pki.keys import KeyType
from harness.pki.spec import CertificateSpec, Defect, Profile
from harness.protocol import verification
from harness.protocol.tls import PolicyUnusable, TlsClient, TlsContext
from harness.protocol.tls_notes import Notes
from harness.protocol.tls_policy import TlsPolicy
from harness.trace import Recorder

if TYPE_CHECKING:
    from harness.pki.credential import Credential
    from tests.protocol.conftest import Bench, Draft, Manners, Pki

NAME = "radius.corp.example"


def _prf12(hash_name: str, secret: bytes, label: bytes, seed: bytes, octets: int) -> bytes:
    """RFC 5246 5."""
    chain, output = label + seed, b""
    while len(output) < octets:
        chain = hmac.digest(secret, chain, hash_name)
        output += hmac.digest(secret, chain + label + seed, hash_name)
    return output[:octets]


def _expand_label(hash_name: str, secret: bytes, label: bytes, context: bytes, octets: int) -> bytes:
    """RFC 8446 7.1 over RFC 5869 2.3."""
    name = b"tls13 " + label
    info = octets.to_bytes(2) + bytes((len(name),)) + name + bytes((len(context),)) + context
    block, output, count = b"", b"", 0
    while len(output) < octets:
        count += 1
        block = hmac.digest(secret, block + info + bytes((count,)), hash_name)
        output += block
    return output[:octets]


def _exporter13(hash_name: str, secret: bytes, label: bytes, octets: int) -> bytes:
    """RFC 8446 7.5 with the context of RFC 9190 2.3: the EAP type."""
    derived = _expand_label(hash_name, secret, label, new(hash_name, b"").digest(), len(secret))
    return _expand_label(hash_name, derived, b"exporter", new(hash_name, b"\x0d").digest(), octets)


def test_independent_tls_12_prf_gives_the_keys_of_a_live_server() -> None:
    master = bytes.fromhex(
        "801d807027f8848b8f95d3d8d8337c2b1725a49791498c6c5ae242c66c7d12ce63653e2bbcb1b9bdbd73c0569e5f8e91"
    )
    randoms = bytes.fromhex(
        "3cf1f0eab95723d45c50f5f9064318088cdcce81a1c2a547d0163e83ddb06dfe"
        "3fc3a103d0868dd4ca307278eb3127bb740c05a093a2eae9444f574e47524401"
    )
    keys = _prf12("sha384", master, b"client EAP encryption", randoms, 128)
    assert keys[:64].hex() == (
        "b8bafcb298bd2791bf861d744f27b9afcf854d85b6e876b62bf9f29c6e0908b3"
        "c0c499ec4ec97ed6304457066166c6ca8946c27e6589a72899009932ed946a3d"
    )
    assert keys[64:].hex() == (
        "817eff6abcfac853bd697923691bb850d812f8320d115d629a183ed3665339c4"
        "54bc28baaf71e12af7e2231a6808a734e3d3f27a76f6c8c10ab2fc409434010f"
    )


def test_independent_tls_13_exporter_gives_the_keys_of_a_live_server() -> None:
    secret = bytes.fromhex(
        "ac1e71a0c9e5c7be6889f04f98c434f1748de5fcb9f9ae2ee846d1007df372a9c925d13dec255b02fe430566f1b1ecc4"
    )
    keys = _exporter13("sha384", secret, b"EXPORTER_EAP_TLS_Key_Material", 128)
    assert keys[:64].hex() == (
        "7142a6137fe035750e468dc1f73d7ca337bfd2955e63d96e0de81dc843590956"
        "2a9db023b55df53be987538642661d5dc34905c6528a80d9e941a2319f4c8bd5"
    )
    assert keys[64:].hex() == (
        "40c45d8d3e7981bbab11b4128fa30fc2128cd63d8ede2bea54ec77aeae94d820"
        "3183366b599f6d05024b8b94b8a3c6d4cb6e918b803f2f9c73953a2936febd96"
    )
    assert _exporter13("sha384", secret, b"EXPORTER_EAP_TLS_Method-Id", 64).hex() == (
        "4e5dc93df1c1c0715774556527a760a2811e2315e2237e3c570d0146a82e9baf"
        "e8369204c3a09056a73052fa6e65674e2b38f4da1f161159606a816c07b7bada"
    )


def _connect(bench: Bench, tls: str, key_log: Callable[[str], None]) -> tuple[TlsClient, SSL.Connection]:
    """Finish a handshake between a TlsClient and pyOpenSSL, flight by flight, without EAP."""
    client = TlsClient(bench.client_context(bench.policy(), key_log=True), key_log)
    server = SSL.Connection(bench.server(tls=tls).context)
    server.set_accept_state()
    flight = client.start()
    for _ in range(3):
        server.bio_write(flight)
        try:
            server.do_handshake()
        except SSL.WantReadError:
            pass
        else:
            break
        flight = client.receive(server.bio_read(1 << 16))
    if tls == "1.3":
        server.send(b"\0")
    assert client.receive(server.bio_read(1 << 16)) == b""
    return client, server


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_keys_are_the_server_s_and_those_of_the_documents(bench: Bench, tls: str) -> None:
    lines: list[str] = []
    client, server = _connect(bench, tls, lines.append)
    assert client.handshake_complete
    assert client.protected_success is (tls == "1.3")
    keys = client.keys()
    secrets = {label: bytes.fromhex(secret) for label, _, secret in (line.split() for line in lines)}
    cipher = server.get_cipher_name() or ""
    hash_name = "sha384" if cipher.endswith("SHA384") else "sha256"
    if tls == "1.2":
        randoms = (client._connection.client_random() or b"") + (server.server_random() or b"")
        theirs = server.export_keying_material(b"client EAP encryption", 128)
        ours = _prf12(hash_name, secrets["CLIENT_RANDOM"], b"client EAP encryption", randoms, 128)
        method_id = randoms
    else:
        theirs = server.export_keying_material(b"EXPORTER_EAP_TLS_Key_Material", 128, b"\x0d")
        exporter = secrets["EXPORTER_SECRET"]
        ours = _exporter13(hash_name, exporter, b"EXPORTER_EAP_TLS_Key_Material", 128)
        method_id = _exporter13(hash_name, exporter, b"EXPORTER_EAP_TLS_Method-Id", 64)
    assert keys.msk + keys.emsk == theirs == ours
    assert keys.session_id == b"\x0d" + method_id
    assert len(keys.session_id) == 65


def test_key_log_lines_go_where_they_belong(bench: Bench) -> None:
    one: list[str] = []
    other: list[str] = []
    _connect(bench, "1.2", one.append)
    _connect(bench, "1.3", other.append)
    assert [line.split()[0] for line in one] == ["CLIENT_RANDOM"]
    assert "EXPORTER_SECRET" in {line.split()[0] for line in other}
    assert not set(one) & set(other)


def _observe(
    bench: Bench, policy: TlsPolicy, tls: str, spec: CertificateSpec | None = None
) -> TlsObservation:
    credential = bench.pki.issue(spec) if spec else None
    seen = bench.run(bench.server(tls=tls, credential=credential), bench.association(policy=policy))
    assert seen.tls is not None
    return seen.tls


def _server(defect: Defect, issuer: str = "middle") -> CertificateSpec:
    return CertificateSpec(f"server-{defect}", Profile.SERVER, issuer, dns=(NAME,), defect=defect)


_LEAF = f"CN={NAME}"


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
@pytest.mark.parametrize(
    ("defect", "failure", "alert"),
    [
        (Defect.EXPIRED, VerifyFailure(10, "certificate has expired", 0, _LEAF), "certificate-expired"),
        (Defect.NOT_YET_VALID, VerifyFailure(9, "certificate is not yet valid", 0, _LEAF), "bad-certificate"),
        (
            Defect.WRONG_PURPOSE,
            VerifyFailure(26, "unsuitable certificate purpose", 0, _LEAF),
            "unsupported-certificate",
        ),
        (
            Defect.UNKNOWN_CA,
            VerifyFailure(20, "unable to get local issuer certificate", 0, _LEAF),
            "unknown-ca",
        ),
        (Defect.SELF_SIGNED, VerifyFailure(18, "self-signed certificate", 0, _LEAF), "unknown-ca"),
        (
            Defect.MISSING_INTERMEDIATE,
            VerifyFailure(20, "unable to get local issuer certificate", 0, _LEAF),
            "unknown-ca",
        ),
        (Defect.WEAK_KEY, VerifyFailure(66, "EE certificate key too weak", 0, _LEAF), "bad-certificate"),
        (
            Defect.WRONG_NAME,
            VerifyFailure(0, f"certificate is not for {NAME}", 0, "CN=wrong-name.invalid"),
            "internal-error",
        ),
    ],
)
def test_what_is_wrong_with_the_server_is_told(
    bench: Bench, tls: str, defect: Defect, failure: VerifyFailure, alert: str
) -> None:
    seen = _observe(bench, bench.policy(server_name=NAME), tls, _server(defect))
    assert seen.verify_failure == failure
    assert seen.error == "certificate verify failed"
    assert not seen.handshake_complete
    assert [(sent.sent, sent.level, sent.name) for sent in seen.alerts] == [(True, 2, alert)]
    assert seen.peer_chain[0].subject.rfc4514_string() == failure.subject
    assert seen.trust_anchor == bench.pki.root.certificate
    assert seen.expected_name == NAME


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_what_is_wrong_higher_up_is_told_with_its_depth(bench: Bench, pki: Pki, tls: str) -> None:
    other = _observe(bench, bench.policy(root_ca=pki.other.certificate), tls)
    assert other.verify_failure == VerifyFailure(20, "unable to get local issuer certificate", 1, "CN=middle")
    late = _observe(bench, bench.policy(time=pki.now + timedelta(days=8000)), tls)
    assert late.verify_failure == VerifyFailure(10, "certificate has expired", 2, "CN=root")
    early = _observe(bench, bench.policy(time=pki.now - timedelta(days=8000)), tls)
    assert early.verify_failure == VerifyFailure(9, "certificate is not yet valid", 2, "CN=root")


def test_a_profile_may_ignore_the_purpose_and_still_check_the_name(bench: Bench) -> None:
    policy = bench.policy(check_server_purpose=False, server_name=NAME)
    assert _observe(bench, policy, "1.3", _server(Defect.WRONG_PURPOSE)).handshake_complete
    elsewhere = replace(policy, server_name="elsewhere.example")
    failure = _observe(bench, elsewhere, "1.3", _server(Defect.WRONG_PURPOSE)).verify_failure
    assert failure == VerifyFailure(0, "certificate is not for elsewhere.example", 0, _LEAF)


@pytest.mark.parametrize(
    ("defect", "number"),
    [
        (Defect.SELF_SIGNED, None),
        (Defect.UNKNOWN_CA, None),
        (Defect.MISSING_INTERMEDIATE, None),
        (Defect.EXPIRED, 10),
        (Defect.WRONG_PURPOSE, 26),
    ],
)
def test_without_a_root_ca(bench: Bench, defect: Defect, number: int | None) -> None:
    lenient = bench.policy(root_ca=None)
    assert _observe(bench, lenient, "1.2", _server(defect)).handshake_complete
    strict = replace(lenient, ignore_all_without_root=False)
    seen = _observe(bench, strict, "1.2", _server(defect))
    assert (seen.verify_failure.number if seen.verify_failure else None) == number
    assert seen.handshake_complete is (number is None)


def test_chains_are_as_sent(bench: Bench, pki: Pki) -> None:
    seen = _observe(bench, bench.policy(), "1.3")
    assert seen.peer_chain == (pki.server.certificate, *pki.server.chain)
    assert seen.sent_chain == (pki.client.certificate,)
    assert (seen.version, seen.offered) == ("1.3", ("1.2", "1.3"))
    assert seen.cipher.startswith("TLS_")
    nobody = _observe(bench, bench.policy(credential=None), "1.2")
    assert nobody.sent_chain == ()


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_the_client_does_not_complete_its_chain_from_the_trust_store(bench: Bench, tls: str) -> None:
    # Its root CA, which issued its certificate, too, is in the store: OpenSSL would add it.
    lines: list[str] = []
    _client, server = _connect(bench, tls, lines.append)
    assert server.get_peer_certificate(as_cryptography=True) == bench.pki.client.certificate
    # On the server's side the chain is what came beside the client's own certificate.
    assert server.get_peer_cert_chain(as_cryptography=True) == []


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_an_alert_of_the_server_is_recorded(bench: Bench, manners: type[Manners], tls: str) -> None:
    server = bench.server(manners(deliver_alert=True), tls=tls)
    association = bench.association(policy=bench.policy(credential=bench.pki.stranger))
    seen = bench.run(server, association).tls
    assert seen is not None
    assert seen.alerts == (Alert(sent=False, level=2, description=48, name="unknown-ca"),)
    assert seen.error == "tlsv1 alert unknown ca"
    assert seen.verify_failure is None


def test_no_common_version(bench: Bench, manners: type[Manners]) -> None:
    server = bench.server(manners(deliver_alert=True), tls="1.3")
    seen = bench.run(server, bench.association(policy=bench.policy(tls_max="1.2"))).tls
    assert seen is not None
    assert [(alert.sent, alert.name) for alert in seen.alerts] == [(False, "protocol-version")]
    assert (seen.version, seen.cipher) == ("", "")


def test_a_certificate_that_only_openssl_can_read(bench: Bench, manners: type[Manners]) -> None:
    version = bytes.fromhex("a003020102")  # [0] INTEGER 2, which is v3

    def edit(draft: Draft) -> None:
        if draft.eap and version in draft.eap:
            draft.eap = draft.eap.replace(version, bytes.fromhex("a003020109"), 1)

    unvouched = bench.pki.issue(_server(Defect.UNKNOWN_CA))
    server = bench.server(manners(edit=edit, fragment=3000), credential=unvouched)
    lenient = bench.run(server, bench.association(policy=bench.policy(root_ca=None))).tls
    assert lenient is not None
    assert lenient.cipher
    assert lenient.peer_chain == ()
    server = bench.server(manners(edit=edit, fragment=3000), credential=unvouched)
    strict = bench.run(server, bench.association(policy=bench.policy(server_name=NAME))).tls
    assert strict is not None
    assert strict.verify_failure == VerifyFailure(20, "unable to get local issuer certificate", 0, "")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ciphers": "NO-SUCH-CIPHER"}, "no cipher match"),
        ({"defect": Defect.KEY_MISMATCH}, "key values mismatch"),
    ],
)
def test_material_that_openssl_does_not_take(bench: Bench, changes: dict[str, object], words: str) -> None:
    defect = changes.pop("defect", None)
    if isinstance(defect, Defect):
        spec = CertificateSpec("odd-client", Profile.CLIENT, "root", defect=defect)
        changes = {"credential": bench.pki.issue(spec)}
    with pytest.raises(PolicyUnusable) as caught:
        TlsContext(bench.policy(**changes))
    assert str(caught.value) == f"TLS library refuses the client's configuration: {words}"
    assert caught.value.__cause__ is None


def test_a_weak_client_key_is_for_the_server_to_judge(bench: Bench) -> None:
    weak = bench.pki.issue(CertificateSpec("weak", Profile.CLIENT, "root", defect=Defect.WEAK_KEY))
    assert _observe(bench, bench.policy(credential=weak), "1.2").handshake_complete


@pytest.mark.parametrize("key", [KeyType.RSA_2048, KeyType.EC_P384, KeyType.ED25519])
@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_client_keys_of_all_kinds(bench: Bench, tls: str, key: KeyType) -> None:
    credential = bench.pki.issue(CertificateSpec(f"client-{key}", Profile.CLIENT, "root", key=key))
    assert _observe(bench, bench.policy(credential=credential), tls).handshake_complete


def test_private_key_and_secrets_are_in_no_repr(bench: Bench) -> None:
    key = bench.pki.client.key
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    recorder = Recorder()
    association = bench.association(recorder=recorder)
    seen = bench.run(bench.server(), association)
    client = association._supplicant.tls
    assert client is not None
    printed = repr((bench.policy(), client, client._context, client._notes, client.keys(), seen, recorder))
    assert "PRIVATE" not in printed
    for secret in (
        pem.splitlines()[1],
        client.keys().msk.hex(),
        client.keys().emsk.hex(),
        recorder.key_log[0],
    ):
        assert secret not in printed
    assert str(client.keys().msk) not in printed


def test_a_flight_of_nothing_changes_nothing(bench: Bench) -> None:
    client = TlsClient(bench.client_context(bench.policy()))
    assert client.start()
    assert client.receive(b"") == b""
    assert client.error == ""
    assert not client.handshake_complete


@pytest.mark.parametrize(
    ("flight", "error", "alert"),
    [
        (b"this is not TLS", "wrong version number", ""),
        (b"\x16\x03\x03\x00\x04\xff\x00\x00\x00", "unexpected message", "unexpected-message"),
    ],
)
def test_rubbish_ends_in_an_error(bench: Bench, flight: bytes, error: str, alert: str) -> None:
    client = TlsClient(bench.client_context(bench.policy()))
    client.start()
    assert client.receive(flight)[:1] == b"\x15"[: len(alert)]
    assert client.error == error
    assert [(sent.sent, sent.name) for sent in client.observe().alerts] == [(True, alert)] * bool(alert)


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2", "1.3"])
def test_every_version_is_named_as_the_policy_names_it(bench: Bench, version: str) -> None:
    policy = bench.policy(tls_min=version, tls_max=version)
    observation = bench.run(bench.server(tls=version), bench.association(policy=policy))
    assert observation.tls is not None
    assert observation.tls.version == version


def _meet(bench: Bench, client: TlsClient, shown: Credential | None = None) -> None:
    """Let a client see what a TLS 1.3 server shows first."""
    server = SSL.Connection(bench.server(tls="1.3", credential=shown).context)
    server.set_accept_state()
    server.bio_write(client.start())
    with pytest.raises(SSL.WantReadError):
        server.do_handshake()
    client.receive(server.bio_read(1 << 16))


@pytest.mark.parametrize("fault", ["good", "expired", "not yet valid", "unknown CA", "wrong purpose"])
def test_under_load_a_refused_server_is_judged_afterwards(bench: Bench, pki: Pki, fault: str) -> None:
    days = {"expired": 9000, "not yet valid": -9000}.get(fault, 0)
    policy = bench.policy(time=pki.now + timedelta(days=days))
    if fault == "unknown CA":
        policy = replace(policy, root_ca=pki.other.certificate)
    shown = pki.client if fault == "wrong purpose" else pki.server
    seen = []
    for details in (True, False):
        client = TlsClient(TlsContext(policy, details=details))
        _meet(bench, client, shown)
        seen.append(client.observe())
    during, afterwards = seen
    assert bool(during.error) == (fault != "good")
    assert afterwards.error == during.error
    if fault == "wrong purpose":
        assert during.verify_failure is not None
        assert during.verify_failure.number == 26
        assert afterwards.verify_failure is None
    else:
        assert afterwards.verify_failure == during.verify_failure


def test_under_load_only_the_chain_of_a_refused_server_is_kept(bench: Bench, pki: Pki) -> None:
    def chain(policy: TlsPolicy) -> object:
        client = TlsClient(TlsContext(policy, details=False))
        _meet(bench, client)
        return client.observe().peer_chain

    assert chain(bench.policy()) == ()
    assert chain(bench.policy(root_ca=pki.other.certificate)) == (pki.server.certificate, *pki.server.chain)


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
@pytest.mark.parametrize("any_ca", [True, False])
def test_a_ca_that_another_one_issued_is_an_anchor_or_not(
    bench: Bench, pki: Pki, tls: str, *, any_ca: bool
) -> None:
    middle = pki.server.chain[0]
    seen = _observe(bench, bench.policy(root_ca=middle, any_ca_is_anchor=any_ca), tls)
    assert seen.handshake_complete is any_ca
    if not any_ca:
        assert seen.verify_failure == VerifyFailure(2, "unable to get issuer certificate", 1, "CN=middle")


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_a_certificate_of_no_ca_is_no_anchor(bench: Bench, pki: Pki, tls: str) -> None:
    seen = _observe(bench, bench.policy(root_ca=pki.server.certificate), tls)
    assert seen.verify_failure is not None
    assert not seen.handshake_complete


NO_MEMORY = [("common libcrypto routines", "", "malloc failure"), ("elliptic curve routines", "", "EC lib")]


@pytest.mark.parametrize("where", ["use_certificate", "use_privatekey", "set_cipher_list"])
def test_a_library_without_memory_refuses_no_material(
    where: str, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def starved(*_: object) -> None:
        raise SSL.Error(NO_MEMORY)

    monkeypatch.setattr(SSL.Context, where, starved)
    with pytest.raises(MemoryError):
        TlsContext(bench.policy(ciphers="DEFAULT"))


def test_a_library_without_memory_refuses_no_server(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def starved(*_: object) -> None:
        raise SSL.Error(NO_MEMORY)

    client = TlsClient(TlsContext(bench.policy()))
    monkeypatch.setattr(SSL.Connection, "do_handshake", starved)
    with pytest.raises(MemoryError):
        client.start()


def test_a_verification_without_memory_says_nothing_of_the_certificate(bench: Bench, pki: Pki) -> None:
    verify = verification.verifier("", frozenset(), lambda *_: pytest.fail("a failure was noted"))
    with pytest.raises(MemoryError):
        verify(
            TlsContext(bench.policy()).connection(Notes()),
            crypto.X509.from_cryptography(pki.server.certificate),
            17,
            0,
            0,
        )
