"""A scenario file as a whole: its head, its world, its steps, its matrix."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Union, cast

from pydantic import ConfigDict, Discriminator, Field, Tag, create_model, model_validator

from harness.scenario.action import Action
from harness.scenario.expect import ExpectAssociation, Expectation, ExpectFleet, ExpectStart
from harness.scenario.expect_backend import ExpectContact
from harness.scenario.part import Part
from harness.scenario.steps import VERBS
from harness.scenario.values import Text, Whole
from harness.scenario.values_fleet import PartOfFleet, Shares
from harness.scenario.world import AccessPoint, Certificate, Device, Server
from harness.scenario.world_backends import BackEnd
from harness.scenario.world_services import Service
from harness.scenario.world_tenants import SecurityService, Tenant


class Capability(StrEnum):
    """What a machine can lack; a scenario that requires it is then skipped."""

    CONTAINER = "container"
    """The server runs in a container."""
    PROCESS = "process"
    """The server runs as a local process."""
    IPV6 = "ipv6"
    """The machine has an IPv6 loopback address."""
    SERVER_LOG = "server-log"
    """The server's log can be read."""
    SERVER_CONTROL = "server-control"
    """The server can be configured, stopped and started."""
    SERVER_CLOCK = "server-clock"
    """The server's clock can be moved."""


class CutAt(Part):
    """A power cut inside a step, and what it leaves. A bare number is the write point.

    A file is replaced in four write points: written, made durable, renamed, its name made durable.
    """

    shorthand: ClassVar[str] = "point"

    point: Whole = Field(ge=1)
    """The write point, counted from 1; it does not happen."""
    survives: Literal["nothing", "everything"] = "nothing"
    """What is left of what had been written and was not durable yet."""


class StepModel(Part):
    """A step as it is written; each verb has its own model, made from this one."""

    verb: ClassVar[str] = ""

    @property
    def action(self) -> Action:
        """What the verb does."""
        return cast("Action", getattr(self, _field_of(self.verb)))

    @property
    def by_name(self) -> str:
        """The application that is written; empty: none."""
        return cast("str | None", getattr(self, "by", None)) or ""

    @property
    def cut(self) -> CutAt | None:
        """The write point at which the power is cut."""
        return cast("CutAt | None", getattr(self, "power_cut_at", None))

    @property
    def device_name(self) -> str | None:
        """The device that is written."""
        return cast("str | None", getattr(self, "device", None))

    @property
    def part(self) -> Shares | None:
        """The part of a fleet that is written."""
        return cast("Shares | None", getattr(self, "share", None))

    @property
    def expectation(self) -> Expectation | None:
        """The expectation that is written."""
        return cast("Expectation | None", getattr(self, "expect", None))

    @model_validator(mode="before")
    @classmethod
    def _bare_verb(cls, data: Any) -> Any:
        return {data: None} if isinstance(data, str) else data


def _field_of(verb: str) -> str:
    """Return the field of a verb; ``register`` is a word of the base class, so its field ends in an underscore."""
    name = verb.replace("-", "_")
    return f"{name}_" if hasattr(Part, name) else name


def verbs_in(step: object, verbs: Collection[str] = VERBS) -> tuple[str, ...]:
    """Return the verbs of a step as it is written; a right step has one."""
    words = [step] if isinstance(step, str) else list(step) if isinstance(step, Mapping) else []
    return tuple(word for word in words if word in verbs)


def _verb_tag(step: object) -> str | None:
    if isinstance(step, StepModel):
        return step_tag(step.verb)
    verbs = verbs_in(step)
    return step_tag(verbs[0]) if len(verbs) == 1 else None


def step_tag(verb: str) -> str:
    """Return the name of a verb's model among all; no key of a file looks like it."""
    return f"<{verb}>"


