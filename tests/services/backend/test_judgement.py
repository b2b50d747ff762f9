"""Who gets in where, and `openssl verify` as a second judge of every trust file."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from harness.pki.keys import KeyType
from harness.services.backend.answers import Hole, Reason
from harness.services.backend.backend import BackEnd, IssuerChoice, Kind, Settings
from harness.services.backend.trust import mark, pem_bundle
from harness.services.security.lifecycle import LifeCycle
from harness.services.security.service import SecurityService
from harness.services.security.shapes import with_wrong_signature_field
from tests.services.backend.conftest import DAY, DEVICE_ID, END, Estate

pytestmark = pytest.mark.filterwarnings("ignore:Attribute's length")
OVERLAP = END - 60 * DAY
"""A is active, B is there."""
CHANGED = END - 44 * DAY
"""B is active, A has yet to end."""

Certificates = Sequence[x509.Certificate]


def own(*trusted: x509.Certificate, partial: bool = False, **settings: object) -> BackEnd:
    made = BackEnd(
        Settings(Kind.OWN, partial_chain=partial, **settings),  # type: ignore[arg-type]
        random.Random(1).randbytes,
    )
    assert made.trust_file(pem_bundle(trusted)).ok
    return made


def hub(at: datetime, *trusted: x509.Certificate, **settings: object) -> BackEnd:
    made = BackEnd(
        Settings(Kind.IOT_HUB, verified_on_upload=True, **settings),  # type: ignore[arg-type]
        random.Random(1).randbytes,
    )
    for number, certificate in enumerate(trusted):
        assert made.registrations.upload(str(number), certificate.public_bytes(Encoding.DER), at).ok
    return made


def openssl(trusted: Certificates, chain: Certificates, at: datetime, folder: Path, *options: str) -> int:
    """Return OpenSSL's error number for a chain against a trust file; 0: it accepts."""
    (folder / "trusted.pem").write_bytes(pem_bundle(trusted))
    (folder / "sent.pem").write_bytes(pem_bundle(chain[1:]))
    (folder / "leaf.pem").write_bytes(pem_bundle(chain[:1]))
    command = ["openssl", "verify", "-purpose", "sslclient", "-attime", str(int(at.timestamp())), *options]
    command += ["-CAfile", str(folder / "trusted.pem")]
    if len(chain) > 1:
        command += ["-untrusted", str(folder / "sent.pem")]
    done = subprocess.run([*command, str(folder / "leaf.pem")], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return 0
    return int(done.stderr.partition("error ")[2].split()[0])


@pytest.mark.catalogue("device-K12", "device-K14", "device-K15")
@pytest.mark.parametrize("sent", [1, 2, 3], ids=["leaf", "leaf+tenant", "chain"])
@pytest.mark.parametrize("issuer", ["A", "B"])
@pytest.mark.parametrize("partial", [False, True], ids=["default", "partial"])
@pytest.mark.parametrize("file", ["A", "B", "AB", "BA", "RPAB", "RPBA", "RP", "PA", "PAB", "R"], ids=str)
def test_a_file_is_judged_as_openssl_judges_it(
    estate: Estate, tmp_path: Path, file: str, issuer: str, sent: int, *, partial: bool
) -> None:
    known = {"R": estate.service.root, "P": estate.service.policy, "A": estate.ca("A"), "B": estate.ca("B")}
    trusted = [known[letter] for letter in file]
    at = OVERLAP if issuer == "A" else CHANGED
    chain = estate.device(at)[:sent]
    back_end = own(*trusted, partial=partial)

    judgement = back_end.judge(chain, at + timedelta(hours=1))

    options = ["-partial_chain"] if partial else []
    number = openssl(trusted, chain, at + timedelta(hours=1), tmp_path, *options)
    assert judgement.number == number
    assert judgement.accepted is (number == 0)


@pytest.mark.catalogue("device-K12")
@pytest.mark.parametrize("order", ["AB", "BA"])
def test_both_of_one_name_in_one_store_and_in_a_store_each(estate: Estate, order: str) -> None:
    both = [estate.ca(letter) for letter in order]
    first, second = ("AB", "BA")[order == "BA"]
    at = {"A": OVERLAP, "B": CHANGED}

    by_name = own(*both, partial=True)
    assert by_name.judge(estate.device(at[first]), at[first]).accepted
    refused = by_name.judge(estate.device(at[second]), at[second])
    assert refused.reason is Reason.ISSUER_AMBIGUOUS
    assert refused.detail.startswith("error 7 at depth 0: certificate signature failure; a trusted CA")
    for back_end in (own(*both, partial=True, issuer_choice=IssuerChoice.BY_SIGNATURE), hub(OVERLAP, *both)):
        for moment in at.values():
            assert back_end.judge(estate.device(moment), moment).accepted


def test_after_the_end_of_a_both_orders_do(estate: Estate) -> None:
    late = END + DAY
    for order in ("AB", "BA"):
        assert own(*map(estate.ca, order), partial=True).judge(estate.device(late), late).accepted
    both = own(*map(estate.ca, "AB"), partial=True, issuer_choice=IssuerChoice.BY_SIGNATURE)
    assert both.judge(estate.device(late), late).accepted


def test_the_former_ca_alone_means_that_the_issuer_is_unknown(estate: Estate) -> None:
    judgement = own(estate.ca("A"), partial=True).judge(estate.device(CHANGED), CHANGED)

    assert judgement.reason is Reason.ISSUER_UNKNOWN
    assert judgement.number == 7
    assert "without it error 20 at depth 2: unable to get local issuer certificate" in judgement.detail


def test_the_former_ca_that_has_ended_means_the_same(estate: Estate) -> None:
    for judged in (own(estate.ca("A"), partial=True), hub(OVERLAP, estate.ca("A"))):
        judgement = judged.judge(estate.device(END + DAY), END + DAY)

        assert (judgement.reason, judgement.number, judgement.depth) == (Reason.ISSUER_UNKNOWN, 10, 1)
        assert "certificate has expired; a trusted CA of the issuer's name" in judgement.detail


@pytest.mark.catalogue("device-J06", "device-J07")
def test_the_root_alone_lets_every_tenant_in_and_says_so(estate: Estate) -> None:
    open_to_all = own(*estate.above)
    pinned = own(*estate.above)
    pinned.trust_file(pem_bundle(estate.above), issuers=[estate.ca("A"), estate.ca("B")])
    tenant_alone = own(estate.ca("A"), partial=True)
    whole_chain = own(*estate.above, estate.ca("A"))

    for tenant in ("contoso", "fabrikam"):
        accepted = open_to_all.judge(estate.device(OVERLAP, tenant), OVERLAP)
        assert accepted.accepted
        assert accepted.holes == (Hole.EVERY_TENANT,)
    for back_end in (pinned, tenant_alone, whole_chain):
        accepted = back_end.judge(estate.device(OVERLAP), OVERLAP)
        assert (accepted.reason, accepted.holes) == (None, ())
    stranger = estate.device(OVERLAP, "fabrikam")
    assert pinned.judge(stranger, OVERLAP).reason is Reason.ANOTHER_TENANT
    assert tenant_alone.judge(stranger, OVERLAP).reason is Reason.ISSUER_UNKNOWN
    assert whole_chain.judge(stranger, OVERLAP).holes == (Hole.EVERY_TENANT,)  # the chain has the root in it
    assert pinned.judge(estate.device(CHANGED), CHANGED).accepted


@pytest.mark.catalogue("device-L11")
@pytest.mark.parametrize("empty", [False, True], ids=["usable", "as recorded"])
def test_a_proof_is_no_device(estate: Estate, tmp_path: Path, *, empty: bool) -> None:
    for code in ("AB" * 24, "ab" * 63):
        proof = estate.service.proof("contoso", OVERLAP, code, 1, empty_usages=empty)
        chain = (proof, estate.ca("A"), estate.service.policy)
        strict = hub(OVERLAP, estate.ca("A")).judge(chain, OVERLAP)
        naive = hub(OVERLAP, estate.ca("A"), device_ids_only=False).judge(chain, OVERLAP)

        number = openssl([estate.ca("A")], chain, OVERLAP, tmp_path, "-partial_chain")
        assert (strict.number, naive.number) == (number, number)
        if empty:  # its extensions are empty, so that OpenSSL finds no issuer for it
            assert (strict.reason, naive.reason) == (Reason.CERTIFICATE_UNACCEPTABLE,) * 2
            assert "a trusted CA has signed it" in strict.detail
        else:
            assert strict.reason is Reason.NOT_A_DEVICE
            assert (naive.reason, naive.holes) == (None, (Hole.PROOF_AS_DEVICE,))


@pytest.mark.catalogue("device-K17")
def test_what_openssl_does_not_read_changes_nothing(estate: Estate) -> None:
    back_end = own(estate.ca("A"), partial=True)
    p7b = estate.service.chain("contoso", OVERLAP)
    converted = subprocess.run(
        ["openssl", "pkcs7", "-inform", "DER", "-print_certs"], input=p7b, capture_output=True, check=True
    ).stdout
    armoured = subprocess.run(
        ["openssl", "pkcs7", "-inform", "DER"], input=p7b, capture_output=True, check=True
    ).stdout
    joined = pem_bundle([estate.ca("A"), estate.ca("B")], newline=False)

    nothing = "OpenSSL reads nothing of the file: no certificate or crl found"
    told = [back_end.trust_file(content) for content in (p7b, armoured, b"", joined)]
    assert [(answer.reason, answer.detail) for answer in told] == [
        (Reason.NO_CERTIFICATES, nothing),
        (Reason.NO_CERTIFICATES, nothing),
        (Reason.NO_CERTIFICATES, nothing),
        (Reason.NO_CERTIFICATES, "OpenSSL reads nothing of the file: bad end line"),
    ]
    assert back_end.judge(estate.device(OVERLAP), OVERLAP).accepted
    assert back_end.trust_file(converted).ok
    assert back_end.trust.certificates == (*estate.above, estate.ca("A"))


@pytest.mark.catalogue("device-K18")
def test_a_p256_ca_under_p384_parents(tmp_path: Path) -> None:
    at = END - 700 * DAY
    service = SecurityService(LifeCycle(key=KeyType.EC_P256), random.Random(3).randbytes, beginning=at - DAY)
    service.create_tenant("contoso", at - DAY)
    service.claim("contoso", DEVICE_ID)
    chain = service.attest("contoso", DEVICE_ID, Estate().key.public_key(), at)

    assert own(service.root, service.policy).judge(chain, at).accepted
    assert openssl([service.root], chain, at, tmp_path) == 0
    algorithms = [certificate.signature_algorithm_oid._name for certificate in chain]
    assert algorithms == ["ecdsa-with-SHA256", "ecdsa-with-SHA384", "ecdsa-with-SHA384"]


@pytest.mark.catalogue("device-K19")
def test_a_ca_whose_two_notes_of_the_algorithm_differ(estate: Estate, tmp_path: Path) -> None:
    broken = with_wrong_signature_field(estate.ca("A"))
    trusted = (*estate.above, broken)
    back_end, chain = own(*trusted), estate.device(OVERLAP)

    judgement = back_end.judge(chain, OVERLAP)
    assert (judgement.reason, judgement.number, judgement.depth) == (Reason.SIGNATURE_WRONG, 7, 1)
    assert openssl(trusted, chain, OVERLAP, tmp_path) == 7
    assert back_end.trust_file(pem_bundle((*estate.above, estate.ca("A")))).ok  # downloaded again
    assert back_end.judge(chain, OVERLAP).accepted


@pytest.mark.catalogue("device-K20")
def test_a_revoked_ca_whatever_its_dates(estate: Estate) -> None:
    gone: set[str] = set()
    back_end = BackEnd(
        Settings(Kind.OWN, partial_chain=True), random.Random(1).randbytes, lambda _now: frozenset(gone)
    )
    back_end.trust_file(pem_bundle([estate.ca("A")]))
    assert back_end.judge(estate.device(OVERLAP), OVERLAP).accepted

    gone.add(mark(estate.ca("A")))
    assert back_end.judge(estate.device(OVERLAP), OVERLAP).reason is Reason.CA_REVOKED


@pytest.mark.catalogue("device-K21")
def test_the_policy_ca_ends_before_the_tenants(tmp_path: Path) -> None:
    begin = END - 730 * DAY
    service = SecurityService(LifeCycle(policy_life=100 * DAY), random.Random(3).randbytes, beginning=begin)
    service.create_tenant("contoso", begin)
    service.claim("contoso", DEVICE_ID)
    key = Estate().key.public_key()
    before, after = begin + 99 * DAY, begin + 101 * DAY
    back_end = own(service.root, service.policy)

    assert back_end.judge(service.attest("contoso", DEVICE_ID, key, before), before).accepted
    chain = service.attest("contoso", DEVICE_ID, key, after)
    refused = back_end.judge(chain, after)
    assert (refused.reason, refused.number, refused.depth) == (Reason.ISSUING_CA_EXPIRED, 10, 2)
    assert openssl([service.root, service.policy], chain, after, tmp_path) == 10
    # Whoever has registered the tenant's CA itself does not look above it.
    registered = hub(after, service.authorities("contoso", after)[0].certificate)
    assert registered.judge(chain, after).accepted


def test_no_certificate_one_that_has_ended_and_an_unverified_ca(estate: Estate) -> None:
    back_end = BackEnd(Settings(Kind.IOT_HUB), random.Random(1).randbytes)
    back_end.registrations.upload("a", estate.ca("A").public_bytes(Encoding.DER), OVERLAP)
    chain = estate.device(OVERLAP)

    assert back_end.judge((), OVERLAP).reason is Reason.NO_CERTIFICATE
    unverified = back_end.judge(chain, OVERLAP)
    assert (unverified.reason, unverified.detail) == (
        Reason.CA_UNVERIFIED,
        "the CA registered as a is Unverified",
    )
    trusting = hub(OVERLAP, estate.ca("A"))
    assert trusting.judge(chain, OVERLAP + 2 * DAY).reason is Reason.CERTIFICATE_EXPIRED
    assert trusting.judge(chain, OVERLAP - DAY).reason is Reason.CERTIFICATE_NOT_YET_VALID
    # Registered for good, the former CA lets nobody in after its end, not even who has been given a day more.
    assert trusting.judge(chain, END + DAY).reason in {Reason.CERTIFICATE_EXPIRED, Reason.ISSUING_CA_EXPIRED}


@pytest.mark.catalogue("device-K24")
def test_a_new_ca_that_is_not_trusted_is_noticed(estate: Estate) -> None:
    a, b = estate.ca("A"), estate.ca("B")
    above = (estate.service.policy,)
    for back_end, trusted in (
        (hub(OVERLAP, a), (True, False)),
        (hub(OVERLAP, a, b), (True, True)),
        (own(*estate.above), (True, True)),
        (own(a, partial=True), (True, False)),
        (own(*estate.above, a), (True, True)),
        (own(a), (False, False)),
    ):
        assert tuple(back_end.trusts(one, above, OVERLAP) for one in (a, b)) == trusted
