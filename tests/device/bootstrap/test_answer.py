from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.device.bootstrap.answer import AnswerTrouble, Provision, read_answer
from harness.device.bootstrap.plan import Defect

FULL: dict[str, Any] = {
    "timestamp": "2030-05-17T12:00:00+00:00",
    "rootCACertificate": "root",
    "eapTlsNetworkSsid": "CORP",
    "clientIdentity": "dev",
    "clientPublicCertificate": "certificate",
    "clientPrivateKey": "s3cret-key",
    "clientPrivateKeyPass": "s3cret-password",
}


def read(
    changes: dict[str, Any] | None = None, *drop: str, root: bool = True, client: bool = True
) -> Provision | AnswerTrouble:
    fields = {name: value for name, value in {**FULL, **(changes or {})}.items() if name not in drop}
    return read_answer(json.dumps(fields).encode(), root=root, client=client)


def test_all_that_came_is_read_and_no_secret_is_in_its_repr() -> None:
    given = read()
    assert given == Provision("CORP", "root", "dev", "certificate", "s3cret-key", "s3cret-password")
    assert "s3cret" not in repr(given)


def test_what_was_not_asked_for_may_be_missing_or_null() -> None:
    assert isinstance(read({"rootCACertificate": None}, client=True, root=False), Provision)
    client = ("clientIdentity", "clientPublicCertificate", "clientPrivateKey", "clientPrivateKeyPass")
    assert isinstance(read(None, *client, root=True, client=False), Provision)
    assert isinstance(read(None, "clientPrivateKeyPass", "timestamp"), Provision)
    assert isinstance(read({"somethingNew": [1, {}]}), Provision)


@pytest.mark.parametrize(
    ("name", "longest"),
    [
        ("rootCACertificate", 8192),
        ("clientPublicCertificate", 8192),
        ("clientPrivateKey", 8192),
        ("clientPrivateKeyPass", 256),
        ("clientIdentity", 254),
        ("eapTlsNetworkSsid", 32),
    ],
)
def test_a_field_has_at_most_the_octets_that_the_device_takes(name: str, longest: int) -> None:
    assert isinstance(read({name: "x" * longest}), Provision)
    for value in ("x" * (longest + 1), "é" * (longest // 2 + 1)):
        trouble = read({name: value})
        assert isinstance(trouble, AnswerTrouble)
        assert (trouble.cause, trouble.field) == ("field-too-long", name)


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"", "not-json"),
        (b"\xff\xfe", "not-json"),
        (b"<html>", "not-json"),
        (b"[" * 100_000, "not-json"),
        (b"null", "no-object"),
        (b'"text"', "no-object"),
        (b'{"clientIdentity": "a", "clientIdentity": "b"}', "field-twice"),
    ],
)
def test_what_is_no_answer_at_all_is_named(body: bytes, cause: str) -> None:
    trouble = read_answer(body, root=True, client=True)
    assert isinstance(trouble, AnswerTrouble)
    assert trouble.cause == cause
    every = read_answer(body, root=True, client=True, defects={Defect.NULL_FAILS})
    assert isinstance(every, AnswerTrouble)
    assert every.cause in {"parse-failed", "field-twice"}


PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40)
JSON = PLAIN | st.lists(PLAIN, max_size=3) | st.dictionaries(st.text(max_size=5), PLAIN, max_size=3)


@given(st.dictionaries(st.sampled_from(list(FULL)), JSON), st.sets(st.sampled_from(list(Defect))))
def test_whatever_the_fields_hold_they_are_read_or_one_is_blamed(
    fields: dict[str, Any], defects: set[Defect]
) -> None:
    body = json.dumps({**FULL, **fields}).encode()
    answer = read_answer(body, root=True, client=True, defects=defects)
    if isinstance(answer, AnswerTrouble):
        assert answer.field in fields
        assert "s3cret" not in repr(answer)
    else:
        assert answer.key
        assert answer.ssid


@given(st.binary(max_size=200))
def test_no_body_ends_in_an_exception(body: bytes) -> None:
    answer = read_answer(body, root=True, client=True)
    assert isinstance(answer, AnswerTrouble)
