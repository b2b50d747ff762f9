"""A command means the same as a step of a scenario and on ``eaptls device``: what is taken, what it does, what is said."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.cli.device_commands import commands
from harness.cli.main import main
from harness.device.device import Device
from harness.device.directory import make_device, open_device
from harness.device.network import Network
from harness.device.profile import DEFAULT_PROFILE, DeviceProfile
from harness.pki.mint import Mint
from harness.run.actions import perform
from harness.run.associate import SourceAddresses
from harness.run.book import CertificateBook
from harness.run.world import World
from harness.scenario.command_parts import CommandError
from harness.scenario.commandline import command_names, parse_command
from harness.scenario.plan import Case
from harness.server.pool import ServerPool

MAC = bytes.fromhex("020000000007")
USAGE = "wrong usage"
LONG = "x" * 17


@dataclass(frozen=True)
class Came:
    """What a row of commands came to: a number or wrong usage for each, and the device afterwards."""

    answers: tuple[str | int, ...]
    networks: Mapping[int, Network]
    certificates: Mapping[str, str]

    @staticmethod
    def of(answers: list[str | int], device: Device) -> Came:
        entries = {one: device.store.get(one) for one in device.store.identifiers()}
        kinds = {name: entry.type.value for name, entry in entries.items() if entry}
        return Came(tuple(answers), dict(device.wifi.by_id()), kinds)


class Written:
    """What the fixture ``written`` gives."""

    case: Callable[[str], Case]


class Doors:
    """One device behind each of the two doors, both new for every row of commands."""

    def __init__(self, folder: Path, written: Written, mint: Mint, capsys: Any) -> None:
        self._folder, self._capsys, self._count = folder, capsys, 0
        self._scenario = written.case("scenario: A title\ndevice: empty\nsteps:\n  - reload\n").scenario
        self._mint = mint
        book = CertificateBook(mint, self._scenario.certificates)
        for name in ("corp-root", "thermostat"):
            (folder / f"{name}.pem").write_bytes(book.credential(name).certificate_pem())
            (folder / f"{name}.key").write_text(book.key_pem(name))

    def scenario(self, rows: list[list[str]], profile: DeviceProfile = DEFAULT_PROFILE) -> Came:
        book = CertificateBook(self._mint, self._scenario.certificates)
        world = World(self._scenario, book, ServerPool(None), bytes, SourceAddresses())  # type: ignore[arg-type]
        world.open()
        world.opened = True
        world.devices["device"] = device = Device("device", MAC, lambda: datetime.now(UTC), profile)
        answers: list[str | int] = []
        for words in rows:
            try:
                line = " ".join(map(quoted, words))
                action = parse_command(line, psk_beside_certificate=profile.psk_beside_certificate)
            except CommandError:
                answers.append(USAGE)
                continue
            answers.append(perform(world, action, "device")[0].number)
        return Came.of(answers, device)

    def command_line(self, rows: list[list[str]], profile: DeviceProfile = DEFAULT_PROFILE) -> Came:
        self._count += 1
        place = self._folder / f"device-{self._count}"
        make_device(place, "device", MAC, profile)
        answers: list[str | int] = []
        for words in rows:
            program = 2 if words[0] == "az" else 1
            answers.append(self._run([*words[program:], "--device", str(place)]))
        with open_device(place, lambda: datetime.now(UTC)) as device:
            return Came.of(answers, device)

    def _run(self, words: list[str]) -> str | int:
        here = {"{corp-root.pem}", "{thermostat.pem}", "{thermostat.key}"}
        files = [str(self._folder / word.strip("{}")) if word in here else word for word in words]
        keep, sys.argv = sys.argv, ["eaptls", *files]
        try:
            with pytest.raises(SystemExit) as left:
                main()
        finally:
            sys.argv = keep
        said = self._capsys.readouterr()
        assert "Traceback" not in said.err
        if left.value.code == 1:
            return int(said.err.rstrip().rstrip(")").rpartition(" ")[2])
        assert left.value.code in {0, 2}, said.err
        return USAGE if left.value.code else 0


def quoted(word: str) -> str:
    """Write a word as a step's line has it: in quotes where it needs them."""
    if not word or set(word) & set(" \"'"):
        mark = "'" if '"' in word else '"'
        return f"{mark}{word}{mark}"
    return word


@pytest.fixture
def doors(tmp_path: Path, written: Written, mint: Mint, capsys: pytest.CaptureFixture[str]) -> Doors:
    return Doors(tmp_path, written, mint, capsys)


