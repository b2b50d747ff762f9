from __future__ import annotations

from datetime import UTC, datetime

import pytest

from harness.device.device import Device
from harness.device.failure_codes import CertError, NetworkError
from harness.device.links import Failure
from harness.device.network import Network, Security
from harness.device.profile import DeviceProfile
from harness.device.selection import Offer
from harness.device.switches import NetworkLimit
from harness.rest import machine, wifi
from harness.rest.calls import Body, Call, Handler, Reply, Surroundings
from harness.rest.numbers import Refused

EAP_TLS: Body = {"ssid": "CORP", "securityState": "eaptls", "clientCertStoreIdentifier": "client"}
OPEN: Body = {"ssid": "Test", "securityState": "open", "configState": "enabled"}
PSK: Body = {"ssid": "Test", "securityState": "psk", "psk": "EXAMPLEPSK"}


def ask(handler: Handler, device: Device, part: str = "", body: Body | None = None) -> Reply:
    return handler(device, Call(part, body or {}), Surroundings())


def refusal(handler: Handler, device: Device, part: str = "", body: Body | None = None) -> tuple[int, int]:
    with pytest.raises(Refused) as caught:
        ask(handler, device, part, body)
    return caught.value.status, caught.value.number


def test_a_network_is_unknown_when_it_is_added_and_disconnected_after(device: Device) -> None:
    added = ask(
        wifi.add, device, body=EAP_TLS | {"configName": "corp", "configState": "enabled", "targetScan": True}
    )
    written = {
        "ssid": "CORP",
        "configState": "enabled",
        "id": 0,
        "securityState": "eaptls",
        "targetedScan": False,
        "configName": "corp",
        "clientCertStoreIdentifier": "client",
    }
    assert (added.status, added.document) == (201, written | {"connectionState": "unknown"})
    shown = written | {"connectionState": "disconnected"}
    assert ask(wifi.show, device, "0").document == shown
    assert ask(wifi.networks, device).document == {"values": [shown]}


def test_ids_are_the_lowest_that_are_free(device: Device) -> None:
    for name in ("a", "b", "c"):
        ask(wifi.add, device, body=OPEN | {"configName": name})
    ask(wifi.delete, device, "1")
    assert ask(wifi.add, device, body=OPEN | {"configName": "d"}).document["id"] == 1
    listed = ask(wifi.networks, device).document["values"]
    assert isinstance(listed, list)
    assert [network["configName"] for network in listed] == ["a", "d", "c"]


def test_what_was_added_changed_or_deleted_survives_a_reboot(device: Device) -> None:
    ask(wifi.add, device, body=EAP_TLS)
    ask(wifi.add, device, body=OPEN)
    ask(wifi.change, device, "0", {"configState": "disabled"})
    ask(wifi.delete, device, "1")
    device.reboot()
    assert [(one.ssid, one.enabled) for one in device.wifi.networks()] == [("CORP", False)]


def test_a_pre_shared_key_is_changed_and_never_shown(device: Device) -> None:
    assert "EXAMPLEPSK" not in repr(ask(wifi.add, device, body=PSK))
    shown = ask(wifi.change, device, "0", {"psk": "ANOTHERPSK", "configState": "unknown"})
    assert "ANOTHERPSK" not in repr(shown)
    assert shown.document["configState"] == "enabled"
    assert device.wifi.by_id()[0].psk == "ANOTHERPSK"


