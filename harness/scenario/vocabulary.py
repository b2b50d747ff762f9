"""Words that an expectation may use and that other layers have: tests compare them with where they come from.

A word that nothing can ever have would make an assertion that cannot fail.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator

from harness.scenario.values import mistake
from harness.scenario.wording import suggestion

FindingWord = Literal[
    "server-not-authenticated",
    "client-not-authenticated",
    "ends-disagree",
    "accepted-after-refusal",
    "alert-not-delivered",
    "reject-with-eap-success",
    "reject-without-eap-failure",
    "reject-after-protected-success",
    "reply-message-with-eap",
    "length-bit-unfragmented",
    "message-authenticator-not-first",
    "message-authenticator-absent",
    "identity-in-clear",
    "identity-not-in-certificate",
    "identity-no-nai",
    "identity-cut",
    "eap-packet-above-framed-mtu",
    "session-id-differs",
    "session-lifetime-too-long",
    "resumed-without-recheck",
    "lost-on-resumption",
    "would-fail-next",
    "retransmissions",
    "packets-discarded",
    "protocol-violation",
]
"""The ids of findings; a test compares them with ``harness.diagnosis.kinds``."""

REPLY_NAMES: Mapping[str, int] = {
    "User-Name": 1,
    "NAS-IP-Address": 4,
    "NAS-Port": 5,
    "Service-Type": 6,
    "Framed-IP-Address": 8,
    "Filter-Id": 11,
    "Framed-MTU": 12,
    "Reply-Message": 18,
    "Class": 25,
    "Session-Timeout": 27,
    "Idle-Timeout": 28,
    "Termination-Action": 29,
    "Called-Station-Id": 30,
    "Calling-Station-Id": 31,
    "NAS-Identifier": 32,
    "Acct-Session-Id": 44,
    "NAS-Port-Type": 61,
    "Tunnel-Type": 64,
    "Tunnel-Medium-Type": 65,
    "Connect-Info": 77,
    "Tunnel-Private-Group-Id": 81,
    "Acct-Interim-Interval": 85,
    "NAS-Port-Id": 87,
    "Chargeable-User-Identity": 89,
    "NAS-IPv6-Address": 95,
    "EAP-Key-Name": 102,
    "Operator-Name": 126,
    "WLAN-Pairwise-Cipher": 186,
    "WLAN-Group-Cipher": 187,
    "WLAN-AKM-Suite": 188,
}
"""The attributes that the access point knows by name, and their numbers; a test compares them with its dictionary."""
UNSEEN = frozenset({24, 26, 79, 80})
"""State, Vendor-Specific, EAP-Message, Message-Authenticator: parts of the conversation, shown as no attribute."""
_BY_NUMBER = frozenset(
    f"attr-{number}" for number in range(1, 256) if number not in UNSEEN | {*REPLY_NAMES.values()}
)
_KNOWN = frozenset(name.lower() for name in REPLY_NAMES) | _BY_NUMBER


def _seen(name: str) -> str:
    if name.lower() not in _KNOWN:
        raise mistake(
            f"the access point shows no attribute {name!r}, whatever the server sends",
            suggestion(name, REPLY_NAMES),
        )
    return name


ReplyName = Annotated[str, AfterValidator(_seen)]
"""The name of an attribute as the access point shows it, in any case; without a name it is ``Attr-`` and its number."""
DeviceReason = Literal[
    "no-certificate",
    "certificate-expired",
    "certificate-not-yet-valid",
    "issuing-ca-expired",
    "issuing-ca-not-yet-valid",
    "issuer-unknown",
    "issuer-ambiguous",
    "chain-incomplete",
    "signature-wrong",
    "wrong-purpose",
    "certificate-unacceptable",
    "ca-unverified",
    "ca-revoked",
    "another-tenant",
    "not-a-device",
]
"""Why a back end lets a device not in; a test compares both lists with the service's own words."""
