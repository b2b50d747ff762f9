from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from cryptography import x509

from harness.diagnosis import chain
from harness.diagnosis.diagnose import diagnose
from harness.observation import Observation, VerifyFailure
from harness.outcome import Cause, Outcome, Owner, Rank
from harness.server.records import LogEvent, LoggedCertificate, LogKind, ServerEvidence

Certificates = Mapping[str, x509.Certificate]


def logged(certificate: x509.Certificate, *, leaf: bool) -> LoggedCertificate:
    """Return a certificate as FreeRADIUS lists it."""
    return LoggedCertificate(
        leaf=leaf,
        serial=f"{certificate.serial_number:x}",
        subject=f"/{certificate.subject.rfc4514_string()}",
        issuer=f"/{certificate.issuer.rfc4514_string()}",
        not_before=chain.not_before(certificate),
        not_after=chain.not_after(certificate),
    )


def refuse(
    near: Observation,
    far: ServerEvidence,
    number: int,
    blamed: LoggedCertificate | None,
    sent: tuple[x509.Certificate, ...],
    trusted: tuple[x509.Certificate, ...],
) -> Outcome:
    assert near.tls is not None
    event = LogEvent(LogKind.VERIFY_ERROR, f"OpenSSL says error {number}", number=number, certificate=blamed)
    return diagnose(
        replace(near, tls=replace(near.tls, sent_chain=sent)), replace(far, events=(event,), trusted=trusted)
    )


@pytest.mark.parametrize(
    ("number", "own", "issuing"),
    [
        (10, Cause.CLIENT_CERTIFICATE_EXPIRED, Cause.ISSUING_CA_EXPIRED),
        (9, Cause.CLIENT_CERTIFICATE_NOT_YET_VALID, Cause.ISSUING_CA_NOT_YET_VALID),
        (23, Cause.CLIENT_CERTIFICATE_REVOKED, Cause.ISSUING_CA_REVOKED),
    ],
)
def test_the_place_of_the_certificate_decides_the_cause(
    number: int,
    own: Cause,
    issuing: Cause,
    rejected: Observation,
    log: ServerEvidence,
    certificates: Certificates,
) -> None:
    leaf, middle, root = (certificates[name] for name in ("device", "intermediate", "root"))
    ours = refuse(rejected, log, number, logged(leaf, leaf=True), (leaf, middle), (root,))
    above = refuse(rejected, log, number, logged(middle, leaf=False), (leaf, middle), (root,))
    assert ours.certificate is not None
    assert above.certificate is not None
    assert (ours.cause, ours.certificate.rank, ours.certificate.subject) == (own, Rank.OWN, "CN=thermostat-7")
    assert (above.cause, above.certificate.rank) == (issuing, Rank.ISSUING_CA)
    assert "CN=intermediate" in above.explanation
    assert "thermostat" not in above.explanation + above.remedy


def test_our_own_path_does_not_contradict_the_log(
    rejected: Observation, log: ServerEvidence, certificates: Certificates
) -> None:
    """The leaf ended first, yet the server looked at the root."""
    leaf, root = certificates["short-device"], certificates["short-root"]
    outcome = refuse(rejected, log, 10, logged(root, leaf=False), (leaf,), (root,))
    assert outcome.cause is Cause.ROOT_CA_EXPIRED
    assert outcome.certificate is not None
    assert outcome.certificate.held_by_server


def test_a_renewed_ca_with_an_old_one_at_the_server(
    rejected: Observation, log: ServerEvidence, certificates: Certificates
) -> None:
    leaf, old, root = certificates["below-short"], certificates["short-intermediate"], certificates["root"]
    outcome = refuse(rejected, log, 10, logged(old, leaf=False), (leaf,), (root, old))
    assert "replace the old one in the server's ca_file;" in outcome.remedy


def test_what_ended_earlier_would_fail_next(
    rejected: Observation, log: ServerEvidence, certificates: Certificates
) -> None:
    leaf, root = certificates["direct-device"], certificates["root"]
    ended = refuse(rejected, log, 10, logged(root, leaf=False), (leaf,), (root,))
    assert ["CN=thermostat-8" in one.text for one in ended.findings if one.id == "would-fail-next"] == [True]
    alone = refuse(rejected, log, 10, logged(leaf, leaf=True), (leaf,), (root,))
    assert "would-fail-next" not in [one.id for one in alone.findings]


def test_a_certificate_that_nobody_here_has_is_told_by_the_log_alone(
    rejected: Observation, log: ServerEvidence, certificates: Certificates
) -> None:
    stranger = LoggedCertificate(leaf=False, serial="abc", subject="/O=x/CN=y", issuer="/CN=z")
    outcome = refuse(rejected, log, 23, stranger, (certificates["device"],), ())
    assert outcome.certificate is not None
    assert (outcome.certificate.subject, outcome.certificate.serial) == ("O=x,CN=y", "abc")
    assert outcome.certificate.not_after is None


def test_the_same_serial_number_of_another_issuer_is_another_certificate(
    rejected: Observation, log: ServerEvidence, certificates: Certificates
) -> None:
    leaf, root = certificates["device"], certificates["root"]
    other = replace(logged(root, leaf=False), serial=f"{leaf.serial_number:x}")
    outcome = refuse(rejected, log, 10, other, (leaf,), (root,))
    assert outcome.certificate is not None
    assert outcome.certificate.rank is Rank.ROOT_CA


@pytest.mark.parametrize(
    ("name", "depth", "rank"),
    [("server", 0, Rank.OWN), ("intermediate", 1, Rank.ISSUING_CA), ("root", 2, Rank.ROOT_CA)],
)
def test_the_device_names_the_certificate_it_refused(
    name: str,
    depth: int,
    rank: Rank,
    rejected: Observation,
    no_log: ServerEvidence,
    certificates: Certificates,
) -> None:
    assert rejected.tls is not None
    refused = certificates[name]
    failure = VerifyFailure(10, "certificate has expired", depth, chain.subject(refused), refused)
    near = replace(rejected, tls=replace(rejected.tls, verify_failure=failure))
    blamed = diagnose(near, no_log).certificate
    assert blamed is not None
    assert (blamed.owner, blamed.rank, blamed.subject) == (Owner.SERVER, rank, chain.subject(refused))
    assert blamed.serial == f"{refused.serial_number:x}"


def test_a_ca_made_anew_under_its_old_name_is_told(
    rejected: Observation, log: ServerEvidence, certificates: Certificates, again: x509.Certificate
) -> None:
    leaf = certificates["direct-device"]
    server = refuse(rejected, log, 20, logged(leaf, leaf=True), (leaf,), (again,))
    assert "the server trusts a CA of the issuer's name (CN=root) with another key" in server.explanation
    assert server.cause is Cause.CLIENT_ISSUER_UNKNOWN
    plain = refuse(rejected, log, 20, logged(leaf, leaf=True), (leaf,), (certificates["other-root"],))
    assert "another key" not in plain.explanation
