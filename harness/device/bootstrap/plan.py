"""What the bootstrap application is told, what it asks of the world, and what it ends in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from harness.device.bootstrap.attestation import DeviceAuth
from harness.pki.credential import Credential


class Defect(StrEnum):
    """What the application of the public sample does wrong (behaviour reference, section 5.3), each on its own."""

    IGNORES_DEVICE_AUTH = "ignores-device-auth"
    """Its callback says OK whatever happened, and the request goes out without a certificate."""
    NO_PEER_VERIFICATION = "no-peer-verification"
    """Any server is believed to be the service."""
    IGNORES_STATUS = "ignores-status"
    """The body of a refusal is read as an answer."""
    NULL_FAILS = "null-fails"
    """All seven fields must be texts, and whatever is wrong is called a parse failure."""
    CUTS_LONG_FIELDS = "cuts-long-fields"
    """What is too long is cut and installed."""
    EMPTY_IS_PARSE_FAILURE = "empty-is-parse-failure"
    """A part that did not come is reported as a parse failure."""
    STALE_LENGTH = "stale-length"
    """The second answer of a run is read behind the length of the first."""
    DOUBLE_QUERY = "double-query"
    """It appends ``?`` and its query to a URL that has a query already."""
    SAME_IDS = "same-ids"
    """A trial installs over the certificates in use."""
    INSTALLS_HALF = "installs-half"
    """The root CA stays where the client certificate is refused."""
    PREFIX_MATCH = "prefix-match"
    """A certificate whose ID is the beginning of the wanted one counts as installed."""
    DISABLES_OTHERS = "disables-others"
    """While it connects, all other networks are disabled, the open one too."""
    LOGS_ANSWER = "logs-answer"
    """The whole answer, the private key included, goes to the debug log."""


GALLERY = frozenset(Defect)
"""The public sample as it is."""


class Ended(StrEnum):
    """What a run of the application ends in."""

    CONNECTED = "connected"
    PROVISIONED = "provisioned"
    """Certificates and network are there; it was not to connect."""
    ALREADY_PROVISIONED = "already-provisioned"
    BOOTSTRAP_NETWORK_FAILED = "bootstrap-network-failed"
    DEVICE_AUTH_FAILED = "device-auth-failed"
    """The device has no certificate for this application; nothing was sent."""
    ATTESTATION_NOT_READY = "attestation-not-ready"
    """It has none yet; the application waits and sends nothing."""
    CALL_FAILED = "call-failed"
    HTTP_STATUS = "http-status"
    ANSWER_WRONG = "answer-wrong"
    WAITS_FOR_APPROVAL = "waits-for-approval"
    """The service has taken the request and told when to come again (EST)."""
    NO_ROOM = "no-room"
    INSTALL_REFUSED = "install-refused"
    NETWORK_REFUSED = "network-refused"
    NOT_CONNECTED = "not-connected"
    """The EAP-TLS network could not be joined; ``error`` and ``cert_error`` say why."""
    TRIAL_FAILED = "trial-failed"
    """The copy of the network could not be joined with the new certificates."""

    @property
    def is_good(self) -> bool:
        """Whether the device has what it was to get."""
        return self in {Ended.CONNECTED, Ended.PROVISIONED, Ended.ALREADY_PROVISIONED}


@dataclass(frozen=True, slots=True)
class Plan:
    """What the application is built with. IDs are those of the certificate store, names those of networks.

    ``bootstrap`` is the network over which the service is reached; ``None``: Ethernet. ``root_url`` is the endpoint of the
    root CA, where it is another than the service's. ``mutual`` says whether the network gets a root CA.
    """

    url: str
    bootstrap: str | None = "bootstrap"
    network: str = "corp"
    copy: str = "corp-next"
    root_id: str = "RadiusRootCA"
    client_id: str = "RadiusClient"
    trial_root_id: str = "NextRootCA"
    trial_client_id: str = "NextClient"
    root_url: str | None = None
    ssid: str = ""
    """SSID of the EAP-TLS network, where the service tells none (EST)."""
    mutual: bool = True
    connects: bool = True
    leaves: bool = True
    """Whether it disables the open network when all is done."""
    defects: frozenset[Defect] = frozenset()


@dataclass(frozen=True, slots=True)
class Join:
    """Join that network; answered by :class:`Joined`."""

    network: str


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Call the callback for device authentication; answered by :class:`DeviceAuth`."""


@dataclass(frozen=True, slots=True)
class Call:
    """Call a URL; answered by :class:`Answered` or :class:`Unanswered`.

    It is called with what device authentication gave, or with ``credential``, where there is one.
    """

    url: str
    verifies: bool = True
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    body: bytes = field(default=b"", repr=False)
    credential: Credential | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Joined:
    """How joining a network went; the numbers are those of the device's diagnostics."""

    ok: bool
    error: int = 0
    cert_error: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """An HTTP answer of whatever status; header names in lower case."""

    status: int
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A call that brought no HTTP answer: where it failed, why, and one sentence."""

    place: str
    cause: str
    text: str


Need = Join | Authenticate | Call
Given = Joined | DeviceAuth | Answered | Unanswered


@dataclass(slots=True)
class Progress:
    """What a run has done so far."""

    asked: list[str] = field(default_factory=list)
    """The parts of the last request, ``root-ca`` and ``client``."""
    installed: list[str] = field(default_factory=list)
    """Certificate IDs under which something new lies, in order."""
    calls: int = 0
    key_logged: bool = False
    """Whether a private key went to the debug log."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What it ends in. ``place`` and ``cause`` name what stands in the way, ``status`` is that of HTTP."""

    ended: Ended
    place: str = ""
    cause: str = ""
    text: str = ""
    status: int = 0
    field: str = ""
    error: int = 0
    cert_error: int | None = None
    device_auth: int = 0
