from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from harness.observation import (
    Alert,
    EapResult,
    FourWay,
    Keys,
    Observation,
    RadiusResult,
    Stage,
    TlsObservation,
)
from harness.outcome import Cause, Finding, Outcome, Proof, Severity, Verdict
from harness.run.events import (
    CaseFinished,
    CaseStarted,
    Certificates,
    Event,
    Listener,
    Result,
    StepReport,
    SuiteFinished,
    SuiteStarted,
)
from harness.scenario.case import CaseInfo, Mismatch
from harness.trace import Actor, Endpoint, Link, Packet, Recorder

# RFC 2865 7.1, shared secret xyzzy5461.
REQUEST = bytes.fromhex(
    "010000380f403f9473978057bd83d5cb98f4227a01066e656d6f02120dbe708d93d413ce3196e43f782a0aee"
    "0406c0a80110050600000003"
)
REPLY = bytes.fromhex("0200002686fe220e7624ba2a1005f6bf9b55e0b20606000000010f06000000000e06c0a80103")
# Data frame from station to access point: LLC/SNAP, ethertype 888E, EAPOL-Start.
EAPOL_START = bytes.fromhex("080100000200000000010200000000020200000000010000aaaa03000000888e02010000")
PLACE = Path.cwd() / "scenarios" / "overwrite.yaml"


@pytest.fixture(scope="session")
def certificate() -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "radius.corp.example")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 0xABC123)
    builder = builder.not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
    return builder.not_valid_after(datetime(2027, 1, 1, tzinfo=UTC)).sign(key, hashes.SHA256())


@pytest.fixture
def near() -> Endpoint:
    return Endpoint("127.0.0.1", 40001)


@pytest.fixture
def far() -> Endpoint:
    return Endpoint("127.0.0.1", 21812)


@pytest.fixture
def recorder(near: Endpoint, far: Endpoint) -> Recorder:
    recorder = Recorder()
    recorder.event(100.0, Actor.DEVICE, "associate", ssid="CORP")
    recorder.packet(Packet(100.0, Link.AIR, EAPOL_START))
    recorder.event(100.001, Actor.ACCESS_POINT, "access-request", identifier=0, length=56)
    recorder.packet(Packet(100.001, Link.WIRE, REQUEST, near, far, "first request"))
    recorder.packet(Packet(100.0025, Link.WIRE, REPLY, far, near))
    recorder.key_log.append(f"CLIENT_RANDOM {'11' * 32} {'22' * 48}")
    return recorder


@pytest.fixture
def connected(near: Endpoint, far: Endpoint, certificate: x509.Certificate) -> Outcome:
    tls = TlsObservation(
        offered=("1.2", "1.3"),
        version="1.3",
        cipher="TLS_AES_256_GCM_SHA384",
        handshake_complete=True,
        protected_success=True,
        peer_chain=(certificate,),
        trust_anchor=certificate,
        expected_name="radius.corp.example",
    )
    observation = Observation(
        stage=Stage.COMPLETE,
        ssid="CORP",
        identity="@corp.example",
        source=near,
        server=far,
        started=100.0,
        ended=100.0125,
        radius_result=RadiusResult.ACCEPT,
        eap_result=EapResult.SUCCESS,
        requests=6,
        replies=6,
        proposed_methods=(13,),
        tls=tls,
        keys=Keys.AGREE,
        session_id=b"\x0d\x01",
        four_way=FourWay.COMPLETE,
    )
    return Outcome(
        Verdict.CONNECTED,
        Cause.MUTUAL_AUTHENTICATION,
        "Both sides verified each other.",
        proof=(Proof(Actor.SERVER, "Login OK: [@corp.example]"), Proof(Actor.DEVICE, "the keys agree")),
        observation=observation,
    )


@pytest.fixture
def rejected(near: Endpoint, far: Endpoint) -> Outcome:
    tls = TlsObservation(
        offered=("1.2", "1.2"),
        version="1.2",
        alerts=(Alert(sent=False, level=2, description=48, name="unknown_ca"),),
    )
    observation = Observation(
        stage=Stage.HANDSHAKE,
        ssid="CORP",
        identity="thermostat-7",
        source=near,
        server=far,
        started=100.0,
        ended=101.0,
        radius_result=RadiusResult.REJECT,
        eap_result=EapResult.FAILURE,
        requests=5,
        replies=5,
        tls=tls,
    )
    return Outcome(
        Verdict.REJECTED,
        Cause.CLIENT_ISSUER_UNKNOWN,
        "The server does not know the issuer of the client certificate.",
        "Add the issuing CA to the server's ca_file.",
        proof=(
            Proof(Actor.SERVER, "OpenSSL says error 20 : unable to get local issuer certificate"),
            Proof(Actor.ACCESS_POINT, "Access-Reject after 5 requests"),
        ),
        findings=(
            Finding("alert-not-sent", Severity.WARNING, "The server sent no TLS alert.", "RFC 9190 2.1.4"),
        ),
        observation=observation,
    )


