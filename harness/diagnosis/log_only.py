"""What a server's log proves by itself, where nobody saw the device's end.

The rules are those of :mod:`.rejected`, less what they take from the near end. Where that leaves several causes,
all of them are named and none is chosen; what would tell them apart is said. That the link came up no log of a
server can prove, so an Access-Accept is ``accepted`` and not ``connected``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from harness.diagnosis import blame, causes, log_facts
from harness.diagnosis.causes import Facts
from harness.diagnosis.disagreement import fatal
from harness.diagnosis.identities import MOST_IN_USER_NAME
from harness.diagnosis.log_facts import NEAR_END
from harness.diagnosis.openssl import FAULTS, Fault
from harness.diagnosis.rejected_names import IDENTITY_NOT_KNOWN, NEW_IDENTITY
from harness.outcome import BlamedCertificate, Cause, Owner, Rank
from harness.server.records import LogEvent, LogKind

_SIGNATURE_FAILURE = 7


class LogVerdict(StrEnum):
    """Who decided, as far as the server's log tells."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    REFUSED = "refused"
    UNANSWERED = "unanswered"
    UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True)
class LogJudgement:
    """What a log proves of one attempt.

    ``causes`` holds one where one is proven, several where the log leaves several, none where it names none.
    ``unproven`` says what is not known, and what would tell.
    """

    verdict: LogVerdict
    causes: tuple[Cause, ...]
    explanation: str
    remedies: tuple[str, ...] = ()
    proof: tuple[str, ...] = ()
    certificate: BlamedCertificate | None = None
    unproven: str = ""

    @property
    def cause(self) -> Cause:
        """The proven cause."""
        return self.causes[0] if len(self.causes) == 1 else Cause.UNDETERMINED


@dataclass(frozen=True, slots=True)
class _Log:
    """What the rules look at."""

    events: Sequence[LogEvent]
    user: str
    leaf: str = ""

    def first(self, kind: LogKind) -> LogEvent | None:
        return next((event for event in self.events if event.kind is kind), None)

    def alert(self, name: str) -> LogEvent | None:
        """Return the line that says that the server wrote an alert of that name."""
        alerts = (event for event in self.events if event.kind is LogKind.ALERT_SENT)
        return next((event for event in alerts if name in event.detail.lower().replace("_", " ")), None)


@dataclass(frozen=True, slots=True)
class _Found:
    """What a rule found; ``said`` takes the place of the catalogue's explanation where several causes are left."""

    causes: tuple[Cause, ...]
    proof: tuple[LogEvent, ...]
    facts: Facts = field(default_factory=dict)
    certificate: BlamedCertificate | None = None
    said: str = ""
    unproven: str = ""


_Rule = Callable[[_Log], _Found | None]


def judge(events: Sequence[LogEvent], *, reply: str, user: str = "", leaf: str = "") -> LogJudgement:
    """Return what a session's lines prove.

    ``reply`` is the code of the final answer, empty where the log has none; ``user`` the User-Name; ``leaf``
    the subject of the client's certificate, where the log lists it.
    """
    log = _Log(events, user, blame.readable(leaf))
    verdict = _verdict(log, reply)
    found = next((one for rule in _RULES[verdict] if (one := rule(log))), None)
    if found is None:
        return _nothing(log, verdict)
    facts = log_facts.base(user, log.leaf, found.certificate, events) | dict(found.facts)
    told = found.said or causes.explain(found.causes[0], facts)
    remedies = dict.fromkeys(causes.remedy(cause, facts) for cause in found.causes)
    return LogJudgement(
        verdict,
        found.causes,
        told,
        tuple(remedy for remedy in remedies if remedy),
        tuple(event.text for event in found.proof),
        found.certificate,
        found.unproven,
    )


