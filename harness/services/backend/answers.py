"""What a back end answers, to who configures it and to devices, as one closed list of reasons."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cryptography import x509


class Reason(StrEnum):
    """Why a back end did not do what it was asked, or did not let a device in."""

    # to an upload
    NOT_A_CERTIFICATE = "not-a-certificate"
    NOT_A_CA = "not-a-ca"
    CA_EXPIRED = "ca-expired"
    ALREADY_REGISTERED = "already-registered"
    NO_SLOT_FREE = "no-slot-free"
    # to a verification code or a proof
    NOT_REGISTERED = "not-registered"
    ALREADY_VERIFIED = "already-verified"
    CODE_MISSING = "code-missing"
    CODE_DIFFERS = "code-differs"
    PROOF_EXPIRED = "proof-expired"
    PROOF_NOT_YET_VALID = "proof-not-yet-valid"
    PROOF_OF_ANOTHER_CA = "proof-of-another-ca"
    # to a trust file
    NO_CERTIFICATES = "no-certificates"
    # to a device
    NO_CERTIFICATE = "no-certificate"
    CERTIFICATE_EXPIRED = "certificate-expired"
    CERTIFICATE_NOT_YET_VALID = "certificate-not-yet-valid"
    ISSUING_CA_EXPIRED = "issuing-ca-expired"
    ISSUING_CA_NOT_YET_VALID = "issuing-ca-not-yet-valid"
    ISSUER_UNKNOWN = "issuer-unknown"
    ISSUER_AMBIGUOUS = "issuer-ambiguous"
    CHAIN_INCOMPLETE = "chain-incomplete"
    SIGNATURE_WRONG = "signature-wrong"
    WRONG_PURPOSE = "wrong-purpose"
    CERTIFICATE_UNACCEPTABLE = "certificate-unacceptable"
    CA_UNVERIFIED = "ca-unverified"
    CA_REVOKED = "ca-revoked"
    ANOTHER_TENANT = "another-tenant"
    NOT_A_DEVICE = "not-a-device"


class Hole(StrEnum):
    """What a back end accepts and should not."""

    EVERY_TENANT = "every-tenant"
    """A CA above the tenants is trusted and nothing else is asked, so that every tenant's devices get in."""
    PROOF_AS_DEVICE = "proof-as-device"
    """Whatever the tenant CA has signed is taken for a device, proofs of possession included."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a change of the back end's trust: no reason means that it was done.

    ``status`` is the portal's word, Unverified or Verified, ``code`` the verification code where one is due.
    """

    reason: Reason | None = None
    detail: str = ""
    status: str = ""
    code: str = ""

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return self.reason is None


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a device gets in, and why not.

    ``number`` and ``depth`` are OpenSSL's (X509_V_ERR_*, depth 0 is the device's own certificate), where it was
    OpenSSL that refused; ``path`` is the verified one, the device's certificate first. ``holes`` are those
    without which this device would not have got in.
    """

    reason: Reason | None
    detail: str = ""
    number: int = 0
    depth: int = 0
    path: tuple[x509.Certificate, ...] = ()
    holes: tuple[Hole, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether the device gets in."""
        return self.reason is None
