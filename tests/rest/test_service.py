from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from harness.device.flash import STORE
from harness.device.network import Network, Security
from harness.device.profile import DeviceProfile
from harness.pki.credential import Credential
from harness.rest.routes import ROUTES
from harness.rest.service import MAX_BODY

JSON = ("-H", "Content-Type: application/json")
Made = dict[str, Credential]


def error(body: str) -> int:
    value = json.loads(body)
    assert list(value) == ["error"]
    number = value["error"]
    assert isinstance(number, int)
    return number


def test_a_certificate_is_installed_over_https(server: Any, made: Made, tmp_path: Path) -> None:
    served = server()
    request = tmp_path / "request.json"
    pem, key = (
        made["thermostat"].certificate_pem().decode(),
        made["thermostat"].key_pem("s3cret-word").decode(),
    )
    request.write_text(
        json.dumps({"certType": "client", "publicCert": pem, "privateKey": key, "password": "s3cret-word"})
    )
    assert served.curl("/certstore/certs/client", *JSON, "-d", f"@{request}") == (200, "{}")
    assert served.curl("/certstore/certs") == (200, '{"identifiers":["client"]}')
    with served.device() as device:
        assert device.store.identifiers() == ("client",)
    assert served.said == ["POST /certstore/certs/client 200", "GET /certstore/certs 200"]


def test_whoever_does_not_know_the_certificate_is_warned(server: Any) -> None:
    served = server()
    done = subprocess.run(
        ["curl", "-sS", served.url + "/status"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 60
    assert "self-signed certificate" in done.stderr


def test_plain_http_and_old_tls_are_not_spoken(server: Any) -> None:
    served = server()
    old = subprocess.run(
        ["curl", "-sS", "--cacert", served.certificate, "--tls-max", "1.1", served.url + "/status"],
        capture_output=True,
        check=False,
    )
    assert old.returncode == 35
    plain = subprocess.run(
        ["curl", "-sS", "--max-time", "5", served.url.replace("https", "http") + "/status"],
        capture_output=True,
        check=False,
    )
    assert plain.returncode != 0


def test_every_answer_has_the_version(server: Any) -> None:
    served = server()
    for path in ("/status", "/nothing"):
        _, answer = served.curl(path, "-i")
        assert "\nREST-API-Version: 4.6.0" in answer


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/nothing"),
        ("GET", "/certstore/certs/"),
        ("GET", "/certstore/certs/a/b"),
        ("GET", "/wifi/config/networks/zero"),
        ("POST", "/app/image/96b15265-111a-4889-9137-2a4bd62470a0"),
    ],
)
def test_a_path_that_there_is_not(method: str, path: str, server: Any) -> None:
    status, body = server().curl(path, "-X", method)
    assert (status, error(body)) == (404, 15728642)


def test_a_method_that_a_path_has_not(server: Any) -> None:
    status, answer = server().curl("/certstore/space", "-X", "DELETE", "-i")
    assert status == 405
    assert "\nAllow: GET\n" in answer.replace("\r", "")
    assert answer.endswith('{"error":15728641}')


def test_documents_are_written_as_the_device_writes_them(server: Any, made: Made) -> None:
    served = server()
    body = {"certType": "rootca", "publicCert": made["root"].certificate_pem().decode()}
    served.curl("/certstore/certs/root", *JSON, "-d", json.dumps(body))
    _, certificate = served.curl("/certstore/certs/root")
    assert r'"subjectName":"\/CN=root","issuerName":"\/CN=root"}' in certificate
    assert " " not in certificate
    assert json.loads(certificate)["subjectName"] == "/CN=root"
    network = {"ssid": "Büro \U0001f600", "securityState": "open"}
    _, added = served.curl("/wifi/config/networks", *JSON, "-d", json.dumps(network))
    assert added.startswith('{"ssid":"Büro \U0001f600","configState":"enabled",')


def test_a_path_cannot_lead_out_of_the_device(server: Any) -> None:
    served = server()
    for path in ("/certstore/certs/..%2f..%2fstore", "/certstore/certs/%2e%2e%2fdevice"):
        status, body = served.curl(path, "--path-as-is")
        assert (status, error(body)) == (400, 38797314)
    status, body = served.curl("/certstore/certs/..", "--path-as-is")
    assert (status, error(body)) == (404, 38797319)


@pytest.mark.parametrize(
    ("arguments", "status", "number"),
    [
        (("-d", "{}"), 415, 10485761),
        (("-H", "Content-Type: text/plain", "-d", "{}"), 415, 10485761),
        ((*JSON, "-d", ""), 400, 10485763),
        ((*JSON, "-d", "{"), 400, 10485761),
        ((*JSON, "-d", "[]"), 400, 10485761),
    ],
)
def test_a_body_that_cannot_be_read(
    arguments: tuple[str, ...], status: int, number: int, server: Any
) -> None:
    answered, body = server().curl("/wifi/config/networks", *arguments)
    assert (answered, error(body)) == (status, number)


