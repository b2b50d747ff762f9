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
from harness.scenario.steps import Renew, Revoke
from harness.scenario.steps_wifi import Network, Reload
from harness.server.pool import ServerPool
from harness.server.settings import ServerSettings


class NoBackend:
    """For steps that need no server: launching one fails the test."""

    def launch(self, settings: object) -> object:
        pytest.fail(f"a step on the device started a server: {settings}")

    def close(self) -> None:
        """Nothing was launched."""


class Launched:
    """Stands for a server: it has read its settings, and that is all."""

    def __init__(self, settings: ServerSettings) -> None:
        self.settings = settings

    def close(self) -> None:
        """There is no process."""


class Launching:
    """Launches what remembers its settings."""

    def launch(self, settings: ServerSettings) -> Launched:
        return Launched(settings)

    def close(self) -> None:
        """There is no process."""


class Writer:
    """What the fixture ``written`` gives."""

    case: Callable[[str], Case]


def world_of(case: Case, mint: Mint, backend: object) -> World:
    scenario = case.scenario
    world = World(
        scenario,
        CertificateBook(mint, scenario.certificates),
        ServerPool(backend),  # type: ignore[arg-type]
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
    world = world_of(written.case(EMPTY), mint, NoBackend())
    action = world.scenario.steps[index].action
    assert isinstance(action, Network)

    perform(world, action, "device")
    perform(world, Reload(), "device")

    not_ready = world.devices["device"].prepare(action.name)
    assert getattr(not_ready, "cause", None) is cause


CHECKING = """
    scenario: A server that checks revocation
    server: {crl: [corp-root]}
    steps:
      - associate: corp
        expect: connected
    """


def test_a_server_that_starts_late_has_what_the_case_began_with(written: Writer, mint: Mint) -> None:
    world = world_of(written.case(CHECKING), mint, Launching())
    before = world.book.certificate("corp-radius")

    perform(world, Renew(certificate="corp-radius"), "")
    perform(world, Revoke(certificate="thermostat", publish=False), "")

    settings = world.server("radius").settings
    assert settings.credential.certificate == before
    assert [len(crl) for crl in settings.crls] == [0]


def test_a_server_that_starts_late_has_the_crl_that_was_published(written: Writer, mint: Mint) -> None:
    world = world_of(written.case(CHECKING), mint, Launching())

    perform(world, Revoke(certificate="corp-radius", publish=False), "")
    perform(world, Revoke(certificate="thermostat"), "")

    revoked = {world.book.certificate(name).serial_number for name in ("corp-radius", "thermostat")}
    (crl,) = world.server("radius").settings.crls
    assert {entry.serial_number for entry in crl} == revoked
