from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import ScenarioErrors
from harness.scenario.reader import read_file

Problems = Callable[[str], list[str]]

HEAD = "scenario: A title\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("why: because\n", "1:1: the scenario lacks 'scenario'; add scenario: ..."),
        ("scenario: x\nstepps: []\n", "2:1: unknown key 'stepps'; did you mean 'steps'?"),
        ("scenario: x\nsteps: []\n", "2:8: 'steps' is empty; write at least one, or leave it out"),
        ("scenario: ''\n", "1:11: 'scenario' is empty; write at least one, or leave it out"),
        ("scenario: x\nwhy: [1]\n", "2:6: 'why' must be text, got a list"),
        ("scenario: x\ntags: one\n", "2:7: 'tags' must be a list, got 'one'"),
        (
            "scenario: x\nrequires: [containr]\n",
            "2:12: item 1 of 'requires' cannot be 'containr'; did you mean 'container'?",
        ),
        (
            "scenario: x\ncertificates: {thermostat: {defect: expird}}\n",
            "2:37: 'defect' cannot be 'expird'; did you mean 'expired'?",
        ),
        (
            "scenario: x\ncertificates: {x: {profile: qqqqq}}\n",
            "2:29: 'profile' cannot be 'qqqqq'; use one of: root-ca, intermediate-ca, server, client",
        ),
        (
            "scenario: x\nserver: {fragment_size: 100}\n",
            "2:10: unknown key 'fragment_size' in 'server'; did you mean 'fragment-size'?",
        ),
        ("scenario: x\nserver: {fragment-size: 5}\n", "2:25: 'fragment-size' is 5; it must be at least 64"),
        ("scenario: x\nserver: {vlan: 5000}\n", "2:16: 'vlan' is 5000; it must be at most 4094"),
        ("scenario: x\nserver: {vlan: guests}\n", "2:16: 'vlan' must be a whole number, got 'guests'"),
        ("scenario: x\nserver: {known-nas: no}\n", "2:21: 'known-nas' must be true or false, got 'no'"),
        ("scenario: x\nserver: {tls: 1.4}\n", "2:15: 'tls' cannot be '1.4'; use one of: 1.0, 1.1, 1.2, 1.3"),
        (
            "scenario: x\nserver: {tls: {min: 1.3, max: 1.2}}\n",
            "2:15: min 1.3 is above max 1.2; swap them, or write the missing one as well",
        ),
        (
            "scenario: x\nserver: {tls: {only: 1.3, max: 1.2}}\n",
            "2:15: tls has one version or a range, not both; leave out only, or min and max",
        ),
        (
            "scenario: x\nserver: {policy: {rule: reject, allow: [a]}}\n",
            "2:18: a policy has one rule, not reject and allow; leave one of them out",
        ),
        (
            "scenario: x\nserver: radius\n",
            (
                "2:9: 'server' must be a mapping, got 'radius'; its keys are: certificate, trusts, tls, ciphers, "
                "fragment-size, include-length, crl, resumption, policy, vlan, vlan-needs-certificate, reply, send-keys, "
                "send-key-name, "
                "reject-delay, eap-methods, known-nas, address, clock"
            ),
        ),
        (
            "scenario: x\naccess-point: {retry: {first: 3}}\n",
            "2:31: 3 lacks a unit; write 3ms, 3s, 3m, 3h or 3d",
        ),
    ],
)
def test_mistakes_in_the_world(problems: Problems, text: str, sentence: str) -> None:
    assert problems(text) == [sentence]


