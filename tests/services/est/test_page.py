"""The commands of the page on EST, from top to bottom, word by word, against a service of the harness."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.services.issuing.standalone import serving

PAGE = Path(__file__).parents[3] / "docs/reference/est.md"


def commands() -> list[tuple[str, list[str]]]:
    """Return the page's commands, each with the lines that it shows."""
    found: list[tuple[str, list[str]]] = []
    for line in re.findall(r"^    (.*)$", PAGE.read_text("utf-8"), re.MULTILINE):
        if line.startswith("$ "):
            found.append((line.removeprefix("$ "), []))
        else:
            found[-1][1].append(line)
    return found


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_the_page_runs_as_it_stands(tmp_path: Path) -> None:
    start, *requests = commands()
    assert "harness.services.issuing.standalone issuing --port 8443" in start[0]
    assert len(requests) == 16
    with serving(tmp_path / "issuing") as listening:
        for command, shown in requests:
            words = [word.replace("8443", str(listening.port)) for word in shlex.split(command)]
            done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
            assert done.returncode == 0, (command, done.stderr)
            assert [line.strip() for line in done.stdout.splitlines()] == [line.strip() for line in shown]
    assert (tmp_path / "cacerts.pem").read_text("utf-8").count("BEGIN CERTIFICATE") == 1
    assert "pkcs7-signedData" in (tmp_path / "new.txt").read_text("utf-8")
