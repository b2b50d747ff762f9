"""The steps of a scenario: what the device, the server and the world do, one after the other.

A step is a mapping with one verb, and ``device`` and ``expect`` where they make sense. A verb that
needs nothing more may stand alone: ``- reload``. Each verb has a class here, its action.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from harness.device.network import Security
from harness.pki.keys import KeyType
from harness.scenario.expect import ExpectAction, ExpectAssociation, ExpectStore
from harness.scenario.part import Part, key_of
from harness.scenario.values import Duration, Flag, Moment, Text, format_duration, mistake
from harness.scenario.world import Impairment, Server

CertificateType = Literal["client", "rootca"]
Clearable = Literal["root-ca-cert-id", "client-id", "anonymous-identity", "server-name"]


class Action(Part):
    """What a verb does. ``expectation`` is what its ``expect`` may say, ``on_device`` whether a device does it."""

    expectation: ClassVar[type[ExpectAction | ExpectAssociation] | None] = None
    on_device: ClassVar[bool] = False

    @property
    def words(self) -> str:
        """What the verb is applied to, in words; follows the verb in a step's title."""
        return str(getattr(self, self.shorthand)) if self.shorthand else ""


class DeviceAction(Action):
    """What a device does with its settings."""

    expectation = ExpectAction
    on_device = True


class StoreAction(DeviceAction):
    """What a device does with its certificate store."""

    expectation = ExpectStore


class Install(StoreAction):
    """Put a certificate into the device's store; what has the same certificate ID is replaced."""

    id: Text
    """Certificate ID, up to 16 characters."""
    type: CertificateType
    """``client``: certificate and private key; ``rootca``: certificate alone."""
    certificate: Text
    """Name of the certificate."""
    key_from: Text | None = None
    """Name of the certificate whose private key is installed; its own unless written."""
    password: Text | None = Field(default=None, repr=False)
    """Password given along; that of the certificate unless written, ``""``: none."""
    by: Text | None = None
    """Name of the application that does it; for the reader only, IDs are system-wide."""

    @property
    def words(self) -> str:
        """What is done, in words."""
        return f"{self.certificate} as {self.type} {self.id}"


class Delete(StoreAction):
    """Remove a certificate from the device's store. A bare word is the certificate ID."""

    shorthand: ClassVar[str] = "id"

    id: Text
    """Certificate ID."""
    by: Text | None = None
    """Name of the application that does it; for the reader only."""


class Move(StoreAction):
    """Give a certificate in the store another ID; what had that ID is replaced."""

    from_: Text
    """Certificate ID it has."""
    to: Text
    """Certificate ID it gets."""

    @property
    def words(self) -> str:
        """What is done, in words."""
        return f"{self.from_} to {self.to}"


class NetworkSettings(DeviceAction):
    """The settings of a network on the device that can be changed later."""

    ssid: Text | None = None
    """Name of the network on the air."""
    client_cert_id: Text | None = None
    """Certificate ID of the client certificate."""
    root_ca_cert_id: Text | None = None
    """Certificate ID of the root CA; without it the device does not authenticate the server."""
    client_id: Text | None = None
    """Identity the device gives."""
    anonymous_identity: Text | None = None
    """Identity sent in clear in its stead (RFC 9190 2.1.8)."""
    server_name: Text | None = None
    """DNS name the server's certificate must have; any unless written."""
    security: Security | None = None
    """How the device expects the network to be secured."""


class Network(NetworkSettings):
    """Add a network to the device; the settings are saved and reloaded unless written otherwise."""

    name: Text
    """Configuration name of the network; what other steps call it."""
    ssid: Text = "CORP"
    """Name of the network on the air."""
    security: Security = Security.EAP_TLS
    """How the device expects the network to be secured."""
    enabled: Flag = True
    """Whether it is enabled."""
    persist: Flag = True
    """Whether the settings of all networks are saved at once, as the command line does."""
    reload: Flag = True
    """Whether Wi-Fi then reloads, so that certificates installed before are in use."""

    @model_validator(mode="after")
    def _survives(self) -> Network:
        if self.reload and not self.persist:
            raise mistake("a reload loses a network that is not saved", "write reload: false as well")
        return self

    @property
    def words(self) -> str:
        """What is done, in words."""
        return self.name


class Change(NetworkSettings):
    """Change settings of a network on the device; lost at the next reload unless persisted."""

    network: Text
    """Configuration name of the network."""
    clear: tuple[Clearable, ...] = ()
    """Settings to take away."""

    @property
    def words(self) -> str:
        """What is done, in words."""
        return self.network


