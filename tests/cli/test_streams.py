from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EAPTLS = f'{sys.executable} -c "from harness.cli.main import main; main()"'
FULL = "eaptls: standard output: No space left on device\n"


def _shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    text = "scenario: S\nsteps:\n  - associate: corp\n    expect: connected\n"
    (tmp_path / "s.yaml").write_text(text)
    (tmp_path / "wrong.yaml").write_text("scenario: T\nstep: []\n")
    return tmp_path


@pytest.mark.parametrize(
    "arguments", ["list s.yaml", "list s.yaml --json", "check s.yaml", "schema", "--help"]
)
def test_output_without_room_is_one_sentence(arguments: str, folder: Path) -> None:
    done = _shell(f"{EAPTLS} {arguments} >/dev/full", folder)
    assert (done.returncode, done.stderr) == (3, FULL)


@pytest.mark.parametrize("arguments", ["list s.yaml", "check s.yaml", "schema", "--help"])
def test_output_that_nobody_reads_is_141(arguments: str, folder: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        ["bash", "-c", f"exec {EAPTLS} {arguments}"],
        cwd=folder, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
    )  # fmt: skip
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize("where", ["2>/dev/full", "2>&-"])
def test_complaints_that_cannot_be_written_leave_the_code(where: str, folder: Path) -> None:
    done = _shell(f"{EAPTLS} check wrong.yaml {where}", folder)
    assert (done.returncode, done.stdout) == (2, "")


def test_closed_streams_are_as_good_as_none(folder: Path) -> None:
    assert _shell(f"{EAPTLS} list s.yaml >&-", folder).returncode == 0
    assert _shell(f"{EAPTLS} list s.yaml <&- >&- 2>&-", folder).returncode == 0


def test_a_file_never_gets_the_number_of_a_closed_stream(folder: Path) -> None:
    probe = "from harness.cli import streams; streams.prepare(); print(open('s.yaml').fileno(), file=open('n', 'w'))"
    _shell(f'{sys.executable} -c "{probe}" <&- >&- 2>&-', folder)
    assert int((folder / "n").read_text()) >= 3


def test_text_that_the_locale_cannot_write_is_shown_escaped(folder: Path) -> None:
    (folder / "s.yaml").write_text((folder / "s.yaml").read_text().replace("S", "a → b"))
    done = _shell(f"PYTHONUTF8=0 PYTHONIOENCODING=latin-1 {EAPTLS} list s.yaml", folder)
    assert (done.returncode, done.stdout) == (0, "s  a \\u2192 b\n")
