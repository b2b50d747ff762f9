"""Registered CAs of a managed service: uploaded, proven, verified.

The steps are those of both documented services: upload the CA, ask for a verification code, have the Security
Service sign a certificate with that code as its name, upload that. The code is good for one proof.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from harness.services.backend.answers import Answer, Reason
from harness.services.backend.uploads import is_ca, issued, read_certificate

UNVERIFIED, VERIFIED = "Unverified", "Verified"
"""The portals' words for a registration."""
_CODE_OCTETS = 24


@dataclass(slots=True)
class Registration:
    """A CA that was uploaded, under the name that it was given.

    ``code`` is the verification code that is due; empty: none is.
    """

    name: str
    certificate: x509.Certificate
    status: str
    code: str = ""


class Registrations:
    """All registered CAs of a service, in the order of their upload.

    ``slots`` is how many there is room for; 0: any number. ``random`` returns that many random octets.
    """

    def __init__(
        self, random: Callable[[int], bytes], *, slots: int = 0, verified_on_upload: bool = False
    ) -> None:
        self._random = random
        self._slots = slots
        self._verified_on_upload = verified_on_upload
        self._by_name: dict[str, Registration] = {}

    def all(self) -> tuple[Registration, ...]:
        """Return all registrations, the oldest first."""
        return tuple(self._by_name.values())

    def upload(self, name: str, content: bytes, now: datetime) -> Answer:
        """Register a CA from a file with one certificate, PEM or DER. A name that is taken is not given again."""
        certificate = read_certificate(content)
        if isinstance(certificate, str):
            return Answer(Reason.NOT_A_CERTIFICATE, f"the file is {certificate}")
        refusal = self._refusal(name, certificate, now)
        if refusal is not None:
            return refusal
        status = VERIFIED if self._verified_on_upload else UNVERIFIED
        self._by_name[name] = Registration(name, certificate, status)
        return Answer(status=status)

    def new_code(self, name: str) -> Answer:
        """Make a verification code; an earlier one of the same registration is worthless from here on."""
        registration = self._by_name.get(name)
        if registration is None:
            return _unknown(name)
        if registration.status == VERIFIED:
            return Answer(Reason.ALREADY_VERIFIED, f"{name} is Verified already", VERIFIED)
        registration.code = self._random(_CODE_OCTETS).hex().upper()
        return Answer(status=registration.status, code=registration.code)

    def prove(self, name: str, content: bytes, now: datetime) -> Answer:
        """Take a proof of possession: signed by the CA, named by the code that is due, valid now, and used once."""
        registration = self._by_name.get(name)
        if registration is None:
            return _unknown(name)
        if not registration.code:
            return Answer(Reason.CODE_MISSING, f"no verification code of {name} is due", registration.status)
        proof = read_certificate(content)
        if isinstance(proof, str):
            return Answer(Reason.NOT_A_CERTIFICATE, f"the proof is {proof}", registration.status)
        refusal = _refused_proof(proof, registration, now)
        if refusal is not None:
            return Answer(*refusal, status=registration.status)
        registration.code = ""
        registration.status = VERIFIED
        return Answer(status=VERIFIED)

    def remove(self, name: str) -> Answer:
        """Forget a registration; the CA is not trusted from here on."""
        return Answer() if self._by_name.pop(name, None) else _unknown(name)

    def _refusal(self, name: str, certificate: x509.Certificate, now: datetime) -> Answer | None:
        if not is_ca(certificate):
            return Answer(Reason.NOT_A_CA, "the certificate is none of a CA")
        if certificate.not_valid_after_utc < now:
            return Answer(
                Reason.CA_EXPIRED, f"the CA has ended at {certificate.not_valid_after_utc:%Y-%m-%d %H:%M}Z"
            )
        mark = certificate.fingerprint(hashes.SHA256())
        for other in self._by_name.values():
            if other.name == name or other.certificate.fingerprint(hashes.SHA256()) == mark:
                return Answer(
                    Reason.ALREADY_REGISTERED, f"that is registered already, as {other.name}", other.status
                )
        if self._slots and len(self._by_name) >= self._slots:
            return Answer(
                Reason.NO_SLOT_FREE, f"all {self._slots} places for CAs are taken; remove one first"
            )
        return None


def _refused_proof(
    proof: x509.Certificate, registration: Registration, now: datetime
) -> tuple[Reason, str] | None:
    # The signature first: of a certificate that somebody else has signed no other word counts.
    if not issued(proof, registration.certificate):
        return (
            Reason.PROOF_OF_ANOTHER_CA,
            f"the proof is not signed by the CA that is registered as {registration.name}",
        )
    names = proof.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    # Codes are hexadecimal digits; whether portals care about their case is not known, so this one does.
    if [name.value for name in names] != [registration.code]:
        return Reason.CODE_DIFFERS, "the proof's common name is not the verification code that is due"
    if now > proof.not_valid_after_utc:
        return Reason.PROOF_EXPIRED, f"the proof has ended at {proof.not_valid_after_utc:%Y-%m-%d %H:%M}Z"
    if now < proof.not_valid_before_utc:
        return Reason.PROOF_NOT_YET_VALID, f"the proof begins at {proof.not_valid_before_utc:%Y-%m-%d %H:%M}Z"
    return None


def _unknown(name: str) -> Answer:
    return Answer(Reason.NOT_REGISTERED, f"no CA is registered as {name}")
