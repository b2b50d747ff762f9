from __future__ import annotations

import pytest

from harness.device.device import Device
from harness.device.profile import DeviceProfile
from harness.pki.credential import Credential
from harness.rest import certificates
from harness.rest.calls import Body, Call, Handler, Reply, Surroundings
from harness.rest.numbers import Refused

Made = dict[str, Credential]


def ask(handler: Handler, device: Device, part: str = "", body: Body | None = None) -> Reply:
    return handler(device, Call(part, body or {}), Surroundings())


def refusal(handler: Handler, device: Device, part: str = "", body: Body | None = None) -> tuple[int, int]:
    with pytest.raises(Refused) as caught:
        ask(handler, device, part, body)
    return caught.value.status, caught.value.number


def client(credential: Credential, **more: object) -> Body:
    pem, key = credential.certificate_pem().decode(), credential.key_pem().decode()
    return {"certType": "client", "publicCert": pem, "privateKey": key, **more}


def root(credential: Credential, **more: object) -> Body:
    return {"certType": "rootca", "publicCert": credential.certificate_pem().decode(), **more}


def test_what_was_installed_is_listed_shown_and_deleted(device: Device, made: Made) -> None:
    assert ask(certificates.identifiers, device).document == {"identifiers": []}
    assert ask(certificates.space, device).document == {"AvailableSpace": "24514"}
    assert ask(certificates.install, device, "corp-root", root(made["root"])) == Reply({}, 200)
    assert ask(certificates.install, device, "client", client(made["thermostat"])) == Reply({}, 200)
    assert ask(certificates.identifiers, device).document == {"identifiers": ["corp-root", "client"]}
    shown = made["thermostat"].certificate
    assert ask(certificates.show, device, "client").document == {
        "id": "client",
        "notBefore": f"{shown.not_valid_before_utc:%Y-%m-%dT%H:%M:%S}",
        "notAfter": f"{shown.not_valid_after_utc:%Y-%m-%dT%H:%M:%S}",
        "subjectName": "/CN=thermostat-7",
        "issuerName": "/CN=root",
    }
    assert ask(certificates.delete, device, "client").document == {}
    assert refusal(certificates.show, device, "client") == (404, 38797319)
    assert refusal(certificates.delete, device, "client") == (404, 38797319)


@pytest.mark.parametrize("word", ["client", "Client", "CLIENT"])
def test_the_case_of_the_type_does_not_matter(word: str, device: Device, made: Made) -> None:
    ask(certificates.install, device, "a", client(made["pump"]) | {"certType": word})
    assert device.store.identifiers() == ("a",)


def test_an_empty_key_and_password_count_as_none(device: Device, made: Made) -> None:
    ask(certificates.install, device, "a", root(made["root"], privateKey="", password=""))
    ask(certificates.install, device, "b", client(made["pump"], password=""))
    assert device.store.identifiers() == ("a", "b")


@pytest.mark.parametrize(
    ("identifier", "number"),
    [("a" * 17, 38797316), ("a b", 38797314), ("../../x", 38797314), ("é", 38797314), (".." * 9, 38797316)],
)
def test_an_id_is_checked_before_it_is_looked_for(
    identifier: str, number: int, device: Device, made: Made
) -> None:
    assert refusal(certificates.show, device, identifier) == (400, number)
    assert refusal(certificates.delete, device, identifier) == (400, number)
    assert refusal(certificates.install, device, identifier, root(made["root"])) == (400, number)


@pytest.mark.catalogue("A24", "A25", "A26")
def test_what_does_not_go_with_a_type_is_refused(device: Device, made: Made) -> None:
    key = made["pump"].key_pem().decode()
    assert refusal(certificates.install, device, "a", root(made["root"], privateKey=key)) == (400, 38797329)
    assert refusal(certificates.install, device, "a", root(made["root"], password="x")) == (400, 38797331)
    assert refusal(certificates.install, device, "a", root(made["root"]) | {"certType": "pfx"}) == (
        400,
        38797324,
    )
    assert refusal(certificates.install, device, "a", root(made["root"]) | {"certType": "client"}) == (
        400,
        38797327,
    )
    assert device.store.identifiers() == ()


@pytest.mark.parametrize(
    ("name", "number"),
    [("certType", 38797324), ("publicCert", 38797325), ("privateKey", 38797327), ("password", 10485762)],
)
def test_values_of_another_type(name: str, number: int, device: Device, made: Made) -> None:
    assert refusal(certificates.install, device, "a", client(made["pump"]) | {name: 7}) == (400, number)


def test_a_damaged_entry_is_the_devices_fault(device: Device, made: Made) -> None:
    ask(certificates.install, device, "a", root(made["root"]))
    device.store.damage("a")
    assert refusal(certificates.show, device, "a") == (500, 38797315)


def test_a_locked_device_and_one_that_starts_refuse_everything(made: Made) -> None:
    locked = Device("a", bytes(6), lambda: pytest.fail("no time is asked"), DeviceProfile(locked=True))
    starting = Device("a", bytes(6), lambda: pytest.fail("no time is asked"))
    starting.ready = False
    for device, answer in ((locked, (403, 10485778)), (starting, (500, 13631505))):
        assert refusal(certificates.identifiers, device) == answer
        assert refusal(certificates.show, device, "a" * 17) == answer
        assert refusal(certificates.delete, device, "a") == answer
        assert refusal(certificates.space, device) == answer
        assert refusal(certificates.install, device, "a", root(made["root"])) == answer
