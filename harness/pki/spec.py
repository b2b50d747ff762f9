"""What a certificate shall be, right or wrong, as a value.

A wrong certificate deviates in one point and is good in every other, so that a refusal has one
possible reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from harness.pki.keys import KeyType


class SpecError(ValueError):
    """A certificate was asked for that cannot be made; ``str()`` is one sentence fit for a user.

    ``field`` names the field of the spec that is wrong, where it is a single one.
    """

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class Profile(StrEnum):
    """What a certificate is for."""

    ROOT_CA = "root-ca"
    INTERMEDIATE_CA = "intermediate-ca"
    SERVER = "server"
    CLIENT = "client"

    @property
    def is_ca(self) -> bool:
        """Whether certificates of this profile issue others."""
        return self in {Profile.ROOT_CA, Profile.INTERMEDIATE_CA}


class Defect(StrEnum):
    """The one thing that is wrong with a certificate, or with how it is handed out."""

    EXPIRED = "expired"
    """Its validity ended half an hour ago."""
    NOT_YET_VALID = "not-yet-valid"
    """Its validity begins in a day, or later if ``valid_from`` says so."""
    WRONG_PURPOSE = "wrong-purpose"
    """The extended key usage is that of the other side."""
    NO_PURPOSE = "no-purpose"
    """No extended key usage at all: a variation that most accept (RFC 5216 5.3)."""
    UNKNOWN_CA = "unknown-ca"
    """Issued by a CA that exists nowhere else; ``issuer`` tells only which type of key that CA has."""
    SELF_SIGNED = "self-signed"
    """Issued by itself; ``issuer`` is not used."""
    KEY_MISMATCH = "key-mismatch"
    """The key handed out is another one of the same type."""
    REVOKED = "revoked"
    """Listed in its issuer's CRL."""
    MISSING_INTERMEDIATE = "missing-intermediate"
    """The intermediate that issued it is not handed out with it."""
    WRONG_NAME = "wrong-name"
    """Common name and subject alternative names are those of somebody else, under ``wrong-name.invalid``."""
    WEAK_KEY = "weak-key"
    """RSA with 1024 bits, whatever ``key`` says."""


_LEAVES = frozenset({Profile.SERVER, Profile.CLIENT})
_ISSUED = _LEAVES | {Profile.INTERMEDIATE_CA}
_APPLIES_TO: Mapping[Defect, frozenset[Profile]] = {
    Defect.EXPIRED: frozenset(Profile),
    Defect.NOT_YET_VALID: frozenset(Profile),
    Defect.WEAK_KEY: frozenset(Profile),
    Defect.UNKNOWN_CA: _ISSUED,
    Defect.REVOKED: _ISSUED,
    Defect.WRONG_PURPOSE: _LEAVES,
    Defect.NO_PURPOSE: _LEAVES,
    Defect.SELF_SIGNED: _LEAVES,
    Defect.KEY_MISMATCH: _LEAVES,
    Defect.MISSING_INTERMEDIATE: _LEAVES,
    Defect.WRONG_NAME: _LEAVES,
}
_NEEDS_NO_ISSUER = frozenset({Defect.UNKNOWN_CA, Defect.SELF_SIGNED})
_LONGEST_COMMON_NAME = 64
"""ub-common-name of RFC 5280 appendix A.1; the library that writes certificates counts octets of UTF-8."""
_LONGEST: Mapping[str, int] = {"dns": 253, "email": 254, "uri": 2000}
"""Octets: RFC 1035 2.3.4 without the root, RFC 5321 4.5.3.1.3, and what RFC 9110 4.1 recommends at least."""
_MAILBOX = re.compile(r"[^\s@<>(),;:\"\\\[\]\x00-\x1f\x7f]+@[^\s@<>(),;:\"\\\x00-\x1f\x7f]+")
_WRONG_NAME = "wrong-name.invalid"
BACKDATED = timedelta(hours=-1)
"""When a certificate begins unless told otherwise, against the moment at which it is issued."""
_LIFETIMES = {True: timedelta(days=3650), False: timedelta(days=90)}


