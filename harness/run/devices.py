"""What the steps on a device need of their surroundings: devices and certificates, no server and no air.

A rehearsal without servers offers the same, so that its steps do what those of a run do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from harness.device.application import Application
from harness.device.device import Device
from harness.device.manifest import Manifest
from harness.pki.credential import Credential


class Certificates(Protocol):
    """Certificates by name, as they are handed to a device."""

    def credential(self, name: str) -> Credential:
        """Return a certificate with its key and the chain it is sent with."""

    def key_pem(self, name: str) -> str:
        """Return its private key as PEM, encrypted if it has a password."""

    def password(self, name: str) -> str | None:
        """Return the password that its private key is encrypted with, if any."""


class Devices(Protocol):
    """Devices by name, and who may do what on them."""

    @property
    def book(self) -> Certificates:
        """The certificates."""

    @property
    def devices(self) -> Mapping[str, Device]:
        """The devices."""

    @property
    def opened(self) -> bool:
        """Whether the devices have left the factory."""

    def application(self, device: str, name: str) -> Application:
        """Return a device as an application sees it; without a name: the command line."""

    def manifest(self, device: str, name: str) -> Manifest | None:
        """Return what an application may do; ``None`` for the command line."""
