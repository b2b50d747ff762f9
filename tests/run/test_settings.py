from __future__ import annotations

from typing import Any

import pytest

from harness.pki.mint import Mint
from harness.run.book import CertificateBook
from harness.run.settings import server_settings
from harness.server.settings import (
    AllowedIdentities,
    CertificateCnEqualsIdentity,
    CheckCertCn,
    RejectAll,
    ServerSettings,
)


@pytest.fixture
def settings(written: Any, mint: Mint) -> Any:
    def make(server: str) -> ServerSettings:
        scenario = written.case(f"{{scenario: x, server: {server}, steps: [reload]}}").scenario
        book = CertificateBook(mint, scenario.certificates)
        return server_settings(scenario.servers["radius"], book)

    return make


def test_equal_servers_of_different_scenarios_are_equal(settings: Any) -> None:
    assert settings("{}") == settings("{trusts: [corp-root]}")
    assert hash(settings("{}")) == hash(settings("{trusts: [corp-root]}"))


def test_servers_with_equal_crls_are_equal(settings: Any) -> None:
    assert settings("{crl: [corp-root]}") == settings("{crl: [corp-root]}")
    assert settings("{crl: [corp-root]}") != settings("{crl: {publish: [corp-root], expired: true}}")


@pytest.mark.parametrize(
    ("server", "field", "value"),
    [
        ('{tls: "1.2"}', "tls_max", "1.2"),
        ('{tls: {max: "1.2"}}', "tls_min", "1.2"),
        ('{tls: "1.0"}', "ciphers", "DEFAULT@SECLEVEL=0"),
        ("{ciphers: AES128-SHA}", "ciphers", "AES128-SHA"),
        ("{}", "ciphers", "DEFAULT"),
        ("{crl: {publish: [], check: all}}", "check_all_crl", True),
        ("{crl: []}", "check_crl", True),
        ("{}", "check_crl", False),
        ("{eap-methods: [md5, tls]}", "default_eap_type", "md5"),
        ("{policy: reject}", "policy", RejectAll()),
        ("{policy: {allow: [a, b]}}", "policy", AllowedIdentities(("a", "b"))),
        ("{policy: check-cert-cn}", "policy", CheckCertCn()),
        ("{policy: {rule: check-cert-cn, cn: x}}", "policy", CheckCertCn("x")),
        ("{policy: certificate-cn-is-identity}", "policy", CertificateCnEqualsIdentity()),
        ("{vlan: 42}", "vlan", 42),
        ("{reply: {Session-Timeout: 60}}", "reply_attributes", (("Session-Timeout", "60"),)),
        ("{send-keys: false}", "send_keys", False),
    ],
)
def test_what_is_written_arrives(settings: Any, server: str, field: str, value: object) -> None:
    assert getattr(settings(server), field) == value


def test_a_server_that_does_not_know_the_access_points_knows_an_address_nobody_has(settings: Any) -> None:
    assert [network for network, _ in settings("{known-nas: false}").clients] == ["192.0.2.1/32"]