@dataclass(frozen=True, slots=True)
class Names:
    """The names that go into a certificate: common name and subject alternative names."""

    cn: str
    dns: tuple[str, ...] = ()
    email: tuple[str, ...] = ()
    uri: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CertificateSpec:
    """What one certificate shall be.

    ``issuer`` is the name of another spec; a root CA has none. ``cn`` defaults to the first ``dns``
    name, then to ``name``; an empty one leaves the subject empty (RFC 5280 4.1.2.6). ``valid_from`` is relative to the time of the run, ``valid_for`` counts
    from there and defaults to ten years for a CA and 90 days for others. ``generation`` and
    ``key_generation`` count how often it was issued anew and got a new key.

    Raises :class:`SpecError` for what no certificate can be.
    """

    name: str
    profile: Profile
    issuer: str | None = None
    cn: str | None = None
    dns: tuple[str, ...] = ()
    key: KeyType = KeyType.EC_P256
    defect: Defect | None = None
    valid_from: timedelta = BACKDATED
    valid_for: timedelta | None = None
    email: tuple[str, ...] = ()
    uri: tuple[str, ...] = ()
    key_identifiers: bool = True
    """Whether it has subject and authority key identifiers (RFC 5280 4.2.1.1 and 4.2.1.2)."""
    generation: int = 0
    key_generation: int = 0

    def __post_init__(self) -> None:
        self._check_defect()
        self._check_issuer()
        self._check_names()
        if self.valid_for is not None and self.valid_for <= timedelta():
            raise SpecError(f"certificate {self.name!r}: valid_for must be longer than nothing", "valid_for")

    @property
    def key_type(self) -> KeyType:
        """The type of key that the certificate carries."""
        return KeyType.RSA_1024 if self.defect is Defect.WEAK_KEY else self.key

    @property
    def names(self) -> Names:
        """The names that go into the certificate, wrong ones if that is its defect."""
        if self.defect is Defect.WRONG_NAME:
            return Names(
                cn="" if self.cn == "" else _WRONG_NAME,
                dns=(_WRONG_NAME,) if self.dns else (),
                email=(f"nobody@{_WRONG_NAME}",) if self.email else (),
                uri=(f"https://{_WRONG_NAME}/",) if self.uri else (),
            )
        cn = next(iter(self.dns), self.name) if self.cn is None else self.cn
        return Names(cn, self.dns, self.email, self.uri)

    @property
    def lifetime(self) -> timedelta:
        """How long the certificate is valid, unless its defect cuts that short."""
        return self.valid_for or _LIFETIMES[self.profile.is_ca]

    @property
    def signs_itself(self) -> bool:
        """Whether the certificate is its own issuer."""
        return self.profile is Profile.ROOT_CA or self.defect is Defect.SELF_SIGNED

    def _check_defect(self) -> None:
        if self.defect is not None and self.profile not in _APPLIES_TO[self.defect]:
            raise SpecError(
                f"certificate {self.name!r}: a {self.profile} cannot have the defect {self.defect}; "
                f"it applies to {', '.join(sorted(_APPLIES_TO[self.defect]))}"
            )

    def _check_issuer(self) -> None:
        if self.profile is Profile.ROOT_CA:
            if self.issuer is not None:
                raise SpecError(
                    f"certificate {self.name!r}: a root-ca has no issuer; "
                    f"leave it out or make it an intermediate-ca"
                )
        elif self.issuer is None and self.defect not in _NEEDS_NO_ISSUER:
            raise SpecError(f"certificate {self.name!r}: a {self.profile} needs an issuer; name a CA")

    def _check_names(self) -> None:
        if self.cn == "":
            self._check_empty_subject()
        else:
            self._check_common_name()
        for field, values in (("dns", self.dns), ("email", self.email), ("uri", self.uri)):
            for value in values:
                self._check_alternative(field, value)

    def _check_empty_subject(self) -> None:
        """RFC 5280 4.1.2.6 and 4.1.2.4: no CA without a subject, and no certificate without any name."""
        if self.profile.is_ca or self.signs_itself:
            raise SpecError(
                f"certificate {self.name!r}: who issues a certificate has a name (RFC 5280 4.1.2.4); give a cn",
                "cn",
            )
        if not (self.dns or self.email or self.uri):
            raise SpecError(
                f"certificate {self.name!r}: an empty cn leaves it without any name; give a dns, email or uri, or a cn",
                "cn",
            )

    def _check_common_name(self) -> None:
        cn = self.names.cn
        for length, what in ((len(cn), "characters"), (len(cn.encode()), "octets")):
            if not 1 <= length <= _LONGEST_COMMON_NAME:
                raise SpecError(
                    f"certificate {self.name!r}: its common name has {length} {what}; "
                    f"give a cn of 1 to {_LONGEST_COMMON_NAME} {what}",
                    "cn",
                )

    def _check_alternative(self, field: str, value: str) -> None:
        if not value or not value.isascii():
            raise SpecError(
                f"certificate {self.name!r}: {field} {value!r} must be ASCII and not empty; "
                f"write international names in their xn-- form",
                field,
            )
        if len(value) > _LONGEST[field]:
            raise SpecError(
                f"certificate {self.name!r}: {field} has {len(value)} octets; give {_LONGEST[field]} at most",
                field,
            )
        if field == "email" and not _MAILBOX.fullmatch(value):
            raise SpecError(
                f"certificate {self.name!r}: email {value!r} is no mailbox; write it as in user@corp.example",
                field,
            )


