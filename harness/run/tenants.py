"""The Security Service of one case, with the tenants that its file writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha512

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from harness.device.device import Device
from harness.scenario.concrete import ConcreteScenario
from harness.scenario.world_tenants import Tenant as WrittenTenant
from harness.services.security.choice import Listed
from harness.services.security.lifecycle import LifeCycle
from harness.services.security.refusal import Reason, Refused
from harness.services.security.service import SecurityService, Tenant


@dataclass(frozen=True, slots=True)
class Attested:
    """A device's certificate of the day, with its key and what it sends beside it: the tenant CA and the policy CA."""

    chain: tuple[x509.Certificate, ...]
    key: ec.EllipticCurvePrivateKey = field(repr=False)


class Tenants:
    """Tenants by name. ``now`` is the world's clock: what steps let pass has passed here too.

    ``selected`` is the name of the tenant that commands mean, where they name none; ``""``: none is selected.
    """

    def __init__(
        self, scenario: ConcreteScenario, now: Callable[[], datetime], random: Callable[[int], bytes]
    ) -> None:
        start = now()
        written = scenario.tenants
        beginning = start + min(one.issued for one in written.values())
        settings = LifeCycle(policy_life=scenario.security_service.policy_life)
        self._now = now
        self.service = SecurityService(settings, random, beginning=beginning)
        for name, one in written.items():
            self.service.create_tenant(
                name,
                start + one.issued,
                lifecycle_of(one),
                wrong_signature_field=one.wrong_signature_field,
            )
        self.selected = next(iter(written)) if len(written) == 1 else ""
        self.held: dict[str, Attested] = {}
        """What each device got last from a step ``attest``."""

    def tenant(self, name: str | None = None) -> Tenant:
        """Return a tenant by name or ID, the selected one where none is named.

        Raises :class:`Refused` where there is none of that name, or none selected.
        """
        which = name or self.selected
        if not which:
            message = "no tenant is selected, and there are several"
            raise Refused(Reason.TENANT_NOT_SELECTED, message, "select one with azsphere tenant select")
        return self.service.tenant(which)

    def end(self, name: str | None = None) -> datetime:
        """Return when the first CA of a tenant ends: the E of the documented timeline."""
        tenants = self.service.tenants()
        tenant = tenants[0] if name is None and len(tenants) == 1 else self.tenant(name)
        return self.service.authorities(tenant, tenant.created)[0].certificate.not_valid_after_utc

    def listed(self, name: str | None = None) -> tuple[Listed, ...]:
        """Return the CAs of a tenant at this time, oldest first."""
        return self.service.authorities(self.tenant(name), self._now())

    def letter(self, certificate: x509.Certificate) -> str:
        """Return what a scenario calls a tenant CA, by its key: A is its tenant's first one; empty for any other."""
        for tenant in self.service.tenants():
            for one in self.service.authorities(tenant, self._now()):
                if one.certificate.public_key() == certificate.public_key():
                    return letter_of(one.index)
        return ""

    def issuer_of(self, certificate: x509.Certificate) -> str:
        """Return the letter of the tenant CA that signed a certificate; empty for anybody else's."""
        for tenant in self.service.tenants():
            for one in self.service.authorities(tenant, self._now()):
                try:
                    certificate.verify_directly_issued_by(one.certificate)
                except (ValueError, TypeError, InvalidSignature):
                    continue
                return letter_of(one.index)
        return ""

    def attest(self, device: Device, tenant: str | None = None) -> Attested:
        """Get a certificate of the day for a device, which is claimed for that tenant, and a key of its own."""
        whose, identifier = self.tenant(tenant), device_id(device)
        self.service.claim(whose, identifier)
        key = ec.generate_private_key(ec.SECP384R1())
        chain = self.service.attest(whose, identifier, key.public_key(), self._now())
        self.held[device.name] = Attested(chain, key)
        return self.held[device.name]


def lifecycle_of(written: WrittenTenant) -> LifeCycle:
    """Return the intervals of a tenant."""
    return LifeCycle(
        life=written.life,
        renewal=written.renewal,
        activation=written.activation,
        attestation=written.attestation,
        attestation_before=written.attestation_before,
        key=written.key,
    )


def letter_of(index: int) -> str:
    """Return what a scenario calls the CA of that index: A, B, ..., and ``?`` after the 26th."""
    return chr(ord("A") + index - 1) if index <= 26 else "?"


def device_id(device: Device) -> str:
    """Return a device's ID, as its REST interface tells it: 128 upper-case hexadecimal digits."""
    return sha512(b"eaptls device " + device.mac).hexdigest().upper()


def der(certificate: x509.Certificate) -> bytes:
    """Return a certificate as it stands in a .cer file."""
    return certificate.public_bytes(Encoding.DER)
