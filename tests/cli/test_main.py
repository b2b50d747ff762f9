from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HEAVY = {
    "OpenSSL", "aiohttp", "asyncio", "cryptography", "docker", "http", "jinja2", "pydantic", "pyrad", "requests",
    "rich", "ruamel", "scapy", "xml",
}  # fmt: skip
PROBE = """
import sys, typer
from harness.cli.main import build
typer.main.get_command(build())
print(*sorted({name.split(".")[0] for name in sys.modules}))
"""
COMMANDS = [
    "run",
    "check",
    "check-ids",
    "list",
    "coverage",
    "explain",
    "schema",
    "new",
    "doctor",
    "clean",
    "server",
    "device",
]
COMMANDS += ["tenant", "ca-certificate", "services"]


def test_the_command_line_is_built_without_heavy_modules() -> None:
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "typer" in loaded
    assert loaded & HEAVY == set()


def test_help_names_every_command_and_exit_code(eaptls: Callable[..., Any]) -> None:
    ended = eaptls("--help")
    assert ended.code == 0
    assert re.findall(r"^  ([a-z][a-z-]+)  ", ended.out, re.MULTILINE) == COMMANDS
    assert "Exit codes: 0 all passed, 1 some failed, 2 wrong usage or scenario" in ended.out


@pytest.mark.parametrize("command", [*COMMANDS, "server up"])
def test_every_command_has_help(command: str, eaptls: Callable[..., Any]) -> None:
    ended = eaptls(*command.split(), "-h")
    assert ended.code == 0
    assert ended.out.startswith(f"Usage: eaptls {command} [OPTIONS]")


def test_version(eaptls: Callable[..., Any]) -> None:
    ended = eaptls("--version")
    assert ended.code == 0
    assert re.fullmatch(r"eaptls \d+\.\d+\.\d+\S*\n", ended.out)


def test_no_command_is_answered_with_help(eaptls: Callable[..., Any]) -> None:
    ended = eaptls()
    assert ended.code == 2
    assert "Commands:" in ended.out


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("rum",), "Did you mean 'run'?"),
        (("run", "--tga", "x"), "--tag"),
        (("run", "--server", "cloud"), "'auto', 'container', 'process'"),
        (("run", "--jobs", "0"), "'--jobs'"),
        (("list", "--jsno"), "--json"),
    ],
)
def test_wrong_usage_is_exit_2_and_names_what_was_meant(
    arguments: tuple[str, ...], text: str, eaptls: Callable[..., Any]
) -> None:
    ended = eaptls(*arguments)
    assert ended.code == 2
    assert text in ended.err
    assert "Traceback" not in ended.err


def test_a_missing_path_is_exit_2_and_a_sentence(eaptls: Callable[..., Any], tmp_path: Path) -> None:
    ended = eaptls("check", tmp_path / "none")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == f"eaptls: {tmp_path}/none does not exist\n"


def test_a_reader_that_goes_away_is_no_error() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", "from harness.cli.main import main; main()", "--help"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert child.stderr.read() == ""
        assert child.wait(30) == 141
