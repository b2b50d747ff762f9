from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.cli import explained
from harness.outcome import Cause

Eaptls = Callable[..., Any]

LOG = """\
Wed Nov 25 20:49:01 2026 : Info: Ready to process requests
Wed Nov 25 20:49:01 2026 : Auth: (5) Login OK: [sensor-1] (from client ap-1 port 1 cli 02-00-00-DE-00-01)
Wed Nov 25 20:49:07 2026 : ERROR: (38) eap_tls:   ERROR: (TLS) OpenSSL says error 3 : unable to get certificate CRL
Wed Nov 25 20:49:07 2026 : ERROR: (38) eap_tls: ERROR: (TLS) Alert write:fatal:unknown CA
Wed Nov 25 20:49:07 2026 : Auth: (38) Login incorrect (eap_tls: (TLS) OpenSSL says error 3 : unable to get certificate CRL): [sensor-6/hunter2] (from client ap-1 port 1 cli 02-00-00-DE-00-06)
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "radius.log"
    file.write_text(LOG)
    return file


def test_a_log_is_explained(eaptls: Eaptls, log: Path) -> None:
    ended = eaptls("explain", log)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        f"{log}: 2 attempts: 1 accepted, 1 rejected",
        "",
        'accepted  "sensor-1", 02-00-00-DE-00-01, through ap-1 port 1',
        "",
        'rejected: crl-missing  "sensor-6", 02-00-00-DE-00-06, through ap-1 port 1',
        "  Wed Nov 25 20:49:07 2026, lines 3 to 5",
        (
            "  The server checks revocation, looked for the CRL of every CA in the chain because of (not named in the log), "
            "and has none that it can use: unable to get certificate CRL."
        ),
        "  proof: eap_tls:   ERROR: (TLS) OpenSSL says error 3 : unable to get certificate CRL",
        (
            "  remedy: Put a current CRL of every CA in the chain, in PEM, into the server's ca_file or ca_path and restart "
            "the server, or set check_crl = no; the logged alert (unknown CA) is misleading."
        ),
        "  timeline",
        "         3  Wed Nov 25 20:49:07 2026  (38) eap_tls:   ERROR: (TLS) OpenSSL says error 3 : unable to get certificate CRL",
        "         4  Wed Nov 25 20:49:07 2026  (38) eap_tls: ERROR: (TLS) Alert write:fatal:unknown CA",
        (
            "         5  Wed Nov 25 20:49:07 2026  (38) Login incorrect (eap_tls: (TLS) OpenSSL says error 3 : unable to get "
            "certificate CRL): [sensor-6/<hidden>] (from client ap-1 port 1 cli 02-00-00-DE-00-06)"
        ),
    ]
    assert "hunter2" not in ended.out


def test_what_repeats_is_told_once(eaptls: Eaptls, log: Path) -> None:
    log.write_text(LOG + LOG)
    ended = eaptls("explain", log)
    assert 'rejected: crl-missing  "sensor-6", 02-00-00-DE-00-06, through ap-1 port 1 (2 times)' in ended.out
    assert ended.out.count("remedy: ") == 1
    assert eaptls("explain", log, "--all").out.count("remedy: ") == 2


def test_as_json_from_standard_input(eaptls: Eaptls, monkeypatch: pytest.MonkeyPatch) -> None:
    class Input:
        buffer = io.BytesIO(LOG.encode())

    monkeypatch.setattr("sys.stdin", Input())
    attempts = json.loads(eaptls("explain", "-", "--output", "json").out)["attempts"]
    assert [(one["verdict"], one["cause"], one["user"]) for one in attempts] == [
        ("accepted", "", "sensor-1"),
        ("rejected", "crl-missing", "sensor-6"),
    ]
    assert attempts[1]["timeline"][0]["line"] == 3
    assert attempts[1]["calling_station"] == "02-00-00-DE-00-06"


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_is_explained(cause: Cause) -> None:
    text = explained.cause_text(cause)
    assert text.startswith(f"{cause}\n  verdict ")
    assert "{" not in text
    assert json.loads(explained.cause_json(cause))["cause"] == cause


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot read {file}: is a directory"),
        (b"\x1f\x8b\0\0", "{file} is no text; unpack it first if it is compressed"),
        (b"root:x:0:0:root:/root:/bin/bash\n", "{file} is no log of a FreeRADIUS that is known here; "),
        (b"", "{file} is no log of a FreeRADIUS that is known here; "),
        (
            b"Wed Nov 25 20:49:01 2026 : Info: Ready to process requests\n",
            "{file} is a FreeRADIUS log without a single ",
        ),
        (b"wlan0: CTRL-EVENT-EAP-STARTED EAP authentication started\n", "{file} is no log of a FreeRADIUS"),
    ],
)
def test_what_is_no_such_log_is_one_sentence(
    eaptls: Eaptls, tmp_path: Path, content: bytes | None, told: str
) -> None:
    file = tmp_path / "file"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    ended = eaptls("explain", file)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("eaptls: " + told.format(file=file))
    assert ended.err.count("\n") == 1


def test_a_word_that_is_neither_file_nor_cause(eaptls: Eaptls) -> None:
    ended = eaptls("explain", "crl-mising")
    assert ended.code == 2
    assert (
        ended.err
        == "eaptls: there is no file crl-mising, and no cause of that name; did you mean crl-missing?\n"
    )
