"""The back ends of one case, and how devices reach them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from harness.device.device import Device
from harness.pki.credential import Credential
from harness.pki.pkcs7 import certificates_of
from harness.run.tenants import Tenants
from harness.scenario.world_backends import BackEnd as WrittenBackEnd
from harness.services.backend.answers import Answer, Judgement
from harness.services.backend.backend import BackEnd, IssuerChoice, Kind, Settings
from harness.services.backend.endpoint import PATH, Endpoint
from harness.services.backend.serving import HOST_SUFFIX, credential_of, root
from harness.services.backend.trust import mark, pem_bundle
from harness.services.backend.uploads import PEM
from harness.services.security.lifecycle import Meaning
from harness.services.security.shapes import proof_of_possession
from harness.services.web.caller import Caller, CallFailure, call
from harness.services.web.messages import Reply

warnings.filterwarnings(
    "ignore", message="PKCS#7 certificates could not be parsed as DER", category=UserWarning
)
# The product's order, root first, is none that DER has for a set, and the library says so each time.

_HOUR = timedelta(hours=1)
_PROOF_CODE = "DE7EC7ED" * 6


@dataclass(frozen=True, slots=True)
class Contacted:
    """What a contact came to, as the back end and as the device know it."""

    judgement: Judgement | None
    answer: Reply | CallFailure
    issuer: str
    """The letter of the CA that issued the certificate shown; empty without one."""


class BackEnds:
    """Back ends by name. They begin to listen when a device first reports to them.

    ``files`` are those that were downloaded. ``now`` is the world's clock.
    """

    def __init__(
        self,
        written: Mapping[str, WrittenBackEnd],
        tenants: Tenants,
        files: Mapping[str, bytes],
        now: Callable[[], datetime],
        random: Callable[[int], bytes],
    ) -> None:
        self._tenants = tenants
        self._files = files
        self._now = now
        self._random = random
        self._endpoints: dict[str, Endpoint] = {}
        self._open: set[str] = set()
        for name, one in written.items():
            self._make(name, one)

    def __getitem__(self, name: str) -> BackEnd:
        """Return a back end."""
        return self._endpoints[name].back_end

    def close(self) -> None:
        """Let nobody in any more."""
        for name in self._open:
            self._endpoints[name].close()

    def upload(self, name: str, registration: str, certificate: str, tenant: str | None) -> Answer:
        """Upload a CA, from a file or by its letter."""
        return self[name].registrations.upload(registration, self.content(certificate, tenant), self._now())

    def trust(
        self,
        name: str,
        certificates: Sequence[str],
        tenant: str | None,
        *,
        convert: bool = True,
        line_ends: bool = True,
        issuers: Sequence[str] = (),
    ) -> Answer:
        """Replace a trust file."""
        parts = [self.content(one, tenant) for one in certificates]
        if convert:
            parts = [pem_bundle(_certificates(part)) for part in parts]
        if not line_ends:
            parts = [part.rstrip() for part in parts]
        listed = [self._authority(one, tenant) for one in issuers]
        answer = self[name].trust_file(b"".join(parts), listed)
        self._endpoints[name].reload()
        return answer

    def content(self, word: str, tenant: str | None) -> bytes:
        """Return a file that was downloaded; else the root, the policy CA or a CA of the tenant, as such a file would hold it."""
        if word in self._files:
            return self._files[word]
        above = {"root": self._tenants.service.root, "policy": self._tenants.service.policy}
        certificate = above.get(word) or self._authority(word, tenant)
        return certificate.public_bytes(Encoding.DER)

    def lacks(self, name: str, tenant: str | None) -> tuple[str, ...]:
        """Return the letters of the tenant's CAs that are active or will be, and whose devices would be turned away."""
        listed = self._tenants.listed(tenant)
        needed = [one.certificate for one in listed if one.meaning.is_needed]
        policy = (self._tenants.service.policy,)
        return tuple(
            self._tenants.letter(one) for one in needed if not self[name].trusts(one, policy, self._now())
        )

    def contact(self, name: str, device: Device, shown: Credential | None) -> Contacted:
        """Let a device report; it verifies the back end by its own clock."""
        endpoint = self._endpoints[name]
        if name not in self._open:
            endpoint.open()
            self._open.add(name)
        host = f"{name}{HOST_SUFFIX}"
        caller = Caller(
            device.clock.now(),
            (root(),),
            shown,
            {host: (endpoint.listener.address, endpoint.listener.port)},
        )
        number = endpoint.contacts
        answer = call(caller, f"https://{host}{PATH}", method="POST", body=b"{}")
        chain = (shown.certificate, *shown.chain) if shown else ()
        # Who sends its certificate alone was issued it by somebody all the same.
        issuer = self._tenants.issuer_of(chain[0]) if chain else ""
        return Contacted(endpoint.judgement(number, chain), answer, issuer)

    def proof(self, tenant: str | None) -> Credential:
        """Return a proof of possession by the active CA, with a key that somebody has kept."""
        now = self._now()
        name = self._tenants.tenant(tenant).name
        active = next(one for one in self._tenants.listed(tenant) if one.meaning is Meaning.ACTIVE)
        record = next(one for one in self._tenants.service.records() if one.tenant.name == name)
        authority = next(one for one in record.line if one.certificate == active.certificate)
        key = ec.generate_private_key(ec.SECP384R1())
        proof = proof_of_possession(
            _PROOF_CODE,
            key.public_key(),
            now - _HOUR,
            now + _HOUR,
            authority.certificate,
            authority.key,
            self._random,
        )
        return Credential(proof, key, (authority.certificate, self._tenants.service.policy))

    def _make(self, name: str, written: WrittenBackEnd) -> None:
        settings = Settings(
            Kind(written.kind),
            verified_on_upload=written.verified_on_upload,
            slots=written.places,
            partial_chain=written.partial_chain,
            issuer_choice=IssuerChoice(written.issuer_choice) if written.issuer_choice else None,
            device_ids_only=written.device_ids_only,
        )
        revoked = self._revoked if written.revocation else lambda _now: frozenset()
        back_end = BackEnd(settings, self._random, revoked)
        self._endpoints[name] = Endpoint(back_end, credential_of(name), self._now)
        if not written.trusts:
            return
        if settings.managed:
            for letter in written.trusts:
                self._register(back_end, letter, written.tenant)
        else:
            self.trust(name, written.trusts, written.tenant)

    def _register(self, back_end: BackEnd, letter: str, tenant: str | None) -> None:
        """Go through all the steps that a person goes through."""
        registrations = back_end.registrations
        now = self._now()
        registrations.upload(letter, self.content(letter, tenant), now)
        code = registrations.new_code(letter).code
        if code:
            index = ord(letter) - ord("A") + 1
            proof = self._tenants.service.proof(self._tenants.tenant(tenant), now, code, index)
            registrations.prove(letter, proof.public_bytes(Encoding.DER), now)

    def _authority(self, letter: str, tenant: str | None) -> x509.Certificate:
        """Return a CA of a tenant by its letter; raises Refused where it is not there yet."""
        listed = self._tenants.listed(tenant)
        index = ord(letter) - ord("A") + 1
        if 1 <= index <= len(listed):
            return listed[index - 1].certificate
        return self._tenants.service.download(self._tenants.tenant(tenant), self._now(), index)

    def _revoked(self, now: datetime) -> frozenset[str]:
        listed = [
            one
            for tenant in self._tenants.service.tenants()
            for one in self._tenants.service.authorities(tenant, now)
        ]
        return frozenset(mark(one.certificate) for one in listed if one.meaning is Meaning.REVOKED)


def _certificates(content: bytes) -> list[x509.Certificate]:
    """Return what a downloaded file holds: one certificate in DER, some in PEM, or a chain as PKCS #7."""
    if PEM.search(content):
        return x509.load_pem_x509_certificates(content)
    try:
        return [x509.load_der_x509_certificate(content)]
    except ValueError:
        return certificates_of(content)
