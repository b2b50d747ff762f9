"""What real servers write about known faults, found again for the association it belongs to."""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from harness.pki.credential import Credential
from harness.server.container import ContainerBackend
from harness.server.local import LocalBackend, LocalServer
from harness.server.process import ProcessBackend, ProcessServer
from harness.server.records import LogKind, ServerEvidence
from harness.server.settings import (
    CertificateCnEqualsIdentity,
    CheckCertCn,
    RejectAll,
    Secret,
    ServerSettings,
)
from harness.trace import Endpoint

Make = Callable[..., ServerSettings]
Pki = Callable[[str], Credential]
Try = Callable[..., tuple[int, ServerEvidence]]

_BACKENDS = [
    pytest.param("process", marks=pytest.mark.server),
    pytest.param("bookworm", marks=pytest.mark.container),
]


@pytest.fixture(scope="module", params=_BACKENDS)
def backend(request: pytest.FixtureRequest) -> Iterator[LocalBackend]:
    rng = random.Random()
    backend = (
        ProcessBackend(rng=rng) if request.param == "process" else ContainerBackend(request.param, rng=rng)
    )
    yield backend
    backend.close()


@pytest.fixture
def attempt(backend: LocalBackend, server_settings: Make, eapol_test: Any) -> Iterator[Try]:
    servers: list[LocalServer] = []

    def attempt(
        client: str, *, settings: dict[str, Any] | None = None, **device: Any
    ) -> tuple[int, ServerEvidence]:
        server = backend.launch(server_settings(**(settings or {})))
        servers.append(server)
        mark = server.mark()
        result = eapol_test(server, client, **device)
        return result.code, server.evidence(mark, result.source)

    yield attempt
    for server in servers:
        server.close()


@pytest.mark.interop
@pytest.mark.parametrize("tls13", [False, True])
def test_success(attempt: Try, server_pki: Pki, *, tls13: bool) -> None:
    code, evidence = attempt("alice", tls13=tls13)
    assert code == 0
    assert (evidence.available, evidence.running) == (True, True)
    assert evidence.trusted == (server_pki("root").certificate,)
    assert re.fullmatch(
        r"FreeRADIUS 3\.\d+\.\d+ \((process|container)\) on 127\.0\.0\.1:\d+", evidence.server
    )
    verdict = evidence.verdict
    assert verdict is not None
    assert (verdict.reply, verdict.user, verdict.client_cn) == ("Access-Accept", "alice", "alice")
    assert verdict.tls_version == ("1.3" if tls13 else "1.2")
    assert verdict.client_serial == f"{server_pki('alice').certificate.serial_number:040x}"
    assert verdict.session_id[:1] == b"\x0d"
    assert verdict.failures == ()
    assert evidence.events[-1].kind is LogKind.LOGIN_OK
    assert {event.kind for event in evidence.events} == {LogKind.REQUEST, LogKind.LOGIN_OK}
    assert {event.source for event in evidence.events} == {verdict.source}
    assert "MS-MPPE-Send-Key = <key>" in "\n".join(evidence.log)


@pytest.mark.interop
@pytest.mark.parametrize(
    ("client", "settings", "number", "reason"),
    [
        ("stranger", {}, 20, "unable to get local issuer certificate"),
        ("expired", {}, 10, "certificate has expired"),
        ("alice", {"check_crl": True}, 3, "unable to get certificate CRL"),
    ],
)
def test_a_certificate_that_openssl_refuses(
    attempt: Try, client: str, settings: dict[str, Any], number: int, reason: str
) -> None:
    code, evidence = attempt(client, settings=settings)
    assert code == 252
    error = evidence.first(LogKind.VERIFY_ERROR)
    assert error is not None
    assert (error.number, error.detail) == (number, reason)
    assert evidence.first(LogKind.ALERT_SENT) is not None
    assert evidence.first(LogKind.LOGIN_INCORRECT) is not None
    assert evidence.verdict is not None
    assert evidence.verdict.reply == "Access-Reject"
    assert evidence.verdict.failures[0].endswith(f"error {number} : {reason}")