@pytest.mark.parametrize(
    ("body", "number"),
    [
        ({}, 13631496),
        ({"securityState": "eaptls", "clientCertStoreIdentifier": "a"}, 13631500),
        (EAP_TLS | {"ssid": ""}, 13631500),
        (EAP_TLS | {"ssid": 7}, 13631496),
        (EAP_TLS | {"ssid": "x" * 33}, 13631503),
        (EAP_TLS | {"ssid": "ü" * 17}, 13631503),
        (EAP_TLS | {"securityState": "wep"}, 13631496),
        (EAP_TLS | {"securityState": "unknown"}, 13631496),
        (EAP_TLS | {"securityState": None}, 13631496),
        (EAP_TLS | {"clientCertStoreIdentifier": ""}, 13631512),
        ({"ssid": "A", "securityState": "eaptls", "rootCaCertStoreIdentifier": "r"}, 13631512),
        (EAP_TLS | {"clientCertStoreIdentifier": "x" * 17}, 10485772),
        (EAP_TLS | {"rootCaCertStoreIdentifier": "x" * 17}, 10485771),
        (EAP_TLS | {"clientIdentity": "x" * 255}, 10485773),
        (EAP_TLS | {"configName": "x" * 17}, 10485776),
        (EAP_TLS | {"configName": ["x"]}, 13631496),
        (EAP_TLS | {"configState": "on"}, 13631496),
        (EAP_TLS | {"configState": "temp-disabled"}, 13631496),
        (EAP_TLS | {"targetedScan": "true"}, 10485769),
        ({"ssid": "A", "securityState": "psk"}, 13631500),
        (PSK | {"psk": "x" * 7}, 13631513),
        (PSK | {"psk": "x" * 64}, 13631504),
        (PSK | {"psk": 12345678}, 13631496),
    ],
)
def test_a_network_that_is_refused_is_not_added(body: Body, number: int, device: Device) -> None:
    assert refusal(wifi.add, device, body=body) == (400, number)
    assert device.wifi.networks() == ()


@pytest.mark.catalogue("D09")
def test_the_longest_values_are_taken(device: Device) -> None:
    longest = {"ssid": "x" * 32, "configName": "x" * 16, "clientIdentity": "x" * 254}
    ids = {"clientCertStoreIdentifier": "x" * 16, "rootCaCertStoreIdentifier": "y" * 16}
    document = ask(wifi.add, device, body=EAP_TLS | longest | ids).document
    assert document.items() >= (longest | ids).items()


@pytest.mark.catalogue("D08")
def test_a_name_is_used_twice_unless_a_switch_refuses_it(device: Device) -> None:
    """As the maker's own tests have it: "example" twice, one network enabled, one disabled."""
    for ssid, state in (("TestSsid0", "enabled"), ("TestSsid1", "disabled")):
        ask(wifi.add, device, body=OPEN | {"ssid": ssid, "configName": "example", "configState": state})
    assert ask(wifi.networks, device).document == {
        "values": [
            {
                "ssid": f"TestSsid{number}",
                "configState": state,
                "connectionState": "disconnected",
                "id": number,
                "securityState": "open",
                "targetedScan": False,
                "configName": "example",
            }
            for number, state in enumerate(("enabled", "disabled"))
        ]
    }
    strict = Device("a", bytes(6), lambda: datetime.now(UTC), DeviceProfile(refuse_used_name_at_add=True))
    ask(wifi.add, strict, body=EAP_TLS | {"configName": "corp"})
    assert refusal(wifi.add, strict, body=OPEN | {"configName": "corp"}) == (400, 13631511)
    for _ in range(2):
        ask(wifi.add, strict, body=OPEN)


def test_a_device_that_is_full_says_so() -> None:
    device = Device("a", bytes(6), lambda: datetime.now(UTC), DeviceProfile(max_networks=1))
    ask(wifi.add, device, body=OPEN)
    assert refusal(wifi.add, device, body=OPEN) == (500, 13631510)
    late = DeviceProfile(max_networks=1, network_limit=NetworkLimit.AT_PERSIST)
    device = Device("a", bytes(6), lambda: datetime.now(UTC), late)
    ask(wifi.add, device, body=OPEN)
    assert refusal(wifi.add, device, body=OPEN) == (500, 13631507)


@pytest.mark.catalogue("D12")
@pytest.mark.parametrize("handler", [wifi.show, wifi.delete, wifi.diagnostics, wifi.change])
def test_a_network_that_is_not_there(handler: Handler, device: Device) -> None:
    body: Body = {"configState": "enabled"}
    assert refusal(handler, device, "0", body) == (404, 13631491)
    assert refusal(handler, device, "2147483647", body) == (404, 13631491)
    for part in ("x", "-1", "1.0", "٣", "2147483648", "9" * 5000):
        assert refusal(handler, device, part, body) == (404, 15728642)


