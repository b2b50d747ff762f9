from __future__ import annotations

from harness.server.logs.forms import log_lines
from harness.server.logs.sessions import LogSession, sessions
from harness.server.records import LogKind
from harness.trace import Endpoint

FIRST = """\
(7) Received Access-Request Id 3 from 10.0.0.9:4000 to 10.0.0.1:1812 length 100
(7)   User-Name = "sensor-1"
(7)   Calling-Station-Id = "02-00-00-DE-00-01"
(7)   NAS-Port = 5
(7) eap: Peer sent EAP Response (code 2) ID 1 length 6
(7) Sent Access-Challenge Id 3 from 10.0.0.1:1812 to 10.0.0.9:4000 length 64
(7)   State = 0xaa67a4311d80a92006e7571b25d42f70
(7) Finished request
"""
SECOND = """\
(9) Received Access-Request Id 4 from 10.0.0.9:4000 to 10.0.0.1:1812 length 100
(9)   User-Name = "sensor-1"
(9)   State = 0xaa67a4311d80a92006e7571b25d42f70
(9) Sent Access-Accept Id 4 from 10.0.0.1:1812 to 10.0.0.9:4000 length 64
(9)   Tunnel-Private-Group-Id = "20"
(9) Finished request
"""
OTHER = """\
(8) Received Access-Request Id 3 from 10.0.0.9:4001 to 10.0.0.1:1812 length 100
(8)   User-Name = "sensor-2"
(8) eap_tls: ERROR: (TLS) OpenSSL says error 10 : certificate has expired
(8) Sent Access-Reject Id 3 from 10.0.0.1:1812 to 10.0.0.9:4001 length 44
"""


def read(text: str) -> list[LogSession]:
    return sessions(log_lines(text))


def kinds(session: LogSession) -> list[LogKind]:
    return [event.kind for event in session.events]


def test_requests_belong_together_by_state() -> None:
    one, two = read(FIRST + OTHER + SECOND)
    assert (one.user, one.station, one.nas_port, one.requests) == ("sensor-1", "02-00-00-DE-00-01", "5", 2)
    assert (one.reply, one.attributes) == ("Access-Accept", {"Tunnel-Private-Group-Id": "20"})
    assert one.source == Endpoint("10.0.0.9", 4000)
    assert (two.user, two.reply, two.requests) == ("sensor-2", "Access-Reject", 1)
    assert LogKind.VERIFY_ERROR in kinds(two)
    assert LogKind.VERIFY_ERROR not in kinds(one)


def test_an_excerpt_from_the_middle_is_joined_by_the_states_that_the_module_names() -> None:
    text = "(1) eap: EAP session adding &reply:State = 0x1c67a4311e8fa920\n"
    text += "(2) eap: Finished EAP session with state 0x1c67a4311e8fa920\n(2) eap_tls: ERROR: (TLS) Alert read:fatal:unknown CA\n"
    (only,) = read(text)
    assert only.requests == 2
    assert kinds(only) == [LogKind.ALERT_RECEIVED]


def test_a_new_server_counts_from_0_again() -> None:
    end = "(7) Login incorrect (eap: x): [sensor-1] (from client ap port 1 cli aa)\n"
    assert len(read(end + "Ready to process requests\n" + end)) == 2
    assert len(read(end + end)) == 2


def test_a_production_log_names_the_device_in_its_last_line() -> None:
    text = "Wed Nov 25 20:49:01 2026 : ERROR: (14) eap_tls:   ERROR: (TLS) OpenSSL says error 10 : certificate has expired\n"
    text += "Wed Nov 25 20:49:02 2026 : Auth: (14) Login incorrect (eap_tls: (TLS) OpenSSL says error 10 : certificate has expired): [host/pc1/<via Auth-Type = eap>] (from client ap-3 port 7 cli 02-00-00-DE-00-01)\n"
    (only,) = read(text)
    assert (only.user, only.client, only.nas_port, only.station) == (
        "host/pc1",
        "ap-3",
        "7",
        "02-00-00-DE-00-01",
    )
    assert (only.reply, only.began, only.ended) == (
        "Access-Reject",
        "Wed Nov 25 20:49:01 2026",
        "Wed Nov 25 20:49:02 2026",
    )
    assert kinds(only) == [LogKind.VERIFY_ERROR, LogKind.LOGIN_INCORRECT]


