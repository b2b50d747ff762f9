from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from harness.device.directory import open_device
from harness.device.failure_codes import CertError, NetworkError
from harness.device.links import Failure
from harness.device.network import Network

Eaptls = Callable[..., Any]
MOMENT = datetime(2000, 1, 1, 0, 4, 37, tzinfo=UTC)


@pytest.fixture
def device(eaptls: Eaptls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A device of which one network failed and another was never tried."""
    place = tmp_path / "device"
    monkeypatch.setenv("EAPTLS_DEVICE", str(place))
    assert eaptls("device", "init", "--mac", "02:00:00:00:00:07").code == 0
    with open_device(place, lambda: datetime.now(UTC)) as held:
        held.wifi.add(Network("corp", "CORP"))
        held.wifi.add(Network("idle", "IDLE", enabled=False))
        failure = Failure(NetworkError.AUTHENTICATION_FAILED, MOMENT, CertError.EXPIRED, 0, "/CN=radius")
        held.wifi.links.fail(0, failure)
    return place


@pytest.mark.catalogue("D13")
def test_the_last_failures_are_shown(eaptls: Eaptls, device: Path) -> None:
    document = {
        "timestamp": "2000-01-01t00:04:37+0000",
        "networkId": 0,
        "ssid": "CORP",
        "error": "AuthenticationFailed",
        "configState": "temp-disabled",
        "connectionState": "disconnected",
        "certInfo": {"certError": "Expired", "certDepth": 0, "certSubject": "/CN=radius"},
    }
    show = ("device", "network", "show-diagnostics")
    assert json.loads(eaptls(*show, "--json").out) == {"values": [document]}
    for words in (("--network", "0"), ("-n", "corp"), ("-n", "0", "-d", device)):
        assert json.loads(eaptls(*show, *words, "--json").out) == document
    assert eaptls(*show).out.splitlines() == [
        "timestamp        2000-01-01t00:04:37+0000",
        "networkId        0",
        "ssid             CORP",
        "error            AuthenticationFailed",
        "configState      temp-disabled",
        "connectionState  disconnected",
        "certError        Expired",
        "certDepth        0",
        "certSubject      /CN=radius",
    ]


@pytest.mark.parametrize(
    ("network", "text"),
    [
        ("idle", "no failure is recorded for network 'idle' (13631491)"),
        ("7", "there is no network 7 (13631491)"),
    ],
)
def test_a_network_without_failure(network: str, text: str, eaptls: Eaptls, device: Path) -> None:
    ended = eaptls("device", "network", "show-diagnostics", "-n", network)
    assert (ended.code, ended.out, ended.err) == (1, "", f"eaptls: {text}\n")


def test_nothing_to_show_is_said(eaptls: Eaptls, tmp_path: Path) -> None:
    place = tmp_path / "fresh"
    eaptls("device", "init", "--device", place)
    show = ("device", "network", "show-diagnostics", "--device", place)
    assert eaptls(*show).out == "no failure is recorded for any network\n"
    assert json.loads(eaptls(*show, "--json").out) == {"values": []}
    assert eaptls(*show, "-o", "tsv").out == ""


def test_interfaces_and_the_network_as_a_whole(eaptls: Eaptls, device: Path) -> None:
    listed = json.loads(eaptls("device", "network", "list-interfaces", "--json").out)["interfaces"]
    assert [one["interfaceName"] for one in listed] == ["azspheresvc", "lo", "wlan0"]
    assert eaptls("device", "network", "list-interfaces").out.splitlines()[-1] == (
        "wlan0        yes  no         02:00:00:00:00:07"
    )
    status = json.loads(eaptls("device", "network", "show-status", "--json").out)
    assert status["networkTimeSync"] == "incomplete"
    assert "proxy" in eaptls("device", "network", "show-status").out
