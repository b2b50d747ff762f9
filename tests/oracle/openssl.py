"""``openssl verify`` as a witness: which error it meets first, and for which certificate."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

_ERROR = re.compile(r"^error (?P<number>\d+) at (?P<depth>\d+) depth lookup", re.MULTILINE)
_SUBJECT = re.compile(r"CN ?= ?(?P<cn>[^,\n]+)")
LAZY = ("-no_check_time", "-auth_level", "0", "-purpose", "any")
"""Options for the question whether there is a path at all."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """The first error (X509_V_ERR number), its depth, and the common name of the certificate it is about."""

    number: int
    depth: int
    common_name: str


@dataclass(frozen=True, slots=True)
class Chain:
    """What is verified: leaf first, the anchors it may end in, further CAs that may be used, CRLs."""

    sent: Sequence[x509.Certificate]
    anchors: Sequence[x509.Certificate]
    beside: Sequence[x509.Certificate] = ()
    crls: Sequence[x509.CertificateRevocationList] = field(default=())


def verify(
    chain: Chain, folder: Path, *options: str, tolerated: frozenset[int] = frozenset()
) -> Complaint | None:
    """Return what ``openssl verify`` complains of first, but for ``tolerated`` errors; ``None`` when the chain is good.

    Raises RuntimeError as :func:`complaints` does.
    """
    said = complaints(chain, folder, *options)
    return next((one for one in said if one.number not in tolerated), None)


def complaints(chain: Chain, folder: Path, *options: str) -> Sequence[Complaint]:
    """Return what ``openssl verify`` complains of, in its order; empty when the chain is good.

    It goes on after errors 12 (a CRL that has expired), 9 and 10, as FreeRADIUS does where it is told to
    tolerate them. Raises RuntimeError when it says neither.
    """
    files = {
        "leaf.pem": _pem(chain.sent[:1]),
        "untrusted.pem": _pem([*chain.sent[1:], *chain.beside]),
        "anchors.pem": _pem(chain.anchors) + b"".join(one.public_bytes(Encoding.PEM) for one in chain.crls),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    words = ["openssl", "verify", "-no-CApath", "-no-CAstore", "-CAfile", "anchors.pem", *options]
    words += ["-untrusted", "untrusted.pem"] if files["untrusted.pem"] else []
    done = subprocess.run([*words, "leaf.pem"], cwd=folder, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    errors = list(_ERROR.finditer(said))
    if not errors and done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {said}")
    return [_complaint(error, said) for error in errors]


def _complaint(error: re.Match[str], said: str) -> Complaint:
    # The subject stands in the line above its error.
    above = list(_SUBJECT.finditer(said[: error.start()]))
    return Complaint(int(error["number"]), int(error["depth"]), above[-1]["cn"].strip() if above else "")


def at(moment: datetime) -> tuple[str, ...]:
    """Return the option that sets the time."""
    return "-attime", str(int(moment.timestamp()))


def by_common_name(certificates: Mapping[str, x509.Certificate], name: str) -> str:
    """Return what a scenario calls the certificate with a common name."""
    return next(key for key, one in certificates.items() if common_name(one) == name)


def common_name(certificate: x509.Certificate) -> str:
    """Return the common name of the subject."""
    return str(certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value)


def _pem(certificates: Sequence[x509.Certificate]) -> bytes:
    return b"".join(one.public_bytes(Encoding.PEM) for one in certificates)
