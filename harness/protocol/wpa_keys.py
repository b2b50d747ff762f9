"""Key derivation of 802.11 RSN for the AKMs of WPA2- and WPA3-Enterprise.

IEEE 802.11-2020 12.7.1.2 (PRF), 12.7.1.6.2 (KDF), 12.7.1.3 (pairwise hierarchy), Table 12-10
(what each AKM uses).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

_EXPANSION = b"Pairwise key expansion"


def prf(key: bytes, label: bytes, data: bytes, octets: int) -> bytes:
    """PRF-n on HMAC-SHA-1 (12.7.1.2)."""
    rounds = range((octets + 19) // 20)
    blocks = [hmac.digest(key, label + b"\x00" + data + bytes((i,)), "sha1") for i in rounds]
    return b"".join(blocks)[:octets]


def kdf(hash_name: str, key: bytes, label: bytes, data: bytes, octets: int) -> bytes:
    """KDF-hash-n (12.7.1.6.2): counter and length are 16 bit, little endian."""
    size = 48 if hash_name == "sha384" else 32
    tail = label + data + (octets * 8).to_bytes(2, "little")
    rounds = range(1, (octets + size - 1) // size + 1)
    blocks = [hmac.digest(key, i.to_bytes(2, "little") + tail, hash_name) for i in rounds]
    return b"".join(blocks)[:octets]


def _mic_sha1(key: bytes, frame: bytes) -> bytes:
    return hmac.digest(key, frame, "sha1")[:16]


def _mic_cmac(key: bytes, frame: bytes) -> bytes:
    mac = CMAC(AES(key))
    mac.update(frame)
    return mac.finalize()


def _mic_sha384(key: bytes, frame: bytes) -> bytes:
    return hmac.digest(key, frame, "sha384")[:24]


@dataclass(frozen=True, slots=True)
class Akm:
    """What an authentication and key management suite (00-0F-AC:n) uses; sizes in octets."""

    number: int
    name: str
    pmk_size: int
    kck_size: int
    kek_size: int
    tk_size: int
    mic_size: int
    descriptor_version: int
    """Key descriptor version in EAPOL-Key frames; 0: the AKM defines everything."""
    cipher: int
    """Pairwise and group cipher suite type the harness uses with it: 4 CCMP-128, 9 GCMP-256."""
    expand: Callable[[bytes, bytes, bytes, int], bytes]
    mic: Callable[[bytes, bytes], bytes]


def _kdf256(key: bytes, label: bytes, data: bytes, octets: int) -> bytes:
    return kdf("sha256", key, label, data, octets)


def _kdf384(key: bytes, label: bytes, data: bytes, octets: int) -> bytes:
    return kdf("sha384", key, label, data, octets)


AKMS: dict[int, Akm] = {
    1: Akm(1, "WPA2-Enterprise (SHA-1)", 32, 16, 16, 16, 16, 2, 4, prf, _mic_sha1),
    5: Akm(5, "WPA2/WPA3-Enterprise (SHA-256)", 32, 16, 16, 16, 16, 3, 4, _kdf256, _mic_cmac),
    12: Akm(12, "WPA3-Enterprise 192 bit (Suite B)", 48, 24, 32, 32, 24, 0, 9, _kdf384, _mic_sha384),
}


@dataclass(frozen=True, slots=True)
class PairwiseKeys:
    """A PTK in its parts; never printed."""

    kck: bytes
    kek: bytes
    tk: bytes

    def __repr__(self) -> str:
        return "PairwiseKeys(...)"


def pairwise_keys(
    akm: Akm, pmk: bytes, authenticator: bytes, supplicant: bytes, anonce: bytes, snonce: bytes
) -> PairwiseKeys:
    """Derive the PTK (12.7.1.3); addresses have 6 octets, nonces 32."""
    data = (
        min(authenticator, supplicant)
        + max(authenticator, supplicant)
        + min(anonce, snonce)
        + max(anonce, snonce)
    )
    kck, kek, tk = akm.kck_size, akm.kek_size, akm.tk_size
    ptk = akm.expand(pmk, _EXPANSION, data, kck + kek + tk)
    return PairwiseKeys(ptk[:kck], ptk[kck : kck + kek], ptk[kck + kek :])


def pmk_from_msk(akm: Akm, msk: bytes) -> bytes:
    """Return the PMK: the first 256 (AKM 12: 384) bits of the MSK (12.7.1.3)."""
    return msk[: akm.pmk_size]


def pmkid(akm: Akm, pmk: bytes, kck: bytes, authenticator: bytes, supplicant: bytes) -> bytes:
    """Return the PMKID (12.7.1.3); AKM 12 keys it with the KCK instead of the PMK."""
    data = b"PMK Name" + authenticator + supplicant
    if akm.number == 12:
        return hmac.digest(kck, data, "sha384")[:16]
    return hmac.digest(pmk, data, "sha256" if akm.number == 5 else "sha1")[:16]
