"""The Security Service: tenants, their CAs at any time, and the certificates that those sign.

No clock and no socket: the time is an argument, so two years take no time. Safe to use from several threads.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import RLock

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from harness.pki.build import build_crl
from harness.pki.credential import Credential
from harness.pki.keys import KeyType
from harness.services.security import shapes
from harness.services.security.choice import (
    Listed,
    check_code,
    check_device_id,
    check_name,
    choose,
    listing,
)
from harness.services.security.foundation import Foundation, found
from harness.services.security.lifecycle import LifeCycle, Meaning
from harness.services.security.pkcs7 import certificates_only
from harness.services.security.refusal import Reason, Refused
from harness.services.security.shapes import Random
from harness.services.security.succession import Authority, active, issue_due

_CURVES: dict[KeyType, ec.EllipticCurve] = {KeyType.EC_P256: ec.SECP256R1(), KeyType.EC_P384: ec.SECP384R1()}


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant: its ID is a GUID, in lower case, and part of the subject of all its CAs."""

    id: str
    name: str
    created: datetime


@dataclass(slots=True)
class TenantRecord:
    """What the service keeps of a tenant; ``line`` holds its CAs in the order of their issue."""

    tenant: Tenant
    lifecycle: LifeCycle
    line: list[Authority] = field(default_factory=list)
    devices: set[str] = field(default_factory=set)
    """IDs of the devices that were claimed, in lower case."""
    wrong_signature_field: bool = False


