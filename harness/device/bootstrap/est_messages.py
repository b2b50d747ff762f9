"""What a device sends to an EST service, and what it makes of each answer (RFC 7030 4).

An answer that is not what was asked for is a value with the place and the cause; nothing here raises.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from cryptography import x509

from harness.errors import one_line
from harness.pki.csr_attributes import CsrAttributes, decode_csr_attributes
from harness.pki.est_messages import PKCS10, UnreadableBody, decode_certificates, encode_request

T = TypeVar("T")

_LONGEST_REASON = 200
"""Characters of a service's reason that are quoted."""


class EstCause(StrEnum):
    """Why an EST service did not give what it was asked for, or why the device does not use what it gave."""

    REFUSED = "refused-by-service"
    """Any status that is neither 200 nor 202; the detail quotes it."""
    CONTENT_TYPE = "content-type-wrong"
    PEM = "body-is-pem"
    HTML = "body-is-html"
    UNREADABLE = "body-unreadable"
    NO_CERTIFICATE = "certificate-not-received"
    KEY_NOT_OFFERED = "key-type-unknown"
    """The service wants a kind of key that the device cannot make."""
    ANOTHER_KEY = "certificate-of-another-key"
    NO_ROOT = "root-ca-not-received"
    """No root CA came with which the client certificate verifies."""
    NOT_VALID_NOW = "certificate-not-valid-now"
    RETRY_AFTER = "retry-after-missing"
    """The service says that it needs time, and not how much (RFC 7030 4.2.3)."""


@dataclass(frozen=True, slots=True)
class EstFailure:
    """How an enrolment failed: the operation, why, one sentence without secrets, and the status of a refusal."""

    place: str
    cause: EstCause
    detail: str
    status: int = 0

    def __str__(self) -> str:
        return f"{self.place}: {self.cause}: {self.detail}"


@dataclass(frozen=True, slots=True)
class EstCall:
    """A request as the device sends it; ``operation`` is the last part of the path."""

    operation: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    body: bytes = b""

    def path(self, label: str = "") -> str:
        """Return the path, for a CA with that label where there are several (RFC 7030 3.2.2)."""
        return f"/.well-known/est/{label}/{self.operation}" if label else f"/.well-known/est/{self.operation}"


@dataclass(frozen=True, slots=True)
class EstAnswer:
    """What came back; header names in lower case, ``now`` is the device's time."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    now: datetime


@dataclass(frozen=True, slots=True)
class Later:
    """The request was taken, and the device shall repeat it after ``wait``."""

    wait: timedelta


CACERTS = EstCall("cacerts", headers={"accept": "application/pkcs7-mime"})
CSRATTRS = EstCall("csrattrs", headers={"accept": "application/csrattrs"})


def enrolment(request: x509.CertificateSigningRequest, *, again: bool) -> EstCall:
    """Return the call that asks for a certificate, for the first time or in place of the one presented in TLS."""
    headers = {"content-type": PKCS10, "content-transfer-encoding": "base64"}
    return EstCall("simplereenroll" if again else "simpleenroll", "POST", headers, encode_request(request))


def read_certificates(place: str, answer: EstAnswer) -> tuple[x509.Certificate, ...] | EstFailure:
    """Read certificates, of CAs or the issued one."""
    # cacerts may leave out smime-type (RFC 7030 4.1.3), and the media type is what counts.
    return _read(place, answer, {"application/pkcs7-mime"}, decode_certificates)


def read_issued(place: str, answer: EstAnswer) -> tuple[x509.Certificate, ...] | Later | EstFailure:
    """Read the answer to an enrolment."""
    if answer.status != 202:
        return read_certificates(place, answer)
    wait = _retry_after(answer)
    if wait is None:
        return EstFailure(place, EstCause.RETRY_AFTER, "202 without a Retry-After that can be read")
    return Later(wait)


def read_attributes(place: str, answer: EstAnswer) -> CsrAttributes | EstFailure | None:
    """Read what the service wants to see in a request; ``None`` when it has no wishes (204 and 404, 4.5.2)."""
    if answer.status in {204, 404}:
        return None
    return _read(place, answer, {"application/csrattrs"}, decode_csr_attributes)


def _read(place: str, answer: EstAnswer, types: set[str], decode: Callable[[bytes], T]) -> T | EstFailure:
    if answer.status != 200:
        return EstFailure(place, EstCause.REFUSED, f"{answer.status}{_reason(answer)}", answer.status)
    content_type = _content_type(answer)
    if content_type not in types:
        kind = _kind(answer.body, decode)
        if kind in {EstCause.PEM, EstCause.HTML}:
            return EstFailure(place, kind, f"{_words(kind)} of type {content_type or 'unknown'}")
        wanted = ", ".join(sorted(types))
        return EstFailure(
            place, EstCause.CONTENT_TYPE, f"the answer is of type {content_type or 'unknown'}, not {wanted}"
        )
    try:
        return decode(answer.body)
    except UnreadableBody as error:
        return EstFailure(place, _CAUSES.get(error.kind, EstCause.UNREADABLE), str(error))


_CAUSES = {
    "pem": EstCause.PEM,
    "html": EstCause.HTML,
    "no-certificate": EstCause.NO_CERTIFICATE,
    "empty": EstCause.NO_CERTIFICATE,
}


def _kind(body: bytes, decode: Callable[[bytes], object]) -> EstCause | None:
    try:
        decode(body)
    except UnreadableBody as error:
        return _CAUSES.get(error.kind)
    return None


def _words(cause: EstCause) -> str:
    return "the body is PEM" if cause is EstCause.PEM else "the body is an HTML or XML page"


def _content_type(answer: EstAnswer) -> str:
    return answer.headers.get("content-type", "").partition(";")[0].strip().lower()


def _reason(answer: EstAnswer) -> str:
    """Return the first line of a plain text that explains a status; a page or an object explains nothing here."""
    if _content_type(answer) != "text/plain":
        return f" with a body of type {_content_type(answer)}" if answer.body else ""
    lines = answer.body[: 4 * _LONGEST_REASON].decode("utf-8", "replace").splitlines()
    return f": {one_line(lines[0][:_LONGEST_REASON])}" if lines else ""


def _retry_after(answer: EstAnswer) -> timedelta | None:
    """Read Retry-After, seconds or a date (RFC 9110 10.2.3); a date counts from the device's time."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return timedelta(seconds=int(text))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(moment - answer.now, timedelta())
