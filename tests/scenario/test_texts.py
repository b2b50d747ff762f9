from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ScenarioErrors
from harness.scenario.document import parse_document
from harness.scenario.reader import from_document

FILE = Path("case.yaml")


def sentences(text: str) -> list[str]:
    with pytest.raises(ScenarioErrors) as caught:
        from_document(parse_document(f"scenario: x\n{text}\n", FILE), "case")
    return [str(error).removeprefix("case.yaml:") for error in caught.value.errors]


def taken(text: str) -> None:
    from_document(parse_document(f"scenario: x\n{text}\n", FILE), "case")


_FIX = "write printable text on one line"


@pytest.mark.parametrize(
    ("server", "column"),
    [
        (r"ciphers: 'a\b'", 19),
        (r"policy: {rule: check-cert-cn, cn: 'a\b'}", 44),
    ],
)
def test_the_configuration_of_the_server_holds_no_backslash(server: str, column: int) -> None:
    holds = r"'a\\b' holds a backslash, which FreeRADIUS's settings do not keep"
    assert sentences(f"server: {{{server}}}\nsteps: [reload]") == [
        f"2:{column}: {holds}; write it without a backslash"
    ]
    step = server.replace("'a\\b'", '"a\\nb"')
    found = sentences(f"steps:\n  - server: {{{step}}}")
    assert found == [
        f"3:{column + 4}: 'a\\nb' holds the character U+000A, which FreeRADIUS's configuration does not keep; {_FIX}"
    ]


def test_a_value_of_an_attribute_may_hold_a_backslash() -> None:
    taken(r"server: {reply: {Filter-Id: 'a\b\'}}" + "\nsteps: [reload]")


def test_a_value_of_the_matrix_is_looked_at_as_one_that_is_written() -> None:
    text = (
        'matrix: {name: {good: a, bad: "a\\x07"}}\nserver: {reply: {Filter-Id: "${name}"}}\nsteps: [reload]'
    )
    (sentence,) = sentences(text)
    assert sentence.startswith("3:29: 'a\\x07' holds the character U+0007, ")


@pytest.mark.parametrize("name", ["Filter Id", "a;b", "", "-x", "Tunnel-Type:32", "Tunnel-Type:x", "é", "a}"])
def test_a_name_of_an_attribute_is_syntax(name: str) -> None:
    (sentence,) = sentences(f"server: {{reply: {{'{name}': x}}}}\nsteps: [reload]")
    assert f"{name!r} is no name of a RADIUS attribute; write letters, digits, - and a tag" in sentence


@pytest.mark.parametrize("name", ["Filter-Id", "Tunnel-Type:1", "Tunnel-Type:31", "Cisco_AV.Pair", "3GPP-X"])
def test_a_name_that_may_exist_is_left_to_the_server(name: str) -> None:
    taken(f"server: {{reply: {{'{name}': x}}}}\nsteps: [reload]")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "server: {reply: {Filter-Id: ''}}",
            "2:29: '' has 0 octets; a RADIUS attribute holds 1 to 253 (RFC 2865 5)",
        ),
        (
            "access-point: {nas-identifier: ''}",
            "2:32: '' has 0 octets; a RADIUS attribute holds 1 to 253 (RFC 2865 5)",
        ),
        (
            "access-point: {ssid: ''}",
            "2:22: the SSID '' has 0 octets; an access point announces 1 to 32 (IEEE 802.11-2020 9.4.2.2)",
        ),
        (
            "access-point: {ssid: ééééééééééééééééé}",
            (
                "2:22: the SSID 'ééééééééééééééééé' has 34 octets; "
                "an access point announces 1 to 32 (IEEE 802.11-2020 9.4.2.2)"
            ),
        ),
        (
            "access-point: {psk: short}",
            (
                "2:21: this is no pre-shared key; write 8 to 63 printable ASCII characters, "
                "or 64 hexadecimal digits (IEEE 802.11-2020 J.4)"
            ),
        ),
        (
            "certificates: {thermostat: {password: ''}}",
            "2:39: a key cannot be encrypted with a password of this length; write 1 to 1023 octets, or leave it out",
        ),
        (
            "certificates: {thermostat: {cn: " + "ü" * 33 + "}}",
            "2:33: certificate 'thermostat': its common name has 66 octets; give a cn of 1 to 64 octets",
        ),
        (
            "certificates: {thermostat: {email: [nobody]}}",
            "2:36: certificate 'thermostat': email 'nobody' is no mailbox; write it as in user@corp.example",
        ),
        (
            "certificates: {thermostat: {valid-from: -30000d}}",
            "2:41: '-30000d' leads to a time before 1970; go back 20000d at most",
        ),
        (
            "device: {clock: 0001-01-01}",
            "2:17: no clock here shows '0001-01-01'; write a year from 1970 to 3000",
        ),
        ("device: {clock: 400000d}", "2:17: '400000d' is more than a thousand years; write 365250d at most"),
        (
            "access-point: {retry: {first: 40d}}",
            "2:31: '40d' would be waited for in real time; write an hour (1h) at most",
        ),
        ("server: {vlan: true}", "2:16: 'vlan' must be a whole number, got true"),
    ],
)
def test_what_cannot_be_is_said_with_its_place(text: str, sentence: str) -> None:
    assert sentences(f"{text}\nsteps: [reload]") == [sentence]


