from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from harness.device.application_wifi import ApplicationWifi, security_of
from harness.device.device import Device
from harness.device.failure_codes import NetworkError
from harness.device.links import ConfigState, ConnectionState, Failure, NetworkDiagnostics
from harness.device.manifest import Capability, Manifest
from harness.device.network import SECURITY_NUMBERS, Network, Security
from harness.device.profile import EARLY_OS, DeviceProfile
from harness.device.results import Answer, WifiResult
from harness.pki.credential import Credential

CORP = Network("corp", "CORP", client_cert_id="client-1", root_ca_cert_id="root-1", client_id="thermostat-7")
GENERAL = Manifest(frozenset({Capability.WIFI_CONFIG}))
ENTERPRISE = Manifest(frozenset({Capability.WIFI_CONFIG, Capability.ENTERPRISE_WIFI_CONFIG}))
WIFI = 13 << 20

Call = Callable[[ApplicationWifi], WifiResult | Answer[object]]
GENERAL_CALLS: list[Call] = [
    lambda wifi: wifi.add_network(),
    lambda wifi: wifi.add_duplicate_network("corp", "copy"),
    lambda wifi: wifi.set_ssid(1, "NEW"),
    lambda wifi: wifi.set_security_type(1, Security.PSK),
    lambda wifi: wifi.set_psk(1, "12345678"),
    lambda wifi: wifi.set_config_name(1, "new"),
    lambda wifi: wifi.set_targeted_scan_enabled(1, True),
    lambda wifi: wifi.set_network_enabled(1, False),
    lambda wifi: wifi.persist_config(),
    lambda wifi: wifi.reload_config(),
    lambda wifi: Answer(wifi.get_network_id_by_config_name("new").value, wifi.get_network_ids().errno),
    lambda wifi: Answer(*_fields(wifi.get_network("corp"))),
    lambda wifi: Answer(*_fields(wifi.get_config_state("corp"))),
    lambda wifi: Answer(*_fields(wifi.get_connection_state("corp"))),
    lambda wifi: wifi.forget_network_by_id("copy"),
    lambda wifi: wifi.forget_all_networks(),
]
ENTERPRISE_CALLS: list[Call] = [
    lambda wifi: wifi.set_security_type("corp", Security.EAP_TLS),
    lambda wifi: wifi.set_client_identity("corp", "pump-1"),
    lambda wifi: wifi.set_client_cert_store_identifier("corp", "client-2"),
    lambda wifi: wifi.set_root_ca_cert_store_identifier("corp", None),
    lambda wifi: wifi.set("corp", client_id="pump-1"),
    lambda wifi: wifi.configure(replace(CORP, name="second")),
]


def _fields(answer: Answer[Network] | Answer[ConfigState] | Answer[ConnectionState]) -> tuple[object, str]:
    return answer.value, answer.errno


@pytest.fixture
def corp(device: Device) -> Device:
    device.wifi.add(CORP)
    return device


def test_every_general_function_succeeds_with_its_capability(corp: Device) -> None:
    wifi = corp.application(GENERAL).wifi
    assert [call(wifi).errno for call in GENERAL_CALLS] == [""] * len(GENERAL_CALLS)


@pytest.mark.catalogue("E13")
def test_eap_tls_needs_a_capability_of_its_own(corp: Device) -> None:
    general, enterprise = corp.application(GENERAL).wifi, corp.application(ENTERPRISE).wifi
    assert [call(general).errno for call in ENTERPRISE_CALLS] == ["EACCES"] * len(ENTERPRISE_CALLS)
    assert corp.wifi.networks() == (CORP,)
    assert general.set_ssid("corp", "OTHER").ok
    assert [call(enterprise).ok for call in ENTERPRISE_CALLS] == [True] * len(ENTERPRISE_CALLS)


def test_without_capabilities_nothing_is_allowed(corp: Device) -> None:
    wifi = corp.application(Manifest(frozenset({Capability.CERT_STORE}))).wifi
    assert {call(wifi).errno for call in GENERAL_CALLS[:10] + ENTERPRISE_CALLS} == {"EACCES"}
    assert wifi.get_network_diagnostics("corp").errno == "EACCES"
    assert wifi.get_connected_network_id().errno == "EACCES"
    assert corp.wifi.networks() == (CORP,)


