"""Certificates that stand for those of a plan: real ones, of no value, so that the real store takes them.

Each carries a serial number of its own, by which a store's entry is traced to the step that brought it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from harness.device.checks import MAX_BLOB
from harness.pki.credential import Credential
from harness.pki.keys import KeyType, PrivateKey, generate, private_key_pem
from harness.pki.spec import Defect
from harness.rollout.plan import Plan, PlanStep

_PADDING = x509.ObjectIdentifier("2.25.117665013325230416411036012036543543")
"""An extension that nobody knows: it makes a certificate as long as the one it stands for."""
_BEGIN, _END = datetime(2000, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
_LINE = 64


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an entry of a store comes from: a certificate's name, which of its generations, and the step."""

    name: str
    identity: str
    generation: int
    step: PlanStep
    plan: Plan
    size_known: bool


class PlaceholderBook:
    """The certificates of all plans, made when a step asks for them; :meth:`turn_to` says whose step it is."""

    def __init__(self) -> None:
        self._plan: Plan | None = None
        self._step: PlanStep | None = None
        self._generations: Counter[str] = Counter()
        self._keys: dict[tuple[str, int], PrivateKey] = {}
        self._origins: dict[int, Origin] = {}

    def turn_to(self, plan: Plan, step: PlanStep) -> None:
        """Hand out certificates to that step from now on."""
        self._plan, self._step = plan, step

    def origin(self, certificate: x509.Certificate) -> Origin:
        """Return where a placeholder comes from."""
        return self._origins[certificate.serial_number]

    def renew(self, name: str) -> None:
        """Count what the name means from now on as a newer certificate."""
        self._generations[self._whose.identity(name)] += 1

    def password(self, name: str) -> str | None:
        """Return the password of its private key, if any."""
        order = self._whose.facts(name).order
        return order.password if order else None

    def key_pem(self, name: str) -> str:
        """Return its private key as PEM."""
        return private_key_pem(self._key(name), self.password(name)).decode()

    def credential(self, name: str) -> Credential:
        """Return a new certificate that stands for the one of that name."""
        plan, step = self._whose, self._step
        assert step is not None
        identity = plan.identity(name)
        serial = len(self._origins) + 1
        facts = plan.facts(name)
        self._origins[serial] = Origin(
            name, identity, self._generations[identity], step, plan, facts.size is not None
        )
        key = self._key(name)
        stranger = facts.order is not None and facts.order.spec.defect is Defect.KEY_MISMATCH
        shown = self._key(f"{name}, whose key it is not") if stranger else key
        return Credential(_certificate(serial, name, shown, self._length(name, key)), key)

    @property
    def _whose(self) -> Plan:
        assert self._plan is not None
        return self._plan

    def _key(self, name: str) -> PrivateKey:
        place = (self._whose.identity(name), self._generations[self._whose.identity(name)])
        if place not in self._keys:
            self._keys[place] = generate(_kind(self._whose, name))
        return self._keys[place]

    def _length(self, name: str, key: PrivateKey) -> int:
        """Return the octets that the certificate's PEM shall have, 0: as few as it has; what the key lacks it gets."""
        facts = self._whose.facts(name)
        if facts.size is None:
            return 0
        lacking = max(facts.key_size - len(private_key_pem(key)), 0)
        return min(facts.size + lacking, max(facts.size, MAX_BLOB))


def _kind(plan: Plan, name: str) -> KeyType:
    """Return a key of the same family as the certificate's: what a device takes may depend on it."""
    order = plan.facts(name).order
    if order is None:
        return KeyType.ED25519
    return KeyType.RSA_1024 if order.spec.key.value.startswith("rsa") else order.spec.key


def _certificate(serial: int, name: str, key: PrivateKey, length: int) -> x509.Certificate:
    """Return a self-signed certificate whose PEM has at most that many octets, if it can."""
    made = _padded(serial, name, key, 0)
    padding = _octets(length) - len(made.public_bytes(Encoding.DER))
    while padding > 0:
        longer = _padded(serial, name, key, padding)
        excess = len(longer.public_bytes(Encoding.DER)) - _octets(length)
        if excess <= 0:
            return longer
        padding -= excess
    return made


def _octets(length: int) -> int:
    """Return how many octets of DER fit into a PEM of that length."""
    frame = len("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n")
    lines, rest = divmod(max(length - frame, 0), _LINE + 1)
    return (lines * _LINE + max(rest - 1, 0) // 4 * 4) // 4 * 3


def _padded(serial: int, name: str, key: PrivateKey, padding: int) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64] or "?")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(_BEGIN)
        .not_valid_after(_END)
    )
    if padding:
        value = x509.UnrecognizedExtension(_PADDING, bytes(padding))
        builder = builder.add_extension(value, critical=False)
    return builder.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())
