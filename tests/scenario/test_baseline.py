from __future__ import annotations

from datetime import timedelta

import pytest

from harness.pki.keys import KeyType
from harness.pki.spec import Defect, Profile, SpecError, lineage
from harness.scenario import baseline
from harness.scenario.action import Action
from harness.scenario.steps_store import Install
from harness.scenario.steps_wifi import Network
from harness.scenario.world import Certificate


def test_the_baseline_is_a_chain_that_can_be_made() -> None:
    orders = {name: baseline.complete(name, Certificate()) for name in baseline.CERTIFICATES}
    specs = {name: order.spec for name, order in orders.items()}
    assert [spec.profile for spec in lineage("thermostat", specs)] == [Profile.CLIENT, Profile.ROOT_CA]
    assert specs["corp-radius"].dns == ("radius.corp.example",)
    assert {spec.key for spec in specs.values()} == {KeyType.EC_P256}


def test_a_file_changes_only_what_it_writes() -> None:
    order = baseline.complete(
        "thermostat", Certificate.model_validate({"defect": "expired", "key": "rsa-2048"})
    )
    assert (order.spec.defect, order.spec.key) == (Defect.EXPIRED, KeyType.RSA_2048)
    assert (order.spec.profile, order.spec.issuer, order.spec.cn) == (
        Profile.CLIENT,
        "corp-root",
        "thermostat-7",
    )


def test_a_new_certificate_is_issued_by_the_corporate_root() -> None:
    server = baseline.complete("other-radius", Certificate.model_validate({"profile": "server"}))
    assert (server.spec.issuer, server.spec.dns) == ("corp-root", ("radius.corp.example",))
    root = baseline.complete("other-root", Certificate.model_validate({"profile": "root-ca"}))
    assert root.spec.issuer is None


def test_validity_and_password_are_handed_on() -> None:
    written = {"valid-from": "-2d", "valid-for": "1d", "password": "s3cret", "send-chain": False}
    order = baseline.complete("thermostat", Certificate.model_validate(written))
    assert (order.spec.valid_from, order.spec.valid_for) == (timedelta(days=-2), timedelta(days=1))
    assert (order.password, order.send_chain) == ("s3cret", False)
    assert "s3cret" not in repr(order)
    assert "s3cret" not in repr(Certificate.model_validate(written))


def test_what_cannot_be_made_is_said_by_the_spec() -> None:
    with pytest.raises(SpecError, match="a root-ca cannot have the defect wrong-name"):
        baseline.complete("corp-root", Certificate.model_validate({"defect": "wrong-name"}))


def test_the_device_is_provisioned_with_what_the_baseline_has() -> None:
    root, client, network = provisioned({})
    assert isinstance(root, Install)
    assert isinstance(client, Install)
    assert (root.certificate, client.certificate) == ("corp-root", "thermostat")
    assert (network.root_ca_cert_id, network.client_cert_id) == (root.id, client.id)
    assert baseline.CERTIFICATES["thermostat"].cn == network.client_id == "thermostat-7"


@pytest.mark.parametrize(
    ("written", "identity"),
    [
        ({"cn": "sensor-12"}, "sensor-12"),
        ({"cn": "sensor-12", "dns": ["thermostat-7"]}, "sensor-12"),
        ({"dns": ["sensor-12.corp.example"]}, "thermostat-7"),
        ({"defect": "wrong-name"}, "thermostat-7"),
        ({"cn": "sensor-12", "defect": "wrong-name"}, "sensor-12"),
    ],
)
def test_the_identity_follows_the_common_name(written: dict[str, object], identity: str) -> None:
    *_, network = provisioned(written)
    assert network.client_id == identity


def provisioned(thermostat: dict[str, object]) -> tuple[Action, Action, Network]:
    written = {"thermostat": Certificate.model_validate(thermostat)}
    orders = {
        name: baseline.complete(name, written.get(name, Certificate())) for name in baseline.CERTIFICATES
    }
    root, client, network = baseline.provisioning(orders)
    assert isinstance(network, Network)
    return root, client, network
