"""Why no final answer came: what ended the conversation, the server's word, the network's, then arithmetic.

At the near end a wrong secret, an unknown client and a lost packet are the same silence. Only the
server's log, ICMP, or the harness's own account of what it dropped tell them apart. Where answers came
to the last request, and the device gave up or the access point discarded them, the near end knows why.
"""

from __future__ import annotations

from harness.diagnosis.ends import BothEnds, Conclusion, Rule, access_point, device, logged, plural
from harness.diagnosis.rejected import words
from harness.diagnosis.verdict import discarded_packet
from harness.observation import Discard, DiscardKind
from harness.outcome import Cause, Proof
from harness.server.records import LogKind
from harness.trace import Actor

_SIGN_REQUESTS = (
    "Update the access point's software, or let it sign its requests (message-authenticator: true)"
)
_SIGN_ANSWERS = (
    "Update the server, so that it signs every answer (FreeRADIUS 3.2.7 does; 3.2.1 signs only those with "
    "EAP-Message); to see what such a server says, set require-message-authenticator: false at the access point "
    "(eaptls device connect: --no-require-message-authenticator), which lets forged answers in"
)


# OpenSSL's words for octets that are no TLS record or no handshake message.
_UNREADABLE = (
    "wrong version number",
    "packet length too long",
    "record layer failure",
    "bad record type",
    "http request",
    "https proxy request",
    "length mismatch",
    "bad length",
)


def no_progress(ends: BothEnds) -> Conclusion | None:
    """Apply when the device gave up a conversation that the server kept on without moving it on."""
    still = ends.near.standstill
    if still is None:
        return None
    told = ", ".join(f"{what} {plural(number, 'time')}" for what, number in still.repeated)
    proof = device(f"gave up after {plural(still.rounds, 'round')} that led nowhere: the server {told}")
    return Conclusion(Cause.NO_PROGRESS, (proof,), {"words": f"it {told}", "rounds": still.rounds})


def no_tls(ends: BothEnds) -> Conclusion | None:
    """Apply when the device's TLS library could not read what the server sent as TLS."""
    tls = ends.near.tls
    if tls is None or tls.verify_failure is not None:
        return None
    words = next((words for words in _UNREADABLE if words in tls.error.lower()), "")
    if not words:
        return None
    facts = {"subject": "the server", "clause": "RFC 8446 5.1", "words": words}
    return Conclusion(Cause.TLS_PROTOCOL, (device(f"its TLS library says: {tls.error}"),), facts)


def request_discarded(ends: BothEnds) -> Conclusion | None:
    """Apply when the device discarded the EAP packet of the last answer, after which nothing could follow."""
    last = discarded_packet(ends.near)
    if last is None:
        return None
    told = f"the device had to discard its last Request, {last.reason}"
    facts = {"subject": "the server", "clause": last.clause, "words": told}
    return Conclusion(Cause.EAP_FRAMING, (device(f"discarded {last.reason} ({last.clause})"),), facts)


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
    facts = {
        "subject": "the access point's request",
        "words": "the server takes none without it",
        "mend": _SIGN_REQUESTS,
    }
    return Conclusion(Cause.MESSAGE_AUTHENTICATOR_MISSING, (logged(event),), facts)


def request_malformed(ends: BothEnds) -> Conclusion | None:
    """Apply when the log calls the access point's packet malformed."""
    event = ends.far.first(LogKind.MALFORMED)
    if event is None:
        return None
    facts = {"subject": "the access point", "clause": "RFC 2865 3", "words": words(event)}
    return Conclusion(Cause.EAP_FRAMING, (logged(event),), facts)


def answers_without_authenticator(ends: BothEnds) -> Conclusion | None:
    """Apply when the access point discarded an answer to the last request for want of a Message-Authenticator alone."""
    discards = _to_the_last_request(ends, DiscardKind.UNSIGNED)
    if not discards:
        return None
    proof = access_point(f"discarded {plural(len(discards), 'answer')}: {discards[-1].reason}")
    facts = {
        "subject": "the server's answer",
        "words": f"{discards[-1].reason}, and the access point takes none without it",
        "mend": _SIGN_ANSWERS,
    }
    return Conclusion(Cause.MESSAGE_AUTHENTICATOR_MISSING, (proof,), facts)


def answered_from_elsewhere(ends: BothEnds) -> Conclusion | None:
    """Apply when an authentic answer to the last request came from an address or port that was not asked."""
    discards = _to_the_last_request(ends, DiscardKind.FROM_ELSEWHERE)
    if not discards:
        return None
    proof = access_point(f"discarded {plural(len(discards), 'answer')}: {discards[-1].reason}")
    return Conclusion(Cause.ANSWERED_FROM_ELSEWHERE, (proof,), {"words": discards[-1].reason})


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
    no_progress,
    no_tls,
    request_discarded,
    secret_wrong,
    nas_unknown,
    request_without_authenticator,
    request_malformed,
    answers_without_authenticator,
    answered_from_elsewhere,
    port_unreachable,
    decision_lost,
    server_stopped,
    requests_lost,
    replies_lost,
)


def _to_the_last_request(ends: BothEnds, kind: DiscardKind) -> list[Discard]:
    """Return the discards of a kind that answered the request which nothing else answered."""
    near = ends.near
    if near.replies >= near.requests:
        return []
    return [one for one in near.discards if one.kind is kind and one.request == near.requests]


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
