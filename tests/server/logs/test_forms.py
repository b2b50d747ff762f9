from __future__ import annotations

import pytest

from harness.server.logs.forms import bare, log_lines

LINE = (
    "(14) Login incorrect (eap_tls: (TLS) Alert write:fatal:certificate expired): [x] (from client ap port 1)"
)


@pytest.mark.parametrize(
    ("before", "when"),
    [
        ("", ""),
        ("Wed Nov 25 20:49:01 2026 : Auth: ", "Wed Nov 25 20:49:01 2026"),
        ("Wed Nov  5 20:49:01 2026 : ERROR: ", "Wed Nov  5 20:49:01 2026"),
        ("Nov 25 20:49:01 radius1 radiusd[1234]: ", "Nov 25 20:49:01"),
        (
            "Nov 25 20:49:01 radius1 freeradius[7]: Wed Nov 25 20:49:01 2026 : Auth: ",
            "Wed Nov 25 20:49:01 2026",
        ),
        ("2026-11-25T20:49:01.123456+00:00 radius1 radiusd[1234]: ", "2026-11-25T20:49:01.123456+00:00"),
        ("<30>Nov 25 20:49:01 radius1 radiusd: : Auth: ", "Nov 25 20:49:01"),
        ("<30>1 2026-11-25T20:49:01Z radius1 radiusd 12 - - ", "2026-11-25T20:49:01Z"),
        ("2026-11-25T20:49:01.123456789Z ", "2026-11-25T20:49:01.123456789Z"),
        ("radius-1  | ", ""),
        ("Auth: ", ""),
        ("> > ", ""),
        ("    ", ""),
        ("\x1b[33m", ""),
    ],
)
def test_what_others_put_in_front_is_cut(before: str, when: str) -> None:
    assert bare(before + LINE) == (when, LINE)


def test_lines_keep_their_place_and_their_own_indentation() -> None:
    lines = list(log_lines("nothing\r\n\n(1)   Login OK: [x] (from client ap port 1 via TLS tunnel)\n", 5))
    assert [(line.place, line.text) for line in lines] == [
        (5, "nothing"),
        (7, "(1)   Login OK: [x] (from client ap port 1 via TLS tunnel)"),
    ]


def test_a_user_name_that_looks_like_a_prefix_is_left_alone() -> None:
    line = "(1) Login OK: [Nov 25 20:49:01 h radiusd[1]: x] (from client ap port 1)"
    assert bare(line) == ("", line)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('(1)   User-Password = "hunter2"', "(1)   User-Password = <hidden>"),
        ('(1) files:   Cleartext-Password := "hunter2"', "(1) files:   Cleartext-Password := <hidden>"),
        (
            "(1) Login incorrect (pap: no): [bob/hunter2] (from client ap port 1)",
            "(1) Login incorrect (pap: no): [bob/<hidden>] (from client ap port 1)",
        ),
        (
            "(1) Login OK: [bob/<via Auth-Type = eap>] (from client ap port 1)",
            "(1) Login OK: [bob/<via Auth-Type = eap>] (from client ap port 1)",
        ),
        (
            "(1) Login OK: [host/pc1.corp.example] (from client ap port 1)",
            "(1) Login OK: [host/pc1.corp.example] (from client ap port 1)",
        ),
        ("\tsecret = hunter2", "\tsecret = <secret>"),
        ("\t\tprivate_key_password = hunter2", "\t\tprivate_key_password = <hidden>"),
        ("(5)   MS-MPPE-Recv-Key = 0x00ff", "(5)   MS-MPPE-Recv-Key = 0x<key>"),
    ],
)
def test_secrets_are_taken_out(line: str, shown: str) -> None:
    assert [one.text for one in log_lines(line)] == [shown.replace("0x<key>", "<key>")]
