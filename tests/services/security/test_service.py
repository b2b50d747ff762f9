from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from harness.pki.keys import KeyType
from harness.services.security.lifecycle import LifeCycle, Meaning
from harness.services.security.refusal import Reason, Refused
from harness.services.security.service import SecurityService, Tenant
from harness.services.security.shapes import common_name
from tests.services.security.conftest import DEVICE, KEY, START, Verify

DAY = timedelta(days=1)
END = START + 730 * DAY


@pytest.fixture
def tenant(service: SecurityService) -> Tenant:
    made = service.create_tenant("contoso", START)
    service.claim(made, DEVICE)
    return made


def words(service: SecurityService, tenant: Tenant, days_before_the_end: float) -> list[tuple[str, str, str]]:
    listed = service.authorities(tenant, END - days_before_the_end * DAY)
    return [(one.status, one.integrated_status, one.meaning) for one in listed]


ACTIVE = ("Active", "Active", "active")
NEW = ("Inactive", "Inactive", "new")
RETIRED = ("Inactive", "Inactive", "retired")
EXPIRED = ("Inactive", "Expired", "expired")
REVOKED = ("Revoked", "Revoked", "revoked")


@pytest.mark.parametrize(
    ("days", "listed"),
    [
        (730, [ACTIVE]),
        (91, [ACTIVE]),
        (90.001, [ACTIVE]),
        (90, [ACTIVE, NEW]),
        (89, [ACTIVE, NEW]),
        (46, [ACTIVE, NEW]),
        (45.001, [ACTIVE, NEW]),
        (45, [RETIRED, ACTIVE]),
        (44, [RETIRED, ACTIVE]),
        (0, [RETIRED, ACTIVE]),
        (-0.001, [EXPIRED, ACTIVE]),
        (-549, [EXPIRED, ACTIVE]),
        (-550, [EXPIRED, ACTIVE, NEW]),
        (-596, [EXPIRED, RETIRED, ACTIVE]),
    ],
)
def test_the_documented_timeline(
    service: SecurityService, tenant: Tenant, days: float, listed: list[tuple[str, str, str]]
) -> None:
    assert words(service, tenant, days) == listed


def test_a_look_ahead_does_not_change_the_present(service: SecurityService, tenant: Tenant) -> None:
    first = service.authorities(tenant, START)
    ahead = service.authorities(tenant, END)
    assert len(ahead) == 2
    assert service.authorities(tenant, START) == first
    assert service.authorities(tenant, END) == ahead


def test_download_gives_the_active_one_where_nothing_is_said(
    service: SecurityService, tenant: Tenant
) -> None:
    early = END - 89 * DAY
    a, b = service.authorities(tenant, early)
    assert service.download(tenant, early) == a.certificate
    assert service.download(tenant, early, index=2) == b.certificate
    assert service.download(tenant, early, thumbprint=b.thumbprint) == b.certificate
    assert service.download(tenant, early, thumbprint=b.thumbprint.lower()) == b.certificate
    assert service.download(tenant, early, serial=b.serial_name) == b.certificate
    assert service.download(tenant, early, serial=".default") == a.certificate
    assert service.download(tenant, END - 44 * DAY) == b.certificate
    assert a.certificate != b.certificate


@pytest.mark.parametrize(
    ("chosen", "reason", "sentence"),
    [
        ({"index": 3}, Reason.INDEX_UNKNOWN, "no CA of this tenant has index 3; there are indexes 1 to 2"),
        ({"index": 0}, Reason.INDEX_UNKNOWN, "no CA of this tenant has index 0; there are indexes 1 to 2"),
        (
            {"index": 1},
            Reason.CA_EXPIRED,
            "CA 1 of tenant 'contoso' expired on 2026-03-01; it stays in the list; choose one that is still valid",
        ),
        (
            {"thumbprint": "ab"},
            Reason.THUMBPRINT_INVALID,
            "'ab' is no thumbprint; a thumbprint has 40 hexadecimal digits",
        ),
        ({"thumbprint": "0" * 40}, Reason.THUMBPRINT_UNKNOWN, None),
        ({"serial": "12"}, Reason.SERIAL_UNKNOWN, None),
        (
            {"index": 2, "thumbprint": "0" * 40},
            Reason.CHOSEN_TWICE,
            "index and thumbprint were both given; leave the thumbprint out",
        ),
    ],
)
def test_what_cannot_be_had_is_refused_with_a_reason(
    service: SecurityService, tenant: Tenant, chosen: dict[str, object], reason: Reason, sentence: str | None
) -> None:
    calls: list[Any] = [service.download, service.chain, partial(service.proof, code="c0de")]
    for call in calls:
        with pytest.raises(Refused) as refused:
            call(tenant, END + DAY, **chosen)
        assert refused.value.reason is reason
        assert sentence is None or str(refused.value) == sentence


