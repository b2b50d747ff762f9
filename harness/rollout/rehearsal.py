"""Does a rollout's steps on the real model of the device, with certificates that stand for the real ones.

No server, no air: what a network would say to a certificate is not known here, only whether the device can come
as far as asking. That the device is accepted wherever it can ask is the one assumption; a scenario that says
otherwise is believed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from harness.device.application import Application
from harness.device.device import Device
from harness.device.entries import Entry, StoreSnapshot
from harness.device.manifest import Access, Manifest
from harness.device.network import Network, Security
from harness.device.preparation import prepare
from harness.device.supplication import NotReady
from harness.device.wifi import WifiStack
from harness.outcome import Cause, Verdict
from harness.rollout.placeholders import Origin, PlaceholderBook
from harness.rollout.plan import DEVICE, Call, DeviceSpec, Plan, PlanStep
from harness.run.actions import acts_on_device, perform_on_device
from harness.scenario.action import AssociationAction
from harness.scenario.expect import ExpectAssociation
from harness.scenario.steps import Associate, Join, Renew
from harness.scenario.steps_backend import Contact
from harness.scenario.steps_clock import Clock
from harness.scenario.steps_fleet import FleetAction
from harness.scenario.steps_store import Install
from harness.scenario.steps_tenant import Attest

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_MAC = bytes.fromhex("020000000001")


@dataclass(frozen=True, slots=True)
class NetworkView:
    """A network and whether the device can use it; else ``cause`` and ``text`` say why not.

    ``client`` and ``root`` are the entries that its IDs lead to. A network without EAP needs none and is ``plain``.
    """

    number: int
    network: Network
    cause: Cause | None
    text: str
    client: Entry | None
    root: Entry | None

    @property
    def plain(self) -> bool:
        """Whether it needs no certificate."""
        return self.network.security is not Security.EAP_TLS

    @property
    def ready(self) -> bool:
        """Whether the device can start an association to it."""
        return self.cause is None


Networks = Mapping[str, NetworkView]
"""Networks by configuration name; one without a name, or with that of another, by its number besides."""


@dataclass(frozen=True, slots=True)
class View:
    """A device at one moment: its store, its networks as they are, and as the next reload would leave them."""

    store: StoreSnapshot
    now: Networks
    after_reload: Networks
    free: int


@dataclass(frozen=True, slots=True)
class Moment:
    """What one step came to. ``attempt`` is the network that an association asked for."""

    plan: Plan
    step: PlanStep
    ok: bool
    text: str
    before: View
    after: View
    attempt: NetworkView | None = None


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """All moments in order, and how each device ends; ``stopped`` is the step that could not be followed."""

    moments: tuple[Moment, ...]
    ends: Mapping[str, View]
    book: PlaceholderBook
    stopped: PlanStep | None = None

    def origin(self, entry: Entry) -> Origin:
        """Return where an entry comes from."""
        return self.book.origin(entry.certificate)


@dataclass(slots=True)
class _Stage:
    """Devices, and what stands for their certificates: what the steps of a run ask of their world."""

    specs: Mapping[str, DeviceSpec]
    book: PlaceholderBook = field(default_factory=PlaceholderBook)
    devices: dict[str, Device] = field(default_factory=dict)
    opened: bool = False

    def __post_init__(self) -> None:
        for name, spec in self.specs.items():
            self.devices[name] = Device(name, _MAC, lambda: _NOW, spec.profile)

    def manifest(self, device: str, name: str) -> Manifest | None:
        return self.specs[device].manifests.get(name) if name else None

    def application(self, device: str, name: str) -> Application:
        found = self.devices[device]
        if not self.opened:
            return Application(found.store, found.wifi, Access(lambda: True))
        return found.application(self.manifest(device, name))


def rehearse(plans: Sequence[Plan]) -> Rehearsal:
    """Do the steps of all plans, one plan after the other; a plan's start is done once, before all steps."""
    stage = _Stage(_specs(plans))
    moments: list[Moment] = []
    started: set[tuple[str, str]] = set()
    for plan in plans:
        # Two scenarios on one device start from the same baseline.
        new = [step for step in plan.start if (step.device, step.title) not in started]
        moments += [_do(stage, plan, step) for step in new]
        started |= {(step.device, step.title) for step in new}
    stage.opened = True
    stopped = None
    for plan, step in _all(plans):
        if not step.followed or _is_strange(step):
            stopped = step
            break
        moments.append(_do(stage, plan, step))
    ends = {name: _view(device) for name, device in stage.devices.items()}
    return Rehearsal(tuple(moments), ends, stage.book, stopped)


def _is_strange(step: PlanStep) -> bool:
    """Whether a device does more in a step than its own functions tell, as when it fetches certificates over a network."""
    action = step.does
    if isinstance(action, Call) or acts_on_device(action) or isinstance(action, AssociationAction):
        return False
    return action.on_device and not isinstance(action, Clock | Attest | Contact | FleetAction)


