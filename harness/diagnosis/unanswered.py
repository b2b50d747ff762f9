"""Why no final answer came: what ended the conversation, the server's word, the network's, then arithmetic.

At the near end a wrong secret, an unknown client and a lost packet are the same silence. Only the
server's log, ICMP, or the harness's own account of what it dropped tell them apart. Where answers came
to the last request, and the device gave up or the access point discarded them, the near end knows why.
"""

from __future__ import annotations

import re

from harness.diagnosis.ends import BothEnds, Conclusion, Rule, access_point, device, logged, plural, words
from harness.diagnosis.verdict import discarded_packet
from harness.observation import Discard, DiscardKind, Silence
from harness.outcome import Cause, Proof
from harness.server.records import LogKind
from harness.trace import Actor

_NUMBER = re.compile(r"\d{1,9}(\.\d{1,9})?", re.ASCII)
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


def overtime(ends: BothEnds) -> Conclusion | None:
    """Apply when a Request came after the device's patience was over: the server, or the path, took too long."""
    over, held = ends.near.overtime, ends.near.held_on_purpose
    if over is None:
        return None
    told = (
        f"{_seconds(over.seconds)} after its first Request, with {plural(over.answered, 'Request')} answered"
    )
    proofs = [device(f"gave up when another Request came {told}")]
    mend = "Find out why the server takes so long for each answer (its log, and what it waits for: databases, proxies)"
    if held:
        proofs.append(Proof(Actor.PATH, f"held datagrams for {_seconds(held)} in all"))
        told += f", for {_seconds(held)} of which the path held datagrams"
        mend = "Shorten the delay on the path"
    facts = {
        "words": f"{told}; the device gives a conversation {_seconds(over.patience)}",
        "mend": f"{mend}, send larger fragments, so that there are fewer rounds, or give the device more patience",
    }
    return Conclusion(Cause.NO_DECISION_IN_TIME, tuple(proofs), facts)


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


def answer_held(ends: BothEnds) -> Conclusion | None:
    """Apply when an authentic answer to the last request was under way, delayed on purpose, when the access point gave up."""
    silence = ends.near.silence
    if silence is None or silence.answer_held is None:
        return None
    told = f"the path held the answer for {_seconds(silence.answer_held)}"
    return _too_late(ends, Proof(Actor.PATH, told.removeprefix("the path ")), told)


def decision_lost(ends: BothEnds) -> Conclusion | None:
    """Apply when the server recorded its decision, and the path dropped answers to the last request."""
    verdict, silence = ends.far.verdict, ends.near.silence
    if verdict is None or silence is None or not silence.lost[1]:
        return None
    recorded = Proof(Actor.SERVER, f"recorded {verdict.reply} for this conversation")
    return _lost(Cause.REPLIES_LOST, silence, recorded)


def server_stopped(ends: BothEnds) -> Conclusion | None:
    """Apply when the server's process was not running, and it recorded no decision before it ended."""
    if ends.far.running is not False or ends.far.verdict is not None:
        return None
    told = "the server's process was not running"
    return Conclusion(Cause.SERVER_UNREACHABLE, (Proof(Actor.SERVER, told),), {"words": told})


def request_held(ends: BothEnds) -> Conclusion | None:
    """Apply when the last request never reached the server, and a transmission of it was still under way."""
    silence = ends.near.silence
    if silence is None or silence.arrived or silence.request_held is None:
        return None
    told = (
        f"the path held the request for {_seconds(silence.request_held)}, so that the server had not seen it"
    )
    return _too_late(ends, Proof(Actor.PATH, told.removeprefix("the path ")), told)


def requests_lost(ends: BothEnds) -> Conclusion | None:
    """Apply when the path dropped every transmission of the last request."""
    silence = ends.near.silence
    if silence is None or silence.arrived or not silence.lost[0]:
        return None
    return _lost(Cause.REQUESTS_LOST, silence, *_seen(ends))


def replies_lost(ends: BothEnds) -> Conclusion | None:
    """Apply when the path dropped an authentic answer to the last request, which would have ended the wait."""
    silence = ends.near.silence
    if silence is None or not silence.lost[1]:
        return None
    return _lost(Cause.REPLIES_LOST, silence, *_seen(ends))


def response_delayed(ends: BothEnds) -> Conclusion | None:
    """Apply when the server's last word is that it holds its response back, for longer than the access point waited."""
    event, waited = ends.far.first(LogKind.RESPONSE_DELAYED), ends.near.waited
    if event is None or waited is None or not _NUMBER.fullmatch(event.detail) or float(event.detail) < waited:
        return None
    told = f"the server held its response back for {_seconds(float(event.detail))} (reject_delay)"
    return _too_late(ends, logged(event), told)


RULES: tuple[Rule, ...] = (
    no_progress,
    overtime,
    no_tls,
    request_discarded,
    secret_wrong,
    nas_unknown,
    request_without_authenticator,
    request_malformed,
    answers_without_authenticator,
    answered_from_elsewhere,
    answer_held,
    port_unreachable,
    decision_lost,
    server_stopped,
    request_held,
    requests_lost,
    replies_lost,
    response_delayed,
)


def _to_the_last_request(ends: BothEnds, kind: DiscardKind) -> list[Discard]:
    """Return the discards of a kind that answered the request which nothing else answered."""
    near = ends.near
    if near.replies >= near.requests:
        return []
    return [one for one in near.discards if one.kind is kind and one.request == near.requests]


def _too_late(ends: BothEnds, held: Proof, told: str) -> Conclusion:
    waited = f"gave up after {_seconds(ends.near.waited or 0.0)}"
    facts = {"words": f"{told}, and the access point {waited}"}
    return Conclusion(Cause.ANSWER_TOO_LATE, (held, access_point(f"{waited} without an answer")), facts)


def _lost(cause: Cause, silence: Silence, *others: Proof) -> Conclusion:
    there, back = silence.lost
    sent = plural(silence.transmissions, "transmission")
    told = f"of the last request, {there} of {sent} and {plural(back, 'answer')} dropped"
    return Conclusion(cause, (*others, Proof(Actor.PATH, told)), {"words": told})


def _seconds(seconds: float) -> str:
    return f"{seconds:.3g} s"


def _seen(ends: BothEnds) -> tuple[Proof, ...]:
    if not ends.far.available:
        return ()
    seen = ends.count(LogKind.REQUEST)
    return (Proof(Actor.SERVER, f"its log shows {plural(seen, 'request')} taken up"),)
