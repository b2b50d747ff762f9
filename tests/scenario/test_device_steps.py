from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.scenario.concrete import ConcreteScenario
from harness.scenario.steps_renewal import ClientRenewal, Procedure, RootRenewal

HEAD = (
    "scenario: A title\ncertificates: {next-root: {profile: root-ca}, thermostat-next: {profile: client}}\n"
)


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        ("- {persist: , by: app}", "4:21: the device has no application 'app'; write it there, as in `applications: {app: [CertStore]}`"),
        ("- {reboot: , by: app}", "4:16: unknown key 'by' in step 1; use one of: reboot, device, share, expect"),
        ("- {reload: , power-cut-at: 1}", "4:16: unknown key 'power-cut-at' in step 1; use one of: reload, device, share, by, expect"),
        ("- {persist: , power-cut-at: 0}", "4:31: 'power-cut-at' is 0; it must be at least 1"),
        ("- {persist: , power-cut-at: {point: 1, survives: some}}", "4:52: 'survives' cannot be 'some'; use one of: nothing, everything"),
        ("- show: {}", "4:11: a certificate is found by its ID or by its index; write id or index"),
        ("- {status: copr}", "4:14: the device has no network 'copr' at this step; did you mean 'corp'?"),
        ("- {status: , expect: {config-state: enabled}}", "4:25: 'config-state' is about a network; write which, as in `status: corp`"),
        ("- {store: , expect: {count: many}}", "4:31: expected a count, got 'many'; write it as in 2, \">=1\" or \"<3\""),
        ("- {status: corp, expect: {diagnostics: {cert-error: unknown}}}", "4:55: expected a number, got 'unknown'; write a number, or none"),
        ("- {root-renewal: R7}", "4:20: the procedure has no call 'R7'; its stages are: R0, R1, R2, R3, R4, R5"),
        ("- {root-renewal: [R2.enabel]}", "4:20: the procedure has no call 'R2.enabel'; did you mean 'R2.enable'?"),
        ("- {root-renewal: {do: R1, until: R2.point}}", "4:20: until 'R2.point' is none of the calls that are done; write one of: R1.space, R1.install"),
        ("- {root-renewal: {do: R1, certificate: new-root}}", "4:42: there is no certificate 'new-root'; did you mean 'next-root'?"),
        ("- {root-renewal: {do: R1, network: home}}", "4:38: the device has no network 'home' at this step; use one of: corp"),
        ("- {client-renewal: {do: A1, key-from: other}}", "4:41: there is no certificate 'other'; use one of: corp-root, corp-radius, thermostat, next-root, thermostat-next"),
        ("- {access-point: off}", "4:20: 'access-point' cannot be 'off'; use one of: start, stop"),
        ("- {access-point: {action: stop, name: hall}}", "4:41: there is no access point 'hall'; use one of: corp"),
        ("- {wait: 5}", "4:12: 5 lacks a unit; write 5ms, 5s, 5m, 5h or 5d"),
        ("- join", "4:5: 'join' lacks 'expect'; add expect: connected, or what it must end in"),
        ("- {enable: corp, by: a, cut: 1}", "4:27: unknown key 'cut' in step 1; use one of: enable, device, share, by, expect"),
    ],
)  # fmt: skip
def test_mistakes_in_a_step_on_a_device(
    problems: Callable[[str], list[str]], steps: str, sentence: str
) -> None:
    assert problems(f"{HEAD}steps:\n  {steps}\n") == [sentence]


def test_an_application_is_one_of_the_device_that_does_the_step(problems: Callable[[str], list[str]]) -> None:
    text = (
        "scenario: A title\n"
        "devices: {a: {applications: {reader: [CertStore]}}, b: {}}\n"
        "steps:\n"
        "  - {store: , device: a, by: raeder}\n"
        "  - {store: , device: b, by: reader}\n"
    )
    assert problems(text) == [
        "4:30: the device has no application 'raeder'; did you mean 'reader'?",
        "5:30: the device has no application 'reader'; write it there, as in `applications: {reader: [CertStore]}`",
    ]


def test_a_capability_that_does_not_exist(problems: Callable[[str], list[str]]) -> None:
    text = "scenario: A title\ndevice: {applications: {a: [CertStor]}}\n"
    assert problems(text) == [
        "2:29: item 1 of 'capabilities' cannot be 'CertStor'; did you mean 'CertStore'?"
    ]


def test_with_several_access_points_a_change_says_which(problems: Callable[[str], list[str]]) -> None:
    text = "scenario: A title\naccess-points: {a: {}, b: {}}\nsteps: [{access-point: stop}]\n"
    assert problems(text) == ["3:24: 'access-point' does not say which one; add name: a or b"]


def test_networks_that_come_into_being_are_known_from_then_on(
    concrete: Callable[[str], ConcreteScenario],
) -> None:
    scenario = concrete(
        "certificates: {next-root: {profile: root-ca}}\n"
        "steps:\n"
        "  - root-renewal: R2\n"
        "  - change: {network: corp-next, name: renamed}\n"
        "  - {associate: renamed, expect: connected}\n"
        "  - {status: missing, expect: {error: ENODEV}}\n"
    )
    assert [step.title for step in scenario.steps][:2] == ["root-renewal R2", "change corp-next"]


def test_titles_say_who_does_it_and_where_the_power_is_cut(
    concrete: Callable[[str], ConcreteScenario],
) -> None:
    scenario = concrete(
        "device: {applications: {app: [WifiConfig]}}\n"
        "steps:\n"
        "  - {persist: , by: app, power-cut-at: 2}\n"
        "  - {reboot: {ready: false}}\n"
        "  - {show: {index: 3}}\n"
        "  - {wait: 90s}\n"
        "  - {access-point: stop}\n"
        "  - {clock: {sync: false}}\n"
    )
    assert [step.title for step in scenario.steps] == [
        "persist by app with a power cut at write point 2",
        "reboot with its services not up yet",
        "show index 3",
        "wait 1m30s",
        "access-point stop",
        "clock sync off",
    ]


def calls(procedure: Procedure) -> list[str]:
    return [step.id for step in procedure.steps()]


def test_calls_are_done_in_the_order_written() -> None:
    assert calls(RootRenewal.model_validate(["R5.forget", "R4"])) == ["R5.forget", "R4.move"]
    assert calls(RootRenewal.model_validate({"do": ["R1", "R2"], "until": "R2.duplicate"})) == [
        "R1.space",
        "R1.install",
        "R2.duplicate",
    ]
    assert calls(ClientRenewal.model_validate("A2")) == ["A2.identity", "A2.persist"]


def test_a_copy_comes_into_being_in_one_call_alone() -> None:
    assert RootRenewal.model_validate("R2").copies
    assert not RootRenewal.model_validate("R1").copies
