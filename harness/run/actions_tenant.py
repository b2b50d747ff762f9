"""What the steps on tenants and their CAs do: they ask the Security Service of the case."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, TypeVar

from harness.run.answers import OK, Performed, told
from harness.run.world import World
from harness.scenario import steps_tenant as steps
from harness.scenario.action import Action
from harness.scenario.expectation import ActionResult

if TYPE_CHECKING:
    from harness.run.tenants import Tenants

_A = TypeVar("_A", bound=Action)
_Function = Callable[[World, _A, str], Performed]


def _asking(function: _Function[_A]) -> _Function[_A]:
    """Turn a refusal of the service into a result with its reason."""

    @wraps(function)
    def asked(world: World, action: _A, device: str) -> Performed:
        from harness.services.security.refusal import Refused

        try:
            return function(world, action, device)
        except Refused as refused:
            reason = refused.reason.value
            return ActionResult(ok=False, errno=reason, facts={"reason": reason}), str(refused)

    return asked


def _tenants(world: World) -> Tenants:
    assert world.tenants is not None, "the check of the scenario made sure of it"
    return world.tenants


@_asking
def list_authorities(world: World, action: steps.ListAuthorities, _device: str) -> Performed:
    """List the CAs of a tenant."""
    from harness.run.tenants import letter_of

    listed = _tenants(world).listed(action.tenant)
    words = [one.integrated_status if action.integrated else one.status for one in listed]
    facts = {
        "status": tuple(words),
        "meaning": tuple(one.meaning for one in listed),
        "count": len(listed),
    }
    note = ", ".join(
        f"{letter_of(one.index)}: {word} ({one.meaning}), until {one.certificate.not_valid_after_utc:%Y-%m-%d}"
        for one, word in zip(listed, words, strict=True)
    )
    return told(facts, note)


@_asking
def download(world: World, action: steps.Download, _device: str) -> Performed:
    """Download a CA, a chain or a proof; a file of that name is replaced."""
    from harness.run.tenants import der

    tenants = _tenants(world)
    tenant, now = tenants.tenant(action.tenant), world.now()
    thumbprint = _thumbprint(tenants, action)
    chosen = (tenant, now)
    which = {"index": action.index, "thumbprint": thumbprint, "serial": action.serial}
    service = tenants.service
    authority = service.download(*chosen, **which)  # type: ignore[arg-type]
    letter = tenants.letter(authority)
    match action.what:
        case "certificate":
            world.files[action.file] = der(authority)
            return told({"certificate": letter}, f"{letter} in {action.file}")
        case "chain":
            world.files[action.file] = service.chain(*chosen, **which)  # type: ignore[arg-type]
            return told({"certificate": letter}, f"root, policy CA and {letter} in {action.file}")
        case "proof":
            code = _code(world, action.code or "")
            world.files[action.file] = der(service.proof(*chosen, code, **which))  # type: ignore[arg-type]
            return told({"signed_by": letter}, f"signed by {letter}, in {action.file}")


def _thumbprint(tenants: Tenants, action: steps.Download) -> str | None:
    """Return the thumbprint that is meant; ``{B}`` is that of the second CA."""
    from harness.run.tenants import letter_of

    written = action.thumbprint or ""
    if not written.startswith("{"):
        return action.thumbprint
    found = [one.thumbprint for one in tenants.listed(action.tenant) if letter_of(one.index) == written[1:-1]]
    return found[0] if found else "0" * 40


def _code(world: World, written: str) -> str:
    """Return the code that is meant; ``{hub}`` is the one that the back end ``hub`` gave last."""
    return world.codes.get(written[1:-1], "") if written.startswith("{") else written


@_asking
def create(world: World, action: steps.CreateTenant, _device: str) -> Performed:
    """Create a tenant; its first CA is issued at once."""
    tenant = _tenants(world).service.create_tenant(action.name, world.now())
    return OK, f"{tenant.name}: {tenant.id}"


@_asking
def list_tenants(world: World, _action: steps.ListTenants, _device: str) -> Performed:
    """List the tenants."""
    names = tuple(tenant.name for tenant in _tenants(world).service.tenants())
    return told({"tenants": names, "count": len(names)}, ", ".join(names))


@_asking
def select(world: World, action: steps.SelectTenant, _device: str) -> Performed:
    """Select a tenant."""
    tenants = _tenants(world)
    tenants.selected = tenants.service.tenant(action.tenant).name
    return told({"selected": tenants.selected}, f"{tenants.selected} is selected")


@_asking
def show_selected(world: World, _action: steps.ShowSelected, _device: str) -> Performed:
    """Tell which tenant is selected."""
    tenant = _tenants(world).tenant()
    return told({"selected": tenant.name}, f"{tenant.name}: {tenant.id}")


@_asking
def attest(world: World, action: steps.Attest, device: str) -> Performed:
    """Get the device's certificate of the day and judge its chain."""
    from harness.run.chains import judge, pem_or_der

    tenants = _tenants(world)
    held = tenants.held.get(device)
    if action.fresh or held is None:
        held = tenants.attest(world.devices[device], action.tenant)
    leaf, authority, policy = held.chain
    now = world.now()
    trusted = [tenants.service.root]
    if action.trusts is not None:
        trusted = [pem_or_der(world.files[name]) for name in action.trusts]
    lists = [tenants.service.revocations(now)] if action.revocation else []
    word, depth = judge((leaf, authority, policy), trusted, now + action.clock, lists)
    facts = {
        "signed_by": tenants.letter(authority),
        "valid_for": leaf.not_valid_after_utc - leaf.not_valid_before_utc,
        "chain": word,
        "depth": depth,
    }
    where = "" if depth is None else f" at depth {depth}"
    return told(facts, f"signed by {facts['signed_by']}; the chain is {word}{where}")


@_asking
def monitor(world: World, action: steps.Monitor, _device: str) -> Performed:
    """Look which CAs are not trusted and will be needed."""
    from harness.run.chains import pem_or_der
    from harness.run.tenants import letter_of
    from harness.services.security.monitoring import missing
    from harness.services.security.shapes import thumbprint

    trusted = {thumbprint(pem_or_der(world.files[name])) for name in action.trusts}
    lacking = missing(_tenants(world).listed(action.tenant), trusted)
    letters = tuple(letter_of(one.index) for one in lacking)
    note = ", ".join(f"{letter_of(one.index)} ({one.meaning}) is not trusted" for one in lacking)
    return told({"missing": letters}, note or "all that is needed is trusted")


@_asking
def change(world: World, action: steps.TenantCa, _device: str) -> Performed:
    """Revoke a CA, or issue all anew."""
    tenants = _tenants(world)
    tenant = tenants.tenant(action.tenant)
    if action.revoke is not None:
        tenants.service.revoke(tenant, world.now(), index=ord(action.revoke) - ord("A") + 1)
        return OK, f"{action.revoke} is revoked"
    tenants.service.reissue(tenant, world.now())
    return OK, "all CAs are issued anew"