def test_a_long_attribute_counts_octets() -> None:
    taken(f"server: {{reply: {{Filter-Id: {'x' * 253}}}}}\nsteps: [reload]")
    (sentence,) = sentences(f"server: {{reply: {{Filter-Id: {'é' * 127}}}}}\nsteps: [reload]")
    assert sentence.endswith("has 254 octets; a RADIUS attribute holds 1 to 253 (RFC 2865 5)")


def test_the_name_of_an_access_point_is_its_nas_identifier() -> None:
    name = "x" * 254
    (sentence,) = sentences(f"access-points: {{{name}: {{}}}}\nsteps: [reload]")
    assert sentence == (
        "2:17: the access point's name has 254 octets and is its NAS-Identifier; give it a name of 1 to 253 octets"
    )
    taken(f"access-points: {{{name}: {{nas-identifier: short}}}}\nsteps: [reload]")


def test_all_the_time_that_passes_can_be_counted() -> None:
    waits = "\n".join("  - wait: 200000d" for _ in range(3))
    assert sentences(f"steps:\n{waits}") == [
        "4:5: by this step more than 365250 days have passed; let less time pass"
    ]


@pytest.mark.parametrize("key", ["tls", "cause", "vlan", "alerts", "reply"])
def test_an_expectation_says_what_it_expects(key: str) -> None:
    (sentence,) = sentences(f"steps:\n  - associate: corp\n    expect: {{verdict: connected, {key}: null}}")
    assert sentence.endswith(f"{key!r} expects nothing; write what {key} shall be, or leave it out")


@pytest.mark.parametrize(
    ("expect", "sentence"),
    [
        ("findings: []", "'findings' expects nothing; write what findings shall be, or leave it out"),
        ("no-findings: []", "'no-findings' expects nothing; write what no-findings shall be, or leave it out"),
        ("reply: {}", "'reply' expects nothing; write what reply shall be, or leave it out"),
        ("alerts: {}", "'alerts' expects nothing; write what alerts shall be, or leave it out"),
        ("diagnostics: {}", "'diagnostics' expects nothing; write what diagnostics shall be, or leave it out"),
        ("server: {}", "'server' expects nothing; write what server shall be, or leave it out"),
        ("server: {log: []}", "'log' expects nothing; write what log shall be, or leave it out"),
        ('requests: ">=0"', "'>=0' holds for every number; write a bound that something can break"),
        ('requests: "<0"', "'<0' holds for no number; write a bound that something can meet"),
        ("reply: {Filter-Idd: none}", "the access point shows no attribute 'Filter-Idd', whatever the server sends; did you mean 'Filter-Id'?"),
        ("reply: {Cisco-AVPair: x}", "the access point shows no attribute 'Cisco-AVPair', whatever the server sends; use one of: "),
        ("reply: {Attr-11: none}", "the access point shows no attribute 'Attr-11', whatever the server sends;"),
        ("reply: {Attr-26: none}", "the access point shows no attribute 'Attr-26', whatever the server sends;"),
        ("reply: {Attr-256: none}", "the access point shows no attribute 'Attr-256', whatever the server sends;"),
    ],
)  # fmt: skip
def test_an_expectation_that_cannot_fail_or_cannot_hold_is_a_mistake(expect: str, sentence: str) -> None:
    (found,) = sentences(f"steps:\n  - associate: corp\n    expect: {{verdict: connected, {expect}}}")
    assert sentence in found


@pytest.mark.parametrize("key", ["findings", "no-findings"])
def test_a_finding_that_does_not_exist_is_a_mistake(key: str) -> None:
    (found,) = sentences(
        f"steps:\n  - associate: corp\n    expect: {{verdict: connected, {key}: [retransmission]}}"
    )
    assert found.endswith("did you mean 'retransmissions'?")


def test_an_attribute_without_a_name_is_asserted_by_its_number() -> None:
    taken(
        "steps:\n  - associate: corp\n"
        "    expect: {verdict: connected, reply: {Attr-200: none, filter-id: none, 'Tunnel-Private-Group-Id': 5}}"
    )


def test_what_a_step_returns_whose_power_is_cut_nobody_learns() -> None:
    step = "{delete: corp-client, power-cut-at: 1, expect: ok}"
    (found,) = sentences(f"steps:\n  - {step}")
    assert found.endswith(
        "the power is cut inside this step, so nobody learns what it returns; leave expect out"
    )


def test_a_server_that_does_not_start_says_something_in_particular() -> None:
    (found,) = sentences("steps:\n  - {server: start, expect: {server: does-not-start, says: }}")
    assert found.endswith("'says' expects nothing; write what says shall be, or leave it out")