def test_a_key_is_judged_before_the_network_is_looked_for(device: Device) -> None:
    assert refusal(wifi.change, device, "0", {"configState": "unknown", "psk": "Test"}) == (400, 13631513)
    assert refusal(wifi.change, device, "0", {"psk": "x" * 64}) == (400, 13631504)
    ask(wifi.add, device, body=EAP_TLS)
    assert refusal(wifi.change, device, "0", {"psk": "EXAMPLEPSK"}) == (400, 13631500)


def test_a_half_made_network_of_an_application_stands_in_the_way(device: Device) -> None:
    ask(wifi.add, device, body=EAP_TLS)
    device.wifi.add_empty()
    assert refusal(wifi.change, device, "0", {"configState": "disabled"}) == (400, 13631500)


def test_diagnostics_are_of_networks_that_failed(device: Device) -> None:
    ask(wifi.add, device, body=EAP_TLS)
    ask(wifi.add, device, body=OPEN)
    assert ask(wifi.all_diagnostics, device).document == {"values": []}
    assert refusal(wifi.diagnostics, device, "0") == (404, 13631491)
    moment = datetime(2000, 1, 1, 0, 4, 37, tzinfo=UTC)
    failure = Failure(NetworkError.AUTHENTICATION_FAILED, moment, CertError.EXPIRED, 0, "/CN=radius")
    device.wifi.links.fail(0, failure)
    document = {
        "timestamp": "2000-01-01t00:04:37+0000",
        "networkId": 0,
        "ssid": "CORP",
        "error": "AuthenticationFailed",
        "configState": "temp-disabled",
        "connectionState": "disconnected",
        "certInfo": {"certError": "Expired", "certDepth": 0, "certSubject": "/CN=radius"},
    }
    assert ask(wifi.diagnostics, device, "0").document == document
    assert ask(wifi.all_diagnostics, device).document == {"values": [document]}


def test_a_failure_without_certificate_has_no_certificate_in_it(device: Device) -> None:
    ask(wifi.add, device, body=EAP_TLS)
    device.wifi.links.fail(0, Failure(NetworkError.NETWORK_NOT_FOUND, datetime(2000, 1, 1, tzinfo=UTC)))
    document = ask(wifi.diagnostics, device, "0").document
    assert (document["error"], "certInfo" in document) == ("NetworkNotFound", False)
    device.wifi.links.fail(
        0,
        Failure(
            NetworkError.AUTHENTICATION_FAILED,
            datetime(2000, 1, 1, tzinfo=UTC),
            CertError.CERTIFICATE_NOT_FOUND,
        ),
    )
    assert ask(wifi.diagnostics, device, "0").document["certInfo"] == {"certError": "CertificateNotFound"}


IDLE = {
    "configState": "unknown",
    "connectionState": "unknown",
    "securityState": "unknown",
    "mode": "",
    "key_mgmt": "UNKNOWN",
    "wpa_state": "DISCONNECTED",
    "address": "02:00:00:00:00:07",
    "id": -1,
    "powerSavingsState": "disabled",
}


def test_the_interface_before_the_first_connection(device: Device) -> None:
    assert list(ask(wifi.interface, device).document.items()) == list(IDLE.items())
    ask(wifi.add, device, body=EAP_TLS)
    assert ask(wifi.interface, device).document == IDLE
    trying = wifi.interface(device, Call(), Surroundings(trying=True)).document
    assert trying == IDLE | {"wpa_state": "AUTHENTICATING"}


def test_the_interface_shows_the_network_it_is_connected_to(device: Device) -> None:
    ask(wifi.add, device, body=EAP_TLS | {"configName": "corp"})
    device.joined(0)
    joined = {
        "ssid": "CORP",
        "configState": "enabled",
        "connectionState": "connected",
        "securityState": "eaptls",
        "mode": "station",
        "key_mgmt": "WPA-EAP",
        "wpa_state": "COMPLETED",
        "address": "02:00:00:00:00:07",
        "freq": 2412,
        "id": 0,
        "configName": "corp",
        "powerSavingsState": "disabled",
    }
    assert list(ask(wifi.interface, device).document.items()) == list(joined.items())
    device.wifi.links.disconnect()
    assert ask(wifi.interface, device).document == IDLE