def test_a_body_that_is_too_large(server: Any, tmp_path: Path) -> None:
    served = server()
    large = tmp_path / "large.json"
    large.write_text('{"ssid": "' + "x" * MAX_BODY + '"}')
    status, body = served.curl("/wifi/config/networks", *JSON, "-d", f"@{large}")
    assert (status, error(body)) == (400, 15728644)
    # In pieces its length is not known before.
    pieces = ("-H", "Transfer-Encoding: chunked", "-d", f"@{large}")
    status, body = served.curl("/wifi/config/networks", *JSON, *pieces)
    assert (status, error(body)) == (400, 10485777)
    assert served.curl("/wifi/config/networks") == (200, '{"values":[]}')


def test_a_locked_device_answers_only_what_anybody_may_know(server: Any) -> None:
    served = server(DeviceProfile(locked=True))

    async def ask() -> dict[str, tuple[int, dict[str, object]]]:
        answers = {}
        async for session in client(served):
            for route in ROUTES:
                path = route.path.replace("{part}", "0")
                body: dict[str, Any] = {"json": {}} if route.body else {}
                async with session.request(route.method, served.url + path, **body) as answer:
                    found = {} if answer.content_type != "application/json" else await answer.json()
                    answers[f"{route.method} {path}"] = (answer.status, found)
        return answers

    answers = asyncio.run(ask())
    free = {f"{route.method} {route.path}" for route in ROUTES if route.free}
    assert {request for request, (status, _) in answers.items() if status == 200} == free
    refused = {request: answer for request, answer in answers.items() if request not in free}
    assert set(map(str, refused.values())) == {str((403, {"error": 10485778}))}


async def client(served: Any) -> AsyncIterator[aiohttp.ClientSession]:
    """Give a client that trusts the device's certificate and no other."""
    connector = aiohttp.TCPConnector(ssl=served.trust())
    async with aiohttp.ClientSession(connector=connector) as session:
        yield session


def test_commands_work_beside_the_interface(server: Any) -> None:
    served = server()
    with served.device() as device:
        device.wifi.add(Network("corp", "CORP", security=Security.OPEN))
    status, body = served.curl("/wifi/config/networks/0")
    assert (status, json.loads(body)["configName"]) == (200, "corp")


def test_a_device_that_somebody_holds_is_busy(server: Any) -> None:
    served = server(wait=0.05)
    with served.device():
        status, body = served.curl("/status")
    assert (status, error(body)) == (500, 10485765)
    assert served.said[0].endswith(
        "device-0: another process holds the device; wait until it ends, or stop it"
    )


def test_a_damaged_device_is_reported_to_its_person_alone(server: Any) -> None:
    served = server()
    store = served.directory / STORE
    store.write_bytes(b"rubbish")
    status, body = served.curl("/certstore/certs")
    assert (status, error(body)) == (500, 10485766)
    assert served.said[0].startswith(f"{store}: the first line is not that of a device's file;")
    assert store.read_bytes() == b"rubbish"


def test_secrets_are_neither_answered_nor_told(server: Any, made: Made) -> None:
    served = server()
    key = made["pump"].key_pem("s3cret-word").decode()
    pem = made["pump"].certificate_pem().decode()
    bodies = [
        {"certType": "client", "publicCert": pem, "privateKey": key, "password": "s3cret-word"},
        {"certType": "client", "publicCert": pem, "privateKey": key, "password": "s3cret-words"},
        {"certType": "rootca", "publicCert": pem, "privateKey": key, "password": "s3cret-word"},
        {"certType": key, "publicCert": key, "privateKey": pem, "password": ["s3cret-word"]},
    ]
    answers = [served.curl("/certstore/certs/a", *JSON, "-d", json.dumps(body)) for body in bodies]
    network = {"ssid": "HOME", "securityState": "psk", "psk": "s3cret-word"}
    answers += [
        served.curl("/wifi/config/networks", *JSON, "-d", json.dumps(network)),
        served.curl("/wifi/config/networks/0", "-X", "PATCH", *JSON, "-d", '{"psk": "s3cret-word"}'),
        served.curl("/wifi/config/networks/0"),
        served.curl("/certstore/certs/a"),
        served.curl("/log"),
        served.curl("/status?password=s3cret-word"),
    ]
    assert [status for status, _ in answers] == [200, 400, 400, 400, 201, 200, 200, 200, 200, 200]
    told = "\n".join([*(body for _, body in answers), *served.said])
    assert "s3cret" not in told
    assert "PRIVATE" not in told


def test_what_is_said_of_a_request_is_one_line(server: Any) -> None:
    served = server()
    served.curl("/certstore/certs/a%0d%0aGET%20/forged%20200")
    assert served.said == ["GET /certstore/certs/a%0d%0aGET%20/forged%20200 404"]


def test_a_defect_is_a_number_to_the_client_and_told_without_content(
    server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_device: object) -> None:
        raise RuntimeError("s3cret-word")

    served = server()
    monkeypatch.setattr("harness.rest.documents.net_status", fails)
    status, body = served.curl("/net/status")
    assert (status, error(body)) == (500, 10485766)
    assert served.said == ["GET /net/status 500: defect in eaptls: RuntimeError"]
