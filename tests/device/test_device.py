from __future__ import annotations

import timeit
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from harness.device.device import Device
from harness.device.failure_codes import NetworkError
from harness.device.links import ConfigState
from harness.device.network import Network, Security
from harness.device.preparation import Interface
from harness.device.profile import DefaultIdentity, DeviceProfile
from harness.device.selection import Offer
from harness.device.supplication import NotReady, Supplication
from harness.device.switches import SelectionOrder
from harness.outcome import Cause, Outcome, Verdict
from harness.pki.credential import Credential
from harness.pki.keys import KeyType, generate

Made = dict[str, Credential]
MAC = bytes.fromhex("020000000007")
NOW = datetime(2030, 5, 17, 12, 0, tzinfo=UTC)
CORP = Network("corp", "CORP", client_cert_id="client-1", root_ca_cert_id="root-1", client_id="thermostat-7")


def install(device: Device, identifier: str, credential: Credential) -> None:
    assert device.store.install_client(identifier, credential.certificate_pem(), credential.key_pem()).ok


def install_root(device: Device, identifier: str, credential: Credential) -> None:
    assert device.store.install_root_ca(identifier, credential.certificate_pem()).ok


def ready(device: Device, name: str = "corp") -> Supplication:
    prepared = device.prepare(name)
    assert isinstance(prepared, Supplication), prepared
    return prepared


@pytest.fixture
def provisioned(device: Device, made: Made) -> Device:
    install(device, "client-1", made["thermostat"])
    install_root(device, "root-1", made["root"])
    device.wifi.add(CORP)
    device.wifi.reload()
    return device


def test_a_provisioned_device_is_ready(provisioned: Device, made: Made) -> None:
    assert provisioned.prepare("corp") == Supplication(
        network="corp",
        ssid="CORP",
        identity="thermostat-7",
        credential=made["thermostat"],
        root_ca=made["root"].certificate,
        server_name="",
        time=NOW,
        mac=MAC,
        tls_min="1.2",
        tls_max="1.2",
        ciphers="",
        check_server_purpose=True,
        ignore_server_errors_without_root=True,
    )


def test_the_profile_decides_how_tls_is_spoken(made: Made) -> None:
    profile = DeviceProfile(
        tls_min="1.0",
        tls_max="1.3",
        ciphers="DEFAULT@SECLEVEL=0",
        check_server_purpose=False,
        ignore_server_errors_without_root=False,
    )
    device = Device("old", MAC, lambda: NOW, profile)
    install(device, "client-1", made["thermostat"])
    device.wifi.add(replace(CORP, root_ca_cert_id=None))
    device.wifi.reload()
    supplication = ready(device)
    assert (supplication.tls_min, supplication.tls_max) == ("1.0", "1.3")
    assert supplication.ciphers == "DEFAULT@SECLEVEL=0"
    assert supplication.check_server_purpose is False
    assert supplication.ignore_server_errors_without_root is False


def test_without_a_root_ca_id_the_server_is_not_authenticated(provisioned: Device) -> None:
    provisioned.wifi.set("corp", root_ca_cert_id=None)
    assert ready(provisioned).root_ca is None


@pytest.mark.catalogue("F22")
def test_the_device_sends_no_intermediates(provisioned: Device) -> None:
    credential = ready(provisioned).credential
    assert credential is not None
    assert credential.chain == ()


def test_the_server_name_is_handed_on(provisioned: Device) -> None:
    provisioned.wifi.set("corp", server_name="radius.corp.example")
    assert ready(provisioned).server_name == "radius.corp.example"


def test_the_anonymous_identity_hides_the_other(provisioned: Device) -> None:
    provisioned.wifi.set("corp", anonymous_identity="@corp.example")
    assert ready(provisioned).identity == "@corp.example"


@pytest.mark.parametrize(
    ("switch", "identity"),
    [
        (DefaultIdentity.COMMON_NAME, "thermostat-7"),
        (DefaultIdentity.ANONYMOUS, "anonymous"),
        (DefaultIdentity.EMPTY, ""),
    ],
)
@pytest.mark.catalogue("F21")
def test_the_default_identity_is_a_switch(made: Made, switch: DefaultIdentity, identity: str) -> None:
    device = Device("t", MAC, lambda: NOW, DeviceProfile(default_identity=switch))
    install(device, "client-1", made["thermostat"])
    device.wifi.add(replace(CORP, root_ca_cert_id=None, client_id=None))
    device.wifi.reload()
    assert ready(device).identity == identity


