"""What the steps do that renew a certificate: calls of a procedure, one after the other."""

from __future__ import annotations

from typing import Any

from harness.device.client_renewal import ClientRenewal
from harness.device.procedure import StepResult, run
from harness.device.root_renewal import RootRenewal
from harness.run.answers import Performed
from harness.run.world import World
from harness.scenario import steps_renewal as steps
from harness.scenario.expectation import ActionResult


def root_renewal(world: World, action: steps.RootRenewal, name: str, by: str) -> Performed:
    """Do calls of the renewal of a root CA."""
    pem = world.book.credential(action.certificate).certificate_pem()
    plan = RootRenewal(action.network, action.copy_, action.id, action.new_id, pem)
    return _run(world, action, plan, name, by)


def client_renewal(world: World, action: steps.ClientRenewal, name: str, by: str) -> Performed:
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


def _run(world: World, action: steps.Procedure, plan: Any, name: str, by: str) -> Performed:
    application = world.application(name, by)
    results = list(run(action.steps(), application, plan))
    last = results[-1]
    return ActionResult(last.ok, last.errno, facts={} if last.ok else {"at": last.step}), _words(results)


def _words(results: list[StepResult]) -> str:
    last = results[-1]
    done = ", ".join(result.step for result in results if result.ok)
    if last.ok:
        return f"did {done}"
    return f"did {done or 'nothing'}; {last.step} was refused: {last.text}"
