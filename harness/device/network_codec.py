"""Wi-Fi settings as JSON."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from harness.device.network import Network, Security
from harness.device.sealed import Json
from harness.device.trouble import DeviceDamaged
from harness.device.wifi import Networks

_FLAGS = {"enabled", "targeted_scan"}
_NEEDED = {"name", "ssid"}
_NAMES = {field.name for field in fields(Network)}


def encode_networks(networks: Networks) -> Json:
    """Return networks by ID as JSON, pre-shared keys included."""
    return {"networks": [{"id": number, **_encode(network)} for number, network in networks.items()]}


def decode_networks(content: Json, file: str) -> Networks:
    """Return networks by ID; raises :class:`DeviceDamaged` that names the file."""
    try:
        return {_number(written): _decode(written) for written in content["networks"]}
    except (KeyError, TypeError, AttributeError, ValueError):
        raise DeviceDamaged(file, "the list of networks is not what the harness writes") from None


def _encode(network: Network) -> Json:
    written: Json = {name: getattr(network, name) for name in sorted(_NAMES)}
    written["security"] = network.security.value if network.security else None
    return written


def _number(written: Json) -> int:
    number: object = written["id"]
    if not isinstance(number, int) or number < 0:
        raise TypeError
    return number


def _decode(written: Json) -> Network:
    values: dict[str, Any] = {name: value for name, value in written.items() if name != "id"}
    if values.keys() != _NAMES:
        raise KeyError
    for name, value in values.items():
        kinds = bool if name in _FLAGS else str if name in _NEEDED else (str, type(None))
        if not isinstance(value, kinds):
            raise TypeError
    values["security"] = Security(values["security"]) if values["security"] else None
    return Network(**values)
