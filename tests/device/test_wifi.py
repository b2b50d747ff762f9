from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.device.certstore import CertStore
from harness.device.entries import StoreSnapshot
from harness.device.failure_codes import NetworkError
from harness.device.links import ConfigState, ConnectionState, Failure
from harness.device.network import Network, Security
from harness.device.profile import DEFAULT_PROFILE, DeviceProfile
from harness.device.results import WifiResult
from harness.device.switches import NameLookup, NetworkLimit
from harness.device.wifi import Networks, WifiStack
from harness.pki.credential import Credential

CORP = Network("corp", "CORP", client_cert_id="client-1", root_ca_cert_id="root-1", client_id="thermostat-7")


WIFI, REST = 13 << 20, 10 << 20


def refused(errno: str, text: str, number: int) -> WifiResult:
    return WifiResult(ok=False, errno=errno, text=text, number=number)


def stack(store: CertStore, profile: DeviceProfile = DEFAULT_PROFILE) -> WifiStack:
    return WifiStack(store, profile, lambda: datetime(2030, 5, 17, tzinfo=UTC))


@pytest.fixture
def store() -> CertStore:
    return CertStore()


@pytest.fixture
def wifi(store: CertStore) -> WifiStack:
    return stack(store)


def test_an_added_network_is_there_after_a_reload(wifi: WifiStack) -> None:
    assert wifi.add(CORP) == WifiResult(ok=True, network=0)
    assert not wifi.unsaved
    wifi.reload()
    assert wifi.get("corp") == CORP


@pytest.mark.catalogue("E01")
def test_an_added_network_that_is_not_persisted_is_lost(wifi: WifiStack) -> None:
    wifi.add(CORP, persist=False)
    assert wifi.get("corp") == CORP
    assert wifi.unsaved
    wifi.reload()
    assert wifi.get("corp") is None
    assert wifi.lost == {"corp"}
    wifi.reload()
    assert wifi.lost == frozenset()


@pytest.mark.catalogue("E02")
def test_changes_are_live_at_once_and_dropped_by_a_reload(wifi: WifiStack) -> None:
    wifi.add(CORP)
    assert wifi.set("corp", client_cert_id="client-2", server_name="radius.corp.example").ok
    changed = wifi.get("corp")
    assert changed is not None
    assert (changed.client_cert_id, changed.server_name) == ("client-2", "radius.corp.example")
    assert changed.root_ca_cert_id == "root-1"
    wifi.reload()
    assert wifi.get("corp") == CORP


@pytest.mark.catalogue("E03")
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


@pytest.mark.catalogue("E05")
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


@pytest.mark.catalogue("E08", "E10")
def test_a_duplicate_is_a_disabled_copy(wifi: WifiStack) -> None:
    wifi.add(CORP)
    assert wifi.duplicate("corp", "corp-2").ok
    copy = wifi.get("corp-2")
    assert copy is not None
    assert not copy.enabled
    assert (copy.ssid, copy.client_cert_id, copy.client_id) == ("CORP", "client-1", "thermostat-7")
    wifi.set("corp-2", root_ca_cert_id="root-2")
    assert wifi.get("corp") == CORP


@pytest.mark.catalogue("D08", "E09")
def test_names_are_used_once() -> None:
    wifi = stack(CertStore(), DeviceProfile(refuse_used_name_at_add=True))
    wifi.add(CORP)
    wifi.add(Network("guest", "GUEST"))
    taken = refused("EEXIST", "there is a network 'corp' already", WIFI + 23)
    assert wifi.add(Network("corp", "OTHER")) == taken
    assert wifi.duplicate("guest", "corp") == taken
    assert wifi.get("corp") == CORP


def test_a_renamed_network_keeps_its_place(wifi: WifiStack) -> None:
    wifi.add(CORP)
    wifi.add(Network("guest", "GUEST"))
    assert wifi.set("corp", name="work").ok
    assert [network.name for network in wifi.networks()] == ["work", "guest"]
    assert wifi.set("work", name="work").ok


def test_unknown_networks_are_enodev(wifi: WifiStack) -> None:
    unknown = refused("ENODEV", "there is no network 'corp'", WIFI + 3)
    assert wifi.set("corp", ssid="x") == unknown
    assert wifi.enable("corp") == unknown
    assert wifi.disable("corp") == unknown
    assert wifi.forget("corp") == unknown
    assert wifi.duplicate("corp", "other") == unknown


