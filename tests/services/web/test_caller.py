from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from harness.pki.spec import Defect, Profile
from harness.services.web.caller import CallCause, CallFailure, CallPlace, call
from harness.services.web.listener import ClientCertificates, Faults
from harness.services.web.messages import Handler, Reply, Request
from harness.services.web.serving import Limits
from harness.services.web.trust import ClientTrust
from tests.services.web.conftest import HOST, Web

URL = f"https://{HOST}/a"


def _failure(answer: Reply | CallFailure) -> tuple[str, str]:
    assert isinstance(answer, CallFailure), answer
    return answer.place, answer.cause


def _text(answer: Reply | CallFailure) -> str:
    assert isinstance(answer, Reply), answer
    return answer.body.decode().strip()


def test_a_call_brings_what_was_asked_and_who_asked(web: Web, echo: Handler) -> None:
    trust = ClientTrust((web.mint.issue("root", web.specs).certificate,))
    listener = web.listen(echo, clients=trust)
    client = web.credential(Profile.CLIENT, "dev-1")
    answer = call(web.caller(listener, credential=client), URL + "?x=1?y", method="POST", body=b"abc")
    assert _text(answer) == "POST /a x=1?y 3 CN=dev-1"
    assert [(one.status, one.subject, one.failure) for one in listener.exchanges] == [(200, "CN=dev-1", "")]


def test_a_client_of_another_ca_is_answered_with_the_reason(web: Web, echo: Handler) -> None:
    trust = ClientTrust((web.mint.issue("root", web.specs).certificate,))
    listener = web.listen(echo, clients=trust)
    stranger = web.credential(Profile.CLIENT, "dev-2", "other")
    answer = call(web.caller(listener, credential=stranger), URL)
    assert _text(answer) == "GET /a  0 CN=dev-2 (unable to get local issuer certificate at depth 0)"


def test_the_service_judges_a_client_by_its_own_clock(web: Web, echo: Handler, now: datetime) -> None:
    trust = ClientTrust((web.mint.issue("root", web.specs).certificate,))
    client = web.credential(Profile.CLIENT, "dev-3", valid_for=timedelta(days=1))
    clock = [now]
    listener = web.listen(echo, clients=trust, now=lambda: clock[0])
    assert "(" not in _text(call(web.caller(listener, credential=client), URL))
    clock[0] = now + timedelta(days=2)
    assert "(certificate has expired at depth 0)" in _text(call(web.caller(listener, credential=client), URL))


def test_a_server_certificate_is_no_client_s(web: Web, echo: Handler) -> None:
    trust = ClientTrust((web.mint.issue("root", web.specs).certificate,))
    listener = web.listen(echo, clients=trust)
    wrong = web.credential(Profile.CLIENT, "dev-4", defect=Defect.WRONG_PURPOSE)
    answer = call(web.caller(listener, credential=wrong), URL)
    assert "(unsuitable certificate purpose at depth 0)" in _text(answer)


@pytest.mark.parametrize("versions", [("1.2", "1.2"), ("1.3", "1.3")])
def test_demanded_and_missing_the_handshake_fails(web: Web, echo: Handler, versions: tuple[str, str]) -> None:
    listener = web.listen(echo, certificates=ClientCertificates.DEMAND)
    answer = call(web.caller(listener, versions=versions), URL)
    assert _failure(answer) == (CallPlace.TLS, CallCause.REFUSED_BY_SERVICE)


@pytest.mark.parametrize("versions", [("1.2", "1.2"), ("1.3", "1.3")])
def test_a_service_may_reject_in_the_handshake_and_keeps_the_reason(
    web: Web, echo: Handler, versions: tuple[str, str]
) -> None:
    trust = ClientTrust((web.mint.issue("root", web.specs).certificate,))
    listener = web.listen(echo, clients=trust, reject_in_handshake=True)
    stranger = web.credential(Profile.CLIENT, "dev-5", "other")
    answer = call(web.caller(listener, credential=stranger, versions=versions), URL)
    assert _failure(answer) == (CallPlace.TLS, CallCause.REFUSED_BY_SERVICE)
    assert "unknown ca" in str(answer)
    listener.close()
    assert listener.exchanges[-1].failure == "unable to get local issuer certificate at depth 0"
    friend = web.credential(Profile.CLIENT, "dev-6")
    again = web.listen(echo, clients=trust, reject_in_handshake=True)
    assert "CN=dev-6" in _text(call(web.caller(again, credential=friend, versions=versions), URL))


def test_the_device_judges_the_server_by_the_device_s_clock(web: Web, echo: Handler, now: datetime) -> None:
    listener = web.listen(echo)
    late = call(web.caller(listener, now=now + timedelta(days=365)), URL)
    assert _failure(late) == (CallPlace.TLS, CallCause.SERVER_EXPIRED)
    early = call(web.caller(listener, now=datetime.fromisoformat("2000-01-01T00:00:00Z")), URL)
    assert _failure(early) == (CallPlace.TLS, CallCause.SERVER_NOT_YET_VALID)


def test_an_untrusted_server_and_a_wrong_name_are_told_apart(web: Web, echo: Handler) -> None:
    other = web.mint.issue("other", web.specs).certificate
    listener = web.listen(echo)
    assert _failure(call(web.caller(listener, trusts=(other,)), URL)) == (
        CallPlace.TLS,
        CallCause.SERVER_UNTRUSTED,
    )
    misnamed = web.listen(echo, web.credential(Profile.SERVER, "elsewhere.corp.example"))
    assert _failure(call(web.caller(misnamed), URL)) == (CallPlace.TLS, CallCause.SERVER_WRONG_NAME)
    assert _text(call(web.caller(misnamed, verifies=False), URL)).startswith("GET /a")


