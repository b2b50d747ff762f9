"""What the steps on a device's Wi-Fi settings do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from harness.device.application_wifi import ApplicationWifi
from harness.device.manifest import Access, Capability
from harness.device.network import Network as DeviceNetwork
from harness.device.network import Security
from harness.device.results import Refusal, WifiResult
from harness.run.answers import OK, Performed, diagnostics_of, of_wifi, refused, told
from harness.run.devices import Devices
from harness.scenario import steps_wifi as steps
from harness.scenario.action import Action
from harness.scenario.part import key_of

_A = TypeVar("_A", bound=Action)
_SETTINGS = (
    "ssid",
    "client_cert_id",
    "root_ca_cert_id",
    "client_id",
    "anonymous_identity",
    "server_name",
    "psk",
    "targeted_scan",
)


def network(world: Devices, action: steps.Network, name: str, by: str) -> Performed:
    """Add a network, whole or half-made as an application can leave it."""
    refusal = _refusal(world, action.security, name, by)
    if refusal:
        return of_wifi(WifiResult.refused(refusal))
    wifi = world.devices[name].wifi
    result = wifi.add(_described(action), persist=action.persist)
    if result.ok and action.reload:
        wifi.reload()
    return of_wifi(result)


def wifi_add(world: Devices, action: steps.WifiAdd, name: str, by: str) -> Performed:
    """Add a network as the command line does."""
    return of_wifi(world.application(name, by).wifi.configure(_described(action)))


def _described(action: steps.Network) -> DeviceNetwork:
    written = {key: getattr(action, key) for key in _SETTINGS if getattr(action, key) is not None}
    settings: dict[str, Any] = written
    return DeviceNetwork(name=action.name, enabled=action.enabled, security=action.security, **settings)


def _refusal(world: Devices, security: Security, name: str, by: str) -> Refusal | None:
    if not world.opened:
        return None
    device = world.devices[name]
    needed = [Capability.WIFI_CONFIG]
    if security is Security.EAP_TLS:
        needed.append(Capability.ENTERPRISE_WIFI_CONFIG)
    access = Access(lambda: device.ready, world.manifest(name, by), device.profile.locked)
    return access.refusal(*needed)


def change(world: Devices, action: steps.Change, name: str, by: str) -> Performed:
    """Change settings one after the other, as a program does; the first that is refused ends it."""
    wifi = world.application(name, by).wifi
    changes: dict[str, Any] = {
        key: getattr(action, key) for key in _SETTINGS if getattr(action, key) is not None
    }
    changes |= {key: None for key in _SETTINGS if key_of(key) in action.clear}
    if action.security is not None:
        changes["security"] = action.security
    result = WifiResult(ok=True)
    for key, value in changes.items():
        result = _setter(wifi, key, value)(action.network, value)
        if not result.ok:
            return of_wifi(result)
    if action.name is not None:
        result = wifi.set_config_name(action.network, action.name)
    return of_wifi(result)


def _setter(wifi: ApplicationWifi, key: str, value: object) -> Callable[[str, Any], WifiResult]:
    """Return the function that sets one setting; what needs none of the enterprise kind has its own."""
    own: dict[str, Callable[[str, Any], WifiResult]] = {
        "ssid": wifi.set_ssid,
        "security": wifi.set_security_type,
        "targeted_scan": wifi.set_targeted_scan_enabled,
        "client_cert_id": wifi.set_client_cert_store_identifier,
        "root_ca_cert_id": wifi.set_root_ca_cert_store_identifier,
    }
    if key == "psk" and value is not None:
        return wifi.set_psk

    def change(which: str, new: Any) -> WifiResult:
        return wifi.set(which, **{key: new})

    return own.get(key, change)


def enable(world: Devices, action: steps.Enable | steps.WifiEnable, name: str, by: str) -> Performed:
    """Enable a network."""
    return of_wifi(world.application(name, by).wifi.set_network_enabled(action.network, True))


def disable(world: Devices, action: steps.Disable | steps.WifiDisable, name: str, by: str) -> Performed:
    """Disable a network."""
    return of_wifi(world.application(name, by).wifi.set_network_enabled(action.network, False))


def forget(world: Devices, action: steps.Forget | steps.WifiForget, name: str, by: str) -> Performed:
    """Forget a network."""
    return of_wifi(world.application(name, by).wifi.forget_network_by_id(action.network))


def saved(
    perform: Callable[[Devices, _A, str, str], Performed],
) -> Callable[[Devices, _A, str, str], Performed]:
    """Return what does the same and, when that went well, saves all settings."""

    def perform_and_save(world: Devices, action: _A, name: str, by: str) -> Performed:
        performed = perform(world, action, name, by)
        result, _ = performed
        return of_wifi(world.application(name, by).wifi.persist_config()) if result.ok else performed

    return perform_and_save


def forget_all(world: Devices, _action: steps.ForgetAll, name: str, by: str) -> Performed:
    """Forget all networks."""
    return of_wifi(world.application(name, by).wifi.forget_all_networks())


def duplicate(world: Devices, action: steps.Duplicate, name: str, by: str) -> Performed:
    """Copy a network."""
    return of_wifi(world.application(name, by).wifi.add_duplicate_network(action.network, action.as_))


def persist(world: Devices, _action: steps.Persist, name: str, by: str) -> Performed:
    """Save all settings."""
    return of_wifi(world.application(name, by).wifi.persist_config())


def reload(world: Devices, _action: steps.Reload, name: str, by: str) -> Performed:
    """Reload settings and certificates."""
    return of_wifi(world.application(name, by).wifi.reload_config())


def reboot(world: Devices, action: steps.Reboot, name: str, _by: str) -> Performed:
    """Start the device anew."""
    world.devices[name].reboot(ready=action.ready)
    return OK, ""


def restart(world: Devices, _action: steps.Restart, name: str, by: str) -> Performed:
    """Start the device anew because the command line said so."""
    device = world.devices[name]
    refusal = Access(lambda: True, world.manifest(name, by), device.profile.locked).refusal()
    if refusal:
        return of_wifi(WifiResult.refused(refusal))
    device.reboot()
    return OK, ""


def ready(world: Devices, _action: steps.Ready, name: str, _by: str) -> Performed:
    """Let the device's services answer."""
    world.devices[name].ready = True
    return OK, ""


