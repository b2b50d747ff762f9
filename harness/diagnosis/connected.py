"""What a connection is worth: whether the device had verified whom it talks to."""

from __future__ import annotations

from harness.diagnosis import chain
from harness.diagnosis.ends import BothEnds, Conclusion, Rule, device
from harness.outcome import Cause, Proof


def server_verified(ends: BothEnds) -> Conclusion | None:
    """Apply when the device verified the server against a root CA, now or in the session it resumed."""
    if ends.anchor is None:
        return None
    resumed = " in the session that it resumed" if ends.near.tls and ends.near.tls.resumed else ""
    proof = device(f"verified the server against {chain.subject(ends.anchor)}{resumed}")
    return Conclusion(Cause.MUTUAL_AUTHENTICATION, (proof, _keys()))


def server_not_verified(ends: BothEnds) -> Conclusion | None:
    """Apply when the device's network names no root CA."""
    if ends.anchor is not None:
        return None
    return Conclusion(
        Cause.SERVER_NOT_AUTHENTICATED, (device("verified nothing: it has no root CA"), _keys())
    )


RULES: tuple[Rule, ...] = (server_verified, server_not_verified)


def _keys() -> Proof:
    return device("MSK and MS-MPPE keys agree, the 4-way handshake is complete")
