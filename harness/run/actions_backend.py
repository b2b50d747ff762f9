"""What the steps on back ends do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, TypeVar

from harness.run.answers import Performed, told
from harness.run.world import World, only
from harness.scenario import steps_backend as steps
from harness.scenario.expectation import ActionResult

if TYPE_CHECKING:
    from harness.pki.credential import Credential
    from harness.run.backends import BackEnds, Contacted
    from harness.services.backend.answers import Answer

_A = TypeVar("_A", bound=steps.BackEndAction)
_Function = Callable[[World, _A, str], Performed]
_SENT = {"chain": 3, "leaf-and-tenant": 2, "leaf": 1}


def _asking(function: _Function[_A]) -> _Function[_A]:
    """Turn a refusal of the Security Service, e.g. of a CA that is not there yet, into a result."""

    @wraps(function)
    def asked(world: World, action: _A, device: str) -> Performed:
        from harness.services.security.refusal import Refused

        try:
            return function(world, action, device)
        except Refused as refused:
            return ActionResult(ok=False, errno=refused.reason.value), str(refused)

    return asked


def _back_ends(world: World) -> BackEnds:
    assert world.back_ends is not None, "the check of the scenario made sure of it"
    return world.back_ends


def _name(world: World, action: steps.BackEndAction) -> str:
    return action.back_end or only(world.scenario.back_ends)


def _answered(answer: Answer, note: str = "") -> Performed:
    facts = {"status": answer.status or None, "reason": answer.reason}
    reason = answer.reason.value if answer.reason else ""
    return ActionResult(answer.ok, errno=reason, facts=facts), answer.detail or note


@_asking
def register(world: World, action: steps.Register, _device: str) -> Performed:
    """Upload a CA."""
    name = _name(world, action)
    answer = _back_ends(world).upload(name, action.name, action.certificate, action.tenant)
    return _answered(answer, f"{action.name} is {answer.status}")


@_asking
def verify(world: World, action: steps.Verify, _device: str) -> Performed:
    """Ask for a verification code."""
    name = _name(world, action)
    answer = _back_ends(world)[name].registrations.new_code(action.registration)
    if answer.code:
        world.codes[name] = answer.code
    return _answered(answer, f"the code is {answer.code}")


@_asking
def prove(world: World, action: steps.Prove, _device: str) -> Performed:
    """Upload a proof."""
    back_ends, name = _back_ends(world), _name(world, action)
    content = world.files[action.proof]
    answer = back_ends[name].registrations.prove(action.registration, content, world.now())
    return _answered(answer, f"{action.registration} is {answer.status}")


@_asking
def unregister(world: World, action: steps.Unregister, _device: str) -> Performed:
    """Remove a CA."""
    return _answered(_back_ends(world)[_name(world, action)].registrations.remove(action.registration))


@_asking
def trust(world: World, action: steps.Trust, _device: str) -> Performed:
    """Replace a trust file."""
    answer = _back_ends(world).trust(
        _name(world, action),
        action.certificates,
        action.tenant,
        convert=action.form == "pem",
        line_ends=action.line_ends,
        issuers=action.issuers,
    )
    return _answered(answer)


@_asking
def watch(world: World, action: steps.Watch, _device: str) -> Performed:
    """Look which CAs a back end lacks."""
    lacks = _back_ends(world).lacks(_name(world, action), action.tenant)
    note = f"it lacks {', '.join(lacks)}" if lacks else "it lacks none"
    return told({"lacks": lacks}, note)


@_asking
def contact(world: World, action: steps.Contact, device: str) -> Performed:
    """Let a device report."""
    back_ends = _back_ends(world)
    shown = _shown(world, action, device)
    if shown is None and action.shows == "device":
        facts = {"contact": "not-attempted", "seen": "nothing"}
        return told(facts, "the device has no certificate to show")
    contacted = back_ends.contact(_name(world, action), world.devices[device], shown)
    return _contacted(contacted)


def _shown(world: World, action: steps.Contact, device: str) -> Credential | None:
    if action.shows == "nothing":
        return None
    services = world.services()
    if action.shows == "proof":
        return _back_ends(world).proof(services.tenant_id(device))
    if action.internet:  # where there is internet, there is the time as well
        world.devices[device].clock.synchronise()
    cache = services.attestation(device, internet=action.internet, renew=action.renew)
    held = cache.credential
    return replace(held, chain=held.chain[: _SENT[action.sends] - 1]) if held else None


def _contacted(contacted: Contacted) -> Performed:
    """Return what a contact came to; whatever it is, it is an outcome and no error of the step."""
    from harness.services.web.messages import Reply

    judgement, answer = contacted.judgement, contacted.answer
    facts: dict[str, object] = {"signed_by": contacted.issuer}
    if isinstance(answer, Reply):
        saw = f"the device saw {answer.status}"
        facts |= {"seen": "answer", "status": answer.status}
    else:
        saw = f"the device saw: {answer}"
        facts["seen"] = "nothing" if judgement is None else "alert"
    if judgement is None:
        return told({**facts, "contact": "aborted"}, saw)
    facts |= {
        "contact": "connected" if judgement.accepted else "refused",
        "reason": judgement.reason,
        "holes": judgement.holes,
    }
    holes = f"which lets {' and '.join(judgement.holes)} in" if judgement.holes else ""
    return told(facts, "; ".join(filter(None, [judgement.detail, saw, holes])))
