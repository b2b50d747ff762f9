from __future__ import annotations

import pytest

from harness.device.device import Device
from harness.device.network import Network
from harness.rest import machine
from harness.rest.calls import Body, Call, Handler, Reply, Surroundings
from harness.rest.numbers import Refused


def ask(handler: Handler, device: Device, part: str = "", body: Body | None = None) -> Reply:
    return handler(device, Call(part, body or {}), Surroundings("192.168.35.2"))


def refusal(device: Device, part: str, body: Body) -> tuple[int, int]:
    with pytest.raises(Refused) as caught:
        ask(machine.change_interface, device, part, body)
    return caught.value.status, caught.value.number


def test_what_a_client_asks_first(device: Device) -> None:
    state = ask(machine.security_state, device).document
    assert state["securityState"] == "SECURE"
    assert len(str(state["deviceIdentifier"])) == 128
    assert int(str(state["deviceIdentifier"]), 16) > 0
    assert ask(machine.capabilities, device).document == {"device_capabilities": []}
    assert ask(machine.manufacturing_state, device).document == {"manufacturingState": "DeviceComplete"}
    assert ask(machine.os_version, device).document == {"osversion": "24.06"}
    assert ask(machine.net_status, device).document == {
        "deviceAuthenticationIsReady": False,
        "networkTimeSync": "incomplete",
        "proxy": "disabled",
    }


def test_two_devices_have_two_ids(device: Device) -> None:
    other = Device("other", bytes(6), lambda: pytest.fail("no time is asked"))
    first, second = (ask(machine.security_state, one).document["deviceIdentifier"] for one in (device, other))
    assert first != second


def test_an_error_report_has_no_content(device: Device) -> None:
    octets = ask(machine.telemetry, device).octets
    assert octets
    assert octets[3] << 8 | octets[4] == 0
    assert ask(machine.clear_telemetry, device) == Reply()


def test_the_log_has_a_line_for_every_association(device: Device) -> None:
    around = Surroundings(journal=["2030-01-01T00:00:00Z network 0 ('CORP') connected"])
    octets = machine.log(device, Call(), around).octets
    assert octets == b"eaptls virtual device\n2030-01-01T00:00:00Z network 0 ('CORP') connected\n"


def test_a_restart_loses_what_was_not_persisted(device: Device) -> None:
    device.wifi.add(Network("corp", "CORP"), persist=False)
    now = 50.0
    around = Surroundings(uptime=lambda: now, power_savings=True)
    around.start()
    now = 60.0
    assert machine.status(device, Call(), around).document == {"uptime": 10}
    assert machine.restart(device, Call(), around).document == {"restartingSystem": True}
    assert machine.status(device, Call(), around).document == {"uptime": 0}
    assert device.wifi.networks() == ()
    assert not around.power_savings


def test_interfaces_are_those_of_a_device(device: Device) -> None:
    listed = ask(machine.interfaces, device).document["interfaces"]
    assert isinstance(listed, list)
    assert [one["interfaceName"] for one in listed] == ["azspheresvc", "lo", "wlan0"]
    assert ask(machine.interface, device, "azspheresvc").document == {
        "interfaceName": "azspheresvc",
        "interfaceUp": True,
        "connectedToNetwork": False,
        "ipAcquired": False,
        "connectedToInternet": False,
        "ipAddresses": ["192.168.35.2"],
    }
    device.wifi.add(Network("corp", "CORP"))
    device.joined("corp")
    wifi = ask(machine.interface, device, "wlan0").document
    assert (wifi["connectedToNetwork"], wifi["hardwareAddress"]) == (True, "02:00:00:00:00:07")


def test_an_interface_that_is_not_there_is_no_path(device: Device) -> None:
    with pytest.raises(Refused, match=r"^there is no interface 'eth9'$") as caught:
        ask(machine.interface, device, "eth9")
    assert (caught.value.status, caught.value.number) == (404, 15728642)


@pytest.mark.parametrize(
    ("name", "body", "status", "number"),
    [
        ("eth9", {"interfaceUp": True}, 404, 31457294),
        ("wlan0", {"hardwareAddress": "zz"}, 400, 31457286),
        ("wlan0", {"hardwareAddress": "02:00:00:00:00:08"}, 400, 31457295),
        ("azspheresvc", {"interfaceUp": False}, 400, 31457295),
        ("wlan0", {"interfaceUp": "no"}, 400, 10485762),
        ("wlan0", {}, 400, 10485762),
    ],
)
def test_a_change_of_an_interface_that_is_refused(
    name: str, body: Body, status: int, number: int, device: Device
) -> None:
    assert refusal(device, name, body) == (status, number)
    assert device.wifi.interface_up
