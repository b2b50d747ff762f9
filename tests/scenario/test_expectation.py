from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.observation import Alert, Keys, Observation, ReplyAttribute, Stage, TlsObservation
from harness.outcome import BlamedCertificate, Cause, Finding, Outcome, Owner, Rank, Severity, Verdict
from harness.scenario.expect import ExpectAction, ExpectAssociation, ExpectStore
from harness.scenario.expectation import (
    ActionResult,
    Diagnostics,
    ServerWords,
    check_action,
    check_association,
)
from harness.trace import Endpoint

Check = Callable[..., list[str]]

CONNECTED = Outcome(
    Verdict.CONNECTED,
    Cause.MUTUAL_AUTHENTICATION,
    "",
    findings=(Finding("identity-in-clear", Severity.WARNING, "", ""),),
    observation=Observation(
        stage=Stage.COMPLETE,
        ssid="CORP",
        identity="thermostat-7",
        source=None,
        server=Endpoint("127.0.0.1", 1812),
        started=10.0,
        ended=10.25,
        requests=7,
        retransmissions=1,
        proposed_methods=(4, 13),
        tls=TlsObservation(
            ("1.2", "1.3"),
            version="1.3",
            cipher="TLS_AES_256_GCM_SHA384",
            handshake_complete=True,
            protected_success=True,
            alerts=(Alert(sent=True, level=1, description=0, name="close_notify"),),
        ),
        keys=Keys.AGREE,
        session_id=b"\x0dabc",
        server_session_id=b"\x0dabc",
        reply_attributes=(ReplyAttribute("Tunnel-Private-Group-Id", 30), ReplyAttribute("Class", "x")),
    ),
)
NOT_ATTEMPTED = Outcome(Verdict.NOT_ATTEMPTED, Cause.CLIENT_CERTIFICATE_MISSING, "")


def mismatches(expect: object, outcome: Outcome = CONNECTED, **evidence: Any) -> list[str]:
    found = check_association(ExpectAssociation.model_validate(expect), outcome, **evidence)
    return [str(mismatch) for mismatch in found]


@pytest.mark.parametrize(
    "expect",
    [
        "connected",
        {"verdict": "connected", "cause": "mutual-authentication", "mutual-authentication": True},
        {"verdict": "connected", "tls": "1.3", "cipher": "TLS_AES_256_GCM_SHA384", "resumed": False},
        {"verdict": "connected", "keys": "agree", "session-id-agrees": True, "stage": "complete"},
        {"verdict": "connected", "vlan": 30, "reply": {"class": "x", "Filter-Id": "none"}},
        {"verdict": "connected", "alerts": {"sent": ["close-notify"], "received": []}},
        {"verdict": "connected", "findings": ["identity-in-clear"], "no-findings": ["other"]},
        {"verdict": "connected", "requests": ">=5", "retransmissions": 1, "within": "250ms"},
        {"verdict": "connected", "identity": "thermostat-7", "methods": [4, 13]},
        {"verdict": "connected", "handshake-complete": True, "protected-success": True},
    ],
)
def test_what_happened_meets_the_expectation(expect: object) -> None:
    assert mismatches(expect) == []


@pytest.mark.parametrize(
    ("expect", "sentence"),
    [
        ({"cause": "server-not-authenticated"}, "cause: expected server-not-authenticated, got mutual-authentication"),
        ({"mutual-authentication": False}, "mutual-authentication: expected false, got true"),
        ({"tls": "1.2"}, "tls: expected 1.2, got 1.3"),
        ({"keys": "missing"}, "keys: expected missing, got agree"),
        ({"session-id-agrees": False}, "session-id-agrees: expected false, got true"),
        ({"vlan": 31}, "vlan: expected 31, got 30"),
        ({"vlan": "none"}, "vlan: expected none, got 30"),
        ({"reply": {"Filter-Id": "guests"}}, "reply.Filter-Id: expected guests, got nothing"),
        ({"alerts": {"sent": []}}, "alerts.sent: expected [], got [close-notify]"),
        ({"alerts": {"received": ["unknown-ca"]}}, "alerts.received: expected [unknown-ca], got []"),
        ({"findings": ["other"]}, "findings: expected other, got [identity-in-clear]"),
        ({"no-findings": ["identity-in-clear"]}, "no-findings: expected no identity-in-clear, got [identity-in-clear]"),
        ({"no-findings": ["any"]}, "no-findings: expected no finding, got [identity-in-clear]"),
        ({"requests": "<7"}, "requests: expected <7, got 7"),
        ({"retransmissions": 0}, "retransmissions: expected 0, got 1"),
        ({"within": "100ms"}, "within: expected 100ms, got 250ms"),
        ({"methods": [13]}, "methods: expected [13], got [4, 13]"),
        ({"protected-success": False}, "protected-success: expected false, got true"),
        ({"server": {"reply": "access-accept"}}, "server: expected its journal, got nothing, its log cannot be read"),
        ({"diagnostics": {"error": 5}}, "diagnostics: expected the device's, got nothing, this device keeps none"),
    ],
)  # fmt: skip
def test_what_differs_is_said_field_by_field(expect: dict[str, object], sentence: str) -> None:
    assert mismatches({"verdict": "connected"} | expect) == [sentence]


