from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography import x509

from harness.diagnosis.causes import CATALOGUE
from harness.diagnosis.diagnose import diagnose
from harness.diagnosis.not_attempted import not_attempted
from harness.observation import Alert, EapResult, Observation, RadiusResult, Stage, VerifyFailure
from harness.outcome import Cause, Owner, Proof, Rank, Verdict
from harness.pki.keys import KeyPool, KeyType
from harness.pki.mint import Mint
from harness.pki.spec import CertificateSpec, Profile
from harness.server.records import ServerEvidence
from harness.trace import Actor

STARTLESS = [cause for cause in Cause if Verdict.NOT_ATTEMPTED in CATALOGUE[cause].verdicts]


@pytest.mark.parametrize("cause", STARTLESS, ids=str)
def test_the_devices_words_are_the_proof(cause: Cause) -> None:
    outcome = not_attempted(cause, 'network "corp" cannot start')

    assert (outcome.verdict, outcome.cause) == (Verdict.NOT_ATTEMPTED, cause)
    assert outcome.proof == (Proof(Actor.DEVICE, 'network "corp" cannot start'),)
    assert outcome.explanation.endswith('network "corp" cannot start.')
    assert outcome.remedy
    assert "{" not in outcome.explanation + outcome.remedy
    assert outcome.observation is None


def test_a_cause_of_the_network_cannot_keep_a_device_from_starting() -> None:
    with pytest.raises(
        ValueError, match=r"^the cause crl-missing does not go with the verdict not-attempted$"
    ):
        not_attempted(Cause.CRL_MISSING, "x")


@pytest.fixture
def stopped(connected: Observation) -> Observation:
    """The device's own TLS library ended the handshake; the server then rejected."""
    assert connected.tls is not None
    tls = replace(
        connected.tls,
        handshake_complete=False,
        protected_success=False,
        sent_chain=(),
        own_chain=connected.tls.sent_chain,
        alerts=(Alert(sent=True, level=2, description=80, name="internal-error"),),
        error="ca key too small",
        stopped_itself=True,
        security_level=5,
    )
    return replace(
        connected,
        stage=Stage.HANDSHAKE,
        radius_result=RadiusResult.REJECT,
        eap_result=EapResult.FAILURE,
        tls=tls,
    )


def weak_chain() -> tuple[x509.Certificate, ...]:
    """A device's certificate with a good key under an issuing CA with a weak one."""
    mint = Mint(KeyPool(), datetime.now(UTC))
    specs = {
        "root": CertificateSpec("root", Profile.ROOT_CA, key=KeyType.EC_P256),
        "issuing": CertificateSpec("issuing", Profile.INTERMEDIATE_CA, "root", key=KeyType.RSA_1024),
        "device": CertificateSpec("device", Profile.CLIENT, "issuing", key=KeyType.EC_P256),
    }
    return tuple(mint.issue(name, specs).certificate for name in ("device", "issuing"))


@pytest.mark.parametrize("alerts", [True, False])
def test_a_chain_that_is_too_weak_for_its_own_device_says_nothing_of_the_server(
    stopped: Observation, log: ServerEvidence, *, alerts: bool
) -> None:
    assert stopped.tls is not None
    tls = replace(stopped.tls, own_chain=weak_chain(), security_level=2)
    near = replace(stopped, tls=tls if alerts else replace(tls, alerts=()))

    outcome = diagnose(near, log)

    assert (outcome.verdict, outcome.cause) == (Verdict.NOT_ATTEMPTED, Cause.CLIENT_CHAIN_TOO_WEAK_TO_SEND)
    assert outcome.certificate is not None
    assert (outcome.certificate.owner, outcome.certificate.rank) == (Owner.DEVICE, Rank.ISSUING_CA)
    assert outcome.explanation == (
        "CN=issuing in the device's own chain is below the device's own security level 2, so its TLS library did not "
        "send the chain and ended the handshake: ca key too small."
    )
    assert "under a CA with RSA of 2048 bits, P-256 or Ed25519" in outcome.remedy
    assert Proof(Actor.DEVICE, "should have sent the chain CN=device < CN=issuing") in outcome.proof


def test_internal_error_alone_is_no_refusal_of_the_server(
    stopped: Observation, no_log: ServerEvidence
) -> None:
    assert stopped.tls is not None
    near = replace(stopped, tls=replace(stopped.tls, error="malloc failure", stopped_itself=False))

    outcome = diagnose(near, no_log)

    assert (outcome.verdict, outcome.cause) == (Verdict.NOT_ATTEMPTED, Cause.UNDETERMINED)
    assert "malloc failure" in outcome.explanation


def test_a_verification_that_failed_stays_a_refusal_whatever_the_alert(
    stopped: Observation, no_log: ServerEvidence
) -> None:
    assert stopped.tls is not None
    failure = VerifyFailure(0, "words", 0, "CN=other")
    near = replace(stopped, tls=replace(stopped.tls, verify_failure=failure, stopped_itself=False))

    assert diagnose(near, no_log).verdict is Verdict.REFUSED


def test_a_library_that_has_nothing_to_offer(stopped: Observation, no_log: ServerEvidence) -> None:
    assert stopped.tls is not None
    tls = replace(stopped.tls, version="", peer_chain=(), alerts=(), error="no ciphers available")

    outcome = diagnose(replace(stopped, tls=tls), no_log)

    assert (outcome.verdict, outcome.cause) == (Verdict.NOT_ATTEMPTED, Cause.TLS_SETTINGS_UNUSABLE)
    assert (
        outcome.explanation == "The device's own TLS settings leave nothing to offer: no ciphers available."
    )


def test_the_level_and_what_satisfies_it_are_named_where_the_own_key_is_refused() -> None:
    device = weak_chain()[1:]

    outcome = not_attempted(Cause.CLIENT_KEY_TOO_WEAK_TO_SEND, "words", own_chain=device, level=4)

    assert outcome.certificate is not None
    assert outcome.certificate.subject == "CN=issuing"
    assert "security level 4" in outcome.explanation
    assert outcome.remedy.startswith("Install a client certificate with RSA of 7680 bits or P-384, ")
