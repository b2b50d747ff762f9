"""Words that an expectation may use and that other layers have: tests compare them with where they come from.

A word that nothing can ever have would make an assertion that cannot fail.
"""

from __future__ import annotations

import re
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
    "session-id-differs",
    "would-fail-next",
    "retransmissions",
    "packets-discarded",
    "protocol-violation",
]
"""The ids of findings; a test compares them with ``harness.diagnosis.kinds``."""

REPLY_NAMES = (
    "User-Name",
    "NAS-IP-Address",
    "NAS-Port",
    "Service-Type",
    "Framed-IP-Address",
    "Filter-Id",
    "Framed-MTU",
    "Reply-Message",
    "Class",
    "Session-Timeout",
    "Idle-Timeout",
    "Termination-Action",
    "Called-Station-Id",
    "Calling-Station-Id",
    "NAS-Identifier",
    "Acct-Session-Id",
    "NAS-Port-Type",
    "Tunnel-Type",
    "Tunnel-Medium-Type",
    "Connect-Info",
    "Tunnel-Private-Group-Id",
    "Acct-Interim-Interval",
    "NAS-Port-Id",
    "Chargeable-User-Identity",
    "NAS-IPv6-Address",
    "EAP-Key-Name",
    "Operator-Name",
    "WLAN-Pairwise-Cipher",
    "WLAN-Group-Cipher",
    "WLAN-AKM-Suite",
)
"""The attributes that the access point knows by name; a test compares them with its dictionary."""
_BY_NUMBER = re.compile(r"attr-[1-9][0-9]{0,2}")
_LOWER = frozenset(name.lower() for name in REPLY_NAMES)


def _seen(name: str) -> str:
    if name.lower() not in _LOWER and not _BY_NUMBER.fullmatch(name.lower()):
        raise mistake(
            f"the access point knows no attribute {name!r}, so it never sees one",
            suggestion(name, REPLY_NAMES),
        )
    return name


ReplyName = Annotated[str, AfterValidator(_seen)]
"""The name of an attribute as the access point sees it, in any case; one it does not know is ``Attr-`` and its number."""
