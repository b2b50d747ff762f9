from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.outcome import Cause
from harness.pki.mint import Mint
from harness.run.actions import perform
from harness.run.associate import SourceAddresses
from harness.run.book import CertificateBook
from harness.run.world import World
from harness.scenario.plan import Case
from harness.scenario.steps import Network, Reload
from harness.server.pool import ServerPool


class NoBackend:
    """For steps that need no server: launching one fails the test."""

    def launch(self, settings: object) -> object:
        pytest.fail(f"a step on the device started a server: {settings}")

    def close(self) -> None:
        """Nothing was launched."""


class Writer:
    """What the fixture ``written`` gives."""

    case: Callable[[str], Case]


def world_of(case: Case, mint: Mint) -> World:
    scenario = case.scenario
    world = World(
        scenario,
        CertificateBook(mint, scenario.certificates),
        ServerPool(NoBackend()),  # type: ignore[arg-type]
        bytes,
        SourceAddresses(),
    )
    world.open()
    return world


INSTALLED_NOTHING, LOST = Cause.CLIENT_CERTIFICATE_MISSING, Cause.NETWORK_UNKNOWN

EMPTY = """
    scenario: A device
    device: empty
    steps:
      - network: {name: later, client-cert-id: nobody, reload: false}
      - network: {name: draft, client-cert-id: nobody, persist: false, reload: false}
      - network: {name: now, client-cert-id: nobody}
    """


@pytest.mark.parametrize(("index", "cause"), [(0, INSTALLED_NOTHING), (1, LOST), (2, INSTALLED_NOTHING)])
def test_a_network_survives_a_reload_when_it_was_persisted(
    written: Writer, mint: Mint, index: int, cause: Cause
) -> None:
    world = world_of(written.case(EMPTY), mint)
    action = world.scenario.steps[index].action
    assert isinstance(action, Network)

    perform(world, action, "device")
    perform(world, Reload(), "device")

    not_ready = world.devices["device"].prepare(action.name)
    assert getattr(not_ready, "cause", None) is cause
