"""Why an accepted device has no link: the keys (RFC 2548 2.4, RFC 5216 2.3, RFC 9190 2.3)."""

from __future__ import annotations

from harness.diagnosis.ends import BothEnds, Conclusion, Rule, access_point, device
from harness.observation import FourWay, Keys
from harness.outcome import Cause, Proof


def keys_missing(ends: BothEnds) -> Conclusion | None:
    """Apply when the Access-Accept carries no MS-MPPE keys."""
    if ends.near.keys is not Keys.MISSING:
        return None
    return Conclusion(Cause.KEYS_MISSING, (access_point("the Access-Accept lacks MS-MPPE keys"),))


def keys_differ(ends: BothEnds) -> Conclusion | None:
    """Apply when the device's MSK and the MS-MPPE keys were compared and differ."""
    if ends.near.keys is not Keys.DIFFER:
        return None
    proof = access_point("the MS-MPPE keys differ from the device's MSK")
    failed = (_mic(),) if ends.near.four_way is FourWay.MIC_FAILURE else ()
    return Conclusion(Cause.KEYS_MISMATCH, (proof, *failed))


def mic_failed(ends: BothEnds) -> Conclusion | None:
    """Apply when the 4-way handshake failed at its MIC, and no comparison says that the keys agree."""
    if ends.near.four_way is not FourWay.MIC_FAILURE or ends.near.keys is Keys.AGREE:
        return None
    return Conclusion(Cause.KEYS_MISMATCH, (_mic(),))


RULES: tuple[Rule, ...] = (keys_missing, keys_differ, mic_failed)


def _mic() -> Proof:
    return device("the 4-way handshake failed: the MIC does not verify (IEEE 802.11-2020 12.7.6)")
