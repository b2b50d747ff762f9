from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.services.issuing.standalone import main, serving

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "how-to" / "bootstrap-a-device.md"
SHOWN = re.compile(r"^    \$ (curl .*)\n    (\{.*)$", re.MULTILINE)


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_requests_of_the_page_are_answered_as_it_shows(tmp_path: Path) -> None:
    shown = SHOWN.findall(PAGE.read_text(encoding="utf-8"))
    assert len(shown) == 3
    with serving(tmp_path / "issuing") as listener:
        for command, answer in shown:
            words = [word.replace("33445", str(listener.port)) for word in shlex.split(command)]
            done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
            got, wanted = json.loads(done.stdout), json.loads(answer)
            assert list(got) == list(wanted)
            changing = {"timestamp", "rootCACertificate"}
            assert {k: v for k, v in got.items() if k not in changing} == {
                k: v for k, v in wanted.items() if k not in changing
            }
            if "rootCACertificate" in got:
                assert got["rootCACertificate"] == (tmp_path / "issuing" / "ca.pem").read_text()


def test_the_statuses_and_words_of_the_page_are_those_of_the_service() -> None:
    from harness.services.issuing.policy import RefusalWord

    told = set(
        re.findall(r"`([a-z-]+)`", PAGE.read_text(encoding="utf-8").partition("|---|---|\n| 400 |")[2])
    )
    own = {"query-malformed", "not-found", "method-not-allowed"}
    # Nobody asks this service for another device's certificate: it is what EST can be asked.
    assert told == {word.value for word in RefusalWord} - {"other-device"} | own


def test_files_are_for_their_owner_alone_and_it_ends_with_a_signal(tmp_path: Path) -> None:
    folder = tmp_path / "issuing"
    words = [sys.executable, "-m", "harness.services.issuing.standalone", str(folder)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "address   127.0.0.1\n"
        running.terminate()
        assert running.wait(10) == 0
    assert {path.stat().st_mode & 0o077 for path in (folder, *folder.iterdir())} == {0}


def test_a_port_that_is_taken_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(tmp_path / "one") as listener:
        assert main([str(tmp_path / "two"), "--port", str(listener.port)]) == 3
    assert f"cannot listen on 127.0.0.1:{listener.port}" in capsys.readouterr().err
