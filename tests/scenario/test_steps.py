from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.scenario.concrete import ConcreteScenario
from harness.scenario.models import STEP_MODELS
from harness.scenario.steps import VERBS, Action, ChangeServer, Clock, Install, Network, Repair

EVERY_VERB = """\
devices: {a: empty}
certificates: {other: {profile: root-ca}}
steps:
  - install: {id: x, type: client, certificate: thermostat, password: s3cret}
  - delete: x
  - move: {from: x, to: z}
  - command: az sphere device certificate delete -c z
  - network: {name: corp, client-cert-id: x}
  - change: {network: corp, client-id: u, clear: [root-ca-cert-id]}
  - enable: corp
  - disable: corp
  - duplicate: {network: corp, as: spare}
  - forget: corp
  - persist
  - reload
  - reboot
  - {associate: corp, expect: connected}
  - server: {trusts: [corp-root, other]}
  - renew: thermostat
  - revoke: {certificate: thermostat, publish: false}
  - clock: {advance: 3h}
  - impair: {lose: {from-server: every 3}}
  - repair
  - note: done
"""


def test_every_verb_can_be_written(concrete: Callable[[str], ConcreteScenario]) -> None:
    steps = concrete(EVERY_VERB).steps
    assert {step.verb for step in steps} == set(VERBS)
    assert "s3cret" not in repr(steps)


def test_a_step_on_the_device_has_a_device_and_others_have_none(
    concrete: Callable[[str], ConcreteScenario],
) -> None:
    by_verb = {step.verb: step.device for step in concrete(EVERY_VERB).steps}
    without = {verb for verb, device in by_verb.items() if not device}
    assert without == {"server", "renew", "revoke", "clock", "impair", "repair", "note"}


@pytest.mark.parametrize("verb", VERBS)
def test_what_a_step_may_say_follows_from_its_verb(verb: str) -> None:
    fields = set(STEP_MODELS[verb].model_fields)
    action = VERBS[verb]
    assert fields == {verb} | ({"device"} if action.on_device else set()) | (
        {"expect"} if action.expectation else set()
    )


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (ChangeServer.model_validate("stop"), "stop"),
        (ChangeServer.model_validate({"name": "main", "send-keys": False}), "restart main with send-keys"),
        (
            Clock.model_validate({"device": "2000-01-01", "server": "-1d"}),
            "device 2000-01-01T00:00:00Z, server -1d",
        ),
        (Network.model_validate({"name": "corp"}), "corp"),
        (Repair.model_validate(None), ""),
    ],
)
def test_actions_say_in_words_what_they_do(action: Action, words: str) -> None:
    assert action.words == words


def test_only_what_is_written_changes_a_server() -> None:
    assert ChangeServer.model_validate({"vlan": 30, "action": "start"}).changes == ("vlan",)


def test_a_password_is_not_shown() -> None:
    install = {"id": "x", "type": "client", "certificate": "t", "password": "s3cret"}
    assert "s3cret" not in repr(Install.model_validate(install))
