"""What each verb of the scenario language does to the world, except to associate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from harness.device.device import Device
from harness.device.network import Network as DeviceNetwork
from harness.device.network import Security
from harness.device.results import StoreResult, WifiResult
from harness.run.settings import server_settings
from harness.run.world import World, only, set_clock, true_time
from harness.scenario import steps
from harness.scenario.expectation import ActionResult
from harness.scenario.part import key_of
from harness.scenario.world import Impairment

_OK = ActionResult(ok=True)
_SETTINGS = (
    "ssid",
    "client_cert_id",
    "root_ca_cert_id",
    "client_id",
    "anonymous_identity",
    "server_name",
)


def perform(world: World, action: steps.Action, device: str) -> tuple[ActionResult, str]:
    """Do what a verb says; return the result and, in words, what is worth noting about it.

    ``device`` is empty for a step that concerns none or all. Raises EnvironmentUnavailable when a
    server does not come up again.
    """
    return _ACTIONS[type(action)](world, action, device)


def _store(result: StoreResult) -> tuple[ActionResult, str]:
    replaced = result.replaced.value if result.replaced else None
    note = f"replaced {replaced}" if replaced else result.text
    return ActionResult(result.ok, result.errno, result.code, replaced), note


def _wifi(result: WifiResult) -> tuple[ActionResult, str]:
    return ActionResult(result.ok, result.errno), result.text


def _install(world: World, action: steps.Install, name: str) -> tuple[ActionResult, str]:
    device, book = world.devices[name], world.book
    credential = book.credential(action.certificate)
    pem = credential.chain_pem() if device.profile.install_chains else credential.certificate_pem()
    if action.type == "rootca":
        return _store(device.store.install_root_ca(action.id, credential.certificate_pem()))
    holder = action.key_from or action.certificate
    password = book.password(holder) if action.password is None else action.password
    return _store(device.store.install_client(action.id, pem, book.key_pem(holder), password or None))


def _delete(world: World, action: steps.Delete, name: str) -> tuple[ActionResult, str]:
    return _store(world.devices[name].store.delete(action.id))


def _move(world: World, action: steps.Move, name: str) -> tuple[ActionResult, str]:
    return _store(world.devices[name].store.move(action.from_, action.to))


def _network(world: World, action: steps.Network, name: str) -> tuple[ActionResult, str]:
    settings: dict[str, Any] = {key: getattr(action, key) for key in _SETTINGS}
    network = DeviceNetwork(
        name=action.name, enabled=action.enabled, security=Security(action.security.value), **settings
    )
    wifi = world.devices[name].wifi
    result = wifi.add(network, persist=action.persist)
    if result.ok and action.reload:
        wifi.reload()
    return _wifi(result)


def _change(world: World, action: steps.Change, name: str) -> tuple[ActionResult, str]:
    changes: dict[str, Any] = {
        key: getattr(action, key) for key in _SETTINGS if getattr(action, key) is not None
    }
    changes |= {key: None for key in _SETTINGS if key_of(key) in action.clear}
    if action.security is not None:
        changes["security"] = Security(action.security.value)
    return _wifi(world.devices[name].wifi.set(action.network, **changes))


def _enable(world: World, action: steps.Enable, name: str) -> tuple[ActionResult, str]:
    return _wifi(world.devices[name].wifi.enable(action.network))


def _disable(world: World, action: steps.Disable, name: str) -> tuple[ActionResult, str]:
    return _wifi(world.devices[name].wifi.disable(action.network))


def _forget(world: World, action: steps.Forget, name: str) -> tuple[ActionResult, str]:
    return _wifi(world.devices[name].wifi.forget(action.network))


def _duplicate(world: World, action: steps.Duplicate, name: str) -> tuple[ActionResult, str]:
    return _wifi(world.devices[name].wifi.duplicate(action.network, action.as_))


def _persist(world: World, _action: steps.Persist, name: str) -> tuple[ActionResult, str]:
    return _wifi(world.devices[name].wifi.persist())


def _reload(world: World, _action: steps.Reload, name: str) -> tuple[ActionResult, str]:
    world.devices[name].wifi.reload()
    return _OK, ""


def _reboot(world: World, _action: steps.Reboot, name: str) -> tuple[ActionResult, str]:
    world.devices[name].wifi.reboot()
    return _OK, ""


def _server(world: World, action: steps.ChangeServer, _device: str) -> tuple[ActionResult, str]:
    name = action.name or only(world.written_servers)
    written = world.written_servers[name]
    changes = {key: getattr(action, key) for key in action.changes}
    world.written_servers[name] = written.model_copy(update=changes)
    server = world.server(name)
    if action.action == "stop":
        server.stop()
        return _OK, ""
    settings = server_settings(world.written_servers[name], world.book)
    if action.action == "start" and settings == server.settings:
        server.start()
    else:
        server.restart(settings)
    return _OK, ""


def _renew(world: World, action: steps.Renew, _device: str) -> tuple[ActionResult, str]:
    world.settle()
    world.book.renew(action.certificate, keep_key=action.keep_key, key=action.key, valid_for=action.valid_for)
    return _OK, ""


def _revoke(world: World, action: steps.Revoke, _device: str) -> tuple[ActionResult, str]:
    if not action.publish:
        world.settle()
        world.book.revoke(action.certificate)
        return _OK, "not published"
    world.book.revoke(action.certificate)
    published = [name for name, written in world.written_servers.items() if written.crl is not None]
    for name in published:
        world.reread(name)
    return _OK, f"published to {', '.join(published)}" if published else "no server holds a CRL"


def _clock(world: World, action: steps.Clock, name: str) -> tuple[ActionResult, str]:
    chosen = [world.devices[name]] if name else list(world.devices.values())
    for device in chosen:
        if action.device is not None:
            set_clock(device, action.device)
        if action.advance is not None:
            device.clock.advance(action.advance)
    return _OK, _clock_words(chosen)


def _clock_words(devices: list[Device]) -> str:
    return ", ".join(
        f"{device.name} now says {device.clock.now():%Y-%m-%dT%H:%M:%SZ} (true: {true_time():%Y-%m-%dT%H:%M:%SZ})"
        for device in devices
    )


def _impair(world: World, action: steps.Impair, _device: str) -> tuple[ActionResult, str]:
    for name in [action.access_point] if action.access_point else list(world.impairments):
        world.impairments[name] = Impairment(lose=action.lose, duplicate=action.duplicate, delay=action.delay)
    return _OK, ""


def _repair(world: World, _action: steps.Repair, _device: str) -> tuple[ActionResult, str]:
    world.impairments.update(dict.fromkeys(world.impairments))
    return _OK, ""


def _note(_world: World, action: steps.Note, _device: str) -> tuple[ActionResult, str]:
    return _OK, action.text


_Performed = tuple[ActionResult, str]
_A = TypeVar("_A", bound=steps.Action)


def _entry(
    kind: type[_A], function: Callable[[World, _A, str], _Performed]
) -> tuple[type[steps.Action], Callable[[World, Any, str], _Performed]]:
    """Pair a kind of action with its function, so that both are checked against each other."""
    return kind, function


_ACTIONS: Mapping[type[steps.Action], Callable[[World, Any, str], _Performed]] = dict(
    [
        _entry(steps.Install, _install),
        _entry(steps.Delete, _delete),
        _entry(steps.Move, _move),
        _entry(steps.Network, _network),
        _entry(steps.Change, _change),
        _entry(steps.Enable, _enable),
        _entry(steps.Disable, _disable),
        _entry(steps.Forget, _forget),
        _entry(steps.Duplicate, _duplicate),
        _entry(steps.Persist, _persist),
        _entry(steps.Reload, _reload),
        _entry(steps.Reboot, _reboot),
        _entry(steps.ChangeServer, _server),
        _entry(steps.Renew, _renew),
        _entry(steps.Revoke, _revoke),
        _entry(steps.Clock, _clock),
        _entry(steps.Impair, _impair),
        _entry(steps.Repair, _repair),
        _entry(steps.Note, _note),
    ]
)
"""Every verb but ``associate``, and ``command``, which the reader has turned into one of these."""