def test_the_reason_in_the_last_line_counts_where_the_line_before_is_not_logged() -> None:
    (only,) = read(
        "(3) Login incorrect (eap_tls: (TLS) OpenSSL says error 23 : certificate revoked): [x] (from client a port 1)"
    )
    assert [(event.kind, event.number) for event in only.events] == [
        (LogKind.VERIFY_ERROR, 23),
        (LogKind.LOGIN_INCORRECT, 0),
    ]


def test_a_name_check_belongs_to_the_alert_after_it() -> None:
    check = "tls: Certificate CN (sensor-7) does not match specified value (sensor-8)!\n"
    alert = "({}) eap_tls: ERROR: (TLS) Alert write:fatal:internal error\n"
    (only,) = read(check + alert.format(42))
    assert kinds(only) == [LogKind.NAME_CHECK_FAILED, LogKind.ALERT_SENT]
    # Two of them before two alerts may be either's, and are nobody's.
    for session in read(check + check + alert.format(42) + alert.format(43))[:1]:
        assert kinds(session) == [LogKind.ALERT_SENT]


def test_the_inner_refusal_of_a_policy_is_read_from_a_production_log() -> None:
    inner = "(47)   Login incorrect: [guest-1] (from client ap port 1 cli aa via TLS tunnel)\n"
    outer = "(47) Login incorrect (eap: Failed continuing EAP {} session.  EAP sub-module failed): [guest-1] (from client ap port 1 cli aa)\n"
    (only,) = read(inner + outer.format("TLS (13)"))
    assert kinds(only) == [LogKind.POLICY_REJECTED, LogKind.LOGIN_INCORRECT]
    # The same inside PEAP is a password's.
    (only,) = read(inner + outer.format("PEAP (25)"))
    assert kinds(only) == [LogKind.LOGIN_INCORRECT]


def test_requests_that_are_dropped_in_silence_are_counted() -> None:
    line = "Ignoring request to auth address * port 1812 bound to server default from unknown client 10.0.0.7 port {} proto udp\n"
    (only,) = read(line.format(1) + line.format(2))
    assert (only.dropped, only.source) == (2, Endpoint("10.0.0.7", 1))
    assert kinds(only) == [LogKind.CLIENT_UNKNOWN]


def test_a_wrong_secret_is_told_of_the_request_that_just_arrived() -> None:
    arrived = FIRST.split("(7) eap", maxsplit=1)[0]
    wrong = "Dropping packet without response because of error: Received packet from 10.0.0.9 with invalid Message-Authenticator!  (Shared secret is incorrect.)\n"
    (only,) = read(arrived + wrong)
    assert (only.user, only.dropped) == ("sensor-1", 1)
    assert LogKind.SECRET_WRONG in kinds(only)


def test_a_probe_is_no_session() -> None:
    assert (
        read(
            "(0) Received Status-Server Id 4 from 10.0.0.9:4 to 10.0.0.1:1812 length 38\n(0) Sent Access-Accept Id 4 from 10.0.0.1:1812 to 10.0.0.9:4 length 20\n"
        )
        == []
    )


def test_a_long_log_takes_no_longer_per_line() -> None:
    name = "tls: Certificate CN (a) does not match specified value (b)!\n"
    text = "".join(
        f"({n}) eap: x\n{name}({n}) eap_tls: ERROR: (TLS) Alert write:fatal:x\n" for n in range(5000)
    )
    found = read(text)
    assert len(found) == 5000
    assert all(LogKind.NAME_CHECK_FAILED in kinds(one) for one in found)