def test_tls_1_3_alone_is_not_for_the_device(web: Web, echo: Handler) -> None:
    listener = web.listen(echo, versions=("1.3", "1.3"))
    assert _failure(call(web.caller(listener), URL)) == (CallPlace.TLS, CallCause.TLS_VERSION_MISMATCH)


def test_a_device_does_not_renegotiate(web: Web, echo: Handler) -> None:
    listener = web.listen(
        echo, certificates=ClientCertificates.RENEGOTIATE, versions=("1.2", "1.2"), limits=Limits(seconds=2)
    )
    client = web.credential(Profile.CLIENT, "dev-7")
    answer = call(web.caller(listener, credential=client), URL)
    assert _failure(answer) == (CallPlace.TLS, CallCause.RENEGOTIATION_REFUSED)
    listener.close()
    assert "renegotiation" in listener.exchanges[-1].failure


def test_hosts_are_asked_for_before_anything_is_sent(web: Web, echo: Handler) -> None:
    listener = web.listen(echo)
    caller = web.caller(listener, allowed=lambda host: host == "only.corp.example")
    assert _failure(call(caller, URL)) == (CallPlace.ALLOWED_CONNECTIONS, CallCause.HOST_NOT_ALLOWED)
    assert _failure(call(web.caller(listener, hosts={}), URL)) == (CallPlace.NAME, CallCause.HOST_UNKNOWN)
    listener.close()
    assert listener.exchanges == []


@pytest.mark.parametrize(
    "url", ["http://certs.corp.example/", "https:///x", "https://h:99999/", "x", "https://h/a b"]
)
def test_what_is_no_https_url_is_not_called(web: Web, echo: Handler, url: str) -> None:
    assert _failure(call(web.caller(web.listen(echo)), url))[1] == CallCause.URL_MALFORMED


def test_redirects_lead_on_to_allowed_hosts_alone(web: Web, echo: Handler) -> None:
    listener = web.listen(echo)
    first = web.listen(echo, faults=Faults(redirect=f"https://{HOST}:4443/b"))
    hosts = {HOST: (first.address, first.port), f"{HOST}:4443": (listener.address, listener.port)}
    assert _text(call(web.caller(first, hosts=hosts), URL)).startswith("GET /b")
    first.faults = Faults(redirect="https://evil.example/")
    allowed = web.caller(first, hosts=hosts, allowed=lambda host: host == HOST)
    assert _failure(call(allowed, URL)) == (CallPlace.REDIRECT, CallCause.HOST_NOT_ALLOWED)
    first.faults = Faults(redirect="/again")
    assert _failure(call(allowed, URL)) == (CallPlace.REDIRECT, CallCause.TOO_MANY_REDIRECTS)


def test_silence_slowness_and_cuts_are_told_apart(web: Web, echo: Handler) -> None:
    silent = web.listen(echo, faults=Faults(silent=True))
    assert _failure(call(web.caller(silent, seconds=0.2), URL)) == (CallPlace.TLS, CallCause.TIMED_OUT)
    slow = web.listen(echo, faults=Faults(delay=60))
    assert _failure(call(web.caller(slow, seconds=1.5), URL)) == (CallPlace.ANSWER, CallCause.TIMED_OUT)
    for octets in (0, 20, 105):
        cut = web.listen(echo, faults=Faults(cut_after=octets))
        assert _failure(call(web.caller(cut), URL)) == (CallPlace.ANSWER, CallCause.CONNECTION_CUT)
    silent.close()
    assert _failure(call(web.caller(silent), URL)) == (CallPlace.CONNECT, CallCause.UNREACHABLE)


def test_sizes_have_limits_on_both_sides(web: Web) -> None:
    def long(_request: Request) -> Reply:
        return Reply(200, body=b"x" * 70_000)

    listener = web.listen(long, limits=Limits(body=100))
    assert _failure(call(web.caller(listener), URL)) == (CallPlace.ANSWER, CallCause.ANSWER_TOO_LARGE)
    answer = call(web.caller(listener), URL, method="POST", body=b"y" * 101)
    assert isinstance(answer, Reply)
    assert (answer.status, _text(answer)) == (413, "the body is longer than 100 octets")


def test_what_a_service_trips_over_is_a_500_without_its_text(web: Web) -> None:
    def trips(_request: Request) -> Reply:
        raise ValueError("secret")

    answer = call(web.caller(web.listen(trips)), URL)
    assert isinstance(answer, Reply)
    assert (answer.status, answer.reason) == (500, "Internal Server Error")
    assert _text(answer) == "the service failed: ValueError"


def test_a_hundred_at_once_lose_nothing(web: Web, echo: Handler) -> None:
    trust = ClientTrust((web.mint.issue("root", web.specs).certificate,))
    together = threading.Barrier(100)

    def slowly(request: Request) -> Reply:
        together.wait(20)  # nobody is answered before all are there
        return echo(request)

    listener = web.listen(slowly, clients=trust, limits=Limits(seconds=30))
    client = web.credential(Profile.CLIENT, "dev-8")
    caller = web.caller(listener, credential=client, seconds=30)
    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda number: call(caller, f"{URL}?{number}"), range(100)))
    assert [_text(one).split()[2] for one in answers] == [str(number) for number in range(100)]
    listener.close()
    assert [one.status for one in listener.exchanges] == [200] * 100
