from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.scenario.concrete import ConcreteScenario
from harness.scenario.steps_store import Install

Concrete = Callable[[str], ConcreteScenario]
Problems = Callable[[str], list[str]]


def test_steps_know_their_line_and_say_what_they_do(concrete: Concrete) -> None:
    scenario = concrete(
        "steps:\n"
        "  - associate: corp\n    expect: connected\n"
        "  - reload\n"
        "  - install: {id: a, type: rootca, certificate: corp-root}\n"
        "  - server: {certificate: corp-radius, action: restart}\n"
        "  - clock: {device: +400d}\n"
        "  - move: {from: a, to: b}\n"
        "  - duplicate: {network: corp, as: spare}\n"
        "  - impair: {lose: {to-server: 1}}\n"
    )
    assert [(step.index, step.line, step.title) for step in scenario.steps] == [
        (1, 3, "associate corp"),
        (2, 5, "reload"),
        (3, 6, "install corp-root as rootca a"),
        (4, 7, "server restart with certificate"),
        (5, 8, "clock device 400d"),
        (6, 9, "move a to b"),
        (7, 10, "duplicate corp as spare"),
        (8, 11, "impair lose"),
    ]


def test_a_command_becomes_the_step_it_is_and_keeps_its_password_to_itself(concrete: Concrete) -> None:
    scenario = concrete(
        "steps:\n  - command: azsphere device certificate add --cert-id c --cert-type client "
        '--public-key-file {thermostat.pem} --private-key-file {thermostat.key} --private-key-password "s3cret"\n'
        "    expect: {replaced: nothing}\n"
    )
    (step,) = scenario.steps
    assert isinstance(step.action, Install)
    assert step.action.password == "s3cret"
    assert step.title.endswith("--private-key-password ***")
    assert "s3cret" not in repr(scenario)


@pytest.mark.parametrize(
    ("steps", "sentences"),
    [
        ("- {associate: copr, expect: connected}", ["3:17: the device has no network 'copr' at this step; did you mean 'corp'?"]),
        ("- {enable: home}", ["3:14: the device has no network 'home' at this step; use one of: corp"]),
        ("- {network: {name: corp}}", ["3:22: the device has a network 'corp' already from the baseline; write `device: empty` to start with nothing"]),
        ("- {network: {name: a}}\n  - {duplicate: {network: corp, as: a}}", ["4:37: the device has a network 'a' already; choose another name"]),
        ("- {install: {id: a, type: client, certificate: thermostt}}", ["3:50: there is no certificate 'thermostt'; did you mean 'thermostat'?"]),
        ("- {install: {id: a, type: client, certificate: thermostat, key-from: corp-radios}}", ["3:72: there is no certificate 'corp-radios'; did you mean 'corp-radius'?"]),
        ("- {install: {id: a, type: rootca, certificate: corp-root, password: x}}", ["3:61: a root CA is installed without a key; leave password out, or write type: client"]),
        ("- {renew: thermostate}", ["3:13: there is no certificate 'thermostate'; did you mean 'thermostat'?"]),
        ("- {revoke: corp-root}", ["3:14: 'corp-root' signs itself, so nobody can revoke it; name a certificate that a CA has issued"]),
        ("- {server: {name: other}}", ["3:21: there is no server 'other'; use one of: radius"]),
        ("- {server: {trusts: [other]}}", ["3:24: there is no certificate 'other'; use one of: corp-root, corp-radius, thermostat"]),
        ("- {impair: {access-point: hall}}", ["3:29: there is no access point 'hall'; use one of: corp"]),
        ("- {associate: {network: corp, access-point: hall}, expect: refused}", ["3:47: there is no access point 'hall'; use one of: corp"]),
        ("- {reload: , device: devise}", ["3:24: there is no device 'devise'; did you mean 'device'?"]),
        ("- command: azsphere device certificate delete --cert-ident a", ["3:49: `azsphere device certificate delete` has no flag '--cert-ident'; did you mean '--cert-id'?"]),
        ("- command: azsphere device certificate add -i a --cert-type rootca --public-key-file other.pem", ["3:14: there is no certificate 'other'; use one of: corp-root, corp-radius, thermostat"]),
    ],
)  # fmt: skip
def test_names_that_lead_nowhere(problems: Problems, steps: str, sentences: list[str]) -> None:
    assert problems(f"scenario: A title\nsteps:\n  {steps}\n") == sentences


def test_an_empty_device_needs_a_network_first(problems: Problems) -> None:
    assert problems("scenario: A title\ndevice: empty\n") == [
        "4:16: the device has no network 'corp' at this step; add one with the step `network`"
    ]


def test_with_several_devices_a_step_says_which(problems: Problems) -> None:
    assert problems("scenario: A title\ndevices: {a: {}, b: {}}\nsteps: [reload]\n") == [
        "3:9: 'reload' does not say which device; add device: a or b"
    ]


def test_with_several_servers_a_change_says_which(problems: Problems) -> None:
    text = "scenario: A title\nservers: {a: {}, b: {}}\naccess-point: {server: a}\nsteps: [{server: stop}]\n"
    assert problems(text) == ["4:18: 'server' does not say which server; add name: a or b"]


def test_what_is_expected_to_fail_may_name_what_is_not_there(concrete: Concrete) -> None:
    scenario = concrete(
        "steps:\n"
        "  - {enable: home, expect: {error: ENODEV}}\n"
        "  - {duplicate: {network: corp, as: corp}, expect: {error: EEXIST}}\n"
        "  - {associate: home, expect: {verdict: not-attempted, cause: network-unknown}}\n"
    )
    assert len(scenario.steps) == 3


def test_a_command_is_read_for_the_device_that_it_is_typed_for(
    concrete: Callable[[str], ConcreteScenario], problems: Callable[[str], list[str]]
) -> None:
    step = "steps:\n  - command: azsphere device wifi add -s A --psk long-enough --client-cert-id c\n"
    assert problems(f"scenario: A title\n{step}") == [
        "3:50: a network has a pre-shared key or a certificate; leave one out"
    ]
    assert concrete("device: {psk-beside-certificate: true}\n" + step).steps[0].command


def test_a_network_that_a_command_names_has_to_exist_unless_it_is_a_number(
    concrete: Callable[[str], ConcreteScenario], problems: Callable[[str], list[str]]
) -> None:
    disable = "steps:\n  - command: azsphere device wifi disable --id"
    assert concrete(f"{disable} 7\n").steps
    assert problems(f"scenario: A title\n{disable} crop\n") == [
        "3:14: the device has no network 'crop' at this step; did you mean 'corp'?"
    ]
