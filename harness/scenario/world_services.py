"""Services that devices call over HTTPS, as a file writes them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from harness.pki.keys import KeyType
from harness.scenario.part import Part
from harness.scenario.texts import Ssid
from harness.scenario.values import Duration, Flag, RealTime, Text, Whole, Words, mistake, shown
from harness.scenario.world import TlsRange
from harness.scenario.world_est import Est

HOST = "certs.corp.example"
_HOST = re.compile(r"(?!-)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
_LONGEST_HOST = 253
"""RFC 1035 2.3.4, without the root."""
CarelessWord = Literal[
    "always-true",
    "always-200",
    "nulls",
    "one-certificate",
    "chain",
    "password-missing",
    "password-needless",
]
"""What a careless issuing service does; a test compares them with the service's own words."""


class RateLimit(Part):
    """How many client certificates a device gets. A bare number is how many; 0: any number."""

    shorthand: ClassVar[str] = "most"

    most: Whole = Field(default=3, ge=0)
    """How many, 0 for any number."""
    per: Duration = timedelta(hours=1)
    """In which time."""


class Fault(Part):
    """What goes wrong on the way to a service, with every call."""

    down: Flag = False
    """Nobody listens."""
    silent: Flag = False
    """It takes connections and says nothing, not even in TLS."""
    slow: RealTime = timedelta()
    """How long it lets its answer be waited for."""
    cut_after: Whole | None = Field(default=None, ge=0)
    """Octets of the answer after which the connection is cut."""
    redirect: Text | None = None
    """URL that every call is sent on to."""


class Spoilt(Part):
    """How an answer of the issuing service is spoilt: fields of its JSON, or the whole."""

    drop: Words = ()
    """Fields that are missing."""
    put: dict[str, Any] = Field(default_factory=dict)
    """Fields with another value, of any type; ``null`` among them."""
    pad: dict[str, Whole] = Field(default_factory=dict)
    """Fields that are made as long as that, in octets, with line ends."""
    reverse: Flag = False
    """Whether the fields come in the opposite order."""
    status: Whole | None = Field(default=None, ge=200, le=599)
    """Another HTTP status."""
    body: Text | None = None
    """Another body."""
    content_type: Text = "application/json; charset=utf-8"
    """Another media type."""


class Service(Part):
    """A service that devices call. A bare word is what it speaks."""

    shorthand: ClassVar[str] = "speaks"
    alone: ClassVar[bool] = True

    speaks: Literal["gallery", "est", "root-ca"] = "gallery"
    """``gallery``: a certificate issuing service with the JSON of the public sample; ``est``: one with Enrollment over Secure
    Transport (RFC 7030), where the device keeps its key; ``root-ca``: an endpoint that gives
    the root CA of the RADIUS server and nothing else, to anybody."""
    host: Text = HOST
    """Host name by which devices call it; its address is on this machine."""
    certificate: Text | None = None
    """Name of its certificate; one for its host, issued by ``corp-root``, unless written."""
    tls: TlsRange = TlsRange()
    """TLS versions it speaks."""
    client_certificate: Literal["ask", "demand", "renegotiate", "never"] = "ask"
    """Whether it wants a certificate of the device: ``ask`` refuses a device without one by an answer, ``demand`` in
    the handshake, ``renegotiate`` asks in a second handshake (TLS 1.2 alone)."""
    tenant: Text | None = None
    """Name of the tenant whose devices it serves; the first unless written."""
    trusts: Literal["tenant", "first-ca", "root"] = "tenant"
    """Whom it takes for a device: ``tenant``: whoever any CA of the tenant issued; ``first-ca``: the tenant's first CA alone;
    ``root``: everybody below the root that all tenants share."""
    allow: tuple[Text, ...] | None = None
    """Names of the devices that get something; all of the tenant unless written."""
    rate_limit: RateLimit = RateLimit()
    """How many client certificates a device gets in which time."""
    again: Literal["reissue", "same", "refuse"] = "reissue"
    """What a device gets that has a client certificate and asks for one."""
    issues_from: Text = "corp-root"
    """Name of the CA that issues the client certificates."""
    root_ca: Text = "corp-root"
    """Name of the root CA that devices get for the RADIUS server."""
    ssid: Ssid = "CORP"
    """SSID of the EAP-TLS network that it tells devices."""
    key: KeyType = KeyType.EC_P256
    """Type of the keys that it makes for devices."""
    valid_for: Duration = timedelta(days=90)
    """How long its certificates are valid."""
    key_password: Flag = False
    """Whether it encrypts the keys, each with a password of its own."""
    careless: tuple[CarelessWord, ...] = ()
    """What it does wrong, as the service of the public sample does."""
    est: Est = Est()
    """What is special to a service that speaks EST."""
    answer: Spoilt | None = None
    """How its answers are spoilt."""
    fault: Fault | None = None
    """What goes wrong on the way to it."""
    reachable_from: tuple[Text, ...] | None = None
    """Access points whose network leads to it, and ``ethernet``; all unless written."""

    @field_validator("host")
    @classmethod
    def _is_a_host(cls, value: str) -> str:
        if not _HOST.fullmatch(value) or len(value) > _LONGEST_HOST:
            raise mistake(f"{shown(value)} is no host name", "write a DNS name, as in certs.corp.example")
        return value

    @model_validator(mode="after")
    def _renegotiates(self) -> Service:
        if self.client_certificate == "renegotiate" and self.tls.bounds[1].value != "1.2":
            raise mistake("TLS 1.3 has no renegotiation", 'write tls: "1.2" beside it')
        return self
