from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from harness.observation import EapResult, FourWay, Keys, Observation, RadiusResult, Stage, TlsObservation
from harness.pki.keys import KeyPool
from harness.pki.mint import Mint
from harness.pki.spec import CertificateSpec, Profile
from harness.server.records import ServerEvidence
from harness.trace import Endpoint

Years = tuple[int, int]


class Authority:
    """A certificate with its key, as far as these tests need one."""

    def __init__(self, name: str, issuer: Authority | None = None, years: Years = (2020, 2040)) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        signer = issuer or self
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(self.subject)
            .issuer_name(signer.subject)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime(years[0], 1, 1, tzinfo=UTC))
            .not_valid_after(datetime(years[1], 1, 1, tzinfo=UTC))
            .sign(signer.key, hashes.SHA256())
        )


@pytest.fixture(scope="session")
def certificates() -> Mapping[str, x509.Certificate]:
    """Chains by name: ``root`` > ``intermediate`` > ``device`` and ``server``, and what goes wrong with them."""
    root = Authority("root")
    intermediate = Authority("intermediate", root)
    short_root = Authority("short-root", years=(2020, 2021))
    late_root = Authority("late-root", years=(2035, 2040))
    short_intermediate = Authority("short-intermediate", root, (2020, 2021))
    late_intermediate = Authority("late-intermediate", root, (2035, 2040))
    other = Authority("other-root")
    made = {
        "root": root,
        "intermediate": intermediate,
        "other-root": other,
        "root-again": Authority("root"),
        "short-root": short_root,
        "late-root": late_root,
        "short-intermediate": short_intermediate,
        "late-intermediate": late_intermediate,
        "device": Authority("thermostat-7", intermediate),
        "direct-device": Authority("thermostat-8", root, (2020, 2030)),
        "own-device": Authority("own-device"),
        "short-device": Authority("short-device", short_root),
        "late-device": Authority("late-device", late_root),
        "below-short": Authority("below-short", short_intermediate),
        "below-late": Authority("below-late", late_intermediate),
        "foreign-device": Authority("foreign-device", Authority("unseen", other)),
        "server": Authority("radius.corp.example", intermediate),
        "short-server": Authority("short-server", short_root),
    }
    return {name: authority.certificate for name, authority in made.items()}


@pytest.fixture(scope="session")
def again() -> x509.Certificate:
    """A CA with the name of ``root`` and a key of its own."""
    return Authority("root").certificate


@pytest.fixture(scope="session")
def nameless() -> x509.Certificate:
    """A client certificate without a subject (RFC 5280 4.1.2.6)."""
    spec = CertificateSpec("nameless", Profile.CLIENT, "root", cn="", dns=("thermostat-7.corp.example",))
    specs = {"root": CertificateSpec("root", Profile.ROOT_CA), "nameless": spec}
    return Mint(KeyPool(), datetime.now(UTC)).issue("nameless", specs).certificate


@pytest.fixture
def connected(certificates: Mapping[str, x509.Certificate]) -> Observation:
    """A good association over TLS 1.3 with mutual authentication."""
    tls = TlsObservation(
        offered=("1.2", "1.3"),
        version="1.3",
        cipher="TLS_AES_256_GCM_SHA384",
        handshake_complete=True,
        protected_success=True,
        peer_chain=(certificates["server"], certificates["intermediate"]),
        sent_chain=(certificates["device"], certificates["intermediate"]),
        trust_anchor=certificates["root"],
        expected_name="radius.corp.example",
    )
    return Observation(
        stage=Stage.COMPLETE,
        ssid="CORP",
        identity="@corp.example",
        source=Endpoint("127.0.0.1", 40000),
        server=Endpoint("127.0.0.1", 1812),
        started=1.0,
        ended=1.1,
        radius_result=RadiusResult.ACCEPT,
        eap_result=EapResult.SUCCESS,
        requests=7,
        replies=7,
        proposed_methods=(13,),
        tls=tls,
        keys=Keys.AGREE,
        session_id=b"\x0d" + bytes(64),
        server_session_id=b"\x0d" + bytes(64),
        four_way=FourWay.COMPLETE,
    )


@pytest.fixture
def log(certificates: Mapping[str, x509.Certificate]) -> ServerEvidence:
    """A readable log without a word in it, of a running server that trusts ``root``."""
    return ServerEvidence(
        available=True, server="FreeRADIUS 3.2.1", running=True, trusted=(certificates["root"],)
    )


@pytest.fixture
def rejected(connected: Observation) -> Observation:
    """The same association, ended by Access-Reject with EAP-Failure after the client's handshake."""
    assert connected.tls is not None
    return replace(
        connected,
        stage=Stage.RESULT,
        radius_result=RadiusResult.REJECT,
        eap_result=EapResult.FAILURE,
        keys=Keys.NOT_COMPARED,
        four_way=FourWay.NOT_RUN,
        server_session_id=b"",
        tls=replace(connected.tls, protected_success=False),
    )


@pytest.fixture
def silent(rejected: Observation) -> Observation:
    """The same association without any answer: one request, sent six times."""
    return replace(
        rejected,
        stage=Stage.IDENTITY,
        radius_result=None,
        eap_result=None,
        requests=1,
        replies=0,
        retransmissions=5,
        proposed_methods=(),
        tls=None,
    )


@pytest.fixture
def no_log() -> ServerEvidence:
    """A server whose log cannot be read."""
    return ServerEvidence(available=False, server="radius.corp.example")
