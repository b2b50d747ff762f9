"""Why the server refused the device for a name: its identity or its common name, compared with what is asked for."""

from __future__ import annotations

import re

from harness.diagnosis import blame, chain
from harness.diagnosis.ends import BothEnds, Conclusion, access_point, device, logged, name_of, words
from harness.diagnosis.identities import MOST_IN_USER_NAME
from harness.outcome import Cause
from harness.server.records import LogKind

_COMPARED = re.compile(r"Certificate CN \((?P<cn>.*)\) does not match specified value \((?P<value>.*)\)")
NEW_IDENTITY = (
    "set client-id of the network to the certificate's common name, or drop the check and decide in "
    "virtual_server; TLS 1.3 wants an anonymous identity anyway"
)
NEW_NAME = (
    "issue the device a certificate with the name that the server wants, or correct check_cert_cn or "
    "check_cert_issuer in the server's tls-config; another identity changes nothing"
)
_A_NAME = (
    "issue the device a certificate with a common name (this one has none, and FreeRADIUS then compares that of "
    "its issuer), or drop the check and decide in virtual_server"
)
# The first is the reason of the harness's own servers (radius/raddb), the second FreeRADIUS's for an empty one.
IDENTITY_NOT_KNOWN = ("The identity is not known", "eap: EAP-Identity Unknown")


def name_check_failed(ends: BothEnds) -> Conclusion | None:
    """Apply when the log says that check_cert_cn or check_cert_issuer did not match; the line quotes both names."""
    event = ends.far.first(LogKind.NAME_CHECK_FAILED)
    if event is None:
        return None
    proof = (logged(event), device(f'sent the identity "{ends.near.identity}"'))
    facts: dict[str, str | int] = {
        "words": words(event),
        "compared": "what its configuration names",
        "cure": NEW_NAME,
    }
    match = _COMPARED.search(event.detail)
    if ends.sent_chain and not chain.common_names(ends.sent_chain[0]):
        facts |= {"cure": _A_NAME}
    elif match and match["value"] == ends.near.identity:
        facts |= {"compared": f'the identity "{ends.near.identity}"', "cure": NEW_IDENTITY}
    elif match:
        facts |= {"compared": f'the fixed value "{match["value"]}"'}
    return Conclusion(Cause.IDENTITY_MISMATCH, proof, facts, blame.own_of_device(ends))


def name_is_not_identity(ends: BothEnds) -> Conclusion | None:
    """Apply when the log shows that a policy compared the common name with the User-Name, and they differ."""
    event, record = ends.far.first(LogKind.CN_IS_NOT_IDENTITY), ends.far.verdict
    if event is None or ends.far.first(LogKind.POLICY_REJECTED) is None:
        return None
    subject = record.client_cn if record else name_of(ends.sent_chain, "")
    facts = {
        "words": f'"{subject}" is not "{ends.near.identity}"',
        "compared": f'the identity "{ends.near.identity}"',
        "cure": NEW_IDENTITY,
    }
    proof = (logged(event), device(f'sent the identity "{ends.near.identity}"'))
    return Conclusion(Cause.IDENTITY_MISMATCH, proof, facts, blame.own_of_device(ends))


def identity_too_long(ends: BothEnds) -> Conclusion | None:
    """Apply when the identity had to be cut, and the log says that it does not match the User-Name."""
    event, octets = ends.far.first(LogKind.IDENTITY_IS_NOT_USER_NAME), octets_of_identity(ends)
    if event is None or octets <= MOST_IN_USER_NAME:
        return None
    proof = access_point(f"cut the identity of {octets} octets to {MOST_IN_USER_NAME} for User-Name")
    return Conclusion(Cause.IDENTITY_TOO_LONG, (proof, logged(event)), {"octets": octets})


def user_name_changed(ends: BothEnds) -> Conclusion | None:
    """Apply when the log says that identity and User-Name do not match, and the identity had room."""
    event, octets = ends.far.first(LogKind.IDENTITY_IS_NOT_USER_NAME), octets_of_identity(ends)
    if event is None or not octets or octets > MOST_IN_USER_NAME:
        return None
    proof = access_point(f'sent "{ends.near.identity}" as identity and as User-Name')
    return Conclusion(Cause.USER_NAME_CHANGED, (logged(event), proof))


def identity_unknown(ends: BothEnds) -> Conclusion | None:
    """Apply when the log says that the identity is not known, and no EAP method was ever proposed."""
    event = ends.far.first(LogKind.LOGIN_INCORRECT)
    if event is None or ends.near.proposed_methods or not words(event).startswith(IDENTITY_NOT_KNOWN):
        return None
    return Conclusion(
        Cause.IDENTITY_UNKNOWN, (logged(event), device(f'sent the identity "{ends.near.identity}"'))
    )


def octets_of_identity(ends: BothEnds) -> int:
    """Return the length of the identity as it was sent; 0 where none was."""
    return len(ends.near.identity.encode()) if ends.near.requests else 0
