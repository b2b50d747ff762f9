"""Command lines are found in whatever people write them into."""

from __future__ import annotations

import pytest

from harness.rollout.shell import command_lines

DELETE = "azsphere device certificate delete --cert-id a"


def found(text: str) -> list[str]:
    return [written.text for written in command_lines(text.splitlines())]


@pytest.mark.parametrize(
    "line",
    [
        DELETE,
        f"    {DELETE}",
        f"$ {DELETE}",
        f"> {DELETE}",
        f"PS C:\\work> {DELETE}",
        f"C:\\work> {DELETE}",
        f"sudo {DELETE}",
        f"call {DELETE}",
        f"1. {DELETE}",
        f"- `{DELETE}`",
        f"{DELETE} # the old one",
        f"{DELETE} >> log.txt 2>&1",
        f"cd certs && {DELETE}",
        f"{DELETE}; echo done",
        f"{DELETE} || exit 1",
        f"for i in 1; do {DELETE}; done",
        f"  do {DELETE}",
        f"if true; then {DELETE}; fi",
        f"if ! {DELETE}; then exit 1; fi",
        f"AZURE_CONFIG_DIR=/tmp/x {DELETE}",
        f"({DELETE})",
        f"out=$({DELETE})",
        f'out="$({DELETE})"',
        f"& {DELETE}",
        DELETE.replace("azsphere", "azsphere.exe"),
    ],
)
def test_a_command_is_found_behind_prompts_bullets_and_other_commands(line: str) -> None:
    assert found(line) == [DELETE]


@pytest.mark.parametrize(
    "line",
    [
        "# azsphere device restart",
        "The command azsphere device restart does it.",
        "if azsphere device restart fails, call us.",
        "echo azsphere",
        "",
    ],
)
def test_what_only_speaks_of_a_command_is_none(line: str) -> None:
    assert found(line) == []


@pytest.mark.parametrize("end", ["\\", "^", "`"])
def test_continued_lines_are_one_command(end: str) -> None:
    (written,) = command_lines([f"azsphere device certificate delete {end}", "  --cert-id a", "next"])
    assert written.text == DELETE
    assert (written.line, written.last) == (1, 2)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("ID=a", '"$ID"'),
        ("export ID='a'", "${ID}"),
        ("set ID=a", "%ID%"),
        ('$ID = "a"', "$ID"),
        ('$env:ID = "a"', "$env:ID"),
        ("ID=a # the client", "$ID"),
    ],
)
def test_names_that_the_file_gives_a_value_are_replaced(given: str, used: str) -> None:
    (text,) = found(f"{given}\nazsphere device certificate delete --cert-id {used}")
    assert text.replace('"', "") == DELETE


def test_names_without_a_value_are_kept_and_told() -> None:
    (written,) = command_lines(["azsphere device certificate delete --cert-id $ID"])
    assert written.unknown == ("$ID",)


def test_a_hash_within_quotes_is_no_comment() -> None:
    line = "azsphere device wifi add --ssid 'A #1'"
    assert found(line) == [line]


def test_placeholders_of_the_documents_are_no_redirections() -> None:
    line = "azsphere device certificate add --public-key-file <filepath_to_server_ca_public.pem>"
    assert found(line) == [line]
