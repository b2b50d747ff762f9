"""What is special to a service that speaks EST (RFC 7030), and to a device that asks it."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from harness.pki.keys import KeyType
from harness.scenario.part import Part
from harness.scenario.values import Duration, Flag, Text

OperationWord = Literal["cacerts", "csrattrs", "simpleenroll", "simplereenroll"]
"""Operations of EST; a test compares them with the service's own."""
EstCarelessWord = Literal["no-proof-of-possession", "any-name"]
"""Checks that a careless EST service leaves out; a test compares them with the service's own words."""


class Est(Part):
    """What is special to a service that speaks EST (RFC 7030)."""

    label: Text | None = None
    """Label of the CA, which is part of the path; none unless written."""
    cacerts: tuple[Text, ...] | None = None
    """Names of the CA certificates that it gives; the issuing CA and those above it unless written."""
    keys: tuple[KeyType, ...] = Field(
        default=(KeyType.EC_P256, KeyType.EC_P384, KeyType.RSA_2048, KeyType.RSA_3072), min_length=1
    )
    """Types of keys that it certifies; the first is the one that ``csrattrs`` asks for."""
    approval: Duration = timedelta()
    """How long a request waits for approval: until then it is answered with 202 and Retry-After."""
    careless: tuple[EstCarelessWord, ...] = ()
    """Checks that it leaves out."""
    instead: dict[OperationWord, Literal["pem", "html", "empty", "missing", "another-key"]] = Field(
        default_factory=dict
    )
    """What it answers to an operation in place of the answer: ``pem``: the CA certificates as PEM; ``html``: a page, as
    a captive portal does; ``empty``: no body; ``missing``: 404; ``another-key``: a certificate of a key that nobody asked for."""


class EstRequest(Part):
    """How the certification request of a device deviates from its own."""

    names_of: Text | None = None
    """Name of another device, whose names the request asks for."""
    broken_signature: Flag = False
    """Whether the signature of the request is wrong."""
