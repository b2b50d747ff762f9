"""A device's cipher list that selects nothing is a mistake of its file, found before anything runs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from harness.scenario.cipher_list import fault
from harness.scenario.concrete import ConcreteScenario

Problems = Callable[[str], list[str]]
HEAD = "scenario: A title\n"
LEAVE_OUT = "leave it out: the suites of TLS 1.3 cannot be chosen"
STEPS = "steps:\n  - associate: corp\n    device: a\n    expect: connected\n"
NAMES = "write names of TLS 1.2 ciphers, as `openssl ciphers` lists them"


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        (
            "device: {ciphers: NONSENSE}\n",
            [f"2:19: the cipher list 'NONSENSE' selects no cipher; {NAMES}"],
        ),
        (
            "device: {tls: '1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA265'}\n",
            [f"2:31: the cipher list 'ECDHE-RSA-AES128-GCM-SHA265' selects no cipher; {NAMES}"],
        ),
        (
            "device: {tls: '1.3', ciphers: TLS_AES_128_GCM_SHA256}\n",
            [f"2:31: the cipher list 'TLS_AES_128_GCM_SHA256' selects no cipher; {LEAVE_OUT}"],
        ),
        (
            "device: {ciphers: 'DEFAULT@SECLEVEL=9'}\n",
            [f"2:19: OpenSSL cannot read the cipher list 'DEFAULT@SECLEVEL=9': invalid command; {NAMES}"],
        ),
        (
            f"devices: {{a: {{ciphers: DEFAULT}}, b: {{ciphers: '@SECLEVEL=2'}}}}\n{STEPS}",
            ["2:47: the cipher list '@SECLEVEL=2' selects no cipher; write DEFAULT@SECLEVEL=2"],
        ),
    ],
)
def test_what_selects_nothing_has_place_and_fix(problems: Problems, text: str, sentences: list[str]) -> None:
    assert problems(HEAD + text) == sentences


def test_a_value_of_the_matrix_is_told_where_it_is_used(problems: Problems) -> None:
    text = "matrix: {list: [DEFAULT, NONSENSE]}\ndevice: {ciphers: '${list}'}\n"
    assert problems(HEAD + text) == [f"3:19: the cipher list 'NONSENSE' selects no cipher; {NAMES}"]


@pytest.mark.parametrize(
    "text",
    [
        "DEFAULT",
        "DEFAULT@SECLEVEL=5",
        "eNULL",
        "ECDHE-ECDSA-AES128-SHA@SECLEVEL=4",
        "NONSENSE:aes",
        "ALL:@STRENGTH",
    ],
)
def test_what_selects_something_is_right_whatever_a_level_leaves_of_it(text: str) -> None:
    assert fault(text) is None


def test_a_servers_list_is_its_own_business(concrete: Callable[[str], ConcreteScenario]) -> None:
    # Its library may be another one, and a scenario may show that it does not start.
    assert concrete("server: {ciphers: NONSENSE}\n").servers["radius"].ciphers == "NONSENSE"


def test_files_without_a_list_do_not_pay_for_the_library() -> None:
    code = (
        "import sys; from pathlib import Path; from harness.scenario.plan import load\n"
        "load([Path('scenarios/association/vlan.yaml')]); assert 'OpenSSL' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
