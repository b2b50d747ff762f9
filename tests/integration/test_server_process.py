from __future__ import annotations

import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from harness.errors import EnvironmentUnavailable, ServerDoesNotStart
from harness.pki.credential import Credential
from harness.server import ports
from harness.server.leftovers import Left, remove_leftovers
from harness.server.local import LocalServer
from harness.server.pool import ServerPool
from harness.server.process import ProcessBackend
from harness.server.settings import RejectAll, Secret, ServerSettings

pytestmark = pytest.mark.server

Make = Callable[..., ServerSettings]
Pki = Callable[[str], Credential]


@pytest.fixture
def launch(process_backend: ProcessBackend, server_settings: Make) -> Iterator[Callable[..., LocalServer]]:
    launched: list[LocalServer] = []

    def launch(**changes: Any) -> LocalServer:
        launched.append(process_backend.launch(server_settings(**changes)))
        return launched[-1]

    yield launch
    for server in launched:
        server.close()


def _process_of(server: LocalServer) -> int:
    return int(server._process.pid)  # type: ignore[attr-defined]


@pytest.mark.interop
@pytest.mark.parametrize("tls13", [False, True])
def test_a_device_gets_in(launch: Callable[..., LocalServer], eapol_test: Any, *, tls13: bool) -> None:
    attempt = eapol_test(launch(vlan=7), "alice", tls13=tls13)
    assert attempt.code == 0
    assert "MPPE keys OK: 1" in attempt.output
    assert attempt.output.rstrip().endswith("SUCCESS")


@pytest.mark.interop
def test_two_servers_side_by_side(launch: Callable[..., LocalServer], eapol_test: Any) -> None:
    kind, strict = launch(), launch(policy=RejectAll())
    assert kind.endpoint != strict.endpoint
    assert kind.secret != strict.secret
    assert (eapol_test(kind, "alice").code, eapol_test(strict, "alice").code) == (0, 252)


@pytest.mark.interop
def test_restart_keeps_port_and_secret_and_takes_new_settings(
    launch: Callable[..., LocalServer], server_settings: Make, eapol_test: Any
) -> None:
    server = launch()
    before = (server.endpoint, server.secret)
    assert eapol_test(server, "alice").code == 0
    server.restart(server_settings(policy=RejectAll()))
    assert (server.endpoint, server.secret) == before
    assert eapol_test(server, "alice").code == 252
    server.restart()
    assert eapol_test(server, "alice").code == 252


def test_stop_and_start(launch: Callable[..., LocalServer]) -> None:
    server = launch()
    lives = [server.alive]
    server.stop()
    lives.append(server.alive)
    server.stop()
    server.start()
    assert [*lives, server.alive] == [True, False, True]
    pid = _process_of(server)
    server.start()
    assert _process_of(server) == pid


def test_a_server_that_dies_is_seen_to_be_dead(launch: Callable[..., LocalServer]) -> None:
    server = launch()
    mark = server.mark()
    os.kill(_process_of(server), signal.SIGKILL)
    deadline = time.monotonic() + 5
    while server.alive and time.monotonic() < deadline:
        time.sleep(0.01)
    assert server.evidence(mark, None).running is False
    server.start()
    assert server.evidence(mark, None).running is True


class _Scripted(random.Random):
    """Draws the ports it is told; everything else by chance."""

    def __init__(self, ports: list[int]) -> None:
        super().__init__(1)
        self._ports = iter(ports)

    def choice(self, _: Any) -> Any:
        return next(self._ports)


