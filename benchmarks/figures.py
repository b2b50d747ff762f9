"""The names of all figures, what they aim at, and how they are shown and kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from benchmarks.bed import KEYS, VERSIONS

RATIOS = {
    "client_cpu_vs_bare_tls": ("lean", "bare"),
    "client_cpu_vs_bare_tls_no_auto_chain": ("lean_again", "bare_no_auto_chain"),
    "client_cpu_vs_bare_tls_with_evidence": ("evidence", "bare_beside_evidence"),
    "client_cpu_vs_eapol_test": ("lean", "eapol_test"),
    "client_cpu_vs_eapol_test_r": ("lean", "eapol_test_r"),
}
"""Ratios by name: which samples are divided by which."""
OTHERS = (
    "association_overhead_ms",
    "suite_wall_s",
    "suite_cases_per_s",
    "bootstrap_200_s",
    "bootstrap_ms",
    "help_ms",
    "device_create_us",
)
NAMES = (*(f"{name}.{key}.{tls}" for name in RATIOS for key in KEYS for tls in VERSIONS), *OTHERS)
TARGETS = {
    "client_cpu_vs_bare_tls.p256.tls12": 1.5,
    "client_cpu_vs_bare_tls_with_evidence.p256.tls12": 3.0,
    "client_cpu_vs_eapol_test.p256.tls12": 0.1,
    "association_overhead_ms": 5.0,
    "bootstrap_200_s": 20.0,
    "bootstrap_ms": 300.0,
    "help_ms": 150.0,
}
"""What a figure should not exceed."""
FLOORS = {"suite_cases_per_s": 60.0}
"""What a figure should reach; per case, as the suite grows."""


def lines(figures: Mapping[str, float]) -> list[str]:
    """Return the figures as lines for people, with target and whether it is met."""
    width = max(len(name) for name in NAMES)
    return [f"{name:<{width}}  {figures[name]:>9.3f}{_judged(name, figures[name])}" for name in NAMES]


def write(figures: Mapping[str, float], path: Path) -> None:
    """Write the figures as one flat JSON object, in the order of :data:`NAMES`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({name: round(figures[name], 4) for name in NAMES}, indent=2)
    path.write_text(text + "\n", encoding="utf-8")


def _judged(name: str, figure: float) -> str:
    if name in FLOORS:
        return f"  at least {FLOORS[name]:g}: {'met' if figure >= FLOORS[name] else 'MISSED'}"
    if name in TARGETS:
        return f"  at most {TARGETS[name]:g}: {'met' if figure <= TARGETS[name] else 'MISSED'}"
    return ""
