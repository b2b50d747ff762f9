"""The Wi-Fi settings of a device, in three layers.

*Persisted* settings survive a reload and a reboot. *Live* settings are what the device uses; edits
change them at once. The *loaded certificates* are the store's content at the last boot or reload: a
certificate that was overwritten, moved or deleted since keeps working, one that was installed since
is not there yet. Behaviour reference, sections 0.3, 1.5 and 3.2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Unpack

from harness.device.certstore import CertStore
from harness.device.entries import StoreSnapshot
from harness.device.error_numbers import Errno, WifiError
from harness.device.links import ConfigState, ConnectionState, Links, NetworkDiagnostics
from harness.device.network import Network, NetworkChanges, name_refusal, settings_refusal
from harness.device.profile import DeviceProfile
from harness.device.results import Answer, Refusal, WifiResult
from harness.device.sessions import Sessions
from harness.device.switches import NameLookup, NetworkLimit

Which = str | int
"""A network by configuration name or by ID."""
Networks = Mapping[int, Network]
"""Networks by ID: small numbers, the lowest free one first."""

_DONE = WifiResult(ok=True)
_NONE: Networks = MappingProxyType({})


def _forgetful(_networks: Networks) -> None:
    """Save nothing: the settings of a device that lives in memory alone."""


class WifiStack:
    """Networks by ID and configuration name, and the certificates that Wi-Fi has loaded.

    ``save`` makes persisted settings durable before they count. IDs may change at a reboot; programs
    find a network again by its name.
    """

    __slots__ = (
        "_live",
        "_loaded",
        "_lost",
        "_persisted",
        "_save",
        "_store",
        "interface_up",
        "links",
        "profile",
        "sessions",
    )

    def __init__(
        self,
        store: CertStore,
        profile: DeviceProfile,
        now: Callable[[], datetime],
        persisted: Networks = _NONE,
        save: Callable[[Networks], None] = _forgetful,
    ) -> None:
        self._store = store
        self.profile = profile
        self._save = save
        self._persisted: Networks = dict(persisted)
        self._live = dict(persisted)
        self._lost: frozenset[str] = frozenset()
        self._loaded = store.snapshot()
        self.links = Links(profile, now)
        self.sessions = Sessions(enabled=profile.resume_sessions)
        self.interface_up = True

    @property
    def loaded(self) -> StoreSnapshot:
        """The certificates as they were at the last boot or reload."""
        return self._loaded

    @property
    def lost(self) -> frozenset[str]:
        """Names of networks that the last reload discarded because they had not been persisted."""
        return self._lost

    @property
    def unsaved(self) -> bool:
        """Whether live settings differ from those that a reload would bring back."""
        return self._live != self._persisted

    def networks(self) -> tuple[Network, ...]:
        """Return the live networks in the order they were added."""
        return tuple(self._live.values())

    def by_id(self) -> Networks:
        """Return the live networks by ID, in the order they were added."""
        return MappingProxyType(self._live)

    def persisted(self) -> Networks:
        """Return the networks that a reload brings back, by ID."""
        return MappingProxyType(dict(self._persisted))

    def find(self, which: Which) -> Answer[int]:
        """Return the ID of a network; ENODEV.

        Which one a name finds that several networks have is not documented: a switch decides, and the
        answer's text says that there are several.
        """
        if isinstance(which, int):
            return Answer(which) if which in self._live else _unknown(which)
        numbers = sorted(number for number, network in self._live.items() if network.name == which)
        if not numbers or not which:
            return _unknown(which)
        chosen = numbers[0 if self.profile.name_lookup is NameLookup.LOWEST_ID else -1]
        if len(numbers) == 1:
            return Answer(chosen)
        listed = ", ".join(map(str, numbers))
        text = f"{len(numbers)} networks are named {which!r} ({listed}); which one is found is not documented"
        return Answer(chosen, text=text)

    def get(self, which: Which) -> Network | None:
        """Return a live network."""
        number = self.find(which).value
        return None if number is None else self._live[number]

    def add(self, network: Network, *, persist: bool = True, unnamed: bool = False) -> WifiResult:
        """Add a network, and by default persist all settings as the command line does.

        EEXIST: the name is taken (a switch); ERANGE: a setting is too long, or there is no name though it is not
        to be ``unnamed``; ENOMEM: no network is free; ENOSPC: too many to persist; EINVAL: it cannot be
        persisted without an SSID. When persisting fails the network is not added either.
        """
        strict = self.profile.refuse_used_name_at_add
        check = self._name_refusal if strict else name_refusal
        refusal = None if unnamed and not network.name else check(network.name)
        refusal = refusal or settings_refusal(network) or self._full()
        if refusal:
            return WifiResult.refused(refusal)
        number = self._insert(network)
        result = WifiResult(ok=not persist)
        try:
            if persist:
                result = self.persist()
        finally:
            if not result.ok:
                del self._live[number]
        return replace(result, network=number) if result.ok else result

    def add_empty(self) -> WifiResult:
        """Add a network without any setting, as an application does; ENOMEM."""
        enabled = self.profile.new_network_enabled
        return self.add(Network("", enabled=enabled, security=None), persist=False, unnamed=True)

    def set(self, which: Which, /, **changes: Unpack[NetworkChanges]) -> WifiResult:
        """Change live settings of a network; lost at the next reload unless persisted.

        ENODEV; ERANGE: too long or too short. A name in use is discouraged only, unless a switch says EEXIST.
        """
        number = self.find(which).value
        if number is None:
            return _no_network(which)
        before, after = self._live[number], replace(self._live[number], **changes)
        refusal = settings_refusal(after)
        if after.name != before.name:
            strict = self.profile.refuse_used_name
            refusal = (self._name_refusal(after.name) if strict else name_refusal(after.name)) or refusal
        if refusal:
            return WifiResult.refused(refusal)
        self._live[number] = after
        if after != replace(before, enabled=after.enabled):
            self.sessions.forget(number)
        if not after.enabled:
            self.links.disconnect(number)
        elif not before.enabled:
            self.links.try_again(number)
        return _DONE

    def enable(self, which: Which) -> WifiResult:
        """Let the device use that network; a temporary disable ends."""
        result = self.set(which, enabled=True)
        number = self.find(which).value
        if number is not None:
            self.links.try_again(number)
        return result

    def disable(self, which: Which) -> WifiResult:
        """Keep the device from using that network; a connection to it ends."""
        return self.set(which, enabled=False)

    def forget(self, which: Which) -> WifiResult:
        """Remove a network; a connection to it ends. It comes back at the next reload unless persisted."""
        number = self.find(which).value
        if number is None:
            return _no_network(which)
        del self._live[number]
        self.links.forget(number)
        self.sessions.forget(number)
        return _DONE

    def forget_all(self) -> None:
        """Remove all networks, now and for good."""
        self._save({})
        self._persisted = {}
        for number in list(self._live):
            self.forget(number)

    def duplicate(self, which: Which, new_name: str) -> WifiResult:
        """Copy a network under a new name; the copy is disabled and independent.

        ENODEV; ERANGE: the name has not 1 to 16 characters; EEXIST: it is taken; ENOMEM.
        """
        network = self.get(which)
        if network is None:
            return _no_network(which)
        taken = self._name_refusal(new_name)
        if taken:
            return WifiResult.refused(taken)
        return self.add(replace(network, name=new_name, enabled=False), persist=False)

    def persist(self) -> WifiResult:
        """Save the live settings of *all* networks; nothing is saved when one of them cannot be.

        EINVAL: a network has no SSID; ENOSPC: there are too many.
        """
        for number, network in self._live.items():
            if not network.ssid:
                label = f"network {network.name!r}" if network.name else f"network {number}"
                text = f"{label} has no SSID"
                return WifiResult.refused(Refusal(Errno.EINVAL, WifiError.INVALID_NETWORK_PROPERTIES, text))
        if len(self._live) > self.profile.max_networks:
            text = f"{len(self._live)} networks cannot be saved; {self.profile.max_networks} at most"
            return WifiResult.refused(Refusal(Errno.ENOSPC, WifiError.NO_SPACE_TO_PERSIST, text))
        settings = dict(self._live)
        self._save(settings)
        self._persisted = settings
        return _DONE

    def reload(self) -> None:
        """Go back to the persisted settings, load the certificates as they are now, drop connections and TLS sessions."""
        self._start({number: number for number in self._persisted})

    def reboot(self, persisted: Networks | None = None) -> None:
        """Start again, with what the disk kept if there is one; IDs are counted anew if a switch says so."""
        if persisted is not None:
            self._persisted = dict(persisted)
        self.links.lose_power()
        numbers = {number: number for number in self._persisted}
        if self.profile.renumber_at_reboot:
            numbers = {number: place for place, number in enumerate(sorted(self._persisted))}
        self._persisted = {numbers[number]: network for number, network in self._persisted.items()}
        self._start(numbers)

    def config_state(self, number: int) -> ConfigState:
        """Return whether the device may use a network; raises :class:`KeyError` for an ID without network."""
        if not self._live[number].enabled:
            return ConfigState.DISABLED
        return ConfigState.TEMP_DISABLED if self.links.waiting(number) else ConfigState.ENABLED

    def connection_state(self, number: int) -> ConnectionState:
        """Return whether a network is connected."""
        if self.links.connected == number:
            return ConnectionState.CONNECTED
        return ConnectionState.DISCONNECTED if self.links.get(number).tried else ConnectionState.UNKNOWN

    def diagnostics(self, which: Which) -> Answer[NetworkDiagnostics]:
        """Return the last failure of a network; ENODEV when there is no such network, or it never failed."""
        found = self.find(which)
        if found.value is None:
            return Answer(None, found.errno, found.text, found.number)
        number = found.value
        failure = self.links.get(number).failure
        if failure is None:
            text = f"no failure is recorded for network {which!r}"
            return Answer.refused(Refusal(Errno.ENODEV, WifiError.NETWORK_NOT_FOUND, text))
        enabled = self.config_state(number) is ConfigState.ENABLED
        connected = self.links.connected == number
        ssid = self._live[number].ssid
        return Answer(NetworkDiagnostics(number, ssid, enabled, connected, failure), text=found.text)

    def restore(self, live: Networks, loaded: StoreSnapshot, lost: frozenset[str]) -> None:
        """Take over what was in memory when the device was put aside."""
        self._live, self._loaded, self._lost = dict(live), loaded, lost

    def _start(self, numbers: Mapping[int, int]) -> None:
        kept = {network.name for network in self._persisted.values()}
        self._lost = frozenset(network.name for network in self._live.values()) - kept
        self._live = dict(self._persisted)
        self._loaded = self._store.snapshot()
        self.links.restart(numbers)
        self.sessions.clear()

    def _insert(self, network: Network) -> int:
        number = next(number for number in range(len(self._live) + 1) if number not in self._live)
        self._live[number] = network
        return number

    def _name_refusal(self, name: str) -> Refusal | None:
        if name and any(network.name == name for network in self._live.values()):
            text = f"there is a network {name!r} already"
            return Refusal(Errno.EEXIST, WifiError.CONFIG_NAME_NOT_UNIQUE, text)
        return name_refusal(name)

    def _full(self) -> Refusal | None:
        most = self.profile.max_networks
        if self.profile.network_limit is NetworkLimit.AT_PERSIST or len(self._live) < most:
            return None
        text = f"there are {most} networks already, and no more fit; forget one"
        return Refusal(Errno.ENOMEM, WifiError.NETWORK_LIMIT_REACHED, text)


def _no_network_refusal(which: Which) -> Refusal:
    return Refusal(Errno.ENODEV, WifiError.NETWORK_NOT_FOUND, f"there is no network {which!r}")


def _no_network(which: Which) -> WifiResult:
    return WifiResult.refused(_no_network_refusal(which))


def _unknown(which: Which) -> Answer[int]:
    return Answer.refused(_no_network_refusal(which))
