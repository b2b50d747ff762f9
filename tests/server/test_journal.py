from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from harness.server.journal import Journal, JournalSlice, Mark, mask_keys, parse_verdict, without_own
from harness.server.records import LogKind, VerdictRecord
from harness.trace import Endpoint

_A = Endpoint("127.64.0.1", 40001)
_B = Endpoint("127.64.0.2", 40002)
_VERDICT: Mapping[str, str | int] = {
    "number": 10,
    "host": _A.host,
    "port": _A.port,
    "reply": "Access-Reject",
    "user": b'al"\nice'.hex(),
    "cn": b"alice".hex(),
    "serial": "7815e7ec",
    "tls": "TLS 1.2",
    "cipher": "ECDHE-ECDSA-AES256-GCM-SHA384",
    "session": "0dc2",
    "failures": f"0x{b'eap_tls: first'.hex()},0x{b'eap: second'.hex()}",
}
_MISSING_AUTHENTICATOR = "Receive - Insecure packet from host {}:  Packet does not contain required Message-Authenticator attribute"


def _received(number: int, source: Endpoint) -> str:
    return f"({number}) Received Access-Request Id 7 from {source} to 127.0.0.1:18120 length 124"


class _Server:
    def __init__(self, folder: Path) -> None:
        self.log = folder / "server.log"
        self.verdicts = folder / "verdict.jsonl"
        self.journal = Journal(self.log, self.verdicts, lambda line: line.replace("hunter2", "<secret>"))

    def writes(self, *lines: str, path: Path | None = None) -> None:
        with (path or self.log).open("a") as file:
            file.write("".join(f"{line}\n" for line in lines))

    def judges(self, **changes: str | int) -> None:
        self.writes(json.dumps({**_VERDICT, **changes}), path=self.verdicts)

    def slice(self, mark: Mark, source: Endpoint | None = _A, *, alive: bool = True) -> JournalSlice:
        return self.journal.slice(mark, source, alive=lambda: alive)


@pytest.fixture
def server(tmp_path: Path) -> _Server:
    return _Server(tmp_path)


def test_nothing_is_there_before_the_server_writes(server: _Server) -> None:
    assert server.slice(server.journal.mark()) == JournalSlice()


def test_evidence_of_two_interleaved_associations(server: _Server) -> None:
    mark = server.journal.mark()
    server.writes(
        _received(0, _A),
        _received(1, _B),
        "(0) eap_tls: ERROR: (TLS) Alert write:fatal:unknown CA",
        "(1) Login OK: [bob] (from client client-1 port 0)",
        "(0) Finished request",
        "(1) Finished request",
    )
    server.judges()
    server.judges(host=_B.host, port=_B.port, reply="Access-Accept")
    one, other = server.slice(mark), server.slice(mark, _B)
    assert [event.kind for event in one.events] == [LogKind.REQUEST, LogKind.ALERT_SENT]
    assert [event.kind for event in other.events] == [LogKind.REQUEST, LogKind.LOGIN_OK]
    assert one.log[-1] == "(0) Finished request"
    assert one.verdict is not None
    assert other.verdict is not None
    assert (one.verdict.reply, other.verdict.reply) == ("Access-Reject", "Access-Accept")


def test_evidence_begins_at_the_mark(server: _Server) -> None:
    server.writes(_received(0, _A), "(0) Login OK: [x] (from client c", "(0) Finished request")
    server.judges()
    mark = server.journal.mark()
    server.writes(_received(1, _A), "(1) Finished request")
    later = server.slice(mark)
    assert later.verdict is None
    assert [event.kind for event in later.events] == [LogKind.REQUEST]


def test_no_source_no_evidence(server: _Server) -> None:
    mark = server.journal.mark()
    server.writes(_received(0, _A), "(0) Finished request")
    assert server.slice(mark, None) == JournalSlice()


def test_a_line_that_names_an_address_counts_when_only_one_port_was_heard_of(server: _Server) -> None:
    mark = server.journal.mark()
    server.writes(_MISSING_AUTHENTICATOR.format(_A.host))
    assert [event.kind for event in server.slice(mark).events] == [LogKind.MESSAGE_AUTHENTICATOR_MISSING]
    server.writes(_received(0, Endpoint(_A.host, 50000)), "(0) Finished request")
    assert server.slice(mark).events == ()


