from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from harness.device.device import Device
from harness.device.network import Network, Security
from harness.device.profile import DeviceProfile
from harness.device.selection import Offer
from harness.device.supplication import NotReady
from harness.errors import EnvironmentUnavailable
from harness.outcome import Cause, Outcome, Verdict
from harness.rest.calls import Surroundings
from harness.rest.hosting import Host
from harness.rest.joiner import Associate, Joiner

CONNECTED = Outcome(Verdict.CONNECTED, Cause.MUTUAL_AUTHENTICATION, "It is up.")
EXPIRED = Outcome(Verdict.REJECTED, Cause.CLIENT_CERTIFICATE_EXPIRED, "It has expired.")
CORP = Network("corp", "CORP", client_cert_id="client")
GUEST = Network("guest", "GUEST", client_cert_id="client")
HERE = (Offer("CORP"), Offer("GUEST"))
Until = Callable[[], bool]


@pytest.fixture
def device() -> Device:
    return Device(
        "thermostat", bytes(6), lambda: datetime.now(UTC), DeviceProfile(retry_delays=(0.05, 3600.0))
    )


def joined(
    device: Device,
    associate: Associate,
    until: Until,
    offers: tuple[Offer, ...] = HERE,
    *,
    then: Callable[[Joiner], Until] | None = None,
    held: list[Device] | None = None,
) -> tuple[list[str], Surroundings]:
    """Let the device join until something is true; ``then`` may stir it once more, and wait for more.

    ``held`` gets the device each time it is held.
    """
    said: list[str] = []
    around = Surroundings(offers=lambda _device: offers)

    def hold() -> AbstractContextManager[Device]:
        if held is not None:
            held.append(device)
        return nullcontext(device)

    async def live() -> None:
        host = Host(hold, said.append)
        joiner = Joiner(host, around, associate, said.append)
        task = asyncio.create_task(joiner.run())
        try:
            await wait(until)
            if then is not None:
                await wait(then(joiner))
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            host.close()

    asyncio.run(live())
    return said, around


async def wait(until: Until) -> None:
    async with asyncio.timeout(5):
        while not until():  # noqa: ASYNC110 - what is waited for is no event
            await asyncio.sleep(0.002)


def test_an_enabled_network_is_joined_and_the_journal_says_how(device: Device, judged: Any) -> None:
    device.wifi.add(CORP)
    associate = judged(CONNECTED)
    said, around = joined(device, associate, lambda: device.wifi.links.connected == 0)
    assert said == ["network 0 ('CORP') connected: mutual-authentication; It is up."]
    assert [line.partition(" ")[2] for line in around.journal] == said
    assert not around.trying
    assert isinstance(associate.asked[0], NotReady)  # there is no certificate of that ID


def test_a_failure_is_diagnosed_and_tried_again_by_itself(device: Device, judged: Any) -> None:
    device.wifi.add(CORP)
    said, _ = joined(device, judged(EXPIRED, CONNECTED), lambda: device.wifi.links.connected == 0)
    assert said[0] == "network 0 ('CORP') rejected: client-certificate-expired; It has expired."
    failure = device.wifi.diagnostics(0).value
    assert failure is not None
    assert (failure.failure.error, failure.failure.cert_error, failure.is_connected) == (5, 102, True)


def test_another_network_is_tried_when_one_fails(device: Device, judged: Any) -> None:
    device.wifi.add(CORP)
    device.wifi.add(GUEST)
    joined(device, judged(EXPIRED, CONNECTED), lambda: device.wifi.links.connected == 1)
    assert device.wifi.links.get(0).failures == 1


def test_what_is_not_in_the_air_is_not_found(device: Device, judged: Any) -> None:
    device.wifi.add(CORP)
    associate = judged()
    joined(device, associate, lambda: device.wifi.links.get(0).failures > 1, offers=())
    failure = device.wifi.diagnostics(0).value
    assert failure is not None
    assert failure.failure.error == 2
    assert associate.asked == []


def test_an_open_network_is_joined_and_gives_the_time(device: Device, judged: Any) -> None:
    device.clock.advance(timedelta(days=-9000))
    device.wifi.add(Network("guest", "GUEST", security=Security.OPEN))
    offers = (Offer("GUEST", Security.OPEN),)
    said, _ = joined(device, judged(), lambda: device.wifi.links.connected == 0, offers)
    assert said == ["network 0 ('GUEST') joined without EAP"]
    assert device.clock.offset == timedelta()


def test_a_network_added_later_is_joined_when_the_device_is_stirred(device: Device, judged: Any) -> None:
    def then(joiner: Joiner) -> Until:
        device.wifi.add(CORP)
        joiner.stir()
        return lambda: device.wifi.links.connected == 0

    asked = judged(CONNECTED)
    joined(device, asked, lambda: True, then=then)
    assert len(asked.asked) == 1


def test_it_begins_without_the_connection_of_an_earlier_command(device: Device, judged: Any) -> None:
    device.wifi.add(CORP)
    device.joined(0)
    asked = judged(CONNECTED)
    joined(device, asked, lambda: bool(asked.asked))


def test_an_outcome_for_a_network_that_changed_meanwhile_is_dropped(device: Device) -> None:
    device.wifi.add(CORP)
    asked = []

    def associate(ready: object) -> Outcome:
        asked.append(ready)
        device.wifi.set(0, client_cert_id="another", enabled=False)
        return CONNECTED

    said, _ = joined(device, associate, lambda: bool(asked))
    assert device.wifi.links.connected is None
    assert len(asked) == 1
    assert len(said) <= 1


def test_a_machine_that_cannot_send_is_to_the_device_a_server_that_does_not_answer(device: Device) -> None:
    device.wifi.add(CORP)

    def associate(_ready: object) -> Outcome:
        raise EnvironmentUnavailable("cannot send to 203.0.113.1:1812: Network is unreachable")

    said, _ = joined(device, associate, lambda: device.wifi.links.get(0).failures > 0)
    assert said[0] == (
        "network 0 ('CORP') unanswered: undetermined; cannot send to 203.0.113.1:1812: Network is unreachable"
    )
    failure = device.wifi.diagnostics(0).value
    assert failure is not None
    assert failure.failure.error == 1


@pytest.mark.parametrize("hinder", ["interface", "starting"])
def test_nothing_is_tried_while_the_interface_is_down_or_the_device_starts(
    hinder: str, device: Device, judged: Any
) -> None:
    device.wifi.add(CORP)
    device.wifi.interface_up = hinder != "interface"
    device.ready = hinder != "starting"
    asked = judged(CONNECTED)
    held: list[Device] = []
    # Held to disconnect, then for each of two looks twice: is there something, when is there.
    joined(device, asked, lambda: len(held) > 2, then=lambda joiner: again(joiner, held), held=held)
    assert asked.asked == []


def again(joiner: Joiner, held: list[Device]) -> Until:
    joiner.stir()
    return lambda: len(held) > 4
