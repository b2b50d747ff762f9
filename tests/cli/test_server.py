from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.server.orphans import end_orphans
from tests.foreign.fleet import Pki
from tests.foreign.stock import write

UP = [
    sys.executable,
    "-c",
    "from harness.cli.main import main; main()",
    "server",
    "up",
    "--server",
    "process",
]
NAMES = {"ca.pem", "client.pem", "client.key", "secret", "eapol_test.conf"}


class _Up:
    """A server that ``server up`` runs, and what it printed."""

    def __init__(self, child: subprocess.Popen[str]) -> None:
        self.child = child
        self.told: dict[str, str] = {}
        assert child.stdout is not None
        for line in iter(child.stdout.readline, "Ctrl-C stops it.\n"):
            assert line, "it ended before it was ready"
            label, _, text = line.rstrip("\n").partition("  ")
            self.told[label] = text.strip()


@contextmanager
def _up(*options: str) -> Iterator[_Up]:
    with subprocess.Popen([*UP, *options], stdout=subprocess.PIPE, text=True) as child:
        try:
            yield _Up(child)
        finally:
            child.send_signal(signal.SIGINT)
            child.wait(10)


@pytest.mark.server
@pytest.mark.interop
@pytest.mark.parametrize(("option", "version"), [("1.2", "TLSv1.2"), ("1.3", "TLSv1.3"), ("both", "TLSv1.3")])
def test_what_it_prints_works_with_eapol_test(option: str, version: str) -> None:
    with _up("--tls", option) as server:
        done = subprocess.run(server.told["try it"], shell=True, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert f"SSL: Using TLS version {version}" in done.stdout


@pytest.mark.server
def test_files_that_were_asked_for_stay_and_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with _up("--write", str(folder)) as server:
        assert server.told["files"] == str(folder)
    assert server.child.returncode == 0
    files = list(folder.iterdir())
    assert {file.name for file in files} == NAMES
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_what_is_there_already_is_kept(eaptls: Callable[..., Any], tmp_path: Path) -> None:
    for name in ("client.key", "ca.pem"):
        (tmp_path / name).write_text("mine")
    (tmp_path / "secret").symlink_to("nowhere")
    ended = eaptls("server", "up", "--server", "process", "--write", tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        f"eaptls: {tmp_path} holds ca.pem, client.key, secret; "
        "name another folder, or --force to replace what is there\n"
    )
    assert (tmp_path / "client.key").read_text() == "mine"


def test_what_is_no_file_is_never_replaced(eaptls: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "ca.pem").mkdir()
    ended = eaptls("server", "up", "--server", "process", "--write", tmp_path, "--force")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == f"eaptls: cannot replace {tmp_path}/ca.pem: it is no file; name another folder\n"
    (tmp_path / "file").write_text("")
    ended = eaptls("server", "up", "--write", tmp_path / "file")
    assert (ended.code, ended.err) == (2, f"eaptls: cannot write to {tmp_path}/file: it is no folder\n")


@pytest.mark.server
def test_force_replaces_and_follows_no_link(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (tmp_path / "mine").write_text("mine")
    (folder / "client.key").symlink_to(tmp_path / "mine")
    (folder / "ca.pem").write_text("old")
    (folder / "ca.pem").chmod(0o644)
    with _up("--write", str(folder), "--force"):
        pass
    assert (tmp_path / "mine").read_text() == "mine"
    assert {path.name for path in folder.iterdir()} == NAMES
    assert {stat.S_IMODE(path.lstat().st_mode) for path in folder.iterdir()} == {0o600}
    assert b"BEGIN CERTIFICATE" in (folder / "ca.pem").read_bytes()


@pytest.mark.server
@pytest.mark.interop
def test_an_odd_folder_works_with_eapol_test(tmp_path: Path) -> None:
    folder = tmp_path / 'a b"c\\d\n#\udcff'
    with _up("--write", str(folder)) as server:
        done = subprocess.run(["bash", "-c", server.told["try it"]], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]


@pytest.mark.server
def test_other_files_go_when_it_ends() -> None:
    with _up() as server:
        assert {file.name for file in Path(server.told["files"]).iterdir()} > NAMES
    assert server.child.returncode == 0
    assert not Path(server.told["files"]).exists()


def _kill_server(kind: str, folder: str) -> None:
    if kind == "process":
        assert end_orphans(Path(folder))
        return
    import docker

    client = docker.from_env()
    (container,) = client.containers.list(filters={"label": f"org.eaptls.folder={folder}"})
    container.kill()
    client.close()


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("process", marks=pytest.mark.server),
        pytest.param("container", marks=pytest.mark.container),
    ],
)
def test_the_death_of_its_server_is_noticed(kind: str, open_folder: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(open_folder)}
    command = [*UP[:-1], kind]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment) as child:
        try:
            server = _Up(child)
            folders = {str(folder) for folder in open_folder.iterdir()} - {server.told["files"]}
            _kill_server(kind, folders.pop())
            out, err = child.communicate(timeout=20)
        finally:
            child.kill()
    assert (child.returncode, out) == (3, "")
    first, second, *last = err.splitlines()
    where = f"{server.told['address']}:{server.told['port']}"
    assert first == f"eaptls: the server on {where} has ended by itself, or somebody has ended it"
    assert second == "start it again"
    assert last[0] == "its last lines were:"
    assert len(last) == 11
    assert all(line.startswith("  | ") for line in last[1:])
    assert list(open_folder.iterdir()) == []


@pytest.mark.server
def test_a_signal_before_it_is_up_is_an_interruption(open_folder: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(open_folder)}
    with subprocess.Popen(
        UP, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as child:
        try:
            while not list(open_folder.glob("*/run/server.log")):
                assert child.poll() is None
            child.send_signal(signal.SIGTERM)
            out, err = child.communicate(timeout=20)
        finally:
            child.kill()
    assert (child.returncode, out, err) == (130, "", "eaptls: interrupted\n")
    assert list(open_folder.iterdir()) == []


@pytest.mark.server
def test_a_copy_of_a_configuration_is_run_and_told_about(pki: Pki, tmp_path: Path) -> None:
    raddb = write(tmp_path, pki)
    with _up("--raddb", str(raddb)) as server:
        log = Path(server.told["log"])
        assert log.exists()
        assert "127.64.0.1" in server.told["try it"]
        assert Path(server.told["secret"]).stat().st_mode & 0o777 == 0o600
    assert not log.exists()


@pytest.fixture
def pki() -> Pki:
    return Pki()


@pytest.mark.server
def test_a_configuration_that_freeradius_does_not_accept(tmp_path: Path, pki: Pki) -> None:
    raddb = write(tmp_path, pki)
    (raddb / "mods-enabled" / "broken").write_text("nonsense {\n}\n")
    ended = subprocess.run([*UP, "--raddb", str(raddb)], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("eaptls: FreeRADIUS does not accept it: ")
    assert f"{raddb}/mods-enabled/broken[1]" in ended.stderr


def test_a_virtual_server_needs_a_configuration() -> None:
    ended = subprocess.run([*UP, "--virtual-server", "x"], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr == "eaptls: --virtual-server is about a --raddb; name that, too\n"
