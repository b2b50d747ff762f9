"""What the steps do that renew a certificate: calls of a procedure, one after the other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from harness.device.client_renewal import ClientRenewal
from harness.device.results import Answer
from harness.device.root_renewal import RootRenewal
from harness.run.answers import OK, Performed, refused
from harness.run.devices import Devices
from harness.scenario import steps_renewal as steps


def root_renewal(world: Devices, action: steps.RootRenewal, name: str, by: str) -> Performed:
    """Do calls of the renewal of a root CA."""
    pem = world.book.credential(action.certificate).certificate_pem()
    plan = RootRenewal(action.network, action.copy_, action.id, action.new_id, pem)
    return _run(world, action, plan, name, by)


def client_renewal(world: Devices, action: steps.ClientRenewal, name: str, by: str) -> Performed:
    """Do calls of the renewal of a client certificate."""
    book = world.book
    holder = action.key_from or action.certificate
    plan = ClientRenewal(
        network=action.network,
        client_id=action.id,
        certificate=book.credential(action.certificate).certificate_pem(),
        key=book.key_pem(holder).encode(),
        password=book.password(holder),
        identity=action.client_id,
        copy=action.copy_,
        new_id=action.new_id,
        bootstrap=action.bootstrap,
    )
    return _run(world, action, plan, name, by)


def _run(world: Devices, action: steps.Procedure, plan: Any, name: str, by: str) -> Performed:
    """Do the calls in order; the first that is refused is the last."""
    application = world.application(name, by)
    done: list[str] = []
    for step in action.steps():
        result = step.act(application, plan)
        if not result.ok:
            said, note = refused(Answer(None, result.errno, result.text, result.number))
            return replace(said, facts={"at": step.id}), _words(done, f"{step.id} was refused: {note}")
        done.append(step.id)
    return OK, _words(done)


def _words(done: list[str], end: str = "") -> str:
    return "; ".join(filter(None, [f"did {', '.join(done) or 'nothing'}", end]))
