"""The flags of the device's own command line, in every spelling that its documents use.

There are two programs, ``azsphere`` (legacy, with flag names that are older still) and ``az sphere``
(integrated). Behaviour reference, sections 2.1 and 2.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LEGACY, INTEGRATED = "azsphere", "az sphere"


@dataclass(frozen=True, slots=True)
class Flag:
    """One option: its names in ``azsphere`` and in ``az sphere``; a switch needs no value."""

    legacy: tuple[str, ...]
    integrated: tuple[str, ...]
    required: bool = False
    switch: bool = False

    def names(self, program: str) -> tuple[str, ...]:
        """Return the names that one of the two programs knows."""
        return self.legacy if program == LEGACY else self.integrated

    @property
    def all(self) -> tuple[str, ...]:
        """All names, those of the legacy program first."""
        return tuple(dict.fromkeys((*self.legacy, *self.integrated)))


def _both(*names: str, required: bool = False, switch: bool = False) -> Flag:
    return Flag(names, names, required, switch)


DEVICE = Flag((), ("--device", "-d"))
OUTPUT = _both("--output", "-o")
OUTPUT_FORMATS = ("json", "jsonc", "none", "table", "tsv", "yaml", "yamlc")
"""What both programs take after ``--output``; they colour what ends in c, which is done nowhere here."""
COMMON: Mapping[str, Flag] = {"device": DEVICE, "output": OUTPUT}
"""The options that every command has."""
CERTIFICATE_ID = Flag(("--cert-id", "-i", "--certid"), ("--certificate", "-c"), required=True)
NETWORK_ID = _both("--id", "-i", required=True)
DIAGNOSED = _both("--network", "-n")

CERTIFICATE_ADD: Mapping[str, Flag] = {
    "id": CERTIFICATE_ID,
    "type": Flag(("--cert-type", "--certtype"), ("--cert-type", "-t"), required=True),
    "public": Flag(("--public-key-file", "--publickeyfilepath"), ("--public-key-file", "-p"), required=True),
    "private": Flag(("--private-key-file", "--privatekeyfilepath"), ("--private-key-file",)),
    "password": Flag(("--private-key-password", "--privatekeypassword"), ("--private-key-password", "-w")),
    **COMMON,
}
WIFI_ADD: Mapping[str, Flag] = {
    "ssid": _both("--ssid", "-s", required=True),
    "psk": _both("--psk", "-p"),
    "client": _both("--client-cert-id"),
    "root": _both("--root-ca-cert-id"),
    "identity": _both("--client-id"),
    "name": _both("--config-name"),
    "scan": _both("--targeted-scan", switch=True),
    **COMMON,
}

OF_TENANT = Flag(("--tenant",), ("--catalog", "-c"))
RESOURCE_GROUP = Flag((), ("--resource-group", "-g"))
WHOSE: Mapping[str, Flag] = {"tenant": OF_TENANT, "group": RESOURCE_GROUP, "output": OUTPUT}
"""Whose certificates are meant; the integrated program calls a tenant a catalog."""
DESTINATION = Flag(("--destination", "-d"), ("--output-file", "--of"), required=True)
OLD_DESTINATION = Flag(("--output", "-o"), (), required=True)
INDEX = Flag(("--index", "-i"), ())
THUMBPRINT = Flag(("--thumbprint", "-t"), ())
SERIAL = Flag((), ("--serial-number", "--name", "-n"))
VERIFICATION_CODE = Flag(
    ("--verification-code", "-v", "--verificationcode"), ("--verification-code", "-v"), required=True
)
WHICH_CA: Mapping[str, Flag] = {"index": INDEX, "thumbprint": THUMBPRINT, "serial": SERIAL}
TENANT_NAME = _both("--name", "-n", required=True)
TENANT_SELECTED = Flag(("--tenant", "-t", "--tenantid", "--tenant-id"), (), required=True)
# Behaviour reference, section 2.4. What the documents say of short forms differs between editions.

_LONGEST_NUMBER = 10
"""Digits of the largest network ID, 2147483647."""


def which(written: str) -> str | int:
    """Return the network that is meant: digits are an ID, anything else a configuration name."""
    if written.isascii() and written.isdigit() and len(written) <= _LONGEST_NUMBER:
        return int(written)
    return written
