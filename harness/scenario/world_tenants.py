"""Tenants of a Security Service, as a file writes them."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from pydantic import Field, model_validator

from harness.pki.keys import KeyType
from harness.scenario.part import Part
from harness.scenario.values import Duration, Flag, Shift, mistake

_CURVES = (KeyType.EC_P384, KeyType.EC_P256)


class Tenant(Part):
    """A tenant. Its first CA, A, is issued at the start of the run, and its successors when they are due."""

    alone: ClassVar[bool] = True

    life: Duration = timedelta(days=730)
    """How long a tenant CA is valid."""
    renewal: Duration = timedelta(days=90)
    """How long before the end of a tenant CA its successor is issued."""
    activation: Duration = timedelta(days=45)
    """How long after its issue a successor becomes the Active one."""
    attestation: Duration = timedelta(hours=24)
    """How long a device's certificate is valid."""
    attestation_before: Duration = timedelta()
    """How long before its issue a device's certificate begins, for verifiers whose clock is late."""
    issued: Shift = timedelta()
    """When A is issued, against the start of the run, as in ``-700d``."""
    key: KeyType = KeyType.EC_P384
    """Type of the CAs' keys, ``ec-p384`` or ``ec-p256``; root and policy CA have ``ec-p384``."""
    wrong_signature_field: Flag = False
    """Whether its CAs name another signature algorithm than the one they are signed with, as in the summer of 2020."""

    @model_validator(mode="after")
    def _fits(self) -> Tenant:
        if self.issued > timedelta():
            raise mistake("the first CA is issued after the start of the run", "write a shift as in -700d")
        for name in ("life", "activation", "attestation", "renewal"):
            if not getattr(self, name):
                raise mistake(f"{name} is nothing", f"write a longer {name}")
        if self.renewal >= self.life:
            raise mistake("a successor is issued before the end of a CA", "write a renewal shorter than life")
        if self.activation > self.renewal:
            fix = "write an activation not longer than renewal"
            raise mistake("a successor takes over before the end of its predecessor", fix)
        if self.key not in _CURVES:
            raise mistake(f"a tenant CA has no {self.key} key", "write ec-p384 or ec-p256")
        return self


class SecurityService(Part):
    """The Security Service that all tenants share; its root and policy CA begin 30 days before the oldest tenant."""

    policy_life: Duration = Field(default=timedelta(days=1826))
    """How long after the oldest tenant's beginning the policy CA ends; a tenant CA may outlive it."""

    @model_validator(mode="after")
    def _fits(self) -> SecurityService:
        if not self.policy_life:
            raise mistake("policy-life is nothing", "write a longer policy-life")
        return self
