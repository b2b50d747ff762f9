from __future__ import annotations

from harness.scenario.wording import listed, nearest, suggestion


def test_the_nearest_word_is_the_one_that_looks_alike() -> None:
    assert nearest("verdit", ["cause", "verdict"]) == "verdict"
    assert nearest("ENOET", ["EINVAL", "ENOENT"]) == "ENOENT"
    assert nearest("corp-Root", ["corp-radius", "corp-root"]) == "corp-root"
    assert nearest("zebra", ["cause", "verdict"]) == ""


def test_a_word_with_all_the_parts_goes_before_one_that_only_looks_alike() -> None:
    assert (
        nearest("client-expired", ["crl-expired", "client-certificate-expired"])
        == "client-certificate-expired"
    )


def test_numbers_and_short_words_are_not_guessed() -> None:
    assert nearest("1.4", ["1.3"]) == ""
    assert suggestion("1.4", ["1.2", "1.3"]) == "use one of: 1.2, 1.3"
    assert suggestion("a", []) == "there is none to choose from"


def test_lists_read_as_prose() -> None:
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"], "or") == "a, b or c"
