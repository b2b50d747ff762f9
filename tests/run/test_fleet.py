"""Who belongs to a fleet, what each of its devices does, and what is noted of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from harness.pki.mint import Mint
from harness.run.book import CertificateBook
from harness.run.case import CaseResult
from harness.run.events import CaseFinished, Loss, Result
from harness.run.fleet import Fleet, own_action
from harness.run.runner import RunOptions, run
from harness.scenario.steps_store import Install
from harness.scenario.steps_wifi import Network
from harness.scenario.values_fleet import Share, Shares
from harness.scenario.world import Device

MINUTES = timedelta(minutes=1)
BEGAN = datetime(2030, 1, 1, tzinfo=UTC)


def fleet(count: int = 20, **written: Any) -> Fleet:
    return Fleet.of("pumps", Device.model_validate({"count": count, **written}))


def test_devices_have_numbered_names() -> None:
    assert fleet(3).members == ("pumps-1", "pumps-2", "pumps-3")
    assert fleet(100).members[:2] == ("pumps-001", "pumps-002")


def test_clocks_lie_between_the_ends_and_reach_them() -> None:
    skews = list(fleet(200, **{"clock-skew": "±10m"}).skews.values())
    assert (min(skews), max(skews)) == (-10 * MINUTES, 10 * MINUTES)
    assert sum(skew < timedelta() for skew in skews) == 100
    assert len(set(skews)) == 200


@pytest.mark.parametrize(("share", "count"), [("5%", 10), ("0%", 0), ("100%", 200), ("0.5%", 1)])
def test_who_is_offline_is_spread(share: str, count: int) -> None:
    away = fleet(200, offline=share).offline
    assert len(away) == count
    assert count != 10 or {int(name[-3:]) // 20 for name in away} == set(range(1, 11))


def test_a_part_of_the_fleet_acts_without_those_that_are_offline() -> None:
    made = fleet(10, offline="20%")
    assert len(made.acting()) == 8
    waves = [made.acting(Shares(Share(low), Share(high))) for low, high in ((0, 50), (50, 80), (80, 100))]
    assert [name for wave in waves for name in wave] == list(made.acting())
    assert made.take_offline(Share(0.0)) == frozenset()
    assert len(made.acting()) == 10


def test_each_uses_its_own_certificate_and_name(written: Any, mint: Mint) -> None:
    case = written.case("scenario: x\nsteps: [reload]\n")
    book = CertificateBook(mint, case.scenario.certificates)
    install = Install.model_validate({"id": "a", "type": "client", "certificate": "thermostat"})
    names = [own_action(install, member, book).certificate for member in ("pumps-1", "pumps-2")]  # type: ignore[attr-defined]
    one, other = (book.certificate(name) for name in names)
    assert one.public_key() != other.public_key()
    assert one.subject.rfc4514_string() == "CN=pumps-1"
    assert book.name_of(f"{one.serial_number:x}") == "thermostat"
    root = Install.model_validate({"id": "r", "type": "rootca", "certificate": "corp-root"})
    assert own_action(root, "pumps-1", book) is root
    network = {"name": "n", "client-id": "thermostat-7"}
    assert own_action(Network.model_validate(network), "pumps-1", book).client_id == "pumps-1"  # type: ignore[attr-defined]
    elsewhere = Network.model_validate({**network, "client-id": "somebody"})
    assert own_action(elsewhere, "pumps-1", book) is elsewhere


def test_renewal_and_revocation_are_everybodys(written: Any, mint: Mint) -> None:
    case = written.case("scenario: x\nsteps: [reload]\n")
    book = CertificateBook(mint, case.scenario.certificates)
    first = book.certificate(book.own("thermostat", "pumps-1"))
    assert book.certificate(book.own("thermostat", "pumps-1")) == first
    book.renew("thermostat", keep_key=False, key=None, valid_for=None)
    renewed = book.certificate(book.own("thermostat", "pumps-1"))
    assert renewed.public_key() != first.public_key()
    assert book.name_of(f"{first.serial_number:x}") == "thermostat"
    book.revoke("thermostat")
    crl = book.crl("corp-root", expired=False)
    assert crl.get_revoked_certificate_by_serial_number(renewed.serial_number) is not None
    assert not [name for name in book.pem() if "pumps" in name]


def test_equal_readings_are_kept_at_both_ends() -> None:
    made = fleet(2)
    devices: dict[str, Any] = {
        name: SimpleNamespace(wifi=SimpleNamespace(links=SimpleNamespace(connected=0)))
        for name in made.members
    }
    for day in range(5):
        if day == 4:
            devices["pumps-1"].wifi.links.connected = None
        made.note(BEGAN + timedelta(days=day), devices)
        made.note(BEGAN + timedelta(days=day), devices)
    assert [(one.at.day, one.connected) for one in next(made.curves()).readings] == [(1, 2), (4, 2), (5, 1)]


def test_steps_on_a_fleet_are_judged_on_each_device(play: Callable[[str], CaseResult]) -> None:
    head = "scenario: x\ndevice: {count: 12, offline: 25%}\nsteps:\n"
    good = play(f"{head}  - {{store: , share: 50%, expect: {{count: 2}}}}\n  - offline: 100%\n")
    assert good.result is Result.PASSED
    assert [step.note for step in good.steps] == ["5 devices, 3 offline", "12 of 12 offline"]
    bad = play(f"{head}  - {{delete: corp-client, share: 25%}}\n  - {{delete: corp-client}}\n")
    assert [str(one) for one in bad.steps[-1].mismatches] == [
        "result: expected ok, got ENOENT (code 7) on device-01, device-02, device-03"
    ]
    nobody = play("scenario: x\ndevice: {count: 2, offline: 100%}\nsteps: [reload]\n")
    assert [str(one) for one in nobody.steps[-1].mismatches] == [
        "result: expected ok, got no device did it: all of them are offline"
    ]


@pytest.mark.server
def test_two_hundred_devices_join_and_what_they_lose_is_noted(
    written: Any, heard: Any, tmp_path: Any
) -> None:
    options = RunOptions("process", None, 1, fail_fast=False, seed=7, results=tmp_path, evidence="failures")
    case = written.case("""
scenario: Many
devices: {pumps: {count: 200, offline: 5%}}
steps:
  - associate-all: corp
    device: pumps
    expect: {connected: 95%, cause-of-loss: [none]}
  - {offline: 10%, device: pumps}
  - server: {trusts: [corp-radius]}
  - associate-all: corp
    device: pumps
    share: 50%
    expect: {connected: 45%, cause-of-loss: [client-issuer-unknown]}
""")
    run([case], options, [heard], threading.Event())
    (ended,) = heard.of(CaseFinished)
    assert ended.result is Result.PASSED, [step.mismatches for step in ended.steps]
    (curve,) = ended.fleets
    assert [one.connected for one in curve.readings][:1] == [190]
    assert curve.readings[-1].connected == 90
    causes = {(one.verdict, one.cause) for one in curve.losses}
    assert causes == {("offline", "offline"), ("rejected", "client-issuer-unknown")}
    assert isinstance(curve.losses[0], Loss)