def test_the_command_line_needs_none(corp: Device) -> None:
    wifi = corp.application(None).wifi
    assert all(call(wifi).ok for call in ENTERPRISE_CALLS)


def test_a_device_that_starts_is_eagain_and_an_interface_that_is_down_enetdown(corp: Device) -> None:
    wifi = corp.application(None).wifi
    corp.wifi.interface_up = False
    text = "the Wi-Fi interface is down"
    assert wifi.persist_config() == WifiResult(False, "ENETDOWN", text, WIFI + 18)
    corp.reboot(ready=False)
    assert wifi.persist_config().errno == "EAGAIN"
    assert wifi.get_network("corp").number == WIFI + 17
    corp.ready = corp.wifi.interface_up = True
    assert wifi.persist_config().ok


@pytest.mark.catalogue("B04")
def test_two_applications_share_one_namespace(corp: Device, made: dict[str, Credential]) -> None:
    both = Manifest(frozenset(Capability))
    first, second = corp.application(both), corp.application(both)
    root, other = made["root"].certificate_pem(), made["other-root"].certificate_pem()
    assert first.certificates.install_root_ca_certificate("RadiusRootCA", root).ok
    assert second.certificates.install_root_ca_certificate("RadiusRootCA", other).replaced == "rootca"
    assert first.certificates.get_certificate_count().value == 1
    number = second.wifi.add_network().network
    assert number is not None
    assert first.wifi.get_network_ids().value == (0, number)
    assert first.wifi.persist_config().text == "network 1 has no SSID"


def test_a_network_is_built_step_by_step(device: Device) -> None:
    wifi = device.application(ENTERPRISE).wifi
    number = wifi.add_network().network
    assert number == 0
    steps = [
        wifi.set_ssid(number, "CORP"),
        wifi.set_security_type(number, Security.EAP_TLS),
        wifi.set_client_identity(number, "thermostat-7"),
        wifi.set_client_cert_store_identifier(number, "client-1"),
        wifi.set_root_ca_cert_store_identifier(number, "root-1"),
        wifi.set_config_name(number, "corp"),
        wifi.set_network_enabled(number, True),
        wifi.persist_config(),
        wifi.reload_config(),
    ]
    assert all(step.ok for step in steps)
    assert wifi.get_network("corp").value == CORP


@pytest.mark.catalogue("D09")
def test_lengths_are_checked_one_by_one(corp: Device) -> None:
    wifi = corp.application(None).wifi
    assert wifi.set_ssid("corp", "x" * 32).ok
    assert wifi.set_ssid("corp", "x" * 33).number == WIFI + 15
    assert wifi.set_ssid("corp", "") == WifiResult(False, "ERANGE", "the SSID is empty", WIFI + 20)
    assert wifi.set_config_name("corp", "").errno == "ERANGE"
    assert wifi.set_client_identity("corp", "x" * 255).errno == "ERANGE"
    assert wifi.set_client_cert_store_identifier("corp", "x" * 17).errno == "ERANGE"
    assert wifi.set_root_ca_cert_store_identifier("corp", "x" * 17).errno == "ERANGE"
    assert wifi.set_psk("corp", "short").number == WIFI + 25


@pytest.mark.parametrize(
    ("network", "number", "text"),
    [
        (Network("n"), 12, "a network needs an SSID"),
        (replace(CORP, client_cert_id=None), 24, "an EAP-TLS network needs a client certificate ID"),
        (Network("n", "S", security=Security.PSK), 12, "a WPA2-PSK network needs a PSK"),
        (
            replace(CORP, psk="12345678"),
            12,
            "a network has a PSK or a client certificate, not both; leave one out",
        ),
    ],
)
@pytest.mark.catalogue("D06")
def test_what_only_requests_can_get_wrong(device: Device, network: Network, number: int, text: str) -> None:
    wifi = device.application(None).wifi
    assert wifi.configure(network) == WifiResult(False, "EINVAL", text, WIFI + number)
    assert device.wifi.networks() == ()


