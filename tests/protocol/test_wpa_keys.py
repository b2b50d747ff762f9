from __future__ import annotations

import pytest

from harness.protocol.wpa_keys import AKMS, kdf, pairwise_keys, pmk_from_msk, pmkid, prf

_DATA = bytes(range(0x80, 0xCC))
_LABEL = b"Pairwise key expansion"


def test_prf_512_of_802_11() -> None:
    expected = (
        "bcd4c650b30b9684951829e0d75f9d54b862175ed9f00606e17d8da35402ffee75df78c3d31e0f889f012120"
        "c0862beb67753e7439ae242edb8373698356cf5a"
    )
    assert prf(b"\x0b" * 20, b"prefix", b"Hi There", 64).hex() == expected


def test_pairwise_keys_of_the_802_11i_annex() -> None:
    pmk = bytes.fromhex("0dc0d6eb90555ed6419756b9a15ec3e3209b63df707dd508d14581f8982721af")
    aa, spa = bytes.fromhex("a0a1a1a3a4a5"), bytes.fromhex("b0b1b2b3b4b5")
    snonce = bytes.fromhex("c0c1c2c3c4c5c6c7c8c9d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5")
    anonce = bytes.fromhex("e0e1e2e3e4e5e6e7e8e9f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff000102030405")
    keys = pairwise_keys(AKMS[1], pmk, aa, spa, anonce, snonce)
    assert keys.kck.hex() == "379f9852d0199236b94e407ce4c00ec8"
    assert keys.kek.hex() == "47c9edc01c2c6e5b4910caddfb3e51a7"
    assert keys.tk.hex() == "b2360c79e9710fdd58bea93deaf06599"
    assert pmkid(AKMS[1], pmk, keys.kck, aa, spa).hex() == "6ed6b22f7c9bc8dee4b3920e93ca53b2"


def test_expansions_against_hostap() -> None:
    pmk32, pmk48 = bytes(range(0x20)), bytes(range(0x30))
    assert prf(pmk32, _LABEL, _DATA, 48).hex() == (
        "5f05bafeec7c9765c5227a4e57d08cafd3b64c59840f2c7eae7dde5d7b5e1d27a1bcdd8245caa4556930a3cfe393a262"
    )
    assert kdf("sha256", pmk32, _LABEL, _DATA, 48).hex() == (
        "dce2292b2b8fc6ca4799f252e3007405f6a04000682669fcec820dc7fcfc94aba4c30f5d09ea81814f8b31c1a81c7aef"
    )
    assert kdf("sha384", pmk48, _LABEL, _DATA, 88).hex() == (
        "753e75cc712b243227c1d86fb2f8b08d01f1598f5c7118cd15d1aae543b4908aab9cf31f91d971ef32dd822bd1f369cf"
        "b54ced4c659b809896aa20c71025d061224bdfc75ad739ae32034e5b88f1b27c7c6ba4aef9a7673a"
    )


@pytest.mark.catalogue("check-L01")
def test_the_pmk_is_the_beginning_of_the_msk() -> None:
    msk = bytes(range(64))
    assert [pmk_from_msk(AKMS[n], msk) for n in (1, 5, 12)] == [msk[:32], msk[:32], msk[:48]]


def test_keys_are_not_printed() -> None:
    keys = pairwise_keys(AKMS[1], bytes(32), bytes(6), b"\x01" * 6, bytes(32), bytes(32))
    assert repr(keys) == "PairwiseKeys(...)"