def test_attestation_is_signed_by_the_ca_that_is_active_that_day(
    service: SecurityService, tenant: Tenant, verify: Verify
) -> None:
    for days, index in ((91, 0), (46, 0), (44, 1), (-1, 1)):
        now = END - days * DAY
        leaf, ca, policy = service.attest(tenant, DEVICE, KEY.public_key(), now)
        assert ca == service.authorities(tenant, now)[index].certificate
        assert (leaf.not_valid_before_utc, leaf.not_valid_after_utc) == (now, now + DAY)
        assert common_name(leaf) == DEVICE
        assert verify(leaf, now, [service.root], [ca, policy], "-purpose", "sslclient").endswith(": OK\n")
        assert "certificate has expired" in verify(leaf, now + 2 * DAY, [service.root], [ca, policy])


def test_a_verifier_that_trusts_one_ca_does_not_take_the_other_one_s_devices(
    service: SecurityService, tenant: Tenant, verify: Verify
) -> None:
    a, b = (one.certificate for one in service.authorities(tenant, END))
    leaf, *_ = service.attest(tenant, DEVICE, KEY.public_key(), END - 44 * DAY)
    at = END - 44 * DAY
    assert a.subject == b.subject
    assert verify(leaf, at, [b], (), "-partial_chain").endswith(": OK\n")
    assert "verification failed" in verify(leaf, at, [a], (), "-partial_chain")


@pytest.mark.parametrize(("days", "by"), [(46, "a"), (44, "b")])
def test_openssl_takes_the_first_ca_of_that_name_and_tries_no_other(
    service: SecurityService, tenant: Tenant, verify: Verify, days: int, by: str
) -> None:
    """Both CAs are trusted, and yet the devices of one of them are refused: the bundle's order decides.

    Neither certificates that the device sends nor the parents beside the CAs in the bundle change it.
    """
    a, b = (one.certificate for one in service.authorities(tenant, END))
    at = END - days * DAY
    leaf, *sent = service.attest(tenant, DEVICE, KEY.public_key(), at)
    for first, bundle in (("a", [a, b]), ("b", [b, a])):
        for above in ([], [service.root, service.policy]):
            said = verify(leaf, at, [*above, *bundle], sent, "-partial_chain")
            if first == by:
                assert said.endswith(": OK\n")
            else:
                assert "error 7 at 0 depth lookup: certificate signature failure" in said
    # What always works: the parents alone are trusted, and the device sends its tenant CA.
    assert verify(leaf, at, [service.root], sent).endswith(": OK\n")


def test_only_a_claimed_device_is_attested(service: SecurityService, tenant: Tenant) -> None:
    other = service.create_tenant("fabrikam", START)
    for which, device, reason in (
        (other, DEVICE, Reason.DEVICE_ELSEWHERE),
        (tenant, "f" * 128, Reason.DEVICE_UNCLAIMED),
        (tenant, "f" * 127, Reason.DEVICE_ID_INVALID),
        (tenant, "g" * 128, Reason.DEVICE_ID_INVALID),
    ):
        with pytest.raises(Refused) as refused:
            service.attest(which, device, KEY.public_key(), START)
        assert refused.value.reason is reason
    assert service.attest(tenant, DEVICE.upper(), KEY.public_key(), START)
    service.claim(other, DEVICE)
    with pytest.raises(Refused):
        service.attest(tenant, DEVICE, KEY.public_key(), START)


def test_two_tenants_share_root_and_policy_ca_alone(
    service: SecurityService, tenant: Tenant, verify: Verify
) -> None:
    other = service.create_tenant("fabrikam", START)
    service.claim(other, "f" * 128)
    leaf, ca, policy = service.attest(other, "f" * 128, KEY.public_key(), START)
    assert verify(leaf, START, [service.root], [ca, policy]).endswith(": OK\n")
    own = service.download(tenant, START)
    assert ca.subject != own.subject
    assert "verification failed" in verify(leaf, START, [own], (), "-partial_chain")


def test_a_revoked_active_ca_is_followed_at_once(service: SecurityService, tenant: Tenant) -> None:
    at = START + 10 * DAY
    service.revoke(tenant, at)
    assert [(one.status, one.meaning) for one in service.authorities(tenant, at - DAY)] == [
        ("Active", "active")
    ]
    listed = service.authorities(tenant, at)
    assert [(one.status, one.meaning) for one in listed] == [("Revoked", "revoked"), ("Active", "active")]
    assert service.attest(tenant, DEVICE, KEY.public_key(), at)[1] == listed[1].certificate


def test_a_revoked_successor_is_followed_by_another_one(service: SecurityService, tenant: Tenant) -> None:
    at = END - 80 * DAY
    service.revoke(tenant, at, index=2)
    assert words(service, tenant, 80) == [ACTIVE, REVOKED, NEW]
    assert words(service, tenant, 35) == [RETIRED, REVOKED, ACTIVE]


def test_the_successor_takes_over_when_the_active_one_is_revoked(
    service: SecurityService, tenant: Tenant
) -> None:
    service.revoke(tenant, END - 80 * DAY)
    assert words(service, tenant, 80) == [REVOKED, ACTIVE]
    assert words(service, tenant, 1) == [REVOKED, ACTIVE]


