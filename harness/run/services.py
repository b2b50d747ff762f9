"""The services of one case, on loopback ports, and the devices' certificates of the day with which they are called."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from harness.device.bootstrap.attestation import AttestationCache
from harness.device.bootstrap.est_client import EstClient
from harness.pki.credential import Credential
from harness.run import enrolling
from harness.run.tenants import Tenants, device_id
from harness.scenario.check_services import certificate_name
from harness.scenario.world_services import Service, Spoilt
from harness.services.est.service import EstService
from harness.services.issuing.gallery import Careless, GalleryService, Tampering, root_ca_handler
from harness.services.issuing.issuer import Again, Issuer
from harness.services.issuing.policy import Policy
from harness.services.security.lifecycle import Meaning
from harness.services.web.listener import ClientCertificates, Faults, Listener
from harness.services.web.messages import Handler, Reply, Request
from harness.services.web.trust import ClientTrust

if TYPE_CHECKING:
    from harness.run.world import World

_ENDED = {Meaning.EXPIRED, Meaning.REVOKED}


@dataclass(frozen=True, slots=True)
class Seen:
    """What a service noted of its last request: the word of its refusal, and whether a certificate was presented."""

    refusal: str = ""
    presented: bool = False


class WebServices:
    """Services by name; each listens from its first call on, until the case ends."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._leases = ExitStack()
        self._listeners: dict[str, Listener] = {}
        self._issuing: dict[str, GalleryService | EstService] = {}
        self._clients: dict[tuple[str, str], EstClient] = {}
        self._caches: dict[str, AttestationCache] = {}
        self.written: dict[str, Service] = dict(world.scenario.services)
        self.seen: dict[str, Seen] = {}

    @property
    def tenants(self) -> Tenants | None:
        """The tenants of the case, if it has any."""
        return self._world.tenants

    def tenant_id(self, device: str) -> str:
        """Return the ID of the tenant that a device belongs to; empty where there is none."""
        tenants = self.tenants
        if tenants is None:
            return ""
        written = self._world.written(device).tenant
        return tenants.tenant(written or next(iter(self._world.scenario.tenants))).id

    def attestation(self, device: str, *, internet: bool, renew: bool = False) -> AttestationCache:
        """Return a device's certificate of the day, a new one where it is due (or ``renew`` says so) and can be had.

        It can be had with internet and the device's time in sync (behaviour reference, section 5.2).
        """
        cache = self._caches.setdefault(device, AttestationCache())
        which = self._world.devices[device]
        synchronised = which.clock.sync == "complete"
        now = which.clock.now()
        if self.tenants is not None and internet and synchronised and (renew or cache.due(now)):
            attested = self.tenants.attest(which, self.tenant_id(device))
            leaf, *chain = attested.chain
            cache.keep(Credential(leaf, attested.key, tuple(chain)), now)
        return cache

    def est_client(self, device: str, application: str) -> EstClient:
        """Return the EST client of an application, with what it keeps in its own storage."""
        return self._clients.setdefault((device, application), EstClient())

    def hosts(self, ways: Collection[str]) -> Mapping[str, tuple[str, int]]:
        """Return where the services are that one of those ways leads to, by host; those that are down: where nobody listens.

        Ways are the access points, or the cable, over which a device is connected.
        """
        return {
            service.host.lower(): (
                "127.0.0.1",
                1 if service.fault and service.fault.down else self._port(name),
            )
            for name, service in self.written.items()
            if service.reachable_from is None or set(ways) & set(service.reachable_from)
        }

    def change(self, name: str, changes: Mapping[str, object]) -> None:
        """Change a service; what it has issued and counted stays."""
        service = self.written[name] = self.written[name].model_copy(update=changes)
        listener = self._listeners.get(name)
        if listener is None:
            return
        self._settle(listener, service)
        if name in self._issuing:
            self._configure(self._issuing[name], service)

    def close(self) -> None:
        """Stop all of them."""
        self._leases.close()

    def _port(self, name: str) -> int:
        if name not in self._listeners:
            service = self.written[name]
            credential = self._world.book.credential(service.certificate or certificate_name(name))
            listener = Listener(self._handler(name, service), credential, now=self._world.now)
            self._settle(listener, service)
            self._listeners[name] = self._leases.enter_context(listener)
        return self._listeners[name].port

    def _settle(self, listener: Listener, service: Service) -> None:
        low, high = service.tls.bounds
        listener.versions = (low.value, high.value)
        listener.certificates = ClientCertificates(service.client_certificate)
        fault = service.fault
        listener.faults = (
            Faults(fault.slow.total_seconds(), fault.cut_after, fault.silent, fault.redirect or "")
            if fault
            else Faults()
        )

    def _handler(self, name: str, service: Service) -> Handler:
        book = self._world.book
        if service.speaks == "root-ca":
            return root_ca_handler(lambda: book.certificate(self.written[name].root_ca))
        authority = book.credential(service.issues_from)
        issuer = Issuer(authority, self._world.random)
        policy = Policy(lambda now: self._trust(self.written[name], now))
        made: GalleryService | EstService
        said: dict[str, str] = {}
        if service.speaks == "est":
            made = enrolling.est_service(self._world, policy, issuer, lambda word: said.update({name: word}))
        else:
            root = book.certificate(service.root_ca)
            made = GalleryService(policy, issuer, root, service.ssid, self._world.now)
        self._issuing[name] = made
        self._configure(made, service)

        def handle(request: Request) -> Reply:
            said.pop(name, None)
            reply = made(request)
            self.seen[name] = Seen(said.get(name) or _word(reply), bool(request.peer_chain))
            return reply

        return handle

    def _configure(self, made: GalleryService | EstService, service: Service) -> None:
        book = self._world.book
        if isinstance(made, GalleryService):
            made.ssid = service.ssid
            made.root_ca = book.certificate(service.root_ca)
            made.careless = frozenset(Careless(word) for word in service.careless)
            made.tampering = _tampering(service.answer)
        made.issuer.authority = book.credential(service.issues_from)
        made.issuer.again = Again(service.again)
        made.issuer.encrypts = service.key_password
        made.issuer.key, made.issuer.valid_for = service.key, service.valid_for
        devices = self._world.devices
        made.policy.allow = (
            None if service.allow is None else frozenset(device_id(devices[name]) for name in service.allow)
        )
        made.policy.most = service.rate_limit.most or None
        made.policy.per = service.rate_limit.per
        made.policy.believes_anybody = Careless.ALWAYS_TRUE in service.careless
        if isinstance(made, EstService):
            enrolling.configure(self._world, made, service)

    def _trust(self, service: Service, now: datetime) -> ClientTrust:
        tenants = self.tenants
        assert tenants is not None, "the check of the scenario made sure of it"
        if service.trusts == "root":
            return ClientTrust((tenants.service.root,))
        tenant = tenants.tenant(service.tenant or next(iter(self._world.scenario.tenants)))
        listed = tenants.service.authorities(tenant, now)
        if service.trusts == "first-ca":
            listed = listed[:1]
        anchors = tuple(one.certificate for one in listed if one.meaning not in _ENDED)
        return ClientTrust(anchors, partial_chain=True)


def _word(reply: Reply) -> str:
    """Return the word of a refusal."""
    if reply.status < 400:
        return ""
    try:
        return str(json.loads(reply.body)["error"])
    except (ValueError, KeyError, TypeError):
        return ""


def _tampering(written: Spoilt | None) -> Tampering:
    if written is None:
        return Tampering()
    values = {name: getattr(written, name) for name in Spoilt.model_fields}
    return replace(Tampering(), **values)
