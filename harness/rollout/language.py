"""The rollout file: applications with what they install, move, delete and configure, and the renewals they run.

It speaks the scenario language's verbs. A certificate is any name; one that is a file beside the rollout has a size.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Union

from pydantic import Discriminator, Field, Tag, create_model

from harness.device.manifest import Capability
from harness.scenario.action import Action, DeviceAction
from harness.scenario.models import StepModel, step_tag, verbs_in
from harness.scenario.part import Part
from harness.scenario.steps import VERBS
from harness.scenario.switches import Switches
from harness.scenario.values import Flag, Text, Whole

_TAKEN_OVER = (
    "install",
    "delete",
    "move",
    "command",
    "network",
    "change",
    "enable",
    "disable",
    "forget",
    "forget-all",
    "duplicate",
    "persist",
    "reload",
    "reboot",
    "root-renewal",
    "client-renewal",
)


class GalleryRenewal(DeviceAction):
    """Renew as the Gallery's EAP-TLS client does, which puts the new certificates under the IDs in use.

    A bare word is the network.
    """

    shorthand: ClassVar[str] = "network"
    alone = True

    network: Text = "cfgRADIUS"
    """Configuration name of the network."""
    root_ca_cert_id: Text = "RadiusRootCA"
    """Certificate ID of the root CA."""
    client_cert_id: Text = "RadiusClient"
    """Certificate ID of the client certificate."""
    renews: Literal["both", "root", "client"] = "both"
    """What the service is asked for."""
    root: Text = "gallery-root"
    """Name of the new root CA."""
    client: Text = "gallery-client"
    """Name of the new client certificate."""


ROLLOUT_VERBS: Mapping[str, type[Action]] = {
    **{verb: VERBS[verb] for verb in _TAKEN_OVER},
    "gallery-renewal": GalleryRenewal,
}
"""The verbs of a rollout's steps."""


class RolloutStep(StepModel):
    """A step of a rollout."""

    @property
    def marked(self) -> bool:
        """Whether what it replaces is meant to be replaced."""
        return bool(getattr(self, "intended", False))


def _model(verb: str, action: type[Action]) -> type[StepModel]:
    intended = "Whether what it replaces is meant to be replaced."
    fields: dict[str, Any] = {
        verb.replace("-", "_"): (action, Field()),
        "intended": (Flag, Field(default=False, description=intended)),
    }
    model = create_model(f"{action.__name__}OfRollout", __base__=RolloutStep, **fields)
    model.verb = verb
    return model


ROLLOUT_STEPS: Mapping[str, type[StepModel]] = {
    verb: _model(verb, action) for verb, action in ROLLOUT_VERBS.items()
}


def _tag(step: object) -> str | None:
    if isinstance(step, StepModel):
        return step_tag(step.verb)
    verbs = verbs_in(step, ROLLOUT_VERBS)
    return step_tag(verbs[0]) if len(verbs) == 1 else None


if TYPE_CHECKING:
    Step = RolloutStep
else:
    Step = Annotated[
        Union[tuple(Annotated[model, Tag(step_tag(verb))] for verb, model in ROLLOUT_STEPS.items())],  # noqa: UP007
        Discriminator(_tag),
    ]


class CertificateSize(Part):
    """What is known of a certificate that is no file beside the rollout. A bare number is its size."""

    shorthand: ClassVar[str] = "size"

    size: Whole = Field(ge=1, le=8192)
    """Octets of the certificate in PEM."""
    key: Whole = Field(default=0, ge=0, le=8192)
    """Octets of its private key in PEM, password included; 0 for a root CA."""


class RolloutApplication(Part):
    """One application, or one team with its command line. A bare list is what it does."""

    shorthand: ClassVar[str] = "steps"

    steps: tuple[Step, ...] = Field(min_length=1)
    """What it does, in its order."""
    capabilities: tuple[Capability, ...] | None = None
    """What its manifest asks for; whatever else it tries is refused. All unless written."""
    manifest: Text | None = None
    """Its app_manifest.json, from which the capabilities are taken."""


class Rollout(Part):
    """What several applications do to one device."""

    rollout: Text = Field(min_length=1)
    """What is rolled out, in one sentence."""
    order: Literal["any", "written"] = "any"
    """``written``: applications act in the order written; ``any``: every order is tried."""
    start: tuple[Step, ...] = ()
    """What the device holds before."""
    applications: dict[str, RolloutApplication] = Field(min_length=1)
    """The applications by name."""
    certificates: dict[str, CertificateSize] = Field(default_factory=dict)
    """Sizes of certificates by name."""
    device: Switches = Switches()
    """How the device behaves where its documents leave room."""
