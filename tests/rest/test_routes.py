from __future__ import annotations

import re
from pathlib import Path

from harness.device.error_numbers import RestError, StoreError, WifiError
from harness.device.failure_codes import CertError, NetworkError
from harness.device.network import Security
from harness.rest.documents import CERT_ERROR_WORDS, ERROR_WORDS, SECURITY_WORDS
from harness.rest.numbers import number_of
from harness.rest.routes import ROUTES

REFERENCE = (Path(__file__).parents[2] / "docs" / "reference" / "device-rest.md").read_text("utf-8")


def test_the_reference_lists_every_call_and_no_other() -> None:
    table = REFERENCE.partition("\n## Calls\n")[2].partition("\n## ")[0]
    described = re.findall(r"`((?:GET|POST|PATCH|DELETE|PUT) /[^` ]*)`", table)
    assert sorted(described) == sorted(f"{route.method} {route.path}" for route in ROUTES)
    free = {
        call
        for row in table.splitlines()
        if "also for a locked device" in row
        for call in re.findall(r"`(GET [^`]*)`", row)
    }
    assert free == {f"{route.method} {route.path}" for route in ROUTES if route.free}


def test_what_needs_a_body_changes_something() -> None:
    assert {route.method for route in ROUTES if route.body} == {"POST", "PATCH"}
    assert not any(route.stirs for route in ROUTES if route.method == "GET")


def test_every_value_has_its_word() -> None:
    assert set(ERROR_WORDS) == set(NetworkError)
    assert set(CERT_ERROR_WORDS) == set(CertError)
    assert set(SECURITY_WORDS) == {None, *Security}
    for words in (ERROR_WORDS, CERT_ERROR_WORDS, SECURITY_WORDS):
        assert len(set(words.values())) == len(words)


def test_the_reference_says_of_every_other_number_of_the_tables_that_it_is_not_answered() -> None:
    answered = {int(number) for number in re.findall(r"^\| `(\d+)` ", REFERENCE, re.MULTILINE)}
    last = REFERENCE.partition("Other numbers of these tables are never answered here")[2].partition("\n\n")[
        0
    ]
    for kind, name in ((StoreError, "CertStorageError"), (WifiError, "WifiError"), (RestError, "")):
        codes = re.search(rf"{name} ([\d, to]+)", last) if name else None
        never = set(numbers(codes[1])) if codes else set()
        assert {int(error) for error in kind if number_of(error) not in answered} <= never


def numbers(text: str) -> list[int]:
    found: list[int] = []
    for part in text.split(","):
        low, _, high = part.partition(" to ")
        if low.strip():
            found += range(int(low), int(high or low) + 1)
    return found
