"""Which network a device joins, and what it then remembers. No server is needed for what is told apart here."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.outcome import Cause, Verdict
from harness.run.case import CaseResult

OPEN = """\
scenario: Open networks
device: empty
access-points:
  one: {ssid: ONE, security: open}
  two: {ssid: TWO, security: open, time: true}
  three: {ssid: THREE, security: wpa2-psk, psk: right-pass-phrase}
  four: {ssid: FOUR, security: open, hidden: true}
"""


def network(name: str, ssid: str, security: str = "open", more: str = "") -> str:
    return f"  - network: {{name: {name}, ssid: {ssid}, security: {security}{more}}}\n"


def differences(result: CaseResult) -> list[str]:
    return [str(mismatch) for step in result.steps for mismatch in step.mismatches]


JOINED = "{verdict: connected, cause: server-not-authenticated, "


def test_a_device_takes_the_first_network_that_is_there(play: Callable[[str], CaseResult]) -> None:
    result = play(
        OPEN + "steps:\n" + network("a", "NONE") + network("b", "TWO") + network("c", "ONE") + "  - join:\n"
        f"    expect: {JOINED}tried: [b], diagnostics: {{error: 0}}}}\n"
        "  - {status: a, expect: {connected-to: b, time-sync: complete, diagnostics: {error: 2, enabled: false}}}\n"
        "  - wait: 1h\n"
        "  - access-point: {name: two, action: stop}\n"
        "  - {status: , expect: {connected-to: none}}\n"
        "  - join:\n"
        f"    expect: {JOINED}network: c}}\n"
    )
    assert differences(result) == []


@pytest.mark.parametrize(
    ("steps", "cause", "text"),
    [
        ("", Cause.NETWORK_DISABLED, "the device has no enabled network"),
        (network("a", "NONE"), Cause.ACCESS_POINT_NOT_FOUND, "announces an enabled network"),
        (network("a", "ONE", "eap-tls"), Cause.SECURITY_MISMATCH, "offer another security"),
        (
            network("a", "NONE") + "  - {join: , expect: not-attempted}\n",
            Cause.NETWORK_DISABLED,
            "every enabled network failed a moment ago; the first is tried again in 10 s",
        ),
    ],
)
def test_a_device_that_has_nothing_to_join_says_why(
    play: Callable[[str], CaseResult], steps: str, cause: Cause, text: str
) -> None:
    result = play(OPEN + "steps:\n" + steps + "  - {join: , expect: not-attempted}\n")
    outcome = result.steps[-1].outcome
    assert outcome is not None
    assert (outcome.verdict, outcome.cause) == (Verdict.NOT_ATTEMPTED, cause)
    assert text in outcome.explanation


@pytest.mark.parametrize(
    ("psk", "verdict", "cause", "error"),
    [
        (", psk: right-pass-phrase", Verdict.CONNECTED, Cause.SERVER_NOT_AUTHENTICATED, 0),
        (", psk: wrong-pass-phrase", Verdict.UNUSABLE, Cause.KEYS_MISMATCH, 4),
        ("", Verdict.UNUSABLE, Cause.KEYS_MISSING, 3),
    ],
)
def test_a_pre_shared_key_is_compared(
    play: Callable[[str], CaseResult], psk: str, verdict: Verdict, cause: Cause, error: int
) -> None:
    result = play(
        OPEN + "steps:\n" + network("a", "THREE", "psk", psk) + "  - associate: a\n"
        f"    expect: {{verdict: {verdict}, cause: {cause}, diagnostics: {{error: {error}, cert-error: none}}}}\n"
    )
    assert differences(result) == []
    assert "pass-phrase" not in repr(result)


def test_a_hidden_network_is_heard_by_a_targeted_scan_alone(play: Callable[[str], CaseResult]) -> None:
    result = play(
        OPEN + "steps:\n" + network("a", "FOUR") + "  - associate: {network: a, access-point: four}\n"
        "    expect: {verdict: not-attempted, cause: access-point-not-found, diagnostics: {error: 2}}\n"
        "  - change: {network: a, targeted-scan: true}\n"
        "  - associate: a\n"
        f"    expect: {JOINED}diagnostics: {{error: 2, connected: true}}}}\n"
    )
    assert differences(result) == []


def test_only_a_device_that_is_connected_can_authenticate_again(play: Callable[[str], CaseResult]) -> None:
    result = play(
        OPEN + "steps:\n" + network("a", "ONE") + "  - reauthenticate:\n"
        "    expect: {verdict: not-attempted, cause: network-unknown, network: none}\n"
        "  - associate: a\n"
        f"    expect: {JOINED}network: a}}\n"
        "  - reauthenticate:\n"
        f"    expect: {JOINED}network: a}}\n"
        "  - disconnect\n"
        "  - {status: , expect: {connected-to: none}}\n"
    )
    assert differences(result) == []


def test_ethernet_carries_no_eap_tls_and_no_open_network(play: Callable[[str], CaseResult]) -> None:
    result = play(
        OPEN + "steps:\n" + network("a", "ONE") + "  - associate: {network: a, interface: ethernet}\n"
        "    expect: {verdict: not-attempted, cause: security-mismatch}\n"
    )
    assert differences(result) == []


def test_time_that_is_switched_off_is_not_taken(play: Callable[[str], CaseResult]) -> None:
    result = play(
        OPEN.replace("device: empty", "device: {starts: empty, rtc-battery: false}")
        + "steps:\n"
        + network("a", "TWO")
        + "  - clock: {sync: false}\n"
        "  - associate: a\n"
        f"    expect: {JOINED}network: a}}\n"
        "  - {status: , expect: {time-sync: disabled}}\n"
        "  - access-point: {name: two, action: stop}\n"
        "  - associate: a\n"
        "    expect: {verdict: not-attempted, diagnostics: {year: 2000}}\n"
    )
    assert differences(result) == []


def test_a_join_ends_though_nothing_is_left_alone(play: Callable[[str], CaseResult]) -> None:
    result = play(
        OPEN.replace("device: empty", "device: {starts: empty, retry-delays: [0s]}")
        + "steps:\n"
        + network("a", "THREE", "psk", ", psk: wrong-pass-phrase")
        + "  - join:\n    expect: {verdict: unusable, tried: [a]}\n"
    )
    assert differences(result) == []
