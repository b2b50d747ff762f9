from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.scenario.concrete import ConcreteScenario

Concrete = Callable[[str], ConcreteScenario]
Problems = Callable[[str], list[str]]


def test_a_scenario_that_says_nothing_is_the_baseline(concrete: Concrete) -> None:
    scenario = concrete("")
    assert list(scenario.certificates) == ["corp-root", "corp-radius", "thermostat"]
    assert list(scenario.servers) == ["radius"]
    assert scenario.access_points["corp"].server == "radius"
    assert list(scenario.devices) == ["device"]
    assert len(scenario.provisioning["device"]) == 3


def test_issuers_come_before_what_they_sign(concrete: Concrete) -> None:
    text = "certificates:\n  thermostat: {issuer: sub}\n  sub: {profile: intermediate-ca, issuer: top}\n  top: {profile: root-ca}\n"
    names = list(concrete(text).certificates)
    assert names.index("top") < names.index("sub") < names.index("thermostat")


def test_an_empty_device_has_nothing(concrete: Concrete) -> None:
    scenario = concrete("device: empty\nsteps: [reload]\n")
    assert scenario.provisioning == {"device": ()}


def test_several_of_each_are_told_apart_by_name(concrete: Concrete) -> None:
    text = (
        "servers: {main: {}, rogue: {certificate: evil}}\n"
        "access-points: {hall: {server: main}, street: {server: rogue, ssid: CORP}}\n"
        "devices: {a: provisioned, b: {starts: empty, tls: 1.2}}\n"
        "certificates: {evil: {profile: server, defect: unknown-ca}}\n"
        "steps:\n  - associate: {network: corp, access-point: street}\n    device: a\n    expect: refused\n"
    )
    scenario = concrete(text)
    assert scenario.access_points["street"].server == "rogue"
    assert scenario.steps[0].device == "a"
    assert scenario.provisioning["b"] == ()


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("server: {certificate: corp-radus}\n", ["2:23: there is no certificate 'corp-radus'; did you mean 'corp-radius'?"]),
        ("server: {trusts: [corp-rot]}\n", ["2:19: there is no certificate 'corp-rot'; did you mean 'corp-root'?"]),
        ("server: {crl: [thermostat]}\n", ["2:16: 'thermostat' is a client and publishes no CRL; name a CA"]),
        ("certificates: {x: {cn: y}}\n", ["2:16: certificate 'x' lacks 'profile'; write root-ca, intermediate-ca, server or client; only corp-root, corp-radius and thermostat are in the baseline"]),
        ("certificates: {thermostat: {issuer: corp-rot}}\n", ["2:37: there is no certificate 'corp-rot'; did you mean 'corp-root'?"]),
        ("certificates: {thermostat: {issuer: corp-radius}}\n", ["2:37: certificate 'thermostat': its issuer 'corp-radius' is a server certificate; only a root-ca or an intermediate-ca can issue"]),
        ("certificates: {corp-root: {defect: wrong-name}}\n", ["2:16: certificate 'corp-root': a root-ca cannot have the defect wrong-name; it applies to client, server"]),
        ("certificates: {thermostat: {defect: missing-intermediate}}\n", ["2:28: certificate 'thermostat': no intermediate can be missing, because its issuer 'corp-root' is a root-ca; issue it from an intermediate-ca"]),
        ("server: {}\nservers: {a: {}}\n", ["2:1: 'server' and 'servers' stand here both; move it into servers"]),
        ("servers: {a: {}, b: {}}\n", ["1:1: access point 'corp' does not say which server it asks; add server: a or b"]),
        ("access-point: {server: radios}\n", ["2:24: there is no server 'radios'; did you mean 'radius'?"]),
        ("servers: {a: {certificate: zzzz}}\n", ["2:28: there is no certificate 'zzzz'; use one of: corp-root, corp-radius, thermostat"]),
    ],
)  # fmt: skip
def test_names_that_lead_nowhere(problems: Problems, text: str, sentences: list[str]) -> None:
    assert problems(f"scenario: A title\n{text}") == sentences


def test_issuers_in_a_circle(problems: Problems) -> None:
    text = "scenario: A title\ncertificates:\n"
    text += "  a: {profile: intermediate-ca, issuer: b}\n  b: {profile: intermediate-ca, issuer: a}\n"
    assert problems(text) == [
        "3:41: certificate 'a': issuers form a circle: a <- b <- a",
        "4:41: certificate 'b': issuers form a circle: b <- a <- b",
    ]


_CROSSED = "certificates:\n  thermostat: {defect: key-mismatch}\n"


def test_a_provisioned_device_does_not_take_a_key_of_another_certificate(problems: Problems) -> None:
    (problem,) = problems(f"scenario: A title\n{_CROSSED}steps: [reload]\n")
    assert problem == (
        "3:24: a provisioned device refuses 'thermostat': its key belongs to another certificate; write "
        "device: empty and install it in a step that expects the error, or device: {check-key-match: false}"
    )


@pytest.mark.parametrize("device", ["empty", "{check-key-match: false}"])
def test_a_device_that_need_not_take_it_is_right(concrete: Concrete, device: str) -> None:
    scenario = concrete(f"{_CROSSED}device: {device}\nsteps: [reload]\n")
    assert scenario.title == "A title"


def test_a_server_that_knows_nobody(problems: Callable[[str], list[str]]) -> None:
    assert problems("scenario: A title\nserver: {policy: {known: []}}\n") == [
        "2:18: known names nobody; write policy: reject to refuse everybody"
    ]
