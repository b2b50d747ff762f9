"""Logs of Debian's stock server, run by nothing of the harness, and what they prove by themselves."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.cli.device_link import FarServer, associate_once
from harness.cli.explained import Log, log_text, read
from harness.device.supplication import Supplication
from harness.outcome import Cause, Rank
from harness.protocol.radius_client import RetryPolicy
from tests.foreign.fleet import Pki
from tests.foreign.stock import SECRET, Form, Running, running

pytestmark = pytest.mark.server

_ONCE = RetryPolicy(initial=0.3, count=2)
EXPIRED = {Cause.CLIENT_CERTIFICATE_EXPIRED, Cause.ISSUING_CA_EXPIRED, Cause.ROOT_CA_EXPIRED}
EARLY = {
    Cause.CLIENT_CERTIFICATE_NOT_YET_VALID,
    Cause.ISSUING_CA_NOT_YET_VALID,
    Cause.ROOT_CA_NOT_YET_VALID,
}
NO_PATH = {Cause.CLIENT_ISSUER_UNKNOWN, Cause.CLIENT_CHAIN_INCOMPLETE}
REVOKED = {Cause.CLIENT_CERTIFICATE_REVOKED, Cause.ISSUING_CA_REVOKED}

# Who comes, what a debug log proves of it, and what a production log leaves.
EXPECTED: dict[str, tuple[set[Cause], set[Cause]]] = {
    "good": (set(), set()),
    "camera": (set(), set()),
    "expired": ({Cause.CLIENT_CERTIFICATE_EXPIRED}, EXPIRED),
    "early": ({Cause.CLIENT_CERTIFICATE_NOT_YET_VALID}, EARLY),
    "stranger": (NO_PATH, NO_PATH),
    "self-signed": ({Cause.CLIENT_CERTIFICATE_SELF_SIGNED},) * 2,
    "purpose": ({Cause.CLIENT_CERTIFICATE_WRONG_PURPOSE},) * 2,
    "revoked": ({Cause.CLIENT_CERTIFICATE_REVOKED}, REVOKED),
    "no-crl": ({Cause.CRL_MISSING},) * 2,
    "somebody": ({Cause.IDENTITY_MISMATCH},) * 2,
    "guest": ({Cause.POLICY_REJECTED},) * 2,
    "aged-ca": ({Cause.ISSUING_CA_EXPIRED}, EXPIRED),
}


def join(
    server: Running, pki: Pki, who: str, *, secret: str = SECRET, retry: RetryPolicy | None = None
) -> None:
    identity, credential = pki.devices[who]
    root, mac = pki.root.certificate, bytes.fromhex("020000de0001")
    ready = Supplication("corp", "CORP", identity, credential, root, "", datetime.now(UTC), mac)
    far = FarServer(server.endpoint, secret.encode(), require_message_authenticator=False, retry=retry)
    associate_once(ready, far, "", lambda: False)


@pytest.fixture(scope="module", params=Form, ids=lambda form: form.name.lower())
def written(request: pytest.FixtureRequest, pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log of a server that all devices have been to, in the order of the table."""
    folder = tmp_path_factory.mktemp("stock")
    with running(folder, pki, request.param) as server:
        for who in EXPECTED:
            join(server, pki, who)
    return server.log


def causes(log: Log) -> dict[str, set[Cause]]:
    return {one.session.user: set(one.judgement.causes) for one in log.attempts}


def expected(pki: Pki, *, production: bool) -> dict[str, set[Cause]]:
    return {pki.devices[who][0]: proven[production] for who, proven in EXPECTED.items()}


def test_each_attempt_has_its_cause(written: Path, pki: Pki) -> None:
    text = written.read_text()
    log = read("the log", text)
    production = "Received Access-Request" not in text
    assert causes(log) == expected(pki, production=production)
    assert SECRET not in log_text(log, every=True)


def syslog(line: str) -> str:
    return re.sub(r"^\w{3} (\w{3} [ \d]\d [\d:]+) \d{4} : (?:\w+: )?", r"\1 radius1 freeradius[812]: ", line)


def test_the_same_through_syslog(written: Path, pki: Pki) -> None:
    text = written.read_text()
    passed_on = "\n".join(map(syslog, text.split("\n")))
    if passed_on == text:
        passed_on = "\n".join(
            f"2026-11-25T20:49:01.5+00:00 radius1 freeradius[8]: {line}" for line in text.split("\n")
        )
    production = "Received Access-Request" not in text
    assert causes(read("syslog", passed_on)) == expected(pki, production=production)


def test_an_excerpt_proves_what_is_in_it(written: Path, pki: Pki) -> None:
    """Cut at any place: what is said of a device is what the whole log says, or nothing."""
    lines = written.read_text().split("\n")
    production = not any("Received Access-Request" in line for line in lines)
    whole = expected(pki, production=production)
    first = next(number for number, line in enumerate(lines) if "Ready to process requests" in line)
    seen = 0
    for start in range(first, len(lines), max(1, (len(lines) - first) // 40)):
        try:
            log = read("excerpt", "\n".join(lines[start : start + len(lines) // 6]))
        except Exception:  # noqa: BLE001 - an excerpt without any attempt
            continue
        for one in log.attempts:
            proven = {cause for cause in one.judgement.causes if cause is not Cause.UNDETERMINED}
            if one.session.user and proven:
                assert proven in (whole[one.session.user], expected(pki, production=True)[one.session.user])
                seen += 1
    assert seen > 10


def test_a_debug_log_names_certificate_vlan_and_version(pki: Pki, tmp_path: Path) -> None:
    with running(tmp_path, pki, Form.DEBUG) as server:
        for who in ("camera", "aged-ca"):
            join(server, pki, who)
        join(server, pki, "good", secret="another-secret", retry=_ONCE)
    camera, aged, dropped = read("log", server.log.read_text()).attempts
    assert camera.session.attributes["Tunnel-Private-Group-Id"] == "30"
    assert camera.session.tls_version == "1.2"
    blamed = aged.judgement.certificate
    assert blamed is not None
    assert (blamed.rank, blamed.subject) == (Rank.ISSUING_CA, "O=Contoso,CN=Contoso Aged")
    assert (dropped.headline, dropped.session.dropped) == ("unanswered: shared-secret-wrong", 1)
