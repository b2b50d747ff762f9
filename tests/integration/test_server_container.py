from __future__ import annotations

import contextlib
import os
import random
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.errors import EnvironmentUnavailable, ServerDoesNotStart
from harness.server.container import ContainerBackend, ContainerServer
from harness.server.engine import _SERVE, Engine, Running
from harness.server.leftovers import remove_leftovers
from harness.server.ownership import Owner, this_process
from harness.server.records import LogKind
from harness.server.settings import RejectAll, ServerSettings

pytestmark = pytest.mark.container

Make = Callable[..., ServerSettings]


@pytest.fixture(scope="module")
def backend() -> Iterator[ContainerBackend]:
    backend = ContainerBackend(run_id="test", rng=random.Random())
    yield backend
    backend.close()


@pytest.mark.interop
def test_a_device_gets_in_and_restart_keeps_the_port(
    backend: ContainerBackend, server_settings: Make, eapol_test: Any
) -> None:
    server = backend.launch(server_settings())
    endpoint = server.endpoint
    assert eapol_test(server, "alice").code == 0
    server.restart(server_settings(policy=RejectAll()))
    assert server.endpoint == endpoint
    assert eapol_test(server, "alice").code == 252
    server.close()
    assert not server.alive
    assert not server.directory.exists()


def test_it_is_confined(backend: ContainerBackend, server_settings: Make) -> None:
    server = backend.launch(server_settings())
    container = server._running.container  # type: ignore[attr-defined]
    container.reload()
    attributes = container.attrs
    server.close()
    assert attributes["HostConfig"]["ReadonlyRootfs"] is True
    assert attributes["HostConfig"]["CapDrop"] == ["ALL"]
    assert attributes["HostConfig"]["SecurityOpt"] == ["no-new-privileges"]
    assert not attributes["Config"]["User"].startswith("0:")
    assert attributes["Config"]["Labels"]["org.eaptls.run"] == "test"
    assert {mount["Destination"]: mount["RW"] for mount in attributes["Mounts"]} == {
        "/raddb": False,
        "/raddb/run": True,
    }


def test_settings_that_the_server_refuses(backend: ContainerBackend, server_settings: Make) -> None:
    with pytest.raises(ServerDoesNotStart) as refused:
        backend.launch(server_settings(ciphers="NONSENSE"))
    assert "no cipher match" in refused.value.complaint
    assert refused.value.hint == "the cipher list selects nothing in this OpenSSL; see `openssl ciphers`"


@pytest.mark.interop
def test_behind_a_published_port(
    server_settings: Make, eapol_test: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Engine, "host_network", False)
    backend = ContainerBackend(rng=random.Random())
    assert not backend.distinct_sources
    server = backend.launch(server_settings())
    mark = server.mark()
    attempt = eapol_test(server, "expired")
    assert attempt.code == 252
    assert attempt.source is None
    error = server.evidence(mark, None).first(LogKind.VERIFY_ERROR)
    backend.close()
    assert error is not None
    assert error.number == 10


_KILLED_RUN = """
import random, time
from harness.server.container import ContainerBackend, ContainerServer
from harness.server.standalone import baseline
server = ContainerBackend(rng=random.Random()).launch(baseline())
print(server._running.container.id, server.directory, flush=True)
time.sleep(60)
"""


