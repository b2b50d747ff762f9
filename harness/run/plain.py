"""Networks without EAP, open or with a pre-shared key: whether a device gets in is settled without a server.

They are what a device falls back to: a bootstrap network that gives it the time and new certificates.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.device.failure_codes import NetworkError
from harness.device.network import Network, Security
from harness.outcome import Cause, Outcome, Proof, Verdict
from harness.trace import Actor


@dataclass(frozen=True, slots=True)
class PlainJoin:
    """How it went, and the error that the device records where it did not."""

    outcome: Outcome
    error: NetworkError | None = None


def join_plain(network: Network, psk: str | None) -> PlainJoin | None:
    """Join a network whose access point has the same security; ``None`` when that is EAP.

    ``psk`` is the access point's key. A wrong one shows in the 4-way handshake, as different keys do.
    """
    if network.security is Security.OPEN:
        return PlainJoin(_connected("the network is open: nobody authenticated anybody"))
    if network.security is not Security.PSK:
        return None
    if network.psk is None:
        text = f"network {network.name!r} has no pre-shared key"
        return PlainJoin(_failed(Cause.KEYS_MISSING, text), NetworkError.NO_PSK_INCLUDED)
    if network.psk != psk:
        text = "the pre-shared keys of device and access point differ"
        return PlainJoin(_failed(Cause.KEYS_MISMATCH, text), NetworkError.WRONG_KEY)
    return PlainJoin(_connected("both sides hold the pre-shared key; no server was authenticated"))


def _connected(text: str) -> Outcome:
    proof = (Proof(Actor.DEVICE, text),)
    explanation = f"The device is connected: {text}."
    return Outcome(Verdict.CONNECTED, Cause.SERVER_NOT_AUTHENTICATED, explanation, proof=proof)


def _failed(cause: Cause, text: str) -> Outcome:
    proof = (Proof(Actor.DEVICE, text),)
    remedy = "Give both the same pre-shared key."
    return Outcome(Verdict.UNUSABLE, cause, f"The link cannot come up: {text}.", remedy, proof)
