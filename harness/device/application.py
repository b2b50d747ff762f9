"""A device as one application sees it."""

from __future__ import annotations

from harness.device.application_store import ApplicationStore
from harness.device.application_wifi import ApplicationWifi
from harness.device.certstore import CertStore
from harness.device.manifest import Access
from harness.device.wifi import WifiStack


class Application:
    """The functions that an application, the command line or REST can call, capabilities checked.

    Certificates and networks are the device's: several applications share one namespace of each.
    """

    __slots__ = ("certificates", "wifi")

    def __init__(self, store: CertStore, wifi: WifiStack, access: Access) -> None:
        self.certificates = ApplicationStore(store, access)
        self.wifi = ApplicationWifi(wifi, access)