def test_another_port_is_taken_when_one_is_in_use(
    server_settings: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if somebody took it between the look and the start.
    monkeypatch.setattr(ports, "_is_free", lambda _: True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        busy = taken.getsockname()[1]
        backend = ProcessBackend(rng=_Scripted([busy, busy, 21999]))
        server = backend.launch(server_settings())
        try:
            assert server.endpoint.port == 21999
        finally:
            backend.close()


def test_the_port_of_a_server_that_is_down_is_nobody_elses(server_settings: Make) -> None:
    backend = ProcessBackend(rng=_Scripted([21998, 21998, 21997]))
    try:
        first = backend.launch(server_settings())
        first.stop()
        assert backend.launch(server_settings()).endpoint.port == 21997
        first.start()
        assert first.endpoint.port == 21998
    finally:
        backend.close()


def test_a_port_is_free_again_when_its_server_is_closed(server_settings: Make) -> None:
    backend = ProcessBackend(rng=_Scripted([21996, 21996]))
    try:
        for _ in range(2):
            server = backend.launch(server_settings())
            assert server.endpoint.port == 21996
            server.close()
    finally:
        backend.close()


def test_a_port_that_is_held_for_a_moment_is_tried_again(launch: Callable[..., LocalServer]) -> None:
    server = launch()
    server.stop()
    thief = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    thief.bind((server.endpoint.host, server.endpoint.port))
    release = threading.Timer(0.03, thief.close)
    release.start()
    server.start()
    release.join()
    assert server.alive


def test_a_stolen_port_is_told_at_restart(launch: Callable[..., LocalServer]) -> None:
    server = launch()
    server.stop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thief:
        thief.bind((server.endpoint.host, server.endpoint.port))
        with pytest.raises(EnvironmentUnavailable, match=r"another program holds that port") as failure:
            server.start()
    assert any("Address already in use" in line for line in failure.value.last_lines)


@pytest.mark.parametrize(
    ("changes", "complaint", "hint"),
    [
        (
            {"ciphers": "NONSENSE"},
            r"^tls: .*no cipher match$",
            "the cipher list selects nothing in this OpenSSL; see `openssl ciphers`",
        ),
        (
            {"tls_min": "1.3", "tls_max": "1.2"},
            r"tls_min_version '1.3' must be <= tls_max_version '1.2'",
            "tls_min is above tls_max; swap them",
        ),
        (
            {"ecdh_curve": "nocurve"},
            r"nocurve",
            "the curve is unknown to this OpenSSL; leave ecdh_curve empty",
        ),
        (
            {"reply_attributes": (("No-Such-Attr", "1"),)},
            r"^radiusd\.conf\[\d+\]: Unknown attribute 'No-Such-Attr'$",
            "a reply attribute or its value is unknown to FreeRADIUS",
        ),
        (
            {"reply_attributes": (("Session-Timeout", "soon"),)},
            r"soon",
            "a reply attribute or its value is unknown to FreeRADIUS",
        ),
    ],
)
def test_settings_that_the_server_refuses(
    process_backend: ProcessBackend, server_settings: Make, changes: dict[str, Any], complaint: str, hint: str
) -> None:
    with pytest.raises(ServerDoesNotStart) as refused:
        process_backend.launch(server_settings(**changes))
    assert re.search(complaint, refused.value.complaint)
    assert refused.value.hint == hint
    assert refused.value.last_lines


def test_a_machine_without_any_server_is_not_the_settings_fault(
    process_backend: ProcessBackend, server_settings: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.server.raddb.render", lambda *_: "no server understands this {")
    with pytest.raises(EnvironmentUnavailable, match=r"ended at once"):
        process_backend.launch(server_settings(ciphers="NONSENSE"))


def test_a_server_that_did_not_start_starts_with_other_settings(
    process_backend: ProcessBackend, server_settings: Make
) -> None:
    server = process_backend.prepare(server_settings(ciphers="NONSENSE"))
    try:
        with pytest.raises(ServerDoesNotStart):
            server.start()
        assert not server.alive
        server.restart(server_settings())
        assert server.alive
    finally:
        server.close()


@pytest.mark.parametrize(
    "name", ["%{User-Name}", "%2F %n $ENV{HOME} ${name}", "quote ' and \" and \\ back", "a:b,c"]
)
def test_the_name_of_the_temporary_folder_is_no_configuration(
    process_backend: ProcessBackend,
    server_settings: Make,
    eapol_test: Any,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    with tempfile.TemporaryDirectory(prefix=name) as folder:
        Path(folder).chmod(0o711)
        monkeypatch.setattr(tempfile, "tempdir", folder)
        server = process_backend.launch(server_settings())
        try:
            mark = server.mark()
            attempt = eapol_test(server, "alice", tls13=True)
            evidence = server.evidence(mark, attempt.source)
            assert evidence.verdict is not None
            assert evidence.verdict.reply == "Access-Accept"
        finally:
            server.close()


def test_a_key_of_another_certificate(
    process_backend: ProcessBackend, server_settings: Make, server_pki: Pki
) -> None:
    with pytest.raises(ServerDoesNotStart, match=r"the server's private key does not belong to its"):
        process_backend.launch(server_settings(credential=server_pki("torn")))


def test_secrets_are_in_no_message(process_backend: ProcessBackend, server_settings: Make) -> None:
    settings = server_settings(clients=(("127.0.0.1", Secret("hunter2hunter2")),), ciphers="NONSENSE")
    with pytest.raises(ServerDoesNotStart) as refused:
        process_backend.launch(settings)
    assert "hunter2" not in repr(refused.value) + "".join(refused.value.last_lines)


def test_hostile_text_in_settings_changes_nothing_else(launch: Callable[..., LocalServer]) -> None:
    text = 'it\'s ${name} %{User-Name} "}" # { $ENV{HOME}'
    server = launch(clients=(("127.0.0.0/8", Secret(text)),), reply_attributes=(("Reply-Message", text),))
    assert server.secret == text.encode()


def test_it_runs_unprivileged_in_a_private_directory(launch: Callable[..., LocalServer]) -> None:
    server = launch()
    status = Path(f"/proc/{_process_of(server)}/status").read_text()
    uid = next(line.split()[1] for line in status.splitlines() if line.startswith("Uid:"))
    assert uid != "0"
    assert server.directory.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o077 for path in server.directory.rglob("*") if path.name != "owner"} == {
        0
    }
    server.close()
    assert not server.directory.exists()


def test_many_end_quickly(server_settings: Make) -> None:
    backend = ProcessBackend(rng=random.Random())
    pool = ServerPool(backend)
    with ThreadPoolExecutor(4) as threads:

        def lease(vlan: int) -> None:
            with pool.lease(server_settings(vlan=vlan)):
                pass

        list(threads.map(lease, range(1, 7)))
    started = time.monotonic()
    pool.close()
    assert time.monotonic() - started < 1.0


def test_no_server_is_started_after_the_end(server_settings: Make) -> None:
    backend = ProcessBackend(rng=random.Random())
    backend.close()
    with pytest.raises(EnvironmentUnavailable, match=r"^no server is started any more: the run is over$"):
        backend.launch(server_settings())


def test_the_end_in_the_middle_of_a_start(
    server_settings: Make, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a run is interrupted: workers are still starting servers."""
    monkeypatch.setattr("tempfile.tempdir", str(open_folder))
    for moment in range(5):
        backend = ProcessBackend(rng=random.Random())
        with ThreadPoolExecutor(3) as threads:
            starts = [threads.submit(backend.launch, server_settings()) for _ in range(3)]
            time.sleep(moment * 0.01)
            backend.close()
            outcomes = [start.exception() for start in starts]
        assert all(error is None or isinstance(error, EnvironmentUnavailable) for error in outcomes)
        assert list(open_folder.iterdir()) == []


_KILLED_RUN = """
import random, sys, time
from harness.server.process import ProcessBackend
from harness.server.standalone import baseline
server = ProcessBackend(rng=random.Random()).launch(baseline())
print(server._process.pid, server.directory, flush=True)
time.sleep(60)
"""


def test_servers_of_a_killed_run_end_and_their_folders_are_found(open_folder: Path) -> None:
    command = [sys.executable, "-c", _KILLED_RUN]
    environment = {**os.environ, "TMPDIR": str(open_folder)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as run:
        assert run.stdout is not None
        pid, directory = run.stdout.readline().split()
        run.kill()
    deadline = time.monotonic() + 5
    while _runs(int(pid)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _runs(int(pid))
    assert Left(f"directory {directory}") in remove_leftovers(open_folder)
    assert not Path(directory).exists()


def _runs(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False