def test_an_identity_that_is_set_empty_stays_empty(provisioned: Device) -> None:
    provisioned.wifi.set("corp", client_id="")
    assert ready(provisioned).identity == ""


def test_a_certificate_without_common_name_makes_the_device_anonymous(device: Device) -> None:
    key = generate(KeyType.EC_P256)
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Corp")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    install(device, "client-1", Credential(certificate, key))
    device.wifi.add(Network("corp", "CORP", client_cert_id="client-1"))
    device.wifi.reload()
    assert ready(device).identity == "anonymous"


def test_the_time_is_the_devices_own(provisioned: Device) -> None:
    provisioned.clock.set(datetime(2000, 1, 1, tzinfo=UTC))
    assert ready(provisioned).time == datetime(2000, 1, 1, tzinfo=UTC)


def test_an_unknown_network(device: Device) -> None:
    text = "there is no network 'corp'; the device knows none"
    assert device.prepare("corp") == NotReady(Cause.NETWORK_UNKNOWN, text)
    device.wifi.add(Network("guest", "GUEST"))
    device.wifi.add(Network("home", "HOME"))
    text = "there is no network 'corp'; the device knows guest, home"
    assert device.prepare("corp") == NotReady(Cause.NETWORK_UNKNOWN, text)


@pytest.mark.catalogue("E02")
def test_a_network_that_was_never_persisted(device: Device) -> None:
    device.wifi.add(CORP, persist=False)
    device.wifi.reload()
    text = "network 'corp' had not been persisted and was lost at the last reload"
    assert device.prepare("corp") == NotReady(Cause.NETWORK_UNKNOWN, text)


def test_a_disabled_network(provisioned: Device) -> None:
    provisioned.wifi.disable("corp")
    assert provisioned.prepare("corp") == NotReady(Cause.NETWORK_DISABLED, "network 'corp' is disabled")


@pytest.mark.parametrize("security", [Security.OPEN, Security.PSK])
def test_a_network_of_another_security(provisioned: Device, security: Security) -> None:
    provisioned.wifi.set("corp", security=security)
    text = f"network 'corp' is set to {security}; the access point asks for EAP-TLS"
    assert provisioned.prepare("corp") == NotReady(Cause.SECURITY_MISMATCH, text)


def test_a_network_without_ssid(provisioned: Device) -> None:
    provisioned.wifi.set("corp", ssid="")
    assert provisioned.prepare("corp") == NotReady(Cause.NETWORK_INCOMPLETE, "network 'corp' has no SSID")


@pytest.mark.parametrize("identifier", [None, ""])
def test_a_network_without_client_certificate_id(provisioned: Device, identifier: str | None) -> None:
    provisioned.wifi.set("corp", client_cert_id=identifier)
    text = "network 'corp' has no client certificate ID"
    assert provisioned.prepare("corp") == NotReady(Cause.NETWORK_INCOMPLETE, text)


def test_a_client_certificate_that_does_not_exist(provisioned: Device, device: Device) -> None:
    provisioned.wifi.set("corp", client_cert_id="client-2")
    text = "there is no client certificate 'client-2': the store holds client-1, root-1"
    assert provisioned.prepare("corp") == NotReady(Cause.CLIENT_CERTIFICATE_MISSING, text)


def test_an_empty_store(device: Device) -> None:
    device.wifi.add(CORP)
    text = "there is no client certificate 'client-1': the store holds nothing"
    assert device.prepare("corp") == NotReady(Cause.CLIENT_CERTIFICATE_MISSING, text)


@pytest.mark.catalogue("D07")
def test_a_client_certificate_installed_after_the_last_reload(device: Device, made: Made) -> None:
    device.wifi.add(replace(CORP, root_ca_cert_id=None))
    install(device, "client-1", made["thermostat"])
    text = (
        "client certificate 'client-1' is in the store, but was put there after the last reload; "
        "Wi-Fi does not know it yet"
    )
    assert device.prepare("corp") == NotReady(Cause.CLIENT_CERTIFICATE_MISSING, text)
    device.wifi.reload()
    assert ready(device).credential == made["thermostat"]


def test_a_root_ca_installed_after_the_last_reload(provisioned: Device, made: Made) -> None:
    install_root(provisioned, "root-2", made["other-root"])
    provisioned.wifi.set("corp", root_ca_cert_id="root-2")
    text = (
        "root CA 'root-2' is in the store, but was put there after the last reload; "
        "Wi-Fi does not know it yet"
    )
    assert provisioned.prepare("corp") == NotReady(Cause.ROOT_CA_MISSING, text)