def test_containers_of_a_killed_run_end(open_folder: Path) -> None:
    import docker

    command = [sys.executable, "-c", _KILLED_RUN]
    environment = {**os.environ, "TMPDIR": str(open_folder)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as run:
        assert run.stdout is not None
        container, directory = run.stdout.readline().split()
        run.kill()
    client = docker.from_env()
    deadline = time.monotonic() + 10
    while _exists(client, container) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _exists(client, container)
    client.close()
    deadline = time.monotonic() + 10
    while Path(directory).exists() and time.monotonic() < deadline:
        # Another process may be about it; whoever comes first removes it.
        remove_leftovers(open_folder)
    assert not Path(directory).exists()


def _exists(client: Any, container: str) -> bool:
    return bool(client.containers.list(all=True, filters={"id": container}, ignore_removed=True))


@pytest.fixture
def make_container() -> Iterator[Callable[[str], Any]]:
    """Make a container that is never started, with an owner."""
    import docker
    from docker.errors import NotFound

    client = docker.from_env()
    made = []

    def make(owner: str, label: str = "org.eaptls.held-by") -> Any:
        made.append(client.containers.create("eaptls-freeradius:bookworm", ["-v"], labels={label: owner}))
        return made[-1]

    yield make
    for container in made:
        with contextlib.suppress(NotFound):
            container.remove(force=True)
    client.close()


@pytest.fixture
def dead() -> Owner:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return replace(this_process(), pid=process.pid)


def test_containers_of_the_dead_are_removed_and_no_others(
    make_container: Callable[..., Any], dead: Owner, tmp_path: Path
) -> None:
    left, live = make_container(str(dead)), make_container(str(this_process()))
    elsewhere, earlier = (
        make_container(str(replace(dead, namespace=1))),
        make_container("123.456", "org.eaptls.owner"),
    )
    found = remove_leftovers(tmp_path)
    names = {one.what.removeprefix("container "): one.kept_because for one in found}
    assert names[left.name] == ""
    assert names[elsewhere.name] == "of another host or namespace"
    assert names[earlier.name] == "an earlier version made it"
    assert live.name not in names
    for kept in (live, elsewhere, earlier):
        kept.reload()


def test_the_next_run_removes_containers_of_the_dead(make_container: Callable[..., Any], dead: Owner) -> None:
    from docker.errors import NotFound

    left = make_container(str(dead))
    ContainerBackend().close()
    with pytest.raises(NotFound):
        left.reload()


def test_an_image_tells_its_version_and_leaves_no_container() -> None:
    connection = Engine()
    try:
        assert re.fullmatch(r"3\.\d+\.\d+", connection.freeradius_version("bookworm"))
    finally:
        connection.close()


def test_an_image_that_is_not_there_is_refused_in_a_sentence() -> None:
    connection = Engine()
    try:
        with pytest.raises(EnvironmentUnavailable, match=r"^the container engine does not start eaptls-"):
            connection.freeradius_version("none")
    finally:
        connection.close()


def test_no_server_is_started_without_a_word(
    backend: ContainerBackend, server_settings: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that dies while its container starts is not followed by a server."""
    monkeypatch.setattr(Running, "begin", lambda _: None)
    server = backend._make(server_settings(), None)
    assert isinstance(server, ContainerServer)
    server._write()
    server._port = 21995
    server._launch()
    running = server._running
    assert running is not None
    try:
        processes = running.container.top()["Processes"]
        (command,) = [row[-1] for row in processes]
        assert command.startswith(f"/bin/sh -c {_SERVE}")
        lives = [running.alive]
        running._connection.shutdown(socket.SHUT_WR)
        assert running.output(10) == b""
        assert [*lives, running.alive] == [True, False]
        assert server.tail() == ()
    finally:
        server.close()


def test_a_container_of_a_run_that_was_killed_before_it_was_started_goes(
    make_container: Callable[..., Any], open_folder: Path
) -> None:
    import docker

    command = [sys.executable, "-c", _KILLED_RUN]
    environment = {**os.environ, "TMPDIR": str(open_folder)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as run:
        assert run.stdout is not None
        assert run.stdout.readline()
        text = next(open_folder.glob("*/owner")).read_text()
        owner = Owner.parse(text)
        assert owner is not None
        assert owner.pid == run.pid
        left = make_container(str(owner))
        run.kill()
    client = docker.from_env()
    deadline = time.monotonic() + 10
    while (_exists(client, left.id) or list(open_folder.iterdir())) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _exists(client, left.id)
    # Nor do keys stay.
    assert list(open_folder.iterdir()) == []
    client.close()
