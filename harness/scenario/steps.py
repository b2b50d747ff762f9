"""The steps of a scenario: what the device, the server and the world do, one after the other.

A step is a mapping with one verb, and ``device`` and ``expect`` where they make sense. A verb that
needs nothing more may stand alone: ``- reload``. Each verb has a class here, its action.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import model_validator

from harness.pki.keys import KeyType
from harness.scenario.action import Action, AssociationAction
from harness.scenario.expect import ExpectStart
from harness.scenario.part import key_of
from harness.scenario.steps_backend import BACK_END_VERBS
from harness.scenario.steps_clock import Clock, Wait
from harness.scenario.steps_est import ReEnroll
from harness.scenario.steps_fleet import FLEET_VERBS
from harness.scenario.steps_renewal import ClientRenewal, RootRenewal
from harness.scenario.steps_services import Bootstrap, ChangeService
from harness.scenario.steps_store import Command, Damage, Delete, Install, Move, Show, Store
from harness.scenario.steps_tenant import Attest, Monitor, TenantCa
from harness.scenario.steps_wifi import WIFI_VERBS
from harness.scenario.values import Duration, Flag, Text, mistake
from harness.scenario.world import Server
from harness.scenario.world_path import Impairment


class Associate(AssociationAction):
    """Join a network. A bare word is its configuration name."""

    shorthand: ClassVar[str] = "network"

    network: Text
    """Configuration name of the network on the device."""
    access_point: Text | None = None
    """Name of the access point; the first with the network's SSID unless written."""
    interface: Literal["wifi", "ethernet"] = "wifi"
    """Interface of the device; EAP-TLS runs over Wi-Fi alone."""

    @property
    def words(self) -> str:
        """What is done, in words."""
        return f"{self.network} at {self.access_point}" if self.access_point else self.network


class Join(AssociationAction):
    """Let the device choose among its enabled networks, as it does by itself, until one is joined.

    Networks that failed are left alone for a while (``retry-delays``); the step ``wait`` lets that time pass. The
    order is the switch ``selection-order``. The verdict is that of the last network tried.
    """


class Reauthenticate(AssociationAction):
    """Authenticate again to the network the device is connected to, as a server can demand (RFC 5176)."""


class ChangeServer(Server, Action):
    """Stop, start or restart a server. Settings that are written here change first."""

    shorthand: ClassVar[str] = "action"
    expectation = ExpectStart

    action: Literal["restart", "stop", "start"] = "restart"
    """What is done."""
    name: Text | None = None
    """Name of the server; must be written where there are several."""

    @property
    def words(self) -> str:
        """What is done, in words."""
        changed = [key_of(name) for name in self.changes]
        return " ".join(
            filter(None, [self.action, self.name, f"with {', '.join(changed)}" if changed else ""])
        )

    @property
    def changes(self) -> tuple[str, ...]:
        """The settings that are written, by field name."""
        return tuple(name for name in self.written() if name in Server.model_fields)


class Renew(Action):
    """Issue a certificate anew under the same name and subject. A bare word is its name.

    Who holds the old one keeps it: the device until the next ``install``, the server until its next restart.
    """

    shorthand: ClassVar[str] = "certificate"

    certificate: Text
    """Name of the certificate."""
    keep_key: Flag = False
    """Whether the key stays the same."""
    key: KeyType | None = None
    """Type of the new key; that of the old one unless written."""
    valid_for: Duration | None = None
    """Length of validity from now on."""

    @model_validator(mode="after")
    def _one_key(self) -> Renew:
        if self.keep_key and self.key:
            raise mistake("a key that is kept has the type it had", "leave out key, or keep-key")
        if self.valid_for is not None and not self.valid_for:
            raise mistake("a certificate is valid for longer than nothing", "write a longer valid-for")
        return self


class Revoke(Action):
    """Revoke a certificate. A bare word is its name."""

    shorthand: ClassVar[str] = "certificate"

    certificate: Text
    """Name of the certificate."""
    publish: Flag = True
    """Whether the servers that hold its issuer's CRL get the new one, and are restarted."""


class ChangeAccessPoint(Action):
    """Switch an access point on or off. A bare word is what is done."""

    shorthand: ClassVar[str] = "action"

    action: Literal["start", "stop"]
    """What is done."""
    name: Text | None = None
    """Name of the access point; must be written where there are several."""

    @property
    def words(self) -> str:
        """What is done, in words."""
        return " ".join(filter(None, [self.action, self.name]))


class Impair(Impairment, Action):
    """Lose, repeat or delay packets from here on; replaces what was impaired before."""

    access_point: Text | None = None
    """Name of the access point; all of them unless written."""

    @property
    def words(self) -> str:
        """What is done, in words."""
        return ", ".join(name for name in self.written() if name != "access_point")


class Repair(Action):
    """End every impairment."""


class Note(Action):
    """Say something to the reader of the report. A bare word is the text."""

    shorthand: ClassVar[str] = "text"

    text: Text
    """The text."""


VERBS: Mapping[str, type[Action]] = {
    "install": Install,
    "delete": Delete,
    "move": Move,
    "damage": Damage,
    "store": Store,
    "show": Show,
    "command": Command,
    **WIFI_VERBS,
    "root-renewal": RootRenewal,
    "client-renewal": ClientRenewal,
    "bootstrap": Bootstrap,
    "re-enroll": ReEnroll,
    "associate": Associate,
    "join": Join,
    "reauthenticate": Reauthenticate,
    **FLEET_VERBS,
    "server": ChangeServer,
    "service": ChangeService,
    "access-point": ChangeAccessPoint,
    "attest": Attest,
    "monitor": Monitor,
    "tenant-ca": TenantCa,
    **BACK_END_VERBS,
    "renew": Renew,
    "revoke": Revoke,
    "clock": Clock,
    "wait": Wait,
    "impair": Impair,
    "repair": Repair,
    "note": Note,
}
"""Every verb of the language with what it does, in the order of the reference."""
