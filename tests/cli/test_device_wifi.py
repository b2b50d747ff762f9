from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from harness.device.directory import open_device
from harness.device.failure_codes import NetworkError
from harness.device.links import Failure
from harness.device.network import Network, Security

Eaptls = Callable[..., Any]


@pytest.fixture
def device(eaptls: Eaptls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "device"
    monkeypatch.setenv("EAPTLS_DEVICE", str(place))
    assert eaptls("device", "init", "--mac", "02:00:00:00:00:07").code == 0
    return place


def networks(directory: Path) -> dict[int, Network]:
    with open_device(directory, lambda: datetime.now(UTC)) as device:
        return dict(device.wifi.by_id())


CORP = [
    "device",
    "wifi",
    "add",
    "--ssid",
    "CORP",
    "--client-cert-id",
    "client-key-abc",
    "--root-ca-cert-id",
    "server-key-xyz",
    "--client-id",
    "thermostat-7@corp.example",
    "--config-name",
    "corp",
]


@pytest.mark.catalogue("D04", "D05")
def test_a_network_is_added_and_kept(eaptls: Eaptls, device: Path) -> None:
    ended = eaptls(*CORP)
    assert (ended.code, ended.out, ended.err) == (0, "network 0 added\n", "")
    assert (
        eaptls("device", "wifi", "add", "-s", "CORP", "--client-cert-id", "none").out == "network 1 added\n"
    )
    eaptls("device", "restart")
    assert networks(device) == {
        0: Network("corp", "CORP", "client-key-abc", "server-key-xyz", "thermostat-7@corp.example"),
        1: Network("", "CORP", "none"),
    }


@pytest.mark.parametrize(
    ("flags", "security"),
    [
        ("", Security.OPEN),
        ("--psk EXAMPLEPSK", Security.PSK),
        ("-p EXAMPLEPSK", Security.PSK),
        ("--client-cert-id c", Security.EAP_TLS),
    ],
)
def test_security_follows_from_what_is_given(
    flags: str, security: Security, eaptls: Eaptls, device: Path
) -> None:
    added = eaptls("device", "wifi", "add", "-s", "A", *flags.split())
    assert added.code == 0
    assert networks(device)[0].security is security


@pytest.mark.parametrize(
    ("flags", "wanted"),
    [
        ("", False),
        ("--targeted-scan", True),
        ("--targeted-scan true", True),
        ("--targeted-scan false", False),
        ("--targeted-scan=true", True),
        ("--targeted-scan --config-name n", True),
    ],
)
def test_a_targeted_scan_in_both_spellings(flags: str, wanted: bool, eaptls: Eaptls, device: Path) -> None:  # noqa: FBT001
    added = eaptls("device", "wifi", "add", *flags.split(), "--ssid", "A", "-d", device)
    assert added.code == 0, added.err
    assert networks(device)[0].targeted_scan is wanted


def test_what_was_added_as_json(eaptls: Eaptls, device: Path) -> None:
    added = json.loads(eaptls(*CORP, "--json").out)
    assert (added["id"], added["ssid"], added["securityState"]) == (0, "CORP", "eaptls")
    listed = json.loads(eaptls("device", "wifi", "list", "--json").out)
    assert listed == {"values": [added]}
    for which in ("0", "corp"):
        assert json.loads(eaptls("device", "wifi", "show", "--id", which, "--json").out) == added


def test_lists_for_people(eaptls: Eaptls, device: Path) -> None:
    eaptls(*CORP)
    eaptls("device", "wifi", "add", "-s", "GUEST\x1b")
    assert eaptls("device", "wifi", "list").out.splitlines() == [
        (
            "ID  NAME  SSID       STATE    CONNECTION    SECURITY  TARGETED  CLIENT CERTIFICATE  ROOT CA         "
            "IDENTITY"
        ),
        (
            "0   corp  CORP       enabled  disconnected  eaptls    no        client-key-abc      server-key-xyz  "
            "thermostat-7@corp.example"
        ),
        "1         GUEST\\x1b  enabled  disconnected  open      no",
    ]
    shown = eaptls("device", "wifi", "show", "-i", "0").out
    assert "rootCaCertStoreIdentifier  server-key-xyz\n" in shown
    assert "targetedScan               no\n" in shown


def test_a_list_says_what_show_and_json_say(eaptls: Eaptls, device: Path) -> None:
    eaptls(*CORP)
    eaptls("device", "wifi", "add", "-s", "HIDDEN", "-p", "EXAMPLEPSK", "--targeted-scan")
    eaptls("device", "wifi", "add", "-s", "GUEST")
    eaptls("device", "wifi", "disable", "-i", "2")
    with open_device(device, lambda: datetime.now(UTC)) as held:
        held.joined(0)
        held.wifi.links.fail(1, Failure(NetworkError.NETWORK_NOT_FOUND, datetime.now(UTC)))
    listed = json.loads(eaptls("device", "wifi", "list", "--json").out)["values"]
    assert [(one["configState"], one["connectionState"]) for one in listed] == [
        ("enabled", "connected"),
        ("temp-disabled", "disconnected"),
        ("disabled", "disconnected"),
    ]
    lines = eaptls("device", "wifi", "list").out.splitlines()[1:]
    rows = [line.split("\t") for line in eaptls("device", "wifi", "list", "-o", "tsv").out.splitlines()]
    for line, row, one in zip(lines, rows, listed, strict=True):
        which = str(one["id"])
        assert json.loads(eaptls("device", "wifi", "show", "-i", which, "--json").out) == one
        words = {"True": "yes", "False": "no"}
        values = [words.get(str(value), str(value)) for value in one.values()]
        assert row == values
        assert [value for value in values if value not in line.split()] == []
        shown = eaptls("device", "wifi", "show", "-i", which).out.splitlines()
        assert [field.split() for field in shown] == [
            [name, value] for name, value in zip(one, values, strict=True)
        ]


@pytest.mark.catalogue("D06", "D09", "D12")
@pytest.mark.parametrize(
    ("words", "text"),
    [
        (
            "add -s A --root-ca-cert-id r",
            "an EAP-TLS network needs a client certificate ID (EINVAL, 13631512)",
        ),
        (
            f"add -s {'x' * 33}",
            "network '': the SSID is longer than 32 bytes (ERANGE, 13631503)",
        ),
        (
            f"add -s A --config-name {'n' * 17}",
            f"network name '{'n' * 17}' must have 1 to 16 characters (ERANGE, 10485776)",
        ),
        (
            f"add -s A --client-cert-id c --client-id {'i' * 255}",
            "network '': an identity is longer than 254 characters (ERANGE, 10485773)",
        ),
        (
            "add -s A --psk short",
            "network '': a PSK has 8 to 63 characters, or 64 hexadecimal digits (ERANGE, 13631513)",
        ),
        ("enable -i 7", "there is no network 7 (ENODEV, 13631491)"),
        ("disable -i guest", "there is no network 'guest' (ENODEV, 13631491)"),
        ("forget --id 7", "there is no network 7 (ENODEV, 13631491)"),
        ("show --id 7", "there is no network 7 (13631491)"),
    ],
)
def test_what_the_device_refuses_is_exit_1_and_a_sentence(
    words: str, text: str, eaptls: Eaptls, device: Path
) -> None:
    eaptls(*CORP)
    ended = eaptls("device", "wifi", *words.split())
    assert (ended.code, ended.out, ended.err) == (1, "", f"eaptls: {text}\n")
    assert list(networks(device)) == [0]


@pytest.mark.catalogue("D08")
def test_a_name_is_used_twice_unless_a_switch_refuses_it(
    eaptls: Eaptls, device: Path, tmp_path: Path
) -> None:
    eaptls(*CORP)
    assert eaptls(*CORP).out == "network 1 added\n"
    assert [network.name for network in networks(device).values()] == ["corp", "corp"]
    strict = tmp_path / "strict"
    eaptls("device", "init", "--device", strict, "--switch", "refuse-used-name-at-add=true")
    assert eaptls(*CORP, "--device", strict).code == 0
    again = eaptls(*CORP, "--device", strict)
    assert (again.code, again.err) == (1, "eaptls: there is a network 'corp' already (EEXIST, 13631511)\n")


def test_octets_that_no_character_has_are_refused(eaptls: Eaptls, device: Path) -> None:
    ended = eaptls("device", "wifi", "add", "--ssid", "caf\udce9")
    assert (ended.code, ended.err) == (1, "eaptls: network '': ssid is no Unicode text (EINVAL, 13631500)\n")


def test_every_form_of_an_answer(eaptls: Eaptls, device: Path) -> None:
    add = ("device", "wifi", "add", "-s", "A")
    assert json.loads(eaptls(*add, "-o", "json").out)["id"] == 0
    assert json.loads(eaptls(*add, "--output=jsonc").out)["id"] == 1
    assert eaptls(*add, "-o", "none").out == ""
    assert eaptls(*add, "-o", "table").out == "network 3 added\n"
    assert eaptls(*add, "-o", "tsv").out == "A\tenabled\tdisconnected\t4\topen\tno\n"
    assert eaptls(*add, "-o", "yaml").out == (
        "configState: enabled\nconnectionState: disconnected\nid: 5\n"
        "securityState: open\nssid: A\ntargetedScan: false\n"
    )
    assert eaptls(*add, "-o", "yamlc").code == 0
    assert eaptls("device", "wifi", "reload-config", "--json").out == "{}\n"
    assert (
        json.loads(eaptls("device", "wifi", "disable", "-i", "0", "--json").out)["configState"] == "disabled"
    )
    wrong = eaptls(*add, "-o", "xml")
    assert wrong.code == 2
    assert "'json', 'jsonc', 'none', 'table', 'tsv', 'yaml', 'yamlc'" in wrong.err
    assert list(networks(device)) == list(range(7))


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (
            "add -s A --psk EXAMPLEPSK --client-cert-id c",
            "a pre-shared key or a client certificate; leave one out",
        ),
        ("add", "--ssid"),
        ("add -s A --targetted-scan", "--targeted-scan"),
        ("show", "--id"),
        (f"scan --access-point {'x' * 33}", "an SSID has 1 to 32 bytes"),
        ("scan --security wep --access-point A", "'eap-tls', 'psk', 'open'"),
    ],
)
def test_wrong_usage_is_exit_2(words: str, text: str, eaptls: Eaptls, device: Path) -> None:
    ended = eaptls("device", "wifi", *words.split())
    assert ended.code == 2
    assert text in ended.err
    assert "Traceback" not in ended.err


