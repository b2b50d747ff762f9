from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.report.console import PlainConsole, choose
from harness.report.live import LiveConsole
from harness.run.events import CaseFinished, Result, SuiteFinished

EXPECTED = r"""3 cases, 2 jobs, seed 7, process: FreeRADIUS 3.2.1
PASS overwrite/client-by-root-ca  connected: mutual-authentication (x2) -> not-attempted: client-certificate-wrong-type  0.21 s
FAIL client/expired[tls=1.2,key=ec-p256]  rejected: client-issuer-unknown  1.25 s
     line 12, associate corp: cause: expected client-certificate-expired, got client-issuer-unknown
SKIP tls/resumption  FreeRADIUS 3.2.1 has no session cache  0.00 s

1) FAIL client/expired[tls=1.2,key=ec-p256]
  An expired client <b>certificate</b> is rejected
  scenarios/client/expired.yaml:3
  associate corp (scenarios/client/expired.yaml:12)
    cause: expected client-certificate-expired, got client-issuer-unknown
    verdict      rejected
    cause        client-issuer-unknown
    explanation  The server does not know the issuer of the client certificate.
    remedy       Add the issuing CA to the server's ca_file.
    proof        server: OpenSSL says error 20 : unable to get local issuer certificate
    proof        access-point: Access-Reject after 5 requests
    finding      warning: The server sent no TLS alert. (RFC 9190 2.1.4)
    the server's last lines (2 of 2)
    | (3) Received Access-Request
    | (3) Login incorrect \x1b[31m(unknown CA)
  evidence     /results/client
  run again    eaptls run scenarios/client/expired.yaml -k 'tls=1.2' --seed 7

1 failed, 1 passed, 1 skipped in 1.5 s on process: FreeRADIUS 3.2.1
"""

VERBOSE_PASS = """PASS overwrite/client-by-root-ca  connected: mutual-authentication (x2) -> not-attempted: client-certificate-wrong-type  0.21 s
     associate corp: connected: mutual-authentication
       server: Login OK: [@corp.example]
       device: the keys agree
     associate corp: connected: mutual-authentication
       server: Login OK: [@corp.example]
       device: the keys agree
     associate corp: not-attempted: client-certificate-wrong-type
       device: client-key-abc is of type rootca
"""


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class _CountingStream(io.StringIO):
    flushes = 0

    def flush(self) -> None:
        self.flushes += 1


def _located(case_id: str) -> Path | None:
    return Path("/results/client") if case_id.startswith("client/") else None


def test_plain_output_is_exactly_this(play: Callable[..., None]) -> None:
    stream = io.StringIO()
    play(PlainConsole(stream, _located))
    assert stream.getvalue() == EXPECTED


def test_plain_output_has_no_control_codes(play: Callable[..., None]) -> None:
    stream = io.StringIO()
    play(PlainConsole(stream, _located))
    assert all(character == "\n" or character.isprintable() for character in stream.getvalue())


def test_each_line_is_flushed(play: Callable[..., None]) -> None:
    stream = _CountingStream()
    play(PlainConsole(stream, _located))
    assert stream.flushes == stream.getvalue().count("\n")


def test_verbose_shows_what_proves_a_pass(passed_case: CaseFinished) -> None:
    stream = io.StringIO()
    PlainConsole(stream, _located, verbose=True).handle(passed_case)
    assert stream.getvalue() == VERBOSE_PASS


def test_failure_without_a_mismatch_gives_its_reason(failed_case: CaseFinished) -> None:
    stream = io.StringIO()
    console = PlainConsole(stream, lambda _: None)
    console.handle(CaseFinished(failed_case.case, Result.FAILED, 0.5, reason="the server died"))
    console.handle(SuiteFinished(0, 1, 0, 0.5))
    assert stream.getvalue() == (
        "FAIL client/expired[tls=1.2,key=ec-p256]  the server died  0.50 s\n"
        "\n"
        "1) FAIL client/expired[tls=1.2,key=ec-p256]\n"
        "  An expired client <b>certificate</b> is rejected\n"
        "  scenarios/client/expired.yaml:3\n"
        "  the server died\n"
        "\n"
        "1 failed, 0 passed in 0.5 s on \n"
    )


def test_interrupted_run_says_what_was_not_run() -> None:
    stream = io.StringIO()
    PlainConsole(stream, _located).handle(SuiteFinished(2, 0, 0, 0.1, interrupted=True, remaining=5))
    assert stream.getvalue().startswith("interrupted: 2 passed, 5 not run in 0.1 s")


def test_characters_the_stream_cannot_encode_are_escaped(passed_case: CaseFinished) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    PlainConsole(stream, _located).handle(
        CaseFinished(passed_case.case, Result.SKIPPED, 0, reason="größer")  # codespell:ignore
    )
    assert b"gr\\xf6\\xdfer" in raw.getvalue()


@pytest.mark.parametrize(
    ("terminal", "environment", "live"),
    [
        (True, {}, True),
        (True, {"CI": "true"}, False),
        (True, {"TERM": "dumb"}, False),
        (False, {}, False),
    ],
)
def test_the_console_suits_the_stream(*, terminal: bool, environment: dict[str, str], live: bool) -> None:
    stream = _Terminal() if terminal else io.StringIO()
    console = choose(stream, environment, _located)
    assert isinstance(console, LiveConsole) is live


def test_live_console_shows_failures_twice_and_the_counts(play: Callable[..., None]) -> None:
    stream = _Terminal()
    play(LiveConsole(stream, _located))
    text = stream.getvalue()
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)
    assert plain.count("FAIL client/expired[tls=1.2,key=ec-p256]") == 2
    assert "1 failed, 1 passed, 1 skipped in 1.5 s" in text
    assert "remedy       Add the issuing CA" in text


def test_live_console_does_not_break_what_people_copy(failed_case: CaseFinished) -> None:
    stream = _Terminal()
    command = "eaptls run " + "x" * 300
    console = LiveConsole(stream, _located)
    console.handle(replace(failed_case, rerun=command))
    console.handle(SuiteFinished(0, 1, 0, 0.1))
    assert command in stream.getvalue()


def test_live_console_names_the_running_cases(cases: tuple[CaseFinished, ...]) -> None:
    console = LiveConsole(_Terminal(), _located)
    console._running = {f"case-{number}": 0.0 for number in range(6)}
    lines = [line.plain for line in console._running_lines()]
    assert [line.split()[0] for line in lines[:4]] == ["case-0", "case-1", "case-2", "case-3"]
    assert lines[4] == "  and 2 more"
