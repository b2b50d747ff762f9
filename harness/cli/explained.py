"""What ``eaptls explain`` says of a log and of a cause, for people and as JSON."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from harness.diagnosis.causes import CATALOGUE
from harness.diagnosis.log_only import LogJudgement, LogVerdict, judge
from harness.errors import UsageError
from harness.outcome import Cause
from harness.report.values import Json, plain, record
from harness.report.words import blamed, printable
from harness.server.logs.forms import log_lines
from harness.server.logs.sessions import LogSession, is_freeradius, sessions

_STEPS = 8
_FIELD = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Explained:
    """One attempt of a log, judged."""

    session: LogSession
    judgement: LogJudgement

    @property
    def headline(self) -> str:
        """Verdict and cause; several causes where the log leaves several."""
        causes = " or ".join(self.judgement.causes)
        return f"{self.judgement.verdict}: {causes}" if causes else str(self.judgement.verdict)

    @property
    def who(self) -> str:
        """Which device, through which access point."""
        session = self.session
        parts = [f'"{session.user}"'] if session.user else []
        parts += [session.station] if session.station else []
        if session.client:
            parts.append(
                f"through {session.client}" + (f" port {session.nas_port}" if session.nas_port else "")
            )
        elif session.source is not None:
            parts.append(f"from {session.source if session.source.port else session.source.host}")
        return ", ".join(parts) or "a device that the log does not name"


@dataclass(frozen=True, slots=True)
class Log:
    """A log that was read."""

    name: str
    attempts: tuple[Explained, ...]


def read(name: str, text: str) -> Log:
    """Read and judge a log. Raises :class:`UsageError` when it is none of a FreeRADIUS, or has no attempt in it."""
    lines = list(log_lines(text))
    found = sessions(lines)
    if not any(session.events or session.reply or session.user for session in found):
        if is_freeradius(lines):
            raise UsageError(
                f"{name} is a FreeRADIUS log without a single attempt to join; set auth = yes in its log section, "
                "or run freeradius -X"
            )
        raise UsageError(
            f"{name} is no log of a FreeRADIUS that is known here; give its radius.log or the output of freeradius -X"
        )
    judged = (
        Explained(one, judge(one.events, reply=one.reply, user=one.user, leaf=one.leaf)) for one in found
    )
    return Log(name, tuple(judged))


def log_text(log: Log, *, every: bool) -> str:
    """Return what a log proves, for people; without ``every``, what repeats is told once."""
    lines = [f"{log.name}: {_counts(log)}"]
    for alike in _folded(log, every=every):
        lines += ["", *_account(alike, every=every)]
    return "\n".join(map(printable, lines))


def log_json(log: Log) -> str:
    """Return what a log proves, as JSON."""
    return json.dumps({"log": log.name, "attempts": [_attempt(one) for one in log.attempts]}, indent=2)


def cause_named(word: str) -> Cause | None:
    """Return the cause of that name. Raises :class:`UsageError` when it is neither a cause nor a file."""
    if word in list(Cause):
        return Cause(word)
    near = difflib.get_close_matches(word, [str(cause) for cause in Cause], 1)
    meant = f"; did you mean {near[0]}?" if near else "; docs/reference/causes.md lists the causes"
    raise UsageError(f"there is no file {word}, and no cause of that name{meant}")


def cause_text(cause: Cause) -> str:
    """Return the catalogue's entry of a cause."""
    entry = CATALOGUE[cause]
    rows = {
        "verdict": ", ".join(sorted(entry.verdicts)),
        "means": _FIELD.sub(r"<\1>", entry.explanation),
        "remedy": _FIELD.sub(r"<\1>", entry.remedy),
        "proven by": entry.proven_by,
        "reference": entry.reference,
    }
    return "\n".join([str(cause), *(f"  {name:<10} {text}" for name, text in rows.items() if text)])


