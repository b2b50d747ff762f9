"""Steps that renew a certificate: the procedures of the device, whole or call by call, in any order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic import field_validator, model_validator

from harness.device.client_renewal import (
    CLIENT_BY_BOOTSTRAP,
    CLIENT_BY_TRIAL,
    CLIENT_IN_PLACE,
    CLIENT_TRIAL_BACK,
)
from harness.device.procedure import Step
from harness.device.root_renewal import ROOT_RENEWAL
from harness.scenario.action import DeviceAction
from harness.scenario.expect_device import ExpectProcedure
from harness.scenario.values import Text, Words, mistake
from harness.scenario.wording import nearest

ROOT_CALLS: tuple[Step[Any], ...] = ROOT_RENEWAL
CLIENT_CALLS: tuple[Step[Any], ...] = (
    *CLIENT_IN_PLACE,
    *CLIENT_BY_TRIAL,
    *CLIENT_TRIAL_BACK,
    *CLIENT_BY_BOOTSTRAP,
)


class Procedure(DeviceAction):
    """Calls of a procedure, by name, and the certificate it is about."""

    calls: ClassVar[tuple[Step[Any], ...]] = ()
    shorthand: ClassVar[str] = "do"
    expectation = ExpectProcedure
    writes = True

    do: Words
    """Stages or single calls in the order in which they are done; the first that is refused ends the step."""
    until: Text | None = None
    """Call after which it ends, though more are named."""
    network: Text = "corp"
    """Configuration name of the network."""
    copy_: Text = "corp-next"
    """Configuration name of its copy."""

    @field_validator("do")
    @classmethod
    def _exist(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            cls._known(name, [step.stage for step in cls.calls] + [step.id for step in cls.calls])
        return value

    @model_validator(mode="after")
    def _ends_inside(self) -> Procedure:
        if self.until is not None and self.until not in [step.id for step in self.named()]:
            fix = f"write one of: {', '.join(step.id for step in self.named())}"
            raise mistake(f"until {self.until!r} is none of the calls that are done", fix)
        return self

    @classmethod
    def _known(cls, name: str, words: Sequence[str]) -> None:
        if name not in words:
            near = nearest(name, words)
            stages = ", ".join(dict.fromkeys(step.stage for step in cls.calls))
            fix = f"did you mean {near!r}?" if near else f"its stages are: {stages}"
            raise mistake(f"the procedure has no call {name!r}", fix)

    def named(self) -> tuple[Step[Any], ...]:
        """Return the calls that ``do`` names, in order."""
        return tuple(step for name in self.do for step in self.calls if name in (step.id, step.stage))

    def steps(self) -> tuple[Step[Any], ...]:
        """Return the calls to do, in order."""
        named = self.named()
        if self.until is None:
            return named
        return named[: [step.id for step in named].index(self.until) + 1]

    @property
    def copies(self) -> bool:
        """Whether the copy of the network comes into being."""
        return any(step.id.endswith(".duplicate") for step in self.steps())

    @property
    def words(self) -> str:
        """What is done, in words."""
        return ", ".join(self.do) + (f" until {self.until}" if self.until else "")


class RootRenewal(Procedure):
    """Renew a root CA with a copy of the network, R0 to R5. A bare word, or list, is what to do of it.

    R0: the network is in use. R1: space, install under a new ID. R2: copy the network, point the copy at the
    new ID, enable, persist, reload. R3: is the device connected to the copy? R4: move the new root CA over the
    old one. R5: forget the copy, persist, reload.
    """

    calls = ROOT_CALLS

    certificate: Text = "next-root"
    """Name of the new root CA's certificate."""
    id: Text = "corp-root-ca"
    """Certificate ID of the old root CA, which the new one gets in R4."""
    new_id: Text = "next-root-ca"
    """Certificate ID of the new root CA until then."""


class ClientRenewal(Procedure):
    """Renew a client certificate in place (A1 to A3), by trial (B1 to B7, back: X1 to X5), or over a bootstrap network (C1 to C5).

    A bare word, or list, is what to do of it. A trial copies the network, and only when the server has accepted
    the new certificate there (B4) does it take the old one's place.
    """

    calls = CLIENT_CALLS

    certificate: Text = "thermostat-next"
    """Name of the new client certificate."""
    key_from: Text | None = None
    """Name of the certificate whose private key comes with it; its own unless written."""
    id: Text = "corp-client"
    """Certificate ID of the old client certificate, which the new one gets."""
    new_id: Text = "next-client"
    """Certificate ID of the new one while it is on trial."""
    client_id: Text | None = None
    """Identity that comes with the new certificate; the old one unless written."""
    bootstrap: Text = "bootstrap"
    """Configuration name of the network over which the new certificate is fetched."""