ADD = "azsphere device wifi add"
ROOT = "azsphere device certificate add --cert-id r --cert-type rootca --public-key-file {corp-root.pem}"
CLIENT = (
    "azsphere device certificate add --cert-id c --cert-type client --public-key-file {thermostat.pem} "
    "--private-key-file {thermostat.key}"
)
ROWS: dict[str, list[str]] = {
    "no name": [f"{ADD} --ssid Corporate-Network-Floor3 --client-cert-id cl --root-ca-cert-id root --client-id t"],
    "two of one SSID": [f"{ADD} --ssid CORP --client-cert-id cl", f"{ADD} --ssid CORP --client-cert-id c2"],
    "two of one name": [f"{ADD} -s A --config-name n", f"{ADD} -s B --config-name n"],
    "by ID": [f"{ADD} -s A", f"{ADD} -s B", "azsphere device wifi disable --id 1"],
    "by name": [f"{ADD} -s A --config-name n", "azsphere device wifi disable -i n"],
    "a name of digits is an ID": [f"{ADD} -s A", f"{ADD} -s B --config-name 0", "azsphere device wifi forget -i 0"],
    "forgotten by ID": [f"{ADD} -s A", f"{ADD} -s B", "az sphere device wifi forget -i 0", f"{ADD} -s C"],
    "enabled": [f"{ADD} -s A", "azsphere device wifi disable -i 0", "azsphere device wifi enable -i 0"],
    "an SSID is no name": [f"{ADD} -s A", "azsphere device wifi disable -i A"],
    "no such network": [f"azsphere device wifi {verb} --id {one}" for verb in ("enable", "disable", "forget")
                        for one in ("7", "nothing", "2147483648", "9" * 5000, "-1", "٣")],
    "lengths": [f"{ADD} -s {'x' * 32}", f"{ADD} -s {'x' * 33}", f"{ADD} -s A --config-name {LONG}",
                f"{ADD} -s A --client-cert-id {LONG}", f"{ADD} -s A --client-cert-id c --root-ca-cert-id {LONG}",
                f"{ADD} -s A --client-cert-id c --client-id {'x' * 255}", f"{ADD} -s ''"],
    "keys": [f"{ADD} -s A --psk {key}" for key in ("short", "long-enough", "x" * 63, "x" * 64, "a" * 64, "''")],
    "what does not go together": [f"{ADD} -s A --psk long-enough --client-cert-id c",
                                  f"{ADD} -s A --root-ca-cert-id r", f"{ADD} -s A --client-cert-id ''"],
    "a scan": [f"{ADD} --targeted-scan -s A", f"{ADD} -s A --targeted-scan", f"{ADD} -s A --targeted-scan true",
               f"{ADD} -s A --targeted-scan false", f"{ADD} -s A --targeted-scan=false",
               f"{ADD} -s A --targeted-scan maybe", f"{ADD} -s A --targeted-scan=maybe",
               f"{ADD} -s A --targeted-scan TRUE"],
    "where a value stands": [f"{ADD} -s=A", f"{ADD} -sA", f"{ADD} --ssid=A=B", f"{ADD} --ssid", f"{ADD} -s -p x",
                             f"{ADD} -s --psk long-enough", f"{ADD} -s -x", f"{ADD} --ssid=--psk",
                             f"{ADD} -s A -s B", f"{ADD} -s A --ssid B", f"{ADD} -s A more", f"{ADD} --ssi A", ADD,
                             f"{ADD} -s A --psk=", f"{ADD} more -s A"],
    "quotes": [f"{ADD} -s \"it's\"", f"{ADD} -s 'say \"x\"'", f"{ADD} -s 'a b' --config-name ''"],
    "an output": [f"{ADD} -s A -o json", f"{ADD} -s A --output none", f"{ADD} -s A -o xml", f"{ADD} -s A -o",
                  "azsphere device wifi reload-config -o tsv", "azsphere device restart -o yaml"],
    "certificates": [ROOT, CLIENT, ROOT.replace("rootca", "RootCA"), ROOT.replace(" r ", f" {LONG} "),
                     ROOT.replace(" r ", " a/b "), ROOT.replace(" r ", " '' "),
                     f"{CLIENT} --private-key-password x", f"{CLIENT} --private-key-password ''",
                     f"{ROOT} --private-key-password x", f"{ROOT} --private-key-file {{thermostat.key}}",
                     f"{ROOT} --private-key-password ''", CLIENT.rpartition(" --private")[0],
                     "azsphere device certificate delete --cert-id c", "azsphere device certificate delete -i no",
                     f"azsphere device certificate delete -i {LONG}", "azsphere device certificate delete -i a/b"],
    "replaced": [ROOT, CLIENT.replace(" c ", " r "), "azsphere device certificate delete --certid r"],
    "integrated": ["az sphere device certificate add -c r -t rootca -p {corp-root.pem}",
                   ("az sphere device certificate add --certificate c --cert-type client --public-key-file "
                   "{thermostat.pem} --private-key-file {thermostat.key}"),
                   "az sphere device certificate delete -c r", "az sphere device wifi add -s A -p long-enough"],
    "a restart": [f"{ADD} -s A", f"{ADD} -s B", "azsphere device wifi forget -i 0", "azsphere device restart"],
    "no such command": ["azsphere device wifi ad -s A", "azsphere device wifi", "azsphere device restart now",
                        "azsphere device wifi reload-config now"],
}  # fmt: skip
"""Rows of commands, by what they are about."""