def test_a_psk_beside_a_certificate_is_a_switch() -> None:
    device = Device("d", bytes(6), lambda: datetime.now(UTC), DeviceProfile(psk_beside_certificate=True))
    assert device.application(None).wifi.configure(replace(CORP, psk="12345678")).ok


@pytest.mark.catalogue("D04", "D05")
def test_a_request_adds_and_persists(device: Device) -> None:
    wifi = device.application(None).wifi
    assert wifi.configure(replace(CORP, root_ca_cert_id=None)).network == 0
    assert wifi.configure(Network("", "GUEST", security=Security.OPEN)).network == 1
    assert wifi.configure(Network("", "GUEST", security=Security.OPEN)).network == 2
    device.reboot()
    assert wifi.get_network_ids().value == (0, 1, 2)


@pytest.mark.catalogue("D12")
def test_unknown_networks_are_not_found(device: Device) -> None:
    wifi = device.application(None).wifi
    expected = WifiResult(False, "ENODEV", "there is no network 4", WIFI + 3)
    assert wifi.set_network_enabled(4, True) == expected
    assert wifi.set_network_enabled(4, False) == expected
    assert wifi.forget_network_by_id(4) == expected
    assert wifi.add_duplicate_network(4, "x") == expected
    for answer in (wifi.get_network(4), wifi.get_config_state(4), wifi.get_network_diagnostics(4)):
        assert (answer.errno, answer.text, answer.number) == ("ENODEV", expected.text, WIFI + 3)
    assert wifi.get_network_id_by_config_name("x").errno == "ENODEV"


@pytest.mark.catalogue("F01", "F02", "D13")
def test_diagnostics_are_those_of_the_last_failure(corp: Device) -> None:
    wifi = corp.application(GENERAL).wifi
    never: Answer[NetworkDiagnostics] = Answer(
        None, "ENODEV", "no failure is recorded for network 'corp'", WIFI + 3
    )
    assert wifi.get_network_diagnostics("corp") == never
    corp.joined("corp")
    assert wifi.get_network_diagnostics("corp") == never
    failure = Failure(NetworkError.CONNECTION_FAILED, datetime(2000, 1, 1, tzinfo=UTC))
    corp.wifi.links.fail(0, failure)
    expected = NetworkDiagnostics(0, "CORP", is_enabled=False, is_connected=False, failure=failure)
    assert wifi.get_network_diagnostics("corp").value == expected
    corp.joined("corp")
    expected = NetworkDiagnostics(0, "CORP", is_enabled=True, is_connected=True, failure=failure)
    assert wifi.get_network_diagnostics(0).value == expected


def test_the_connected_network(corp: Device) -> None:
    wifi = corp.application(GENERAL).wifi
    text = "the device is not connected to any network"
    not_connected: Answer[int] = Answer(None, "ENOTCONN", text, WIFI + 4)
    assert wifi.get_connected_network_id() == not_connected
    assert wifi.get_current_network().errno == "ENODATA"
    corp.joined("corp")
    assert wifi.get_connected_network_id() == wifi.get_current_network() == Answer(0)
    assert wifi.get_connection_state("corp").value is ConnectionState.CONNECTED
    early = Device("early", bytes(6), lambda: datetime.now(UTC), EARLY_OS).application(None).wifi
    assert early.get_current_network().errno == "ENOTCONN"


def test_a_psk_is_never_read_back(device: Device) -> None:
    wifi = device.application(None).wifi
    assert wifi.configure(Network("n", "S", security=Security.PSK, psk="hush-hush")).ok
    read = wifi.get_network("n").value
    assert read is not None
    assert read.psk is None
    kept = device.wifi.get("n")
    assert kept is not None
    assert kept.psk == "hush-hush"


def test_the_security_type_follows_from_what_is_given() -> None:
    assert security_of(None, None) is Security.OPEN
    assert security_of("12345678", None) is Security.PSK
    assert security_of("12345678", "client") is Security.EAP_TLS
    assert security_of(None, None, "root") is Security.EAP_TLS
    assert [SECURITY_NUMBERS[kind] for kind in (None, *Security)] == [0, 3, 1, 2]
