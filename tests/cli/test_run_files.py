"""What a run does to files: real runs of cases that need no server, so that they cost little."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

PASSES = (
    "scenario: A network that was forgotten is not tried\nsteps:\n  - forget-all\n  - associate: corp\n"
    "    expect: {verdict: not-attempted, cause: network-unknown}\n"
)
FAILS = (
    "scenario: A network that was forgotten is joined\nsteps:\n  - forget-all\n  - associate: corp\n"
    "    expect: connected\n"
)
MAIN = f'{sys.executable} -c "from harness.cli.main import main; main()"'
RUN = f"{MAIN} run passes.yaml fails.yaml --server process -j 1 --seed 7"
IN_THE_WAY = "it is not as eaptls wrote it for this case; move it away, or name another folder with --results"

pytestmark = pytest.mark.server


@pytest.fixture(autouse=True)
def _in_a_folder_with_scenarios(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("CI", "GITHUB_ACTIONS", "EAPTLS_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    Path("passes.yaml").write_text(PASSES)
    Path("fails.yaml").write_text(FAILS)


def _shell(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120, check=False)


def _summary(text: str) -> bool:
    return text.splitlines()[-1].startswith("1 failed, 1 passed in ")


def test_devices_stay_devices() -> None:
    done = _shell(f"{RUN} --html /dev/null --junit /dev/null --json /dev/null")
    assert (done.returncode, done.stderr) == (1, "")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
@pytest.mark.parametrize("where", ["| cat", "> out; cat out"])
def test_a_report_has_standard_output_for_itself(name: str, where: str) -> None:
    done = _shell(f"{RUN} --json {name} {where}")
    assert json.loads(done.stdout)["counts"]["failed"] == 1
    assert _summary(done.stderr)


def test_both_streams_cannot_be_taken() -> None:
    done = _shell(f"{RUN} --json /dev/stdout --junit /dev/stderr")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "eaptls: reports go to standard output and standard error; leave one of them to the console\n"
    )


def test_a_file_that_output_goes_to_is_not_replaced_under_it() -> None:
    done = _shell(f"{RUN} --json out > out")
    assert done.returncode == 2
    assert done.stderr == (
        "eaptls: cannot write out: standard output goes to that file already; name another\n"
    )


def test_a_named_pipe_gets_the_report() -> None:
    os.mkfifo("pipe")
    done = _shell(f"cat pipe > read & {RUN} --junit pipe; code=$?; wait; exit $code")
    assert (done.returncode, done.stderr) == (1, "")
    assert ET.parse("read").getroot().get("failures") == "1"
    assert stat.S_ISFIFO(Path("pipe").stat().st_mode)


def test_a_pipe_without_a_reader_costs_neither_run_nor_other_reports() -> None:
    os.mkfifo("pipe")
    done = _shell(f"{RUN} --html pipe --json run.json")
    assert (done.returncode, done.stderr) == (3, "eaptls: cannot write pipe: nobody reads from this pipe\n")
    assert _summary(done.stdout)
    assert json.loads(Path("run.json").read_text())["counts"]["passed"] == 1


def test_a_report_without_room_is_exit_3_and_the_others_are_written() -> None:
    done = _shell(f"{MAIN} run passes.yaml --server process --html /dev/full --junit j.xml")
    assert (done.returncode, done.stderr) == (3, "eaptls: cannot write /dev/full: No space left on device\n")
    assert done.stdout.splitlines()[-1].startswith("1 passed in ")
    assert ET.parse("j.xml").getroot().get("tests") == "1"


def test_a_console_without_room_does_not_cost_the_reports() -> None:
    done = _shell(f"{RUN} --junit j.xml >/dev/full")
    assert (done.returncode, done.stderr) == (
        3,
        "eaptls: cannot write standard output: No space left on device\n",
    )
    assert ET.parse("j.xml").getroot().get("tests") == "2"


def test_a_console_that_nobody_reads_does_not_cost_the_reports() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        ["bash", "-c", f"exec {RUN} --junit j.xml"],
        stdout=writing, stderr=subprocess.PIPE, timeout=120, check=False,
    )  # fmt: skip
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")
    assert ET.parse("j.xml").getroot().get("tests") == "2"
    assert Path("results/fails/outcome.json").is_file()


def test_a_reader_that_ends_in_the_middle_does_not_cost_the_reports() -> None:
    done = _shell(f"{RUN} --junit j.xml | head -n 1; echo ${{PIPESTATUS[0]}}")
    assert done.stdout.splitlines()[-1] == "141"
    assert ET.parse("j.xml").getroot().get("tests") == "2"


def test_files_of_the_users_survive_in_the_folder_of_a_case() -> None:
    for folder in ("passes", "fails"):
        Path(folder, "certificates").mkdir(parents=True)
        for name in ("outcome.json", "server.log", "certificates/mine.pem"):
            Path(folder, name).write_text("mine")
    done = _shell(f"{RUN} --results . --junit j.xml")
    assert (done.returncode, done.stderr) == (
        3,
        f"eaptls: cannot write fails/outcome.json: {IN_THE_WAY}\n",
    )
    assert _summary(done.stdout)
    assert ET.parse("j.xml").getroot().get("tests") == "2"
    for folder in ("passes", "fails"):
        files = [path for path in Path(folder).rglob("*") if path.is_file()]
        assert len(files) == 3
        assert {path.read_text() for path in files} == {"mine"}


def test_evidence_of_an_earlier_run_is_replaced_and_goes_away() -> None:
    assert _shell(RUN).returncode == 1
    Path("results/fails/notes.txt").write_text("mine")
    assert _shell(RUN).returncode == 1
    assert Path("results/fails/outcome.json").is_file()
    Path("fails.yaml").write_text(FAILS.replace("connected", "not-attempted"))
    assert _shell(RUN).returncode == 0
    assert [path.name for path in Path("results/fails").iterdir()] == ["notes.txt"]


def test_a_page_of_the_users_is_not_replaced_unasked() -> None:
    Path("report.html").write_text("mine")
    done = _shell(f"{RUN} --results .")
    assert (done.returncode, done.stdout) == (2, "")
    assert Path("report.html").read_text() == "mine"


def test_odd_names_in_every_report() -> None:
    odd = os.fsdecode(b"o d%#\"'\n\xff&<")
    Path(odd).mkdir()
    Path(odd, f"{odd}.yaml").write_text(FAILS)
    command = [
        *(sys.executable, "-c", "from harness.cli.main import main; main()", "run", f"{odd}/{odd}.yaml"),
        *(
            "--server",
            "process",
            "--results",
            f"{odd}/r",
            "--junit",
            f"{odd}/j.xml",
            "--json",
            f"{odd}/r.json",
        ),
    ]
    done = subprocess.run(command, capture_output=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (1, b"")
    assert json.loads(Path(odd, "r.json").read_text())["counts"]["failed"] == 1
    assert ET.parse(Path(odd, "j.xml")).getroot().get("failures") == "1"
    (rerun,) = Path(odd, "r").rglob("rerun.txt")
    (again,) = [line for line in rerun.read_text().splitlines() if line.startswith("Run again ")]
    repeated = _shell(again.removeprefix("Run again ").replace("eaptls", MAIN, 1) + " --results again")
    assert (repeated.returncode, repeated.stderr) == (1, "")
    page = Path(odd, "r", "report.html").read_text()
    folder = rerun.parent.name
    assert f'href="{folder}/rerun.txt"' in page


_TMPFS = "mkdir small && mount -t tmpfs -o size={size} tmpfs small"


def _can_mount() -> bool:
    unshare = shutil.which("unshare")
    probe = ["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return unshare is not None and subprocess.run(probe, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not _can_mount(), reason="no file system can be mounted here; needs root and unshare")
def test_a_full_disk_costs_what_is_on_it_and_nothing_else() -> None:
    prepare = f"{_TMPFS.format(size='8k')} && head -c 4096 /dev/zero > small/mine"
    run = f"{RUN} --results small/results --junit small/j.xml --html page.html --json run.json"
    done = _shell(f"unshare -m bash -c '{prepare}; {run}; code=$?; find small -type f; exit $code'")
    assert done.returncode == 3
    lines = done.stderr.splitlines()
    assert lines[0].startswith("eaptls: cannot write small/results/fails/")
    assert all(line.endswith(": No space left on device") for line in lines)
    assert "\n1 failed, 1 passed in " in done.stdout
    assert json.loads(Path("run.json").read_text())["counts"]["failed"] == 1
    assert json.loads(Path("run.json").read_text())["cases"][1]["evidence"] is None
    assert Path("page.html").is_file()
    left = done.stdout.splitlines()[-2:]
    assert "small/mine" in left
    assert not any("results" in line for line in left)


@pytest.mark.skipif(not _can_mount(), reason="no file system can be mounted here; needs root and unshare")
def test_a_folder_that_cannot_be_written_is_said_before_the_run() -> None:
    prepare = f"{_TMPFS.format(size='64k')}; mkdir small/results; mount -o remount,ro small"
    done = _shell(f"unshare -m bash -c '{prepare}; {RUN} --results small/results'")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == (
        "eaptls: cannot write to small/results: it is on a read-only file system\nname a folder elsewhere\n"
    )


@pytest.mark.skipif(not _can_mount(), reason="no file system can be mounted here; needs root and unshare")
def test_a_file_that_is_mounted_by_itself_is_written() -> None:
    mount = "touch mounted j.xml; mount --bind j.xml mounted"
    done = _shell(f"unshare -m bash -c '{mount}; {RUN} --junit mounted'")
    assert (done.returncode, done.stderr) == (1, "")
    assert ET.parse("j.xml").getroot().get("tests") == "2"
