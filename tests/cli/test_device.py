from __future__ import annotations

import json
import re
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from harness.cli.device_commands import commands
from harness.device.directory import open_device
from harness.device.network import Network

Eaptls = Callable[..., Any]


def test_a_device_is_made_in_a_directory_of_its_own(eaptls: Eaptls, tmp_path: Path) -> None:
    place = tmp_path / "d"
    ended = eaptls(
        "device", "init", "--device", place, "--name", "thermostat-7", "--mac", "02-00-00-00-00-07"
    )
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == f"device 'thermostat-7' (02:00:00:00:00:07) made in {place}\n"
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in place.iterdir()} == {0o600}


def test_without_an_address_it_gets_one_of_its_own(eaptls: Eaptls, tmp_path: Path) -> None:
    for name in "ab":
        assert eaptls("device", "init", "--device", tmp_path / name).code == 0
    macs = [opened(tmp_path / name).mac for name in "ab"]
    assert macs[0] != macs[1]
    assert {mac[0] for mac in macs} == {2}


def opened(directory: Path) -> Any:
    with open_device(directory, lambda: datetime.now(UTC)) as device:
        return device


def test_the_directory_may_come_from_the_environment(
    eaptls: Eaptls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EAPTLS_DEVICE", str(tmp_path / "d"))
    assert eaptls("device", "init").code == 0
    assert eaptls("device", "certificate", "list").out == "ID  NOT AFTER  SUBJECT\n"


def test_without_either_it_is_device_in_this_folder(
    eaptls: Eaptls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EAPTLS_DEVICE", raising=False)
    monkeypatch.chdir(tmp_path)
    assert eaptls("device", "init").code == 0
    assert (tmp_path / "device" / "store").exists()


@pytest.mark.parametrize(
    ("switch", "check"),
    [
        ("move-requires-destination=true", lambda profile: profile.move_requires_destination),
        ("store_bytes=5000", lambda profile: profile.store_bytes == 5000),
        ("tls-max=1.3", lambda profile: profile.tls_max == "1.3"),
        ("long-id-errno=EINVAL", lambda profile: profile.long_id_errno == "EINVAL"),
        ("unknown-identity-as=null", lambda profile: profile.unknown_identity_as is None),
        ("unknown-identity-as=none", lambda profile: profile.unknown_identity_as is None),
        ("retry-delays=[1.0, 2.0]", lambda profile: profile.retry_delays == (1.0, 2.0)),
        ("retry-delays=1s,1m30s", lambda profile: profile.retry_delays == (1.0, 90.0)),
        ("retry-delays=[1s, 200ms]", lambda profile: profile.retry_delays == (1.0, 0.2)),
        ("client-key-types=rsa", lambda profile: profile.client_key_types == ("rsa",)),
        ('client-key-types=["rsa", "ec"]', lambda profile: profile.client_key_types == ("rsa", "ec")),
        ("rtc-battery=no", lambda profile: profile.rtc_battery is False),
        ("ciphers=", lambda profile: profile.ciphers == ""),
        ("ciphers=ECDHE+AESGCM:!SHA1", lambda profile: profile.ciphers == "ECDHE+AESGCM:!SHA1"),
    ],
)
def test_switches_of_the_profile(
    switch: str, check: Callable[[Any], bool], eaptls: Eaptls, tmp_path: Path
) -> None:
    ended = eaptls("device", "init", "--device", tmp_path / "d", "--switch", switch)
    assert ended.code == 0, ended.err
    assert check(opened(tmp_path / "d").profile)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--mac", "07"), "--mac '07' is no MAC address; write 02:00:00:00:00:07"),
        (("--switch", "locked"), "--switch 'locked' has no value; write NAME=VALUE"),
        (
            ("--switch", "speed=9"),
            "--switch: there is no switch 'speed'; docs/reference/device-switches.md lists them",
        ),
        (
            ("--switch", "name-length=0"),
            "--switch: name_length 0 is below 1; docs/reference/device-switches.md lists them",
        ),
        (
            ("--switch", "retry-delays=soon"),
            (
                "--switch: ['soon'] is no value of the switch 'retry_delays'; "
                "docs/reference/device-switches.md lists them"
            ),
        ),
        (
            ("--switch", "store-bytes=much"),
            "--switch: 'much' is no value of the switch 'store_bytes'; docs/reference/device-switches.md lists them",
        ),
    ],
)
def test_a_device_that_cannot_be_made(
    arguments: tuple[str, ...], text: str, eaptls: Eaptls, tmp_path: Path
) -> None:
    ended = eaptls("device", "init", "--device", tmp_path / "d", *arguments)
    assert (ended.code, ended.out, ended.err) == (2, "", f"eaptls: {text}\n")
    assert not (tmp_path / "d").exists()