def cause_json(cause: Cause) -> str:
    """Return the catalogue's entry of a cause as JSON."""
    entry = record(CATALOGUE[cause])
    entry["verdicts"] = [str(verdict) for verdict in sorted(CATALOGUE[cause].verdicts)]
    return json.dumps({"cause": str(cause), **entry}, indent=2)


def _counts(log: Log) -> str:
    numbers = dict.fromkeys(LogVerdict, 0)
    for one in log.attempts:
        numbers[one.judgement.verdict] += 1
    total = len(log.attempts)
    told = ", ".join(f"{number} {verdict}" for verdict, number in numbers.items() if number)
    return f"{total} {'attempt' if total == 1 else 'attempts'}: {told}"


def _folded(log: Log, *, every: bool) -> list[list[Explained]]:
    """Return the attempts that are told together: the same device with the same end."""
    groups: dict[object, list[Explained]] = {}
    for index, one in enumerate(log.attempts):
        key = (index,) if every else (one.headline, one.who)
        groups.setdefault(key, []).append(one)
    return list(groups.values())


def _account(alike: list[Explained], *, every: bool) -> Iterator[str]:
    last = alike[-1]
    judgement, session = last.judgement, last.session
    times = f" ({len(alike)} times)" if len(alike) > 1 else ""
    yield f"{last.headline}  {last.who}{times}"
    if judgement.verdict is LogVerdict.ACCEPTED and not every:
        return
    yield f"  {_when(alike)}"
    yield f"  {judgement.explanation}"
    if judgement.certificate is not None:
        yield f"  certificate: {blamed(judgement.certificate)}"
    yield from (f"  proof: {text}" for text in judgement.proof)
    one = len(judgement.causes) == 1
    for cause, remedy in zip(judgement.causes, judgement.remedies, strict=False):
        yield f"  remedy: {remedy}" if one else f"  remedy if {cause}: {remedy}"
    if judgement.unproven:
        yield f"  not proven: {judgement.unproven}"
    if session.tls_version:
        yield f"  TLS {session.tls_version}, {session.cipher}"
    for name, value in session.attributes.items():
        if name.startswith("Tunnel-Private-Group"):
            yield f"  VLAN {value}"
    steps = session.steps if every else session.steps[-_STEPS:]
    left = len(session.steps) - len(steps)
    yield "  timeline" + (
        f" (the last {len(steps)} of {len(session.steps)}; --all shows them)" if left else ""
    )
    yield from (f"    {step.place:>6}  {_time(step.when)}{step.text}" for step in steps)


def _when(alike: list[Explained]) -> str:
    first, last = alike[0].session, alike[-1].session
    places = [step.place for one in (first, last) for step in one.steps]
    lines = f"lines {min(places)} to {max(places)}" if places else "no line of its own"
    if not first.began:
        return lines
    return (
        f"{first.began} to {last.ended}, {lines}" if first.began != last.ended else f"{first.began}, {lines}"
    )


def _time(when: str) -> str:
    return f"{when}  " if when else ""


def _attempt(one: Explained) -> Json:
    session, judgement = one.session, one.judgement
    return {
        "verdict": str(judgement.verdict),
        "cause": str(judgement.cause) if judgement.causes else "",
        "one_of": [str(cause) for cause in judgement.causes] if len(judgement.causes) > 1 else [],
        "explanation": judgement.explanation,
        "remedies": list(judgement.remedies),
        "unproven": judgement.unproven,
        "certificate": plain(judgement.certificate),
        "proof": list(judgement.proof),
        "user": session.user,
        "calling_station": session.station,
        "client": session.client,
        "nas_port": session.nas_port,
        "source": plain(session.source),
        "began": session.began,
        "ended": session.ended,
        "requests": session.requests,
        "dropped": session.dropped,
        "reply": session.reply,
        "attributes": dict(session.attributes),
        "tls_version": session.tls_version,
        "cipher": session.cipher,
        "timeline": [{"line": step.place, "time": step.when, "text": step.text} for step in session.steps],
    }
