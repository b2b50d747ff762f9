from __future__ import annotations

import os
import resource
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import EnvironmentUnavailable, ScenarioError
from harness.scenario.source import MOST_OCTETS, read_text


def test_a_file_may_be_as_long_as_the_limit(tmp_path: Path) -> None:
    file = tmp_path / "long.yaml"
    file.write_bytes(b"x" * MOST_OCTETS)
    assert len(read_text(file)) == MOST_OCTETS
    file.write_bytes(b"x" * (MOST_OCTETS + 1))
    with pytest.raises(ScenarioError, match=r"long\.yaml: the file is longer than 1048576 octets; split it"):
        read_text(file)


def test_what_never_ends_is_too_long() -> None:
    with pytest.raises(ScenarioError, match="/dev/zero: the file is longer than 1048576 octets"):
        read_text(Path("/dev/zero"))


def test_a_pipe_that_nobody_writes_into_is_answered_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ScenarioError, match="pipe: nothing was written into this pipe; name a file"):
        read_text(tmp_path / "pipe")


def test_what_somebody_writes_into_a_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    # Open for reading first, so that the writer is there before the test looks.
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(tmp_path / "pipe", os.O_WRONLY)

    def write() -> None:
        os.write(writer, b"scenario: ")
        os.write(writer, b"x")
        os.close(writer)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert read_text(tmp_path / "pipe") == "scenario: x"
    finally:
        thread.join()
        os.close(reader)


def test_a_socket_is_no_file(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        with pytest.raises(ScenarioError, match="socket: this is a socket; name a file"):
            read_text(tmp_path / "socket")


def test_a_folder_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="the file cannot be read: is a directory"):
        read_text(tmp_path)


@pytest.fixture
def no_descriptors_left() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = os.dup(0)
    os.close(highest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("no_descriptors_left")
def test_a_machine_without_file_descriptors_is_no_mistake_of_the_file() -> None:
    with pytest.raises(EnvironmentUnavailable) as raised:
        read_text(Path(__file__))
    assert str(raised.value) == (
        f"{__file__} cannot be read: too many open files; raise the limit of open files, see `ulimit -n`"
    )
