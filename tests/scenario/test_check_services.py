from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pytest

from harness.scenario.concrete import ConcreteScenario
from harness.scenario.world_services import CarelessWord
from harness.services.issuing.gallery import Careless

TITLE = "scenario: A title\n"
HEAD = """\
tenants: {contoso: {}}
access-points: {corp: CORP, open: {ssid: V, security: open, internet: true, time: true}}
device: empty
"""
STEPS = """
steps:
  - network: {name: bootstrap, ssid: V, security: open}
  - bootstrap: corp
  - {associate: corp, expect: connected}
"""


def test_an_issuing_service_needs_next_to_nothing(concrete: Callable[[str], ConcreteScenario]) -> None:
    scenario = concrete(HEAD + "services: {issuing: gallery}" + STEPS)
    assert scenario.services["issuing"].host == "certs.corp.example"
    made = scenario.certificates["service issuing"].spec
    assert (made.issuer, made.dns) == ("corp-root", ("certs.corp.example",))


@pytest.mark.parametrize(
    ("services", "sentence"),
    [
        (
            "services: {issuing: {tenant: fabrikam}}",
            "5:30: there is no tenant 'fabrikam'; use one of: contoso",
        ),
        (
            "services: {issuing: {issues-from: thermostat}}",
            "5:35: 'thermostat' is a client and no CA; name a CA",
        ),
        (
            "services: {issuing: {root-ca: nothing}}",
            "5:31: there is no certificate 'nothing'; ",
        ),
        (
            "services: {issuing: {allow: [camera]}}",
            "5:30: there is no device 'camera'; use one of: device",
        ),
        (
            "services: {issuing: {reachable-from: [moon]}}",
            "5:39: there is no access point 'moon'; ",
        ),
        (
            "services: {issuing: {host: 'a b'}}",
            "5:28: 'a b' is no host name; write a DNS name, as in certs.corp.example",
        ),
        (
            "services: {a: gallery, b: {speaks: root-ca}}",
            "5:27: the services 'a' and 'b' have one host name; give each a host of its own",
        ),
        (
            "services: {a: gallery, b: {host: b.example}}",
            "8:16: the step does not say which service; add service: a or b",
        ),
        (
            "services: {a: root-ca}",
            "8:16: there is no issuing service in this scenario; write it, as in `services: {issuing: gallery}`",
        ),
        (
            "services: {issuing: {client-certificate: renegotiate}}",
            'TLS 1.3 has no renegotiation; write tls: "1.2" beside it',
        ),
    ],
)
def test_a_service_that_does_not_fit_is_answered_with_its_place(
    problems: Callable[[str], list[str]], services: str, sentence: str
) -> None:
    (found,) = problems(TITLE + HEAD + services + STEPS)
    assert sentence in found


def test_a_service_without_a_tenant_serves_nobody(problems: Callable[[str], list[str]]) -> None:
    head = HEAD.replace("tenants: {contoso: {}}\n", "")
    (found,) = problems(TITLE + head + "services: {issuing: gallery}" + STEPS)
    assert "'issuing' has no tenant whose devices it serves; give the scenario a tenant" in found


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        (
            "bootstrap: {network: corp, open-network: guests}",
            "the device has no network 'guests' at this step",
        ),
        ("bootstrap: {network: corp, service: isuing}", "there is no service 'isuing'"),
        ("bootstrap: {network: corp, root-ca-from: issuing}", "there is no service 'issuing'"),
        ("service: {host: other.example}", "devices know a service by its host; write another service"),
        ("service: {name: other, ssid: X}", "there is no service 'other'"),
        ("service: {allow: [camera]}", "there is no device 'camera'"),
    ],
)
def test_a_step_on_a_service_that_does_not_fit_is_answered(
    problems: Callable[[str], list[str]], step: str, sentence: str
) -> None:
    (found,) = problems(TITLE + HEAD + "services: {issuing: gallery}" + STEPS + f"  - {step}\n")
    assert sentence in found


def test_an_application_names_cas_that_exist(problems: Callable[[str], list[str]]) -> None:
    head = HEAD.replace(
        "device: empty", "device: {starts: empty, tenant: x, applications: {a: {trusts: [y]}}}"
    )
    found = problems(TITLE + head + "services: {issuing: gallery}" + STEPS)
    assert ["there is no tenant 'x'" in found[0], "there is no certificate 'y'" in found[1]] == [True, True]


def test_the_words_for_carelessness_are_the_service_s() -> None:
    assert set(get_args(CarelessWord)) == {word.value for word in Careless}
