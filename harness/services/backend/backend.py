"""A back end: which tenant CAs it trusts, how it comes to trust them, and which devices it lets in."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from cryptography import x509
from cryptography.x509.oid import NameOID

from harness.services.backend.answers import Answer, Hole, Judgement, Reason
from harness.services.backend.registrations import VERIFIED, Registrations
from harness.services.backend.trust import Trust, mark, read_trust_file
from harness.services.backend.uploads import issued
from harness.services.backend.verification import judge_by_name, judge_by_signature

_DEVICE_ID = re.compile(r"[0-9A-Fa-f]{128}")


class Kind(StrEnum):
    """Whose steps a back end has."""

    IOT_HUB = "iot-hub"
    """As Azure IoT Hub: any number of registered CAs, each proven on its own."""
    IOT_CENTRAL = "iot-central"
    """As an enrollment group of Azure IoT Central: a primary and a secondary CA, each proven on its own."""
    OWN = "own"
    """A service of one's own: a file of CAs, read by OpenSSL."""


class IssuerChoice(StrEnum):
    """How a back end finds which of several trusted CAs has issued a certificate."""

    BY_NAME = "by-name"
    """All CAs in one store of OpenSSL, which chooses by name and key identifiers."""
    BY_SIGNATURE = "by-signature"
    """A store for each CA that shares its name with another: who has signed is found by trying."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a back end is. ``None``: as its kind does it.

    ``slots`` is how many CAs can be registered, 0: any number. ``device_ids_only``: whether it lets in those alone
    whose common name is a device ID.
    """

    kind: Kind
    verified_on_upload: bool = False
    slots: int | None = None
    partial_chain: bool | None = None
    issuer_choice: IssuerChoice | None = None
    device_ids_only: bool = True

    @property
    def managed(self) -> bool:
        """Whether CAs are registered and proven, rather than written into a file."""
        return self.kind is not Kind.OWN

    @property
    def places(self) -> int:
        """How many CAs can be registered; 0: any number."""
        return (2 if self.kind is Kind.IOT_CENTRAL else 0) if self.slots is None else self.slots

    @property
    def ends_anywhere(self) -> bool:
        """Whether a trusted CA that is no root ends a chain: a registered CA does, in OpenSSL a file's does not."""
        return self.managed if self.partial_chain is None else self.partial_chain

    @property
    def chooses(self) -> IssuerChoice:
        """How an issuer is found."""
        usual = IssuerChoice.BY_SIGNATURE if self.managed else IssuerChoice.BY_NAME
        return usual if self.issuer_choice is None else self.issuer_choice


class BackEnd:
    """One back end. ``random`` returns that many random octets.

    ``revoked`` returns the SHA-256 marks of CAs that are revoked at that time, as far as this back end learns of it.
    """

    def __init__(
        self,
        settings: Settings,
        random: Callable[[int], bytes],
        revoked: Callable[[datetime], frozenset[str]] = lambda _now: frozenset(),
    ) -> None:
        self.settings = settings
        self._revoked = revoked
        self._registrations = Registrations(
            random, slots=settings.places, verified_on_upload=settings.verified_on_upload
        )
        self._file = Trust(partial_chain=settings.ends_anywhere)
        self._issuers: tuple[x509.Certificate, ...] = ()

    @property
    def registrations(self) -> Registrations:
        """The registered CAs of a managed service."""
        return self._registrations

    @property
    def trust(self) -> Trust:
        """The CAs that decide now."""
        if not self.settings.managed:
            return self._file
        verified = [one.certificate for one in self._registrations.all() if one.status == VERIFIED]
        return Trust(tuple(verified), self.settings.ends_anywhere)

    def trust_file(self, content: bytes, issuers: Sequence[x509.Certificate] = ()) -> Answer:
        """Replace the trust file of a service of one's own; one that OpenSSL cannot read changes nothing.

        ``issuers``: the CAs, out of all that the file leads to, whose devices are let in; empty: all of them.
        """
        read = read_trust_file(content, partial_chain=self.settings.ends_anywhere)
        if isinstance(read, Answer):
            return read
        self._file = read
        self._issuers = tuple(issuers)
        return Answer()

    def judge(self, chain: Sequence[x509.Certificate], now: datetime) -> Judgement:
        """Return whether the device that has sent this chain, its own certificate first, gets in at that time."""
        if not chain:
            return Judgement(Reason.NO_CERTIFICATE, "the device has sent no certificate")
        judge = judge_by_name if self.settings.chooses is IssuerChoice.BY_NAME else judge_by_signature
        judgement = judge(chain, self.trust, now)
        if not judgement.accepted:
            return self._unverified(chain[0]) or judgement
        refusal = self._refused_issuer(judgement.path, now) or self._refused_name(chain[0])
        if refusal is not None:
            return replace(refusal, path=judgement.path)
        return replace(judgement, holes=self._holes(judgement.path))

    def trusts(self, authority: x509.Certificate, above: Sequence[x509.Certificate], now: datetime) -> bool:
        """Return whether devices of a tenant CA would be let in, as far as that CA is concerned.

        ``above`` are the CAs over it, which its devices send along.
        """
        if mark(authority) in self._revoked(now):
            return False
        if self._issuers:
            return authority in self._issuers
        if self.trust.holds(authority) and self.settings.ends_anywhere:
            return True
        unlimited = Trust(self.trust.certificates, self.settings.ends_anywhere)
        reason = judge_by_signature((authority, *above), unlimited, now).reason
        return reason in {None, Reason.WRONG_PURPOSE}

    def _unverified(self, leaf: x509.Certificate) -> Judgement | None:
        """Return the refusal that is to be blamed on a registration which lacks its proof."""
        for one in self._registrations.all():
            if one.status != VERIFIED and issued(leaf, one.certificate):
                return Judgement(Reason.CA_UNVERIFIED, f"the CA registered as {one.name} is {one.status}")
        return None

    def _refused_issuer(self, path: Sequence[x509.Certificate], now: datetime) -> Judgement | None:
        issuer = path[1] if len(path) > 1 else path[0]
        if any(mark(one) in self._revoked(now) for one in path[1:]):
            return Judgement(Reason.CA_REVOKED, "a CA above the device's certificate is revoked")
        if not self._issuers or issuer in self._issuers:
            return None
        if any(one.subject == issuer.subject for one in self._issuers):
            return Judgement(Reason.ISSUER_UNKNOWN, "that CA of the tenant is not on the list of issuers")
        return Judgement(
            Reason.ANOTHER_TENANT, "the device belongs to a tenant that is not on the list of issuers"
        )

    def _refused_name(self, leaf: x509.Certificate) -> Judgement | None:
        if not self.settings.device_ids_only or _is_device(leaf):
            return None
        return Judgement(Reason.NOT_A_DEVICE, "the common name is no device ID of 128 hexadecimal digits")

    def _holes(self, path: Sequence[x509.Certificate]) -> tuple[Hole, ...]:
        holes = []
        if len(path) > 1 and not self._issuers and not self.trust.holds(path[1]):
            holes.append(Hole.EVERY_TENANT)
        if not _is_device(path[0]):
            holes.append(Hole.PROOF_AS_DEVICE)
        return tuple(holes)


def _is_device(certificate: x509.Certificate) -> bool:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return len(names) == 1 and bool(_DEVICE_ID.fullmatch(str(names[0].value)))
