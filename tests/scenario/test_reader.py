from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ScenarioErrors
from harness.scenario.document import parse_document
from harness.scenario.part import Part, key_of
from harness.scenario.reader import from_document, read_file
from harness.scenario.steps import VERBS

OVERWRITE = """\
scenario: A root CA installed under the client certificate's ID takes the network down
why: Certificate IDs are system-wide and shared by both types; a later install replaces silently.
tags: [certificate-id, overwrite]
ref: [RFC 5216 5.3]

certificates:
  corp-root:   {profile: root-ca}
  corp-radius: {profile: server, issuer: corp-root, dns: [radius.corp.example]}
  thermostat:  {profile: client, issuer: corp-root, cn: thermostat-7, key: rsa-2048, password: s3cret}
  other-root:  {profile: root-ca}

server: {certificate: corp-radius, trusts: [corp-root]}
device: empty

steps:
  - install: {id: server-key-xyz, type: rootca, certificate: corp-root}
  - install: {id: client-key-abc, type: client, certificate: thermostat}
  - network: {name: corp, ssid: CORP, client-cert-id: client-key-abc, root-ca-cert-id: server-key-xyz, client-id: thermostat-7}
  - associate: corp
    expect: {verdict: connected, mutual-authentication: true}
  - install: {id: client-key-abc, type: rootca, certificate: other-root}
    expect: {replaced: client}
  - associate: corp
    expect: connected
  - reload
  - associate: corp
    expect: {verdict: not-attempted, cause: client-certificate-missing, diagnostics: {error: 5, cert-error: 100}}
"""


def test_a_test_plan_is_read_as_it_stands(write: Callable[..., Path]) -> None:
    file = read_file(write(OVERWRITE), "overwrite/type")
    (variant,) = file.variants
    scenario = variant.scenario
    assert (file.id, file.place.line, scenario.refs) == ("overwrite/type", 1, ("RFC 5216 5.3",))
    assert [step.line for step in scenario.steps] == [16, 17, 18, 19, 21, 23, 25, 26]
    assert scenario.certificates["thermostat"].password == "s3cret"
    assert "s3cret" not in repr(file)


def test_anchors_save_repetition(write: Callable[..., Path]) -> None:
    text = (
        "scenario: A\nsteps:\n"
        "  - associate: corp\n    expect: &good {verdict: connected, keys: agree}\n"
        "  - associate: corp\n    expect: *good\n"
    )
    (variant,) = read_file(write(text)).variants
    first, second = variant.scenario.steps
    assert first.expect == second.expect


def test_the_id_is_the_name_of_the_file_unless_given(write: Callable[..., Path]) -> None:
    assert read_file(write("scenario: A\n", "some-name.yaml")).id == "some-name"


def _keys() -> list[str]:
    def below(model: type[Part]) -> set[str]:
        found = {key_of(name) for name in model.model_fields}
        return found.union(*(below(part) for part in model.__subclasses__()))

    return sorted(below(Part) | {"cases", "exclude", "x", "corp", "radius"})


WORDS = [
    "corp",
    "corp-root",
    "thermostat",
    "client",
    "connected",
    "reload",
    "expired",
    "1.2",
    "3h",
    "${x}",
    "all",
    "",
]
SCALARS = st.sampled_from(WORDS) | st.integers(-2, 5000) | st.floats() | st.booleans() | st.none()
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_keys()), inner, max_size=4),
    max_leaves=12,
)
STEPS = st.lists(
    st.sampled_from(list(VERBS))
    | st.dictionaries(st.sampled_from([*VERBS, "expect", "device"]), VALUES, max_size=3),
    max_size=4,
)


@given(
    body=st.dictionaries(
        st.sampled_from(["certificates", "server", "device", "matrix", "tags"]), VALUES, max_size=4
    ),
    steps=STEPS,
)
def test_whatever_is_written_every_mistake_is_a_sentence_with_a_place(
    body: dict[str, object], steps: object
) -> None:
    text = (
        json.dumps({"scenario": "A", **body, "steps": steps})
        .replace("Infinity", ".inf")
        .replace("NaN", ".nan")
    )
    document = parse_document(text, Path("case.yaml"))
    try:
        assert from_document(document, "case").variants
    except ScenarioErrors as found:
        assert found.errors  # noqa: PT017
        for error in found.errors:
            assert error.place.line == 1, error
            assert " is wrong" not in error.message, error


def test_all_mistakes_of_one_kind_of_step_are_found_together(write: Callable[..., Path]) -> None:
    text = "scenario: A\nsteps:\n  - associate: one\n    expect: connected\n  - associate: two\n    expect: connected\n"
    with pytest.raises(ScenarioErrors) as caught:
        read_file(write(text))
    assert [error.place.line for error in caught.value.errors] == [3, 5]
