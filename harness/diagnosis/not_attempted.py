"""A device that could not start: its own words are the proof."""

from __future__ import annotations

from harness.diagnosis import causes
from harness.diagnosis.ends import device
from harness.outcome import Cause, Outcome, Verdict


def not_attempted(cause: Cause, text: str) -> Outcome:
    """Return the outcome of an association that never began.

    ``text`` says in the device's words what it lacks; no full stop at its end, no secrets.
    Raises :class:`ValueError` for a cause that cannot keep a device from starting.
    """
    if not causes.allows(cause, Verdict.NOT_ATTEMPTED):
        raise ValueError(f"the cause {cause} does not go with the verdict {Verdict.NOT_ATTEMPTED}")
    facts = {"words": text, "seen": f"{text}."}
    return Outcome(
        verdict=Verdict.NOT_ATTEMPTED,
        cause=cause,
        explanation=causes.explain(cause, facts),
        remedy=causes.remedy(cause, facts),
        proof=(device(text),),
    )
