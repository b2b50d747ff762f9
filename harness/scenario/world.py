"""The world of a scenario as a file writes it: certificates, servers, access points, devices.

Everything here has a default, and the defaults together are the good baseline
(:mod:`harness.scenario.baseline`). A scenario writes only where it deviates from it.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from harness.device.manifest import Capability
from harness.pki.keys import KeyType
from harness.pki.spec import Defect, Profile
from harness.scenario.part import Part
from harness.scenario.switches import Switches
from harness.scenario.texts import (
    AttributeName,
    AttributeText,
    CommonNameSetting,
    IdentityText,
    KeyPassword,
    Psk,
    ReplyText,
    SettingText,
    Ssid,
)
from harness.scenario.values import (
    Duration,
    Flag,
    Mac,
    Moment,
    RealTime,
    Shift,
    Text,
    TlsVersion,
    Version,
    Whole,
    format_duration,
    mistake,
)
from harness.scenario.values_fleet import OneShare, Share, Skew
from harness.scenario.world_path import Impairment


class Certificate(Part):
    """A certificate, its key and its place in the chain, made for this run."""

    profile: Profile | None = None
    """What the certificate is for. Must be written for every name that the baseline does not have."""
    issuer: Text | None = None
    """Name of the certificate that signs this one; ``corp-root`` unless written, a root CA signs itself."""
    cn: Text | None = None
    """Common name of the subject; the first DNS name, else the certificate's name, unless written. ``""``: no subject."""
    dns: tuple[Text, ...] | None = None
    """DNS names (subjectAltName); a server has ``radius.corp.example`` unless written."""
    email: tuple[Text, ...] | None = None
    """E-mail addresses (subjectAltName)."""
    uri: tuple[Text, ...] | None = None
    """URIs (subjectAltName)."""
    key: KeyType = KeyType.EC_P256
    """Type and size of the key."""
    defect: Defect | None = None
    """The single fault this certificate has."""
    password: KeyPassword | None = Field(default=None, repr=False)
    """Password that encrypts the private key; none: the key is stored in clear."""
    valid_from: Shift | None = None
    """Begin of validity against the time of the run; an hour before it unless written."""
    valid_for: Duration | None = None
    """Length of validity; 90 days, or ten years for a CA, unless written."""
    send_chain: Flag | None = None
    """Whether the intermediate CAs are sent along; true unless written."""
    key_identifiers: Flag | None = None
    """Whether it has subject and authority key identifiers; true unless written. Without them CAs of one subject are told apart by signatures alone."""


class TlsRange(Part):
    """TLS versions a side speaks. A bare version is the only one."""

    shorthand: ClassVar[str] = "only"

    only: Version | None = None
    """The only version; instead of ``min`` and ``max``."""
    min: Version = TlsVersion.V1_2
    """Lowest version."""
    max: Version = TlsVersion.V1_3
    """Highest version."""

    @property
    def bounds(self) -> tuple[TlsVersion, TlsVersion]:
        """Lowest and highest version."""
        return (self.only, self.only) if self.only else (self.min, self.max)

    @model_validator(mode="after")
    def _in_order(self) -> TlsRange:
        if self.only and len(self.model_fields_set) > 1:
            raise mistake("tls has one version or a range, not both", "leave out only, or min and max")
        low, high = self.bounds
        if low > high:
            raise mistake(f"min {low} is above max {high}", "swap them, or write the missing one as well")
        return self


class Crl(Part):
    """Revocation on the server. A bare list names the CAs that publish."""

    shorthand: ClassVar[str] = "publish"

    publish: tuple[Text, ...] = ()
    """CAs whose CRL the server holds; an empty list: it checks and holds none."""
    expired: Flag = False
    """Whether these CRLs are past their nextUpdate."""
    check: Literal["leaf", "all"] = "leaf"
    """Whether only the device's own certificate is looked up, or the whole chain."""
    accept_expired: Flag = False
    """Whether the server makes do with an expired CRL."""


_LONGEST_CACHE = 8760
"""Hours; a year."""


class Resumption(Part):
    """TLS sessions that the server resumes. A bare word says whether it does."""

    shorthand: ClassVar[str] = "enabled"

    enabled: Flag = True
    """Whether it resumes TLS sessions."""
    lifetime: Duration = timedelta(hours=1)
    """How long it keeps a session, in whole hours; with TLS 1.3 its tickets say so."""
    keeps: tuple[AttributeName, ...] = ()
    """Attributes of the answer that are kept with a session and come back with it; what the policy says anew comes first."""
    survives_restart: Flag = True
    """Whether sessions outlive a restart of the server."""

    @model_validator(mode="after")
    def _whole_hours(self) -> Resumption:
        hours, rest = divmod(self.lifetime, timedelta(hours=1))
        if rest or not 1 <= hours <= _LONGEST_CACHE:
            raise mistake(
                f"lifetime {format_duration(self.lifetime)} is no number of whole hours up to {_LONGEST_CACHE}",
                "write 1h, 2h, ...: FreeRADIUS counts the lifetime of sessions in hours",
            )
        return self