def _step_model(verb: str, action: type[Action]) -> type[StepModel]:
    about = (action.__doc__ or "").splitlines()[0]
    fields: dict[str, Any] = {_field_of(verb): (action, Field(description=about))}
    if action.on_device:
        several = "Name of the device; must be written where there are several."
        fields["device"] = (Text | None, Field(default=None, description=several))
        part = "The devices of a fleet that do it: those up to this share, or from one to another; all unless written."
        fields["share"] = (PartOfFleet | None, Field(default=None, description=part))
    if action.by_application:
        who = "Application of the device that does it, within its capabilities; the command line unless written."
        fields["by"] = (Text | None, Field(default=None, description=who))
    if action.writes:
        where = "Write point at which the power is cut; the device then starts again."
        fields["power_cut_at"] = (CutAt | None, Field(default=None, description=where))
    if action.expectation in {ExpectAssociation, ExpectContact}:
        fields["expect"] = (action.expectation, Field(description="What it ends in; must be written."))
    elif action.expectation is ExpectFleet:
        fields["expect"] = (ExpectFleet, Field(description="How many are connected; must be written."))
    elif action.expectation is not None:
        starts = action.expectation is ExpectStart
        returns = (
            "Whether it starts; it has to unless written."
            if starts
            else "What it returns; ok unless written."
        )
        fields["expect"] = (action.expectation | None, Field(default=None, description=returns))
    model = create_model(f"{action.__name__}Step", __base__=StepModel, __doc__=about, **fields)
    model.verb = verb
    return model


STEP_MODELS: Mapping[str, type[StepModel]] = {
    verb: _step_model(verb, action) for verb, action in VERBS.items()
}

if TYPE_CHECKING:
    Step = StepModel
else:
    # Union and not |, because the members are counted at run time.
    Step = Annotated[
        Union[tuple(Annotated[model, Tag(step_tag(verb))] for verb, model in STEP_MODELS.items())],  # noqa: UP007
        Discriminator(_verb_tag),
    ]


class Matrix(Part):
    """Variables that the scenario is run over. Every combination is a case; ``${name}`` stands for a value.

    Any key but the three here is a variable: a list of values, or a mapping that gives each value a name.
    """

    model_config = ConfigDict(extra="allow")

    cases: tuple[dict[str, Any], ...] = ()
    """Rows of variables that belong together, e.g. a defect and the cause it leads to."""
    exclude: tuple[dict[str, Any], ...] = ()
    """Combinations to leave out; what a row does not name may have any value."""
    include: tuple[dict[str, Any], ...] = ()
    """Further combinations; each names every variable."""


class Scenario(Part):
    """A scenario. Whatever it does not mention is the good baseline."""

    scenario: Text = Field(min_length=1)
    """What is shown, in one sentence; the title of the report."""
    why: Text = ""
    """Why this is worth a test."""
    tags: tuple[Text, ...] = ()
    """Words to select scenarios by."""
    ref: tuple[Text, ...] = ()
    """Rows of the catalogues (``check-B16``, ``device-A08``), sections (``device-3.4``), clauses or documents this comes from."""
    requires: tuple[Capability, ...] = ()
    """What the machine must be able to do; otherwise the scenario is skipped."""
    matrix: Matrix | None = None
    """Variables that the scenario is run over."""
    certificates: dict[str, Certificate] = Field(default_factory=dict)
    """Certificates by name, made for this run. A name of the baseline changes only what is written."""
    server: Server | None = None
    """The RADIUS server, where there is one; other places call it ``radius``."""
    servers: dict[str, Server] | None = Field(default=None, min_length=1)
    """The RADIUS servers by name, where there are several."""
    access_point: AccessPoint | None = None
    """The access point, where there is one; other places call it ``corp``."""
    access_points: dict[str, AccessPoint] | None = Field(default=None, min_length=1)
    """The access points by name, where there are several."""
    tenants: dict[str, Tenant] = Field(default_factory=dict)
    """Tenants of a Security Service by name; the only one is selected, of several one with ``azsphere tenant select``."""
    services: dict[str, Service] = Field(default_factory=dict)
    """Services by name that devices call over HTTPS."""
    security_service: SecurityService | None = None
    """The Security Service itself."""
    back_ends: dict[str, BackEnd] = Field(default_factory=dict)
    """Services that devices report to with their device certificate, by name."""
    device: Device | None = None
    """The device, where there is one; other places call it ``device``."""
    devices: dict[str, Device] | None = Field(default=None, min_length=1)
    """The devices by name, where there are several."""
    steps: tuple[Step, ...] = Field(min_length=1)
    """What happens, one after the other."""
