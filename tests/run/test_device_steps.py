"""Steps on a device, whole cases of them: none needs a server, and launching one fails the test."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.run.case import CaseResult

HEAD = """\
scenario: A device
certificates: {next-root: {profile: root-ca}, thermostat-next: {profile: client}}
"""


@pytest.fixture
def play(play: Callable[[str], CaseResult]) -> Callable[[str], CaseResult]:
    """Run a case with the certificates of this module."""
    return lambda text: play(HEAD + text)


def differences(result: CaseResult) -> list[str]:
    return [str(mismatch) for step in result.steps for mismatch in step.mismatches]


def notes(result: CaseResult) -> list[str]:
    return [step.note for step in result.steps]


def test_questions_are_answered_and_compared(play: Callable[[str], CaseResult]) -> None:
    result = play(
        "steps:\n"
        "  - {store: , expect: {count: 2, space: '>20000', identifiers: [corp-root-ca, corp-client]}}\n"
        "  - {show: corp-client, expect: {id: corp-client, subject: /CN=thermostat-7, validity: now}}\n"
        "  - {status: corp, expect: {id: 0, ambiguous: false, networks: [corp], connected-to: none}}\n"
        "  - {store: , expect: {count: 3, space: <100, identifiers: []}}\n"
    )
    assert differences(result) == [
        "count: expected 3, got 2",
        f"space: expected <100, got {notes(result)[0].split()[2]}",
        "identifiers: expected [], got [corp-root-ca, corp-client]",
    ]


@pytest.mark.parametrize(
    ("step", "difference"),
    [
        ("{show: corp-client, expect: {subject: /CN=other}}", "subject: expected /CN=other, got /CN=thermostat-7"),
        ("{show: {index: 1}, expect: {id: corp-root-ca}}", "id: expected corp-root-ca, got corp-client"),
        ("{show: {index: 1}, expect: {validity: over}}", "validity: expected over, got now"),
        ("{show: {index: 2}}", "result: expected ok, got ERANGE (code 10)"),
        ("{show: missing, expect: {error: EINVAL}}", "error: expected EINVAL, got ENOENT"),
        ("{show: missing, expect: {number: 1}}", "number: expected 1, got 38797319"),
        ("{status: , expect: {time-sync: complete}}", "time-sync: expected complete, got incomplete"),
        ("{status: , expect: {clock-deadlock: true}}", "clock-deadlock: expected true, got false"),
        ("{status: , expect: {unsaved: true}}", "unsaved: expected true, got false"),
        ("{status: , expect: {connected-to: corp}}", "connected-to: expected corp, got nothing"),
        ("{status: corp, expect: {config-state: disabled}}", "config-state: expected disabled, got enabled"),
        ("{status: corp, expect: {connection-state: connected}}", "connection-state: expected connected, got unknown"),
        ("{status: corp, expect: {diagnostics: {error: 5}}}", "diagnostics.error: expected 5, got 0"),
        ("{status: corp, expect: {diagnostics: {year: 2000}}}", "diagnostics.year: expected 2000, got nothing"),
        ("{delete: corp-client, expect: {number: 7}}", "result: expected number 7, got ok"),
        ("{root-renewal: R3, expect: {at: R2.reload, error: EAGAIN}}", "result: expected ok, got ok"),
        ("{persist: , power-cut-at: 9}", "power-cut-at: expected write point 9, got done after 4"),
    ],
)  # fmt: skip
def test_what_differs_is_said(play: Callable[[str], CaseResult], step: str, difference: str) -> None:
    if "root-renewal" in step:
        difference = "error: expected EAGAIN, got ENODEV"
    assert differences(play(f"steps:\n  - {step}\n"))[:1] == [difference]


def test_an_application_may_do_what_its_capabilities_cover(play: Callable[[str], CaseResult]) -> None:
    result = play(
        "device: {applications: {certs: [CertStore], wifi: [WifiConfig]}}\n"
        "steps:\n"
        "  - {delete: corp-client, by: wifi, expect: {error: EACCES, code: 18}}\n"
        "  - {forget-all: , by: certs, expect: {error: EACCES}}\n"
        "  - {network: {name: a}, by: wifi, expect: {error: EACCES}}\n"
        "  - {change: {network: corp, psk: long-enough}, by: wifi}\n"
        "  - {change: {network: corp, clear: [psk]}, by: wifi, expect: {error: EACCES}}\n"
        "  - {change: {network: corp, security: eap-tls}, by: wifi, expect: {error: EACCES}}\n"
        "  - {change: {network: corp, security: open, name: renamed}, by: wifi}\n"
        "  - {status: renamed, by: certs, expect: {error: EACCES}}\n"
        "  - {delete: corp-client, by: certs}\n"
    )
    assert differences(result) == []


def test_a_locked_device_is_provisioned_before_it_is_locked(play: Callable[[str], CaseResult]) -> None:
    result = play(
        "device: {locked: true, applications: {app: [CertStore]}}\n"
        "steps:\n"
        "  - {store: , expect: {error: EACCES, number: 10485778}}\n"
        "  - {network: {name: a}, expect: {error: EACCES}}\n"
        "  - {store: , by: app, expect: {count: 2}}\n"
    )
    assert differences(result) == []


def test_services_that_are_not_up_yet_say_so(play: Callable[[str], CaseResult]) -> None:
    result = play(
        "steps:\n"
        "  - reboot: {ready: false}\n"
        "  - {persist: , expect: {error: EAGAIN, code: 17}}\n"
        "  - {network: {name: a}, expect: {error: EAGAIN}}\n"
        "  - ready\n"
        "  - persist\n"
    )
    assert differences(result) == []


@pytest.mark.parametrize(
    ("point", "survives", "left"),
    [(1, "nothing", 2), (3, "everything", 2), (4, "nothing", 2), (4, "everything", 3)],
)
def test_a_power_cut_inside_a_step_leaves_old_or_new(
    play: Callable[[str], CaseResult], point: int, survives: str, left: int
) -> None:
    result = play(
        "steps:\n"
        "  - install: {id: spare, type: rootca, certificate: next-root}\n"
        f"    power-cut-at: {{point: {point}, survives: {survives}}}\n"
        f"  - {{store: , expect: {{count: {left}}}}}\n"
        "  - {status: , expect: {networks: [corp]}}\n"
    )
    assert differences(result) == []
    assert notes(result)[0].startswith("the power was cut ")


def test_a_power_cut_between_steps_loses_what_was_not_saved(play: Callable[[str], CaseResult]) -> None:
    result = play(
        "steps:\n"
        "  - duplicate: {network: corp, as: saved}\n"
        "  - persist\n"
        "  - duplicate: {network: corp, as: lost}\n"
        "  - power-cut\n"
        "  - {status: , expect: {networks: [corp, saved]}}\n"
        "  - {store: , expect: {count: 2}}\n"
    )
    assert differences(result) == []


def test_a_procedure_ends_at_the_call_that_is_refused(play: Callable[[str], CaseResult]) -> None:
    result = play(
        "device: {store-bytes: 1700}\n"
        "steps:\n"
        "  - {root-renewal: [R0, R1, R2], expect: {at: R1.space, error: ENOSPC, code: 11}}\n"
        "  - {client-renewal: B1, expect: {at: B1.install}}\n"
    )
    assert notes(result)[0].startswith("did R0.check; R1.space was refused: the new certificate needs ")
    assert differences(result)[0].startswith("result: expected ok, got ENOSPC (code 11)")


def test_a_client_certificate_is_renewed_call_by_call(play: Callable[[str], CaseResult]) -> None:
    result = play(
        "steps:\n"
        "  - client-renewal: {do: [A1, A2, A3], client-id: new}\n"
        "  - {show: corp-client, expect: {subject: /CN=thermostat-next}}\n"
    )
    assert differences(result) == []
    assert notes(result)[0] == "did A1.install, A2.identity, A2.persist, A3.reload"


def test_what_is_damaged_is_no_longer_readable(play: Callable[[str], CaseResult]) -> None:
    result = play(
        "steps:\n"
        "  - damage: corp-client\n"
        "  - {damage: missing, expect: {error: ENOENT}}\n"
        "  - {show: corp-client, expect: {error: EINVAL, code: 3}}\n"
        "  - {store: , expect: {count: 2}}\n"
    )
    assert differences(result) == []


def test_the_command_line_refuses_what_does_not_go_together(play: Callable[[str], CaseResult]) -> None:
    add = "azsphere device wifi add --ssid X"
    result = play(
        "steps:\n"
        f"  - {{command: {add} --root-ca-cert-id y, expect: {{error: EINVAL, code: 24}}}}\n"
        f"  - {{command: {add} --config-name p --psk long-enough --targeted-scan}}\n"
        "  - {status: , expect: {networks: [corp, p], unsaved: false}}\n"
    )
    assert differences(result) == []


def test_a_name_in_use_is_the_devices_own_business(play: Callable[[str], CaseResult]) -> None:
    add = "azsphere device wifi add --ssid X --config-name corp"
    result = play(
        "device: {refuse-used-name-at-add: true}\n"
        f"steps:\n  - {{command: {add}, expect: {{error: EEXIST, code: 23}}}}\n"
    )
    assert differences(result) == []
    result = play(
        f"steps:\n  - command: {add}\n"
        "  - {status: corp, expect: {ambiguous: true, networks: [corp, corp], id: 0}}\n"
    )
    assert differences(result) == []


def test_networks_without_a_name_are_found_by_their_number(play: Callable[[str], CaseResult]) -> None:
    result = play(
        "device: empty\n"
        "steps:\n"
        "  - command: azsphere device wifi add --ssid CORP --client-cert-id cl\n"
        "  - command: azsphere device wifi add --ssid CORP --client-cert-id c2\n"
        "  - {status: , expect: {networks: ['', '']}}\n"
        "  - command: azsphere device wifi disable --id 1\n"
        "  - command: azsphere device wifi forget --id 0\n"
        "  - {command: azsphere device wifi enable --id 0, expect: {error: ENODEV, code: 3}}\n"
        "  - {status: , expect: {networks: ['']}}\n"
    )
    assert differences(result) == []