@pytest.mark.catalogue("B21")
def test_a_root_ca_id_that_leads_nowhere_is_not_no_authentication(provisioned: Device) -> None:
    provisioned.store.delete("root-1")
    provisioned.wifi.reload()
    text = "there is no root CA 'root-1': the store holds client-1"
    assert provisioned.prepare("corp") == NotReady(Cause.ROOT_CA_MISSING, text)


@pytest.mark.catalogue("B02")
def test_a_root_ca_under_the_clients_id(provisioned: Device, made: Made) -> None:
    install_root(provisioned, "client-1", made["other-root"])
    assert ready(provisioned).credential == made["thermostat"]
    provisioned.wifi.reload()
    text = "'client-1' should be a client certificate, but a root CA was installed under that ID"
    assert provisioned.prepare("corp") == NotReady(Cause.CLIENT_CERTIFICATE_WRONG_TYPE, text)


@pytest.mark.catalogue("B03")
def test_a_client_certificate_under_the_root_cas_id(provisioned: Device, made: Made) -> None:
    install(provisioned, "root-1", made["pump"])
    assert ready(provisioned).root_ca == made["root"].certificate
    provisioned.wifi.reload()
    text = "'root-1' should be a root CA, but a client certificate was installed under that ID"
    assert provisioned.prepare("corp") == NotReady(Cause.ROOT_CA_WRONG_TYPE, text)


def test_a_key_that_belongs_to_another_certificate(made: Made) -> None:
    device = Device("lax", MAC, lambda: NOW, DeviceProfile(check_key_match=False))
    install(device, "client-1", made["crossed"])
    device.wifi.add(CORP)
    device.wifi.reload()
    text = "the private key of 'client-1' does not belong to its certificate"
    assert device.prepare("corp") == NotReady(Cause.CLIENT_KEY_MISMATCH, text)


def test_the_client_certificate_is_looked_at_before_the_root_ca(device: Device) -> None:
    device.wifi.add(CORP)
    prepared = device.prepare("corp")
    assert isinstance(prepared, NotReady)
    assert prepared.cause is Cause.CLIENT_CERTIFICATE_MISSING


@pytest.mark.catalogue("B14", "B19")
def test_moved_and_deleted_entries_work_until_the_reload(provisioned: Device, made: Made) -> None:
    provisioned.store.move("client-1", "client-2")
    provisioned.store.delete("root-1")
    assert ready(provisioned).credential == made["thermostat"]
    provisioned.wifi.reboot()
    text = "there is no client certificate 'client-1': the store holds client-2"
    assert provisioned.prepare("corp") == NotReady(Cause.CLIENT_CERTIFICATE_MISSING, text)


@pytest.mark.catalogue("B01", "D07")
def test_a_renewed_certificate_is_used_after_the_reload(provisioned: Device, made: Made) -> None:
    install(provisioned, "client-1", made["rsa"])
    assert ready(provisioned).credential == made["thermostat"]
    provisioned.wifi.reload()
    assert ready(provisioned).credential == made["rsa"]


def test_ids_of_a_network_follow_the_stores_case_rule(made: Made) -> None:
    device = Device("t", MAC, lambda: NOW, DeviceProfile(case_sensitive_ids=False))
    install(device, "CLIENT-1", made["thermostat"])
    device.wifi.add(replace(CORP, root_ca_cert_id=None))
    device.wifi.reload()
    assert ready(device).credential == made["thermostat"]


def test_keys_stay_out_of_a_supplications_repr(provisioned: Device) -> None:
    assert "PrivateKey" not in repr(ready(provisioned))


def test_a_mac_address_has_six_bytes() -> None:
    with pytest.raises(ValueError, match=r"^device 'x': a MAC address has 6 bytes, not 5$"):
        Device("x", bytes(5), lambda: NOW)


def test_a_device_can_be_told_to_send_no_certificate(made: Made) -> None:
    device = Device("bare", MAC, lambda: NOW, DeviceProfile(send_client_certificate=False))
    install(device, "client-1", made["thermostat"])
    device.wifi.add(replace(CORP, root_ca_cert_id=None))
    device.wifi.reload()
    assert ready(device).credential is None


def test_a_chain_is_taken_only_where_the_profile_says_so(made: Made) -> None:
    pem = made["below"].chain_pem()
    key = made["below"].key_pem()
    strict = Device("strict", MAC, lambda: NOW)
    assert strict.store.install_client("c", pem, key).text == (
        "the certificate holds 2 PEM objects; exactly one is allowed"
    )
    lax = Device("lax", MAC, lambda: NOW, DeviceProfile(install_chains=True))
    assert lax.store.install_client("c", pem, key).ok
    entry = lax.store.get("c")
    assert entry is not None
    assert entry.credential == made["below"]