@pytest.mark.interop
@pytest.mark.parametrize(
    ("settings", "device", "kind", "detail"),
    [
        ({}, {"secret": "wrong"}, LogKind.SECRET_WRONG, ""),
        ({"clients": (("127.0.0.9", Secret("x")),)}, {}, LogKind.CLIENT_UNKNOWN, ""),
        (
            {"eap_methods": ("md5",), "default_eap_type": "md5"},
            {},
            LogKind.NO_COMMON_METHOD,
            "No mutually acceptable types found",
        ),
        (
            {"policy": CheckCertCn()},
            {"identity": "bob"},
            LogKind.NAME_CHECK_FAILED,
            "Certificate CN (alice) does not match specified value (bob)",
        ),
        ({"policy": CertificateCnEqualsIdentity()}, {"identity": "bob"}, LogKind.POLICY_REJECTED, ""),
        ({"policy": RejectAll()}, {"tls13": True}, LogKind.POLICY_REJECTED, ""),
        ({}, {"trusts": "other-root"}, LogKind.ALERT_RECEIVED, "unknown CA"),
        ({"tls_min": "1.3"}, {}, LogKind.UNSUPPORTED_PROTOCOL, "unsupported protocol"),
        (
            {"tls_max": "1.2", "ciphers": "ECDHE-RSA-AES128-GCM-SHA256"},
            {},
            LogKind.NO_SHARED_CIPHER,
            "no shared cipher",
        ),
    ],
)
def test_other_refusals(
    attempt: Try, settings: dict[str, Any], device: dict[str, Any], kind: LogKind, detail: str
) -> None:
    code, evidence = attempt("alice", settings=settings, **device)
    assert code == 252
    event = evidence.first(kind)
    assert event is not None
    assert event.detail == detail
    answered = kind not in {LogKind.SECRET_WRONG, LogKind.CLIENT_UNKNOWN}
    assert (evidence.verdict is not None) is answered


@pytest.mark.interop
def test_a_method_that_is_not_the_first_offer(attempt: Try) -> None:
    code, evidence = attempt("alice", settings={"eap_methods": ("md5", "tls"), "default_eap_type": "md5"})
    assert code == 0
    assert evidence.first(LogKind.NO_COMMON_METHOD) is None


@pytest.mark.interop
def test_evidence_is_separate_for_associations_at_the_same_time(
    backend: LocalBackend, server_settings: Make, make_eapol_test: Callable[[int], Any]
) -> None:
    server = backend.launch(server_settings())
    clients = ["alice", "expired", "stranger"] * 4

    def one(number: int) -> ServerEvidence:
        mark = server.mark()
        return server.evidence(mark, make_eapol_test(number)(server, clients[number]).source)

    with ThreadPoolExecutor(4) as threads:
        evidences = list(threads.map(one, range(len(clients))))
    server.close()
    for client, evidence in zip(clients, evidences, strict=True):
        error = evidence.first(LogKind.VERIFY_ERROR)
        assert (error.number if error else 0) == {"alice": 0, "expired": 10, "stranger": 20}[client]
        assert evidence.verdict is not None
        assert evidence.verdict.reply == ("Access-Accept" if client == "alice" else "Access-Reject")
        assert len({event.source for event in evidence.events}) == 1


def _packet(code: int, attributes: bytes, length: int = 0) -> bytes:
    return struct.pack("!BBH", code, 7, length or 20 + len(attributes)) + bytes(16) + attributes


@pytest.mark.parametrize(
    ("packet", "kind"),
    [
        (
            _packet(1, b"\x01\x07alice\x4f\x0c\x02\x01\x00\x0a\x01alice"),
            LogKind.MESSAGE_AUTHENTICATOR_MISSING,
        ),
        (_packet(1, b"\x01\x07alice\x4f\x01"), LogKind.MALFORMED),
        (_packet(1, b"\x01\x07alice", length=4500), LogKind.MALFORMED),
        (b"abc", LogKind.MALFORMED),
    ],
)
def test_packets_that_are_dropped(
    backend: LocalBackend, server_settings: Make, packet: bytes, kind: LogKind
) -> None:
    server = backend.launch(server_settings())
    mark = server.mark()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
        device.bind(("127.0.78.1", 0))
        source = Endpoint(*device.getsockname())
        device.sendto(packet, (server.endpoint.host, server.endpoint.port))
        device.settimeout(0.3)
        with pytest.raises(TimeoutError):
            device.recv(4096)
    evidence = server.evidence(mark, source)
    server.close()
    assert [event.kind for event in evidence.events] == [kind]
    assert evidence.verdict is None


@pytest.mark.server
def test_a_slow_server_is_given_time_before_it_is_called_silent(
    process_backend: ProcessBackend, server_settings: Make
) -> None:
    """Its machine is so busy that it reads the request only when the access point has stopped waiting."""
    server = process_backend.launch(server_settings())
    assert isinstance(server, ProcessServer)
    process = server._process
    assert process is not None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nas:
        nas.bind(("127.64.7.7", 0))
        mark = server.mark()
        os.kill(process.pid, signal.SIGSTOP)
        try:
            # An Access-Request without any attribute, signed with no secret: what it answers to is a log line.
            request = struct.pack("!BBH16s", 1, 1, 38, bytes(16)) + b"\x50\x12" + bytes(16)
            nas.sendto(request, (server.endpoint.host, server.endpoint.port))
        finally:
            timer = threading.Timer(0.3, os.kill, (process.pid, signal.SIGCONT))
            timer.start()
        evidence = server.evidence(mark, Endpoint("127.64.7.7", nas.getsockname()[1]))
        timer.join()
    assert evidence.first(LogKind.SECRET_WRONG) is not None
    server.close()
