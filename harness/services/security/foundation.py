"""What stands above all tenants of a service: its root and its policy CA, with their keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from harness.services.security import shapes
from harness.services.security.lifecycle import LifeCycle
from harness.services.security.shapes import EcKey, Random

_BEFORE = timedelta(days=30)
"""How long before the service's beginning its two CAs begin, so that no skewed clock finds them too young."""


@dataclass(frozen=True, slots=True)
class Foundation:
    """Root and policy CA of a service."""

    root: x509.Certificate
    root_key: EcKey = field(repr=False)
    policy: x509.Certificate
    policy_key: EcKey = field(repr=False)


def found(lifecycle: LifeCycle, beginning: datetime, random: Random) -> Foundation:
    """Make root and policy CA of a service that begins then."""
    begin = beginning - _BEFORE
    root_key, policy_key = (ec.generate_private_key(ec.SECP384R1()) for _ in range(2))
    root = shapes.root_ca(root_key, begin, beginning + lifecycle.root_life, random)
    policy = shapes.policy_ca(
        policy_key.public_key(), begin, beginning + lifecycle.policy_life, root, root_key, random
    )
    return Foundation(root, root_key, policy, policy_key)
