"""Both ends of one association side by side, and how a rule quotes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cryptography import x509

from harness import strength
from harness.diagnosis import chain
from harness.diagnosis.causes import Facts
from harness.observation import Alert, Observation, RadiusResult
from harness.outcome import BlamedCertificate, Cause, Proof
from harness.server.records import LogEvent, LogKind, ServerEvidence
from harness.trace import Actor

# RFC 8446 6.1: these two end nothing because of an error.
_CLOSURE_ALERTS = (0, 90)
_FATAL = 2


@dataclass(frozen=True, slots=True)
class BothEnds:
    """What a rule may look at; ``known`` are the certificates that exist in the scenario."""

    near: Observation
    far: ServerEvidence
    known: tuple[x509.Certificate, ...] = ()

    @property
    def sent_chain(self) -> tuple[x509.Certificate, ...]:
        """The chain the device sent, leaf first; empty when it sent none."""
        return self.near.tls.sent_chain if self.near.tls else ()

    @property
    def session_chain(self) -> tuple[x509.Certificate, ...]:
        """The chain the device offered in the handshake that made the session it resumed."""
        return self.near.tls.session_chain if self.near.tls else ()

    @property
    def own_chain(self) -> tuple[x509.Certificate, ...]:
        """The device's own chain, leaf first, sent or not."""
        tls = self.near.tls
        return (tls.own_chain or tls.sent_chain or tls.session_chain) if tls else ()

    @property
    def peer_chain(self) -> tuple[x509.Certificate, ...]:
        """The chain the server sent, leaf first."""
        return self.near.tls.peer_chain if self.near.tls else ()

    @property
    def anchor(self) -> x509.Certificate | None:
        """The root CA the device verifies against."""
        return self.near.tls.trust_anchor if self.near.tls else None

    @property
    def accepted(self) -> bool:
        """The conversation ended in Access-Accept."""
        return self.near.radius_result is RadiusResult.ACCEPT

    def fatal_alert(self, *, sent: bool) -> Alert | None:
        """Return the first fatal TLS alert that the device sent, or received."""
        alerts = self.near.tls.alerts if self.near.tls else ()
        return next((alert for alert in alerts if alert.sent is sent and is_fatal(alert)), None)

    def count(self, kind: LogKind) -> int:
        """Return how many lines of that kind the server's log holds."""
        return sum(event.kind is kind for event in self.far.events)


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What a rule found: the cause, what proves it, the facts its sentences need, the certificate that decided."""

    cause: Cause
    proof: tuple[Proof, ...]
    facts: Facts = field(default_factory=dict)
    certificate: BlamedCertificate | None = None


Rule = Callable[[BothEnds], Conclusion | None]


def is_fatal(alert: Alert) -> bool:
    """Return whether an alert ended the handshake (RFC 8446 6)."""
    return alert.level == _FATAL and alert.description not in _CLOSURE_ALERTS


def logged(event: LogEvent) -> Proof:
    """Quote a line of the server's log."""
    return Proof(Actor.SERVER, f'log: "{event.text}"')


def words(event: LogEvent) -> str:
    """Return what varies in a log line, or all of it."""
    return event.detail or event.text


def device(text: str) -> Proof:
    """State what the device saw."""
    return Proof(Actor.DEVICE, text)


def server(text: str) -> Proof:
    """State what the server's own words amount to."""
    return Proof(Actor.SERVER, text)


def access_point(text: str) -> Proof:
    """State what the access point saw."""
    return Proof(Actor.ACCESS_POINT, text)


def alert_text(alert: Alert) -> str:
    """Describe an alert in words."""
    return f"{'sent' if alert.sent else 'received'} the fatal TLS alert {alert.name} ({alert.description})"


def plural(number: int, word: str) -> str:
    """Return ``1 request`` or ``2 requests``."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def base_facts(ends: BothEnds) -> dict[str, str | int]:
    """Return the facts every explanation may use; rules add and replace."""
    near = ends.near
    level = near.tls.security_level if near.tls else strength.LIBRARY_LEVEL
    return {
        "subject": name_of(ends.own_chain, "the client certificate"),
        "anchor": chain.subject(ends.anchor) if ends.anchor else "no root CA",
        "identity": near.identity,
        "server": str(near.server),
        "source": str(near.source) if near.source else "the access point",
        "requests": near.requests,
        "offered": offered(near),
        "expected": near.tls.expected_name if near.tls else "",
        "namesake": "",
        "level": level,
        "enough": strength.key_for(level),
    }


def name_of(certificates: Sequence[x509.Certificate], otherwise: str) -> str:
    """Return the subject of the first certificate, or the given words when there is none."""
    return chain.subject(certificates[0]) if certificates else otherwise


def offered(near: Observation) -> str:
    """Return the TLS versions the device offers, e.g. ``1.2 to 1.3``."""
    if near.tls is None:
        return "(nothing yet)"
    low, high = near.tls.offered
    return low if low == high else f"{low} to {high}"
