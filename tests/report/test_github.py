from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

from harness.errors import Place, ScenarioError
from harness.report.github import GithubAnnotations, case_annotations
from harness.run.events import CaseFinished, Result
from harness.scenario.case import CaseInfo


def test_one_annotation_per_failed_case(play: Callable[..., None]) -> None:
    stream = io.StringIO()
    play(GithubAnnotations(stream))
    assert stream.getvalue() == (
        "::error file=scenarios/client/expired.yaml,line=12,title=client/expired[tls=1.2%2Ckey=ec-p256]"
        "::line 12, associate corp: cause: expected client-certificate-expired, got client-issuer-unknown"
        "%0AThe server does not know the issuer of the client certificate.\n"
    )


def test_text_cannot_end_the_command() -> None:
    info = CaseInfo("a:b,c%", "", "", Path.cwd() / "s,1.yaml", 4)
    failed = CaseFinished(info, Result.FAILED, 0, reason="50%\r\n::error::forged")
    assert case_annotations(failed) == [
        "::error file=s%2C1.yaml,line=4,title=a%3Ab%2Cc%25::50%25\\x0d%0A::error::forged"
    ]


def test_control_and_direction_characters_are_made_visible() -> None:
    info = CaseInfo("a\x1b]0;b", "", "", Path.cwd() / "s\u202e.yaml", 4)
    failed = CaseFinished(info, Result.FAILED, 0, reason="name \x1b[31mred\x00\x9b\u202etxt\nnext")
    [annotation] = case_annotations(failed)
    assert annotation == (
        "::error file=s\\u202e.yaml,line=4,title=a\\x1b]0;b::name \\x1b[31mred\\x00\\x9b\\u202etxt%0Anext"
    )
    mistake = ScenarioError("odd \x1b[31m\u202e", place=Place(info.file, 7, 3))
    [annotation] = case_annotations(CaseFinished(info, Result.ERROR, 0, errors=(mistake,)))
    assert annotation.isprintable()


def test_a_mistake_is_annotated_where_it_stands() -> None:
    info = CaseInfo("a", "", "", Path.cwd() / "s.yaml", 4)
    mistakes = (
        ScenarioError("no\nsense", place=Place(info.file, 7, 3), fix="mend it"),
        ScenarioError("the file is empty", place=Place(info.file)),
    )
    ended = CaseFinished(info, Result.ERROR, 0, errors=mistakes)
    assert case_annotations(ended) == [
        "::error file=s.yaml,line=7,col=3,title=a::no\\nsense; mend it",
        "::error file=s.yaml,title=a::the file is empty",
    ]
