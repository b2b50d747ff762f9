"""Whatever a client sends: the interface answers or hangs up, serves on, and its terminal shows no traceback."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import socket
import ssl
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

Eaptls = Callable[..., Any]
MAIN = [sys.executable, "-c", "from harness.cli.main import main; main()", "device", "serve"]
POST = b"POST /wifi/config/networks HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
GET = b"GET /status HTTP/1.1\r\nHost: a\r\n"
MALFORMED = [
    b"\r\n\r\n",
    b"\x00\x01\x02\x03" * 64 + b"\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET /status\r\n\r\n",
    b"GET /status HTTP/9.9\r\nHost: a\r\n\r\n",
    b"GE\x00T /status HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /sta\xfftus HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET " + b"/a" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET http://[::1 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /certstore/certs/%ff%zz%00 HTTP/1.1\r\nHost: a\r\n\r\n",
    GET + b"X: " + b"y" * 20000 + b"\r\n\r\n",
    GET + b"no colon\r\n\r\n",
    GET + b"Content-Length: -1\r\n\r\n",
    GET + b"Content-Length: nine\r\n\r\n",
    GET + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
    GET + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\nabcd",
    GET + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    GET + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n",
    GET + b"Expect: the-unexpected\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nrubbish\r\n0\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabc\r\n0\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
    POST + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
    POST + b"Content-Encoding: deflate\r\nContent-Length: 4\r\n\r\nabcd",
    POST + b"Content-Length: 100000000\r\n\r\n" + b"x" * 100000,
    POST + b"Content-Length: 1000\r\n\r\n{",
    POST.replace(b"application/json", b"\xff\xfe;;;=") + b"Content-Length: 2\r\n\r\n{}",
    GET + b"\r\n" + GET + b"\r\n" + b"rubbish\r\n\r\n",
]
BODIES = [
    b"{" * 100000,
    b'{"a":' * 30000,
    b'{"ssid": "\\ud800", "securityState": "open"}',
    b'{"ssid": "a\\u0000b", "securityState": "open"}',
    b'{"ssid": NaN}',
    b'{"ssid": ' + b"9" * 5000 + b"}",
    b'{"ssid": 1e999, "securityState": "open"}',
    b"\xff\xfe{\x00}\x00",
    b"\xef\xbb\xbf{}",
    b"null",
    b'{"ssid": {"a": []}, "securityState": []}',
    b'{"ssid": "A", "securityState": "open", "configName": "\\ud83d\\ude00"}',
]


class Served:
    """A served device, by its own process; its output is read at the end."""

    def __init__(self, directory: Path, output: Path) -> None:
        self.output = output
        words = [*MAIN, "--device", str(directory), "--port", "0"]
        environment = os.environ | {"EAPTLS_SECRET": "", "PYTHONUNBUFFERED": "1"}
        with output.open("wb") as stream:
            self.child = subprocess.Popen(words, stdout=stream, stderr=subprocess.STDOUT, env=environment)
        while "Ctrl-C" not in (text := output.read_text()):
            assert self.child.poll() is None, text
        self.port = int(text.splitlines()[0].rpartition(":")[2])
        self.trust = ssl.create_default_context(cafile=str(directory / "rest-certificate.pem"))

    def plain(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def secured(self) -> ssl.SSLSocket:
        return self.trust.wrap_socket(self.plain(), server_hostname="localhost")

    def talk(self, data: bytes) -> bytes:
        """Send octets; return the first answer, or nothing where the other side says nothing for a while."""
        with self.secured() as link, suppress(OSError):
            link.settimeout(0.5)
            answer = b""
            with suppress(OSError):
                link.sendall(data)
                while not whole(answer) and (more := link.recv(65536)):
                    answer += more
            return answer
        return b""

    def alive(self) -> bool:
        answer = self.talk(GET + b"Connection: close\r\n\r\n")
        return answer.startswith(b"HTTP/1.1 200 OK\r\n") and answer.rpartition(b"\r\n")[2].startswith(
            b'{"uptime":'
        )

    def end(self) -> str:
        self.child.send_signal(signal.SIGINT)
        assert self.child.wait(20) == 0
        return self.output.read_text()


@pytest.fixture
def served(eaptls: Eaptls, tmp_path: Path) -> Iterator[Served]:
    assert eaptls("device", "init", "--device", tmp_path / "device").code == 0
    served = Served(tmp_path / "device", tmp_path / "said")
    yield served
    if served.child.poll() is None:
        served.child.kill()
        served.child.wait()


def whole(answer: bytes) -> bool:
    """Whether an answer is complete; a 100 is none."""
    head, end, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"Content-Length: (\d+)", head)
    return bool(end) and length is not None and len(body) >= int(length[1])


def clean(said: str) -> bool:
    return not any(word in said for word in ("Traceback", "defect", "Error handling", 'File "', "Exception"))


def test_http_that_is_none_gets_a_number(served: Served) -> None:
    for data in MALFORMED:
        answer = served.talk(data)
        head, _, body = answer.rpartition(b"\r\n\r\n")
        if re.match(rb"HTTP/\d\.\d 4", head):
            assert list(json.loads(body)) == ["error"], data[:60]
            assert b"REST-API-Version: 4.6.0" in head
        else:
            # A request that broke off is owed nothing, and some of these are requests after all.
            assert not head or re.match(rb"HTTP/\d\.\d [12]00", head), (data[:60], answer[:200])
    assert served.alive()
    assert clean(served.end())


def test_bodies_that_are_no_json(served: Served) -> None:
    for body in BODIES:
        length = f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
        head, _, answer = served.talk(POST + length + body).rpartition(b"\r\n\r\n")
        assert head.startswith((b"HTTP/1.1 400", b"HTTP/1.1 201")), (body[:60], head[:60])
        assert json.loads(answer)
    assert served.alive()
    assert clean(served.end())


def test_tls_that_is_none(served: Served) -> None:
    hello = b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03" + bytes(40)
    for data in (
        b"GET /status HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01",
        hello,
        hello + b"\xff" * 500,
        bytes(1000),
        b"",
    ):
        with served.plain() as link, suppress(OSError):
            link.sendall(data)
            link.shutdown(socket.SHUT_WR)
            while link.recv(4096):
                pass
    assert served.alive()
    assert clean(served.end())


def test_connections_that_break(served: Served) -> None:
    request = POST + b"Content-Length: 5000\r\n\r\n" + b"x" * 100
    for data in (b"", request[:10], request, GET + b"\r\n"):
        link = served.secured()
        link.sendall(data)
        # A reset, in the midst of TLS.
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        link.close()
        # Rubbish where a TLS record should be.
        wrapped = served.secured()
        wrapped.sendall(data)
        with socket.socket(fileno=wrapped.detach()) as bare:
            bare.sendall(b"no record at all" * 8)
    assert served.alive()
    assert clean(served.end())


def test_octets_by_chance(served: Served) -> None:
    chance = random.Random(7)
    for _ in range(40):
        data = bytearray(
            chance.choice([POST + b"Content-Length: 2\r\n\r\n{}", GET + b"\r\n", *MALFORMED[:8]])
        )
        for _ in range(chance.randint(1, 12)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        served.talk(bytes(data[: chance.randint(1, len(data))]))
    assert served.alive()
    assert clean(served.end())


def test_whoever_read_along_may_go(eaptls: Eaptls, tmp_path: Path) -> None:
    eaptls("device", "init", "--device", tmp_path / "device")
    words = [*MAIN, "--device", str(tmp_path / "device"), "--port", "0"]
    with (
        (tmp_path / "errors").open("wb") as errors,
        subprocess.Popen(words, stdout=subprocess.PIPE, stderr=errors, text=True) as child,
    ):
        assert child.stdout is not None
        head = list(iter(child.stdout.readline, "Ctrl-C stops it.\n"))
        child.stdout.close()
        url = head[0].rpartition(" ")[2].strip()
        curl = ["curl", "-sS", "--cacert", str(tmp_path / "device" / "rest-certificate.pem"), url + "/status"]
        for _ in range(3):
            assert subprocess.run(curl, capture_output=True, check=True).stdout.startswith(b'{"uptime":')
        child.send_signal(signal.SIGINT)
        child.wait(20)
    assert "Traceback" not in (tmp_path / "errors").read_text()
