from __future__ import annotations

from pathlib import Path

import pytest

from harness.scenario.document import parse_document
from harness.scenario.plan import load, plan
from harness.scenario.template import template


def test_the_template_is_a_scenario(tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    file.write_text(template())
    (case,) = plan(load([file]))
    assert case.info.id == "new"
    assert [step.verb for step in case.scenario.steps] == [
        "associate",
        "install",
        "associate",
        "reload",
        "associate",
    ]


def test_what_the_template_offers_in_comments_is_right_too(tmp_path: Path) -> None:
    head, _, rest = template().partition("# certificates:")
    offered, _, steps = ("# certificates:" + rest).partition("\nsteps:")
    lines = [line.removeprefix("# ").removeprefix("#") for line in offered.splitlines()]
    # Two of the offers exclude the steps below them: an empty device has no network, and nothing uses ${tls}.
    kept = [line for line in lines if not line.startswith(("device: empty", "matrix:", "  tls:"))]
    file = tmp_path / "new.yaml"
    file.write_text(head + "\n".join(kept) + "\nsteps:" + steps)
    (case,) = plan(load([file]))
    assert case.scenario.access_points["corp"].secret == "wrong"
    assert case.scenario.servers["radius"].tls.bounds == ("1.3", "1.3")


@pytest.mark.parametrize(
    "title", ["Plain words", 'A "quoted": title', "true", "- dash", "#1", "1 2", "back\\slash", "don't"]
)
def test_any_title_can_be_written(title: str) -> None:
    value = parse_document(template(title), Path("new.yaml")).value
    assert isinstance(value, dict)
    assert value["scenario"] == title
