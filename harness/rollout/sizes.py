"""How large certificates are, as far as their files say; no private key is ever read."""

from __future__ import annotations

from pathlib import Path

from harness.rollout.plan import CertificateFacts


def certificate_facts(folder: Path, public: str, private: str = "", password: int = 0) -> CertificateFacts:
    """Return size and identity of a certificate whose files are named relative to a folder.

    ``password`` are the octets of its password. What is not there has no size, and is nobody else's.
    """
    certificate = _octets(folder, public)
    if certificate is None:
        return CertificateFacts()
    key = _octets(folder, private) if private else 0
    identity = str((folder / public).resolve())
    if key is None:
        return CertificateFacts(identity=identity)
    return CertificateFacts(certificate, key + password, identity)


def _octets(folder: Path, name: str) -> int | None:
    try:
        file = folder / name
        return file.stat().st_size if file.is_file() else None
    except OSError:
        return None
