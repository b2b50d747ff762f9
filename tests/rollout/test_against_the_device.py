"""What ``check-ids`` foretells of random plans is what the device then does, with real certificates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from harness.device.device import Device
from harness.device.network import Network
from harness.device.results import StoreResult, WifiResult
from harness.device.supplication import Supplication
from harness.pki.credential import Credential
from harness.pki.keys import KeyPool
from harness.pki.mint import Mint
from harness.pki.spec import CertificateSpec, Profile
from harness.rollout.check import Report, check
from harness.rollout.events import is_meant
from harness.rollout.files import read_inputs
from harness.rollout.findings import Kind
from harness.rollout.rehearsal import Moment, NetworkView, Rehearsal

NOW = datetime(2030, 5, 17, 12, 0, tzinfo=UTC)
SPECS = {
    spec.name: spec
    for spec in (
        *(CertificateSpec(f"root-{number}", Profile.ROOT_CA) for number in range(3)),
        *(CertificateSpec(f"client-{number}", Profile.CLIENT, "root-0") for number in range(3)),
    )
}
IDS = ("one", "two", "One")
NETWORKS = ("corp", "lab")
PARTIES = ("first", "second")

Step = Mapping[str, Any]


_ID, _NAME = st.sampled_from(IDS), st.sampled_from(NETWORKS)
_SAVED = st.sampled_from(((True, True), (True, False), (False, False)))


def _one(verb: str, **values: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    """Draw a step; keys are written with hyphens."""
    keys = {key.rstrip("_").replace("_", "-"): value for key, value in values.items()}
    return st.fixed_dictionaries({verb: st.fixed_dictionaries(keys)})


def _added(saved: tuple[bool, bool]) -> st.SearchStrategy[Step]:
    persist, reload = map(st.just, saved)
    settings_ = {"name": _NAME, "client_cert_id": _ID, "persist": persist, "reload": reload}
    return st.one_of(_one("network", **settings_), _one("network", root_ca_cert_id=_ID, **settings_))


def _install(kind: str) -> st.SearchStrategy[Step]:
    names = st.sampled_from([name for name in SPECS if name.startswith(kind.removesuffix("ca"))])
    return _one("install", id=_ID, type=st.just(kind), certificate=names)


_RELOADS: st.SearchStrategy[Step] = st.sampled_from(({"reload": {}}, {"reload": {}}, {"reboot": {}}))
STEPS: st.SearchStrategy[Step] = st.one_of(
    _install("rootca"),
    _install("client"),
    _one("delete", id=_ID),
    _one("move", from_=_ID, to=_ID),
    _SAVED.flatmap(_added),
    _one("change", network=_NAME, client_cert_id=_ID),
    _one("change", network=_NAME, root_ca_cert_id=_ID),
    _one("disable", network=_NAME),
    _one("enable", network=_NAME),
    _one("forget", network=_NAME),
    _one("duplicate", network=_NAME, as_=st.sampled_from(("copy", *NETWORKS))),
    st.just({"persist": {}}),
    _RELOADS,
    _RELOADS,
)
GOOD: list[Step] = [
    {"install": {"id": "one", "type": "client", "certificate": "client-0"}},
    {"install": {"id": "two", "type": "rootca", "certificate": "root-0"}},
    {
        "network": {
            "name": "corp",
            "client-cert-id": "one",
            "root-ca-cert-id": "two",
            "persist": True,
            "reload": True,
        }
    },
]
"""A network in use, without which nothing can be lost."""
_ANY = st.lists(STEPS, min_size=3, max_size=12)
PLANS = st.tuples(_ANY.map(lambda steps: [*GOOD, *steps]), _ANY)


def text_of(plans: tuple[list[Step], ...]) -> tuple[str, dict[tuple[str, int], int]]:
    """Return the rollout file, and the line of each step by its party and place."""
    lines, places = ["rollout: A random one", "applications:"], {}
    for party, steps_of_party in zip(PARTIES, plans, strict=True):
        lines.append(f"  {party}:")
        for index, step in enumerate(steps_of_party):
            lines.append(f"    - {_flow(step)}")
            places[party, index] = len(lines)
    return "\n".join(lines) + "\n", places


def _flow(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass
class Real:
    """The device itself, with real certificates, moved by its own functions and nothing of the rehearsal's."""

    made: Mapping[str, Credential]
    device: Device = field(default_factory=lambda: Device("d", bytes(6), lambda: NOW))

    def do(self, step: Step) -> bool:
        """Do a step and return whether the device took it."""
        ((verb, value),) = step.items()
        store, wifi = self.device.store, self.device.wifi
        calls: Mapping[str, Callable[[], StoreResult | WifiResult | None]] = {
            "install": lambda: self._install(**value),
            "delete": lambda: store.delete(value["id"]),
            "move": lambda: store.move(value["from"], value["to"]),
            "network": lambda: self._network(value),
            "change": lambda: self._change(value),
            "persist": wifi.persist,
            "reload": wifi.reload,
            "reboot": self.device.reboot,
            "disable": lambda: wifi.disable(value["network"]),
            "enable": lambda: wifi.enable(value["network"]),
            "forget": lambda: wifi.forget(value["network"]),
            "duplicate": lambda: wifi.duplicate(value["network"], value["as"]),
        }
        result = calls[verb]()
        return result is None or result.ok

    def _install(self, id: str, type: str, certificate: str) -> StoreResult:  # noqa: A002 - the step's keys
        held = self.made[certificate]
        if type == "rootca":
            return self.device.store.install_root_ca(id, held.certificate_pem())
        return self.device.store.install_client(id, held.certificate_pem(), held.key_pem())

    def _network(self, value: Mapping[str, Any]) -> WifiResult:
        added = Network(value["name"], "CORP", value["client-cert-id"], value.get("root-ca-cert-id"))
        result = self.device.wifi.add(added, persist=value["persist"])
        if result.ok and value["reload"]:
            self.device.wifi.reload()
        return result

    def _change(self, value: Mapping[str, Any]) -> WifiResult:
        if "client-cert-id" in value:
            return self.device.wifi.set(value["network"], client_cert_id=value["client-cert-id"])
        return self.device.wifi.set(value["network"], root_ca_cert_id=value["root-ca-cert-id"])

    def holds(self) -> dict[str, tuple[str, str]]:
        """Return type and name of what each ID leads to."""
        names = {one.certificate.serial_number: name for name, one in self.made.items()}
        entries = self.device.store.snapshot().entries.values()
        return {entry.id: (entry.type.value, names[entry.certificate.serial_number]) for entry in entries}

    def uses(self) -> dict[int, tuple[str, str] | None]:
        """Return for each network's number the certificates that the device would use; ``None``: it cannot start."""
        return {number: self._uses(number) for number in self.device.wifi.by_id()}

    def named_uses(self) -> list[tuple[str, tuple[str, str] | None]]:
        """Return the same by names: a reboot numbers networks anew."""
        return [(self.called(number), used) for number, used in self.uses().items()]

    def called(self, number: int) -> str:
        """Return the name of a network."""
        return self.device.wifi.by_id()[number].name

    def _uses(self, number: int) -> tuple[str, str] | None:
        names = {one.certificate.serial_number: name for name, one in self.made.items()}
        ready = self.device.prepare(number)
        if not isinstance(ready, Supplication):
            return None
        assert ready.credential is not None
        root = names[ready.root_ca.serial_number] if ready.root_ca else ""
        return names[ready.credential.certificate.serial_number], root