def test_only_a_line_feed_ends_a_verdict(server: _Server) -> None:
    mark = server.journal.mark()
    server.writes(_received(0, _A), "(0) Finished request")
    strange = json.dumps({**_VERDICT, "cipher": "A\u2028B"}, ensure_ascii=False)
    server.writes(strange, path=server.verdicts)
    verdict = server.slice(mark).verdict
    assert verdict is not None
    assert verdict.cipher == "A\u2028B"


def test_last_lines_are_waited_for(server: _Server) -> None:
    mark = server.journal.mark()
    server.writes(_received(0, _A))
    writer = threading.Timer(
        0.02, server.writes, ["(0) Login OK: [x] (from client c", "(0) Finished request"]
    )
    writer.start()
    kinds = [event.kind for event in server.slice(mark).events]
    writer.join()
    assert kinds == [LogKind.REQUEST, LogKind.LOGIN_OK]


def test_a_dead_server_is_not_waited_for(server: _Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.server.journal.time.sleep", lambda _: pytest.fail("waited"))
    mark = server.journal.mark()
    server.writes(_received(0, _A))
    assert len(server.slice(mark, alive=False).events) == 1


def test_half_a_line_waits_for_its_other_half(server: _Server) -> None:
    mark = server.journal.mark()
    first, second = _received(0, _A)[:20], _received(0, _A)[20:]
    server.log.write_text(first)
    assert server.slice(mark).events == ()
    server.writes(second, "(0) Finished request")
    assert [event.kind for event in server.slice(mark).events] == [LogKind.REQUEST]


def test_the_only_source_since_a_mark(server: _Server) -> None:
    mark = server.journal.mark()
    assert server.journal.only_source(mark) is None
    server.writes(_received(0, _A), "(0) Finished request")
    assert server.journal.only_source(mark) == _A
    server.writes(_received(1, _B))
    assert server.journal.only_source(mark) is None


def test_secrets_and_keys_stay_out(server: _Server) -> None:
    mark = server.journal.mark()
    server.writes(
        _received(0, _A),
        '(0)   Reply-Message = "hunter2"',
        "(0)   MS-MPPE-Recv-Key = 0xd1e6d8",
        "(0) Finished request",
    )
    assert server.slice(mark).log[1:3] == (
        '(0)   Reply-Message = "<secret>"',
        "(0)   MS-MPPE-Recv-Key = <key>",
    )


def test_keys_are_masked_wherever_they_are_listed() -> None:
    assert mask_keys("(3) eap_tls:   &reply:MS-MPPE-Send-Key := 0x00ff") == (
        "(3) eap_tls:   &reply:MS-MPPE-Send-Key := <key>"
    )
    assert mask_keys("(3)   EAP-EMSK = 0x00ff") == "(3)   EAP-EMSK = <key>"
    assert mask_keys("(3)   EAP-Key-Name = 0x00") == "(3)   EAP-Key-Name = 0x00"


def test_a_verdict() -> None:
    assert parse_verdict(json.dumps(_VERDICT)) == VerdictRecord(
        reply="Access-Reject",
        source=_A,
        user='al"\nice',
        client_cn="alice",
        client_serial="7815e7ec",
        tls_version="1.2",
        cipher="ECDHE-ECDSA-AES256-GCM-SHA384",
        session_id=b"\x0d\xc2",
        failures=("eap_tls: first", "eap: second"),
    )


def test_an_empty_verdict() -> None:
    record = parse_verdict(json.dumps({**_VERDICT, "session": "", "failures": "", "tls": "", "cn": ""}))
    assert (record.session_id, record.failures, record.tls_version, record.client_cn) == (b"", (), "", "")


def test_a_verdict_of_somebody_else_is_refused() -> None:
    with pytest.raises(ValueError, match=r"""^a verdict without 'reply': '\{"host": "x", "port": 1\}'$"""):
        parse_verdict('{"host": "x", "port": 1}')


# Of FreeRADIUS 3.2.1; "-" marks what the harness lets it write for its own record.
_REJECT = """
 (4) Failed to authenticate the user
 (4) Using Post-Auth-Type Reject
 (4)   Post-Auth-Type REJECT {
-(4)     update request {
-(4)       &Tmp-Octets-0 += &Module-Failure-Message[*] -> 0x6561705f
-(4)       &Tmp-Octets-0 += &Module-Failure-Message[*] -> 0x6561703a
-(4)     } # update request = noop
-(4) verdict: EXPAND {"number":%n,"host":"%{Packet-Src-IP-Address}"}
-(4) verdict:    --> {"number":4,"host":"127.64.0.3"}
-(4) verdict: EXPAND ./run/verdict.jsonl
-(4) verdict:    --> ./run/verdict.jsonl
-(4)     [verdict] = ok
-(4)     [recorded] = ok
 (4)     [eap] = noop
 (4)   } # Post-Auth-Type REJECT = ok
 (4) Login incorrect (eap_tls: (TLS) OpenSSL says error 10 : certificate has expired): [x] (from client client-1 port 1)
 (4) Finished request
"""
_UNKNOWN = """
 (0)     if (!("%{User-Name}" == "x")) {
 (0)       update request {
 (0)         &Module-Failure-Message := 'The identity is not known'
 (0)       } # update request = noop
 (0)   Post-Auth-Type REJECT {
-(0)     update request {
-(0)       No attributes updated for RHS &Module-Failure-Message[*]
-(0)     } # update request = noop
-(0) verdict: EXPAND {}
-(0) verdict:    --> {}
-(0)     [verdict] = ok
-(0)     [recorded] = ok
 (0)     [eap] = noop
"""
_ACCEPT = """
 (5)   post-auth {
 (5)     update reply {
 (5)       &EAP-Key-Name := &reply:EAP-Session-Id -> 0x0d
 (5)     } # update reply = noop
-(5) verdict: EXPAND {}
-(5) verdict:    --> {}
-(5)     [verdict] = ok
-(5)     [recorded] = ok
 (5)     update reply {
 (5)       Tunnel-Type += VLAN
 (5)     } # update reply = noop
 (5)   } # post-auth = ok
"""
_FULL_DISK = """
 (5)   post-auth {
-(5) verdict: EXPAND ./run/verdict.jsonl
-(5) verdict:    --> ./run/verdict.jsonl
 (5) verdict: ERROR: Failed writing to log file: No space left on device
 (5)     [verdict] = fail
-(5)     [recorded] = ok
"""


@pytest.mark.parametrize("marked", [_REJECT, _UNKNOWN, _ACCEPT, _FULL_DISK, _UNKNOWN + _REJECT.lstrip("\n")])
def test_what_the_harness_lets_the_server_write_is_not_shown(marked: str) -> None:
    lines = marked.strip("\n").split("\n")
    log = "\n".join(line[1:] for line in lines)
    kept = [line[1:] for line in lines if line.startswith(" ")]
    assert without_own(log).split("\n") == kept
    assert without_own("\n".join(kept)).split("\n") == kept


def test_rules_read_what_is_not_shown(server: _Server) -> None:
    """The lines are left out of what is shown, and of nothing else."""
    mark = server.journal.mark()
    server.writes(_received(4, _A), *(line[1:] for line in _REJECT.strip("\n").split("\n")))
    server.judges()
    shown = server.slice(mark)
    assert [event.kind for event in shown.events] == [LogKind.REQUEST, LogKind.LOGIN_INCORRECT]
    assert shown.verdict is not None
    assert not [line for line in shown.log if "verdict" in line or "Tmp-Octets-0" in line]
    assert shown.log[-1] == "(4) Finished request"


def test_a_log_without_any_record_is_shown_as_it_is() -> None:
    assert without_own("(1) verdict\n(1)     [recorded] = ok") == "(1) verdict\n(1)     [recorded] = ok"
    assert without_own("") == ""


def test_a_server_that_once_had_no_memory_stays_suspect(server: _Server) -> None:
    assert server.journal.starved == ""
    server.writes("src/main/pair.c[904] OUT OF MEMORY")
    server.journal.mark()
    server.writes("Failed allocating memory for system error buffer")
    server.journal.mark()
    assert server.journal.starved == "src/main/pair.c[904] OUT OF MEMORY"


def test_what_a_server_writes_while_it_starts_is_passed_over(server: _Server) -> None:
    server.writes("server default {", _received(0, _A), "(0) half of", "src/main/pair.c[904] OUT OF MEMORY")
    server.journal.skip()
    mark = server.journal.mark()
    server.writes(_received(1, _B), "(1) eap: more", "(1) Finished request")
    assert server.slice(Mark(0)).log == ()
    assert server.slice(mark, _B).log == (_received(1, _B), "(1) eap: more", "(1) Finished request")
    # But for what makes all the rest doubtful.
    assert server.journal.starved == "src/main/pair.c[904] OUT OF MEMORY"


def test_half_a_line_that_was_passed_over_is_no_line(server: _Server) -> None:
    with server.log.open("a") as file:
        file.write("Ready to process")
    server.journal.skip()
    server.writes(" requests", _received(1, _A), "(1) Finished request")
    assert server.slice(Mark(0)).log == (_received(1, _A), "(1) Finished request")