@pytest.mark.parametrize(
    ("step", "sentences"),
    [
        ("- relod", ["3:5: 'relod' is no step; did you mean 'reload'?"]),
        ("- {instal: {id: x}, device: a}", ["3:6: 'instal' is no step; did you mean 'install'?"]),
        ("- [1]", ["3:5: a step needs a verb; write it as in `- reload` or `- associate: corp`"]),
        ("- {expect: ok}", ["3:5: a step needs a verb; write it as in `- reload` or `- associate: corp`"]),
        (
            "- {reload: , associate: corp}",
            ["3:5: a step has one verb, here are reload and associate; make each a step of its own"],
        ),
        (
            "- associate: corp",
            ["3:5: 'associate' lacks 'expect'; add expect: connected, or what it must end in"],
        ),
        (
            "- {associate: corp, expct: connected}",
            ["3:23: unknown key 'expct' in step 1; did you mean 'expect'?"],
        ),
        (
            "- {associate: corp, expect: {verdit: connected}}",
            ["3:32: unknown key 'verdit' in 'expect'; did you mean 'verdict'?"],
        ),
        (
            "- {associate: corp, expect: rejectd}",
            ["3:31: 'expect' cannot be 'rejectd'; did you mean 'rejected'?"],
        ),
        (
            "- {associate: corp, expect: {verdict: rejected, cause: client-expired}}",
            ["3:58: 'cause' cannot be 'client-expired'; did you mean 'client-certificate-expired'?"],
        ),
        (
            "- {associate: corp, expect: {verdict: rejected, mutual-authentication: true}}",
            [
                (
                    "3:31: mutual-authentication: true cannot come with verdict rejected; "
                    "write verdict: connected, or leave mutual-authentication out"
                )
            ],
        ),
        (
            "- {install: {id: a, typ: client}}",
            [
                "3:15: 'install' lacks 'certificate'; add certificate: ...",
                "3:23: unknown key 'typ' in 'install'; did you mean 'type'?",
            ],
        ),
        (
            "- {install: {id: a}}",
            [
                "3:15: 'install' lacks 'type'; add type: ...",
                "3:15: 'install' lacks 'certificate'; add certificate: ...",
            ],
        ),
        (
            "- {delete: a, expect: {error: ENOET}}",
            ["3:33: 'error' cannot be 'ENOET'; did you mean 'ENOENT'?"],
        ),
        (
            "- {delete: a, expect: {result: ok, error: ENOENT}}",
            ["3:25: a step that returns ok has no error; leave out result: ok, or the error"],
        ),
        (
            "- {reload: , expect: {replaced: client}}",
            ["3:25: unknown key 'replaced' in 'expect'; use one of: result, error, code, number"],
        ),
        ("- {clock: {}}", ["3:13: clock moves nothing; write advance, at, device, server or sync"]),
        (
            "- {clock: }",
            ["3:6: 'clock' must be a mapping, got nothing; its keys are: advance, at, device, server, sync"],
        ),
        ("- note", ["3:5: 'note' must be a mapping, or its text alone, got nothing; its keys are: text"]),
        (
            "- {impair: {lose: {to-server: [0]}}}",
            [
                (
                    "3:33: expected packet numbers, got a list; "
                    "write numbers counted from 1 as in [1, 3], or all, or every 3"
                )
            ],
        ),
        (
            "- {network: {name: a, persist: false}}",
            ["3:15: a reload loses a network that is not saved; write reload: false as well"],
        ),
        (
            "- {renew: {certificate: thermostat, keep-key: true, key: rsa-2048}}",
            ["3:13: a key that is kept has the type it had; leave out key, or keep-key"],
        ),
    ],
)
def test_mistakes_in_a_step(problems: Problems, step: str, sentences: list[str]) -> None:
    assert problems(f"{HEAD}steps:\n  {step}\n") == sentences


def test_all_mistakes_of_a_file_are_told_in_reading_order(problems: Problems) -> None:
    text = "server: {tls: 2}\nscenario: [x]\nsteps:\n  - relod\n  - associate: corp\n"
    assert problems(text) == [
        "1:15: 'tls' cannot be '2'; use one of: 1.0, 1.1, 1.2, 1.3",
        "2:11: 'scenario' must be text, got a list",
        "4:5: 'relod' is no step; did you mean 'reload'?",
        "5:5: 'associate' lacks 'expect'; add expect: connected, or what it must end in",
    ]


def test_a_mistake_in_a_matrix_value_stands_where_the_value_is_used_and_only_once(problems: Problems) -> None:
    text = HEAD + 'matrix: {tls: ["1.4"], key: [ec-p256, ec-p384]}\nserver: {tls: "${tls}"}\n'
    text += 'certificates: {thermostat: {key: "${key}"}}\n'
    assert problems(text) == ["3:15: 'tls' cannot be '1.4'; use one of: 1.0, 1.1, 1.2, 1.3"]


def test_a_file_that_is_no_mapping_is_told_how_to_begin(tmp_path: Path) -> None:
    file = tmp_path / "list.yaml"
    file.write_text("- associate: corp\n")
    with pytest.raises(ScenarioErrors) as caught:
        read_file(file)
    assert str(caught.value) == (
        f"{file}:1:1: a scenario is a mapping, got a list; begin with `scenario: <what is shown>`"
    )