class SecurityService:
    """A Security Service with a root and a policy CA of its own, which all its tenants share.

    ``beginning`` is when it came to be, with a time zone: no tenant is older. ``lifecycle`` holds for tenants
    that have none of their own. ``random`` gives that many octets for serial numbers and tenant IDs; private
    keys are always made by the library. All methods raise :class:`Refused` for what the service refuses.
    """

    def __init__(
        self,
        lifecycle: LifeCycle | None = None,
        random: Random = os.urandom,
        *,
        beginning: datetime,
        foundation: Foundation | None = None,
        records: Iterable[TenantRecord] = (),
    ) -> None:
        self.lifecycle = lifecycle or LifeCycle()
        self.beginning = beginning.replace(microsecond=0)
        self._random = random
        self._foundation = foundation or found(self.lifecycle, self.beginning, random)
        self._records = {record.tenant.id: record for record in records}
        self._lock = RLock()

    @property
    def root(self) -> x509.Certificate:
        """The root that every tenant of the service chains to."""
        return self._foundation.root

    @property
    def policy(self) -> x509.Certificate:
        """The CA between the root and the tenants' CAs."""
        return self._foundation.policy

    @property
    def foundation(self) -> Foundation:
        """Root and policy CA with their keys."""
        return self._foundation

    def create_tenant(
        self,
        name: str,
        now: datetime,
        lifecycle: LifeCycle | None = None,
        *,
        wrong_signature_field: bool = False,
    ) -> Tenant:
        """Make a tenant and issue its first CA, which is Active at once.

        ``wrong_signature_field`` gives all its CAs the fault of 2020, see :meth:`reissue`.
        """
        check_name(name)
        now = now.replace(microsecond=0)
        with self._lock:
            if now < self.beginning:
                message = f"the service begins at {self.beginning:%Y-%m-%d %H:%M:%S} and has no older tenant"
                raise Refused(Reason.BEFORE_BEGINNING, message, "choose a later time")
            if any(record.tenant.name == name for record in self._records.values()):
                raise Refused(
                    Reason.TENANT_EXISTS, f"there is a tenant {name!r} already", "choose another name"
                )
            identifier = str(uuid.UUID(bytes=self._random(16), version=4))
            record = TenantRecord(
                Tenant(identifier, name, now),
                lifecycle or self.lifecycle,
                wrong_signature_field=wrong_signature_field,
            )
            record.line.append(self._make(record, now, now))
            self._records[identifier] = record
            return record.tenant

    def tenants(self) -> tuple[Tenant, ...]:
        """Return all tenants, in the order in which they were made."""
        with self._lock:
            return tuple(record.tenant for record in self._records.values())

    def records(self) -> tuple[TenantRecord, ...]:
        """Return what the service keeps of its tenants, private keys included."""
        with self._lock:
            return tuple(self._records.values())

    def tenant(self, which: str) -> Tenant:
        """Return the tenant of that name or ID."""
        return self._record(which).tenant

    def authorities(self, tenant: Tenant | str, now: datetime) -> tuple[Listed, ...]:
        """Return all CAs of a tenant that there are at that time, those that have ended too, oldest first."""
        record = self._record(tenant)
        return listing(self._line(record, now), now)

    def download(
        self,
        tenant: Tenant | str,
        now: datetime,
        index: int | None = None,
        thumbprint: str | None = None,
        serial: str | None = None,
    ) -> x509.Certificate:
        """Return a CA's certificate: that of the index, thumbprint or serial number, else the Active one.

        An expired one is listed and cannot be had (behaviour reference, section 2.4).
        """
        return self._chosen(tenant, now, index, thumbprint, serial).certificate

    def chain(
        self,
        tenant: Tenant | str,
        now: datetime,
        index: int | None = None,
        thumbprint: str | None = None,
        serial: str | None = None,
    ) -> bytes:
        """Return root, policy CA and the chosen CA, in this order, as PKCS #7 in DER; see :meth:`download`."""
        chosen = self._chosen(tenant, now, index, thumbprint, serial)
        return certificates_only((self.root, self.policy, chosen.certificate))

    def proof(
        self,
        tenant: Tenant | str,
        now: datetime,
        code: str,
        index: int | None = None,
        thumbprint: str | None = None,
        serial: str | None = None,
        *,
        empty_usages: bool = False,
    ) -> x509.Certificate:
        """Return the proof that the service has the key of the chosen CA: a certificate named like the code.

        It has a key of its own, which nobody keeps. ``empty_usages``: see
        :func:`harness.services.security.shapes.proof_of_possession`.
        """
        check_code(code)
        record = self._record(tenant)
        chosen = self._chosen(tenant, now, index, thumbprint, serial)
        begin, end = now - record.lifecycle.proof_before, now + record.lifecycle.proof
        key = ec.generate_private_key(ec.SECP384R1()).public_key()
        return shapes.proof_of_possession(
            code, key, begin, end, chosen.certificate, chosen.key, self._random, empty_usages=empty_usages
        )

    def claim(self, tenant: Tenant | str, device_id: str) -> None:
        """Claim a device for a tenant; it leaves any other tenant."""
        device = check_device_id(device_id)
        record = self._record(tenant)
        with self._lock:
            for other in self._records.values():
                other.devices.discard(device)
            record.devices.add(device)

    def attest(
        self, tenant: Tenant | str, device_id: str, public_key: ec.EllipticCurvePublicKey, now: datetime
    ) -> tuple[x509.Certificate, ...]:
        """Return a device's certificate, the CA that is Active at that time, and the policy CA.

        The device has to be claimed for that tenant (:meth:`claim`).
        """
        device = check_device_id(device_id)
        record = self._record(tenant)
        self._require_claimed(record, device)
        current = self._active(record, now)
        begin, end = now - record.lifecycle.attestation_before, now + record.lifecycle.attestation
        leaf = shapes.attestation(
            device_id, public_key, begin, end, current.certificate, current.key, self._random
        )
        return leaf, current.certificate, self.policy

    def revoke(
        self, tenant: Tenant | str, now: datetime, index: int | None = None, thumbprint: str | None = None
    ) -> None:
        """Revoke a CA from that time on. When none is left that can sign, a new one is issued at once."""
        record = self._record(tenant)
        chosen = self._chosen(tenant, now, index, thumbprint, None)
        with self._lock:
            at = next(place for place, one in enumerate(record.line) if one.certificate == chosen.certificate)
            if record.line[at].revoked is None:
                record.line[at] = replace(record.line[at], revoked=now.replace(microsecond=0))
        self._line(record, now)

    def reissue(self, tenant: Tenant | str, now: datetime) -> None:
        """Issue all CAs of a tenant anew, with their keys and dates, and without the fault of 2020.

        Whoever downloaded them before has to download them again; certificates that they signed stay good.
        """
        record = self._record(tenant)
        self._line(record, now)
        with self._lock:
            record.wrong_signature_field = False
            for place, one in enumerate(record.line):
                record.line[place] = replace(
                    one, certificate=self._certificate(record, one.key, one.issued, one.not_after)
                )

    def revocations(self, now: datetime) -> x509.CertificateRevocationList:
        """Return the policy CA's list of the tenants' CAs that are revoked at that time."""
        with self._lock:
            lines = [one for record in self._records.values() for one in record.line]
        gone = [one.certificate for one in lines if one.is_revoked(now)]
        issuer = Credential(self.policy, self._foundation.policy_key)
        end = now + self.lifecycle.revocations
        return build_crl(issuer, gone, max(1, int(now.timestamp())), now, end)

    def _record(self, tenant: Tenant | str) -> TenantRecord:
        which = tenant.id if isinstance(tenant, Tenant) else tenant
        with self._lock:
            found_by_id = self._records.get(which.lower())
            if found_by_id:
                return found_by_id
            named = [record for record in self._records.values() if record.tenant.name == which]
            names = [record.tenant.name for record in self._records.values()]
        if named:
            return named[0]
        fix = f"there are {', '.join(names)}" if names else "create one first"
        raise Refused(Reason.TENANT_UNKNOWN, f"there is no tenant {which!r}", fix)

    def _line(self, record: TenantRecord, now: datetime) -> tuple[Authority, ...]:
        """Return the CAs that there are at that time; those that are due are issued now."""
        with self._lock:
            issue_due(record.line, record.lifecycle, now, lambda at, over: self._make(record, at, over))
            return tuple(one for one in record.line if one.issued <= now)

    def _active(self, record: TenantRecord, now: datetime) -> Authority:
        current = active(self._line(record, now), now)
        if current is None:
            message = f"tenant {record.tenant.name!r} has no Active CA at {now:%Y-%m-%d %H:%M:%S}"
            raise Refused(Reason.NOTHING_ACTIVE, message, "choose a time after the tenant was made")
        return current

    def _chosen(
        self,
        tenant: Tenant | str,
        now: datetime,
        index: int | None,
        thumbprint: str | None,
        serial: str | None,
    ) -> Authority:
        record = self._record(tenant)
        line = self._line(record, now)
        listed = choose(listing(line, now), index, thumbprint, serial)
        chosen = self._active(record, now) if listed is None else line[listed.index - 1]
        if listed is not None and listed.meaning is Meaning.EXPIRED:
            message = (
                f"CA {listed.index} of tenant {record.tenant.name!r} expired on {chosen.not_after:%Y-%m-%d}"
            )
            raise Refused(Reason.CA_EXPIRED, message, "it stays in the list; choose one that is still valid")
        return chosen

    def _require_claimed(self, record: TenantRecord, device: str) -> None:
        with self._lock:
            holders = [other.tenant.name for other in self._records.values() if device in other.devices]
        if record.tenant.name in holders:
            return
        if holders:
            message = (
                f"device {device[:8]}... belongs to tenant {holders[0]!r}, not to {record.tenant.name!r}"
            )
            fix = "ask with the ID of the device's own tenant"
            raise Refused(Reason.DEVICE_ELSEWHERE, message, fix)
        message = f"device {device[:8]}... belongs to no tenant"
        raise Refused(Reason.DEVICE_UNCLAIMED, message, "claim it first")

    def _make(self, record: TenantRecord, issued: datetime, takes_over: datetime) -> Authority:
        key = ec.generate_private_key(_CURVES[record.lifecycle.key])
        certificate = self._certificate(record, key, issued, issued + record.lifecycle.life)
        return Authority(certificate, key, issued, takes_over)

    def _certificate(
        self, record: TenantRecord, key: ec.EllipticCurvePrivateKey, begin: datetime, end: datetime
    ) -> x509.Certificate:
        certificate = shapes.tenant_ca(
            record.tenant.id,
            key.public_key(),
            begin,
            end,
            self.policy,
            self._foundation.policy_key,
            self._random,
        )
        return shapes.with_wrong_signature_field(certificate) if record.wrong_signature_field else certificate
