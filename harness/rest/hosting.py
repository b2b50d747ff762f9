"""The device behind the interface: opened for one call at a time, so that commands can be run beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import TypeVar

from harness.device.device import Device
from harness.device.trouble import DeviceBusy, DeviceUnusable
from harness.rest.numbers import Refused, RequestError

T = TypeVar("T")

Hold = Callable[[], AbstractContextManager[Device]]
"""Holds the device alone; what was done to it is kept when it is let go."""


class Host:
    """Runs functions on the device, one after the other, away from the event loop.

    ``say`` takes a line for the person who runs the interface.
    """

    def __init__(self, hold: Hold, say: Callable[[str], None]) -> None:
        self._hold = hold
        self._say = say
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="device")

    async def on(self, function: Callable[[Device], T]) -> T:
        """Return what a function makes of the device.

        Raises :class:`Refused`, also when another process holds the device or its directory is damaged.
        """
        return await asyncio.get_running_loop().run_in_executor(self._worker, self._run, function)

    def close(self) -> None:
        """Wait for what still runs."""
        self._worker.shutdown()

    def _run(self, function: Callable[[Device], T]) -> T:
        try:
            with self._hold() as device:
                return function(device)
        except DeviceBusy as error:
            raise Refused(RequestError.BUSY, str(error)) from None
        except DeviceUnusable as error:
            self._say(str(error))
            raise Refused(RequestError.INTERNAL, str(error)) from None