def _verdict(log: _Log, reply: str) -> LogVerdict:
    if reply == "Access-Accept":
        return LogVerdict.ACCEPTED
    if any(fatal(event, LogKind.ALERT_RECEIVED) for event in log.events):
        return LogVerdict.REFUSED
    if reply == "Access-Reject":
        return LogVerdict.REJECTED
    if any(log.first(kind) for kind in _SILENT):
        return LogVerdict.UNANSWERED
    # The alert is the server's decision, even if an excerpt ends before the answer.
    decided = (LogKind.ALERT_SENT, LogKind.VERIFY_ERROR, LogKind.LOGIN_INCORRECT, LogKind.POLICY_REJECTED)
    return LogVerdict.REJECTED if any(log.first(kind) for kind in decided) else LogVerdict.UNFINISHED


_SILENT = {
    LogKind.SECRET_WRONG: Cause.SHARED_SECRET_WRONG,
    LogKind.CLIENT_UNKNOWN: Cause.NAS_UNKNOWN,
    LogKind.MESSAGE_AUTHENTICATOR_MISSING: Cause.MESSAGE_AUTHENTICATOR_MISSING,
    LogKind.MALFORMED: Cause.EAP_FRAMING,
}


def _nothing(log: _Log, verdict: LogVerdict) -> LogJudgement:
    """Return that the log names no cause, with what it does say."""
    if verdict is LogVerdict.ACCEPTED:
        return LogJudgement(
            verdict, (), "The server let the device in.", unproven=f"whether the link came up; {NEAR_END}"
        )
    if verdict is LogVerdict.UNFINISHED:
        text = "The log has no final answer to this attempt."
        return LogJudgement(verdict, (), text, unproven=f"how it went on; {log_facts.MORE_LINES}")
    told = [event for event in log.events if event.kind not in log_facts.ORDINARY]
    note = next((log_facts.NOTES[event.kind] for event in told if event.kind in log_facts.NOTES), "")
    text = note or "The log names no reason that is known here."
    return LogJudgement(
        verdict,
        (Cause.UNDETERMINED,),
        text,
        proof=tuple(event.text for event in told[:3]),
        unproven=f"why; {log_facts.DEBUG_LOG}",
    )


def _name_check(log: _Log) -> _Found | None:
    event = log.first(LogKind.NAME_CHECK_FAILED)
    if event is None:
        return None
    return _Found((Cause.IDENTITY_MISMATCH,), (event,), log_facts.name_check(event, log.user))


def _name_in_policy(log: _Log) -> _Found | None:
    event, refusal = log.first(LogKind.CN_IS_NOT_IDENTITY), log.first(LogKind.POLICY_REJECTED)
    if event is None or refusal is None:
        return None
    facts = {
        "words": f'the policy compared the common name with "{log.user}"',
        "compared": f'the identity "{log.user}"',
        "cure": NEW_IDENTITY,
    }
    return _Found((Cause.IDENTITY_MISMATCH,), (event, refusal), facts)


def _untrusted_in_chain(log: _Log) -> _Found | None:
    event = log.first(LogKind.UNTRUSTED_IN_CHAIN)
    return _Found((Cause.CLIENT_INTERMEDIATE_NOT_LISTED,), (event,)) if event else None


def _ocsp(log: _Log) -> _Found | None:
    event = log.first(LogKind.OCSP_REFUSED)
    if event is not None and event.detail == "revoked":
        return _Found((Cause.CLIENT_CERTIFICATE_REVOKED,), (event,))
    event = event or log.first(LogKind.OCSP_FAILED)
    if event is None:
        return None
    return _Found((Cause.OCSP_UNUSABLE,), (event,), {"words": event.detail})