@pytest.fixture
def not_attempted() -> Outcome:
    return Outcome(
        Verdict.NOT_ATTEMPTED,
        Cause.CLIENT_CERTIFICATE_WRONG_TYPE,
        "The certificate ID client-key-abc names a root CA.",
        proof=(Proof(Actor.DEVICE, "client-key-abc is of type rootca"),),
    )


@pytest.fixture
def passed_case(connected: Outcome, not_attempted: Outcome, recorder: Recorder) -> CaseFinished:
    return CaseFinished(
        CaseInfo(
            "overwrite/client-by-root-ca", "A root CA takes the network down", "IDs are shared.", PLACE, 1
        ),
        Result.PASSED,
        0.214,
        (
            StepReport(0, "install client-key-abc", 14, note="replaced client"),
            StepReport(1, "associate corp", 18, connected, recorder=recorder),
            StepReport(2, "associate corp", 20, connected),
            StepReport(3, "associate corp", 24, not_attempted),
        ),
        rerun="eaptls run scenarios -k overwrite/client-by-root-ca --seed 7",
    )


@pytest.fixture
def failed_case(rejected: Outcome, recorder: Recorder) -> CaseFinished:
    step = StepReport(
        1,
        "associate corp",
        12,
        rejected,
        (Mismatch("cause", "client-certificate-expired", "client-issuer-unknown"),),
        server_log=("(3) Received Access-Request", "(3) Login incorrect \x1b[31m(unknown CA)"),
        recorder=recorder,
    )
    return CaseFinished(
        CaseInfo(
            "client/expired[tls=1.2,key=ec-p256]",
            "An expired client <b>certificate</b> is rejected",
            "It is what goes wrong first.",
            Path.cwd() / "scenarios" / "client" / "expired.yaml",
            3,
            ("client", "validity"),
            ("B04",),
        ),
        Result.FAILED,
        1.25,
        (StepReport(0, "install thermostat", 10), step),
        certificates=Certificates({"corp-root": "-----BEGIN CERTIFICATE-----\n"}),
        rerun="eaptls run scenarios/client/expired.yaml -k 'tls=1.2' --seed 7",
    )


@pytest.fixture
def skipped_case() -> CaseFinished:
    info = CaseInfo("tls/resumption", "Resumption", "", PLACE, 1)
    return CaseFinished(info, Result.SKIPPED, 0.0, reason="FreeRADIUS 3.2.1 has no session cache")


@pytest.fixture
def cases(
    passed_case: CaseFinished, failed_case: CaseFinished, skipped_case: CaseFinished
) -> tuple[CaseFinished, ...]:
    return (passed_case, failed_case, skipped_case)


@pytest.fixture
def run_events(cases: tuple[CaseFinished, ...], tmp_path: Path) -> tuple[Event, ...]:
    infos = tuple(finished.case for finished in cases)
    events: list[Event] = [SuiteStarted(infos, "process: FreeRADIUS 3.2.1", 2, 7, tmp_path / "results")]
    for finished in cases:
        events += [CaseStarted(finished.case), finished]
    return (*events, SuiteFinished(1, 1, 1, 1.5))


@pytest.fixture
def play(run_events: tuple[Event, ...]) -> Callable[..., None]:
    def play(*listeners: Listener) -> None:
        for event in run_events:
            for listener in listeners:
                listener.handle(event)

    return play


@pytest.fixture
def fixed_now() -> Callable[[], datetime]:
    return lambda: datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Every character that turns the direction of writing (UAX 9, section 2)."""


@pytest.fixture
def turned() -> CaseFinished:
    """A failed case every text of which would turn round what stands behind it."""
    finding = Finding("f", Severity.NOTE, f"finding {BIDI}", f"requirement {BIDI}")
    outcome = Outcome(
        Verdict.REJECTED,
        Cause.UNDETERMINED,
        f"explanation {BIDI}",
        f"remedy {BIDI}",
        (Proof(Actor.DEVICE, f"proof {BIDI}"),),
        (finding,),
    )
    step = StepReport(
        1,
        f"step {BIDI}",
        3,
        outcome=outcome,
        mismatches=(Mismatch(f"field {BIDI}", f"expected {BIDI}", f"actual {BIDI}"),),
        note=f"note {BIDI}",
        server_log=(f"log {BIDI}",),
    )
    info = CaseInfo(
        f"folder/case{BIDI}",
        f"title {BIDI}",
        f"why {BIDI}",
        Path.cwd() / f"file{BIDI}.yaml",
        1,
        (f"tag{BIDI}",),
        (f"ref{BIDI}",),
    )
    return CaseFinished(info, Result.FAILED, 0.1, (step,), f"reason {BIDI}")
