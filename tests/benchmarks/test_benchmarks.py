from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import eapol_test, figures, rounds
from benchmarks.__main__ import main
from benchmarks.bed import KEYS, VERSIONS, available, make_certificates, running_server
from harness.errors import EnvironmentUnavailable

NETWORK = """\
scenario: A device connects
steps:
  - associate: corp
    expect: connected
"""


def test_every_name_is_written_flat_and_in_order(tmp_path: Path) -> None:
    path = tmp_path / "results" / "bench.json"
    figures.write(dict.fromkeys(figures.NAMES, 1.23456), path)
    written = json.loads(path.read_text())
    assert list(written) == list(figures.NAMES)
    assert set(written.values()) == {1.2346}


def test_lines_tell_which_target_is_missed() -> None:
    lines = figures.lines(dict.fromkeys(figures.NAMES, 1.5))
    assert "client_cpu_vs_bare_tls.p256.tls12                       1.500  at most 1.5: met" in lines
    assert "client_cpu_vs_eapol_test.p256.tls12                     1.500  at most 0.1: MISSED" in lines
    assert "suite_cases_per_s                                       1.500  at least 60: MISSED" in lines
    assert "device_create_us                                        1.500" in lines


@pytest.mark.container
def test_a_machine_without_a_local_server_measures_a_container(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Path:
        raise EnvironmentUnavailable("there is no FreeRADIUS on this machine")

    assert available() in {"process", "container"}
    monkeypatch.setattr("harness.server.process.find_binary", missing)
    assert available() == "container"


def test_a_ratio_is_the_median_of_the_ratios_of_the_rounds() -> None:
    measured = [{"lean": 1.0, "bare": 1.0}, {"lean": 30.0, "bare": 10.0}, {"lean": 4.0, "bare": 2.0}]
    assert rounds.ratio(measured, "lean", "bare") == 2.0
    assert rounds.milliseconds(measured, "lean") == 4000.0


def test_no_rounds_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--rounds", "0"])
    assert ended.value.code == 2
    assert "--rounds and --batch must be at least 1" in capsys.readouterr().err


def test_a_machine_without_eapol_test_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(EnvironmentUnavailable) as told:
        eapol_test.find()
    assert str(told.value) == "eapol_test is missing; install the package eapoltest"


@pytest.mark.server
@pytest.mark.interop
@pytest.mark.parametrize("version", VERSIONS.values())
def test_one_round_samples_every_client(version: str) -> None:
    certificates = make_certificates(KEYS["p256"])
    with (
        running_server(certificates) as server,
        rounds.samplers(certificates, server, version, batch=4) as samplers,
    ):
        (samples,) = rounds.measure(samplers, 1)
    assert samples.keys() == {name for pair in figures.RATIOS.values() for name in pair}
    assert all(0 < spent < 1 for spent in samples.values())


@pytest.mark.server
@pytest.mark.interop
def test_one_round_of_everything_writes_every_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = tmp_path / "connects.yaml"
    scenario.write_text(NETWORK)
    output = tmp_path / "bench.json"
    assert main(["--rounds", "1", "--batch", "4", "--output", str(output), "--suite", str(scenario)]) == 0
    assert set(json.loads(output.read_text())) == set(figures.NAMES)
    assert "suite: 1 passed" in capsys.readouterr().out
