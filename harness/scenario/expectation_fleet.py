"""How what a fleet has come to is compared with what is expected of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from harness.scenario.case import Mismatch
from harness.scenario.expect import ExpectAction, ExpectFleet
from harness.scenario.expectation import ActionResult, check_action
from harness.scenario.part import key_of

_NONE = "none"
_MOST_NAMED = 3
OFFLINE = "offline"
"""Why a device has no connection that was taken out of reach; no cause of the vocabulary."""


@dataclass(frozen=True, slots=True)
class Failed:
    """One device that tried and failed: when, since the start of the scenario, whether it was connected before, and why.

    ``certificate`` is the scenario's name of the one that decided; empty: none did.
    """

    after: timedelta
    lost: bool
    cause: str
    certificate: str = ""


@dataclass(frozen=True, slots=True)
class FleetResult:
    """What a step on a fleet came to: how many are connected, of how many, and who failed, in order."""

    connected: int
    count: int
    failed: tuple[Failed, ...] = ()


def check_fleet(expect: ExpectFleet, result: FleetResult) -> tuple[Mismatch, ...]:
    """Return what of an expectation was not met, in the order of the reference; ``()``: all was."""
    return tuple(_mismatches(expect, result))


def check_each(expect: ExpectAction | None, results: Mapping[str, ActionResult]) -> tuple[Mismatch, ...]:
    """Return what of an expectation about a step on each device was not met, one mismatch for all that differ alike.

    ``results`` are by device. A step that no device did has not met anything.
    """
    if not results:
        return (Mismatch("result", "ok", "no device did it: all of them are offline"),)
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for name, result in results.items():
        for one in check_action(expect, result):
            found.setdefault((one.field, one.expected), []).append((name, one.actual))
    return tuple(
        Mismatch(field, wanted, f"{those[0][1]} on {_named([name for name, _ in those])}")
        for (field, wanted), those in found.items()
    )


def _named(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _mismatches(expect: ExpectFleet, result: FleetResult) -> Iterator[Mismatch]:
    if not expect.connected.holds(result.connected, result.count):
        share = result.connected / result.count * 100
        got = f"{share:.4g}% ({result.connected} of {result.count})"
        yield Mismatch("connected", str(expect.connected), got)
    if expect.cause_of_loss is not None:
        yield from _words("cause_of_loss", expect.cause_of_loss, [one.cause for one in result.failed])
    if expect.certificate is not None:
        yield from _words("certificate", (expect.certificate,), [one.certificate for one in result.failed])
    lost = [one.after for one in result.failed if one.lost]
    for name, times in (("first_loss", lost[:1]), ("last_loss", lost[-1:])):
        wanted = getattr(expect, name)
        if wanted is not None and not wanted.holds(next(iter(times), None)):
            yield Mismatch(key_of(name), str(wanted), _time(times[0]) if times else "no loss")


def _words(name: str, wanted: Sequence[str], seen: Sequence[str]) -> Iterator[Mismatch]:
    expected = {str(word) for word in wanted} - {_NONE}
    actual = {str(word) or _NONE for word in seen}
    if expected != actual and not (not expected and actual == {_NONE}):
        yield Mismatch(key_of(name), _listed(expected), _listed(actual))


def _listed(words: set[str]) -> str:
    return f"[{', '.join(sorted(words))}]" if words else _NONE


def _time(after: timedelta) -> str:
    days, rest = divmod(int(after.total_seconds()), 86400)
    return f"{days}d{rest // 3600}h{rest % 3600 // 60}m"
