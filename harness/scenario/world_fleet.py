"""What makes a fleet of a device."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field, model_validator

from harness.scenario.part import Part, key_of
from harness.scenario.values import Mac, Whole, mistake
from harness.scenario.values_fleet import OneShare, Share, Skew


class PartOfAFleet(Part):
    """What a description says of the fleet that it stands for."""

    mac: Mac | None = None
    """Its MAC address; one of its own unless written."""
    count: Whole | None = Field(default=None, ge=1, le=1000)
    """How many devices there are of this description, a fleet; each has a number behind its name, a MAC address, and
    client certificates of its own, with its name as common name and identity."""
    offline: OneShare = Share(0.0)
    """The share of the fleet that is offline, spread over it; such a device does no step."""
    clock_skew: Skew = timedelta()
    """How far the clocks of the fleet are off at most, to either side: one is behind by that, one ahead, the others lie
    between."""

    @model_validator(mode="after")
    def _of_a_fleet(self) -> PartOfAFleet:
        for name in ("offline", "clock_skew"):
            if name in self.model_fields_set and self.count is None:
                raise mistake(f"{key_of(name)} is about a fleet", "add count, the number of its devices")
        if self.count is not None and self.mac is not None:
            raise mistake("devices of a fleet have MAC addresses of their own", "leave out mac, or count")
        return self
