"""Steps on the certificate store of a device."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from harness.scenario.action import DeviceAction, StoreAction
from harness.scenario.expect_device import ExpectEntry, ExpectHolding
from harness.scenario.expect_tenant import ExpectCommand
from harness.scenario.values import Text, Whole, mistake

CertificateType = Literal["client", "rootca"]


class Install(StoreAction):
    """Put a certificate into the device's store; what has the same certificate ID is replaced."""

    writes = True

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

    @property
    def words(self) -> str:
        """What is done, in words."""
        return f"{self.certificate} as {self.type} {self.id}"


class Delete(StoreAction):
    """Remove a certificate from the device's store. A bare word is the certificate ID."""

    shorthand: ClassVar[str] = "id"
    writes = True

    id: Text
    """Certificate ID."""


class Move(StoreAction):
    """Give a certificate in the store another ID; what had that ID is replaced."""

    writes = True

    from_: Text
    """Certificate ID it has."""
    to: Text
    """Certificate ID it gets."""

    @property
    def words(self) -> str:
        """What is done, in words."""
        return f"{self.from_} to {self.to}"


class Damage(StoreAction):
    """Make what is stored under a certificate ID unreadable, as a fault of the memory would. A bare word is the ID."""

    shorthand: ClassVar[str] = "id"
    by_application = False

    id: Text
    """Certificate ID."""


class Store(DeviceAction):
    """Ask the certificate store what it holds."""

    expectation = ExpectHolding


class Show(DeviceAction):
    """Ask about one certificate in the store. A bare word is the certificate ID."""

    shorthand: ClassVar[str] = "id"
    expectation = ExpectEntry

    id: Text | None = None
    """Certificate ID."""
    index: Whole | None = Field(default=None, ge=0)
    """Its place among all, counted from 0, instead of the ID; places shift when others go."""

    @model_validator(mode="after")
    def _one_way(self) -> Show:
        if (self.id is None) == (self.index is None):
            raise mistake("a certificate is found by its ID or by its index", "write id or index")
        return self

    @property
    def words(self) -> str:
        """What is asked for, in words."""
        return str(self.id) if self.id is not None else f"index {self.index}"


class Command(StoreAction):
    """Type a command of the device's command line, which saves networks at once. A bare word is the command.

    Certificates are files: ``{thermostat.pem}``, ``{thermostat.key}``, or the same without braces. A network is
    found by its number or its configuration name, and needs no name. Questions are the steps ``store``, ``show``
    and ``status``. Commands about tenants and their CAs are known too; what they download is a file for later steps.
    """

    shorthand: ClassVar[str] = "line"
    expectation = ExpectCommand
    by_application = False

    line: Text = Field(repr=False)
    """A line for ``azsphere`` or ``az sphere``; it may hold a password."""

    @property
    def words(self) -> str:
        """Nothing: a password may stand in the line."""
        return ""
