"""An engine that accepts and never answers costs seconds, and the sentence says so."""

from __future__ import annotations

import gc
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.errors import EnvironmentUnavailable
from harness.server import engine_client
from harness.server.choose import choose_backend
from harness.server.engine import Engine

INFO = {"ServerVersion": "1.2.3", "OSType": "linux", "OperatingSystem": "x", "SecurityOptions": []}


class Silent:
    """A daemon on a socket: it answers the paths of ``answers``, and is silent from the first other one on."""

    def __init__(self, listening: socket.socket, answers: dict[str, object]) -> None:
        self._listening = listening
        self._answers = answers
        self._connections: list[socket.socket] = []
        self.asked: list[str] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self._connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as lines:
            while request := lines.readline():
                while lines.readline().strip():
                    pass
                path = request.split()[1].decode().split("?")[0]
                self.asked.append(path)
                found = [answer for end, answer in self._answers.items() if path.endswith(end)]
                if not found:
                    return
                body = json.dumps(found[0]).encode()
                head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
                connection.sendall(head.encode() + body)

    def close(self) -> None:
        for one in (self._listening, *self._connections):
            one.close()


pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")

Daemon = Callable[..., Silent]


@pytest.fixture
def daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    made: list[Silent] = []

    def make(answers: dict[str, object], *, tcp: bool = False) -> Silent:
        listening = socket.socket(socket.AF_INET if tcp else socket.AF_UNIX)
        listening.bind(("127.0.0.1", 0) if tcp else str(tmp_path / "docker.sock"))
        listening.listen()
        host = f"tcp://127.0.0.1:{listening.getsockname()[1]}" if tcp else f"unix://{tmp_path}/docker.sock"
        monkeypatch.setenv("DOCKER_HOST", host)
        made.append(Silent(listening, answers))
        return made[-1]

    yield make
    for one in made:
        one.close()
    # The SDK leaves the connection open on which it was told nothing; that is seen here, and not in another test.
    gc.collect()


@pytest.mark.parametrize("tcp", [False, True])
def test_a_silent_engine_is_given_up_within_five_seconds(daemon: Daemon, *, tcp: bool) -> None:
    asked = daemon({}, tcp=tcp)
    began = time.monotonic()
    with pytest.raises(EnvironmentUnavailable) as silent:
        Engine()
    assert time.monotonic() - began < 6
    assert asked.asked == ["/version"]
    assert str(silent.value) == (
        "the container engine does not answer within 5 s; restart Docker, or use --server process"
    )


def test_what_it_answered_counts_towards_the_time(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_client, "_ANSWERS_WITHIN", 0.6)
    asked = daemon({"/version": {"ApiVersion": "1.41"}})
    began = time.monotonic()
    with pytest.raises(EnvironmentUnavailable, match=r"does not answer within 0\.6 s"):
        Engine()
    assert time.monotonic() - began < 2
    assert asked.asked == ["/version", "/v1.41/info"]


def test_an_engine_that_falls_silent_later_is_the_machines(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_client, "_WORKS_WITHIN", 0.3)
    daemon({"/version": {"ApiVersion": "1.41"}, "/info": INFO})
    engine = Engine()
    assert engine.version == "1.2.3"
    for call in (engine.images, lambda: engine.freeradius_version("x"), lambda: engine.has_faketime("x")):
        with pytest.raises(EnvironmentUnavailable) as silent:
            call()
        assert str(silent.value) == (
            "the container engine does not answer any more; restart Docker, or use --server process"
        )
    engine.close()


def test_nobody_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with pytest.raises(EnvironmentUnavailable) as none:
        Engine()
    assert str(none.value) == "no container engine answers; install Docker and start it"


@pytest.mark.server
def test_auto_takes_a_process_and_says_why(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_client, "_ANSWERS_WITHIN", 0.3)
    daemon({})
    backend = choose_backend("auto")
    assert backend.name == "process"
    assert backend.describe().endswith(", because the container engine does not answer within 0.3 s")
