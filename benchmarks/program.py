"""Wall-clock times of the command ``eaptls``, and the price of a device."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from harness.device.device import Device
from harness.server.choose import BackendKind

_EAPTLS = Path(sys.executable).with_name("eaptls")


def help_seconds() -> float:
    """Return how long ``eaptls --help`` takes; raises CalledProcessError."""
    begun = time.monotonic()
    subprocess.run([_EAPTLS, "--help"], check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own program
    return time.monotonic() - begun


def suite_seconds(kind: BackendKind, *paths: Path) -> tuple[float, int, str]:
    """Run the built-in suite, or what ``paths`` say; return seconds, number of cases and last line.

    Raises RuntimeError when it did not run to its end.
    """
    with tempfile.TemporaryDirectory(prefix="eaptls-bench-") as results:
        command: list[str | Path] = [
            _EAPTLS,
            "run",
            *paths,
            "--server",
            kind,
            "--results",
            results,
            "--json",
            Path(results, "bench.json"),
        ]
        begun = time.monotonic()
        ran = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - our own program
        spent = time.monotonic() - begun
        ended = Path(results, "bench.json")
        cases = len(json.loads(ended.read_text())["cases"]) if ended.exists() else 0
    if ran.returncode not in {0, 1}:  # 1: it ran, and a case failed, which the last line tells
        raise RuntimeError(f"eaptls run ended with {ran.returncode}: {ran.stderr.strip()[-500:]}")
    lines = ran.stdout.strip().splitlines()
    return spent, cases, lines[-1] if lines else ""


def bootstrap_seconds(kind: BackendKind, devices: int) -> float:
    """Return how long that many devices take to get their certificates and into the network, one after the other.

    From an empty store to the 4-way handshake, the start of FreeRADIUS and of the command included. Raises
    RuntimeError when one of them did not connect.
    """
    with tempfile.TemporaryDirectory(prefix="eaptls-bench-") as folder:
        file = Path(folder, "bootstrap.yaml")
        file.write_text(_bootstrap(devices), encoding="utf-8")
        spent, _, last_line = suite_seconds(kind, file)
    if not last_line.startswith("1 passed"):
        raise RuntimeError(f"not every device was bootstrapped: {last_line}")
    return spent


def _bootstrap(devices: int) -> str:
    names = [f"device-{number}" for number in range(devices)]
    steps = [
        f"  - {{network: {{name: bootstrap, ssid: VISITORS, security: open}}, device: {name}}}\n"
        f"  - {{bootstrap: corp, device: {name}, expect: {{ends: connected}}}}\n"
        for name in names
    ]
    return (
        "scenario: Many devices get their certificates over an open network\n"
        "tenants: {contoso: {}}\n"
        "services: {issuing: gallery}\n"
        "access-points:\n"
        "  corp: CORP\n"
        "  open: {ssid: VISITORS, security: open, internet: true, time: true}\n"
        f"devices: {{{', '.join(f'{name}: empty' for name in names)}}}\n"
        f"steps:\n{''.join(steps)}"
    )


def device_seconds(count: int) -> float:
    """Return how long it takes to make one device, over ``count`` of them."""
    mac = bytes.fromhex("020000000001")
    now = datetime.now(UTC)
    begun = time.perf_counter()
    for _ in range(count):
        Device("thermostat", mac, lambda: now)
    return (time.perf_counter() - begun) / count
