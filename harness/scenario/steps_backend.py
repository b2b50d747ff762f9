"""Steps on back ends: what is registered or trusted there, and devices that report to them."""

from __future__ import annotations

from typing import ClassVar, Literal

from harness.scenario.action import Action
from harness.scenario.expect import Expectation
from harness.scenario.expect_backend import ExpectContact, ExpectTrust, ExpectWatch
from harness.scenario.values import Flag, Text


class BackEndAction(Action):
    """What concerns a back end; ``back-end`` may be left out where there is one."""

    expectation: ClassVar[type[Expectation] | None] = ExpectTrust
    shorthand: ClassVar[str] = "back_end"
    alone: ClassVar[bool] = True

    back_end: Text | None = None
    """Name of the back end; must be written where there are several."""


class Register(BackEndAction):
    """Upload a CA to a managed back end. A bare word is the CA, by letter or file."""

    shorthand: ClassVar[str] = "certificate"
    alone: ClassVar[bool] = False

    certificate: Text
    """What is uploaded: a file that was downloaded, or a CA of the tenant by its letter."""
    as_: Text | None = None
    """Name of the registration; that of the certificate unless written."""
    tenant: Text | None = None
    """The tenant whose letter it is; the selected one unless written."""

    @property
    def name(self) -> str:
        """The name of the registration."""
        return self.as_ or self.certificate

    @property
    def words(self) -> str:
        """What is done, in words."""
        return " ".join(filter(None, [self.certificate, f"at {self.back_end}" if self.back_end else ""]))


class OnRegistration(BackEndAction):
    """What concerns one registration."""

    shorthand: ClassVar[str] = "registration"
    alone: ClassVar[bool] = False

    registration: Text
    """Name of the registration."""

    @property
    def words(self) -> str:
        """What is done, in words."""
        return " ".join(filter(None, [self.registration, f"at {self.back_end}" if self.back_end else ""]))


class Verify(OnRegistration):
    """Ask a managed back end for a verification code; an earlier one is worthless then. A bare word is the registration.

    ``azsphere ca-certificate download-proof --verification-code {hub}`` uses the code that ``hub`` gave last.
    """


class Prove(OnRegistration):
    """Upload a proof of possession."""

    proof: Text
    """The file that was downloaded."""


class Unregister(OnRegistration):
    """Remove a CA from a managed back end. A bare word is the registration."""


class Trust(BackEndAction):
    """Replace the trust file of a service of one's own. A bare list is what goes into it.

    One that OpenSSL cannot read changes nothing.
    """

    shorthand: ClassVar[str] = "certificates"
    alone: ClassVar[bool] = False

    certificates: tuple[Text, ...]
    """What goes into it, in this order: CAs of the tenant by letter, ``root``, ``policy``, files that were downloaded."""
    tenant: Text | None = None
    """The tenant whose letters these are; the selected one unless written."""
    form: Literal["pem", "as-downloaded"] = "pem"
    """``as-downloaded``: files are joined as they are; ``pem``: they are converted first."""
    line_ends: Flag = True
    """``false``: the line end between two certificates is missing, as where files without a last one are joined."""
    issuers: tuple[Text, ...] = ()
    """CAs of the tenant, out of all that the file leads to, whose devices are let in; all of them unless written."""

    @property
    def words(self) -> str:
        """What is trusted, in words."""
        return f"{self.back_end or ''} {', '.join(self.certificates) or 'nothing'}".strip()


class Contact(BackEndAction):
    """Let a device report to a back end over TLS, with its device certificate. A bare word is the back end.

    Before that the device gets the certificate of the day from the Security Service, when it is due and there is
    internet; without, it shows the one that it has, be it ended or not.
    """

    expectation = ExpectContact
    on_device = True

    sends: Literal["chain", "leaf-and-tenant", "leaf"] = "chain"
    """What it sends: its certificate, the tenant CA and the policy CA, or less."""
    shows: Literal["device", "proof", "nothing"] = "device"
    """``proof``: somebody with the key of a proof of possession for the active CA, and no device."""
    renew: Flag = False
    """Whether it gets a new certificate before that, due or not."""
    internet: Flag = True
    """Whether its network leads to the internet, which also tells it the time; the back end is reached in either case."""

    @property
    def words(self) -> str:
        """What is done, in words."""
        shown = {"device": "", "proof": "with a proof of possession", "nothing": "without a certificate"}
        sent = {
            "chain": "",
            "leaf-and-tenant": "without the policy CA",
            "leaf": "with its own certificate alone",
        }
        return " ".join(filter(None, [self.back_end, shown[self.shows], sent[self.sends]]))


class Watch(BackEndAction):
    """Look whether a back end lacks a CA of the tenant that is active or will be. A bare word is the back end."""

    expectation = ExpectWatch

    tenant: Text | None = None
    """The tenant; the selected one unless written."""

    @property
    def words(self) -> str:
        """Where one looks, in words."""
        return self.back_end or ""


BACK_END_VERBS: dict[str, type[Action]] = {
    "register": Register,
    "verify": Verify,
    "prove": Prove,
    "unregister": Unregister,
    "trust": Trust,
    "watch": Watch,
    "contact": Contact,
}
"""The verbs of this module, in the order of the reference."""