@pytest.mark.parametrize(
    ("network", "text", "number"),
    [
        (Network("", "S"), "network name '' must have 1 to 16 characters", WIFI + 20),
        (Network("n" * 17, "S"), "network name 'nnnnnnnnnnnnnnnnn' must have 1 to 16 characters", REST + 16),
        (Network("n", "ü" * 17), "network 'n': the SSID is longer than 32 bytes", WIFI + 15),
        (
            Network("n", "S", client_cert_id="c" * 17),
            "network 'n': the client certificate ID is longer than 16 characters",
            REST + 12,
        ),
        (
            Network("n", "S", root_ca_cert_id="c" * 17),
            "network 'n': the root CA certificate ID is longer than 16 characters",
            REST + 11,
        ),
        (
            Network("n", "S", client_id="c" * 255),
            "network 'n': an identity is longer than 254 characters",
            REST + 13,
        ),
        (
            Network("n", "S", anonymous_identity="c" * 255),
            "network 'n': an identity is longer than 254 characters",
            REST + 13,
        ),
        (
            Network("n", "S", psk="1234567"),
            "network 'n': a PSK has 8 to 63 characters, or 64 hexadecimal digits",
            WIFI + 25,
        ),
        (
            Network("n", "S", psk="x" * 64),
            "network 'n': a PSK has 8 to 63 characters, or 64 hexadecimal digits",
            WIFI + 16,
        ),
    ],
)
@pytest.mark.catalogue("D09", "E09")
def test_settings_have_limits(wifi: WifiStack, network: Network, text: str, number: int) -> None:
    assert wifi.add(network) == refused("ERANGE", text, number)
    assert wifi.networks() == ()


@pytest.mark.catalogue("D09")
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
    for psk in ("x" * 8, "x" * 63, "aF" * 32):
        assert wifi.set("n" * 16, psk=psk).ok


def test_a_refused_change_leaves_the_network_alone(wifi: WifiStack) -> None:
    wifi.add(CORP)
    assert wifi.set("corp", ssid="s" * 33).errno == "ERANGE"
    assert wifi.get("corp") == CORP


@pytest.mark.catalogue("D04")
def test_ids_are_not_looked_up(wifi: WifiStack) -> None:
    assert wifi.add(Network("n", "S", client_cert_id="does-not-exist", root_ca_cert_id="nor this")).ok


@pytest.mark.catalogue("E04")
def test_nothing_is_persisted_while_a_network_has_no_ssid(wifi: WifiStack) -> None:
    without = refused("EINVAL", "network 'new' has no SSID", WIFI + 12)
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


def full(profile: DeviceProfile = DEFAULT_PROFILE) -> WifiStack:
    """Return settings with as many networks as there can be."""
    wifi = stack(CertStore(), profile)
    for number in range(10):
        assert wifi.add(Network(f"n{number}", "S")).network == number
    return wifi


@pytest.mark.catalogue("E07")
def test_an_eleventh_network_is_enomem() -> None:
    wifi = full()
    text = "there are 10 networks already, and no more fit; forget one"
    assert wifi.add(CORP) == refused("ENOMEM", text, WIFI + 22)
    assert wifi.duplicate("n0", "copy").errno == "ENOMEM"
    assert wifi.add_empty().errno == "ENOMEM"
    assert len(wifi.networks()) == 10


@pytest.mark.catalogue("E07")
def test_an_eleventh_network_can_be_enospc_when_persisted() -> None:
    wifi = full(DeviceProfile(network_limit=NetworkLimit.AT_PERSIST))
    assert wifi.duplicate("n0", "copy").ok
    text = "11 networks cannot be saved; 10 at most"
    assert wifi.persist() == refused("ENOSPC", text, WIFI + 19)
    assert wifi.add(CORP).errno == "ENOSPC"
    assert wifi.get("corp") is None
    wifi.reload()
    assert len(wifi.networks()) == 10


def test_the_lowest_free_id_is_given(wifi: WifiStack) -> None:
    for name in "abc":
        wifi.add(Network(name, "S"))
    wifi.forget(1)
    assert wifi.add(Network("d", "S")).network == 1
    assert dict(wifi.by_id()).keys() == {0, 1, 2}
    assert [network.name for network in wifi.networks()] == ["a", "c", "d"]


