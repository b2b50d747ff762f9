from __future__ import annotations

import hmac
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from hashlib import md5
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from harness.cli.device_connect import lines
from harness.cli.device_link import endpoint, far_server, shared_secret
from harness.errors import UsageError
from harness.outcome import Cause, Finding, Outcome, Proof, Severity, Verdict
from harness.protocol.authenticator import AccessPoint
from harness.protocol.radius_client import RetryPolicy
from harness.trace import Actor, Endpoint

Eaptls = Callable[..., Any]


@pytest.fixture
def device(eaptls: Eaptls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A device with a network whose certificates are not there."""
    place = tmp_path / "device"
    monkeypatch.setenv("EAPTLS_DEVICE", str(place))
    monkeypatch.delenv("EAPTLS_SECRET", raising=False)
    certificates = ("--client-cert-id", "client-key-abc", "--root-ca-cert-id", "server-key-xyz")
    network = ("--ssid", "CORP", "--config-name", "corp", "--client-id", "thermostat-7", *certificates)
    for words in (("init",), ("wifi", "add", *network)):
        assert eaptls("device", *words).code == 0
    return place


@pytest.fixture
def provisioned(eaptls: Eaptls, device: Path, radius: Any) -> Path:
    """The same with the certificates that the server's administrator handed out."""
    add = ("device", "certificate", "add")
    files = radius.files
    root = eaptls(*add, "-i", "server-key-xyz", "-t", "rootca", "-p", files / "ca.pem")
    client = ("-i", "client-key-abc", "-t", "client", "-p", files / "client.pem")
    assert root.code == eaptls(*add, *client, "--private-key-file", files / "client.key").code == 0
    return device


@pytest.mark.server
def test_a_provisioned_device_connects_after_the_reload(
    eaptls: Eaptls, provisioned: Path, radius: Any
) -> None:
    connect = ("device", "connect", "--network", "corp", "--server", radius.address)
    secret = ("--secret-file", radius.files / "secret")
    early = eaptls(*connect, *secret)
    assert early.code == 1
    assert early.out.startswith("not-attempted: client-certificate-missing\n")
    assert "Wi-Fi does not know it yet" in early.out
    eaptls("device", "wifi", "reload-config")
    joined = eaptls(*connect, *secret)
    assert (joined.code, joined.err) == (0, "")
    first, explanation, *rest = joined.out.splitlines()
    assert first == "connected: mutual-authentication"
    assert explanation.startswith("  The device verified the server against CN=corp-root")
    assert any(line.startswith("  proof, access-point: received Access-Accept") for line in rest)
    status = json.loads(eaptls("device", "wifi", "show-status", "--json").out)
    assert (status["wpa_state"], status["ssid"]) == ("COMPLETED", "CORP")
    assert radius.secret not in early.out + joined.out


@pytest.mark.server
def test_an_outcome_as_json(
    eaptls: Eaptls, provisioned: Path, radius: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    eaptls("device", "wifi", "reload-config")
    monkeypatch.setenv("EAPTLS_SECRET", radius.secret)
    ended = eaptls("device", "connect", "-n", "0", "--server", radius.address, "--json")
    outcome = json.loads(ended.out)
    assert (ended.code, outcome["verdict"], outcome["cause"]) == (0, "connected", "mutual-authentication")
    assert outcome["mutual_authentication"] is True
    assert radius.secret not in ended.out


@pytest.mark.server
def test_an_access_point_of_another_name_is_not_found(eaptls: Eaptls, provisioned: Path, radius: Any) -> None:
    eaptls("device", "wifi", "reload-config")
    connect = ("device", "connect", "-n", "corp", "--server", radius.address)
    ended = eaptls(*connect, "--secret-file", radius.files / "secret", "--ssid", "OTHER")
    assert ended.code == 1
    assert ended.out.startswith("not-attempted: access-point-not-found\n")
    shown = json.loads(eaptls("device", "network", "show-diagnostics", "--json").out)
    assert [value["error"] for value in shown["values"]] == ["NetworkNotFound"]


@pytest.mark.server
def test_a_server_that_the_root_ca_did_not_issue_is_refused(
    eaptls: Eaptls, provisioned: Path, radius: Any
) -> None:
    other = radius.files / "client.pem"
    eaptls("device", "certificate", "add", "-i", "server-key-xyz", "-t", "rootca", "-p", other)
    eaptls("device", "wifi", "reload-config")
    connect = ("device", "connect", "-n", "corp", "--server", radius.address)
    ended = eaptls(*connect, "--secret-file", radius.files / "secret")
    assert ended.code == 1
    assert ended.out.startswith("refused: ")
    shown = json.loads(eaptls("device", "network", "show-diagnostics", "-n", "corp", "--json").out)
    assert (shown["error"], shown["certInfo"]["certError"]) == ("AuthenticationFailed", "InvalidRootCA")
    assert shown["configState"] == "temp-disabled"


@pytest.mark.catalogue("D04")
def test_a_certificate_that_is_not_there_is_diagnosed_without_a_packet(
    eaptls: Eaptls, device: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret-word\n")
    ended = eaptls("device", "connect", "-n", "corp", "--server", "127.0.0.1:9", "--secret-file", secret)
    assert ended.code == 1
    assert ended.out.startswith("not-attempted: client-certificate-missing\n")
    shown = json.loads(eaptls("device", "network", "show-diagnostics", "-n", "corp", "--json").out)
    assert shown["certInfo"] == {"certError": "CertificateNotFound"}
    assert "s3cret" not in ended.out + ended.err


START = bytes((1, 77, 0, 6, 13, 0x20))


def _signed(request: bytes, code: int, body: bytes, secret: bytes, *, sign: bool) -> bytes:
    """Return an answer to a request, with a Message-Authenticator or without."""
    length = 20 + len(body) + (18 if sign else 0)
    head = bytes((code, request[1])) + length.to_bytes(2)
    if sign:
        blank = b"\x50\x12" + bytes(16) + body
        body = b"\x50\x12" + hmac.digest(secret, head + request[4:20] + blank, "md5") + body
    return head + md5(head + request[4:20] + body + secret, usedforsecurity=False).digest() + body


@pytest.fixture
def answering() -> Iterator[Callable[[Callable[[bytes], bytes]], str]]:
    """Put a function that answers datagrams on a loopback port; it answers 500 at most."""
    with ExitStack() as stack:

        def start(answer: Callable[[bytes], bytes]) -> str:
            sock = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            sock.bind(("127.0.0.1", 0))

            def serve() -> None:
                for _ in range(500):
                    request, peer = sock.recvfrom(4096)
                    if not request:
                        return
                    sock.sendto(answer(request), peer)

            thread = Thread(target=serve)
            thread.start()
            stack.callback(thread.join)
            stack.callback(sock.sendto, b"", sock.getsockname())
            host, port = sock.getsockname()
            return f"{host}:{port}"

        yield start


@pytest.mark.server
def test_a_server_that_repeats_itself_for_ever_is_given_up(
    eaptls: Eaptls, provisioned: Path, radius: Any, answering: Any
) -> None:
    eaptls("device", "wifi", "reload-config")
    body = b"\x4f" + bytes((2 + len(START),)) + START + b"\x18\x06abcd"
    server = answering(lambda request: _signed(request, 11, body, radius.secret.encode(), sign=True))
    secret = ("--secret-file", radius.files / "secret")
    ended = eaptls("device", "connect", "-n", "corp", "--server", server, *secret)
    assert (ended.code, ended.err) == (1, "")
    verdict, explanation, *_ = ended.out.splitlines()
    assert verdict == "unanswered: no-progress"
    assert explanation == (
        f"  The server at {server} kept the conversation going and never came to a decision: it repeated its "
        "last Request 50 times; the device gave up after 50 rounds that led nowhere."
    )
    shown = json.loads(eaptls("device", "network", "show-diagnostics", "--json").out)
    assert [value["error"] for value in shown["values"]] == ["ConnectionFailed"]


@pytest.mark.server
def test_a_reject_without_message_authenticator_decides_only_where_it_may(
    eaptls: Eaptls, provisioned: Path, radius: Any, answering: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    eaptls("device", "wifi", "reload-config")
    quick = partial(AccessPoint, retry=RetryPolicy(initial=0.05, count=2, spread=0.0))
    monkeypatch.setattr("harness.protocol.authenticator.AccessPoint", quick)
    server = answering(lambda request: _signed(request, 3, b"", radius.secret.encode(), sign=False))
    connect = ("device", "connect", "-n", "corp", "--server", server)
    secret = ("--secret-file", radius.files / "secret")
    strict = eaptls(*connect, *secret)
    assert strict.code == 1
    assert strict.out.startswith("unanswered: message-authenticator-missing\n")
    assert "--no-require-message-authenticator" in strict.out
    lax = eaptls(*connect, *secret, "--no-require-message-authenticator")
    assert lax.code == 1
    assert lax.out.startswith("rejected: undetermined\n")
    assert "  security: The access point took 1 answer without Message-Authenticator" in lax.out


@pytest.mark.parametrize("network", ["guest", "7"])
def test_a_network_that_is_not_there(network: str, eaptls: Eaptls, device: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    secret = ("--secret-file", tmp_path / "secret")
    ended = eaptls("device", "connect", "-n", network, "--server", "127.0.0.1", *secret)
    assert ended.code == 1
    assert ended.out.startswith("not-attempted: network-unknown\n")


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("127.0.0.1", Endpoint("127.0.0.1", 1812)),
        ("127.0.0.1:18120", Endpoint("127.0.0.1", 18120)),
        ("localhost:1", Endpoint("127.0.0.1", 1)),
        ("[::1]:1645", Endpoint("::1", 1645)),
        ("[::1]", Endpoint("::1", 1812)),
        ("::1", Endpoint("::1", 1812)),
    ],
)
def test_addresses_of_servers(written: str, wanted: Endpoint) -> None:
    found = endpoint(written)
    assert found == wanted or (written.startswith("localhost") and found.host == "::1")


@pytest.mark.parametrize("written", ["127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "h:x", "[::1]:x"])
def test_an_address_without_port(written: str) -> None:
    with pytest.raises(UsageError) as caught:
        endpoint(written)
    text = f"--server {written!r} has no port between 1 and 65535; write HOST:PORT"
    assert str(caught.value) == text


@pytest.mark.parametrize("written", ["", "a..b", "[127.0.0.1", "x" * 64])
def test_an_address_that_is_none(written: str) -> None:
    with pytest.raises(UsageError, match=r"^--server .* there is no host"):
        endpoint(written)


def test_a_shared_secret_comes_from_a_file_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secret"
    file.write_bytes(b"fr\xc3\xbch und sp\xe4t \r\nsecond line\n")
    monkeypatch.setenv("EAPTLS_SECRET", "from-the-environment")
    assert shared_secret(file) == b"fr\xc3\xbch und sp\xe4t "
    assert shared_secret(None) == b"from-the-environment"
    assert "from-the-environment" not in repr(far_server("127.0.0.1", None))


def test_a_shared_secret_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EAPTLS_SECRET", "")
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(UsageError) as empty:
        shared_secret(tmp_path / "empty")
    assert str(empty.value) == f"{tmp_path}/empty has no shared secret in its first line"
    with pytest.raises(UsageError) as missing:
        shared_secret(None)
    assert str(missing.value) == "the shared secret is missing; name a --secret-file or set EAPTLS_SECRET"


def test_there_is_no_option_for_the_secret_itself(eaptls: Eaptls) -> None:
    for command in ("connect", "serve"):
        ended = eaptls("device", command, "--secret", "x")
        assert ended.code == 2
        assert "No such option" in ended.err


def test_all_of_an_outcome_is_told_on_lines_of_its_own() -> None:
    outcome = Outcome(
        Verdict.REJECTED,
        Cause.UNDETERMINED,
        "Seen:\x1b nothing.",
        "Look.",
        (Proof(Actor.DEVICE, "saw\nnothing"),),
        (Finding("odd", Severity.WARNING, "Odd."),),
    )
    assert lines(outcome) == [
        "rejected: undetermined",
        "  Seen:\\x1b nothing.",
        "  remedy: Look.",
        "  proof, device: saw\\x0anothing",
        "  warning: Odd.",
    ]
