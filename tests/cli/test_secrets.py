"""Secrets are planted wherever a person can write one, and looked for in every octet that comes out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PLANTED = "Pl4nted-S3cret"
OTHER = "0ther-S3cret-xyz"
SECRETS = (PLANTED, OTHER)

_WORLD = f"""\
certificates: {{thermostat: {{password: {PLANTED}}}}}
access-points:
  corp: {{}}
  lobby: {{ssid: LOBBY, security: wpa2-psk, psk: {PLANTED}}}
"""
_STEPS = f"""\
steps:
  - associate: corp
    expect: connected
  - install: {{id: again, type: client, certificate: thermostat, password: {PLANTED}}}
  - install: {{id: wrong, type: client, certificate: thermostat, password: {OTHER}}}
    expect: error
  - network: {{name: lobby, ssid: LOBBY, security: psk, psk: {OTHER}}}
  - change: {{network: lobby, psk: {PLANTED}}}
  - command: azsphere device wifi add --ssid LOBBY --config-name typed --psk {OTHER}
  - command: az sphere device wifi add -s LOBBY --config-name short -p "{PLANTED}"
  - command: az sphere device wifi add -s LOBBY --config-name quoted "--psk"={PLANTED}
  - command: >-
      azsphere device certificate add --cert-id typed --cert-type client --public-key-file {{thermostat.pem}}
      --private-key-file {{thermostat.key}} --private-key-password {PLANTED}
"""
_RUNS = {
    "passes": "  - associate: lobby\n    expect: connected\n",
    "fails": "  - associate: typed\n    expect: connected\n",
    "fails-typed": (
        f"  - command: azsphere device wifi add --ssid X --config-name typed --psk {PLANTED}\n    expect: error\n"
        f"  - command: azsphere device wifi add --ssid LOBBY --config-name more --psk {OTHER}\n"
        "    expect: error\n"
    ),
}
_MATRIX = f"""\
scenario: Keys of a matrix
matrix: {{key: {{right: {PLANTED}, wrong: {OTHER}}}}}
access-points: {{corp: {{}}, lobby: {{ssid: LOBBY, security: wpa2-psk, psk: {PLANTED}}}}}
steps:
  - network: {{name: lobby, ssid: LOBBY, security: psk, psk: "${{key}}"}}
  - command: azsphere device wifi add --ssid LOBBY --config-name typed --psk ${{key}}
  - associate: lobby
    expect: connected
