"""Who gets a certificate: the decision that every protocol of the issuing service shares."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from threading import Lock

from cryptography import x509
from cryptography.x509.oid import NameOID

from harness.services.web.trust import ChainFailure, ClientTrust

_DEVICE_ID = re.compile(r"[0-9a-f]{128}")
_EXPIRED, _NOT_YET_VALID = 10, 9
"""X509_V_ERR numbers."""


class RefusalWord(StrEnum):
    """Why the issuing service refuses."""

    NO_CERTIFICATE = "no-client-certificate"
    EXPIRED = "certificate-expired"
    NOT_YET_VALID = "certificate-not-yet-valid"
    UNTRUSTED = "certificate-untrusted"
    """No CA of the tenant issued it, or the chain does not verify for another reason that the text names."""
    NO_DEVICE = "not-a-device"
    """Its common name is no device ID, as that of a proof of possession."""
    OTHER_DEVICE = "other-device"
    """A certificate for another device is asked for than the one that asks."""
    NOT_ALLOWED = "not-on-the-allow-list"
    TOO_MANY = "rate-limit"
    ALREADY_ISSUED = "already-issued"


@dataclass(frozen=True, slots=True)
class Permit:
    """The device gets what it asked for; its ID is in lower case and whole."""

    device_id: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """It does not: HTTP status, one word and one sentence without secrets. ``retry_after`` is in seconds."""

    status: int
    word: RefusalWord
    reason: str
    retry_after: int | None = None


def device_id_of(certificate: x509.Certificate) -> str:
    """Return the device ID that a certificate names: its only common name, whole and in lower case.

    It has 128 hexadecimal digits, twice what X.520 allows a common name (ub-common-name 64); whoever cuts it
    takes one device for another. Empty where there is no such name.
    """
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    found = str(names[0].value).lower() if len(names) == 1 else ""
    return found if _DEVICE_ID.fullmatch(found) else ""


@dataclass(slots=True)
class Policy:
    """The rules of one issuing service; safe to use from several threads.

    ``trust`` tells at a given time whom it believes to be a device of its tenant. ``allow`` are the IDs of the devices that
    get something, in any case of letters; ``None``: all of the tenant. A device gets at most ``most`` client
    certificates ``per`` interval; ``None``: any number.
    """

    trust: Callable[[datetime], ClientTrust]
    allow: frozenset[str] | None = None
    most: int | None = 3
    per: timedelta = timedelta(hours=1)
    believes_anybody: bool = False
    """Whether every certificate is taken for a device's: the hook of the public sample, which always says true."""
    _issued: dict[str, deque[datetime]] = field(default_factory=dict, init=False, repr=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    def decide(
        self,
        peer_chain: Sequence[x509.Certificate],
        device_id: str | None,
        now: datetime,
        *,
        issues: bool = True,
    ) -> Permit | Refusal:
        """Decide on a request: who asks, for which device (``None``: for itself), and when.

        A permit with ``issues`` counts against the rate limit; one for what is public, as a root CA, does not.
        """
        if not peer_chain:
            return Refusal(401, RefusalWord.NO_CERTIFICATE, "the client presented no certificate")
        if self.believes_anybody:
            return Permit(device_id_of(peer_chain[0]) or _simple_name(peer_chain[0]))
        asking = self._identified(peer_chain, now)
        if isinstance(asking, Refusal):
            return asking
        if device_id is not None and device_id.lower() != asking:
            text = "a device gets certificates for itself alone"
            return Refusal(403, RefusalWord.OTHER_DEVICE, text)
        return self.permit(asking, now, issues=issues)

    def permit(self, device_id: str, now: datetime, *, issues: bool = True) -> Permit | Refusal:
        """Decide on a device whose ID is proven already, in lower case: the allow list and the rate limit."""
        if self.allow is not None and device_id not in {one.lower() for one in self.allow}:
            text = f"device {device_id[:8]}... is not on the allow list"
            return Refusal(403, RefusalWord.NOT_ALLOWED, text)
        return (self._counted(device_id, now) if issues else None) or Permit(device_id)

    def _identified(self, peer_chain: Sequence[x509.Certificate], now: datetime) -> str | Refusal:
        """Return the ID of the device of the tenant that a chain proves."""
        failure = self.trust(now).failure(peer_chain, now)
        if failure is not None:
            return _distrusted(failure)
        asking = device_id_of(peer_chain[0])
        text = "the certificate's common name is no device ID"
        return asking or Refusal(403, RefusalWord.NO_DEVICE, text)

    def _counted(self, device_id: str, now: datetime) -> Refusal | None:
        if self.most is None:
            return None
        with self._lock:
            times = self._issued.setdefault(device_id, deque())
            while times and times[0] <= now - self.per:
                times.popleft()
            if len(times) < self.most:
                times.append(now)
                return None
            wait = int((times[0] + self.per - now).total_seconds()) + 1
        text = f"device {device_id[:8]}... had {self.most} certificates a moment ago"
        return Refusal(429, RefusalWord.TOO_MANY, text, wait)


def _distrusted(failure: ChainFailure) -> Refusal:
    if failure.number in {_EXPIRED, _NOT_YET_VALID}:
        word = RefusalWord.EXPIRED if failure.number == _EXPIRED else RefusalWord.NOT_YET_VALID
        return Refusal(403, word, f"the client's certificate does not count now: {failure}")
    return Refusal(403, RefusalWord.UNTRUSTED, f"the client is no device of this tenant: {failure}")


def _simple_name(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""
