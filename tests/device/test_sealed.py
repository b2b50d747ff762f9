from __future__ import annotations

import pytest

from harness.device.sealed import seal, unseal
from harness.device.trouble import DeviceDamaged

FIX = "restore it from a copy, or delete the directory and make the device anew"
SEALED = seal("store", {"entries": []})


def test_content_comes_back() -> None:
    assert unseal("store", SEALED, "f") == {"entries": []}


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (None, "the file is missing"),
        (b"", "the first line is not that of a device's file"),
        (b"\0" * len(SEALED), "the first line is not that of a device's file"),
        (SEALED[:-1], "the file has 17 bytes of content; 18 were written"),
        (SEALED + b" ", "the file has 19 bytes of content; 18 were written"),
        (SEALED.replace(b"entries", b"entrieZ"), "the checksum does not fit the content"),
        (seal("wifi", {}), "the file holds wifi, not store"),
        (b"eaptls-device store 1 1 15d54739\n{", "the content is no JSON object"),
        (b"eaptls-device store 1 2 0d4cbb29\n[]", "the content is no JSON object"),
    ],
)
def test_damage_is_reported(data: bytes | None, text: str) -> None:
    with pytest.raises(DeviceDamaged) as raised:
        unseal("store", data, "dir/store")
    assert str(raised.value) == f"dir/store: {text}; {FIX}"


def test_another_format_is_not_called_damage() -> None:
    with pytest.raises(DeviceDamaged) as raised:
        unseal("store", SEALED.replace(b"store 1", b"store 7"), "dir/store")
    assert str(raised.value) == (
        "dir/store: the file has format 7; use the harness's version that wrote it; this one knows format 1"
    )


def test_every_flipped_bit_of_the_content_is_noticed() -> None:
    start = SEALED.index(b"\n") + 1
    for place in range(start, len(SEALED)):
        for bit in range(8):
            damaged = bytearray(SEALED)
            damaged[place] ^= 1 << bit
            with pytest.raises(DeviceDamaged):
                unseal("store", bytes(damaged), "f")
