from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from harness.pki.credential import Credential
from harness.pki.keys import KeyPool, KeyType
from harness.pki.mint import Mint
from harness.pki.spec import CertificateSpec, Profile
from harness.server.settings import AllowedIdentities, CheckCertCn, Secret, ServerSettings

Make = Callable[..., ServerSettings]


def test_equal_settings_are_one_key(make_settings: Make) -> None:
    servers = {make_settings(vlan=7): "first"}
    servers[make_settings(vlan=7)] = "second"
    assert list(servers.values()) == ["second"]
    assert make_settings(vlan=8) not in servers


def test_settings_with_a_crl_can_be_a_key(make_settings: Make, mint: Mint) -> None:
    specs = {"root": CertificateSpec("root", Profile.ROOT_CA)}
    one, other = mint.crl("root", specs), mint.crl("root", specs, expired=True)
    assert hash(make_settings(crls=(one,))) == hash(make_settings(crls=(one,)))
    assert make_settings(crls=(one,)) != make_settings(crls=(other,))


def test_another_key_makes_other_settings(make_settings: Make, radius: Credential) -> None:
    stranger = KeyPool().get(KeyType.EC_P256, "stranger")
    assert make_settings() != make_settings(credential=Credential(radius.certificate, stranger))


def test_a_secret_is_never_shown(make_settings: Make) -> None:
    settings = make_settings(clients=(("127.0.0.1", Secret("hunter2")),))
    assert "hunter2" not in f"{settings!r} {settings} {Secret('hunter2')}"
    assert bytes(Secret("hunter2")) == b"hunter2"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tls_max": "1.4"}, "TLS version must be one of 1.0, 1.1, 1.2, 1.3, not '1.4'"),
        ({"ciphers": "A\nB"}, "the cipher list must be printable text on one line without a backslash"),
        ({"ecdh_curve": "\\"}, "the curve must be printable text on one line without a backslash"),
        ({"eap_methods": ()}, "eap methods must be 'tls', 'md5' or both, not ()"),
        ({"eap_methods": ("peap",)}, "eap methods must be 'tls', 'md5' or both, not ('peap',)"),
        (
            {"default_eap_type": "md5"},
            "the default eap type 'md5' must be one of the methods ('tls',)",
        ),
        ({"fragment_size": 63}, "fragment_size must be from 64 to 65535, not 63"),
        ({"vlan": 4095}, "vlan must be from 1 to 4094, not 4095"),
        ({"vlan": 0}, "vlan must be from 1 to 4094, not 0"),
        ({"reject_delay": -1}, "reject_delay must be from 0 to 10, not -1"),
        ({"cleanup_delay": 31}, "cleanup_delay must be from 0 to 30, not 31"),
        ({"reply_attributes": (("Reply Message", "x"),)}, "'Reply Message' is no RADIUS attribute name"),
        (
            {"reply_attributes": (("Reply-Message", "a\x00"),)},
            "the value of Reply-Message must be printable text on one line",
        ),
        (
            {"clients": (("127.0.0.1/8", Secret("x")),)},
            "127.0.0.1/8 has host bits set",
        ),
    ],
)
def test_what_cannot_be_is_refused(make_settings: Make, changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        make_settings(**changes)


def test_parts_refuse_what_cannot_be() -> None:
    with pytest.raises(ValueError, match=r"^a shared secret must not be empty$"):
        Secret("")
    with pytest.raises(ValueError, match=r"^a shared secret must be printable text on one line without a"):
        Secret("a\\b")
    with pytest.raises(ValueError, match=r"^allowed identities must name at least one; RejectAll refuses"):
        AllowedIdentities(())
    with pytest.raises(ValueError, match=r"^the common name of check_cert_cn must be printable text"):
        CheckCertCn("a\nb")