def test_a_device_is_never_made_over_another(eaptls: Eaptls, tmp_path: Path) -> None:
    eaptls("device", "init", "--device", tmp_path / "d", "--name", "first")
    ended = eaptls("device", "init", "--device", tmp_path / "d", "--name", "second")
    assert ended.code == 2
    assert ended.err == f"eaptls: {tmp_path}/d: there is a device already; use it, or choose another place\n"
    assert opened(tmp_path / "d").name == "first"


COMMANDS = (
    ("certificate", "list"),
    ("certificate", "show-quota"),
    ("wifi", "list"),
    ("wifi", "reload-config"),
    ("network", "show-diagnostics"),
    ("restart",),
    ("serve", "--port", "0"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_missing_device_is_not_made_but_told(
    command: tuple[str, ...], eaptls: Eaptls, tmp_path: Path
) -> None:
    place = tmp_path / "none"
    ended = eaptls("device", *command, "--device", place)
    fix = f"make one with eaptls device init --device {place}"
    assert (ended.code, ended.out, ended.err) == (2, "", f"eaptls: {place}: there is no device; {fix}\n")
    assert not place.exists()


@pytest.mark.parametrize("file", ["device", "store", "wifi", "memory"])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_damaged_device_is_reported_and_left_as_it_is(
    command: tuple[str, ...], file: str, eaptls: Eaptls, tmp_path: Path
) -> None:
    place = tmp_path / "d"
    eaptls("device", "init", "--device", place)
    eaptls("device", "restart", "--device", place)
    damaged = place / file
    damaged.write_bytes(damaged.read_bytes()[:-3])
    before = {path.name: path.read_bytes() for path in place.iterdir()}
    ended = eaptls("device", *command, "--device", place)
    assert (ended.code, ended.out) == (3, "")
    first, hint = ended.err.splitlines()
    assert first.startswith(f"eaptls: {damaged}: the file has ")
    assert hint.startswith(("restore it from a copy", "delete the file: the device then starts"))
    assert {path.name: path.read_bytes() for path in place.iterdir()} == before


def test_keys_that_others_may_read_are_not_used(eaptls: Eaptls, tmp_path: Path) -> None:
    place = tmp_path / "d"
    eaptls("device", "init", "--device", place)
    (place / "store").chmod(0o644)
    ended = eaptls("device", "certificate", "list", "--device", place)
    assert ended.code == 3
    assert ended.err == (
        f"eaptls: {place}/store: others may use it (mode 0644), and the device holds private keys\n"
        f"run chmod 600 {place}/store\n"
    )


def test_a_restart_loses_what_was_not_persisted(eaptls: Eaptls, tmp_path: Path) -> None:
    place = tmp_path / "d"
    eaptls("device", "init", "--device", place, "--name", "thermostat")
    with open_device(place, lambda: datetime.now(UTC)) as device:
        device.wifi.add(Network("corp", "CORP"), persist=False)
    assert "corp" in eaptls("device", "wifi", "list", "--device", place).out
    assert eaptls("device", "restart", "--device", place).out == "device 'thermostat' started again\n"
    assert json.loads(eaptls("device", "wifi", "list", "--device", place, "--json").out) == {"values": []}


@pytest.mark.parametrize(
    "command",
    [
        "device",
        "device init",
        "device restart",
        "device connect",
        "device serve",
        *(f"device certificate {verb}" for verb in ("add", "list", "show", "delete", "show-quota")),
        *(f"device wifi {verb}" for verb in ("add", "list", "show", "enable", "disable", "forget")),
        *(f"device wifi {verb}" for verb in ("reload-config", "show-status", "scan")),
        *(f"device network {verb}" for verb in ("show-diagnostics", "list-interfaces", "show-status")),
    ],
)
def test_every_command_has_help(command: str, eaptls: Eaptls) -> None:
    ended = eaptls(*command.split(), "-h")
    assert ended.code == 0
    assert ended.out.startswith(f"Usage: eaptls {command} [OPTIONS]")


def test_a_device_that_another_process_holds(
    eaptls: Eaptls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "d"
    eaptls("device", "init", "--device", place)
    with open_device(place, lambda: datetime.now(UTC)):
        # Time that is not waited for.
        later = iter(range(0, 1000, 20))
        monkeypatch.setattr(time, "monotonic", lambda: next(later))
        ended = eaptls("device", "wifi", "list", "--device", place)
    assert ended.code == 3
    assert ended.err == f"eaptls: {place}: another process holds the device\nwait until it ends, or stop it\n"


def test_its_commands_are_imported_when_one_of_them_is_asked_for() -> None:
    probe = (
        "import sys, typer; from harness.cli.main import build; group = typer.main.get_command(build())\n"
        "print(sorted(name for name in sys.modules if name.startswith('harness.cli.device')))\n"
        "print(sorted(group.commands['device'].commands))"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    early, names = done.stdout.splitlines()
    assert early == "['harness.cli.device']"
    assert names == "['certificate', 'connect', 'init', 'network', 'restart', 'serve', 'wifi']"


LOCKED = {
    "certificate add -i r --cert-type rootca --public-key-file {file}": True,
    "certificate delete -i r": True,
    "certificate list": True,
    "certificate show -i r": True,
    "certificate show-quota": True,
    "network list-interfaces": True,
    "network show-diagnostics": True,
    "network show-status": False,
    "restart": True,
    "wifi add -s A": True,
    "wifi disable -i 0": True,
    "wifi enable -i 0": True,
    "wifi forget -i 0": True,
    "wifi list": True,
    "wifi reload-config": True,
    "wifi scan": True,
    "wifi show -i 0": True,
    "wifi show-status": True,
}
"""Whether a locked device refuses a command; its REST interface answers the same calls, and no others."""


def test_a_locked_device_refuses_what_its_rest_interface_refuses(eaptls: Eaptls, tmp_path: Path) -> None:
    place = tmp_path / "device"
    eaptls("device", "init", "--device", place, "--switch", "locked=true")
    (tmp_path / "file").write_text("")
    for words, refused in LOCKED.items():
        ended = eaptls("device", *words.format(file=tmp_path / "file").split(), "-d", place)
        assert (ended.code, "10485778" in ended.err) == (int(refused), refused), words


def test_the_page_lists_every_flag_of_every_command() -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "device-cli.md").read_text("utf-8")
    groups = {
        name: command for name, command in commands().items() if name not in {"connect", "init", "serve"}
    }
    for name, group in groups.items():
        for below, command in (getattr(group, "commands", None) or {"": group}).items():
            words = f"{name} {below}".strip()
            rows = [line for line in page.splitlines() if re.match(rf"\|.*`{words}`", line)]
            flags = {
                flag for one in command.params for flag in one.opts if one.name not in {"device", "output"}
            }
            known = {"--access-point", "--security", "--hidden", "--clear"}
            written = set(re.findall(r"`(--?[a-z-]+)`", " ".join(rows)))
            assert written == flags - known - {"--help"}, words
