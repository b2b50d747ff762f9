"""A device joins Debian's stock server, and the server's log beside it names the cause of every reject."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.cli.device_connect import lines
from harness.cli.device_link import FarServer, attempt_once
from harness.device.supplication import Supplication
from harness.errors import UsageError
from harness.outcome import Cause, Outcome, Rank, Verdict
from harness.protocol.radius_client import RetryPolicy
from harness.server.logs.follow import FollowedLog, require_log
from harness.trace import Endpoint
from tests.foreign.fleet import Pki
from tests.foreign.stock import SECRET, Form, Running, running

pytestmark = pytest.mark.server

MAC = bytes.fromhex("020000de0001")

# Ten kinds of reject.
CAUSES = {
    "expired": Cause.CLIENT_CERTIFICATE_EXPIRED,
    "early": Cause.CLIENT_CERTIFICATE_NOT_YET_VALID,
    "stranger": Cause.CLIENT_ISSUER_UNKNOWN,
    "self-signed": Cause.CLIENT_CERTIFICATE_SELF_SIGNED,
    "purpose": Cause.CLIENT_CERTIFICATE_WRONG_PURPOSE,
    "revoked": Cause.CLIENT_CERTIFICATE_REVOKED,
    "no-crl": Cause.CRL_MISSING,
    "somebody": Cause.IDENTITY_MISMATCH,
    "guest": Cause.POLICY_REJECTED,
    "aged-ca": Cause.ISSUING_CA_EXPIRED,
}


@pytest.fixture(scope="module", params=Form, ids=lambda form: form.name.lower())
def server(
    request: pytest.FixtureRequest, pki: Pki, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("stock"), pki, request.param) as server:
        yield server


def join(
    server: Running, pki: Pki, who: str, *, tls: str = "1.2", secret: str = SECRET, log: Path | None = None
) -> Outcome:
    identity, credential = pki.devices[who]
    now, root = datetime.now(UTC), pki.root.certificate
    ready = Supplication("corp", "CORP", identity, credential, root, "", now, MAC, tls, tls)
    far = FarServer(
        server.endpoint,
        secret.encode(),
        require_message_authenticator=False,
        retry=RetryPolicy(initial=2, count=2, duration=4),
        log=log or server.log,
    )
    return attempt_once(ready, far, "", lambda: False).outcome


def test_every_reject_gets_its_cause(server: Running, pki: Pki) -> None:
    outcomes = {who: join(server, pki, who) for who in CAUSES}
    assert {who: outcome.cause for who, outcome in outcomes.items()} == CAUSES
    assert {outcome.verdict for outcome in outcomes.values()} == {Verdict.REJECTED}
    blamed = outcomes["aged-ca"].certificate
    if blamed is not None:  # a debug log lists it
        assert (blamed.rank, blamed.subject) == (Rank.ISSUING_CA, "CN=Contoso Aged,O=Contoso")
    assert "whether an intermediate is missing" in outcomes["stranger"].explanation
    assert all(SECRET not in line for outcome in outcomes.values() for line in lines(outcome))


def test_who_gets_in_is_told_with_vlan_version_and_chain(server: Running, pki: Pki) -> None:
    outcome = join(server, pki, "camera")
    assert outcome.cause is Cause.MUTUAL_AUTHENTICATION
    told = lines(outcome)
    assert "  VLAN 30" in told
    assert "  TLS 1.2, ECDHE-ECDSA-AES256-GCM-SHA384" in told
    assert any(line.startswith("  server chain: CN=radius.contoso.example,O=Contoso") for line in told)


def test_a_version_that_the_server_does_not_speak(server: Running, pki: Pki) -> None:
    assert join(server, pki, "good", tls="1.3").cause is Cause.TLS_VERSION_MISMATCH


def test_a_wrong_secret_is_the_servers_word(server: Running, pki: Pki) -> None:
    outcome = join(server, pki, "good", secret="another-secret")
    assert (outcome.verdict, outcome.cause) == (Verdict.UNANSWERED, Cause.SHARED_SECRET_WRONG)


def test_a_log_without_the_attempt_proves_nothing(server: Running, pki: Pki, tmp_path: Path) -> None:
    log = tmp_path / "radius.log"
    log.touch()
    outcome = join(server, pki, "expired", log=log)
    assert (outcome.verdict, outcome.cause) == (Verdict.REJECTED, Cause.UNDETERMINED)


LOGIN = (
    "Wed Nov 25 20:49:02 2026 : Auth: (14) Login incorrect (eap_tls: (TLS) OpenSSL says error 10 : certificate has "
    "expired): [x] (from client ap port {port} cli {station})\n"
)
HERE = Endpoint("127.0.0.1", 1812)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ([("1", "02-00-00-DE-00-01")], True),
        ([("1", "02:00:00:de:00:01")], True),
        ([("1", "0200.00de.0001")], True),
        ([("2", "02-00-00-DE-00-01")], False),  # another port of the access point
        ([("1", "02-00-00-DE-00-02")], False),  # another device
        ([("1", "02-00-00-DE-00-02"), ("1", "02-00-00-DE-00-01")], True),
        ([("1", "02-00-00-DE-00-01"), ("1", "02-00-00-DE-00-01")], False),  # which of both?
    ],
)
def test_a_session_is_found_by_station_and_port(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: list[tuple[str, str]], *, found: bool
) -> None:
    monkeypatch.setattr("harness.server.logs.follow._LONGEST_WAIT", 0.0)
    log = tmp_path / "radius.log"
    log.write_text(LOGIN.format(port=1, station="02-00-00-DE-00-01"))  # of an earlier attempt
    followed = FollowedLog(log, HERE, MAC)
    mark = followed.mark()
    with log.open("a") as file:
        file.writelines(LOGIN.format(port=port, station=station) for port, station in written)
    evidence = followed.evidence(mark, Endpoint("127.0.0.1", 4000))
    assert evidence.available
    assert bool(evidence.events) is found


def test_the_log_of_another_program_is_refused(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("wlan0: CTRL-EVENT-EAP-STARTED EAP authentication started\n")
    with pytest.raises(UsageError, match="is no log of a FreeRADIUS"):
        require_log(log)
    with pytest.raises(UsageError, match="no such file"):
        require_log(tmp_path / "none")