def foretold(rehearsal: Rehearsal, view: NetworkView) -> tuple[str, str] | None:
    if not view.ready:
        return None
    assert view.client is not None
    root = rehearsal.origin(view.root).name if view.root else ""
    return rehearsal.origin(view.client).name, root


def told_losses(report: Report, order: int) -> set[tuple[str, int]]:
    """Return every network that the report says is lost at a step, with the step's line."""
    told = set()
    for one in report.findings:
        finding = one.finding
        if order not in one.orders:
            continue
        if finding.kind in {Kind.NETWORK_LOST, Kind.RECONNECT} and finding.place:
            told.add((finding.network, finding.place.line))
        told |= {(loss.network, loss.place.line) for loss in finding.losses if loss.lost and loss.place}
    return told


@pytest.fixture(scope="module")
def made() -> dict[str, Credential]:
    mint = Mint(KeyPool(), NOW)
    return {name: mint.issue(name, SPECS) for name in SPECS}


@settings(
    max_examples=200,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(plans=PLANS)
def test_certificates_networks_and_losses_are_as_foretold(
    made: dict[str, Credential], tmp_path: Path, plans: tuple[list[Step], ...]
) -> None:
    text, places = text_of(plans)
    file = tmp_path / "rollout.yaml"
    file.write_text(text)
    report = check(read_inputs([file]).parties)
    assert len(report.rehearsals) == len(report.orders) == 2
    for number, (order, rehearsal) in enumerate(zip(report.orders, report.rehearsals, strict=True)):
        real = Real(made)
        lost: set[tuple[str, int]] = set()
        replaced: set[tuple[str, int]] = set()
        moments = iter(rehearsal.moments)
        for party in order:
            for index, step in enumerate(plans[PARTIES.index(party)]):
                moment, line = next(moments), places[party, index]
                held, used = real.holds(), real.uses()
                called = {number: real.called(number) for number in used}
                labels = {view.number: label for label, view in moment.before.now.items()}
                done = real.do(step)
                assert moment.ok == done
                replaced |= {
                    (identifier, line)
                    for identifier, what in real.holds().items()
                    if done and identifier in held and _is_other(step, identifier, held[identifier], what)
                }
                lost |= {
                    (labels[number], line)
                    for number, before in used.items()
                    if before
                    and not _still(real, number, called[number])
                    and not is_meant(moment, labels[number])
                }
                _compare(rehearsal, moment, real)
        told = {
            (one.finding.id, one.finding.place.line)
            for one in report.findings
            if number in one.orders
            and one.finding.kind in {Kind.OVERWRITE, Kind.REPLACEMENT}
            and one.finding.place
        }
        assert told == replaced
        assert told_losses(report, number) == lost
        event(f"losses: {min(len(lost), 3)}")
        event(f"replacements: {min(len(replaced), 3)}")


def _still(real: Real, number: int, name: str) -> bool:
    """Whether a network can still be used; a number may be another network's after a reload."""
    same = number in real.uses() and real.called(number) == name
    others = [other for other in real.uses() if real.called(other) == name]
    return bool(real.uses()[number if same else others[0]]) if same or others else False


def _is_other(step: Step, identifier: str, before: tuple[str, str], after: tuple[str, str]) -> bool:
    """Whether an ID leads to something that was put there just now, be it equal to what was there."""
    installs = step.get("install", {}).get("id") == identifier
    move = step.get("move", {})
    moved = move.get("to") == identifier != move.get("from")
    return before != after or installs or moved


def _compare(rehearsal: Rehearsal, moment: Moment, real: Real) -> None:
    holds = {
        entry.id: (entry.type.value, rehearsal.origin(entry).name)
        for entry in moment.after.store.entries.values()
    }
    assert holds == real.holds()
    uses = {view.number: foretold(rehearsal, view) for view in moment.after.now.values()}
    assert uses == real.uses()
    twin = Real(real.made, _reloaded(real.device))
    after = [(view.network.name, foretold(rehearsal, view)) for view in moment.after.after_reload.values()]
    assert sorted(after, key=repr) == sorted(twin.named_uses(), key=repr)


def _reloaded(device: Device) -> Device:
    """Return another device with the same store and saved settings that has just started."""
    twin = Device("twin", bytes(6), lambda: NOW)
    twin.store.restore(device.store.snapshot())
    twin.wifi.reboot(device.wifi.persisted())
    return twin
