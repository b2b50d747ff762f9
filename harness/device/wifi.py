"""The Wi-Fi settings of a device, in three layers.

*Persisted* settings survive a reload and a reboot. *Live* settings are what the device uses; edits
change them at once. The *loaded certificates* are the store's content at the last boot or reload: a
certificate that was overwritten, moved or deleted since keeps working, one that was installed since
is not there yet. Behaviour reference, sections 0.3, 1.5 and 3.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Unpack

from harness.device.certstore import CertStore
from harness.device.entries import StoreSnapshot
from harness.device.network import Network, NetworkChanges, settings_error
from harness.device.results import WifiResult

_DONE = WifiResult(ok=True)


class WifiStack:
    """Networks by configuration name, and the certificates that Wi-Fi has loaded."""

    __slots__ = ("_live", "_loaded", "_lost", "_persisted", "_store")

    def __init__(self, store: CertStore) -> None:
        self._store = store
        self._persisted: Mapping[str, Network] = {}
        self._live: dict[str, Network] = {}
        self._lost: frozenset[str] = frozenset()
        self._loaded = store.snapshot()

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

    def get(self, name: str) -> Network | None:
        """Return the live network of that name."""
        return self._live.get(name)

    def add(self, network: Network, *, persist: bool = True) -> WifiResult:
        """Add a network, and by default persist all settings as the command line does.

        EEXIST: the name is taken; ERANGE: a setting is too long; EINVAL: it cannot be persisted
        without an SSID, and then it is not added either.
        """
        before = dict(self._live)
        result = self._put(network)
        if result.ok and persist:
            result = self.persist()
            if not result.ok:
                self._live = before
        return result

    def set(self, name: str, /, **changes: Unpack[NetworkChanges]) -> WifiResult:
        """Change live settings of a network; lost at the next reload unless persisted."""
        network = self._live.get(name)
        if network is None:
            return _unknown(name)
        return self._put(replace(network, **changes), instead_of=name)

    def enable(self, name: str) -> WifiResult:
        """Let the device use that network."""
        return self.set(name, enabled=True)

    def disable(self, name: str) -> WifiResult:
        """Keep the device from using that network."""
        return self.set(name, enabled=False)

    def forget(self, name: str) -> WifiResult:
        """Remove a network; it comes back at the next reload unless persisted."""
        if self._live.pop(name, None) is None:
            return _unknown(name)
        return _DONE

    def duplicate(self, name: str, new_name: str) -> WifiResult:
        """Copy a network under a new name; the copy is disabled."""
        network = self._live.get(name)
        if network is None:
            return _unknown(name)
        return self._put(replace(network, name=new_name, enabled=False))

    def persist(self) -> WifiResult:
        """Save the live settings of *all* networks; EINVAL, and nothing saved, if one has no SSID."""
        for network in self._live.values():
            if not network.ssid:
                return WifiResult(ok=False, errno="EINVAL", text=f"network {network.name!r} has no SSID")
        self._persisted = dict(self._live)
        return _DONE

    def reload(self) -> None:
        """Go back to the persisted settings and load the certificates as they are now."""
        self._lost = frozenset(self._live) - frozenset(self._persisted)
        self._live = dict(self._persisted)
        self._loaded = self._store.snapshot()

    def reboot(self) -> None:
        """Start again: for the settings the same as a reload."""
        self.reload()

    def _put(self, network: Network, *, instead_of: str | None = None) -> WifiResult:
        error = settings_error(network)
        if error:
            return WifiResult(ok=False, errno="ERANGE", text=error)
        if network.name != instead_of and network.name in self._live:
            return WifiResult(ok=False, errno="EEXIST", text=f"there is a network {network.name!r} already")
        # Rebuilt, so that a renamed network keeps its place in the order.
        others = (
            (network.name, network) if name == instead_of else (name, kept)
            for name, kept in self._live.items()
        )
        self._live = dict(others)
        self._live.setdefault(network.name, network)
        return _DONE


def _unknown(name: str) -> WifiResult:
    return WifiResult(ok=False, errno="ENODEV", text=f"there is no network {name!r}")
