"""What holds for any evidence, however odd."""

from __future__ import annotations

from cryptography import x509
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.diagnosis import causes
from harness.diagnosis.diagnose import diagnose
from harness.observation import (
    Alert,
    Discard,
    DiscardKind,
    EapResult,
    FourWay,
    Keys,
    Observation,
    RadiusResult,
    ReplyAttribute,
    Silence,
    Stage,
    Standstill,
    TlsObservation,
    VerifyFailure,
    Violation,
)
from harness.outcome import Cause, Outcome
from harness.server.records import LogEvent, LogKind, ServerEvidence, VerdictRecord
from harness.trace import Endpoint
from tests.diagnosis.table import Certificates

_texts = st.sampled_from(
    ["", "unknown CA", "decrypt error", "close notify", "{braces} %s", "a\nb", "protocol version"]
)
_clauses = st.sampled_from(["RFC 9190 2.5", "RFC 5216 3.1", "RFC 3579 2.6.3", "IEEE 802.11", "", "RFC 51"])
_names = st.sampled_from(
    [
        "root",
        "intermediate",
        "device",
        "own-device",
        "short-device",
        "late-device",
        "server",
        "other-root",
        "late-root",
    ]
)
_chains = st.lists(_names, max_size=3)
_discards = st.builds(
    Discard, st.just(0.5), _texts, _clauses, st.sampled_from(DiscardKind), st.integers(0, 3)
)
_small = st.integers(0, 3)
_alerts = st.builds(
    Alert, sent=st.booleans(), level=st.integers(0, 3), description=st.integers(0, 255), name=_texts
)
_events = st.builds(
    LogEvent, kind=st.sampled_from(LogKind), text=_texts, detail=_texts, number=st.integers(-1, 120)
)
_records = st.builds(
    VerdictRecord,
    reply=st.sampled_from(["Access-Accept", "Access-Reject", ""]),
    source=st.just(Endpoint("127.0.0.1", 1)),
    user=_texts,
    failures=st.lists(_texts, max_size=2).map(tuple),
)


_held = st.none() | st.floats(0, 60)


@st.composite
def observations(draw: st.DrawFn, made: Certificates) -> Observation:
    def chain() -> tuple[x509.Certificate, ...]:
        return tuple(made[name] for name in draw(_chains))

    tls = TlsObservation(
        offered=draw(st.sampled_from([("1.2", "1.3"), ("1.3", "1.3"), ("", "")])),
        version=draw(st.sampled_from(["", "1.2", "1.3"])),
        handshake_complete=draw(st.booleans()),
        protected_success=draw(st.booleans()),
        resumed=draw(st.booleans()),
        alerts=tuple(draw(st.lists(_alerts, max_size=2))),
        verify_failure=draw(
            st.none() | st.builds(VerifyFailure, st.integers(-1, 120), _texts, st.integers(0, 4), _texts)
        ),
        error=draw(st.sampled_from(["", "ee key too small", "no ciphers available", "other"])),
        peer_chain=chain(),
        sent_chain=chain(),
        trust_anchor=draw(st.none() | _names.map(lambda name: made[name])),
    )
    return Observation(
        stage=draw(st.sampled_from(Stage)),
        ssid="CORP",
        identity=draw(st.sampled_from(["", "thermostat-7", "@corp", "thermostat-7@corp"])),
        source=draw(st.none() | st.just(Endpoint("::1", 4))),
        server=Endpoint("127.0.0.1", 1812),
        started=0.0,
        ended=1.0,
        radius_result=draw(st.none() | st.sampled_from(RadiusResult)),
        eap_result=draw(st.none() | st.sampled_from(EapResult)),
        requests=draw(_small),
        replies=draw(_small),
        retransmissions=draw(_small),
        unreachable=draw(_small),
        lost_on_purpose=(draw(_small), draw(_small)),
        silence=draw(st.none() | st.builds(Silence, _small, _small, st.tuples(_small, _small), _held, _held)),
        waited=draw(_held),
        proposed_methods=tuple(draw(st.lists(st.sampled_from([4, 13, 25, 254]), max_size=2))),
        tls=draw(st.sampled_from([None, tls])),
        keys=draw(st.sampled_from(Keys)),
        session_id=draw(st.sampled_from([b"", b"\x0d1"])),
        server_session_id=draw(st.sampled_from([b"", b"\x0d1", b"\x0d2"])),
        four_way=draw(st.sampled_from(FourWay)),
        reply_attributes=tuple(draw(st.lists(st.builds(ReplyAttribute, st.just("Reply-Message"), _texts)))),
        discards=tuple(draw(st.lists(_discards, max_size=2))),
        discards_left_out=draw(_small),
        unsigned_replies=draw(_small),
        standstill=draw(st.none() | st.just(Standstill(50, (("repeated its last Request", 50),)))),
        violations=tuple(draw(st.lists(st.builds(Violation, _clauses, _texts, st.booleans()), max_size=2))),
    )


def sound(outcome: Outcome) -> None:
    """Assert what holds for every outcome."""
    assert causes.allows(outcome.cause, outcome.verdict)
    assert outcome.proof or outcome.cause is Cause.UNDETERMINED
    assert outcome.explanation
    assert outcome.remedy or outcome.cause is Cause.MUTUAL_AUTHENTICATION
    assert (
        len(
            {finding.id for finding in outcome.findings}
            - {"packets-discarded", "protocol-violation", "would-fail-next"}
        )
        <= 14
    )


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_evidence_gives_a_sound_outcome(certificates: Certificates, data: st.DataObject) -> None:
    far = ServerEvidence(
        available=data.draw(st.booleans()),
        server="any",
        running=data.draw(st.none() | st.booleans()),
        verdict=data.draw(st.none() | _records),
        events=tuple(data.draw(st.lists(_events, max_size=3))),
        trusted=tuple(certificates[name] for name in data.draw(_chains)),
    )
    known = [certificates[name] for name in data.draw(_chains)]

    sound(diagnose(data.draw(observations(certificates)), far, known))