def _all(plans: Sequence[Plan]) -> Iterator[tuple[Plan, PlanStep]]:
    for plan in plans:
        for step in plan.steps:
            yield plan, step


def _specs(plans: Sequence[Plan]) -> Mapping[str, DeviceSpec]:
    """Return the devices of all plans; of the same name, that of the first plan that says something of it."""
    specs: dict[str, DeviceSpec] = {}
    for plan in plans:
        for name, spec in plan.devices.items():
            known = specs.get(name)
            manifests = {**(known.manifests if known else {}), **spec.manifests}
            specs[name] = DeviceSpec(known.profile if known else spec.profile, manifests)
    return specs or {DEVICE: DeviceSpec()}


def _do(stage: _Stage, plan: Plan, step: PlanStep) -> Moment:
    stage.book.turn_to(plan, step)
    device = stage.devices.get(step.device) or next(iter(stage.devices.values()))
    before = _view(device)
    if isinstance(step.does, Associate | Join):
        attempt = _associate(device, step)
        return Moment(plan, step, True, "", before, _view(device), attempt)
    if isinstance(step.does, Renew):
        stage.book.renew(step.does.certificate)
    if step.refused and isinstance(step.does, Install):
        # What a file holds may be at fault, which a plan does not know; whoever wrote this does.
        return Moment(plan, step, False, "its file expects a refusal", before, before)
    ok, text = _perform(stage, device.name, step)
    return Moment(plan, step, ok, text, before, _view(device))


def _perform(stage: _Stage, device: str, step: PlanStep) -> tuple[bool, str]:
    there = _networks(stage.devices[device], stage.devices[device].wifi).get(step.joins)
    if there is not None and there.ready:
        stage.devices[device].joined(there.number)
    if isinstance(step.does, Call):
        result = step.does.act(stage.application(device, step.by), stage.book)
        return result.ok, result.text
    performed = perform_on_device(stage, step.does, device, step.by)
    if performed is None:
        return True, ""
    said, note = performed
    return said.ok, note


def _associate(device: Device, step: PlanStep) -> NetworkView | None:
    """Join the network that is asked for, if the device can and the file does not say that it will not."""
    networks = _networks(device, device.wifi)
    expect = step.expect if isinstance(step.expect, ExpectAssociation) else None
    if isinstance(step.does, Associate):
        wanted = networks.get(step.does.network)
    elif expect is not None and (expect.network or expect.tried):
        wanted = networks.get(expect.network or (expect.tried or ("",))[-1])
    else:
        by_number = {view.number: view for view in networks.values()}
        tried = [by_number[number] for number in device.candidates() if number in by_number]
        wanted = next((view for view in tried if view.ready), tried[-1] if tried else None)
    if wanted is not None and wanted.ready and (expect is None or expect.verdict is Verdict.CONNECTED):
        device.joined(wanted.number)
    return wanted


def _view(device: Device) -> View:
    wifi = device.wifi
    # What starts with the saved settings and the store as it is now is what a reload leaves.
    after = WifiStack(device.store, device.profile, lambda: _NOW, wifi.persisted())
    return View(
        device.store.snapshot(),
        _networks(device, wifi),
        _networks(device, after),
        device.store.available_space(),
    )


def _networks(device: Device, wifi: WifiStack) -> Networks:
    found: dict[str, NetworkView] = {}
    for number, network in wifi.by_id().items():
        known = network.name and wifi.find(network.name).value == number
        label = network.name if known else f"{network.name}#{number}"
        found[label] = _network(device, wifi, number, network)
    return found


def same_network(before: NetworkView, after: Networks) -> NetworkView | None:
    """Return what became of a network; numbers change at a reboot, and names may be two networks'."""
    named = [view for view in after.values() if view.network.name == before.network.name]
    return next((view for view in named if view.number == before.number), named[0] if named else None)


def _network(device: Device, wifi: WifiStack, number: int, network: Network) -> NetworkView:
    client = wifi.loaded.get(network.client_cert_id or "")
    root = wifi.loaded.get(network.root_ca_cert_id or "")
    if network.security is not Security.EAP_TLS:
        cause = None if network.enabled and network.ssid else Cause.NETWORK_DISABLED
        text = f"network {network.name!r} is disabled" if cause else ""
        return NetworkView(number, network, cause, text, None, None)
    # By its name where that is clear, because the answer says what was asked for.
    which = network.name if network.name and not wifi.find(network.name).text else number
    prepared = prepare(which, wifi, device.store, device.profile, device.mac, _NOW)
    if isinstance(prepared, NotReady):
        return NetworkView(number, network, prepared.cause, prepared.text, client, root)
    return NetworkView(number, network, None, "", client, root)