def test_a_network_is_left_alone_for_a_while_when_asked(device: Device) -> None:
    ask(wifi.add, device, body=PSK)
    device.joined(0)
    held = ask(wifi.change, device, "0", {"configState": "temp-disabled", "psk": "ANOTHERPSK"}).document
    assert (held["configState"], held["connectionState"]) == ("temp-disabled", "disconnected")
    assert device.candidates() == ()
    assert (
        ask(wifi.change, device, "0", {"configState": "unknown"}).document["configState"] == "temp-disabled"
    )
    assert ask(wifi.change, device, "0", {"configState": "enabled"}).document["configState"] == "enabled"
    assert device.candidates() == (0,)
    ask(wifi.change, device, "0", {"configState": "disabled"})
    ask(wifi.change, device, "0", {"configState": "temp-disabled"})
    device.reboot()
    # What passes by itself is not saved.
    assert ask(wifi.show, device, "0").document["configState"] == "enabled"


@pytest.mark.parametrize("setting", ["ssid", "configName", "clientIdentity", "clientCertStoreIdentifier"])
def test_half_a_surrogate_is_no_text(setting: str, device: Device) -> None:
    assert refusal(wifi.add, device, body=EAP_TLS | {setting: "\ud800"}) == (400, 13631500)


def test_a_reload_drops_the_connection_and_power_savings_are_kept_in_mind(device: Device) -> None:
    ask(wifi.add, device, body=EAP_TLS)
    device.joined(0)
    around = Surroundings()
    assert (
        wifi.change_interface(device, Call(body={"reloadConfig": False, "enablePowerSavings": True}), around)
        == Reply()
    )
    assert wifi.interface(device, Call(), around).document["connectionState"] == "connected"
    assert wifi.interface(device, Call(), around).document["powerSavingsState"] == "enabled"
    assert wifi.change_interface(device, Call(body={"reloadConfig": True}), around) == Reply()
    assert device.wifi.links.connected is None
    assert wifi.interface(device, Call(), around).document["powerSavingsState"] == "enabled"


@pytest.mark.parametrize(
    ("body", "number"),
    [
        ({"reloadConfig": "true"}, 10485770),
        ({"reloadConfig": 1}, 10485770),
        ({"enablePowerSavings": "yes"}, 10485790),
        ({}, 10485762),
    ],
)
def test_a_change_of_the_interface_that_is_refused(body: Body, number: int, device: Device) -> None:
    assert refusal(wifi.change_interface, device, body=body) == (400, number)


def test_a_scan_shows_what_the_harness_was_told_of(device: Device) -> None:
    offers = (Offer("CORP"), Offer("HIDDEN", Security.PSK, hidden=True), Offer("GUEST", Security.OPEN))
    around = Surroundings(offers=lambda _device: offers)
    seen = wifi.scan(device, Call(), around).document["values"]
    assert isinstance(seen, list)
    assert [(one["ssid"], one["securityState"]) for one in seen] == [("CORP", "eaptls"), ("GUEST", "open")]
    device.wifi.add(Network("h", "HIDDEN", security=Security.PSK, psk="EXAMPLEPSK", targeted_scan=True))
    seen = wifi.scan(device, Call(), around).document["values"]
    assert isinstance(seen, list)
    assert [one["ssid"] for one in seen] == ["CORP", "\0", "GUEST"]
    assert len({one["bssid"] for one in seen}) == 3


def test_wifi_answers_nothing_while_its_interface_is_down(device: Device) -> None:
    ask(wifi.add, device, body=EAP_TLS)
    device.joined(0)
    assert ask(machine.change_interface, device, "wlan0", {"interfaceUp": False}) == Reply()
    assert device.wifi.links.connected is None
    for listing in (wifi.scan, wifi.networks, wifi.all_diagnostics):
        assert refusal(listing, device) == (500, 13631506)
    for of_one in (wifi.show, wifi.delete, wifi.diagnostics, wifi.change):
        assert refusal(of_one, device, "0", {"configState": "enabled"}) == (500, 13631506)
    assert refusal(wifi.change_interface, device, body={"enablePowerSavings": True}) == (500, 13631506)
    assert ask(wifi.interface, device).document["wpa_state"] == "INTERFACE_DISABLED"
    ask(machine.change_interface, device, "wlan0", {"interfaceUp": True})
    assert ask(wifi.networks, device).status == 200