class PolicyRule(StrEnum):
    """Rules a server can apply to a device whose certificate is good."""

    NONE = "none"
    CERTIFICATE_CN_IS_IDENTITY = "certificate-cn-is-identity"
    CHECK_CERT_CN = "check-cert-cn"
    REJECT = "reject"


_LONGEST_LINE = 7_900
_AROUND_A_NAME = 36
"""Octets; FreeRADIUS reads lines of 8,191, and a comparison adds some to each name."""


class Policy(Part):
    """What the server asks beyond a good certificate. A bare word is the rule."""

    shorthand: ClassVar[str] = "rule"

    rule: PolicyRule = PolicyRule.NONE
    """``certificate-cn-is-identity``: a policy compares the common name with the identity;
    ``check-cert-cn``: FreeRADIUS's own setting does; ``reject``: nobody gets in."""
    allow: tuple[IdentityText, ...] | None = None
    """Identities that get in, nobody else does; instead of a rule."""
    known: tuple[IdentityText, ...] | None = None
    """Identities that it knows; it refuses others at once, before any EAP method. Goes with any rule."""
    cn: CommonNameSetting | None = None
    """The common name that ``check-cert-cn`` insists on; the identity unless written."""

    @model_validator(mode="after")
    def _one_rule(self) -> Policy:
        if self.allow is not None and self.rule is not PolicyRule.NONE:
            raise mistake(f"a policy has one rule, not {self.rule} and allow", "leave one of them out")
        if self.allow == ():
            raise mistake("allow names nobody", "write policy: reject to refuse everybody")
        if self.known == ():
            raise mistake("known names nobody", "write policy: reject to refuse everybody")
        for key, names in (("allow", self.allow), ("known", self.known)):
            # Each is compared as hex, in one line of the configuration.
            if sum(2 * len(name.encode()) + _AROUND_A_NAME for name in names or ()) > _LONGEST_LINE:
                raise mistake(
                    f"{key} names more than a line of FreeRADIUS's configuration holds", "name fewer"
                )
        if self.cn is not None and self.rule is not PolicyRule.CHECK_CERT_CN:
            raise mistake(
                "cn belongs to the rule check-cert-cn", "write rule: check-cert-cn, or leave cn out"
            )
        return self


class Server(Part):
    """A RADIUS server under test."""

    certificate: Text = "corp-radius"
    """Name of its certificate."""
    trusts: tuple[Text, ...] = ("corp-root",)
    """Names of the CAs it accepts devices from."""
    tls: TlsRange = TlsRange()
    """TLS versions it speaks."""
    ciphers: SettingText = ""
    """OpenSSL cipher list for TLS 1.2; empty: the library's own."""
    fragment_size: Whole = Field(default=1024, ge=64, le=65535)
    """Longest EAP-TLS fragment it sends, in octets."""
    include_length: Flag = True
    """Whether it sends the length in every fragment, not only in the first."""
    crl: Crl | None = None
    """Revocation; unless written, the server does not look for CRLs."""
    resumption: Resumption | None = None
    """Whether it resumes TLS sessions; unless written, it does not."""
    policy: Policy = Policy()
    """What it asks beyond a good certificate."""
    vlan: Whole | None = Field(default=None, ge=1, le=4094)
    """VLAN it assigns (Tunnel-Type, Tunnel-Medium-Type, Tunnel-Private-Group-Id)."""
    vlan_needs_certificate: Flag = False
    """Whether it assigns the VLAN only where its policy has the attributes of the device's certificate, as a policy by
    issuer or subject does; with ``false`` every device that gets in gets the VLAN."""
    reply: dict[AttributeName, ReplyText] = Field(default_factory=dict)
    """Further attributes of the Access-Accept, by name."""
    send_keys: Flag = True
    """Whether the Access-Accept carries the MS-MPPE keys."""
    send_key_name: Flag = True
    """Whether it carries the EAP-Key-Name (RFC 7268 2.2), needed for ``session-id-agrees``."""
    reject_delay: Whole = Field(default=0, ge=0, le=10)
    """Seconds it holds back an Access-Reject."""
    eap_methods: tuple[Literal["tls", "md5"], ...] = Field(default=("tls",), min_length=1)
    """EAP methods it knows; it proposes the first."""
    known_nas: Flag = True
    """Whether it knows the access points as RADIUS clients."""
    address: Literal["ipv4", "ipv6"] = "ipv4"
    """Address family it listens on."""
    clock: Moment | None = None
    """Its clock, as a shift against the scenario's or as a date."""


class Security(StrEnum):
    """How an access point secures its network."""

    WPA2_EAP = "wpa2-eap"
    WPA2_EAP_SHA256 = "wpa2-eap-sha256"
    WPA3_EAP_192 = "wpa3-eap-192"
    WPA2_PSK = "wpa2-psk"
    OPEN = "open"

    @property
    def akm(self) -> int:
        """AKM suite type of IEEE 802.11-2020 table 9-151; 0 for an open network."""
        return {"wpa2-eap": 1, "wpa2-eap-sha256": 5, "wpa3-eap-192": 12, "wpa2-psk": 2, "open": 0}[self.value]


