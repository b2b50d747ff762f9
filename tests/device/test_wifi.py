from __future__ import annotations

import pytest

from harness.device.certstore import CertStore
from harness.device.network import Network, Security
from harness.device.results import WifiResult
from harness.device.wifi import WifiStack
from harness.pki.credential import Credential

CORP = Network("corp", "CORP", client_cert_id="client-1", root_ca_cert_id="root-1", client_id="thermostat-7")


def refused(errno: str, text: str) -> WifiResult:
    return WifiResult(ok=False, errno=errno, text=text)


@pytest.fixture
def store() -> CertStore:
    return CertStore()


@pytest.fixture
def wifi(store: CertStore) -> WifiStack:
    return WifiStack(store)


def test_an_added_network_is_there_after_a_reload(wifi: WifiStack) -> None:
    assert wifi.add(CORP) == WifiResult(ok=True)
    assert not wifi.unsaved
    wifi.reload()
    assert wifi.get("corp") == CORP


def test_an_added_network_that_is_not_persisted_is_lost(wifi: WifiStack) -> None:
    wifi.add(CORP, persist=False)
    assert wifi.get("corp") == CORP
    assert wifi.unsaved
    wifi.reload()
    assert wifi.get("corp") is None
    assert wifi.lost == {"corp"}
    wifi.reload()
    assert wifi.lost == frozenset()


def test_changes_are_live_at_once_and_dropped_by_a_reload(wifi: WifiStack) -> None:
    wifi.add(CORP)
    assert wifi.set("corp", client_cert_id="client-2", server_name="radius.corp.example").ok
    changed = wifi.get("corp")
    assert changed is not None
    assert (changed.client_cert_id, changed.server_name) == ("client-2", "radius.corp.example")
    assert changed.root_ca_cert_id == "root-1"
    wifi.reload()
    assert wifi.get("corp") == CORP


def test_persist_before_reload_keeps_changes(wifi: WifiStack) -> None:
    wifi.add(CORP)
    wifi.set("corp", root_ca_cert_id=None)
    wifi.persist()
    wifi.reboot()
    kept = wifi.get("corp")
    assert kept is not None
    assert kept.root_ca_cert_id is None


def test_persist_saves_all_networks(wifi: WifiStack) -> None:
    wifi.add(CORP)
    wifi.set("corp", ssid="ELSEWHERE")
    wifi.add(Network("guest", "GUEST", security=Security.OPEN))
    wifi.reload()
    assert [network.ssid for network in wifi.networks()] == ["ELSEWHERE", "GUEST"]


def test_enable_and_disable(wifi: WifiStack) -> None:
    wifi.add(CORP)
    for change, enabled in ((wifi.disable, False), (wifi.enable, True)):
        assert change("corp").ok
        network = wifi.get("corp")
        assert network is not None
        assert network.enabled is enabled


def test_a_forgotten_network_comes_back_unless_persisted(wifi: WifiStack) -> None:
    wifi.add(CORP)
    assert wifi.forget("corp").ok
    assert wifi.get("corp") is None
    wifi.reload()
    assert wifi.get("corp") == CORP
    wifi.forget("corp")
    wifi.persist()
    wifi.reload()
    assert wifi.get("corp") is None


def test_a_duplicate_is_a_disabled_copy(wifi: WifiStack) -> None:
    wifi.add(CORP)
    assert wifi.duplicate("corp", "corp-2").ok
    copy = wifi.get("corp-2")
    assert copy is not None
    assert not copy.enabled
    assert (copy.ssid, copy.client_cert_id, copy.client_id) == ("CORP", "client-1", "thermostat-7")
    wifi.set("corp-2", root_ca_cert_id="root-2")
    assert wifi.get("corp") == CORP


def test_names_are_used_once(wifi: WifiStack) -> None:
    wifi.add(CORP)
    wifi.add(Network("guest", "GUEST"))
    taken = refused("EEXIST", "there is a network 'corp' already")
    assert wifi.add(Network("corp", "OTHER")) == taken
    assert wifi.duplicate("guest", "corp") == taken
    assert wifi.set("guest", name="corp") == taken
    assert wifi.get("corp") == CORP


def test_a_renamed_network_keeps_its_place(wifi: WifiStack) -> None:
    wifi.add(CORP)
    wifi.add(Network("guest", "GUEST"))
    assert wifi.set("corp", name="work").ok
    assert [network.name for network in wifi.networks()] == ["work", "guest"]
    assert wifi.set("work", name="work").ok


def test_unknown_networks_are_enodev(wifi: WifiStack) -> None:
    unknown = refused("ENODEV", "there is no network 'corp'")
    assert wifi.set("corp", ssid="x") == unknown
    assert wifi.enable("corp") == unknown
    assert wifi.disable("corp") == unknown
    assert wifi.forget("corp") == unknown
    assert wifi.duplicate("corp", "other") == unknown


@pytest.mark.parametrize(
    ("network", "text"),
    [
        (Network("", "S"), "network name '' must have 1 to 16 characters"),
        (Network("n" * 17, "S"), "network name 'nnnnnnnnnnnnnnnnn' must have 1 to 16 characters"),
        (Network("n", "ü" * 17), "network 'n': the SSID is longer than 32 bytes"),
        (
            Network("n", "S", client_cert_id="c" * 17),
            "network 'n': the client certificate ID is longer than 16 characters",
        ),
        (
            Network("n", "S", root_ca_cert_id="c" * 17),
            "network 'n': the root CA certificate ID is longer than 16 characters",
        ),
        (Network("n", "S", client_id="c" * 255), "network 'n': an identity is longer than 254 characters"),
        (
            Network("n", "S", anonymous_identity="c" * 255),
            "network 'n': an identity is longer than 254 characters",
        ),
    ],
)
def test_settings_have_limits(wifi: WifiStack, network: Network, text: str) -> None:
    assert wifi.add(network) == refused("ERANGE", text)
    assert wifi.networks() == ()


def test_settings_at_their_limits_are_accepted(wifi: WifiStack) -> None:
    longest = Network(
        "n" * 16,
        "s" * 32,
        client_cert_id="c" * 16,
        root_ca_cert_id="r" * 16,
        client_id="i" * 254,
        anonymous_identity="@" + "r" * 253,
    )
    assert wifi.add(longest).ok


def test_a_refused_change_leaves_the_network_alone(wifi: WifiStack) -> None:
    wifi.add(CORP)
    assert wifi.set("corp", ssid="s" * 33).errno == "ERANGE"
    assert wifi.get("corp") == CORP


def test_ids_are_not_looked_up(wifi: WifiStack) -> None:
    assert wifi.add(Network("n", "S", client_cert_id="does-not-exist", root_ca_cert_id="nor this")).ok


def test_nothing_is_persisted_while_a_network_has_no_ssid(wifi: WifiStack) -> None:
    without = refused("EINVAL", "network 'new' has no SSID")
    assert wifi.add(Network("new")) == without
    assert wifi.get("new") is None
    assert wifi.add(Network("new"), persist=False).ok
    wifi.add(CORP, persist=False)
    assert wifi.persist() == without
    wifi.reload()
    assert wifi.networks() == ()


def test_certificates_are_loaded_at_a_reload(
    store: CertStore, wifi: WifiStack, made: dict[str, Credential]
) -> None:
    store.install_root_ca("root-1", made["root"].certificate_pem())
    assert wifi.loaded.get("root-1") is None
    wifi.reload()
    entry = wifi.loaded.get("root-1")
    store.delete("root-1")
    assert entry is not None
    assert wifi.loaded.get("root-1") is entry
    wifi.reboot()
    assert wifi.loaded.get("root-1") is None
