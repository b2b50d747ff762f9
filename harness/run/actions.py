"""What each verb of the scenario language does to the world, except those that end in a verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from harness.device.trouble import PowerCut
from harness.run import (
    actions_backend,
    actions_clock,
    actions_fleet,
    actions_renewal,
    actions_store,
    actions_tenant,
    actions_wifi,
)
from harness.run.answers import OK, Performed
from harness.run.devices import Devices
from harness.run.world import World, only
from harness.scenario import (
    steps,
    steps_backend,
    steps_clock,
    steps_fleet,
    steps_renewal,
    steps_services,
    steps_store,
    steps_tenant,
    steps_wifi,
)
from harness.scenario.action import Action
from harness.scenario.case import Mismatch
from harness.scenario.models import CutAt
from harness.scenario.world_path import Impairment


def perform(world: World, action: Action, device: str, by: str = "") -> Performed:
    """Do what a verb says; return the result and, in words, what is worth noting about it.

    ``device`` is empty for a step that concerns none or all, ``by`` for what the command line does. Raises
    EnvironmentUnavailable when a server does not come up again.
    """
    performed = perform_on_device(world, action, device, by)
    if performed is not None:
        return performed
    return _ACTIONS[type(action)](world, action, device)


def acts_on_device(action: Action) -> bool:
    """Whether a verb is one that :func:`perform_on_device` does."""
    return type(action) in _ON_DEVICE


def perform_on_device(devices: Devices, action: Action, device: str, by: str = "") -> Performed | None:
    """Do what a verb says on a device, as a run does it; ``None`` for a verb that a device has no part in."""
    on_device = _ON_DEVICE.get(type(action))
    return on_device(devices, action, device, by) if on_device is not None else None


def perform_cut(
    world: World, action: Action, device: str, by: str, cut: CutAt
) -> tuple[str, tuple[Mismatch, ...]]:
    """Cut the power while a verb writes and start the device again; return what happened, in words.

    What the step would have returned nobody learns. It is a mismatch when it was done before that write point.
    """
    flash = world.flashes[device]
    world.survives = cut.survives
    before = flash.points
    flash.cut_at(cut.point)
    try:
        perform(world, action, device, by)
    except PowerCut as happened:
        world.devices[device].power_cut()
        return str(happened), ()
    points = flash.points - before
    flash.cut_at(-flash.points)  # at no write point
    return "", (Mismatch("power-cut-at", f"write point {cut.point}", f"done after {points}"),)


def _server(world: World, action: steps.ChangeServer, _device: str) -> Performed:
    name = action.name or only(world.written_servers)
    written = world.written_servers[name]
    changes = {key: getattr(action, key) for key in action.changes}
    world.written_servers[name] = written.model_copy(update=changes)
    world.change_server(name, action.action)
    return OK, ""


def _renew(world: World, action: steps.Renew, _device: str) -> Performed:
    world.settle()
    world.book.renew(
        action.certificate,
        keep_key=action.keep_key,
        key=action.key,
        valid_for=action.valid_for,
        after=world.passed_for_all,
    )
    return OK, ""


def _revoke(world: World, action: steps.Revoke, _device: str) -> Performed:
    if not action.publish:
        world.settle()
        world.book.revoke(action.certificate)
        return OK, "not published"
    world.book.revoke(action.certificate)
    published = [name for name, written in world.written_servers.items() if written.crl is not None]
    for name in published:
        world.reread(name)
    return OK, f"published to {', '.join(published)}" if published else "no server holds a CRL"


def _access_point(world: World, action: steps.ChangeAccessPoint, _device: str) -> Performed:
    name = action.name or only(world.scenario.access_points)
    if action.action == "start":
        world.on_air.add(name)
        return OK, ""
    world.on_air.discard(name)
    left = {offer.ssid for offer in world.offers()}
    for device in world.devices.values():
        number = device.wifi.links.connected
        if number is not None and device.wifi.by_id()[number].ssid not in left:
            device.wifi.links.disconnect()
    return OK, ""


def _impair(world: World, action: steps.Impair, _device: str) -> Performed:
    for name in [action.access_point] if action.access_point else list(world.impairments):
        world.impairments[name] = Impairment(lose=action.lose, duplicate=action.duplicate, delay=action.delay)
    return OK, ""


def _repair(world: World, _action: steps.Repair, _device: str) -> Performed:
    world.impairments.update(dict.fromkeys(world.impairments))
    return OK, ""


def _service(world: World, action: steps_services.ChangeService, _device: str) -> Performed:
    services = world.services()
    name = action.name or only(services.written)
    services.change(name, {key: getattr(action, key) for key in action.changes})
    return OK, ""


def _note(_world: World, action: steps.Note, _device: str) -> Performed:
    return OK, action.text


_A = TypeVar("_A", bound=Action)


def _entry(
    kind: type[_A], function: Callable[[World, _A, str], Performed]
) -> tuple[type[Action], Callable[[World, Any, str], Performed]]:
    """Pair a kind of action with its function, so that both are checked against each other."""
    return kind, function


def _device_entry(
    kind: type[_A], function: Callable[[Devices, _A, str, str], Performed]
) -> tuple[type[Action], Callable[[Devices, Any, str, str], Performed]]:
    """Pair a kind of action on a device with its function."""
    return kind, function


_ACTIONS: Mapping[type[Action], Callable[[World, Any, str], Performed]] = dict(
    [
        _entry(steps.ChangeServer, _server),
        _entry(steps.ChangeAccessPoint, _access_point),
        _entry(steps_services.ChangeService, _service),
        _entry(steps.Renew, _renew),
        _entry(steps.Revoke, _revoke),
        _entry(steps_clock.Clock, actions_clock.clock),
        _entry(steps_clock.Wait, actions_clock.wait),
        _entry(steps_fleet.Offline, actions_fleet.offline),
        _entry(steps.Impair, _impair),
        _entry(steps.Repair, _repair),
        _entry(steps.Note, _note),
        _entry(steps_tenant.ListAuthorities, actions_tenant.list_authorities),
        _entry(steps_tenant.Download, actions_tenant.download),
        _entry(steps_tenant.CreateTenant, actions_tenant.create),
        _entry(steps_tenant.ListTenants, actions_tenant.list_tenants),
        _entry(steps_tenant.SelectTenant, actions_tenant.select),
        _entry(steps_tenant.ShowSelected, actions_tenant.show_selected),
        _entry(steps_tenant.Attest, actions_tenant.attest),
        _entry(steps_tenant.Monitor, actions_tenant.monitor),
        _entry(steps_tenant.TenantCa, actions_tenant.change),
        _entry(steps_backend.Register, actions_backend.register),
        _entry(steps_backend.Verify, actions_backend.verify),
        _entry(steps_backend.Prove, actions_backend.prove),
        _entry(steps_backend.Unregister, actions_backend.unregister),
        _entry(steps_backend.Trust, actions_backend.trust),
        _entry(steps_backend.Watch, actions_backend.watch),
        _entry(steps_backend.Contact, actions_backend.contact),
    ]
)
"""Verbs that concern the world."""
_ON_DEVICE: Mapping[type[Action], Callable[[Devices, Any, str, str], Performed]] = dict(
    [
        _device_entry(steps_store.Install, actions_store.install),
        _device_entry(steps_store.Delete, actions_store.delete),
        _device_entry(steps_store.Move, actions_store.move),
        _device_entry(steps_store.Damage, actions_store.damage),
        _device_entry(steps_store.Store, actions_store.store),
        _device_entry(steps_store.Show, actions_store.show),
        _device_entry(steps_wifi.Network, actions_wifi.network),
        _device_entry(steps_wifi.WifiAdd, actions_wifi.wifi_add),
        _device_entry(steps_wifi.Change, actions_wifi.change),
        _device_entry(steps_wifi.Enable, actions_wifi.enable),
        _device_entry(steps_wifi.Disable, actions_wifi.disable),
        _device_entry(steps_wifi.Forget, actions_wifi.forget),
        _device_entry(steps_wifi.WifiEnable, actions_wifi.saved(actions_wifi.enable)),
        _device_entry(steps_wifi.WifiDisable, actions_wifi.saved(actions_wifi.disable)),
        _device_entry(steps_wifi.WifiForget, actions_wifi.saved(actions_wifi.forget)),
        _device_entry(steps_wifi.ForgetAll, actions_wifi.forget_all),
        _device_entry(steps_wifi.Duplicate, actions_wifi.duplicate),
        _device_entry(steps_wifi.Persist, actions_wifi.persist),
        _device_entry(steps_wifi.Reload, actions_wifi.reload),
        _device_entry(steps_wifi.Reboot, actions_wifi.reboot),
        _device_entry(steps_wifi.Restart, actions_wifi.restart),
        _device_entry(steps_wifi.Ready, actions_wifi.ready),
        _device_entry(steps_wifi.PowerCut, actions_wifi.power_cut),
        _device_entry(steps_wifi.Disconnect, actions_wifi.disconnect),
        _device_entry(steps_wifi.Status, actions_wifi.status),
        _device_entry(steps_renewal.RootRenewal, actions_renewal.root_renewal),
        _device_entry(steps_renewal.ClientRenewal, actions_renewal.client_renewal),
    ]
)
"""Verbs that a device does, and ``command``, which the reader has turned into one of these."""
