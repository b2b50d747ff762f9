from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from harness.pki.credential import Credential
from harness.pki.mint import Mint
from harness.pki.spec import CertificateSpec, Profile
from harness.server.raddb import (
    PROBE_SOURCE,
    Clients,
    openssl_environment,
    quoted,
    quoted_value,
    render,
    write,
)
from harness.server.settings import (
    AllowedIdentities,
    CertificateCnEqualsIdentity,
    CheckCertCn,
    Policy,
    RejectAll,
    Resumption,
    Secret,
    ServerSettings,
)

Make = Callable[..., ServerSettings]
_CLIENTS = Clients((("127.0.0.0/8", Secret("it's ${name}")),), Secret("probe"))


def test_quoting_expands_nothing_and_closes_nothing() -> None:
    assert quoted("a'b${c}%{d}\"#") == "'a\\'b${c}%{d}\"#'"
    for text in ("a\nb", "a\\"):
        with pytest.raises(ValueError, match="must be printable and without a backslash"):
            quoted(text)


def test_the_value_of_an_attribute_doubles_its_backslashes() -> None:
    assert quoted_value("a\\b'${c}\\") == "'a\\\\b\\'${c}\\\\'"
    with pytest.raises(ValueError, match="the value of an attribute must be printable"):
        quoted_value("a\nb")


def test_the_good_baseline(make_settings: Make) -> None:
    text = render(make_settings(), "/srv/x", _CLIENTS)
    for expected in (
        "raddbdir = '/srv/x'",
        "run_dir  = '/srv/x/run'",
        "default_eap_type = tls",
        'tls_max_version = "1.3"',
        "ecdh_curve      = ''",
        "include_length = yes",
        "auto_chain     = no",
        "secret    = 'it\\'s ${name}'",
        f"ipaddr    = {PROBE_SOURCE}/32",
        "&EAP-Key-Name := &reply:EAP-Session-Id",
    ):
        assert expected in text
    for absent in (
        "md5 {",
        "virtual_server",
        "server policy",
        "check_cert_cn =",
        "Tunnel-",
        "persist_dir = ",
    ):
        assert absent not in text


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (CertificateCnEqualsIdentity(), "if (&TLS-Client-Cert-Common-Name == &User-Name) {"),
        (RejectAll(), "if (false) {"),
        (
            AllowedIdentities(("al'", "é")),
            "if (\"%{hex:&User-Name}\" == '616c27' || \"%{hex:&User-Name}\" == 'c3a9') {",
        ),
        (CheckCertCn(), 'check_cert_cn = "%{User-Name}"'),
        (CheckCertCn("it's 100%"), "check_cert_cn = 'it\\'s 100%%'"),
    ],
)
def test_policies(make_settings: Make, policy: Policy, expected: str) -> None:
    text = render(make_settings(policy=policy), "/srv/x", _CLIENTS)
    assert expected in text
    assert ("virtual_server = policy" in text) is not isinstance(policy, CheckCertCn)


def test_identities_that_are_not_known_are_refused_before_any_method(make_settings: Make) -> None:
    text = render(make_settings(known_identities=("al'", "é")), "/srv/x", _CLIENTS)
    condition = "if (!(\"%{hex:&User-Name}\" == '616c27' || \"%{hex:&User-Name}\" == 'c3a9')) {"
    assert condition in text
    assert text.index(condition) < text.index("ok = return")
    assert "if (!(" not in render(make_settings(), "/srv/x", _CLIENTS)


def test_reply(make_settings: Make) -> None:
    settings = make_settings(
        vlan=12, reply_attributes=(("Reply-Message", "it's"),), send_keys=False, key_name=False
    )
    text = render(settings, "/srv/x", _CLIENTS)
    for expected in (
        "&Tunnel-Type += 'VLAN'",
        "&Tunnel-Medium-Type += 'IEEE-802'",
        "&Tunnel-Private-Group-Id += '12'",
        "&Reply-Message += 'it\\'s'",
        "&MS-MPPE-Recv-Key !* ANY",
    ):
        assert expected in text
    assert "&EAP-Key-Name :=" not in text


def test_no_common_method(make_settings: Make) -> None:
    text = render(make_settings(eap_methods=("md5",), default_eap_type="md5"), "/srv/x", _CLIENTS)
    assert "md5 {" in text
    assert "tls-config" not in text