def test_every_field_of_the_language_is_checked() -> None:
    """A field that nothing looks at would be a test that cannot fail."""
    other = {
        "verdict": "rejected",
        "cause": "undetermined",
        "certificate": "other",
        "mutual-authentication": False,
        "stage": "started",
        "tls": "1.0",
        "cipher": "other",
        "resumed": True,
        "session-offered": True,
        "handshake-complete": False,
        "protected-success": False,
        "alerts": {"sent": []},
        "keys": "differ",
        "session-id-agrees": False,
        "identity": "other",
        "methods": [],
        "vlan": "1",
        "reply": {"Class": "y"},
        "findings": ["other"],
        "no-findings": ["any"],
        "server": {"reply": "none"},
        "diagnostics": {"error": 1},
        "network": "other",
        "tried": ["other"],
        "requests": 0,
        "retransmissions": 0,
        "within": "1ms",
    }
    assert set(other) == set(ExpectAssociation.known_keys())
    found = mismatches(other, server=ServerWords("Access-Accept"), diagnostics=Diagnostics())
    assert {line.partition(":")[0].partition(".")[0] for line in found} == set(other)


def test_the_certificate_that_decided_is_asserted_by_its_name() -> None:
    blamed = BlamedCertificate(Owner.DEVICE, Rank.ISSUING_CA, "CN=plant", "ab")
    outcome = Outcome(Verdict.REJECTED, Cause.ISSUING_CA_EXPIRED, "", certificate=blamed)
    expect = {"verdict": "rejected", "certificate": "plant-issuing"}
    assert mismatches(expect, outcome, certificate="plant-issuing") == []
    assert mismatches(expect, outcome, certificate="corp-root") == [
        "certificate: expected plant-issuing, got corp-root"
    ]
    assert mismatches(expect, outcome) == ["certificate: expected plant-issuing, got CN=plant"]
    assert mismatches({"verdict": "rejected", "certificate": "none"}, outcome) == [
        "certificate: expected none, got CN=plant"
    ]
    assert mismatches({"verdict": "connected", "certificate": "none"}) == []


def test_a_device_that_did_not_start_sent_nothing() -> None:
    expect = {
        "verdict": "not-attempted",
        "cause": "client-certificate-missing",
        "requests": 0,
        "handshake-complete": False,
        "keys": "not-compared",
        "alerts": {"sent": []},
        "vlan": "none",
        "within": "1s",
    }
    assert mismatches(expect, NOT_ATTEMPTED) == []
    assert mismatches({"verdict": "not-attempted", "tls": "1.3"}, NOT_ATTEMPTED) == [
        "tls: expected 1.3, got nothing"
    ]


def test_the_server_is_heard() -> None:
    expect = {"verdict": "connected", "server": {"reply": "access-accept", "log": ["login-ok"]}}
    assert mismatches(expect, server=ServerWords("Access-Accept", ("request", "login-ok"))) == []
    assert mismatches(expect, server=ServerWords("Access-Reject", ("request",))) == [
        "server.reply: expected access-accept, got access-reject",
        "server.log: expected login-ok, got [request]",
    ]
    nothing = {"verdict": "connected", "server": {"reply": "none"}}
    assert mismatches(nothing, server=ServerWords()) == []


def test_the_device_is_heard() -> None:
    expect = {"verdict": "connected", "diagnostics": {"error": 5, "cert-error": 100}}
    assert mismatches(expect, diagnostics=Diagnostics(error=5, cert_error=101)) == [
        "diagnostics.cert-error: expected 100, got 101"
    ]


OK = ActionResult(ok=True)
FULL = ActionResult(ok=False, errno="ENOSPC", code=11)


@pytest.mark.parametrize(
    ("expect", "result", "sentences"),
    [
        (None, OK, []),
        (None, FULL, ["result: expected ok, got ENOSPC (code 11)"]),
        ("ok", FULL, ["result: expected ok, got ENOSPC (code 11)"]),
        ({"error": "ENOSPC", "code": 11}, FULL, []),
        ({"error": "ENOENT"}, FULL, ["error: expected ENOENT, got ENOSPC"]),
        ({"code": 20}, FULL, ["code: expected 20, got 11"]),
        ({"error": "ENOENT"}, OK, ["result: expected ENOENT, got ok"]),
        ({"code": 20}, OK, ["result: expected code 20, got ok"]),
        ("error", FULL, []),
        ("error", OK, ["result: expected error, got ok"]),
        ({"replaced": "client"}, ActionResult(ok=True, replaced="client"), []),
        ({"replaced": "nothing"}, OK, []),
        (
            {"replaced": "nothing"},
            ActionResult(ok=True, replaced="rootca"),
            ["replaced: expected nothing, got rootca"],
        ),
        ({"replaced": "client"}, FULL, ["result: expected ok, got ENOSPC (code 11)"]),
    ],
)
def test_steps_on_the_device(expect: object, result: ActionResult, sentences: list[str]) -> None:
    model = None if expect is None else ExpectStore.model_validate(expect)
    assert [str(mismatch) for mismatch in check_action(model, result)] == sentences


def test_other_steps_know_no_replacement() -> None:
    assert check_action(ExpectAction(), ActionResult(ok=True, replaced="client")) == ()