class Retry(Part):
    """How the access point repeats an Access-Request without an answer (RFC 5080 2.2.1)."""

    first: RealTime = timedelta(milliseconds=200)
    """Time to the first retransmission (IRT); it doubles from one to the next."""
    times: Whole = Field(default=4, ge=0, le=255)
    """Number of retransmissions (MRC)."""
    longest: RealTime = timedelta(seconds=16)
    """The longest time between two of them (MRT)."""
    give_up: RealTime = timedelta(seconds=30)
    """When to give up at the latest (MRD)."""


class AccessPoint(Part):
    """An access point. A bare word is its SSID."""

    shorthand: ClassVar[str] = "ssid"

    ssid: Ssid = "CORP"
    """Name of the network it offers."""
    security: Security = Security.WPA2_EAP
    """How the network is secured."""
    bssid: Mac | None = None
    """Its MAC address; one of its own unless written."""
    server: Text | None = None
    """Name of the server it asks; must be written where there are several."""
    secret: Literal["right", "wrong"] = "right"
    """Whether its shared secret is the server's."""
    port: Literal["right", "closed"] = "right"
    """Whether it sends to the server's port, or to one where nobody listens."""
    retry: Retry = Retry()
    """How it repeats requests."""
    message_authenticator: Flag = True
    """Whether its requests carry a Message-Authenticator, as RFC 3579 3.2 demands."""
    require_message_authenticator: Flag = True
    """Whether it discards answers without Message-Authenticator (RFC 3579 3.2, CVE-2024-3596); ``false``: it
    takes them, and whoever is on the path can forge them."""
    framed_mtu: Whole = Field(default=1400, ge=64, le=65535)
    """Framed-MTU it announces, in octets. FreeRADIUS sends no longer EAP-TLS fragments than that leaves room for."""
    nas_identifier: AttributeText | None = None
    """NAS-Identifier it announces; its name unless written."""
    impair: Impairment | None = None
    """What happens to packets on the way to the server, from the start."""
    psk: Psk | None = Field(default=None, repr=False)
    """Pre-shared key of a network that is secured by ``wpa2-psk``."""
    hidden: Flag = False
    """Whether it announces itself only to those who ask for its SSID: a targeted scan."""
    on_air: Flag = True
    """Whether it is switched on."""
    internet: Flag = False
    """Whether its network leads to the internet: there a device gets its certificate of the day."""
    time: Flag = False
    """Whether its network tells the time: a device that joins sets its clock, unless that is switched off."""


class Start(StrEnum):
    """What a device holds before the first step."""

    PROVISIONED = "provisioned"
    EMPTY = "empty"


class Application(Part):
    """An application on the device. A bare list names its capabilities."""

    shorthand: ClassVar[str] = "capabilities"

    capabilities: tuple[Capability, ...] = ()
    """What its manifest asks for; whatever else it tries is refused with EACCES."""
    device_authentication: Text | None = None
    """Tenant in its manifest, by name or by ID; without one it gets no certificate of the device."""
    allowed_connections: tuple[Text, ...] = ()
    """Hosts that it may call."""
    trusts: tuple[Text, ...] = ("corp-root",)
    """Names of the root CAs by which it knows the services that it calls."""


class Device(Switches):
    """A virtual device. A bare word says what it starts with.

    What it does where the documents of its model leave room is a switch each, and these are keys too.
    """

    shorthand: ClassVar[str] = "starts"

    starts: Start = Start.PROVISIONED
    """``provisioned``: with the certificates and the network of the baseline; ``empty``: with nothing."""
    tls: TlsRange = TlsRange()
    """TLS versions it speaks."""
    fragment_size: Whole = Field(default=1398, ge=64, le=4000)
    """Longest EAP-TLS fragment it sends, in octets."""
    patience: RealTime = timedelta(minutes=10)
    """How long after the first Request it answers another one; wpa_supplicant: 70 s."""
    mac: Mac | None = None
    """Its MAC address; one of its own unless written."""
    clock: Moment | None = None
    """Its clock, as a shift against the scenario's or as a date."""
    tenant: Text | None = None
    """Name of the tenant that it belongs to; the first unless written."""
    count: Whole | None = Field(default=None, ge=1, le=1000)
    """How many devices there are of this description, a fleet; each has a number behind its name, a MAC address, and
    client certificates of its own, with its name as common name and identity."""
    offline: OneShare = Share(0.0)
    """The share of the fleet that is offline, spread over it; such a device does no step."""
    clock_skew: Skew = timedelta()
    """How far the clocks of the fleet are off at most, to either side: one is behind by that, one ahead, the others lie
    between."""
    applications: dict[str, Application] = Field(default_factory=dict)
    """Its applications by name; a step names the one that does it with ``by``."""

    @model_validator(mode="after")
    def _of_a_fleet(self) -> Device:
        for name in ("offline", "clock_skew"):
            if name in self.model_fields_set and self.count is None:
                key = name.replace("_", "-")
                raise mistake(f"{key} is about a fleet", "add count, the number of its devices")
        if self.count is not None and self.mac is not None:
            raise mistake("devices of a fleet have MAC addresses of their own", "leave out mac, or count")
        return self
