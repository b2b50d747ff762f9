"""Steps on tenants and their CA certificates, most of them written as commands of the documents."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Literal

from pydantic import model_validator

from harness.scenario.action import Action
from harness.scenario.expect_tenant import Authority, ExpectAttestation, ExpectMonitor
from harness.scenario.values import Flag, Shift, Text, Whole, mistake

What = Literal["certificate", "chain", "proof"]


class TenantAction(Action):
    """What the Security Service is asked; ``tenant`` is the selected one unless written."""

    tenant: Text | None = None
    """Name or ID of the tenant."""


class ListAuthorities(TenantAction):
    """``ca-certificate list``."""

    integrated: Flag = False
    """Whether the words are those of the integrated program, which says Expired."""


class Download(TenantAction):
    """``ca-certificate download``, ``download-chain`` and ``download-proof``."""

    what: What
    """What is downloaded."""
    file: Text
    """The file it goes to, among the files of the case."""
    index: Whole | None = None
    """Place in the list, counted from 1."""
    thumbprint: Text | None = None
    """Thumbprint, or a letter in braces."""
    serial: Text | None = None
    """Serial number, or ``.default``."""
    code: Text | None = None
    """Verification code, or the name of a back end in braces: the code that it gave last."""


class CreateTenant(Action):
    """``tenant create``."""

    name: Text
    """Name of the tenant."""


class ListTenants(Action):
    """``tenant list``."""


class SelectTenant(Action):
    """``tenant select``."""

    tenant: Text
    """Name or ID of the tenant."""


class ShowSelected(Action):
    """``tenant show-selected``."""


class Attest(TenantAction):
    """Get the device's certificate of the day from the Security Service, and judge its chain with OpenSSL.

    No network is involved; the device's own way to it is the step ``bootstrap``.
    """

    alone: ClassVar[bool] = True
    on_device = True
    expectation = ExpectAttestation

    fresh: Flag = True
    """``false``: the one that it got last is judged again."""
    trusts: tuple[Text, ...] | None = None
    """Files of downloaded CAs that alone are trusted; the service's root unless written."""
    clock: Shift = timedelta()
    """How far the verifier's clock is off."""
    revocation: Flag = False
    """Whether the policy CA's list of revoked tenant CAs is asked as well."""

    @property
    def words(self) -> str:
        """What is trusted, in words."""
        return f"trusting {', '.join(self.trusts)}" if self.trusts else ""


class Monitor(TenantAction):
    """Look whether back ends trust every CA that they will need: the check that should run every day.

    A bare list names the files that they trust.
    """

    shorthand: ClassVar[str] = "trusts"
    expectation = ExpectMonitor

    trusts: tuple[Text, ...]
    """Files of downloaded CAs."""

    @property
    def words(self) -> str:
        """What is trusted, in words."""
        return f"what trusts {', '.join(self.trusts) or 'nothing'}"


class TenantCa(TenantAction):
    """What the operator of the Security Service does to CAs of a tenant; no command of the documents does it."""

    revoke: Authority | None = None
    """The CA that is revoked: A is the first one of the tenant, B its successor."""
    reissue: Flag = False
    """Issue all CAs anew, with their keys and dates, and without a wrong signature field."""

    @model_validator(mode="after")
    def _one_thing(self) -> TenantCa:
        if (self.revoke is None) != self.reissue:
            raise mistake("one thing is done at a time", "write revoke: A, or reissue: true")
        return self

    @property
    def words(self) -> str:
        """What is done, in words."""
        return f"revoke {self.revoke}" if self.revoke else "reissue"
