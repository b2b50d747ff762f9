from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.pki.keys import KeyPool
from harness.pki.mint import Mint
from harness.pki.spec import CertificateSpec, Defect, Profile
from tests.bench import Bench
from tests.oracle.__main__ import report
from tests.oracle.compare import Compared, compare, confusion
from tests.oracle.generate import FAULTS, as_case, generate
from tests.oracle.openssl import Chain, Complaint, at, verify
from tests.oracle.predict import Oracle, Prediction

SAMPLE, SEED = 40, 11
NOW = datetime.now(UTC)
SPECS = {
    spec.name: spec
    for spec in (
        CertificateSpec("root", Profile.ROOT_CA),
        CertificateSpec("plant", Profile.INTERMEDIATE_CA, issuer="root", defect=Defect.EXPIRED),
        CertificateSpec("sensor", Profile.CLIENT, issuer="plant"),
        CertificateSpec("gone", Profile.CLIENT, issuer="root", defect=Defect.REVOKED),
        CertificateSpec("late", Profile.CLIENT, issuer="root", defect=Defect.EXPIRED),
    )
}


@pytest.fixture(scope="module")
def mint() -> Mint:
    return Mint(KeyPool(), NOW)


def test_openssl_names_the_first_error_its_depth_and_whose_it_is(mint: Mint, tmp_path: Path) -> None:
    root, plant, sensor, late = (
        mint.issue(name, SPECS).certificate for name in ("root", "plant", "sensor", "late")
    )
    whole = Chain([sensor, plant], [root])
    assert verify(whole, tmp_path) == Complaint(10, 1, "plant")
    assert verify(whole, tmp_path, *at(NOW - timedelta(minutes=31))) is None
    assert verify(Chain([sensor], [root]), tmp_path) == Complaint(20, 0, "sensor")
    assert verify(Chain([late], [root]), tmp_path, tolerated=frozenset({10})) is None


def test_openssl_reads_crls_as_freeradius_does(mint: Mint, tmp_path: Path) -> None:
    root, gone = (mint.issue(name, SPECS).certificate for name in ("root", "gone"))
    crl = mint.crl("root", SPECS)
    assert verify(Chain([gone], [root], crls=[crl]), tmp_path) is None
    assert verify(Chain([gone], [root], crls=[crl]), tmp_path, "-crl_check") == Complaint(23, 0, "gone")
    assert verify(Chain([gone], [root]), tmp_path, "-crl_check") == Complaint(3, 0, "gone")


def test_a_case_is_the_same_whenever_it_is_made() -> None:
    assert generate(5, 1) == generate(5, 1) != generate(6, 1)


def test_every_fault_comes_about() -> None:
    seen = {name for number in range(700) for name in generate(number, 1)[1]}
    assert seen == set(FAULTS)


@pytest.mark.parametrize(
    ("changes", "predicted"),
    [
        ("", Prediction("connected", "mutual-authentication")),
        ("certificates: {thermostat: {defect: expired}}", Prediction("rejected", "client-certificate-expired", "thermostat")),
        ("certificates: {corp-radius: {defect: expired}, thermostat: {defect: expired}}", Prediction("refused", "server-certificate-expired", "corp-radius")),
        ("certificates: {corp-root: {defect: expired}}", Prediction("refused", "root-ca-expired", "corp-root")),
        ("server: {tls: '1.2'}\ndevice: {tls: '1.3', starts: empty}", Prediction("rejected", "tls-version-mismatch")),
        ("server: {policy: {known: [somebody]}}\naccess-point: {secret: wrong}", Prediction("unanswered", "shared-secret-wrong")),
        ("server: {policy: {known: [somebody]}}", Prediction("rejected", "identity-unknown")),
        ("server: {send-keys: false}", Prediction("unusable", "keys-missing")),
        ("certificates: {thermostat: {defect: revoked}}\nserver: {crl: {publish: [corp-root], expired: true, accept-expired: true}, policy: {rule: check-cert-cn, cn: x}}", Prediction("rejected", "identity-mismatch", "thermostat")),
        ("certificates: {thermostat: {defect: revoked}}\nserver: {crl: [corp-root], policy: {rule: check-cert-cn, cn: x}}", Prediction("rejected", "client-certificate-revoked", "thermostat")),
    ],
)  # fmt: skip
def test_what_comes_first_decides(changes: str, predicted: Prediction, mint: Mint, tmp_path: Path) -> None:
    device = "" if "device:" in changes else "device: empty\n"
    text = (
        f"scenario: x\n{device}{changes}\nsteps:\n"
        "  - install: {id: own, type: client, certificate: thermostat}\n"
        "  - install: {id: root, type: rootca, certificate: corp-root}\n"
        "  - network: {name: corp, client-cert-id: own, root-ca-cert-id: root, client-id: thermostat-7}\n"
        "  - {associate: corp, expect: connected}\n"
    )
    assert Oracle(as_case(0, text).scenario, mint, tmp_path).predict() == predicted


def test_the_report_fails_for_each_kind_of_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    right = Prediction("rejected", "client-certificate-expired", "thermostat")

    def case(said: Prediction, error: str = "") -> Compared:
        return Compared(7, "{}", ("client expired",), right, said, error)

    assert report([case(right)], 1.0) == 0
    assert report([case(Prediction("rejected", "crl-missing", "thermostat"))], 1.0) == 1
    assert report([case(Prediction("refused", "client-certificate-expired", "thermostat"))], 1.0) == 1
    assert report([case(Prediction("rejected", "client-certificate-expired", "corp-root"))], 1.0) == 1
    assert report([case(Prediction("rejected", "undetermined"))], 1.0) == 1
    assert report([case(right, "it was not run")], 1.0) == 1
    said = capsys.readouterr().out
    assert (
        "wrong certificates: case 7 (client expired): predicted rejected client-certificate-expired thermostat"
        in said
    )
    assert confusion([case(right), case(Prediction("rejected", "undetermined"))]) == [
        "    1  rejected client-certificate-expired            rejected undetermined",
        "    1  rejected client-certificate-expired            =",
    ]


@pytest.mark.server
def test_random_networks_come_to_what_openssl_says() -> None:
    """More of them: ``make oracle ARGS="2000 --seed 7"``."""
    with Bench(SEED, jobs=2) as bench:
        cases = bench.map(lambda number: compare(bench, number, SEED), range(SAMPLE))
    wrong = [
        one for one in cases if one.wrong_cause or one.wrong_certificate or one.undetermined or one.error
    ]
    assert [f"{one}{one.error}" for one in wrong] == []