def test_files_are_private_and_complete(
    make_settings: Make, mint: Mint, root: Credential, radius: Credential, tmp_path: Path
) -> None:
    crl = mint.crl("root", {"root": CertificateSpec("root", Profile.ROOT_CA)})
    write(make_settings(crls=(crl,), resumption=Resumption()), tmp_path / "raddb", _CLIENTS, seen_as="/raddb")
    folders = {path for path in (tmp_path / "raddb").rglob("*") if path.is_dir()}
    files = {path for path in (tmp_path / "raddb").rglob("*") if path.is_file()}
    assert {path.stat().st_mode & 0o777 for path in folders | {tmp_path / "raddb"}} == {0o700}
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    pki = tmp_path / "raddb" / "pki"
    assert x509.load_pem_x509_certificates((pki / "server.pem").read_bytes()) == [
        radius.certificate,
        *radius.chain,
    ]
    assert (
        load_pem_private_key((pki / "server.key").read_bytes(), None).public_key() == radius.key.public_key()
    )
    assert x509.load_pem_x509_certificates((pki / "trusts.pem").read_bytes()) == [root.certificate]
    assert x509.load_pem_x509_crl((pki / "trusts.pem").read_bytes()) == crl
    text = (tmp_path / "raddb" / "radiusd.conf").read_text()
    assert "raddbdir = '/raddb'" in text
    assert "persist_dir = ${run_dir}/sessions" in text
    assert (tmp_path / "raddb" / "run" / "sessions").is_dir()


def test_the_most_specific_client_decides_the_secret() -> None:
    clients = Clients((("127.0.0.0/8", Secret("wide")), ("127.0.0.9", Secret("narrow"))), Secret("probe"))
    assert clients.secret_for("127.0.0.9") == Secret("narrow")
    assert clients.secret_for("127.0.0.8") == Secret("wide")
    assert clients.secret_for("10.0.0.1") is None
    assert clients.secret_for("::1") is None


def test_braces_balance(make_settings: Make) -> None:
    text = render(make_settings(policy=RejectAll(), vlan=3, resumption=Resumption()), "/srv/x", _CLIENTS)
    code = re.sub(r"#.*|'(?:\\'|[^'])*'|\"(?:\\.|[^\"\\])*\"", "", text)
    assert code.count("{") == code.count("}")


def test_a_security_level_reaches_openssl_before_the_certificate_does(
    make_settings: Make, tmp_path: Path
) -> None:
    write(make_settings(ciphers="DEFAULT@SECLEVEL=0"), tmp_path, _CLIENTS)
    assert "CipherString = DEFAULT@SECLEVEL=0" in (tmp_path / "openssl.cnf").read_text()
    assert openssl_environment(tmp_path) == {"OPENSSL_CONF": "./openssl.cnf"}
    assert openssl_environment(tmp_path, seen_as="/raddb") == {"OPENSSL_CONF": "/raddb/openssl.cnf"}
    write(make_settings(), tmp_path, _CLIENTS)
    assert openssl_environment(tmp_path) == {}


def test_what_is_kept_with_a_session(make_settings: Make) -> None:
    text = render(make_settings(resumption=Resumption(12, ("Class", "Filter-Id"))), "/srv/x", _CLIENTS)
    assert "lifetime    = 12\n" in text
    assert re.search(r"store \{\s+Class\s+Filter-Id\s+\}", text)
    assert "if (!&reply:Class && &session-state:Class) {" in text
    assert "store {" not in render(make_settings(resumption=Resumption()), "/srv/x", _CLIENTS)
    assert "lifetime" not in render(make_settings(), "/srv/x", _CLIENTS)


@pytest.mark.parametrize(
    ("resumption", "left"),
    [(Resumption(), {"a.asn1"}), (Resumption(survives_restart=False), set()), (None, set())],
)
def test_sessions_outlive_a_restart_where_they_shall(
    make_settings: Make, tmp_path: Path, resumption: Resumption | None, left: set[str]
) -> None:
    write(make_settings(resumption=Resumption()), tmp_path, _CLIENTS)
    (tmp_path / "run" / "sessions" / "a.asn1").write_bytes(b"session")
    write(make_settings(resumption=resumption), tmp_path, _CLIENTS)
    assert {path.name for path in (tmp_path / "run" / "sessions").iterdir()} == left


def test_a_vlan_by_certificate_is_the_policy_s_alone(make_settings: Make) -> None:
    text = render(make_settings(vlan=42, vlan_needs_certificate=True), "/srv/x", _CLIENTS)
    outer, inner = text.split("server policy {")
    assert "Tunnel-Private-Group-Id" not in outer
    assert re.search(
        r"if \(&TLS-Client-Cert-Common-Name\) \{\s+update reply \{\s+&Tunnel-Type \+= 'VLAN'", inner
    )
    assert "if (true) {" in inner
    assert "virtual_server = policy" in outer


@pytest.mark.parametrize(
    ("hours", "keeps", "words"),
    [
        (0, (), "from 1 to 8760 hours"),
        (8761, (), "from 1 to 8760 hours"),
        (1, ("a b",), "'a b' is no RADIUS"),
    ],
)
def test_a_cache_that_cannot_be(hours: int, keeps: tuple[str, ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Resumption(hours, keeps)
