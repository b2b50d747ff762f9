from __future__ import annotations

import os
import subprocess

import pytest

from harness.run.shell import command_line


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["eaptls", "run", "a.yaml", "-k", "a[tls=1.2]"], "eaptls run a.yaml -k 'a[tls=1.2]'"),
        (["it's", "ü b", ""], """'it'"'"'s' 'ü b' ''"""),
        (["a\nb'c\\d"], r"$'a\012b\'c\\d'"),
        (["\udcff1", "\u200b"], r"$'\3771' $'\342\200\213'"),
    ],
)
def test_words_become_one_printable_line(words: list[str], line: str) -> None:
    assert command_line(words) == line
    assert line.isprintable()


def test_a_shell_reads_the_words_back() -> None:
    words = ["a b", "a\nb'c\\d\"$HOME`x`", "\udcff7 \x1b[0m", "#", "~", "ü\u200e"]
    done = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' {command_line(words)}"], capture_output=True, check=True
    )
    assert done.stdout.split(b"\0")[:-1] == [os.fsencode(word) for word in words]
