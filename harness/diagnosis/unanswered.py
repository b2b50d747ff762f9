"""Why no final answer came: the server's word first, then the network's, then arithmetic.

At the near end a wrong secret, an unknown client and a lost packet are the same silence. Only the
server's log, ICMP, or the harness's own account of what it dropped tell them apart.
"""

from __future__ import annotations

from harness.diagnosis.ends import BothEnds, Conclusion, Rule, access_point, logged, plural
from harness.diagnosis.rejected import words
from harness.outcome import Cause, Proof
from harness.server.records import LogKind
from harness.trace import Actor

# The access point's words for an answer that RFC 3579 3.2 has it discard.
_NO_AUTHENTICATOR = "has no Message-Authenticator"


def secret_wrong(ends: BothEnds) -> Conclusion | None:
    """Apply when the log calls the Message-Authenticator invalid, and no authentic answer speaks against it."""
    event = ends.far.first(LogKind.SECRET_WRONG)
    if event is None or ends.near.replies:
        return None
    return Conclusion(Cause.SHARED_SECRET_WRONG, (logged(event),))


def nas_unknown(ends: BothEnds) -> Conclusion | None:
    """Apply when the log says that the request came from an unknown client."""
    event = ends.far.first(LogKind.CLIENT_UNKNOWN)
    return Conclusion(Cause.NAS_UNKNOWN, (logged(event),)) if event else None


def request_without_authenticator(ends: BothEnds) -> Conclusion | None:
    """Apply when the log says that the request has no Message-Authenticator."""
    event = ends.far.first(LogKind.MESSAGE_AUTHENTICATOR_MISSING)
    if event is None:
        return None
    facts = {"subject": "the access point's request"}
    return Conclusion(Cause.MESSAGE_AUTHENTICATOR_MISSING, (logged(event),), facts)


def request_malformed(ends: BothEnds) -> Conclusion | None:
    """Apply when the log calls the access point's packet malformed."""
    event = ends.far.first(LogKind.MALFORMED)
    if event is None:
        return None
    facts = {"subject": "the access point", "clause": "RFC 2865 3", "words": words(event)}
    return Conclusion(Cause.EAP_FRAMING, (logged(event),), facts)


def answers_without_authenticator(ends: BothEnds) -> Conclusion | None:
    """Apply when the access point discarded every answer, because each carried EAP and no Message-Authenticator."""
    discards = ends.near.discards
    if ends.near.replies or not discards or not all(_NO_AUTHENTICATOR in one.reason for one in discards):
        return None
    proof = access_point(f"discarded {plural(len(discards), 'answer')}: {discards[0].reason}")
    facts = {"subject": "the server's answer"}
    return Conclusion(Cause.MESSAGE_AUTHENTICATOR_MISSING, (proof,), facts)


def port_unreachable(ends: BothEnds) -> Conclusion | None:
    """Apply when ICMP port unreachable came back."""
    if not ends.near.unreachable:
        return None
    told = f"{plural(ends.near.unreachable, 'ICMP port unreachable message')} came back"
    return Conclusion(Cause.SERVER_UNREACHABLE, (access_point(told),), {"words": told})


def decision_lost(ends: BothEnds) -> Conclusion | None:
    """Apply when the server recorded its decision, and the path dropped answers."""
    verdict, dropped = ends.far.verdict, ends.near.lost_on_purpose[1]
    if verdict is None or not dropped:
        return None
    recorded = Proof(Actor.SERVER, f"recorded {verdict.reply} for this conversation")
    return Conclusion(Cause.REPLIES_LOST, (recorded, _path(ends)), {"words": _path(ends).text})


def server_stopped(ends: BothEnds) -> Conclusion | None:
    """Apply when the server's process was not running, and it recorded no decision before it ended."""
    if ends.far.running is not False or ends.far.verdict is not None:
        return None
    told = "the server's process was not running"
    return Conclusion(Cause.SERVER_UNREACHABLE, (Proof(Actor.SERVER, told),), {"words": told})


def requests_lost(ends: BothEnds) -> Conclusion | None:
    """Apply when the path dropped requests, that accounts for all silence, and the server did not see the last one."""
    to_server, from_server = ends.near.lost_on_purpose
    if not to_server or not _path_explains_silence(ends):
        return None
    saw_all = _saw_all(ends)
    if saw_all is True or (from_server and saw_all is None):
        return None
    return Conclusion(Cause.REQUESTS_LOST, (_path(ends), *_seen(ends)), {"words": _path(ends).text})


def replies_lost(ends: BothEnds) -> Conclusion | None:
    """Apply when the path dropped answers, that accounts for all silence, and the server saw every request."""
    to_server, from_server = ends.near.lost_on_purpose
    if not from_server or not _path_explains_silence(ends):
        return None
    # An answer to the only request proves that it arrived.
    if to_server and ends.near.requests > 1 and _saw_all(ends) is not True:
        return None
    return Conclusion(Cause.REPLIES_LOST, (_path(ends), *_seen(ends)), {"words": _path(ends).text})


RULES: tuple[Rule, ...] = (
    secret_wrong,
    nas_unknown,
    request_without_authenticator,
    request_malformed,
    answers_without_authenticator,
    port_unreachable,
    decision_lost,
    server_stopped,
    requests_lost,
    replies_lost,
)


def _transmissions(ends: BothEnds) -> int:
    return ends.near.requests + ends.near.retransmissions


def _path_explains_silence(ends: BothEnds) -> bool:
    """Return whether every transmission was either answered, or lost on purpose one way or the other."""
    answered_or_lost = ends.near.replies + sum(ends.near.lost_on_purpose)
    return 0 < _transmissions(ends) <= answered_or_lost


def _saw_all(ends: BothEnds) -> bool | None:
    """Return whether the server took up every request; ``None`` when its log does not tell.

    A log below debug level has no line for a request, and then fewer than there were answers.
    """
    seen = ends.count(LogKind.REQUEST)
    if not ends.far.available or seen < max(ends.near.replies, 1):
        return None
    return seen >= ends.near.requests


def _path(ends: BothEnds) -> Proof:
    to_server, from_server = ends.near.lost_on_purpose
    text = f"{to_server} of {plural(_transmissions(ends), 'request')} and {plural(from_server, 'answer')} dropped"
    return Proof(Actor.PATH, text)


def _seen(ends: BothEnds) -> tuple[Proof, ...]:
    if not ends.far.available:
        return ()
    seen = ends.count(LogKind.REQUEST)
    return (Proof(Actor.SERVER, f"its log shows {plural(seen, 'request')} taken up"),)
