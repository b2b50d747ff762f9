from __future__ import annotations

import pytest

from harness.errors import UsageError
from harness.scenario.selection import keyword_matcher, tag_matcher


@pytest.mark.parametrize(
    ("expression", "holds", "fails"),
    [
        ("", "anything", None),
        ("expired", "client/Expired[tls=1.2]", "client/revoked"),
        ("expired and not tls=1.3", "expired[tls=1.2]", "expired[tls=1.3]"),
        ("crl or expired", "a crl", "other"),
        ("not (crl or expired)", "other", "a crl"),
        ("a or b and c", "a", "b"),
        (
            "versions[tls=1.2,key=ec-p256]",
            "tls/versions[tls=1.2,key=ec-p256]",
            "tls/versions[tls=1.2,key=rsa-2048]",
        ),
        ("NOT a", "b", "a"),
    ],
)
def test_keyword_expressions(expression: str, holds: str, fails: str | None) -> None:
    matches = keyword_matcher(expression)
    assert matches(holds)
    if fails is not None:
        assert not matches(fails)


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("a and", "a word is missing at its end"),
        ("and a", "a word is missing before 'and'"),
        ("(a", "a parenthesis is not closed"),
        ("a b", "'and' or 'or' is missing before 'b'"),
        ("()", "a word is missing before ')'"),
    ],
)
def test_a_wrong_expression_says_what_is_missing(expression: str, reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        keyword_matcher(expression)
    assert str(caught.value) == (
        f"the keyword expression {expression!r} is wrong: {reason}; "
        "write it as in `expired and not (crl or tls=1.3)`"
    )


def test_tags_are_any_of_and_none_of() -> None:
    matches = tag_matcher(["crl", "clock", "!slow"])
    assert matches(["crl"])
    assert not matches(["crl", "slow"])
    assert not matches(["tls"])
    assert tag_matcher([])(["anything"])
    assert tag_matcher(["!slow"])(["crl"])