def test_networks_are_enabled_disabled_and_forgotten_for_good(eaptls: Eaptls, device: Path) -> None:
    eaptls(*CORP)
    for words, told, enabled in (
        (("disable", "--id", "0"), "network '0' disabled\n", False),
        (("enable", "-i", "corp"), "network 'corp' enabled\n", True),
    ):
        assert eaptls("device", "wifi", *words).out == told
        eaptls("device", "restart")
        assert networks(device)[0].enabled is enabled
    assert eaptls("device", "wifi", "forget", "-i", "corp").out == "network 'corp' forgotten\n"
    eaptls("device", "wifi", "reload-config")
    assert networks(device) == {}


def test_a_reload_says_what_is_lost(eaptls: Eaptls, device: Path) -> None:
    assert eaptls("device", "wifi", "reload-config").out == "settings and certificates are loaded anew\n"
    with open_device(device, lambda: datetime.now(UTC)) as held:
        held.wifi.add(Network("fresh", "FRESH"), persist=False)
    told = eaptls("device", "wifi", "reload-config").out
    assert told == "settings and certificates are loaded anew; not persisted, and lost: fresh\n"


def test_the_status_of_the_interface(eaptls: Eaptls, device: Path) -> None:
    eaptls(*CORP)
    status = json.loads(eaptls("device", "wifi", "show-status", "--json").out)
    assert (status["wpa_state"], status["address"]) == ("DISCONNECTED", "02:00:00:00:00:07")
    with open_device(device, lambda: datetime.now(UTC)) as held:
        held.joined("corp")
    text = eaptls("device", "wifi", "show-status").out
    assert "wpa_state          COMPLETED\n" in text
    assert "ssid               CORP\n" in text


