"""Over real sockets: servers that never end, and those who answer though they were not asked."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

import pytest

from harness.diagnosis.diagnose import diagnose
from harness.drivers import aio, blocking, selecting, sockets
from harness.observation import DiscardKind, Observation, RadiusResult, Stage
from harness.outcome import Cause, Outcome, Verdict
from harness.protocol.authenticator import AccessPoint
from harness.protocol.radius_client import RetryPolicy
from harness.server.records import ServerEvidence
from harness.trace import Endpoint, Link, Recorder

if TYPE_CHECKING:
    from harness.protocol.association import Association
    from tests.drivers.conftest import Serve
    from tests.protocol.conftest import Bench, Draft, EndlessServer, Manners

Run = Callable[..., Observation | None]
Endless = Callable[[str], "EndlessServer"]
_QUICK = RetryPolicy(initial=0.02, maximum=0.04, count=3, duration=5.0, spread=0.0)
POINT = AccessPoint("CORP", bytes.fromhex("020000000001"), b"testing123", retry=_QUICK)
PATIENT = replace(POINT, retry=replace(_QUICK, count=0, duration=60.0))


def _aio(association: Association) -> Observation | None:
    return asyncio.run(aio.run(association))


def _selecting(association: Association) -> Observation | None:
    [(_, seen)] = selecting.run_many([association], 1)
    return seen


_DRIVERS = {"blocking": blocking.run, "aio": _aio, "selecting": _selecting}


@pytest.fixture(params=_DRIVERS)
def run(request: pytest.FixtureRequest) -> Run:
    driver: Run = _DRIVERS[request.param]
    return driver


@pytest.fixture(params=["blocking", "aio"])
def attentive(request: pytest.FixtureRequest) -> Run:
    """A driver that hears everybody."""
    driver: Run = _DRIVERS[request.param]
    return driver


def _judged(seen: Observation | None) -> Outcome:
    assert seen is not None
    return diagnose(seen, ServerEvidence(available=False, server="fake"))


@pytest.mark.parametrize("link", [True, False])
@pytest.mark.parametrize(
    ("name", "judged"),
    [
        ("identity", (Verdict.UNANSWERED, Cause.NO_PROGRESS)),
        ("notification", (Verdict.UNANSWERED, Cause.NO_PROGRESS)),
        ("proposals", (Verdict.UNANSWERED, Cause.NO_PROGRESS)),
        ("the same start", (Verdict.UNANSWERED, Cause.NO_PROGRESS)),
        ("new starts", (Verdict.UNANSWERED, Cause.EAP_FRAMING)),
        ("acknowledgements", (Verdict.UNANSWERED, Cause.EAP_FRAMING)),
        ("fragments", (Verdict.VIOLATED, Cause.EAP_FRAMING)),
        ("tiny fragments", (Verdict.UNANSWERED, Cause.NO_PROGRESS)),
        ("hello requests", (Verdict.UNANSWERED, Cause.NO_PROGRESS)),
    ],
)
def test_a_server_without_end(
    bench: Bench,
    serve: Serve,
    run: Run,
    endless: Endless,
    name: str,
    judged: tuple[Verdict, Cause],
    *,
    link: bool,
) -> None:
    server = endless(name)
    policy = bench.policy(tls_max="1.2")
    association = bench.association(server=serve(server), policy=policy, point=PATIENT, link=link)
    outcome = _judged(run(association))
    assert (outcome.verdict, outcome.cause) == judged
    assert server.rounds <= 70


@pytest.mark.parametrize("code", [2, 3])
def test_a_final_answer_without_message_authenticator_decides_nothing(
    bench: Bench, serve: Serve, run: Run, manners: type[Manners], code: int
) -> None:
    def forge(draft: Draft) -> None:
        if draft.number == 2:
            draft.code, draft.eap, draft.message_authenticator = code, None, "absent"

    outcome = _judged(run(bench.association(server=serve(bench.server(manners(edit=forge))), point=POINT)))
    assert (outcome.verdict, outcome.cause) == (Verdict.UNANSWERED, Cause.MESSAGE_AUTHENTICATOR_MISSING)
    assert "require-message-authenticator: false" in outcome.remedy


def test_an_answer_from_another_port_is_told_and_proves_where_it_came_from(
    bench: Bench, serve: Serve, attentive: Run
) -> None:
    recorder = Recorder()
    server = serve(bench.server(), stray=lambda reply: reply, answers=False)
    seen = attentive(bench.association(server=server, point=POINT, recorder=recorder))
    outcome = _judged(seen)
    assert (outcome.verdict, outcome.cause) == (Verdict.UNANSWERED, Cause.ANSWERED_FROM_ELSEWHERE)
    assert seen is not None
    assert {discard.kind for discard in seen.discards} == {DiscardKind.FROM_ELSEWHERE}
    assert len(seen.discards) >= 1
    strays = [one for one in recorder.packets if one.link is Link.WIRE and one.source != seen.source]
    assert {one.source.host for one in strays if one.source} == {"127.0.0.9"}
    assert f"authentic Access-Challenge from {strays[0].source}, which was not asked" in outcome.explanation


def test_a_forged_answer_from_another_port_is_told_and_proves_nothing(
    bench: Bench, serve: Serve, attentive: Run
) -> None:
    server = serve(bench.server(), stray=lambda reply: reply[:4] + bytes(16) + reply[20:], answers=False)
    seen = attentive(bench.association(server=server, point=POINT))
    outcome = _judged(seen)
    assert (outcome.verdict, outcome.cause) == (Verdict.UNANSWERED, Cause.UNDETERMINED)
    assert seen is not None
    assert {discard.kind for discard in seen.discards} == {DiscardKind.OTHER}
    assert "datagram from 127.0.0.9:" in seen.discards[0].reason


def test_strays_beside_the_right_answers_do_no_harm(bench: Bench, serve: Serve, run: Run) -> None:
    server = serve(bench.server(), stray=lambda reply: reply)
    seen = run(bench.association(server=server, point=PATIENT))
    assert seen is not None
    assert (seen.stage, seen.radius_result) == (Stage.COMPLETE, RadiusResult.ACCEPT)


def test_under_load_nobody_else_is_heard(bench: Bench, serve: Serve) -> None:
    server = serve(bench.server(), stray=lambda reply: reply, answers=False)
    seen = _selecting(bench.association(server=server, point=POINT))
    assert seen is not None
    assert seen.discards == ()


def test_a_system_without_a_second_socket_hears_the_server_alone(
    bench: Bench, serve: Serve, attentive: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.drivers.sockets.sys.platform", "darwin")
    server = serve(bench.server(), stray=lambda reply: reply)
    seen = attentive(bench.association(server=server, point=PATIENT))
    assert seen is not None
    assert (seen.stage, seen.discards) == (Stage.COMPLETE, ())


def test_no_other_socket_is_given_the_port(closed_port: Endpoint) -> None:
    with sockets.open_socket(closed_port, "127.0.0.7") as sock:
        beside = sockets.open_beside(sock)
        assert beside is not None
        with beside:
            assert beside.getsockname() == sock.getsockname()
            with (
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as third,
                pytest.raises(OSError, match="in use"),
            ):
                third.bind(sock.getsockname())


@pytest.mark.parametrize("driver", ["blocking", "aio"])
def test_a_flood_does_not_keep_the_timer_from_being_served(
    bench: Bench, driver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 100 datagrams wait before the first is read, and each look at the clock takes a second.
    seconds = count()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flooding:
        flooding.bind(("127.0.0.1", 0))
        server = Endpoint(*flooding.getsockname())
        association = bench.association(
            server=server, point=replace(POINT, retry=RetryPolicy(spread=0.0, duration=20.0))
        )
        real = association.datagrams_to_send
        sent: list[int] = []

        def flooded(now: float) -> list[bytes]:
            leaving = real(now)
            if leaving and not sent and association._source is not None:
                source = association._source
                sent.extend(flooding.sendto(b"junk", (source.host, source.port)) for _ in range(100))
            return leaving

        monkeypatch.setattr(association, "datagrams_to_send", flooded)
        if driver == "blocking":
            seen = blocking.run(association, clock=lambda: float(next(seconds)))
        else:
            seen = asyncio.run(aio.run(association, clock=lambda: float(next(seconds))))
    assert seen is not None
    assert len(sent) == 100
    assert 0 < len(seen.discards) < 50
    assert seen.radius_result is None
