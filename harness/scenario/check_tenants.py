"""The steps on tenants: whether the tenants that they name exist by then, and fit what is expected of them."""

from __future__ import annotations

from collections.abc import Iterable

from harness.scenario.action import Action
from harness.scenario.complaints import Complaints, Path
from harness.scenario.expect import ExpectAction, Expectation
from harness.scenario.expect_tenant import OF_THE_SERVICE, ExpectCommand
from harness.scenario.part import key_of
from harness.scenario.steps_tenant import (
    Attest,
    CreateTenant,
    Download,
    ListAuthorities,
    ListTenants,
    Monitor,
    SelectTenant,
    ShowSelected,
    TenantAction,
    TenantCa,
)

_KEYS: dict[type[Action], frozenset[str]] = {
    ListAuthorities: frozenset({"status", "meaning", "count", "reason"}),
    Download: frozenset({"certificate", "signed_by", "reason"}),
    CreateTenant: frozenset({"reason"}),
    ListTenants: frozenset({"tenants", "count", "reason"}),
    SelectTenant: frozenset({"selected", "reason"}),
    ShowSelected: frozenset({"selected", "reason"}),
}
_ABOUT_TENANTS: tuple[type[Action], ...] = (*_KEYS, Attest, Monitor, TenantCa)


class TenantSteps:
    """Goes through the steps in order and remembers which tenants and files there are."""

    def __init__(self, tenants: Iterable[str], complaints: Complaints) -> None:
        self._tenants = set(tenants)
        self._service = bool(self._tenants)
        self._files: set[str] = set()
        self._complaints = complaints

    def check(self, action: Action, path: Path, expect: Expectation | None) -> None:
        """Check a step; ``path`` leads to its verb."""
        self._check_keys(action, (*path[:-1], "expect"), expect)
        if not isinstance(action, _ABOUT_TENANTS):
            return
        if not self._service:
            message = "there is no Security Service in this scenario"
            self._complaints.add(path, message, "give it a tenant, as in `tenants: {contoso: {}}`")
            return
        fails = isinstance(expect, ExpectAction) and expect.fails
        if isinstance(action, CreateTenant):
            self._tenants.add(action.name)
        elif isinstance(action, TenantAction | SelectTenant) and action.tenant and not fails:
            self._complaints.check_name(path, action.tenant, self._tenants, "tenant")
        if isinstance(action, Download) and not fails:
            self._files.add(action.file)
        for name in (action.trusts or ()) if isinstance(action, Attest | Monitor) else ():
            self._complaints.check_name((*path, "trusts"), name, self._files, "downloaded file")

    def check_end(self, tenant: str | None, path: Path) -> None:
        """Check the tenant whose first CA's end is meant; the only one, where none is named."""
        if not self._service:
            fix = "name a certificate, as in {certificate: thermostat, shift: -1d}"
            self._complaints.add(path, "there is no tenant whose CA could end", fix)
        elif tenant is not None:
            self._complaints.check_name((*path, "tenant"), tenant, self._tenants, "tenant")
        elif len(self._tenants) > 1:
            fix = f"name one, as in {{tenant: {min(self._tenants)}, shift: -44d}}"
            self._complaints.add(path, "there are several tenants whose CAs could end", fix)

    @property
    def tenants(self) -> frozenset[str]:
        """The tenants that there are by now."""
        return frozenset(self._tenants)

    @property
    def files(self) -> frozenset[str]:
        """The files that were downloaded by now."""
        return frozenset(self._files)

    def _check_keys(self, action: Action, path: Path, expect: Expectation | None) -> None:
        """Check that a command is asked only for what it tells."""
        if not isinstance(expect, ExpectCommand):
            return
        known = _KEYS.get(type(action), frozenset())
        for name in expect.written():
            wrong = name in OF_THE_SERVICE - known or (known and name == "replaced")
            if wrong:
                message = f"this command says nothing about {key_of(name)!r}"
                self._complaints.add((*path, key_of(name)), message, f"leave {key_of(name)} out", key=True)
