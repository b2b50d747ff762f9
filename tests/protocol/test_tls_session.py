"""Sessions between the client and a server of OpenSSL's own: offered, resumed, used up, and when they are not offered."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from OpenSSL import SSL

from harness.observation import Observation, TlsObservation
from harness.pki.spec import CertificateSpec, Profile
from harness.protocol import libssl, tls_session
from harness.protocol.association import Association
from harness.protocol.tls import TlsContext
from harness.protocol.tls_policy import TlsPolicy
from harness.protocol.tls_session import Ticket, TlsSession, lasts

if TYPE_CHECKING:
    from tests.protocol.conftest import Bench, Pki

WAYS = {"session ID": ("1.2", True), "ticket": ("1.2", False), "TLS 1.3": ("1.3", False)}
HOUR = timedelta(hours=1)


class Resuming:
    """A server that keeps sessions, and a device that meets it again and again."""

    def __init__(self, bench: Bench, way: str, *, lifetime: int = 3600, cache: bool = True) -> None:
        tls, without_tickets = WAYS[way]
        self.meetings = 0
        self.bench = bench
        self.server = bench.server(tls=tls, trust=bench.pki.root.certificate)
        context = _context(bench, tls, lifetime)
        if without_tickets:
            context.set_options(SSL.OP_NO_TICKET)
        if not cache:
            context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        self.server.context = context

    def meet(
        self, session: TlsSession | None = None, policy: TlsPolicy | None = None
    ) -> tuple[Observation, TlsSession | None, Association]:
        self.meetings += 1
        association = self.bench.association(policy=policy, session=session, seed=self.meetings)
        seen = self.bench.run(self.server, association)
        return seen, association.session(), association


def _context(bench: Bench, tls: str, lifetime: int) -> SSL.Context:
    context = bench.new_server_context(tls)
    context.set_session_cache_mode(SSL.SESS_CACHE_SERVER)
    context.set_session_id(b"eaptls")
    context.set_timeout(lifetime)
    return context


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _tls(seen: Observation) -> TlsObservation:
    assert seen.tls is not None
    return seen.tls


@pytest.mark.catalogue("check-H02")
def test_a_session_is_resumed_with_new_keys_and_without_certificates(
    bench: Bench, pki: Pki, way: str
) -> None:
    resuming = Resuming(bench, way)
    first, session, before = resuming.meet()
    assert session is not None
    assert (_tls(first).session_offered, _tls(first).resumed) == (False, False)

    second, again, after = resuming.meet(session)
    seen = _tls(second)
    assert (seen.session_offered, seen.resumed) == (True, True)
    assert seen.protected_success is (way == "TLS 1.3")
    assert (seen.peer_chain, seen.sent_chain) == ((), ())
    assert seen.session_chain == (pki.client.certificate,)
    assert (_tls(first).session_chain, second.keys) == ((), "agree")
    assert second.requests < first.requests or way == "TLS 1.3"
    ours, theirs = before._supplicant.keys, after._supplicant.keys
    assert ours is not None
    assert theirs is not None
    assert ours.msk != theirs.msk
    assert ours.session_id != theirs.session_id
    assert again is not None
    assert again.policy.time == session.policy.time
    assert _tls(resuming.meet(again)[0]).resumed


def test_a_ticket_of_tls_1_3_is_used_once(bench: Bench) -> None:
    resuming = Resuming(bench, "TLS 1.3")
    _, session, _ = resuming.meet()
    assert session is not None
    _, second, association = resuming.meet(session)
    assert second is not None
    assert second.name != session.name
    # Had the server sent no new ticket, OpenSSL would still name the old one.
    tls = association._supplicant.tls
    assert tls is not None
    tls._offered = replace(session, name=second.name)
    assert tls.resumed
    assert tls.session() is None


def test_a_server_that_does_not_know_the_session_gets_a_full_handshake(
    bench: Bench, pki: Pki, way: str
) -> None:
    _, session, _ = Resuming(bench, way).meet()
    seen, _, _ = Resuming(bench, way).meet(session)
    tls = _tls(seen)
    assert (tls.session_offered, tls.resumed, seen.keys) == (True, False, "agree")
    assert tls.peer_chain[0] == pki.server.certificate
    assert tls.sent_chain == (pki.client.certificate,)


def test_a_rejected_conversation_leaves_no_session(bench: Bench, pki: Pki) -> None:
    resuming = Resuming(bench, "TLS 1.3")
    seen, session, _ = resuming.meet(policy=bench.policy(credential=pki.stranger))
    assert seen.keys == "not-compared"
    assert session is None


def test_a_server_without_sessions_leaves_none(bench: Bench) -> None:
    seen, session, _ = Resuming(bench, "session ID", cache=False).meet()
    assert (seen.keys, session) == ("agree", None)


def test_a_session_is_offered_under_the_policy_it_was_made_under(bench: Bench, pki: Pki) -> None:
    _, session, _ = Resuming(bench, "TLS 1.3").meet()
    assert session is not None
    same = bench.policy()
    renewed = pki.issue(CertificateSpec("client-2", Profile.CLIENT, "root", cn="client"))
    assert session.may_be_offered(same)
    for change in (
        {"credential": None},
        {"credential": renewed},
        {"root_ca": None},
        {"root_ca": pki.other.certificate},
        {"tls_min": "1.3"},
        {"tls_max": "1.2"},
        {"ciphers": "HIGH"},
        {"server_name": "radius.corp.example"},
        {"check_server_purpose": False},
        {"any_ca_is_anchor": False},
        {"ignore_all_without_root": False},
    ):
        assert not session.may_be_offered(replace(same, **change)), change
    # Each field of a policy but the time is in the list above.
    named = {"credential", "root_ca", "tls_min", "tls_max", "ciphers", "server_name"}
    named |= {"check_server_purpose", "any_ca_is_anchor", "ignore_all_without_root", "time"}
    assert named >= set(TlsPolicy.__dataclass_fields__)


def test_a_session_is_offered_within_its_lifetime_by_the_device_s_clock(bench: Bench, pki: Pki) -> None:
    _, session, _ = Resuming(bench, "TLS 1.3", lifetime=3600).meet()
    assert session is not None
    second = timedelta(seconds=1)
    for passed, offered in ((timedelta(), True), (HOUR - second, True), (HOUR, False), (-second, False)):
        assert session.may_be_offered(bench.policy(time=pki.now + passed)) is offered, passed


def test_a_session_is_offered_while_the_server_s_chain_is_in_date(bench: Bench, pki: Pki) -> None:
    _, session, _ = Resuming(bench, "TLS 1.3").meet()
    assert session is not None
    assert len(session.verified) == 3  # server, intermediate, root
    dates = session.dates
    assert dates is not None
    assert dates.begin == pki.server.certificate.not_valid_before_utc
    assert dates.end == pki.server.certificate.not_valid_after_utc
    made = replace(session, policy=replace(session.policy, time=dates.end - HOUR))
    for moment, offered in (
        (dates.end, True),
        (dates.end + timedelta(seconds=1), False),
    ):
        assert replace(made, lifetime=2 * HOUR).may_be_offered(bench.policy(time=moment)) is offered


def test_a_device_that_verifies_nothing_has_no_dates_to_look_at(bench: Bench) -> None:
    policy = bench.policy(root_ca=None)
    _, session, _ = Resuming(bench, "TLS 1.3").meet(policy=policy)
    assert session is not None
    assert session.dates is None
    assert session.may_be_offered(policy)


def test_a_full_handshake_after_an_offer_is_verified_by_the_clock_of_now(
    bench: Bench, pki: Pki, way: str
) -> None:
    _, session, _ = Resuming(bench, way).meet()
    late = bench.policy(time=pki.now + timedelta(days=9000))
    seen, _, _ = Resuming(bench, way).meet(session, late)
    failure = _tls(seen).verify_failure
    assert failure is not None
    assert failure.number == 10


@pytest.mark.parametrize(
    ("said", "tls13", "expected"),
    [
        (3600, True, HOUR),
        (604800, True, timedelta(days=7)),
        (604801, True, timedelta(days=7)),
        (2**32 - 1, True, timedelta(days=7)),
        (0, True, timedelta()),
        (0, False, timedelta(hours=24)),
        (60, False, timedelta(minutes=1)),
        (2**32 - 1, False, timedelta(days=7)),
    ],
)
def test_how_long_a_session_lasts(said: int, *, tls13: bool, expected: timedelta) -> None:
    assert lasts(Ticket(b"name", said), tls13=tls13) == expected


@pytest.mark.parametrize("said", [1, 127, 128, 3600, 604800, 604801, 2**32 - 1])
def test_the_lifetime_is_read_from_the_ticket(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, said: int
) -> None:
    resuming = Resuming(bench, "TLS 1.3", lifetime=3600)
    assert _tls(resuming.meet()[0]).ticket_lifetime == 3600
    # OpenSSL's own server writes no more than seven days, so the number is put where it stands.
    real = libssl.encoded
    monkeypatch.setattr(libssl, "encoded", lambda session: _with_lifetime(real(session), said))
    assert _tls(resuming.meet()[0]).ticket_lifetime == said


def _with_lifetime(der: bytes, seconds: int) -> bytes:
    [(tag, body)] = tls_session._elements(der)
    number = seconds.to_bytes((seconds.bit_length() // 8) + 1, "big")
    inner = bytes((2, len(number))) + number
    parts = [(kind, inner if kind == 0xA9 else content) for kind, content in tls_session._elements(body)]
    return _element(tag, b"".join(_element(kind, content) for kind, content in parts))


def _element(tag: int, content: bytes) -> bytes:
    if len(content) < 0x80:
        return bytes((tag, len(content))) + content
    size = len(content).to_bytes(2, "big")
    return bytes((tag, 0x82)) + size + content


def test_what_is_called_below_pyopenssl_is_there() -> None:
    """pyOpenSSL promises none of it: a version without it must be noticed here and not in a run."""
    for name in ("SSL_set_session", "SSL_session_reused", "i2d_SSL_SESSION"):
        assert callable(getattr(libssl._library, name)), name
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    assert hasattr(SSL.Connection(context), "_ssl")


def test_a_session_tells_nothing_of_itself(bench: Bench) -> None:
    _, session, _ = Resuming(bench, "session ID").meet()
    assert session is not None
    assert repr(session) == f"TlsSession({session.name.hex()[:16]})"


def test_load_pays_nothing_for_sessions(bench: Bench) -> None:
    """Without details, what a ticket says is not looked at."""
    resuming = Resuming(bench, "TLS 1.3")
    association = bench.association(context=TlsContext(bench.policy(), details=False))
    assert _tls(bench.run(resuming.server, association)).ticket_lifetime == 0
