"""What a device answered, in the words that a scenario asserts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.device.links import NetworkDiagnostics
from harness.device.results import Answer, StoreResult, WifiResult
from harness.scenario.expectation import ActionResult, Diagnostics

Performed = tuple[ActionResult, str]
"""A step's result, and in words what is worth noting about it."""

OK = ActionResult(ok=True)
_CODE = (1 << 20) - 1
"""The part of a device's number below its category (behaviour reference, section 1.4)."""


def of_store(result: StoreResult) -> Performed:
    """Return what a change of the store came to."""
    replaced = result.replaced.value if result.replaced else None
    note = f"replaced {replaced}" if replaced else result.text
    return ActionResult(result.ok, result.errno, result.code, replaced, result.number), note


def of_wifi(result: WifiResult) -> Performed:
    """Return what a change of the settings came to."""
    return ActionResult(result.ok, result.errno, result.number & _CODE, None, result.number), result.text


def refused(answer: Answer[Any]) -> Performed:
    """Return what a question came to that was refused."""
    result = ActionResult(False, answer.errno, answer.number & _CODE, None, answer.number)
    return result, answer.text


def told(facts: Mapping[str, object], note: str = "") -> Performed:
    """Return what a question came to that was answered; ``facts`` by the key that asserts them."""
    return ActionResult(ok=True, facts=facts), note


def diagnostics_of(answer: Answer[NetworkDiagnostics]) -> Diagnostics:
    """Return the diagnostics of a network in the words of the language; no failure is no error."""
    found = answer.value
    if found is None:
        return Diagnostics()
    failure = found.failure
    return Diagnostics(
        error=int(failure.error),
        cert_error=None if failure.cert_error is None else int(failure.cert_error),
        cert_depth=failure.cert_depth if failure.cert_depth >= 0 else None,
        cert_subject=failure.cert_subject,
        enabled=found.is_enabled,
        connected=found.is_connected,
        year=failure.timestamp.year,
    )
