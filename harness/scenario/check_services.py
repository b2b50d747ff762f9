"""Services of a scenario: completed, and the names in them and in the steps on them checked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from harness.pki.spec import Profile, SpecError
from harness.scenario import baseline
from harness.scenario.action import Action
from harness.scenario.baseline import CertificateOrder
from harness.scenario.complaints import Complaints, Path
from harness.scenario.steps_services import Bootstrap, ChangeService
from harness.scenario.wording import listed
from harness.scenario.world import Certificate, Device
from harness.scenario.world_services import Service

_LONG = "3650d"
"""How long the certificate of a service lasts whose file names none: no scenario is about its end."""
_NOT_CHANGED = ("speaks", "host", "certificate")
"""What devices know a service by."""


@dataclass(frozen=True, slots=True)
class ServiceChecks:
    """Checks services against what else is in a file; mistakes go to ``complaints``."""

    certificates: Mapping[str, CertificateOrder]
    access_points: Collection[str]
    devices: Mapping[str, Device]
    tenants: Collection[str]
    complaints: Complaints
    services: Mapping[str, Service] = field(default_factory=dict)

    def check_world(self) -> None:
        """Check the services themselves, and what devices say of tenants."""
        self._check_devices()
        hosts: dict[str, str] = {}
        for name, service in self.services.items():
            path: Path = ("services", name)
            self._check(service, path)
            other = hosts.setdefault(service.host.lower(), name)
            if other != name:
                message = f"the services {other!r} and {name!r} have one host name"
                self.complaints.add((*path, "host"), message, "give each a host of its own")
            if service.speaks == "gallery" and not self.tenants:
                fix = "give the scenario a tenant, as in `tenants: {contoso: {}}`"
                self.complaints.add(path, f"{name!r} has no tenant whose devices it serves", fix, key=True)

    def certificates_of_services(self) -> dict[str, CertificateOrder]:
        """Return the certificates that are made for services whose file names none, by the name they are kept under."""
        return {
            certificate_name(name): baseline.complete(certificate_name(name), _certificate(service))
            for name, service in self.services.items()
            if service.certificate is None
        }

    def check_step(self, action: Action, path: Path) -> None:
        """Check a step on services."""
        if isinstance(action, Bootstrap):
            self._check_one(action.service, (*path, "service"), path, "gallery")
            if action.root_ca_from is not None:
                self._check_one(action.root_ca_from, (*path, "root-ca-from"), path, "root-ca")
        if isinstance(action, ChangeService):
            self._check_one(action.name, (*path, "name"), path, "")
            for key in _NOT_CHANGED:
                if key in action.changes:
                    message = f"devices know a service by its {key}"
                    self.complaints.add((*path, key), message, "write another service", key=True)
            self._check(action, path)

    def _check_devices(self) -> None:
        check = self.complaints.check_name
        for name, device in self.devices.items():
            path: Path = ("devices", name) if len(self.devices) > 1 else ("device",)
            if device.tenant is not None:
                check((*path, "tenant"), device.tenant, self.tenants, "tenant")
            for application, written in device.applications.items():
                for index, anchor in enumerate(written.trusts):
                    at = (*path, "applications", application, "trusts", index)
                    check(at, anchor, self.certificates, "certificate")

    def _check_one(self, name: str | None, path: Path, step: Path, speaks: str) -> None:
        known = [one for one, service in self.services.items() if speaks in {"", service.speaks}]
        if name is not None:
            self.complaints.check_name(path, name, known, "service")
        elif not known:
            fix = "write it, as in `services: {issuing: gallery}`"
            self.complaints.add(step, "there is no issuing service in this scenario", fix)
        elif len(known) > 1:
            fix = f"add {path[-1]}: {listed(known, 'or')}"
            self.complaints.add(step, "the step does not say which service", fix)

    def _check(self, service: Service, path: Path) -> None:
        check = self.complaints.check_name
        for key, name in (("issues-from", service.issues_from), ("root-ca", service.root_ca)):
            if check((*path, key), name, self.certificates, "certificate"):
                spec = self.certificates[name].spec
                if not spec.profile.is_ca:
                    self.complaints.add((*path, key), f"{name!r} is a {spec.profile} and no CA", "name a CA")
        if service.certificate is None:
            try:
                baseline.complete(certificate_name("of a host"), _certificate(service))
            except SpecError as error:
                self.complaints.add((*path, "host"), str(error))
        else:
            check((*path, "certificate"), service.certificate, self.certificates, "certificate")
        if service.tenant is not None:
            check((*path, "tenant"), service.tenant, self.tenants, "tenant")
        for index, name in enumerate(service.allow or ()):
            check((*path, "allow", index), name, self.devices, "device")
        for index, name in enumerate(service.reachable_from or ()):
            ways = [*self.access_points, "ethernet"]
            check((*path, "reachable-from", index), name, ways, "access point")


def certificate_name(service: str) -> str:
    """Return the name under which the certificate of a service is kept that its file does not name."""
    return f"service {service}"


def _certificate(service: Service) -> Certificate:
    written = {"profile": Profile.SERVER, "dns": (service.host,), "valid-for": _LONG}
    return Certificate.model_validate(written)
