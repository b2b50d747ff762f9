"""What was expected against what happened. Pure: values in, mismatches out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from harness.observation import Keys, Observation
from harness.outcome import Outcome
from harness.scenario.case import Mismatch
from harness.scenario.expect import (
    ExpectAction,
    ExpectAlerts,
    ExpectAssociation,
    ExpectDiagnostics,
    ExpectServer,
    ExpectStart,
    ExpectStore,
)
from harness.scenario.part import key_of
from harness.scenario.values import Count, format_duration

_VLAN = "Tunnel-Private-Group-Id"
_NONE = "none"
_ANY = "any"


@dataclass(frozen=True, slots=True)
class ServerWords:
    """What the server's journal says about an association, in the words of the language.

    ``reply`` is ``Access-Accept`` or ``Access-Reject``, empty without a record; ``log`` are the kinds
    of its known log lines.
    """

    reply: str = ""
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """What a device says about the last failed association to a network.

    Without a failure ``error`` is 0; what is not known is ``None``.
    """

    error: int = 0
    cert_error: int | None = None
    cert_depth: int | None = None
    cert_subject: str = ""
    enabled: bool = True
    connected: bool = False
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Joining:
    """Which networks an association went to, by configuration name."""

    network: str = ""
    tried: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What a step on the device's settings returned; ``replaced`` is the type of a replaced entry.

    ``code`` is the device's number within its category, ``number`` the whole one. ``facts`` are the answers of
    a question, by the key that asserts them.
    """

    ok: bool
    errno: str = ""
    code: int = 0
    replaced: str | None = None
    number: int = 0
    facts: Mapping[str, object] = field(default_factory=dict)


_OUTCOME: Mapping[str, Callable[[Outcome], object]] = {
    "verdict": lambda outcome: outcome.verdict,
    "cause": lambda outcome: outcome.cause,
    "mutual_authentication": lambda outcome: outcome.mutual_authentication,
}
# A device that could not start has no observation: then nothing was negotiated, sent or compared.
_OBSERVATION: Mapping[str, Callable[[Observation | None], object]] = {
    "stage": lambda seen: seen.stage if seen else "",
    "tls": lambda seen: seen.tls.version if seen and seen.tls else "",
    "cipher": lambda seen: seen.tls.cipher if seen and seen.tls else "",
    "resumed": lambda seen: bool(seen and seen.tls and seen.tls.resumed),
    "session_offered": lambda seen: bool(seen and seen.tls and seen.tls.session_offered),
    "handshake_complete": lambda seen: bool(seen and seen.tls and seen.tls.handshake_complete),
    "protected_success": lambda seen: bool(seen and seen.tls and seen.tls.protected_success),
    "keys": lambda seen: seen.keys if seen else Keys.NOT_COMPARED,
    "session_id_agrees": lambda seen: bool(
        seen and seen.session_id and seen.session_id == seen.server_session_id
    ),
    "identity": lambda seen: seen.identity if seen else "",
    "methods": lambda seen: seen.proposed_methods if seen else (),
    "vlan": lambda seen: _attribute(seen, _VLAN),
}
_COUNTS: Mapping[str, Callable[[Observation], int]] = {
    "requests": lambda seen: seen.requests,
    "retransmissions": lambda seen: seen.retransmissions,
    "largest_eap_to_server": lambda seen: seen.largest_eap[0],
    "largest_eap_from_server": lambda seen: seen.largest_eap[1],
}


_RESULT = frozenset({*ExpectAction.model_fields, "replaced"})
"""What a step returns beside the answers to a question."""


def check_association(
    expect: ExpectAssociation,
    outcome: Outcome,
    *,
    server: ServerWords | None = None,
    diagnostics: Diagnostics | None = None,
    joining: Joining | None = None,
    certificate: str = "",
) -> tuple[Mismatch, ...]:
    """Return what of an expectation was not met, in the order of the reference; ``()``: all was.

    ``server`` is ``None`` where the server's journal cannot be read, ``diagnostics`` where the device keeps
    none; an expectation about them is then not met. ``certificate`` is the scenario's name of the one that decided.
    """
    seen = outcome.observation
    found: list[Mismatch] = []
    for name in expect.written():
        expected = getattr(expect, name)
        if expected is None:
            continue
        if name in _OUTCOME:
            found += _differs(key_of(name), expected, _OUTCOME[name](outcome))
        elif name in _OBSERVATION:
            found += _differs(key_of(name), expected, _OBSERVATION[name](seen))
        elif name in _COUNTS:
            found += _count(key_of(name), expected, _COUNTS[name](seen) if seen else 0)
    if expect.certificate is not None:
        found += _differs("certificate", expect.certificate, certificate or _blamed(outcome))
    found += _findings(expect, outcome)
    found += _alerts(expect.alerts, seen)
    found += _reply(expect.reply, seen)
    found += _server(expect.server, server)
    found += _diagnostics(expect.diagnostics, diagnostics)
    found += _joining(expect, joining or Joining())
    found += _within(expect.within, seen)
    return tuple(found)


def check_action(expect: ExpectAction | None, result: ActionResult) -> tuple[Mismatch, ...]:
    """Return what of an expectation about a step on the device's settings was not met.

    Without an expectation the step is expected to succeed.
    """
    expected = expect or ExpectAction()
    if not expected.fails:
        if not result.ok:
            return (Mismatch("result", "ok", _error_words(result)),)
        return (*_replaced(expected, result), *_facts(expected, result.facts))
    if result.ok:
        return (Mismatch("result", _wanted_error(expected), "ok"),)
    found: list[Mismatch] = []
    if expected.error is not None:
        found += _differs("error", expected.error, result.errno)
    if expected.code is not None:
        found += _differs("code", expected.code, result.code)
    if expected.number is not None:
        found += _differs("number", expected.number, result.number)
    return (*found, *_replaced(expected, result), *_facts(expected, result.facts))


