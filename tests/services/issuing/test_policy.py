from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from harness.services.issuing.policy import Permit, Policy, Refusal, RefusalWord, device_id_of
from harness.services.web.trust import ClientTrust
from tests.services.issuing.conftest import Corp, device_id


def _chain(corp: Corp, name: str = "dev", tenant: str = "contoso") -> tuple[x509.Certificate, ...]:
    credential = corp.device(name, tenant)
    return (credential.certificate, *credential.chain)


def _word(decided: Permit | Refusal) -> tuple[int, str]:
    assert isinstance(decided, Refusal), decided
    return decided.status, decided.word


@pytest.mark.catalogue("device-J10")
def test_a_device_of_the_tenant_gets_a_permit_for_its_whole_id(corp: Corp) -> None:
    decided = corp.policy.decide(_chain(corp), None, corp.now)
    assert decided == Permit(device_id("dev").lower())
    assert len(decided.device_id) == 128
    for asked in (device_id("dev"), device_id("dev").lower()):
        assert isinstance(corp.policy.decide(_chain(corp), asked, corp.now, issues=False), Permit)


@pytest.mark.catalogue("device-J10")
def test_who_is_not_the_device_is_refused_with_the_reason(corp: Corp) -> None:
    decide = corp.policy.decide
    assert _word(decide((), None, corp.now)) == (401, RefusalWord.NO_CERTIFICATE)
    other = _chain(corp, "theirs", "fabrikam")
    assert _word(decide(other, None, corp.now)) == (403, RefusalWord.UNTRUSTED)
    mine = _chain(corp)
    assert _word(decide(mine, device_id("else"), corp.now)) == (403, RefusalWord.OTHER_DEVICE)
    # 64 of the digits are the same: whoever cuts the ID takes one device for the other.
    twin = device_id("dev")[:64] + "0" * 64
    assert _word(decide(mine, twin, corp.now)) == (403, RefusalWord.OTHER_DEVICE)
    assert _word(decide(mine, None, corp.now + timedelta(days=2))) == (403, RefusalWord.EXPIRED)
    assert _word(decide(mine, None, corp.now - timedelta(days=2))) == (403, RefusalWord.NOT_YET_VALID)


def test_a_service_that_trusts_the_root_takes_every_tenant_s_devices(corp: Corp) -> None:
    policy = Policy(lambda _now: ClientTrust((corp.security.root,)))
    decided = policy.decide(_chain(corp, "theirs", "fabrikam"), None, corp.now)
    assert decided == Permit(device_id("theirs").lower())


def test_a_proof_of_possession_is_no_device(corp: Corp) -> None:
    proof = corp.security.proof("contoso", corp.now, "1234ABCD")
    chain = (proof, corp.security.download("contoso", corp.now))
    # Its purpose is refused already; the name would be, too.
    assert _word(corp.policy.decide(chain, None, corp.now))[0] == 403
    assert device_id_of(proof) == ""


@pytest.mark.catalogue("device-J10")
@pytest.mark.parametrize("cut", [64, 127, 129])
def test_only_a_whole_id_is_one(corp: Corp, cut: int) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    digits = ("ab" * 65)[:cut]
    with pytest.warns(UserWarning, match="length") if cut > 64 else nullcontext():
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, digits, _validate=cut <= 64)])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, corp.now, corp.now + timedelta(1))
    assert device_id_of(made.sign(key, hashes.SHA256())) == ""


def test_the_allow_list_does_not_mind_the_case_of_letters(corp: Corp) -> None:
    corp.policy.allow = frozenset({device_id("dev").upper()})
    assert isinstance(corp.policy.decide(_chain(corp), None, corp.now), Permit)
    assert _word(corp.policy.decide(_chain(corp, "new"), None, corp.now)) == (403, RefusalWord.NOT_ALLOWED)


def test_the_rate_limit_counts_certificates_of_one_device_in_a_sliding_hour(corp: Corp) -> None:
    mine, other = _chain(corp), _chain(corp, "other")
    for minute in (0, 10, 20):
        assert isinstance(corp.policy.decide(mine, None, corp.now + timedelta(minutes=minute)), Permit)
    late = corp.now + timedelta(minutes=30)
    refused = corp.policy.decide(mine, None, late)
    assert _word(refused) == (429, RefusalWord.TOO_MANY)
    assert isinstance(refused, Refusal)
    assert refused.retry_after == 30 * 60 + 1
    assert isinstance(corp.policy.decide(mine, None, late, issues=False), Permit)
    assert isinstance(corp.policy.decide(other, None, late), Permit)
    assert isinstance(corp.policy.decide(mine, None, corp.now + timedelta(minutes=61)), Permit)
