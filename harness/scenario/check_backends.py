"""Back ends and the steps on them: whether what they name exists by then, and is of a kind that does this."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta

from harness.scenario.action import Action
from harness.scenario.check_tenants import TenantSteps
from harness.scenario.complaints import Complaints, Path
from harness.scenario.expect import ExpectAction, Expectation
from harness.scenario.steps_backend import (
    BackEndAction,
    OnRegistration,
    Prove,
    Register,
    Trust,
)
from harness.scenario.steps_fleet import Measure
from harness.scenario.wording import listed
from harness.scenario.world_backends import BackEnd
from harness.scenario.world_tenants import Tenant

_ABOVE = frozenset({"root", "policy"})
_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


class BackEndSteps:
    """Goes through the steps in order and remembers what is registered where."""

    def __init__(
        self, back_ends: Mapping[str, BackEnd], tenants: Mapping[str, Tenant], complaints: Complaints
    ) -> None:
        self._back_ends = back_ends
        self._complaints = complaints
        self._registered = {name: set(one.trusts) for name, one in back_ends.items()}
        if back_ends and not tenants:
            fix = "give it a tenant, as in `tenants: {contoso: {}}`"
            complaints.add(
                ("back-ends",), "back ends trust CAs of tenants, and there is no tenant", fix, key=True
            )
        for name, one in back_ends.items():
            self._check_trusts(name, one, tenants)

    def check(self, action: Action, path: Path, expect: Expectation | None, known: TenantSteps) -> None:
        """Check a step; ``path`` leads to its verb, ``known`` has the tenants and the files that there are by then."""
        if isinstance(action, Measure) and action.contact is not None:
            self._complaints.check_name((*path, "contact"), action.contact, self._back_ends, "back end")
        if not isinstance(action, BackEndAction):
            return
        name = self._name(action, path)
        if name is None:
            return
        tenant = getattr(action, "tenant", None)
        if tenant is not None:
            self._complaints.check_name((*path, "tenant"), tenant, known.tenants, "tenant")
        files = known.files
        fails = isinstance(expect, ExpectAction) and expect.fails
        managed = self._back_ends[name].kind != "own"
        match action:
            case Register() | OnRegistration() if not managed:
                message = f"{name!r} is a service of one's own, where nothing is registered"
                self._complaints.add(path, message, "use trust")
            case Trust() if managed:
                message = f"{name!r} is of kind {self._back_ends[name].kind} and has no trust file"
                self._complaints.add(path, message, "use register")
            case Register():
                self._check_content((*path, "certificate"), action.certificate, files)
                self._registered[name].add(action.name)
            case OnRegistration():
                self._check_registration(action, path, name, files, fails=fails)
            case Trust():
                self._check_trust(action, path, files)

    def _check_registration(
        self, action: OnRegistration, path: Path, name: str, files: Collection[str], *, fails: bool
    ) -> None:
        if not fails:
            known = self._registered[name]
            self._complaints.check_name((*path, "registration"), action.registration, known, "registration")
        if isinstance(action, Prove):
            self._complaints.check_name((*path, "proof"), action.proof, files, "downloaded file")

    def _check_trust(self, action: Trust, path: Path, files: Collection[str]) -> None:
        for index, one in enumerate(action.certificates):
            self._check_content((*path, "certificates", index), one, files, above=True)
        for index, one in enumerate(action.issuers):
            self._check_content((*path, "issuers", index), one, ())

    def _name(self, action: BackEndAction, path: Path) -> str | None:
        if not self._back_ends:
            fix = "add one, as in `back-ends: {hub: {kind: iot-hub}}`"
            self._complaints.add(path, "there is no back end in this scenario", fix)
            return None
        if action.back_end is not None:
            at = (*path, "back-end")
            known = self._complaints.check_name(at, action.back_end, self._back_ends, "back end")
            return action.back_end if known else None
        if len(self._back_ends) > 1:
            self._complaints.add(
                path, "it does not say at which back end", f"add back-end: {listed(self._back_ends, 'or')}"
            )
            return None
        return next(iter(self._back_ends))

    def _check_trusts(self, name: str, one: BackEnd, tenants: Mapping[str, Tenant]) -> None:
        at: Path = ("back-ends", name)
        named = (*at, "tenant")
        if one.tenant is not None and not self._complaints.check_name(named, one.tenant, tenants, "tenant"):
            return
        letters = [word for word in one.trusts if word in _LETTERS]
        if one.tenant is None and len(tenants) > 1 and letters:
            message = "it does not say whose CAs it trusts"
            self._complaints.add((*at, "trusts"), message, f"add tenant: {listed(tenants, 'or')}")
            return
        for index, word in enumerate(one.trusts):
            self._check_content((*at, "trusts", index), word, (), above=one.kind == "own")
            if word in _LETTERS and tenants:
                tenant = tenants[one.tenant or next(iter(tenants))]
                self._check_there(word, tenant, (*at, "trusts", index), managed=one.kind != "own")

    def _check_there(self, letter: str, tenant: Tenant, at: Path, *, managed: bool) -> None:
        """Check that a CA is there when the scenario begins; one that has ended nobody can register."""
        issued = tenant.issued + (ord(letter) - ord("A")) * (tenant.life - tenant.renewal)
        if issued > timedelta():
            message = f"CA {letter} is not there yet when the scenario begins"
            fix = "register it in a step, or let the tenant begin earlier, as in `issued: -670d`"
            self._complaints.add(at, message, fix)
        elif managed and issued + tenant.life < timedelta():
            message = f"CA {letter} has ended when the scenario begins, and nobody can register it"
            self._complaints.add(at, message, "leave it out, or let the tenant begin later")

    def _check_content(self, at: Path, word: str, files: Collection[str], *, above: bool = False) -> None:
        if word in _LETTERS or word in files or (above and word in _ABOVE):
            return
        known = "root, policy, " if above else ""
        there = f", {listed(sorted(files))}" if files else ""
        fix = f"write {known}a letter such as A{there}, or download the file first"
        self._complaints.add(at, f"there is no CA or file {word!r} by now", fix)