def test_a_scan_shows_the_access_points_that_were_told_of(eaptls: Eaptls, device: Path) -> None:
    assert eaptls("device", "wifi", "scan").out == "SSID  SECURITY\n"
    first = eaptls("device", "wifi", "scan", "--access-point", "CORP", "--access-point", "LAB").out
    assert first.splitlines() == ["SSID  SECURITY", "CORP  eap-tls", "LAB   eap-tls"]
    eaptls("device", "wifi", "scan", "--access-point", "GUEST", "--security", "open")
    eaptls("device", "wifi", "scan", "--access-point", "SECRET", "--security", "psk", "--hidden")
    values = json.loads(eaptls("device", "wifi", "scan", "--json").out)["values"]
    assert [(one["ssid"], one["securityState"]) for one in values] == [
        ("CORP", "eaptls"),
        ("LAB", "eaptls"),
        ("GUEST", "open"),
    ]
    eaptls("device", "wifi", "add", "-s", "SECRET", "-p", "EXAMPLEPSK", "--targeted-scan")
    assert len(json.loads(eaptls("device", "wifi", "scan", "--json").out)["values"]) == 4
    assert eaptls("device", "wifi", "scan", "--clear").out == "SSID  SECURITY\n"
    assert eaptls("device", "wifi", "scan").out == "SSID  SECURITY\n"


def test_a_file_of_access_points_that_is_none(eaptls: Eaptls, device: Path) -> None:
    eaptls("device", "wifi", "scan", "--access-point", "CORP")
    file = device / "access-points.json"
    file.write_text("CORP")
    ended = eaptls("device", "wifi", "scan")
    assert ended.code == 3
    assert ended.err == (
        f"eaptls: {file}: the file is no list of access points with ssid, security and hidden\n"
        "delete the file and name the access points again\n"
    )
