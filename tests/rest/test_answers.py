"""Every number that the reference says is answered, asked for over HTTPS."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from harness.device.device import Device
from harness.device.network import Network, Security
from harness.device.profile import DEFAULT_PROFILE, DeviceProfile
from harness.device.selection import Offer
from harness.device.switches import NetworkLimit
from harness.outcome import Cause, Outcome, Verdict
from harness.pki.credential import Credential
from harness.rest.service import MAX_BODY

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "device-rest.md"
CERT = "/certstore/certs/a"
NETWORKS = "/wifi/config/networks"
OPEN = {"ssid": "Test", "securityState": "open"}
EAP_TLS = {"ssid": "CORP", "securityState": "eaptls", "clientCertStoreIdentifier": "client"}
PSK = {"ssid": "HOME", "securityState": "psk", "psk": "EXAMPLEPSK"}
Made = dict[str, Credential]


@dataclass(frozen=True)
class Ask:
    """A request and the number that answers it; ``{root}`` and the like stand for PEM texts.

    ``before`` is done to the device first, ``profile`` is its profile.
    """

    number: int
    status: int
    method: str
    path: str
    body: dict[str, Any] | str | None = None
    before: Callable[[Device], object] | None = None
    profile: DeviceProfile = DEFAULT_PROFILE
    headers: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.number}-{self.method}-{self.path}"


def post(number: int, body: dict[str, Any], path: str = CERT) -> Ask:
    return Ask(number, 400, "POST", path, body)


def rootca(**more: object) -> dict[str, Any]:
    return {"certType": "rootca", "publicCert": "{root}", **more}


def client(**more: object) -> dict[str, Any]:
    return {"certType": "client", "publicCert": "{thermostat}", "privateKey": "{thermostat-key}", **more}


def not_ready(device: Device) -> None:
    device.ready = False


def down(device: Device) -> None:
    device.wifi.interface_up = False


def damaged(device: Device) -> None:
    device.store.install_root_ca("a", ROOT[0])
    device.store.damage("a")


def taken(device: Device) -> None:
    device.wifi.add(Network("corp", "CORP", security=Security.OPEN))


ROOT: list[bytes] = []
FULL = DeviceProfile(store_bytes=100)
ONE = DeviceProfile(max_networks=1)
STRICT = DeviceProfile(refuse_used_name_at_add=True)
LATE = DeviceProfile(max_networks=1, network_limit=NetworkLimit.AT_PERSIST)

ASKS = [
    # RestError
    Ask(10485761, 400, "POST", CERT, "{"),
    Ask(10485761, 415, "POST", CERT, "{}", headers=(("Content-Type", "text/plain"),)),
    Ask(10485762, 400, "PATCH", "/wifi/interface", {}),
    Ask(10485763, 400, "POST", CERT, ""),
    post(10485769, EAP_TLS | {"targetedScan": 1}, NETWORKS),
    Ask(10485770, 400, "PATCH", "/wifi/interface", {"reloadConfig": "yes"}),
    post(10485771, EAP_TLS | {"rootCaCertStoreIdentifier": "x" * 17}, NETWORKS),
    post(10485772, EAP_TLS | {"clientCertStoreIdentifier": "x" * 17}, NETWORKS),
    post(10485773, EAP_TLS | {"clientIdentity": "x" * 255}, NETWORKS),
    post(10485776, EAP_TLS | {"configName": "x" * 17}, NETWORKS),
    Ask(10485777, 400, "POST", CERT, "x" * (MAX_BODY + 1), headers=(("Transfer-Encoding", "chunked"),)),
    Ask(10485778, 403, "GET", "/certstore/certs", profile=DeviceProfile(locked=True)),
    Ask(10485790, 400, "PATCH", "/wifi/interface", {"enablePowerSavings": "yes"}),
    # WifiError
    Ask(13631491, 404, "GET", f"{NETWORKS}/7"),
    post(13631496, EAP_TLS | {"securityState": "wep"}, NETWORKS),
    post(13631500, EAP_TLS | {"ssid": ""}, NETWORKS),
    post(13631503, EAP_TLS | {"ssid": "x" * 33}, NETWORKS),
    post(13631504, PSK | {"psk": "x" * 64}, NETWORKS),
    Ask(13631505, 500, "GET", "/certstore/certs", before=not_ready),
    Ask(13631506, 500, "GET", "/wifi/scan", before=down),
    Ask(13631507, 500, "POST", NETWORKS, OPEN, before=taken, profile=LATE),
    Ask(13631510, 500, "POST", NETWORKS, OPEN, before=taken, profile=ONE),
    Ask(13631511, 400, "POST", NETWORKS, OPEN | {"configName": "corp"}, before=taken, profile=STRICT),
    post(13631512, EAP_TLS | {"clientCertStoreIdentifier": ""}, NETWORKS),
    post(13631513, PSK | {"psk": "x" * 7}, NETWORKS),
    # HttpError
    Ask(15728641, 405, "PUT", "/status"),
    Ask(15728642, 404, "GET", "/nothing"),
    Ask(15728643, 400, "POST", CERT, "abcd", headers=(("Content-Encoding", "gzip"),)),
    Ask(15728644, 400, "POST", CERT, "x" * (MAX_BODY + 1)),
    # NetConfigError
    Ask(31457286, 400, "PATCH", "/net/interfaces/wlan0", {"hardwareAddress": "x"}),
    Ask(31457294, 404, "PATCH", "/net/interfaces/eth9", {"interfaceUp": True}),
    Ask(31457295, 400, "PATCH", "/net/interfaces/azspheresvc", {"interfaceUp": False}),
    # CertStorageError
    Ask(38797314, 400, "GET", "/certstore/certs/a%20b"),
    Ask(38797315, 500, "GET", CERT, before=damaged),
    Ask(38797316, 400, "GET", "/certstore/certs/" + "a" * 17),
    Ask(38797319, 404, "DELETE", CERT),
    post(38797320, rootca(publicCert="{root}{root}")),
    Ask(38797323, 500, "POST", CERT, rootca(), profile=FULL),
    post(38797324, {"certType": "pfx"}),
    post(38797325, rootca(publicCert="")),
    post(38797326, rootca(publicCert="x" * 8193)),
    post(38797327, client(privateKey="")),
    post(38797328, client(privateKey="x" * 8193)),
    post(38797329, rootca(privateKey="{thermostat-key}")),
    post(38797330, client(password="x" * 257)),
    post(38797331, rootca(password="x")),
    post(38797332, client(privateKey="{pump-key}")),
    post(38797333, client(password="x")),
]


@pytest.fixture
def texts(made: Made) -> dict[str, str]:
    ROOT[:] = [made["root"].certificate_pem()]
    return {name: one.certificate_pem().decode() for name, one in made.items()} | {
        f"{name}-key": one.key_pem().decode() for name, one in made.items()
    }


def filled(body: dict[str, Any], texts: dict[str, str]) -> dict[str, Any]:
    def fill(value: object) -> object:
        return (
            re.sub(r"\{([a-z-]+)\}", lambda found: texts[found[1]], value)
            if isinstance(value, str)
            else value
        )

    return {name: fill(value) for name, value in body.items()}


def conversation(served: Any, asked: Ask, texts: dict[str, str]) -> tuple[int, object]:
    async def talk() -> tuple[int, object]:
        trust: ssl.SSLContext = served.trust()
        headers = dict((("Content-Type", "application/json"), *asked.headers))
        body = asked.body
        data: object = json.dumps(filled(body, texts)) if isinstance(body, dict) else body
        if headers.pop("Transfer-Encoding", ""):
            data = pieces(str(data).encode())
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trust)) as session,
            session.request(asked.method, served.url + asked.path, data=data, headers=headers) as answer,
        ):
            return answer.status, await answer.json()

    return asyncio.run(talk())


async def pieces(data: bytes) -> Any:
    for start in range(0, len(data), 4096):
        yield data[start : start + 4096]


@pytest.mark.parametrize("asked", ASKS, ids=str)
def test_a_number_and_its_status(asked: Ask, server: Any, texts: dict[str, str]) -> None:
    served = server(asked.profile)
    if asked.before is not None:
        with served.device() as device:
            asked.before(device)
    assert conversation(served, asked, texts) == (asked.status, {"error": asked.number})


def test_the_reference_lists_these_numbers_and_those_that_other_tests_ask_for() -> None:
    # Busy and internal need another process and a damaged file: tests/rest/test_service.py.
    asked = {(ask.number, ask.status) for ask in ASKS} | {(10485765, 500), (10485766, 500)}
    assert set(listed()) == asked


def listed() -> Iterator[tuple[int, int]]:
    for line in REFERENCE.read_text(encoding="utf-8").splitlines():
        found = re.match(r"\| `(\d{8})` \| ([\d, ]+) \|", line)
        if found:
            yield from ((int(found[1]), int(status)) for status in found[2].split(","))


def test_a_client_of_the_real_device_is_served_unchanged(server: Any, texts: dict[str, str]) -> None:
    """The requests of the public Python client, in the order of its own tests, headers and typing errors included."""
    served = server()
    asked: list[tuple[str, str, dict[str, Any] | None]] = [
        ("GET", "/status", None),
        ("GET", "/osversion", None),
        ("GET", "/device/security_state", None),
        ("GET", "/certstore/certs", None),
        ("POST", "/certstore/certs/root_id", rootca()),
        ("GET", "/certstore/certs/root_id", None),
        ("DELETE", "/certstore/certs/root_id", None),
        ("PATCH", "/net/interfaces/wlan0", {"interfaceUp": True}),
        ("GET", NETWORKS, None),
        # "targetScan" is that client's own spelling; the device does not know it.
        (
            "POST",
            NETWORKS,
            EAP_TLS | {"configName": "example1", "configState": "enabled", "targetScan": True},
        ),
        ("PATCH", "/wifi/interface", {"reloadConfig": True, "enablePowerSavings": False}),
        ("GET", "/wifi/diagnostics/networks", None),
        ("DELETE", f"{NETWORKS}/0", None),
        ("GET", "/telemetry", None),
    ]
    answers = asyncio.run(as_the_client_does(served, [(m, p, b and filled(b, texts)) for m, p, b in asked]))
    assert [status for status, *_ in answers] == [200] * 9 + [201] + [200] * 4
    assert {version for _, version, _ in answers} == {"4.6.0"}
    bodies: list[Any] = [json.loads(body) for *_, body in answers[:-1]]
    report = answers[-1][2]
    assert bodies[4] == bodies[6] == bodies[7] == bodies[10] == bodies[12] == {}
    assert bodies[8] == bodies[11] == {"values": []}
    assert (bodies[9]["targetedScan"], bodies[9]["connectionState"]) == (False, "unknown")
    assert report[3] << 8 | report[4] == 0


async def as_the_client_does(
    served: Any, asked: list[tuple[str, str, dict[str, Any] | None]]
) -> list[tuple[int, str, bytes]]:
    headers = {"Host": "*.devices.sphere.azure.local", "Accept": "application/json"}
    answers = []
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=served.trust()), headers=headers
    ) as session:
        for method, path, body in asked:
            async with session.request(method, served.url + path, json=body, allow_redirects=False) as answer:
                answers.append((answer.status, answer.headers["REST-API-Version"], await answer.read()))
    return answers


def test_a_served_device_joins_when_a_network_is_enabled(server: Any, judged: Any) -> None:
    connected = Outcome(Verdict.CONNECTED, Cause.MUTUAL_AUTHENTICATION, "It is up.")
    served = server(associate=judged(connected), offers=lambda _device: (Offer("CORP"),))
    body = json.dumps(EAP_TLS | {"configState": "disabled"})
    header = ("-H", "Content-Type: application/json")
    assert served.curl(NETWORKS, *header, "-d", body)[0] == 201
    changed = served.curl(f"{NETWORKS}/0", "-X", "PATCH", *header, "-d", '{"configState": "enabled"}')
    assert changed[0] == 200
    until = datetime.now(UTC).timestamp() + 5
    while '"connectionState":"connected"' not in served.curl(f"{NETWORKS}/0")[1]:
        assert datetime.now(UTC).timestamp() < until
    assert json.loads(served.curl("/wifi/interface")[1])["wpa_state"] == "COMPLETED"
