"""The commands of the page on EST, from top to bottom, word by word, against a service of the harness."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.services.web.listener import Listener
from tests.services.est.conftest import HOST, Estate

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
def test_the_page_runs_as_it_stands(estate: Estate, tmp_path: Path) -> None:
    device = estate.attested()
    (tmp_path / "ca.pem").write_bytes(estate.root.certificate_pem())
    (tmp_path / "device.pem").write_bytes(device.chain_pem())
    (tmp_path / "device.key").write_bytes(device.key_pem())
    assert len(commands()) == 16
    with Listener(estate.service, estate.issue(HOST), now=estate.now) as listening:
        # curl finds the service by this file; the page's words stay as they are.
        (tmp_path / ".curlrc").write_text(f'connect-to = "{HOST}:443:127.0.0.1:{listening.port}"\n')
        environment = {**os.environ, "CURL_HOME": str(tmp_path)}
        for command, shown in commands():
            done = subprocess.run(
                command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
            )  # fmt: skip
            assert done.returncode == 0, (command, done.stderr)
            assert [line.strip() for line in done.stdout.splitlines()] == [line.strip() for line in shown]
    kept = (tmp_path / "cacerts.pem").read_text("utf-8")
    assert kept.count("BEGIN CERTIFICATE") == 2
    assert "pkcs7-signedData" in (tmp_path / "new.txt").read_text("utf-8")
