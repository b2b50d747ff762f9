from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.scenario.action import Action
from harness.scenario.concrete import ConcreteScenario
from harness.scenario.models import STEP_MODELS
from harness.scenario.steps import VERBS, ChangeServer, Repair
from harness.scenario.steps_clock import Clock
from harness.scenario.steps_store import Install
from harness.scenario.steps_wifi import Network

EVERY_VERB = """\
tenants: {contoso: {}}
services: {issuing: gallery, est: {speaks: est, host: est.corp.example}}
back-ends: {hub: {kind: iot-hub}, own: own}
devices: {a: {starts: empty, applications: {app: [CertStore, WifiConfig]}}}
certificates: {other: {profile: root-ca}, next-root: {profile: root-ca}, thermostat-next: {profile: client}}
steps:
  - install: {id: x, type: client, certificate: thermostat, password: s3cret}
  - delete: x
  - {move: {from: x, to: z}, by: app, power-cut-at: 3}
  - damage: z
  - store
  - show: {index: 0}
  - command: az sphere device certificate delete -c z
  - network: {name: corp, client-cert-id: x, psk: s3cret-enough}
  - change: {network: corp, client-id: u, clear: [root-ca-cert-id]}
  - enable: corp
  - disable: corp
  - duplicate: {network: corp, as: spare}
  - forget: corp
  - forget-all
  - persist
  - reload
  - reboot
  - ready
  - power-cut
  - {status: corp, expect: {networks: []}}
  - {root-renewal: R2, expect: {at: R2.point, error: ENODEV}}
  - {client-renewal: {do: [A1, A2], until: A1.install}}
  - {associate: corp, expect: connected}
  - {reauthenticate: , expect: connected}
  - disconnect
  - {join: , expect: connected}
  - access-point: stop
  - wait: 5m
  - server: {trusts: [corp-root, other]}
  - renew: thermostat
  - revoke: {certificate: thermostat, publish: false}
  - clock: {advance: 3h}
  - impair: {lose: {from-server: every 3}}
  - repair
  - attest
  - monitor: []
  - tenant-ca: {revoke: A}
  - {bootstrap: {network: other, interface: ethernet, service: issuing}}
  - {re-enroll: {network: corp, service: est}}
  - {service: {name: issuing, fault: {down: true}}}
  - register: {certificate: A, back-end: hub}
  - verify: {registration: A, back-end: hub}
  - command: azsphere ca-certificate download-proof --destination p.cer --verification-code {hub}
  - prove: {registration: A, proof: p.cer, back-end: hub}
  - unregister: {registration: A, back-end: hub}
  - trust: {certificates: [root], back-end: own}
  - watch: hub
  - {contact: hub, expect: connected}
  - note: done
"""
EVERY_VERB_OF_A_FLEET = """
device: {count: 2}
steps:
  - {associate-all: corp, expect: 100%}
  - {join-all: , expect: 100%}
  - {measure: {time: 2d, every: 1d}, expect: 100%}
  - offline: 0%
"""


def test_every_verb_can_be_written(concrete: Callable[[str], ConcreteScenario]) -> None:
    steps = (*concrete(EVERY_VERB).steps, *concrete(EVERY_VERB_OF_A_FLEET).steps)
    assert {step.verb for step in steps} == set(VERBS)
    assert "s3cret" not in repr(steps)


def test_a_step_on_the_device_has_a_device_and_others_have_none(
    concrete: Callable[[str], ConcreteScenario],
) -> None:
    by_verb = {step.verb: step.device for step in concrete(EVERY_VERB).steps}
    without = {verb for verb, device in by_verb.items() if not device}
    world = {"server", "access-point", "renew", "revoke", "clock", "wait", "impair", "repair", "note"}
    world |= {
        "monitor",
        "tenant-ca",
        "service",
        "register",
        "verify",
        "prove",
        "unregister",
        "trust",
        "watch",
        "command",
    }
    assert without == world


@pytest.mark.parametrize("verb", VERBS)
def test_what_a_step_may_say_follows_from_its_verb(verb: str) -> None:
    fields = set(STEP_MODELS[verb].model_fields)
    action = VERBS[verb]
    beside = {
        "device": action.on_device,
        "share": action.on_device,
        "by": action.by_application,
        "power_cut_at": action.writes,
        "expect": action.expectation is not None,
    }
    assert {field.removesuffix("_") for field in fields} == {verb.replace("-", "_")} | {
        name for name, there in beside.items() if there
    }


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
