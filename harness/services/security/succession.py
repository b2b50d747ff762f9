"""The line of CAs of one tenant: who is issued when, who is Active, and what is said of each.

Everything follows from the dates and from what was revoked. CAs that are due are issued when somebody looks,
with the dates that they would have had; looking at an earlier time shows what was there then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509

from harness.services.security.lifecycle import LifeCycle, Meaning
from harness.services.security.shapes import EcKey, serial_name, thumbprint


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA of a tenant with its private key.

    ``issued`` is when it came to be, ``takes_over`` when it is to become the Active one.
    """

    certificate: x509.Certificate
    key: EcKey = field(repr=False)
    issued: datetime
    takes_over: datetime
    revoked: datetime | None = None

    @property
    def thumbprint(self) -> str:
        """SHA-1 in upper-case hexadecimal digits."""
        return thumbprint(self.certificate)

    @property
    def serial_name(self) -> str:
        """The name in the integrated listing: its serial number in hexadecimal digits."""
        return serial_name(self.certificate)

    @property
    def not_after(self) -> datetime:
        """The last second in which it is valid, in UTC."""
        return self.certificate.not_valid_after_utc

    def is_revoked(self, now: datetime) -> bool:
        """Whether it was revoked by then."""
        return self.revoked is not None and self.revoked <= now

    def is_good(self, now: datetime) -> bool:
        """Whether it may sign at that time: issued, neither ended nor revoked."""
        return self.issued <= now <= self.not_after and not self.is_revoked(now)


Make = Callable[[datetime, datetime], Authority]
"""Makes a CA: when it is issued, and when it takes over."""


def issue_due(line: list[Authority], lifecycle: LifeCycle, now: datetime, make: Make) -> bool:
    """Issue all successors that are due by then; whether there were any."""
    before = len(line)
    while True:
        at = _next_issue(line, lifecycle)
        if at > now:
            return len(line) > before
        last = _last_unrevoked(line)
        over = min(at + lifecycle.activation, last.not_after) if last else at
        line.append(make(at, over))


def active(line: Iterable[Authority], now: datetime) -> Authority | None:
    """Return the CA that signs at that time: the latest that has taken over, else the next that can."""
    good = [one for one in line if one.is_good(now)]
    over = [one for one in good if one.takes_over <= now]
    # Where the Active one was revoked, nobody waits for the day on which its successor was to follow.
    return over[-1] if over else next(iter(good), None)


def meaning(one: Authority, current: Authority | None, now: datetime) -> Meaning:
    """Return what is to be said of a CA at that time, when ``current`` is the Active one."""
    if one.is_revoked(now):
        return Meaning.REVOKED
    if now > one.not_after:
        return Meaning.EXPIRED
    if one is current:
        return Meaning.ACTIVE
    return Meaning.NEW if one.takes_over > now else Meaning.RETIRED


def _last_unrevoked(line: Iterable[Authority]) -> Authority | None:
    good = [one for one in line if one.revoked is None]
    return good[-1] if good else None


def _next_issue(line: Iterable[Authority], lifecycle: LifeCycle) -> datetime:
    """Return when the next CA is issued: before the end of the last good one, or when that was revoked."""
    revoked = [one.revoked for one in line if one.revoked is not None]
    last = _last_unrevoked(line)
    due = [lifecycle.successor_issued(last.not_after)] if last else []
    return max([*revoked, *due])
