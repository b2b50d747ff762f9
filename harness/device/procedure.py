"""Procedures over a device's functions, in steps small enough to cut the power between any two."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from harness.device.application import Application
from harness.device.error_numbers import Errno, StoreError, WifiError
from harness.device.results import Answer, Refusal, StoreResult, WifiResult

P = TypeVar("P")
Result = StoreResult | WifiResult | Answer[object]


@dataclass(frozen=True, slots=True)
class Step(Generic[P]):
    """One call of a procedure. ``id`` is the stage and, after a point, the call: ``R2.enable``."""

    id: str
    text: str
    act: Callable[[Application, P], Result]

    @property
    def stage(self) -> str:
        """The stage that the step belongs to."""
        return self.id.partition(".")[0]


@dataclass(frozen=True, slots=True)
class StepResult:
    """How one step went; ``errno`` and ``text`` are those of the call."""

    step: str
    ok: bool
    errno: str = ""
    text: str = ""


def run(steps: Sequence[Step[P]], application: Application, plan: P) -> Iterator[StepResult]:
    """Do steps in order and yield each result; the first that is refused is the last.

    Nothing is done before it is asked for: between two results anything may happen to the device.
    """
    for step in steps:
        result = step.act(application, plan)
        yield StepResult(step.id, result.ok, result.errno, result.text)
        if not result.ok:
            return


def select(steps: Sequence[Step[P]], *wanted: str) -> tuple[Step[P], ...]:
    """Return steps in the order wanted, by ID or whole stages; raises :class:`ValueError` for an unknown one."""
    selected: list[Step[P]] = []
    for name in wanted:
        found = [step for step in steps if name in (step.id, step.stage)]
        if not found:
            known = ", ".join(step.id for step in steps)
            raise ValueError(f"there is no step {name!r}; the procedure has {known}")
        selected += found
    return tuple(selected)


def persist(application: Application, _plan: object) -> Result:
    """Save the Wi-Fi settings of all networks."""
    return application.wifi.persist_config()


def reload(application: Application, _plan: object) -> Result:
    """Read settings and certificates anew."""
    return application.wifi.reload_config()


def nothing() -> Result:
    """Return that there was nothing to do."""
    return Answer()


def room_for(application: Application, size: int) -> Result:
    """Insist on that many free bytes before anything is changed; ENOSPC."""
    space = application.certificates.get_available_space()
    if space.value is None or space.value >= size:
        return Answer(space.value, space.errno, space.text, space.number)
    text = f"the new certificate needs {size} bytes beside the old one, and {space.value} are free"
    return Answer.refused(Refusal(Errno.ENOSPC, StoreError.OUT_OF_SPACE, text))


def connected_to(application: Application, name: str) -> Result:
    """Insist that the device is connected to the network of that name; EAGAIN when it is not, or not yet.

    The network is looked up by name: IDs change over a reboot.
    """
    wanted = application.wifi.get_network_id_by_config_name(name)
    if wanted.value is None:
        return Answer(None, wanted.errno, wanted.text, wanted.number)
    now = application.wifi.get_connected_network_id()
    if now.value == wanted.value:
        return Answer(now.value)
    text = f"the device is not connected to network {name!r}"
    return Answer.refused(Refusal(Errno.EAGAIN, WifiError.TRY_AGAIN, text))


def has_changed_over(sightings: Sequence[bool], needed: int) -> bool:
    """Whether the last sightings, as many as needed, all were of the new network.

    Where two servers share the load the device may come back to the old one: one sighting proves nothing.
    """
    return needed <= len(sightings) and all(sightings[len(sightings) - needed :])
