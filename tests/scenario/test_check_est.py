"""Mistakes in what a file says of EST, each with its fix."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.scenario.check_services import ANSWER_FIELDS
from harness.services.issuing.gallery import FIELDS

BEGIN = "scenario: x\ntenants: {contoso: {}}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("services: {a: {speaks: est, again: same}}\nsteps: [note: x]\n", "'again' means nothing to est"),
        ("services: {a: {est: {approval: 1h}}}\nsteps: [note: x]\n", "'est' means nothing to gallery"),
        ("services: {a: {speaks: est, careless: [always-true, nulls]}}\nsteps: [note: x]\n", "'nulls' means nothing to est"),
        ("services: {a: {speaks: root-ca, allow: [device]}}\nsteps: [note: x]\n", "'allow' means nothing to root-ca; leave it out, or write a service that speaks gallery"),
        ("services: {a: {answer: {drop: [clientIdentiy]}}}\nsteps: [note: x]\n", "'clientIdentiy'"),
        ("services: {a: {answer: {pad: {clientIdentiy: 9}}}}\nsteps: [note: x]\n", "'clientIdentiy'"),
        ("services: {a: est}\nsteps:\n- service: {key: rsa-2048}\n", "'key' means nothing to est"),
        ("services: {a: gallery}\nsteps:\n- re-enroll: corp\n", "there is no issuing service in this scenario; write it, as in `services: {issuing: est}`"),
        ("services: {a: est}\nsteps:\n- re-enroll: {request: {names-of: pump}}\n", "'pump'"),
        ("services: {a: {speaks: est, est: {cacerts: [nowhere]}}}\nsteps: [note: x]\n", "'nowhere'"),
        ("services: {a: {speaks: est, est: {instead: {fullcmc: pem}}}}\nsteps: [note: x]\n", "fullcmc"),
        ("services: {a: est}\nsteps:\n- re-enroll: {network: corp, over: open}\n", "'open'"),
    ],
)  # fmt: skip
def test_a_mistake_is_named(text: str, message: str, problems: Callable[[str], list[str]]) -> None:
    found = problems(BEGIN + text)
    assert len(found) == 1
    assert message in found[0]


def test_the_fields_are_those_of_the_service() -> None:
    assert ANSWER_FIELDS == FIELDS
