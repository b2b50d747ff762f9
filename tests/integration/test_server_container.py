from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ServerDoesNotStart
from harness.server.container import ContainerBackend
from harness.server.engine import Engine
from harness.server.leftovers import remove_leftovers
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
from harness.server.container import ContainerBackend
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
    assert f"directory {directory}" in remove_leftovers(open_folder)


def _exists(client: Any, container: str) -> bool:
    return bool(client.containers.list(all=True, filters={"id": container}, ignore_removed=True))


def test_containers_of_the_dead_are_removed() -> None:
    import docker
    from docker.errors import NotFound

    client = docker.from_env()
    with subprocess.Popen(["true"]) as dead:
        dead.wait()
    left = client.containers.create(
        "eaptls-freeradius:bookworm", ["-v"], labels={"org.eaptls.owner": f"{dead.pid}.1"}
    )
    remove_leftovers()
    with pytest.raises(NotFound):
        left.reload()
    client.close()
