"""From both ends' evidence to an outcome: the verdict, then the first rule that proves a cause.

The verdict comes from the near end (:mod:`.verdict`). The rules of that verdict are tried in the order
in which their module lists them. If none of them proves anything, or the two ends exclude each other,
the cause is undetermined, and the explanation says what was seen and what is missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cryptography import x509

from harness.diagnosis import (
    causes,
    connected,
    not_attempted,
    refused,
    rejected,
    unanswered,
    unusable,
    verdict,
    violated,
)
from harness.diagnosis.disagreement import disagreement
from harness.diagnosis.ends import BothEnds, Conclusion, Rule, base_facts
from harness.diagnosis.findings import findings
from harness.diagnosis.undetermined import undetermined
from harness.observation import Observation
from harness.outcome import Outcome, Proof, Verdict
from harness.server.records import ServerEvidence
from harness.trace import Actor

RULES: Mapping[Verdict, tuple[Rule, ...]] = {
    Verdict.CONNECTED: connected.RULES,
    Verdict.REJECTED: rejected.RULES,
    Verdict.REFUSED: refused.RULES,
    Verdict.UNANSWERED: unanswered.RULES,
    Verdict.UNUSABLE: unusable.RULES,
    Verdict.VIOLATED: violated.RULES,
    Verdict.NOT_ATTEMPTED: not_attempted.RULES,
}


def diagnose(
    observation: Observation, evidence: ServerEvidence, known: Sequence[x509.Certificate] = ()
) -> Outcome:
    """Return the outcome of one association.

    ``known`` are certificates that exist in the scenario, sent or not; they tell a missing intermediate
    from an unknown issuer. Raises nothing, whatever the evidence.
    """
    ends = BothEnds(observation, evidence, tuple(known))
    decided = verdict.decide(ends)
    found = _conclude(ends, decided)
    facts = base_facts(ends) | dict(found.facts)
    return Outcome(
        verdict=decided,
        cause=found.cause,
        explanation=causes.explain(found.cause, facts),
        remedy=causes.remedy(found.cause, facts),
        proof=tuple(dict.fromkeys((*verdict.proof(ends), *found.proof, *_recorded(ends)))),
        findings=findings(ends, decided, found),
        certificate=found.certificate,
        observation=observation,
    )


def _conclude(ends: BothEnds, decided: Verdict) -> Conclusion:
    # A reject is explained by the server alone, so its word must fit what arrived.
    if decided is Verdict.REJECTED and disagreement(ends):
        return undetermined(ends, decided)
    conclusions = (rule(ends) for rule in RULES[decided])
    return next((found for found in conclusions if found), None) or undetermined(ends, decided)


def _recorded(ends: BothEnds) -> tuple[Proof, ...]:
    """Quote the server's own verdict, which stands beside the log."""
    record = ends.far.verdict
    if record is None:
        return ()
    reason = f': "{record.failures[0]}"' if record.failures else ""
    return (Proof(Actor.SERVER, f"recorded {record.reply}{reason}"),)
