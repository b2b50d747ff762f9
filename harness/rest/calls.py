"""A call of the interface and its answer, as values; what is in a body is checked here.

Properties that are not known are ignored: public clients send some.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from harness.device.device import Device
from harness.device.results import StoreResult, WifiResult
from harness.device.selection import Offer
from harness.rest.documents import Document
from harness.rest.numbers import Error, Refused, RequestError

Body = dict[str, object]


@dataclass(frozen=True, slots=True)
class Call:
    """One request: the variable part of its path, decoded, and its body. Bodies hold secrets."""

    part: str = ""
    body: Body = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: a JSON document, or octets."""

    document: Document = field(default_factory=dict)
    status: int = 200
    octets: bytes | None = None


@dataclass(slots=True)
class Surroundings:
    """What the interface knows beside the device itself, for as long as it is served.

    ``address`` is where it listens; ``offers`` gives the access points in the air; ``trying`` is true
    while an association runs; ``journal`` has a line for every association.
    """

    address: str = "127.0.0.1"
    offers: Callable[[Device], tuple[Offer, ...]] = lambda _device: ()
    uptime: Callable[[], float] = time.monotonic
    trying: bool = False
    power_savings: bool = False
    journal: list[str] = field(default_factory=list)
    _started: float = 0.0

    def start(self) -> None:
        """Count the uptime from now on."""
        self._started = self.uptime()

    def seconds_up(self) -> int:
        """Return the whole seconds since the start."""
        return int(self.uptime() - self._started)


Handler = Callable[[Device, Call, Surroundings], Reply]


def parse(data: bytes) -> Body:
    """Read a body; raises :class:`Refused` for one that is empty or no JSON object."""
    if not data.strip():
        raise Refused(RequestError.DATA_EXPECTED, "the body is empty")
    try:
        body: object = json.loads(data.decode(), parse_constant=_no_number)
        # Half of a surrogate pair is no text, though it can be written.
        json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise Refused(RequestError.INVALID_JSON, "the body is no JSON object")
    return body


def _no_number(word: str) -> object:
    raise ValueError(f"{word} is no JSON")


def text(body: Body, name: str, wrong: Error = RequestError.INVALID_DATA) -> str | None:
    """Return a string of the body, ``None`` when it is left out; raises :class:`Refused`."""
    value = body.get(name)
    if value is None or isinstance(value, str):
        return value
    raise Refused(wrong, f"{name} is no string")


def flag(body: Body, name: str, wrong: Error = RequestError.INVALID_DATA) -> bool | None:
    """Return a truth value of the body, ``None`` when it is left out; raises :class:`Refused`."""
    value = body.get(name)
    if value is None or isinstance(value, bool):
        return value
    raise Refused(wrong, f"{name} is neither true nor false")


def done(result: StoreResult | WifiResult) -> Reply:
    """Return the empty answer of a change that was made; raises :class:`Refused`."""
    if not result.ok:
        raise Refused(result.number, result.text)
    return Reply()