def check_start(expect: ExpectStart, complaint: str = "") -> tuple[Mismatch, ...]:
    """Return what of an expectation about a server's start was not met; without a complaint it has started."""
    actual = "does-not-start" if complaint else "starts"
    found = list(_differs("server", expect.server, actual))
    if complaint and not found and expect.says is not None and expect.says not in complaint:
        found.append(Mismatch("says", expect.says, complaint))
    return tuple(found)


def _wanted_error(expect: ExpectAction) -> str:
    for name, value in (("code", expect.code), ("number", expect.number)):
        if expect.error is None and value is not None:
            return f"{name} {value}"
    return expect.error or "error"


def _facts(expect: ExpectAction, facts: Mapping[str, object]) -> Iterator[Mismatch]:
    """Compare what was told with every written key that is no part of the result; what was not told is nothing."""
    for name in expect.written():
        wanted = getattr(expect, name)
        if name in _RESULT or wanted is None:
            continue
        actual = facts.get(name)
        if isinstance(wanted, ExpectDiagnostics):
            yield from _diagnostics(wanted, actual if isinstance(actual, Diagnostics) else None)
        elif isinstance(wanted, Count) and isinstance(actual, int):
            yield from _count(name, wanted, actual)
        else:
            yield from _differs(key_of(name), wanted, actual)


def _joining(expect: ExpectAssociation, joining: Joining) -> Iterator[Mismatch]:
    for name in ("network", "tried"):
        wanted = getattr(expect, name)
        if wanted is not None:
            yield from _differs(name, wanted, getattr(joining, name))


def _replaced(expect: ExpectAction, result: ActionResult) -> Iterator[Mismatch]:
    if isinstance(expect, ExpectStore) and expect.replaced is not None:
        yield from _differs("replaced", expect.replaced, result.replaced or "nothing")


def _error_words(result: ActionResult) -> str:
    return f"{result.errno or 'error'} (code {result.code})" if result.code else result.errno or "error"


def _differs(field: str, expected: object, actual: object) -> Iterator[Mismatch]:
    wanted, got = _words(expected), _words(actual)
    if wanted != got and not (wanted == _NONE and got == "nothing"):
        yield Mismatch(field, wanted, got)


def _count(field: str, expected: Count, actual: int) -> Iterator[Mismatch]:
    if not expected.holds(actual):
        yield Mismatch(field, str(expected), str(actual))


def _blamed(outcome: Outcome) -> str:
    """Return what there is to say of a certificate that no name of the scenario stands for."""
    return outcome.certificate.subject if outcome.certificate else ""


def _findings(expect: ExpectAssociation, outcome: Outcome) -> Iterator[Mismatch]:
    ids = tuple(finding.id for finding in outcome.findings)
    for wanted in expect.findings or ():
        if wanted not in ids:
            yield Mismatch("findings", wanted, _words(ids))
    for unwanted in expect.no_findings or ():
        if unwanted in ids or (unwanted == _ANY and ids):
            expected = "no finding" if unwanted == _ANY else f"no {unwanted}"
            yield Mismatch("no-findings", expected, _words(ids))


def _alerts(expect: ExpectAlerts | None, seen: Observation | None) -> Iterator[Mismatch]:
    alerts = seen.tls.alerts if seen and seen.tls else ()
    for direction, sent in (("sent", True), ("received", False)):
        wanted = getattr(expect, direction) if expect else None
        if wanted is not None:
            got = tuple(_kebab(alert.name) for alert in alerts if alert.sent is sent)
            yield from _differs(f"alerts.{direction}", wanted, got)


def _reply(expect: Mapping[str, str] | None, seen: Observation | None) -> Iterator[Mismatch]:
    for name, wanted in (expect or {}).items():
        yield from _differs(f"reply.{name}", wanted, _attribute(seen, name))


def _server(expect: ExpectServer | None, server: ServerWords | None) -> Iterator[Mismatch]:
    if expect is None:
        return
    if server is None:
        yield Mismatch("server", "its journal", "nothing, its log cannot be read")
        return
    if expect.reply is not None:
        yield from _differs("server.reply", expect.reply, server.reply.lower())
    for kind in expect.log or ():
        if kind not in server.log:
            yield Mismatch("server.log", kind, _words(server.log))


def _diagnostics(expect: ExpectDiagnostics | None, actual: Diagnostics | None) -> Iterator[Mismatch]:
    if expect is None:
        return
    if actual is None:
        yield Mismatch("diagnostics", "the device's", "nothing, this device keeps none")
        return
    for name in expect.written():
        wanted = getattr(expect, name)
        if wanted is not None:
            yield from _differs(f"diagnostics.{key_of(name)}", wanted, getattr(actual, name))


def _within(expect: timedelta | None, seen: Observation | None) -> Iterator[Mismatch]:
    took = timedelta(seconds=seen.duration) if seen else timedelta()
    if expect is not None and took > expect:
        yield Mismatch("within", format_duration(expect), format_duration(took))


def _attribute(seen: Observation | None, name: str) -> str:
    found = [item for item in (seen.reply_attributes if seen else ()) if item.name.lower() == name.lower()]
    return ", ".join(str(item.value) for item in found)


def _kebab(name: str) -> str:
    return name.strip().lower().replace("_", "-").replace(" ", "-")


def _words(value: object) -> str:
    """Return a value as a person writes it in a scenario."""
    if value is None or value == "":
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(str, value))}]"
    return str(value)
