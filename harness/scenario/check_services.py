"""Services of a scenario: completed, and the names in them and in the steps on them checked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from harness.pki.spec import Profile, SpecError
from harness.scenario import baseline
from harness.scenario.action import Action
from harness.scenario.baseline import CertificateOrder
from harness.scenario.complaints import Complaints, Path
from harness.scenario.part import key_of
from harness.scenario.steps_est import ReEnroll
from harness.scenario.steps_services import Bootstrap, ChangeService
from harness.scenario.wording import listed
from harness.scenario.world import Certificate, Device
from harness.scenario.world_est import EstRequest
from harness.scenario.world_services import Service

_LONG = "3650d"
"""How long the certificate of a service lasts whose file names none: no scenario is about its end."""
_ISSUING = ("gallery", "est")
"""What services speak that issue client certificates."""
_OF_ONE_KIND = {
    "est": ("again", "answer", "key", "key_password", "root_ca", "ssid"),
    "gallery": ("est",),
    "root-ca": (
        *("est", "again", "answer", "key", "key_password", "ssid", "allow", "careless", "rate_limit"),
        *("issues_from", "valid_for", "tenant", "trusts"),
    ),
}
"""Settings that a service of that kind does not know."""
_CARELESS_OF_ALL = ("always-true",)
"""What a service of the public sample does wrong and one that speaks EST can do as well."""
ANSWER_FIELDS = (
    *("timestamp", "rootCACertificate", "eapTlsNetworkSsid", "clientIdentity"),
    *("clientPublicCertificate", "clientPrivateKey", "clientPrivateKeyPass"),
)
"""The fields of the answer of a service that speaks ``gallery``."""
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
            if service.speaks in _ISSUING and not self.tenants:
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
            self._check_one(action.service, (*path, "service"), path, _ISSUING)
            if action.root_ca_from is not None:
                self._check_one(action.root_ca_from, (*path, "root-ca-from"), path, ("root-ca",))
            self._check_request(action.request, path)
        if isinstance(action, ReEnroll):
            self._check_one(action.service, (*path, "service"), path, ("est",))
            self._check_request(action.request, path)
        if isinstance(action, ChangeService):
            self._check_one(action.name, (*path, "name"), path, ())
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

    def _check_one(self, name: str | None, path: Path, step: Path, speaks: Collection[str]) -> None:
        known = [one for one, service in self.services.items() if not speaks or service.speaks in speaks]
        if name is not None:
            self.complaints.check_name(path, name, known, "service")
        elif not known:
            fix = f"write it, as in `services: {{issuing: {next(iter(speaks), 'gallery')}}}`"
            self.complaints.add(step, "there is no issuing service in this scenario", fix)
        elif len(known) > 1:
            fix = f"add {path[-1]}: {listed(known, 'or')}"
            self.complaints.add(step, "the step does not say which service", fix)

    def _check_request(self, request: EstRequest, path: Path) -> None:
        if request.names_of is not None:
            at = (*path, "request", "names-of")
            self.complaints.check_name(at, request.names_of, self.devices, "device")

    def _speaks(self, service: Service, path: Path) -> str:
        """Return what a service speaks, one that a step changes too."""
        if path[0] != "services" and isinstance(service, ChangeService):
            known = self.services.get(service.name or next(iter(self.services), ""))
            return known.speaks if known else ""
        return service.speaks

    def _check_kind(self, service: Service, path: Path) -> None:
        """Check that what is written means something to what the service speaks."""
        speaks = self._speaks(service, path)
        for key in _OF_ONE_KIND.get(speaks, ()):
            if key in service.written():
                fix = f"leave it out, or write a service that speaks {'est' if key == 'est' else 'gallery'}"
                self.complaints.add(
                    (*path, key_of(key)), f"{key_of(key)!r} means nothing to {speaks}", fix, key=True
                )
        for index, word in enumerate(service.careless if speaks == "est" else ()):
            if word not in _CARELESS_OF_ALL:
                at = (*path, "careless", index)
                fix = "leave it out, or write a service that speaks gallery"
                self.complaints.add(at, f"{word!r} means nothing to est", fix)
        # A field that is put may be any; one that is left out or made longer has to be there.
        for index, name in enumerate(service.answer.drop if service.answer else ()):
            self.complaints.check_name((*path, "answer", "drop", index), name, ANSWER_FIELDS, "field")
        for name in service.answer.pad if service.answer else ():
            self.complaints.check_name((*path, "answer", "pad", name), name, ANSWER_FIELDS, "field")
        for index, name in enumerate(service.est.cacerts or ()):
            self.complaints.check_name(
                (*path, "est", "cacerts", index), name, self.certificates, "certificate"
            )

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
        self._check_kind(service, path)
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
