from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from harness.errors import EnvironmentUnavailable
from harness.services.web.caller import call
from harness.services.web.listener import Listener
from harness.services.web.messages import Handler, Reply, Request
from harness.services.web.serving import Limits
from tests.services.web.conftest import HOST, Web


def _raw(listener: Listener, data: bytes) -> bytes:
    """Send octets inside TLS and return all that comes back."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection((listener.address, listener.port), timeout=10) as plain,
        context.wrap_socket(plain) as secure,
    ):
        secure.sendall(data)
        answer = bytearray()
        while chunk := secure.recv(65536):
            answer += chunk
        return bytes(answer)


@pytest.mark.parametrize(
    ("data", "status", "said"),
    [
        (b"nonsense\r\n\r\n", 400, b"this is no HTTP request"),
        (b"GET /a HTTP/1.1\r\n\r\n", 400, b"this is no HTTP request"),
        (b"\x00\x01\x02\x03\r\n\r\n", 400, b"this is no HTTP request"),
        (b"GET / HTTP/1.1\r\nhost: x\r\nx: " + b"y" * 20_000 + b"\r\n\r\n", 431, b"longer than"),
        (
            b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9999999\r\n\r\n" + b"z" * 70_000,
            413,
            b"longer than",
        ),
    ],
)
def test_what_is_no_request_is_answered_with_status_and_reason(
    web: Web, echo: Handler, data: bytes, status: int, said: bytes
) -> None:
    listener = web.listen(echo, limits=Limits(body=65_536))
    answer = _raw(listener, data)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert said in answer
    listener.close()
    assert [one.status for one in listener.exchanges] == [status]


def test_what_is_no_tls_is_noted(web: Web, echo: Handler) -> None:
    listener = web.listen(echo)
    with socket.create_connection((listener.address, listener.port), timeout=10) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        while plain.recv(1024):
            pass
    listener.close()
    assert [one.failure for one in listener.exchanges] == ["TLS: http request"]


def test_a_client_that_leaves_or_says_nothing_keeps_nobody(web: Web, echo: Handler) -> None:
    impatient = web.listen(echo, limits=Limits(seconds=0.2))
    with socket.create_connection((impatient.address, impatient.port), timeout=10) as silent:
        assert silent.recv(1024) == b""
    impatient.close()
    assert [one.failure for one in impatient.exchanges] == ["the client was too slow"]
    listener = web.listen(echo)
    socket.create_connection((listener.address, listener.port)).close()
    assert isinstance(call(web.caller(listener), f"https://{HOST}/"), Reply)
    listener.close()
    assert sorted(one.failure for one in listener.exchanges) == [
        "",
        "the client cut the connection",
    ]


def test_it_stops_with_connections_open_and_its_port_is_free_again(web: Web, echo: Handler) -> None:
    listener = web.listen(echo, limits=Limits(seconds=60))
    with socket.create_connection((listener.address, listener.port), timeout=10) as waiting:
        listener.close()
        # Taken or still in the queue, it ends.
        with suppress(ConnectionResetError):
            assert waiting.recv(1024) == b""
    again = web.listen(echo, port=listener.port)
    assert again.port == listener.port
    with pytest.raises(EnvironmentUnavailable, match=f"cannot listen on 127.0.0.1:{again.port}"):
        web.listen(echo, port=again.port)


def test_what_is_changed_counts_from_the_next_connection_on(web: Web, echo: Handler) -> None:
    listener = web.listen(echo)

    def closed(_request: Request) -> Reply:
        return Reply.text(503, "closed")

    assert isinstance(call(web.caller(listener), f"https://{HOST}/"), Reply)
    listener.handler = closed
    answer = call(web.caller(listener), f"https://{HOST}/")
    assert isinstance(answer, Reply)
    assert (answer.status, answer.body) == (503, b"closed\n")


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_curl_speaks_with_it(web: Web, echo: Handler, tmp_path: Path) -> None:
    listener = web.listen(echo)
    (tmp_path / "ca.pem").write_bytes(web.mint.issue("root", web.specs).certificate_pem())
    resolve = f"{HOST}:{listener.port}:127.0.0.1"
    words = ["curl", "-sS", "--resolve", resolve, "--cacert", str(tmp_path / "ca.pem"), "-d", "@-"]
    url = f"https://{HOST}:{listener.port}/a"
    # Long enough for curl to ask first whether it may go on (RFC 9110 10.1.1).
    headers = ["-H", "Expect: 100-continue"]
    done = subprocess.run(
        [*words, *headers, url], input="b" * 100_000, capture_output=True, text=True, check=True
    )
    assert done.stdout == "POST /a  100000 nobody\n"
    head = subprocess.run([*words[:-2], "-I", url], capture_output=True, text=True, check=True)
    assert head.stdout.startswith("HTTP/1.1 200 OK")
