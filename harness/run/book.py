"""The certificates of one case, by name: issued once, renewed, revoked, handed out as PEM."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from harness.pki.credential import Credential
from harness.pki.keys import KeyType
from harness.pki.mint import Mint
from harness.pki.spec import BACKDATED, Profile
from harness.scenario.baseline import CertificateOrder


class CertificateBook:
    """Every certificate as it is now; who holds an older one keeps it.

    The mint is shared by all cases of a run, so that equal certificates of different cases are one.
    """

    def __init__(self, mint: Mint, orders: Mapping[str, CertificateOrder]) -> None:
        self._mint = mint
        self._orders = dict(orders)
        self._specs = {name: order.spec for name, order in orders.items()}
        self._owned: dict[str, str] = {}
        """Certificates of devices of fleets, with the name that each has its own of."""
        self._issued: dict[str, Credential] = {}
        self._earlier: list[tuple[str, Credential]] = []
        """What was renewed since, with its name, oldest first."""
        self._revoked: dict[str, list[str]] = {}
        self._crls: dict[str, list[x509.CertificateRevocationList]] = {}
        """What was published, by the name of the CA, oldest first."""

    def credential(self, name: str) -> Credential:
        """Return the certificate of that name with its key and the chain it is sent with."""
        if name not in self._issued:
            made = self._mint.issue(name, self._specs)
            if not self._orders[name].send_chain:
                made = replace(made, chain=())
            self._issued[name] = made
        return self._issued[name]

    def certificate(self, name: str) -> x509.Certificate:
        """Return the certificate of that name."""
        return self.credential(name).certificate

    def password(self, name: str) -> str | None:
        """Return the password that its private key is encrypted with, if any."""
        return self._orders[name].password

    def key_pem(self, name: str) -> str:
        """Return its private key as PEM, encrypted if it has a password."""
        return self.credential(name).key_pem(self.password(name)).decode()

    def profile(self, name: str) -> Profile:
        """Return what the certificate of that name is for."""
        return self._specs[name].profile

    def common_names(self, profile: Profile) -> frozenset[str]:
        """Return the common names of the scenario's certificates of a profile."""
        return frozenset(
            spec.names.cn
            for name, spec in self._specs.items()
            if spec.profile is profile and name not in self._owned
        )

    def own(self, name: str, member: str) -> str:
        """Return the name of a certificate made as that one is, for one device of a fleet: with its name and its own key."""
        own = f"{name} of {member}"
        spec = replace(self._specs[name], name=own, cn=member)
        if self._specs.get(own) != spec:
            if own in self._issued:
                self._earlier.append((own, self._issued.pop(own)))
            self._specs[own], self._orders[own], self._owned[own] = spec, self._orders[name], name
        return own

    def renew(
        self,
        name: str,
        *,
        keep_key: bool,
        key: KeyType | None,
        valid_for: timedelta | None,
        after: timedelta = timedelta(),
    ) -> None:
        """Issue it anew under the same name and subject, when that much time of the scenario has passed."""
        # Also one that nobody has asked for: others were issued by it.
        former = self.credential(name)
        spec = self._specs[name]
        self._specs[name] = replace(
            spec,
            generation=spec.generation + 1,
            key_generation=spec.key_generation + (0 if keep_key else 1),
            key=key or spec.key,
            valid_for=valid_for or spec.valid_for,
            # What is issued later begins later, an hour back as everything does.
            valid_from=after + BACKDATED if after else spec.valid_from,
        )
        del self._issued[name]
        self._earlier.append((name, former))

    def authorities(self) -> tuple[x509.Certificate, ...]:
        """Return the certificates of all CAs of the case, those that were renewed since included."""
        names = [name for name, spec in self._specs.items() if spec.profile.is_ca]
        earlier = [made.certificate for name, made in self._earlier if name in names]
        return (*earlier, *(self.certificate(name) for name in names))

    def name_of(self, serial: str) -> str:
        """Return the name of the certificate with that serial number in hex, of any generation; empty: none of them."""
        made = [*self._issued.items(), *self._earlier]
        found = next((name for name, one in made if f"{one.certificate.serial_number:x}" == serial), "")
        return self._owned.get(found, found)

    def revoke(self, name: str) -> None:
        """Put it on its issuer's list, from the next CRL on."""
        issuer = self._specs[name].issuer or name
        owned = [own for own, of in self._owned.items() if of == name]
        self._revoked.setdefault(issuer, []).extend([name, *owned])

    def crl(
        self, issuer: str, *, expired: bool, after: timedelta = timedelta()
    ) -> x509.CertificateRevocationList:
        """Return the CRL of a CA as it would publish it when that much time of the scenario has passed."""
        revoked = self._revoked.get(issuer, ())
        made = self._mint.crl(issuer, self._specs, revoked, expired=expired, after=after)
        published = self._crls.setdefault(issuer, [])
        if made not in published:
            published.append(made)
        return made

    def pem(self) -> dict[str, str]:
        """Return all certificates made so far, those that issued them, and all CRLs as PEM; never a private key.

        A name that stands for several has the newest; ``plant-issuing.1`` is what it stood for first. A CRL is
        ``plant-issuing.crl``. Those of single devices of a fleet are left out.
        """
        generations: dict[str, list[str]] = {}
        for name in self._issued.keys() - self._owned.keys():
            for link in self._upwards(name):
                generations.setdefault(link, [])
        for name, former in self._earlier:
            if name in self._owned:
                continue
            generations.setdefault(name, []).append(former.certificate_pem().decode())
        for name, texts in generations.items():
            # Renewed and not used since, it is made now: the case has it all the same.
            texts.append(self.credential(name).certificate_pem().decode())
        for name, crls in self._crls.items():
            told = [crl.public_bytes(Encoding.PEM).decode() for crl in crls]
            generations[_unused(f"{name}.crl", generations)] = told
        return _numbered(generations)

    def _upwards(self, name: str) -> Iterator[str]:
        """Return the name of a certificate and of all that stand above it."""
        at: str | None = name
        seen: set[str] = set()
        while at is not None and at in self._specs and at not in seen:
            seen.add(at)
            yield at
            at = self._specs[at].issuer


def _numbered(generations: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return one text a name: the newest under the name itself, those before it with their number."""
    told = {name: texts[-1] for name, texts in generations.items()}
    for name, texts in generations.items():
        for number, text in enumerate(texts[:-1], 1):
            told[_unused(f"{name}.{number}", told)] = text
    return told


def _unused(name: str, taken: Container[str]) -> str:
    """Return a name that no certificate of the case has taken."""
    while name in taken:
        name += "_"
    return name