FAILED = Outcome(Verdict.UNANSWERED, Cause.SERVER_UNREACHABLE, "x")
CONNECTED = Outcome(Verdict.CONNECTED, Cause.MUTUAL_AUTHENTICATION, "x")
LOST = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.mark.catalogue("E17")
def test_eap_tls_runs_over_wifi_alone(provisioned: Device) -> None:
    text = "EAP-TLS runs over Wi-Fi alone; eth0 does not support it"
    assert provisioned.prepare("corp", Interface.ETHERNET) == NotReady(Cause.SECURITY_MISMATCH, text)


def test_a_network_without_security_type(device: Device) -> None:
    device.wifi.add_empty()
    device.wifi.enable(0)
    expected = NotReady(Cause.NETWORK_INCOMPLETE, "network 0 has no security type")
    assert device.prepare(0) == expected


def test_networks_are_prepared_by_id_too(provisioned: Device) -> None:
    assert provisioned.prepare(0) == provisioned.prepare("corp")


def test_a_damaged_certificate_cannot_be_used(provisioned: Device) -> None:
    provisioned.store.damage("root-1")
    assert isinstance(provisioned.prepare("corp"), Supplication)
    provisioned.wifi.reload()
    text = "root CA 'root-1' is damaged and cannot be read"
    assert provisioned.prepare("corp") == NotReady(Cause.ROOT_CA_MISSING, text)
    provisioned.store.damage("client-1")
    provisioned.wifi.reload()
    text = "client certificate 'client-1' is damaged and cannot be read"
    assert provisioned.prepare("corp") == NotReady(Cause.CLIENT_CERTIFICATE_MISSING, text)


@pytest.mark.catalogue("B15", "B16", "B17")
@pytest.mark.parametrize("end", ["reload", "reboot"])
def test_a_certificate_moved_over_another_is_used_after_the_reload(
    provisioned: Device, made: Made, end: str
) -> None:
    install_root(provisioned, "root-2", made["other-root"])
    provisioned.store.move("root-2", "root-1")
    assert ready(provisioned).root_ca == made["root"].certificate
    {"reload": provisioned.wifi.reload, "reboot": provisioned.reboot}[end]()
    assert ready(provisioned).root_ca == made["other-root"].certificate


@pytest.mark.catalogue("B22")
def test_delete_and_install_under_the_same_id_is_no_reload(provisioned: Device, made: Made) -> None:
    provisioned.store.delete("client-1")
    install(provisioned, "client-1", made["rsa"])
    assert ready(provisioned).credential == made["thermostat"]


@pytest.mark.catalogue("B23")
def test_certificates_survive_a_power_cut(provisioned: Device) -> None:
    provisioned.power_cut()
    assert provisioned.store.identifiers() == ("client-1", "root-1")
    assert isinstance(provisioned.prepare("corp"), Supplication)


@pytest.mark.catalogue("D10")
@pytest.mark.parametrize("identity", ["user", "user@corp.example"])
def test_identities_are_sent_as_written(provisioned: Device, identity: str) -> None:
    provisioned.wifi.set("corp", client_id=identity)
    assert ready(provisioned).identity == identity


def test_outcomes_are_recorded(provisioned: Device) -> None:
    failure = provisioned.record_outcome("corp", FAILED)
    assert failure is not None
    assert (failure.error, failure.timestamp) == (NetworkError.CONNECTION_FAILED, NOW)
    assert provisioned.wifi.links.get(0).failure is failure
    assert provisioned.wifi.config_state(0) is ConfigState.TEMP_DISABLED
    assert provisioned.record_outcome("corp", CONNECTED) is None
    assert provisioned.wifi.links.connected == 0
    assert provisioned.wifi.config_state(0) is ConfigState.ENABLED
    assert provisioned.wifi.links.get(0).failure is failure


def test_what_was_not_tried_is_not_recorded(provisioned: Device) -> None:
    disabled = Outcome(Verdict.NOT_ATTEMPTED, Cause.NETWORK_DISABLED, "x")
    assert provisioned.record_outcome("corp", disabled) is None
    assert provisioned.record_outcome("gone", FAILED) is None
    assert dict(provisioned.wifi.links.all()) == {}
    with pytest.raises(KeyError, match=r"^'gone'$"):
        provisioned.joined("gone")