def test_ids_may_change_at_a_reboot() -> None:
    for renumber, expected in ((True, {0: "b"}), (False, {1: "b"})):
        wifi = stack(CertStore(), DeviceProfile(renumber_at_reboot=renumber))
        for name in "ab":
            wifi.add(Network(name, "S"))
        wifi.forget("a")
        wifi.persist()
        wifi.reload()
        assert wifi.find("b").value == 1
        wifi.reboot()
        assert {number: network.name for number, network in wifi.by_id().items()} == expected


@pytest.mark.catalogue("E12")
def test_one_name_for_two_networks_is_reported() -> None:
    for lookup, expected in ((NameLookup.LOWEST_ID, 0), (NameLookup.HIGHEST_ID, 1)):
        wifi = stack(CertStore(), DeviceProfile(name_lookup=lookup))
        wifi.add(CORP)
        wifi.add(Network("guest", "GUEST"))
        assert wifi.find("corp").text == ""
        assert wifi.set("guest", name="corp").ok
        found = wifi.find("corp")
        assert found.value == expected
        assert found.text == "2 networks are named 'corp' (0, 1); which one is found is not documented"


def test_renaming_to_a_name_in_use_can_be_refused() -> None:
    wifi = stack(CertStore(), DeviceProfile(refuse_used_name=True))
    wifi.add(CORP)
    wifi.add(Network("guest", "GUEST"))
    expected = refused("EEXIST", "there is a network 'corp' already", WIFI + 23)
    assert wifi.set("guest", name="corp") == expected
    assert wifi.set("corp", name="").errno == "ERANGE"


def test_adding_under_a_name_in_use_can_be_taken() -> None:
    wifi = stack(CertStore(), DeviceProfile())
    assert wifi.add(CORP).network == 0
    assert wifi.add(CORP).network == 1
    assert wifi.add(Network("", "GUEST")).errno == "ERANGE"
    assert wifi.duplicate(0, "corp").errno == "EEXIST"


@pytest.mark.catalogue("E04")
def test_an_empty_network_is_half_made(wifi: WifiStack) -> None:
    wifi.add(CORP)
    number = wifi.add_empty().network
    assert number == 1
    assert wifi.get(1) == Network("", enabled=False, security=None)
    assert wifi.find("").errno == "ENODEV"
    text = "network 1 has no SSID"
    assert wifi.persist() == refused("EINVAL", text, WIFI + 12)
    assert wifi.set(1, ssid="NEW", security=Security.OPEN).ok
    assert wifi.persist().ok
    enabled = stack(CertStore(), DeviceProfile(new_network_enabled=True))
    enabled.add_empty()
    network = enabled.get(0)
    assert network is not None
    assert network.enabled


@pytest.mark.catalogue("E06")
def test_forgetting_all_networks_is_for_good(wifi: WifiStack) -> None:
    wifi.add(CORP)
    wifi.links.succeed(0)
    wifi.forget_all()
    assert wifi.networks() == ()
    assert wifi.links.connected is None
    wifi.reboot()
    assert wifi.networks() == ()


def test_what_is_persisted_is_saved_first(store: CertStore) -> None:
    saved: list[Networks] = []
    wifi = WifiStack(store, DEFAULT_PROFILE, lambda: datetime.now(UTC), save=saved.append)
    wifi.add(CORP)
    wifi.set("corp", ssid="ELSEWHERE")
    assert saved == [{0: CORP}]
    wifi.forget_all()
    assert saved[1:] == [{}]


def test_settings_that_cannot_be_saved_are_not_persisted(store: CertStore) -> None:
    def fail(_: Networks) -> None:
        raise OSError

    wifi = WifiStack(store, DEFAULT_PROFILE, lambda: datetime.now(UTC), save=fail)
    wifi.add(CORP, persist=False)
    for change in (wifi.persist, wifi.forget_all):
        with pytest.raises(OSError, match=r"^$"):
            change()
    with pytest.raises(OSError, match=r"^$"):
        wifi.add(Network("guest", "GUEST"))
    assert dict(wifi.persisted()) == {}
    assert wifi.networks() == (CORP,)


