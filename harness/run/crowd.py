"""Many devices of a case associate at once, on one thread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from harness.device.wifi import Which
from harness.drivers import selecting
from harness.outcome import Verdict
from harness.protocol.association import Association
from harness.run.associate import Attempt
from harness.run.associations import Associations, Surroundings, Underway
from harness.run.world import World

_AT_ONCE = 24
"""Associations at a time. Each waits for all others, and an access point repeats a request after 200 ms."""


class Crowd:
    """Devices of a case; nothing of their packets is recorded. All raise blocking.Stopped and EnvironmentUnavailable."""

    def __init__(self, world: World, around: Surroundings, names: Sequence[str]) -> None:
        self._world = world
        self._around = around
        self._each = {name: Associations(world, around, name, record=False) for name in names}

    def associate(self, network: str, access_point: str | None = None) -> Mapping[str, Attempt]:
        """Let all join one network; return how each fared."""
        return self._run(dict.fromkeys(self._each, network), access_point)

    def join(self) -> Mapping[str, Attempt]:
        """Let each choose among its networks until one is joined; return how the last one fared."""
        world, offers = self._world, self._world.offers()
        at_hand, tried = {}, {}
        for name in self._each:
            device = world.devices[name]
            device.wifi.links.disconnect()
            at_hand[name], tried[name] = device.candidates(), set[int]()
        last: dict[str, Attempt] = {}
        looking = list(self._each)
        while looking:
            chosen: dict[str, Which] = {}
            for name in looking:
                number = world.devices[name].next_network(offers)
                if number is not None and number not in tried[name]:
                    tried[name].add(number)
                    chosen[name] = number
                elif name not in last:
                    last[name] = self._each[name].nothing_to_join(at_hand[name])
            last.update(self._run(chosen))
            looking = [name for name in chosen if last[name].outcome.verdict is not Verdict.CONNECTED]
        return last

    def _run(self, chosen: Mapping[str, Which], access_point: str | None = None) -> dict[str, Attempt]:
        ended: dict[str, Attempt] = {}
        running: dict[int, tuple[str, Underway]] = {}

        def begun() -> Iterator[Association]:
            for name, which in chosen.items():
                underway = self._each[name].begin(which, access_point)
                if isinstance(underway, Attempt):
                    ended[name] = underway
                else:
                    association = underway.begun.association
                    running[id(association)] = name, underway
                    yield association

        crowd = selecting.run_many(
            begun(),
            _AT_ONCE,
            source_host=lambda association: running[id(association)][1].source,
            stopped=self._around.stopped,
        )
        for association, observation in crowd:
            name, underway = running.pop(id(association))
            ended[name] = self._each[name].end(underway, observation)
        return ended
