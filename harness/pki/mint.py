"""Issues what specs ask for, each certificate once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import count
from threading import Lock

from cryptography import x509

from harness.pki.build import ENDED_AGO, build_certificate, build_crl
from harness.pki.credential import Credential
from harness.pki.keys import KeyPool, KeyType, PrivateKey
from harness.pki.once import OncePerKey
from harness.pki.spec import CertificateSpec, Defect, Profile, SpecError, lineage

Lineage = tuple[CertificateSpec, ...]
"""A spec and its issuers, the root last: equal lineages are the same certificate."""

_CrlKey = tuple[Lineage, tuple[Lineage, ...], timedelta, bool, timedelta]

_STRANGER = "a CA that nobody knows"


class Mint:
    """Makes credentials and revocation lists for one run; safe to use from several threads.

    ``now`` is the time of the run, with a time zone; validity is relative to it. Keys come from the
    pool by the certificate's name, so certificates that differ in other points share one.
    """

    def __init__(self, pool: KeyPool, now: datetime) -> None:
        if now.tzinfo is None:
            raise ValueError("the time of a run needs a time zone; use datetime.now(UTC)")
        self._pool = pool
        self._now = now.replace(microsecond=0)
        self._made: OncePerKey[Lineage, Credential] = OncePerKey()
        self._strangers: OncePerKey[KeyType, Credential] = OncePerKey()
        self._crls: OncePerKey[_CrlKey, x509.CertificateRevocationList] = OncePerKey()
        self._lock = Lock()
        self._crl_numbers = count(1)

    def issue(self, name: str, specs: Mapping[str, CertificateSpec]) -> Credential:
        """Return the credential of that name; equal specs, issuers included, give the very same one.

        Raises :class:`harness.pki.spec.SpecError` when the specs do not fit together.
        """
        return self._credential(lineage(name, specs))

    def crl(
        self,
        issuer_name: str,
        specs: Mapping[str, CertificateSpec],
        revoked: Iterable[str] = (),
        next_update: timedelta = timedelta(days=7),
        *,
        expired: bool = False,
        after: timedelta = timedelta(),
    ) -> x509.CertificateRevocationList:
        """Return a CRL of that issuer: every spec under it with the defect revoked, and those named.

        ``next_update`` counts from now, an expired CRL ended half an hour ago instead; ``after`` is added to now. Raises
        :class:`harness.pki.spec.SpecError` when the issuer is no CA or did not issue what is named.
        """
        line = lineage(issuer_name, specs)
        if not line[0].profile.is_ca:
            raise SpecError(f"certificate {issuer_name!r} is a {line[0].profile}; only a CA has a CRL")
        lines = tuple(lineage(name, specs) for name in _revoked_names(issuer_name, specs, revoked))
        # The same list is the same CRL, so that servers that hold it can be shared.
        key = (line, lines, next_update, expired, after)
        return self._crls.get(key, lambda: self._make_crl(*key))

    def _make_crl(
        self,
        line: Lineage,
        revoked: tuple[Lineage, ...],
        next_update: timedelta,
        expired: bool,  # noqa: FBT001 - part of a key
        after: timedelta,
    ) -> x509.CertificateRevocationList:
        with self._lock:
            number = next(self._crl_numbers)
        now = self._now + after
        end = now - ENDED_AGO if expired else now + next_update
        return build_crl(
            self._credential(line),
            [self._credential(one).certificate for one in revoked],
            number,
            min(now, end) - timedelta(hours=1),
            end,
        )

    def _credential(self, line: Lineage) -> Credential:
        return self._made.get(line, lambda: self._make(line))

    def _make(self, line: Lineage) -> Credential:
        spec = line[0]
        key = self._pool.get(spec.key_type, _key_label(spec))
        issuer = self._issuer(line)
        certificate = build_certificate(spec, self._now, key, issuer)
        return Credential(certificate, self._handed_out(spec, key), _chain(line, issuer))

    def _issuer(self, line: Lineage) -> Credential | None:
        if line[0].signs_itself:
            return None
        if line[0].defect is Defect.UNKNOWN_CA:
            return self._stranger(line[1].key_type if len(line) > 1 else KeyType.EC_P256)
        return self._credential(line[1:])

    def _stranger(self, key_type: KeyType) -> Credential:
        spec = CertificateSpec(_STRANGER, Profile.ROOT_CA, key=key_type)

        def make() -> Credential:
            key = self._pool.get(key_type, _STRANGER)
            return Credential(build_certificate(spec, self._now, key, None), key)

        return self._strangers.get(key_type, make)

    def _handed_out(self, spec: CertificateSpec, key: PrivateKey) -> PrivateKey:
        if spec.defect is Defect.KEY_MISMATCH:
            return self._pool.get(spec.key_type, f"not of {spec.name}")
        return key


def _key_label(spec: CertificateSpec) -> str:
    renewed = f" rekeyed {spec.key_generation}" if spec.key_generation else ""
    return f"certificate {spec.name}{renewed}"


def _chain(line: Lineage, issuer: Credential | None) -> tuple[x509.Certificate, ...]:
    if issuer is None or len(line) < 2 or line[1].profile is not Profile.INTERMEDIATE_CA:
        return ()
    if line[0].defect is Defect.UNKNOWN_CA:
        return ()  # the CA that nobody knows is a root
    if line[0].defect is Defect.MISSING_INTERMEDIATE:
        return issuer.chain
    return (issuer.certificate, *issuer.chain)


def _revoked_names(issuer_name: str, specs: Mapping[str, CertificateSpec], named: Iterable[str]) -> list[str]:
    issued = {
        name: spec
        for name, spec in specs.items()
        if spec.issuer == issuer_name and not spec.signs_itself and spec.defect is not Defect.UNKNOWN_CA
    }
    names = [name for name, spec in issued.items() if spec.defect is Defect.REVOKED]
    for name in named:
        if name not in issued:
            raise SpecError(
                f"certificate {name!r} was not issued by {issuer_name!r}, so the CRL of that CA cannot list it"
            )
        if name not in names:
            names.append(name)
    return names