def lineage(name: str, specs: Mapping[str, CertificateSpec]) -> tuple[CertificateSpec, ...]:
    """Return the spec of that name, then its issuers up to the root.

    Raises :class:`SpecError` when a name is unknown, an issuer is no CA, issuers form a circle, or
    there is no intermediate that could be missing.
    """
    if name not in specs:
        raise SpecError(f"certificate {name!r} is not defined; there are {_listed(specs)}")
    line = [specs[name]]
    seen = [name]
    while line[-1].issuer is not None and not line[-1].signs_itself:
        issuer = line[-1].issuer
        if issuer in seen:
            raise SpecError(f"certificate {name!r}: issuers form a circle: {' <- '.join([*seen, issuer])}")
        line.append(_issuer(line[-1], specs))
        seen.append(issuer)
    _check_intermediate(line)
    return tuple(line)


def _issuer(spec: CertificateSpec, specs: Mapping[str, CertificateSpec]) -> CertificateSpec:
    issuer = specs.get(spec.issuer or "")
    if issuer is None:
        raise SpecError(
            f"certificate {spec.name!r}: its issuer {spec.issuer!r} is not defined; "
            f"there are {_listed(specs)}"
        )
    if not issuer.profile.is_ca:
        raise SpecError(
            f"certificate {spec.name!r}: its issuer {spec.issuer!r} is a {issuer.profile} certificate; "
            f"only a root-ca or an intermediate-ca can issue"
        )
    return issuer


def _check_intermediate(line: list[CertificateSpec]) -> None:
    leaf = line[0]
    if leaf.defect is Defect.MISSING_INTERMEDIATE and line[1].profile is not Profile.INTERMEDIATE_CA:
        raise SpecError(
            f"certificate {leaf.name!r}: no intermediate can be missing, "
            f"because its issuer {leaf.issuer!r} is a {line[1].profile}; issue it from an intermediate-ca"
        )


def _listed(specs: Mapping[str, CertificateSpec]) -> str:
    return ", ".join(sorted(specs)) or "none"
