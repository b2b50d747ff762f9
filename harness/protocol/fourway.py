"""The 4-way handshake, both sides (IEEE 802.11-2020 12.7.6).

The access point holds the PMK from MS-MPPE keys, the device the one from its TLS exporter: only
when both are the same does message 2 pass the access point's MIC check. That is the whole point
of running it.

Message 1 carries the ANonce; 2 the SNonce and the device's RSN element; 3 the RSN element again
and the wrapped GTK; 4 ends it. A frame whose MIC is wrong is discarded silently (12.7.6.3), so a
wrong PMK shows as silence after message 2: :attr:`AccessPointSide.mic_failed`.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from harness.protocol import eapol
from harness.protocol.eapol import KeyFrame, KeyInfo
from harness.protocol.wpa_keys import Akm, PairwiseKeys, pairwise_keys

_GTK_KDE = b"\x00\x0f\xac\x01"

# Key Information of messages 1 to 4 without the descriptor version (12.7.6.2 to 12.7.6.5).
_FIRST = int(KeyInfo.PAIRWISE | KeyInfo.ACK)
_SECOND = int(KeyInfo.PAIRWISE | KeyInfo.MIC)
_THIRD = _FIRST | int(KeyInfo.INSTALL | KeyInfo.MIC | KeyInfo.SECURE | KeyInfo.ENCRYPTED)
_FOURTH = _SECOND | int(KeyInfo.SECURE)
_HAS_MIC = int(KeyInfo.MIC)
_IS_SECURE = int(KeyInfo.SECURE)


def _signed(akm: Akm, keys: PairwiseKeys, frame: KeyFrame) -> bytes:
    """Return the frame with its MIC, computed over the frame with a MIC of zeros."""
    blank = frame.encode()
    mic = akm.mic(keys.kck, blank)
    at = len(blank) - len(frame.data) - 2 - akm.mic_size
    return blank[:at] + mic + blank[at + akm.mic_size :]


def _mic_right(akm: Akm, keys: PairwiseKeys, raw: bytes, frame: KeyFrame) -> bool:
    expected = akm.mic(keys.kck, eapol.without_mic(raw, akm.mic_size))
    return hmac.compare_digest(expected, frame.mic)


class AccessPointSide:
    """The authenticator of the handshake."""

    def __init__(
        self, akm: Akm, pmk: bytes, own: bytes, peer: bytes, rsn: bytes, random: Callable[[int], bytes]
    ) -> None:
        self._akm = akm
        self._pmk = pmk
        self._own = own
        self._peer = peer
        self._rsn = rsn
        self._anonce = random(32)
        self._gtk = random(akm.tk_size)
        self._keys: PairwiseKeys | None = None
        self._counter = 0
        self.complete = False
        self.mic_failed = False

    def start(self) -> bytes:
        """Return message 1."""
        return self._frame(_FIRST, nonce=self._anonce).encode()

    def receive(self, raw: bytes) -> bytes | None:
        """Take message 2 or 4; return message 3 after a right message 2."""
        frame = eapol.parse_key(eapol.parse(raw)[1], self._akm.mic_size)
        if frame.replay_counter != self._counter:
            return None
        if self._keys is None:
            return self._second(raw, frame)
        if not frame.info & _IS_SECURE:
            return None  # message 2 once more: 12.7.6.5 wants the Secure bit in message 4
        if _mic_right(self._akm, self._keys, raw, frame):
            self.complete = True
        else:
            self.mic_failed = True
        return None

    def _second(self, raw: bytes, frame: KeyFrame) -> bytes | None:
        keys = pairwise_keys(self._akm, self._pmk, self._own, self._peer, self._anonce, frame.nonce)
        if not _mic_right(self._akm, keys, raw, frame):
            self.mic_failed = True
            return None
        self._keys = keys
        self._counter += 1
        data = aes_key_wrap(keys.kek, _padded(self._rsn + _gtk_kde(self._gtk)))
        return _signed(self._akm, keys, self._frame(_THIRD, nonce=self._anonce, data=data))

    def _frame(self, info: int, *, nonce: bytes, data: bytes = b"") -> KeyFrame:
        return KeyFrame(
            info | self._akm.descriptor_version,
            self._counter,
            nonce,
            bytes(self._akm.mic_size),
            data,
            self._akm.tk_size,
        )


class DeviceSide:
    """The supplicant of the handshake."""

    def __init__(
        self, akm: Akm, pmk: bytes, own: bytes, peer: bytes, rsn: bytes, random: Callable[[int], bytes]
    ) -> None:
        self._akm = akm
        self._pmk = pmk
        self._own = own
        self._peer = peer
        self._rsn = rsn
        self._snonce = random(32)
        self._anonce = b""
        self._keys: PairwiseKeys | None = None
        self.complete = False
        self.failure = ""
        """Why a message 3 was not accepted; empty: none was refused."""

    def receive(self, raw: bytes) -> bytes | None:
        """Take message 1 or 3; return message 2 or 4, or None when it is discarded."""
        frame = eapol.parse_key(eapol.parse(raw)[1], self._akm.mic_size)
        if not frame.info & _HAS_MIC:
            return self._first(frame)
        return self._third(raw, frame)

    def _first(self, frame: KeyFrame) -> bytes:
        self._anonce = frame.nonce
        self._keys = pairwise_keys(self._akm, self._pmk, self._peer, self._own, frame.nonce, self._snonce)
        answer = KeyFrame(
            _SECOND | self._akm.descriptor_version,
            frame.replay_counter,
            self._snonce,
            bytes(self._akm.mic_size),
            self._rsn,
        )
        return _signed(self._akm, self._keys, answer)

    def _third(self, raw: bytes, frame: KeyFrame) -> bytes | None:
        keys = self._keys
        if keys is None or frame.nonce != self._anonce:
            self.failure = "message 3 does not continue message 1 (12.7.6.4)"
            return None
        if not _mic_right(self._akm, keys, raw, frame):
            self.failure = "MIC of message 3 is wrong (12.7.6.4)"
            return None
        try:
            data = aes_key_unwrap(keys.kek, frame.data)
        except InvalidUnwrap:
            self.failure = "key data of message 3 cannot be unwrapped (12.7.6.4)"
            return None
        # 12.7.6.4: the RSN element must be the one of the beacon, against a downgrade.
        if not data.startswith(self._rsn) or _GTK_KDE not in data:
            self.failure = "message 3 has another RSN element than the beacon, or no GTK (12.7.6.4)"
            return None
        self.complete = True
        info = _FOURTH | self._akm.descriptor_version
        blank = KeyFrame(info, frame.replay_counter, mic=bytes(self._akm.mic_size))
        return _signed(self._akm, keys, blank)


def _gtk_kde(gtk: bytes) -> bytes:
    """KDE: DD, length, OUI+type, key ID 1, reserved, GTK (12.7.2, Figure 12-38)."""
    return bytes((0xDD, 6 + len(gtk))) + _GTK_KDE + b"\x01\x00" + gtk


def _padded(data: bytes) -> bytes:
    """Pad for AES key wrap with DD 00 .. 00 (12.7.2, key data field)."""
    short = -len(data) % 8
    if len(data) + short < 16:
        short += 8
    return data + (b"\xdd" + bytes(short - 1) if short else b"")