def test_openssl_knows_a_revoked_ca_by_the_service_s_list(
    service: SecurityService, tenant: Tenant, verify: Verify, tmp_path: Path
) -> None:
    def judge(at: datetime) -> str:
        crl = tmp_path / "policy.crl"
        crl.write_bytes(service.revocations(at).public_bytes(Encoding.PEM))
        return verify(ca, at, [service.root, service.policy], (), "-crl_check", "-CRLfile", str(crl))

    ca = service.download(tenant, START)
    assert judge(START).endswith(": OK\n")
    service.revoke(tenant, START + timedelta(hours=1))
    assert "error 23 at 0 depth lookup: certificate revoked" in judge(START + timedelta(hours=2))
    # Its dates are good, and without the list nobody can tell.
    assert verify(ca, START + DAY, [service.root, service.policy]).endswith(": OK\n")


def test_three_cycles_never_have_more_than_two_valid_cas(tenant: Tenant, service: SecurityService) -> None:
    most = set()
    for day in range(0, 3 * 730, 5):
        now = START + day * DAY
        listed = service.authorities(tenant, now)
        assert [one.meaning for one in listed].count(Meaning.ACTIVE) == 1
        most.add(sum(one.certificate.not_valid_after_utc >= now for one in listed))
    assert most == {1, 2}


def test_the_policy_ca_can_end_before_the_tenant_s(verify: Verify) -> None:
    service = SecurityService(LifeCycle(policy_life=300 * DAY), beginning=START)
    tenant = service.create_tenant("contoso", START)
    service.claim(tenant, DEVICE)
    for day, said in ((299, ": OK\n"), (301, "error 10 at 2 depth lookup: certificate has expired")):
        at = START + day * DAY
        leaf, ca, policy = service.attest(tenant, DEVICE, KEY.public_key(), at)
        assert ca.not_valid_after_utc > at
        assert said in verify(leaf, at, [service.root], [ca, policy])


def test_a_tenant_ca_on_p256_below_p384_parents_is_good(verify: Verify) -> None:
    service = SecurityService(LifeCycle(key=KeyType.EC_P256), beginning=START)
    tenant = service.create_tenant("contoso", START)
    service.claim(tenant, DEVICE)
    leaf, ca, policy = service.attest(tenant, DEVICE, KEY.public_key(), START)
    key = ca.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
    names = [one.signature_hash_algorithm.name for one in (leaf, ca, policy) if one.signature_hash_algorithm]
    assert names == ["sha256", "sha384", "sha384"]
    assert verify(leaf, START, [service.root], [ca, policy]).endswith(": OK\n")


def test_the_fault_of_2020_is_seen_at_depth_1_and_cured_by_a_new_download(
    service: SecurityService, verify: Verify
) -> None:
    tenant = service.create_tenant("contoso", START, wrong_signature_field=True)
    service.claim(tenant, DEVICE)
    leaf, ca, policy = service.attest(tenant, DEVICE, KEY.public_key(), START)
    said = verify(leaf, START, [service.root], [ca, policy])
    assert "error 7 at 1 depth lookup: certificate signature failure" in said
    service.reissue(tenant, START)
    again = service.download(tenant, START)
    assert again != ca
    assert verify(leaf, START, [service.root], [again, policy]).endswith(": OK\n")


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        (
            {"life": 90 * DAY},
            "renewal is not shorter than life; a successor is issued before the end of a CA",
        ),
        (
            {"activation": 91 * DAY},
            "activation is longer than renewal; a successor takes over before its predecessor ends",
        ),
        ({"attestation": timedelta()}, "attestation is 0:00:00; it has to be longer"),
        ({"key": KeyType.RSA_2048}, "key is rsa-2048; a tenant CA has ec-p384 or ec-p256"),
    ],
)
def test_intervals_that_contradict_each_other(setting: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011
        LifeCycle(**setting)
    assert str(refused.value) == sentence


def test_tenants_are_found_by_name_and_by_id(service: SecurityService, tenant: Tenant) -> None:
    assert (
        service.tenant("contoso") == service.tenant(tenant.id) == service.tenant(tenant.id.upper()) == tenant
    )
    assert service.tenants() == (tenant,)
    for name, now, reason in (
        ("contoso", START, Reason.TENANT_EXISTS),
        ("", START, Reason.NAME_INVALID),
        ("a\nb", START, Reason.NAME_INVALID),
        ("older", START - DAY, Reason.BEFORE_BEGINNING),
    ):
        with pytest.raises(Refused) as refused:
            service.create_tenant(name, now)
        assert refused.value.reason is reason
    with pytest.raises(Refused) as unknown:
        service.tenant("fabrikam")
    assert str(unknown.value) == "there is no tenant 'fabrikam'; there are contoso"


def test_a_private_key_is_in_no_text(service: SecurityService, tenant: Tenant) -> None:
    assert "PrivateKey" not in repr(service.records()) + repr(service.foundation)


def test_certificates_are_values_of_the_library(service: SecurityService, tenant: Tenant) -> None:
    assert isinstance(service.download(tenant, START), x509.Certificate)