def _chain(log: _Log) -> _Found | None:
    """Say what OpenSSL's number means; whose certificate it is, a debug log lists right before it."""
    event = log.first(LogKind.VERIFY_ERROR)
    fault = FAULTS.get(event.number) if event else None
    if event is None or fault is None:
        return None
    blamed = _blamed(event)
    facts = log_facts.of_chain(event, blamed)
    ranked = log_facts.BY_RANK.get(fault)
    if ranked is not None:
        return _by_rank(event, blamed, ranked, facts)
    if fault is Fault.ISSUER_NOT_FOUND:
        left = (Cause.CLIENT_ISSUER_UNKNOWN, Cause.CLIENT_CHAIN_INCOMPLETE)
        return _Found(left, (event,), facts, blamed, *log_facts.issuer_not_found(event))
    if event.number == _SIGNATURE_FAILURE:
        three = (
            Cause.CLIENT_CERTIFICATE_UNACCEPTABLE,
            Cause.CLIENT_ISSUER_UNKNOWN,
            Cause.CLIENT_ISSUER_AMBIGUOUS,
        )
        return _Found(three, (event,), facts, blamed, *log_facts.bad_signature(facts))
    cause = log_facts.BY_FAULT.get(fault)
    return _Found((cause,), (event,), facts, blamed) if cause else None


def _by_rank(
    event: LogEvent, blamed: BlamedCertificate | None, ranked: dict[Rank, Cause], facts: Facts
) -> _Found:
    if blamed is not None:
        return _Found((ranked[blamed.rank],), (event,), facts, blamed)
    left = tuple(dict.fromkeys(ranked.values()))
    said = f"The server refused the client's chain: {event.detail}."
    return _Found(left, (event,), facts, None, said, f"which certificate it is; {log_facts.DEBUG_LOG}")


def _blamed(event: LogEvent) -> BlamedCertificate | None:
    listed = event.certificate
    if listed is None:
        return None
    rank = Rank.ISSUING_CA
    if listed.leaf:
        rank = Rank.OWN
    elif listed.subject and listed.subject == listed.issuer:
        rank = Rank.ROOT_CA
    subject = blame.readable(listed.subject) or "a certificate without subject"
    return BlamedCertificate(Owner.DEVICE, rank, subject, listed.serial, listed.not_before, listed.not_after)


def _none_sent(log: _Log) -> _Found | None:
    event = log.first(LogKind.NO_CLIENT_CERTIFICATE)
    if event is None:
        return None
    left = (Cause.CLIENT_CERTIFICATE_NOT_SENT, Cause.CLIENT_CERTIFICATE_WITHHELD)
    said = "The server demands a client certificate, and the device sent none."
    return _Found(
        left, (event,), log_facts.OF_NONE_SENT, None, said, f"whether the device has one; {NEAR_END}"
    )


def _plain(kind: LogKind, cause: Cause) -> _Rule:
    """Return the rule for a line that has one meaning."""

    def rule(log: _Log) -> _Found | None:
        event = log.first(kind)
        return _Found((cause,), (event,), {"words": event.detail or event.text}) if event else None

    return rule


def _version(log: _Log) -> _Found | None:
    event = log.first(LogKind.UNSUPPORTED_PROTOCOL) or log.alert("protocol version")
    return _Found((Cause.TLS_VERSION_MISMATCH,), (event,)) if event else None


def _policy(log: _Log) -> _Found | None:
    refusal, asked = log.first(LogKind.POLICY_REJECTED), log.first(LogKind.CERTIFICATE_NOT_KNOWN)
    if refusal is None:
        return None
    if asked is not None:
        return _Found(
            (Cause.POLICY_LACKS_CERTIFICATE,), (asked, refusal), log_facts.without_certificate(asked)
        )
    return _Found((Cause.POLICY_REJECTED,), (refusal,))


def _after_login(log: _Log) -> _Found | None:
    """Apply when the server said "Login OK" and sent an Access-Reject: post-auth stands between the two."""
    event = log.first(LogKind.LOGIN_OK)
    if event is None or log.first(LogKind.LOGIN_INCORRECT):
        return None
    return _Found((Cause.POLICY_REJECTED,), (event,))


def _alert_alone(log: _Log) -> _Found | None:
    """Say what the server's own alert leaves, where nothing else tells."""
    for name, left in log_facts.BY_ALERT_SENT.items():
        event = log.alert(name)
        if event is not None:
            said = f'The server ended the handshake with the TLS alert "{name}".'
            unproven = f"which of these it is, or a rarer one; {log_facts.DEBUG_LOG}"
            return _Found(left, (event,), log_facts.OF_NONE_SENT, None, said, unproven)
    return None


