"""``eaptls device init`` and ``restart``: how a device comes into being, and starts again."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.device_command import TABLE, Output, answer
from harness.cli.device_common import HERE, Directory, opened, unlocked
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.device.profile import DeviceProfile

_MAC = re.compile(r"(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}", re.IGNORECASE)


def init(
    *,
    device: Directory = HERE,
    name: Annotated[str, typer.Option("--name", help="What it is called.")] = "device",
    mac: Annotated[
        str, typer.Option("--mac", metavar="ADDRESS", help="Its Wi-Fi address; a random one if left out.")
    ] = "",
    switch: Annotated[
        list[str] | None,
        typer.Option(
            "--switch", metavar="NAME=VALUE", help="Set a switch of its profile; repeat it for more."
        ),
    ] = None,
) -> None:
    """Make a device in a directory that is empty or does not exist."""
    from harness.device.directory import make_device
    from harness.device.trouble import DeviceUnusable

    address = _address(mac)
    try:
        make_device(device, name, address, profile_from(switch or []))
    except DeviceUnusable as unusable:
        raise UsageError(str(unusable)) from None
    typer.echo(f"device {name!r} ({address.hex(':')}) made in {device}")


def restart(*, device: Directory = HERE, output: Output = TABLE) -> None:
    """Start the device again: connection and settings that were not persisted are lost."""
    with opened(device) as held:
        unlocked(held)
        held.reboot()
        name = held.name
    answer(output, {"restartingSystem": True}, lambda: typer.echo(f"device {name!r} started again"))


def _address(written: str) -> bytes:
    if not written:
        # Locally administered, not a group address (IEEE 802 8.4).
        return b"\x02" + os.urandom(5)
    if not _MAC.fullmatch(written):
        raise UsageError(f"--mac {written!r} is no MAC address; write 02:00:00:00:00:07")
    return bytes.fromhex(re.sub("[:-]", "", written))


def profile_from(switches: list[str]) -> DeviceProfile:
    """Return the profile that ``NAME=VALUE`` words describe; raises :class:`UsageError`."""
    from harness.device.profile_codec import decode_profile

    content: dict[str, object] = {}
    for written in switches:
        name, equals, value = written.partition("=")
        if not equals:
            raise UsageError(f"--switch {written!r} has no value; write NAME=VALUE")
        content[name.replace("-", "_")] = _value(name.replace("-", "_"), value)
    try:
        return decode_profile(content)
    except ValueError as error:
        raise UsageError(f"--switch: {error}; docs/reference/device-switches.md lists them") from None


_FLAGS = {"true": True, "yes": True, "false": False, "no": False}


def _value(name: str, written: str) -> object:
    """Read a value as a scenario has it, or as JSON; whether the switch can have it is asked later."""
    from harness.device.profile import DEFAULT_PROFILE

    default = getattr(DEFAULT_PROFILE, name, None)
    if isinstance(default, bool):
        return _FLAGS.get(written, written)
    if isinstance(default, tuple):
        items = [item.strip(" \"'") for item in written.strip("[]").split(",")]
        return [_seconds(item) for item in items] if isinstance(default[0], float) else items
    if written in {"none", "null"}:
        return None
    if isinstance(default, str):
        return written
    try:
        value: object = json.loads(written)
    except ValueError:
        return written
    return value


def _seconds(written: str) -> object:
    """Read a duration, or bare seconds."""
    from pydantic_core import PydanticCustomError

    from harness.scenario.values import parse_duration

    try:
        return parse_duration(written).total_seconds()
    except PydanticCustomError:
        return written
