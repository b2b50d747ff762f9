"""Joins the device to its networks while it is served: which, when, and what is kept of it.

The order, the waiting after failures and the diagnostics are the device's own
(:mod:`harness.device.device`); how an association runs is told from outside.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from harness.device.device import Device
from harness.device.network import Network, Security
from harness.device.supplication import NotReady, Supplication
from harness.errors import EnvironmentUnavailable
from harness.outcome import Cause, Outcome, Verdict
from harness.rest.calls import Surroundings
from harness.rest.hosting import Host
from harness.rest.numbers import Refused

T = TypeVar("T")
Associate = Callable[[Supplication | NotReady], Outcome | None]
"""Runs one association to its end, ``None``: it was stopped; called in a thread of its own."""

_BUSY_AGAIN = 1.0
"""Seconds until a device is asked again that somebody else held, or that was damaged."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    number: int
    network: Network
    ready: Supplication | NotReady


class Joiner:
    """Tries the device's networks whenever something changed, and again when their waiting is over."""

    def __init__(
        self, host: Host, around: Surroundings, associate: Associate, say: Callable[[str], None]
    ) -> None:
        self._host = host
        self._around = around
        self._associate = associate
        self._say = say
        self._stirred = asyncio.Event()

    def stir(self) -> None:
        """Look at once whether there is something to join."""
        self._stirred.set()

    async def run(self) -> None:
        """Join networks until cancelled. The device begins without a connection."""
        await self._asked(lambda device: device.wifi.links.disconnect())
        while True:
            self._stirred.clear()
            attempt = await self._asked(self._choose)
            if attempt is not None:
                await self._try(attempt)
                continue
            wait = await self._asked(_patience)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stirred.wait(), wait)

    async def _try(self, attempt: _Attempt) -> None:
        self._around.trying = True
        try:
            outcome = await asyncio.to_thread(self._associate, attempt.ready)
        except EnvironmentUnavailable as error:
            # To the device, a network that this machine cannot reach is one where nobody answers.
            outcome = Outcome(Verdict.UNANSWERED, Cause.UNDETERMINED, str(error))
        finally:
            self._around.trying = False
        if outcome is None:
            return
        await self._asked(lambda device: _record(device, attempt, outcome))
        judged = f"{outcome.verdict}: {outcome.cause}; {outcome.explanation}"
        self._tell(attempt.number, attempt.network, judged)

    async def _asked(self, function: Callable[[Device], T | None]) -> T | None:
        try:
            return await self._host.on(function)
        except Refused:
            await asyncio.sleep(_BUSY_AGAIN)
            return None

    def _choose(self, device: Device) -> _Attempt | None:
        wifi = device.wifi
        if not (wifi.interface_up and device.ready) or wifi.links.connected is not None:
            return None
        number = device.next_network(self._around.offers(device))
        if number is None:
            return None
        network = wifi.by_id()[number]
        if network.security is not Security.EAP_TLS:
            # Nothing is proven there: whoever is in reach of it gets in, and gets the time.
            device.joined(number, has_time=True)
            self._tell(number, network, "joined without EAP")
            return None
        return _Attempt(number, network, device.prepare(number))

    def _tell(self, number: int, network: Network, what: str) -> None:
        line = f"network {number} ({network.ssid!r}) {what}"
        self._around.journal.append(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {line}")
        self._say(line)


def _record(device: Device, attempt: _Attempt, outcome: Outcome) -> None:
    # The network may have been changed, or have gone to another, while the association ran.
    if device.wifi.interface_up and device.wifi.by_id().get(attempt.number) == attempt.network:
        device.record_outcome(attempt.number, outcome)


def _patience(device: Device) -> float | None:
    retry = device.wifi.links.next_retry()
    return None if retry is None else max((retry - datetime.now(UTC)).total_seconds(), 0.0)