def _identity(log: _Log) -> _Found | None:
    event = log.first(LogKind.IDENTITY_IS_NOT_USER_NAME)
    if event is None or ("setting from EAP Identity" in event.text and log.first(LogKind.ALERT_SENT)):
        return None
    if len(log.user.encode()) == MOST_IN_USER_NAME:
        left = (Cause.IDENTITY_TOO_LONG, Cause.USER_NAME_CHANGED)
        facts = {"octets": f"more than {MOST_IN_USER_NAME}"}
        said = "The identity of EAP and the User-Name of the request are not the same."
        return _Found(left, (event,), facts, None, said, f"how long the identity is; {NEAR_END}")
    return _Found((Cause.USER_NAME_CHANGED,), (event,))


def _unknown_identity(log: _Log) -> _Found | None:
    event = log.first(LogKind.LOGIN_INCORRECT)
    if event is None or not event.detail.startswith(IDENTITY_NOT_KNOWN):
        return None
    return _Found((Cause.IDENTITY_UNKNOWN,), (event,))


def _state(log: _Log) -> _Found | None:
    event = log.first(LogKind.UNKNOWN_STATE)
    if event is None:
        return None
    if "requires the State attribute" in event.text:
        facts = {"subject": "the access point", "clause": "RFC 2865 5.24", "words": "a request without State"}
        return _Found((Cause.EAP_FRAMING,), (event,), facts)
    return _Found((Cause.EAP_SESSION_LOST,), (event,))


def _device_alert(log: _Log) -> _Found | None:
    """Say what the device's own alert leaves; only for two alerts is that one cause."""
    event = next(event for event in log.events if fatal(event, LogKind.ALERT_RECEIVED))
    alert = event.detail.lower().replace("_", " ")
    said = f'The device refused the server with the TLS alert "{alert}".'
    left = log_facts.BY_ALERT.get(alert)
    if left is None:
        return _Found((Cause.UNDETERMINED,), (event,), {"seen": said}, None, said, f"why; {NEAR_END}")
    unproven = "" if len(left) == 1 else f"which of these it is, or a rarer one; {NEAR_END}"
    return _Found(left, (event,), log_facts.OF_SERVER, None, said, unproven)


def _dropped(log: _Log) -> _Found | None:
    kind, cause = next((kind, cause) for kind, cause in _SILENT.items() if log.first(kind))
    event = log.first(kind)
    assert event is not None
    return _Found((cause,), (event,), log_facts.dropped(event))


def _malformed(log: _Log) -> _Found | None:
    event = log.first(LogKind.MALFORMED)
    if event is None:
        return None
    facts = {"subject": "the device or its access point", "clause": "RFC 3748 4", "words": event.detail}
    return _Found((Cause.EAP_FRAMING,), (event,), facts)


def _rejections() -> Iterator[_Rule]:
    yield from (_none_sent, _name_check, _name_in_policy, _untrusted_in_chain, _ocsp, _chain, _version)
    yield _plain(LogKind.NO_SHARED_CIPHER, Cause.TLS_NO_SHARED_CIPHER)
    yield _plain(LogKind.NO_SIGNATURE_ALGORITHM, Cause.TLS_NO_SIGNATURE_ALGORITHM)
    yield _plain(LogKind.NO_COMMON_METHOD, Cause.NO_COMMON_EAP_METHOD)
    yield from (_policy, _unknown_identity)
    yield _plain(LogKind.ROUND_LIMIT, Cause.EAP_ROUND_LIMIT)
    yield from (_state, _identity)
    yield from (_malformed, _after_login, _alert_alone)


_RULES: dict[LogVerdict, tuple[_Rule, ...]] = {
    LogVerdict.ACCEPTED: (),
    LogVerdict.REJECTED: tuple(_rejections()),
    LogVerdict.REFUSED: (_device_alert,),
    LogVerdict.UNANSWERED: (_dropped,),
    LogVerdict.UNFINISHED: (),
}