def power_cut(world: Devices, _action: steps.PowerCut, name: str, _by: str) -> Performed:
    """Cut the power and start the device again."""
    world.devices[name].power_cut()
    return OK, ""


def disconnect(world: Devices, _action: steps.Disconnect, name: str, _by: str) -> Performed:
    """End the connection."""
    world.devices[name].wifi.links.disconnect()
    return OK, ""


def status(world: Devices, action: steps.Status, name: str, by: str) -> Performed:
    """Ask the device how it is, and about a network if one is named."""
    device, wifi = world.devices[name], world.application(name, by).wifi
    numbers = wifi.get_network_ids()
    if numbers.value is None:
        return of_wifi(WifiResult(False, numbers.errno, numbers.text, numbers.number))
    known = device.wifi.by_id()
    connected = device.wifi.links.connected
    facts: dict[str, object] = {
        "connected_to": known[connected].name if connected is not None else "",
        "networks": tuple(network.name for network in device.wifi.networks()),
        "unsaved": device.wifi.unsaved,
        "time_sync": device.clock.sync,
        "clock_deadlock": device.clock_deadlock(),
    }
    if action.network is None:
        return told(facts)
    found = wifi.get_network_id_by_config_name(action.network)
    if found.value is None:
        return refused(found)
    facts |= {
        "id": found.value,
        "ambiguous": bool(found.text),
        "config_state": wifi.get_config_state(found.value).value,
        "connection_state": wifi.get_connection_state(found.value).value,
        "diagnostics": diagnostics_of(wifi.get_network_diagnostics(found.value)),
    }
    return told(facts, found.text)
