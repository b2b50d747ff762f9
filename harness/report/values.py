"""Outcomes, observations and step reports as plain JSON values; the only place that decides how.

Field names of the dataclasses are the keys. Bytes become hex, enumerations their word, endpoints
``host:port``, certificates a summary, paths text. Recorders are left out: packets go to the capture,
events to ``trace.jsonl``, TLS secrets to the capture alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from pathlib import PurePath
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from harness.errors import ScenarioError
from harness.run.events import CaseFinished, FleetCurve, StepReport
from harness.trace import Endpoint, Event

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None
JsonObject = dict[str, Json]


def plain(value: object) -> Json:
    """Return the JSON value of a contract value.

    Raises :class:`TypeError` for a type that no rule covers, so that nothing is reported by accident.
    """
    if isinstance(value, Enum):
        return plain(value.value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, bytes):
        return value.hex()
    return _object(value)


def _object(value: object) -> Json:
    if isinstance(value, Endpoint | PurePath):
        return str(value)
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, x509.Certificate):
        return certificate(value)
    if is_dataclass(value) and not isinstance(value, type):
        return record(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Iterable):
        return [plain(item) for item in value]
    raise TypeError(f"no JSON form is defined for {type(value).__name__}")


def record(value: DataclassInstance, *, without: Iterable[str] = ()) -> JsonObject:
    """Return a dataclass as an object, its fields in their order, less those named."""
    left_out = set(without)
    return {
        field.name: plain(getattr(value, field.name)) for field in fields(value) if field.name not in left_out
    }


def timestamp(moment: datetime) -> str:
    """Return a time in UTC as ISO 8601, to the second, e.g. ``2026-03-01T12:00:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def certificate(cert: x509.Certificate) -> JsonObject:
    """Return what identifies a certificate; names as in RFC 4514, the serial and digest in hex."""
    return {
        "subject": cert.subject.rfc4514_string(),
        "issuer": cert.issuer.rfc4514_string(),
        "serial": f"{cert.serial_number:x}",
        "not_before": timestamp(cert.not_valid_before_utc),
        "not_after": timestamp(cert.not_valid_after_utc),
        "sha256": cert.fingerprint(hashes.SHA256()).hex(),
    }


def step(report: StepReport, *, log: bool) -> JsonObject:
    """Return one step; ``mutual_authentication`` is added to its outcome.

    Without ``log`` its ``server_log`` is empty.
    """
    value = record(replace(report, server_log=report.server_log if log else ()), without=("recorder",))
    outcome = value["outcome"]
    if report.outcome is not None and isinstance(outcome, dict):
        outcome["mutual_authentication"] = report.outcome.mutual_authentication
    return value


def mistake(error: ScenarioError) -> JsonObject:
    """Return a mistake in a scenario file; line and column count from 1, 0: the whole file."""
    return {**record(error.place), "message": error.message, "fix": error.fix}


def case(finished: CaseFinished, evidence: PurePath | None, *, log: bool) -> JsonObject:
    """Return one finished case; ``evidence`` is the folder written for it, or null."""
    return {
        **record(finished.case),
        "result": finished.result.value,
        "seconds": plain(finished.seconds),
        "reason": finished.reason,
        "rerun": finished.rerun,
        "errors": [mistake(error) for error in finished.errors],
        "evidence": plain(evidence),
        "steps": [step(report, log=log) for report in finished.steps],
        "fleets": [curve(fleet) for fleet in finished.fleets],
    }


def curve(fleet: FleetCurve) -> JsonObject:
    """Return a fleet over time: shares from 0 to 1, every loss, the first and the last, and how many there were of each cause."""
    losses: list[Json] = [record(one) for one in fleet.losses]
    return {
        "name": fleet.name,
        "count": fleet.count,
        "readings": [
            {"at": timestamp(one.at), "connected": one.connected, "share": plain(one.connected / fleet.count)}
            for one in fleet.readings
        ],
        "first_loss": next(iter(losses), None),
        "last_loss": next(reversed(losses), None),
        "causes": dict(Counter(one.cause for one in fleet.losses)),
        "losses": losses,
    }


def event(entry: Event, *, step_index: int, offset: float) -> JsonObject:
    """Return a trace event with its wall-clock time; ``offset`` is wall clock minus harness clock, in seconds."""
    moment = datetime.fromtimestamp(entry.at + offset, UTC)
    return {
        "time": moment.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "at": plain(entry.at),
        "step": step_index,
        "actor": entry.actor.value,
        "event": entry.name,
        "detail": plain(entry.detail),
    }
