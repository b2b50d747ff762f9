"""What every verb of a step has in common."""

from __future__ import annotations

from typing import ClassVar

from harness.scenario.expect import ExpectAction, ExpectAssociation, Expectation, ExpectStore
from harness.scenario.part import Part


class Action(Part):
    """What a verb does.

    ``expectation`` is what its ``expect`` may say, ``on_device`` whether a device does it, ``by_application``
    whether an application of the device can ask for it, ``writes`` whether it changes what survives a loss of
    power, so that the power can be cut inside it.
    """

    expectation: ClassVar[type[Expectation] | None] = None
    on_device: ClassVar[bool] = False
    by_application: ClassVar[bool] = False
    writes: ClassVar[bool] = False

    @property
    def words(self) -> str:
        """What the verb is applied to, in words; follows the verb in a step's title."""
        written = getattr(self, self.shorthand) if self.shorthand else None
        return "" if written is None else str(written)


class DeviceAction(Action):
    """What a device does with its settings."""

    expectation = ExpectAction
    on_device = True
    by_application = True


class StoreAction(DeviceAction):
    """What a device does with its certificate store."""

    expectation = ExpectStore


class AssociationAction(Action):
    """What ends in a verdict."""

    expectation = ExpectAssociation
    on_device = True