@pytest.mark.parametrize("name", ROWS)
def test_both_doors_agree(name: str, doors: Doors) -> None:
    rows = [shlex.split(line) for line in ROWS[name]]
    assert doors.scenario(rows) == doors.command_line(rows)


@pytest.mark.parametrize("profile", [
    DeviceProfile(refuse_used_name_at_add=True), DeviceProfile(locked=True), DeviceProfile(max_networks=1),
    DeviceProfile(psk_beside_certificate=True), DeviceProfile(case_sensitive_ids=False),
    DeviceProfile(store_bytes=1000),
], ids=range(6))  # fmt: skip
def test_both_doors_agree_on_any_device(profile: DeviceProfile, doors: Doors) -> None:
    names = ("two of one name", "keys", "certificates", "a restart", "what does not go together")
    rows = [shlex.split(line) for name in names for line in ROWS[name]]
    assert doors.scenario(rows, profile) == doors.command_line(rows, profile)


FLAGS = ["--ssid", "-s", "--psk", "-p", "--client-cert-id", "--config-name", "--targeted-scan", "-o", "--output",
         "--root-ca-cert-id", "--client-id", "--nonsense", "-x"]  # fmt: skip
VALUES = ["A", "long-enough", "true", "false", "json", "", "a b", "it's", "-1", LONG, "0"]
WORDS = st.one_of(
    st.sampled_from(FLAGS),
    st.sampled_from(VALUES),
    st.builds("{}={}".format, st.sampled_from(FLAGS), st.sampled_from(VALUES)),
)
PAIRS = st.tuples(st.sampled_from(FLAGS[:11]), st.sampled_from(VALUES)).map(list)
LINES = st.one_of(
    st.lists(PAIRS, max_size=4).map(lambda pairs: [word for pair in pairs for word in pair]),
    st.lists(WORDS, max_size=6),
).map(lambda words: ["azsphere", "device", "wifi", "add", "--ssid", "A", *words])


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=st.lists(LINES, min_size=4, max_size=4))
def test_both_doors_agree_on_any_words(rows: list[list[str]], doors: Doors) -> None:
    assert doors.scenario(rows) == doors.command_line(rows)


def test_a_switch_lets_a_key_stand_beside_a_certificate_at_both_doors(doors: Doors) -> None:
    rows = [shlex.split(f"{ADD} -s A --psk long-enough --client-cert-id c")]
    assert doors.scenario(rows).answers == doors.command_line(rows).answers == (USAGE,)
    taken = DeviceProfile(psk_beside_certificate=True)
    network = Network("", "A", "c", psk="long-enough")
    assert doors.scenario(rows, taken).networks == doors.command_line(rows, taken).networks == {0: network}


def test_a_key_is_no_certificate_at_either_door(doors: Doors) -> None:
    """The one difference: what the device refuses is a mistake of the file in a scenario, for nobody means it."""
    rows = [shlex.split(ROOT.replace("corp-root.pem", "thermostat.key"))]
    assert doors.scenario(rows) == Came((USAGE,), {}, {})
    assert doors.command_line(rows) == Came((38797325,), {}, {})


def test_every_command_of_the_device_is_known_as_a_step_or_is_a_question() -> None:
    ours = {"device connect", "device init", "device serve"}
    named = {
        f"device {name} {below}" if below else f"device {name}"
        for name, command in commands().items()
        for below in (getattr(command, "commands", None) or [""])
    }
    changes, questions = command_names()
    assert named - ours == changes | questions
