"""The virtual device: store, Wi-Fi settings, links and clock, and how an association begins and ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol

from harness.device.application import Application
from harness.device.certstore import CertStore
from harness.device.clock import DeviceClock
from harness.device.diagnostics import failure_of
from harness.device.entries import StoreSnapshot
from harness.device.links import Failure
from harness.device.manifest import Access, Manifest
from harness.device.network import Network, Security
from harness.device.preparation import Interface, prepare
from harness.device.profile import DEFAULT_PROFILE, DeviceProfile
from harness.device.selection import Offer, attempt_order, obstacle
from harness.device.supplication import NotReady, Supplication
from harness.device.wifi import Networks, Which, WifiStack
from harness.outcome import Cause, Outcome, Verdict


class Flash(Protocol):
    """What survives a loss of power; each save is whole or not at all."""

    def load_store(self) -> StoreSnapshot:
        """Return the store's content."""

    def save_store(self, content: StoreSnapshot) -> None:
        """Make that content durable."""

    def load_networks(self) -> Networks:
        """Return the persisted networks."""

    def save_networks(self, networks: Networks) -> None:
        """Make those networks durable."""


class Device:
    """One device. Making one is cheap: no keys are made and, without ``flash``, nothing is read.

    ``mac`` is its Wi-Fi address, six octets; ``now`` gives the harness's time with a time zone. ``ready``
    is false while the device's services start; callers are then told to try again.
    """

    __slots__ = ("_flash", "_now", "clock", "mac", "name", "profile", "ready", "store", "wifi")

    def __init__(
        self,
        name: str,
        mac: bytes,
        now: Callable[[], datetime],
        profile: DeviceProfile = DEFAULT_PROFILE,
        flash: Flash | None = None,
    ) -> None:
        if len(mac) != 6:
            raise ValueError(f"device {name!r}: a MAC address has 6 bytes, not {len(mac)}")
        self.name = name
        self.mac = mac
        self.profile = profile
        self.ready = True
        self._now = now
        self._flash = flash
        self.clock = DeviceClock(now)
        if not profile.rtc_battery:
            self.clock.start(profile.boot_time)
        if flash is None:
            self.store = CertStore(profile)
            self.wifi = WifiStack(self.store, profile, now)
        else:
            self.store = CertStore(profile, flash.load_store(), flash.save_store)
            self.wifi = WifiStack(self.store, profile, now, flash.load_networks(), flash.save_networks)

    def application(self, manifest: Manifest | None) -> Application:
        """Return the device as an application with that manifest sees it; ``None``: command line and REST."""
        access = Access(lambda: self.ready, manifest, self.profile.locked)
        return Application(self.store, self.wifi, access)

    def reboot(self, *, ready: bool = True) -> None:
        """Start again: live settings, connection and, without battery, the time are lost.

        ``ready`` says whether the services are up at once; else set :attr:`ready` when they are.
        """
        self.ready = ready
        if self._flash is not None:
            self.store.restore(self._flash.load_store())
            self.wifi.reboot(self._flash.load_networks())
        else:
            self.wifi.reboot()
        self.clock.start(None if self.profile.rtc_battery else self.profile.boot_time)

    def power_cut(self) -> None:
        """Lose power and start again: whatever was not durable is gone, as after any reboot."""
        self.reboot()

    def prepare(self, which: Which, interface: Interface = Interface.WIFI) -> Supplication | NotReady:
        """Collect what an association to that network needs, or say why it cannot start.

        Certificates are those that Wi-Fi loaded at the last boot or reload. A root CA ID that leads
        nowhere stops the association: it never means that the server goes unauthenticated.
        """
        if interface is not Interface.WIFI:
            text = f"EAP-TLS runs over Wi-Fi alone; {interface} does not support it"
            return NotReady(Cause.SECURITY_MISMATCH, text)
        return prepare(which, self.wifi, self.store, self.profile, self.mac, self.clock.now())

    def candidates(self) -> tuple[int, ...]:
        """Return the enabled networks that are not waiting, in the order in which they are tried."""
        links = self.wifi.links
        usable = (
            number
            for number, network in self.wifi.by_id().items()
            if network.enabled and network.ssid and not links.waiting(number)
        )
        return attempt_order(usable, self.profile.selection_order, links.history)

    def next_network(self, offers: Iterable[Offer]) -> int | None:
        """Return the network that the device tries next, given what is in the air.

        Those that a scan does not find, or finds with another security, fail on the way: errors 2 and 6.
        """
        seen = tuple(offers)
        for number in self.candidates():
            error = obstacle(self.wifi.by_id()[number], seen)
            if error is None:
                return number
            self.wifi.links.fail(number, Failure(error, self.clock.now()))
        return None

    def joined(self, which: Which, *, has_time: bool = False) -> None:
        """Note that the device is connected to a network; one with time sets a clock that is not set yet.

        Raises :class:`KeyError` for a network that does not exist.
        """
        number = self.wifi.find(which).value
        if number is None:
            raise KeyError(which)
        self.wifi.links.succeed(number)
        if has_time:
            self.clock.synchronise()

    def record_outcome(self, which: Which, outcome: Outcome, *, has_time: bool = False) -> Failure | None:
        """Take in how an association went, and return the failure that the diagnostics show from now on.

        ``None``: it connected, or nothing was tried. A failure disables the network for a while.
        """
        number = self.wifi.find(which).value
        if number is None:
            return None
        if outcome.verdict is Verdict.CONNECTED:
            self.joined(number, has_time=has_time)
            return None
        failure = failure_of(outcome, self.profile, self.clock.now())
        if failure is not None:
            self.wifi.links.fail(number, failure)
        return failure

    def clock_deadlock(self) -> bool:
        """Whether the device needs the time to get the time.

        That is: every enabled network is EAP-TLS with a root CA that is not valid by the device's clock,
        so that none can be joined to set it (behaviour reference, section 3.6).
        """
        usable = [network for network in self.wifi.networks() if network.enabled and network.ssid]
        return bool(usable) and all(self._out_of_time(network) for network in usable)

    def _out_of_time(self, network: Network) -> bool:
        root = self.wifi.loaded.get(network.root_ca_cert_id or "")
        if network.security is not Security.EAP_TLS or root is None:
            return False
        certificate = root.certificate
        return not certificate.not_valid_before_utc <= self.clock.now() <= certificate.not_valid_after_utc
