from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from harness.services.security.service import SecurityService

START = datetime(2024, 3, 1, 12, tzinfo=UTC)
DEVICE = "0123456789abcdef" * 8
KEY = ec.generate_private_key(ec.SECP384R1())

Verify = Callable[..., str]


@pytest.fixture
def service() -> SecurityService:
    return SecurityService(beginning=START)


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(one.public_bytes(Encoding.PEM) for one in certificates)


def openssl(*words: str, given: bytes = b"") -> str:
    done = subprocess.run(["openssl", *words], input=given, capture_output=True, check=False)
    return (done.stdout + done.stderr).decode()


@pytest.fixture
def verify(tmp_path: Path) -> Verify:
    """Let `openssl verify` judge a leaf at a time, and return what it says."""

    def judge(
        leaf: x509.Certificate,
        at: datetime,
        trusted: Iterable[x509.Certificate],
        untrusted: Iterable[x509.Certificate] = (),
        *options: str,
    ) -> str:
        files = {"leaf": pem(leaf), "trusted": pem(*trusted), "untrusted": pem(*untrusted)}
        for name, data in files.items():
            (tmp_path / name).write_bytes(data)
        words = [
            "verify",
            "-attime",
            str(int(at.timestamp())),
            "-CAfile",
            str(tmp_path / "trusted"),
            *options,
        ]
        if files["untrusted"]:
            words += ["-untrusted", str(tmp_path / "untrusted")]
        return openssl(*words, str(tmp_path / "leaf"))

    return judge