"""
_MISTAKES = [
    f"certificates: {{thermostat: {{password: [{PLANTED}]}}}}\nsteps: [reload]\n",
    f"certificates: {{thermostat: {{password: {{{PLANTED}: 1}}}}}}\nsteps: [reload]\n",
    f"certificates: {{thermostat: {{password: !{PLANTED} x}}}}\nsteps: [reload]\n",
    f"certificates: {{thermostat: {{password: *{PLANTED}}}}}\nsteps: [reload]\n",
    f"certificates:\n  thermostat:\n    password: *{PLANTED}\nsteps: [reload]\n",
    f"certificates: {{thermostat: {{password: 'x${{{PLANTED}}}'}}}}\nsteps: [reload]\n",
    f"access-point: {{secret: {PLANTED}}}\nsteps: [reload]\n",
    f'access-point: {{psk: "{PLANTED}\\x01"}}\nsteps: [reload]\n',
    f"access-point: {{psk: {PLANTED * 9}}}\nsteps: [reload]\n",
    f"matrix: {{key: [{PLANTED}, {OTHER}]}}\naccess-point: {{psk: '${{key}}'}}\nsteps: [reload]\n",
    f"steps: ['azsphere device wifi add --ssid X --psk {PLANTED}']\n",
    f"steps: [{{'azsphere device wifi add --ssid X --psk {PLANTED}': null}}]\n",
    f"steps: [{{reload: null, 'azsphere device wifi add --ssid X --psk {PLANTED}': null}}]\n",
    *(
        f"steps:\n  - command: {line}\n"
        for line in (
            f"azsphere device wifi add --psk {PLANTED}",
            f"azsphere device wifi add --ssid X -p{PLANTED}",
            f"azsphere device wifi add --ssid X --psk{PLANTED}",
            f"azsphere device wifi add --ssid X --psk my {PLANTED}",
            f"azsphere device wifi add --ssid X --psk={PLANTED} --client-cert-id a",
            f"azsphere device wifi --psk {PLANTED} add",
            f"azsphere --psk {PLANTED} device wifi add",
            f"--psk {PLANTED} azsphere device wifi add",
            f"az --psk {PLANTED} sphere device wifi add",
            f"azsphere device wifi add --ssid X --psk {PLANTED} --psk {OTHER}",
            f"azsphere device certificate add -i a -w{PLANTED}",
            f"az sphere device certificate add -c a -w {PLANTED}",
            f"azsphere device certificate add --private-key-password={PLANTED}",
        )
    ),
]


def leaks(text: str | bytes) -> list[str]:
    octets = text.encode() if isinstance(text, str) else text
    return [secret for secret in SECRETS if secret.encode() in octets]


@pytest.mark.server
def test_a_run_with_secrets_everywhere_shows_none(eaptls: Callable[..., Any], tmp_path: Path) -> None:
    suite, results = tmp_path / "suite", tmp_path / "results"
    suite.mkdir()
    for name, end in _RUNS.items():
        (suite / f"{name}.yaml").write_text(f"scenario: It {name}\n{_WORLD}{_STEPS}{end}")
    (suite / "matrix.yaml").write_text(_MATRIX)
    files = [option for kind in ("junit", "json", "html") for option in (f"--{kind}", results / f"r.{kind}")]
    ended = eaptls(
        "run", suite, "-v", "--server", "process", "--evidence", "all", "--results", results, *files
    )
    assert (ended.code, "2 passed" in ended.out, "3 failed" in ended.out) == (1, True, True), ended
    assert leaks(ended.out + ended.err) == []
    written = [file for file in results.rglob("*") if file.is_file()]
    assert len(written) > 20
    assert [(file, found) for file in written if (found := leaks(file.read_bytes()))] == []
    assert "--psk ***" in (results / "r.json").read_text()


@pytest.mark.parametrize("text", _MISTAKES)
def test_a_mistake_around_a_secret_does_not_show_it(
    text: str, eaptls: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    file, report = tmp_path / "wrong.yaml", tmp_path / "check.xml"
    file.write_text(f"scenario: x\n{text}")
    ended = eaptls("check", file, "--junit", report)
    assert ended.code == 2, ended
    assert f"{file}:" in ended.err
    assert leaks(ended.out + ended.err + report.read_text()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("wifi", "add", "--ssid", "X", "--psk", PLANTED),
        ("wifi", "add", "--ssid", "X", "--psk", PLANTED * 9),
        ("wifi", "add", "--ssid", "X", "--psk", PLANTED, "--client-cert-id", "a"),
        ("wifi", "add", "--ssid", "X", "--psk", "my", PLANTED),
        ("certificate", "add", "-i", "a", "--cert-type", "client", "-p", "x.pem", "-w", "my", PLANTED),
        ("wifi", "list"),
        ("wifi", "show", "-i", "X"),
    ],
)
def test_the_device_of_the_command_line_shows_no_key(
    arguments: tuple[str, ...], eaptls: Callable[..., Any], tmp_path: Path
) -> None:
    device = tmp_path / "device"
    assert eaptls("device", "init", "--device", device).code == 0
    planted = eaptls("device", "wifi", "add", "--ssid", "Y", "--psk", OTHER, "--device", device)
    assert planted.code == 0, planted
    ended = eaptls("device", *arguments, "--device", device)
    assert ended.code in {0, 1, 2}, ended
    assert leaks(planted.out + planted.err + ended.out + ended.err) == []