def test_a_connection_ends_with_its_network(wifi: WifiStack) -> None:
    ends = (
        lambda: wifi.disable("corp"),
        lambda: wifi.forget("corp"),
        wifi.reload,
        wifi.reboot,
    )
    wifi.add(CORP)
    wifi.add(Network("guest", "GUEST"))
    for end in ends:
        wifi.enable("corp")
        wifi.links.succeed(0)
        assert wifi.disable("guest").ok
        assert wifi.connection_state(0) is ConnectionState.CONNECTED
        end()
        assert wifi.links.connected is None
        wifi.reload()


def test_states_of_a_network(wifi: WifiStack) -> None:
    wifi.add(CORP)
    assert (wifi.config_state(0), wifi.connection_state(0)) == ("enabled", "unknown")
    failure = Failure(NetworkError.CONNECTION_FAILED, datetime(2000, 1, 1, tzinfo=UTC))
    wifi.links.fail(0, failure)
    assert (wifi.config_state(0), wifi.connection_state(0)) == ("temp-disabled", "disconnected")
    wifi.enable("corp")
    assert wifi.config_state(0) is ConfigState.ENABLED
    wifi.disable("corp")
    assert wifi.config_state(0) is ConfigState.DISABLED


def test_what_was_in_memory_can_be_restored(wifi: WifiStack) -> None:
    loaded = StoreSnapshot()
    wifi.restore({3: CORP}, loaded, frozenset({"lost"}))
    assert (dict(wifi.by_id()), wifi.loaded, wifi.lost) == ({3: CORP}, loaded, frozenset({"lost"}))
    assert wifi.unsaved


def test_a_psk_is_in_no_repr() -> None:
    assert "hush-hush" not in repr(Network("n", "S", security=Security.PSK, psk="hush-hush"))


EDITS = ("add", "empty", "copy", "rename", "ssid", "enable", "disable", "forget")
WHOLE = ("persist", "reload", "reboot")
LINKS = ("connect", "fail")
ACTIONS = st.tuples(
    st.sampled_from(EDITS + WHOLE + LINKS), st.integers(0, 11), st.sampled_from(["a", "b", "c"])
)


def act(wifi: WifiStack, action: str, number: int, name: str) -> None:
    network = wifi.get(number)
    if action in LINKS:
        if network is not None and network.enabled:
            link(wifi, action, number)
        return
    calls: dict[str, Callable[[], object]] = {
        "add": lambda: wifi.add(Network(name, name.upper()), persist=False),
        "empty": wifi.add_empty,
        "copy": lambda: wifi.duplicate(number, name),
        "rename": lambda: wifi.set(number, name=name),
        "ssid": lambda: wifi.set(number, ssid=name),
        "enable": lambda: wifi.enable(number),
        "disable": lambda: wifi.disable(name),
        "forget": lambda: wifi.forget(number),
        "persist": wifi.persist,
        "reload": wifi.reload,
        "reboot": wifi.reboot,
    }
    calls[action]()


def link(wifi: WifiStack, action: str, number: int) -> None:
    if action == "connect":
        wifi.links.succeed(number)
    else:
        wifi.links.fail(number, FAILURE)


FAILURE = Failure(NetworkError.CONNECTION_FAILED, datetime(2000, 1, 1, tzinfo=UTC))


@given(st.lists(ACTIONS, max_size=40))
def test_whatever_is_done_the_layers_hold_together(actions: list[tuple[str, int, str]]) -> None:
    saved: list[Networks] = [{}]
    wifi = WifiStack(
        CertStore(), DEFAULT_PROFILE, lambda: datetime(2030, 5, 17, tzinfo=UTC), save=saved.append
    )
    for action, number, name in actions:
        act(wifi, action, number, name)
        live = wifi.by_id()
        assert len(live) <= 10
        assert wifi.links.all().keys() <= live.keys()
        assert wifi.links.connected is None or live[wifi.links.connected].enabled
        assert [*wifi.persisted().values()] == [*saved[-1].values()]
        assert all(network.ssid for network in wifi.persisted().values())
        if action in {"reload", "reboot"}:
            assert not wifi.unsaved
        if action == "reboot":
            assert sorted(live) == list(range(len(live)))
