"""The device itself and its network interfaces: what a client asks before anything else."""

from __future__ import annotations

import re

from harness.device.device import Device
from harness.device.preparation import Interface
from harness.rest import documents
from harness.rest.calls import Call, Reply, Surroundings, flag, text
from harness.rest.numbers import InterfaceError, Refused, RequestError

OS_VERSION = "24.06"
"""The newest version of the device's system whose error tables this interface follows."""
# Type and version of the report, then the length of its data (octets 3 and 4): there is none.
_EMPTY_TELEMETRY = bytes(5)
_HARDWARE_ADDRESS = re.compile(r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")


def status(_device: Device, _call: Call, around: Surroundings) -> Reply:
    """Show for how long the device has been up, in seconds."""
    return Reply({"uptime": around.seconds_up()})


def security_state(device: Device, _call: Call, _around: Surroundings) -> Reply:
    """Show the device's ID."""
    return Reply({"securityState": "SECURE", "deviceIdentifier": documents.device_identifier(device)})


def capabilities(_device: Device, _call: Call, _around: Surroundings) -> Reply:
    """Show that the device was given no capabilities."""
    return Reply({"device_capabilities": []})


def manufacturing_state(_device: Device, _call: Call, _around: Surroundings) -> Reply:
    """Show that the device left the factory."""
    return Reply({"manufacturingState": "DeviceComplete"})


def os_version(_device: Device, _call: Call, _around: Surroundings) -> Reply:
    """Show the version of the system that is modelled."""
    return Reply({"osversion": OS_VERSION})


def telemetry(_device: Device, _call: Call, _around: Surroundings) -> Reply:
    """Give an error report without content."""
    return Reply(octets=_EMPTY_TELEMETRY)


def clear_telemetry(_device: Device, _call: Call, _around: Surroundings) -> Reply:
    """Clear the error reports, of which there are none."""
    return Reply()


def log(_device: Device, _call: Call, around: Surroundings) -> Reply:
    """Give one line for every association; the real device's log is binary."""
    lines = ["eaptls virtual device", *around.journal]
    return Reply(octets="".join(f"{line}\n" for line in lines).encode())


def restart(device: Device, _call: Call, around: Surroundings) -> Reply:
    """Start the device again."""
    device.reboot()
    around.power_savings = False
    around.start()
    return Reply({"restartingSystem": True})


def net_status(device: Device, _call: Call, _around: Surroundings) -> Reply:
    """Show the state of the network as a whole."""
    return Reply(documents.net_status(device))


def interfaces(device: Device, _call: Call, around: Surroundings) -> Reply:
    """List the network interfaces."""
    return Reply({"interfaces": list(documents.interfaces(device, around.address))})


def interface(device: Device, call: Call, around: Surroundings) -> Reply:
    """Show one network interface."""
    return Reply(documents.interface(device, call.part, around.address))


def change_interface(device: Device, call: Call, around: Surroundings) -> Reply:
    """Take the Wi-Fi interface up or down; down, ``/wifi`` is refused and a connection ends."""
    name = call.part
    if all(known["interfaceName"] != name for known in documents.interfaces(device, around.address)):
        raise Refused(InterfaceError.INVALID_INTERFACE, f"there is no interface {name!r}")
    up, address = flag(call.body, "interfaceUp"), text(call.body, "hardwareAddress")
    if address is not None and not _HARDWARE_ADDRESS.fullmatch(address):
        raise Refused(InterfaceError.INVALID_HARDWARE_ADDRESS, f"{address!r} is no hardware address")
    if name != Interface.WIFI or address is not None:
        raise Refused(InterfaceError.NOT_PERMITTED, f"that cannot be changed of {name}")
    if up is None:
        raise Refused(RequestError.INVALID_DATA, "the body has no interfaceUp")
    device.wifi.interface_up = up
    if not up:
        device.wifi.links.disconnect()
    return Reply()