@pytest.mark.catalogue("D13")
def test_a_timestamp_is_the_devices_own_time(provisioned: Device) -> None:
    provisioned.clock.set(LOST)
    failure = provisioned.record_outcome("corp", FAILED)
    assert failure is not None
    assert failure.timestamp == LOST


@pytest.mark.catalogue("F30")
@pytest.mark.parametrize("order", list(SelectionOrder))
def test_when_one_network_fails_another_is_tried(made: Made, order: SelectionOrder) -> None:
    device = Device("t", MAC, lambda: NOW, DeviceProfile(selection_order=order))
    for name in ("one", "two"):
        device.wifi.add(replace(CORP, name=name))
    first, second = device.candidates()
    device.record_outcome(first, FAILED)
    assert device.candidates() == (second,)
    device.record_outcome(second, FAILED)
    assert device.candidates() == ()
    device.wifi.disable(second)
    device.wifi.enable(first)
    assert device.candidates() == (first,)


@pytest.mark.catalogue("H07")
def test_networks_that_are_disabled_or_unfinished_are_not_tried(provisioned: Device) -> None:
    provisioned.wifi.duplicate("corp", "copy")
    provisioned.wifi.add_empty()
    provisioned.wifi.enable(2)
    assert provisioned.candidates() == (0,)


@pytest.mark.catalogue("E15", "E19", "F25")
def test_what_the_air_does_not_offer_fails_on_the_way(provisioned: Device) -> None:
    provisioned.wifi.add(Network("guest", "GUEST", security=Security.OPEN))
    provisioned.wifi.add(Network("home", "HOME", security=Security.OPEN))
    offers = [Offer("CORP", Security.PSK), Offer("HOME", Security.OPEN)]
    assert provisioned.next_network(offers) == 2
    errors = {
        number: link.failure.error for number, link in provisioned.wifi.links.all().items() if link.failure
    }
    assert errors == {0: NetworkError.SECURITY_TYPE_MISMATCH, 1: NetworkError.NETWORK_NOT_FOUND}
    assert provisioned.next_network([]) is None


def lost_clock(made: Made, network: Network) -> Device:
    """Return a device whose clock does not survive without power, with one network."""
    device = Device("t", MAC, lambda: NOW, DeviceProfile(rtc_battery=False))
    install(device, "client-1", made["thermostat"])
    install_root(device, "root-1", made["root"])
    device.wifi.add(network)
    device.wifi.reload()
    return device


@pytest.mark.catalogue("G01")
def test_a_lost_clock_and_a_root_ca_are_a_deadlock(made: Made) -> None:
    device = lost_clock(made, CORP)
    assert device.clock.now() == LOST
    assert device.clock_deadlock()
    assert ready(device).time == LOST


@pytest.mark.catalogue("G02")
def test_an_open_network_with_time_resolves_it(made: Made) -> None:
    device = lost_clock(made, CORP)
    device.wifi.add(Network("bootstrap", "GUEST", security=Security.OPEN))
    assert not device.clock_deadlock()
    device.joined("bootstrap")
    assert device.clock.now() == LOST
    device.joined("bootstrap", has_time=True)
    assert device.clock.now() == NOW
    device.reboot()
    assert device.clock.now() == LOST


@pytest.mark.catalogue("G03")
def test_without_a_root_ca_there_is_no_deadlock(made: Made) -> None:
    assert not lost_clock(made, replace(CORP, root_ca_cert_id=None)).clock_deadlock()


@pytest.mark.catalogue("G04")
def test_a_battery_keeps_the_time(provisioned: Device) -> None:
    provisioned.power_cut()
    assert provisioned.clock.now() == NOW
    assert not provisioned.clock_deadlock()


@pytest.mark.catalogue("G07")
def test_time_that_is_not_synchronised_stays_wrong(made: Made) -> None:
    device = lost_clock(made, CORP)
    device.clock.sync_enabled = False
    assert device.record_outcome("corp", CONNECTED, has_time=True) is None
    assert (device.clock.now(), device.clock.sync) == (LOST, "disabled")


def test_a_device_without_networks_is_in_no_deadlock(device: Device) -> None:
    device.clock.set(LOST)
    assert not device.clock_deadlock()


def test_a_device_is_cheap() -> None:
    now = lambda: NOW  # noqa: E731
    seconds = min(timeit.repeat(lambda: Device("t", MAC, now), number=500, repeat=7)) / 500
    assert seconds < 20e-6
