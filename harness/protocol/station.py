"""The device's side of an association: what it wants and what it has."""

from __future__ import annotations

from dataclasses import dataclass

from harness.protocol import eap_tls
from harness.protocol.progress import LONGEST
from harness.protocol.tls import TlsContext
from harness.protocol.tls_session import TlsSession
from harness.protocol.wpa_keys import AKMS


@dataclass(frozen=True, slots=True)
class Station:
    """What is joined as whom, with which TLS; fragments have at most ``fragment_size`` octets.

    ``akms`` are the 802.11 AKM suite types it is willing to use, ``session`` is the TLS session that it
    offers to resume. After ``patience`` seconds it gives a conversation up that has come to no decision.
    """

    ssid: str
    mac: bytes
    identity: str
    tls: TlsContext
    fragment_size: int = eap_tls.DEFAULT_FRAGMENT_SIZE
    akms: frozenset[int] = frozenset(AKMS)
    patience: float = LONGEST
    session: TlsSession | None = None
