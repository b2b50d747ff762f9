"""An identity that does not fit into User-Name: the server gets two names, and FreeRADIUS takes none of them."""

from __future__ import annotations

from harness.diagnosis.ends import BothEnds, Conclusion, access_point, logged
from harness.diagnosis.identities import MOST_IN_USER_NAME
from harness.outcome import Cause
from harness.server.records import LogKind


def identity_too_long(ends: BothEnds) -> Conclusion | None:
    """Apply when the identity had to be cut, and the log says that it does not match the User-Name."""
    event, octets = ends.far.first(LogKind.IDENTITY_IS_NOT_USER_NAME), octets_of_identity(ends)
    if event is None or octets <= MOST_IN_USER_NAME:
        return None
    proof = access_point(f"cut the identity of {octets} octets to {MOST_IN_USER_NAME} for User-Name")
    return Conclusion(Cause.IDENTITY_TOO_LONG, (proof, logged(event)), {"octets": octets})


def octets_of_identity(ends: BothEnds) -> int:
    """Return the length of the identity as it was sent; 0 where none was."""
    return len(ends.near.identity.encode()) if ends.near.requests else 0