class Duplicate(DeviceAction):
    """Copy a network under a new configuration name; the copy is disabled."""

    network: Text
    """Configuration name of the network."""
    as_: Text
    """Configuration name of the copy."""

    @property
    def words(self) -> str:
        """What is done, in words."""
        return f"{self.network} as {self.as_}"


class Associate(Action):
    """Join a network. A bare word is its configuration name."""

    expectation = ExpectAssociation
    on_device = True
    shorthand: ClassVar[str] = "network"

    network: Text
    """Configuration name of the network on the device."""
    access_point: Text | None = None
    """Name of the access point; the first with the network's SSID unless written."""

    @property
    def words(self) -> str:
        """What is done, in words."""
        return f"{self.network} at {self.access_point}" if self.access_point else self.network


class ChangeServer(Server, Action):
    """Stop, start or restart a server. Settings that are written here change first."""

    shorthand: ClassVar[str] = "action"

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
        return self


class Revoke(Action):
    """Revoke a certificate. A bare word is its name."""

    shorthand: ClassVar[str] = "certificate"

    certificate: Text
    """Name of the certificate."""
    publish: Flag = True
    """Whether the servers that hold its issuer's CRL get the new one, and are restarted."""


class Clock(Action):
    """Move clocks. Shifts are against the true time, whatever was set before."""

    device: Moment | None = None
    """Clock of the device, as a shift or as a date."""
    server: Moment | None = None
    """Clock of every server; they are restarted."""
    advance: Duration | None = None
    """How far both go forward from where they are."""

    on_device = True

    @model_validator(mode="after")
    def _something(self) -> Clock:
        if not self.model_fields_set:
            raise mistake("clock moves nothing", "write device, server or advance")
        if self.advance is not None and len(self.model_fields_set) > 1:
            raise mistake("advance moves both clocks already", "leave out device and server, or advance")
        return self

    @property
    def words(self) -> str:
        """What is done, in words."""
        moved = [f"{name} {_moment_words(getattr(self, name))}" for name in self.written()]
        return ", ".join(moved)


class Impair(Impairment, Action):
    """Lose, repeat or delay packets from here on; replaces what was impaired before."""

    access_point: Text | None = None
    """Name of the access point; all of them unless written."""

    @property
    def words(self) -> str:
        """What is done, in words."""
        return ", ".join(name for name in self.written() if name != "access_point")


class Enable(DeviceAction):
    """Enable a network on the device."""

    shorthand: ClassVar[str] = "network"

    network: Text
    """Configuration name of the network."""


class Disable(DeviceAction):
    """Disable a network on the device."""

    shorthand: ClassVar[str] = "network"

    network: Text
    """Configuration name of the network."""


class Forget(DeviceAction):
    """Remove a network from the device; it comes back at the next reload unless persisted."""

    shorthand: ClassVar[str] = "network"

    network: Text
    """Configuration name of the network."""


class Persist(DeviceAction):
    """Save the settings of all networks on the device."""


class Reload(DeviceAction):
    """Reload saved settings and certificates; what was not saved is lost."""


class Reboot(DeviceAction):
    """Start the device anew; what was not saved is lost."""


class Command(StoreAction):
    """Type a command of the device's command line. A bare word is the command.

    Certificates are files: ``{thermostat.pem}``, ``{thermostat.key}``, or the same without braces.
    """

    shorthand: ClassVar[str] = "line"

    line: Text = Field(repr=False)
    """A line for ``azsphere`` or ``az sphere``; it may hold a password."""

    @property
    def words(self) -> str:
        """Nothing: a password may stand in the line."""
        return ""


class Repair(Action):
    """End every impairment."""


class Note(Action):
    """Say something to the reader of the report. A bare word is the text."""

    shorthand: ClassVar[str] = "text"

    text: Text
    """The text."""


def _moment_words(value: timedelta | datetime) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return format_duration(value)


VERBS: Mapping[str, type[Action]] = {
    "install": Install,
    "delete": Delete,
    "move": Move,
    "command": Command,
    "network": Network,
    "change": Change,
    "enable": Enable,
    "disable": Disable,
    "forget": Forget,
    "duplicate": Duplicate,
    "persist": Persist,
    "reload": Reload,
    "reboot": Reboot,
    "associate": Associate,
    "server": ChangeServer,
    "renew": Renew,
    "revoke": Revoke,
    "clock": Clock,
    "impair": Impair,
    "repair": Repair,
    "note": Note,
}
"""Every verb of the language with what it does, in the order of the reference."""
