from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from harness.device.bootstrap.plan import Ended
from harness.observation import Alert, Keys, Observation, ReplyAttribute, Stage, TlsObservation
from harness.outcome import BlamedCertificate, Cause, Finding, Outcome, Owner, Rank, Severity, Verdict
from harness.scenario.expect import (
    ExpectAction,
    ExpectAlerts,
    ExpectAssociation,
    ExpectDiagnostics,
    ExpectServer,
    ExpectStart,
    ExpectStore,
)
from harness.scenario.expect_backend import ExpectContact, ExpectTrust, ExpectWatch
from harness.scenario.expect_device import ExpectEntry, ExpectHolding, ExpectProcedure, ExpectStatus
from harness.scenario.expect_services import ExpectBootstrap
from harness.scenario.expect_tenant import ExpectAttestation, ExpectCommand, ExpectMonitor
from harness.scenario.expectation import (
    ActionResult,
    Diagnostics,
    ServerWords,
    check_action,
    check_association,
    check_start,
)
from harness.scenario.part import Part
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
        largest_eap=(600, 1034),
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
        {"verdict": "connected", "findings": ["identity-in-clear"], "no-findings": ["retransmissions"]},
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
        ({"findings": ["retransmissions"]}, "findings: expected retransmissions, got [identity-in-clear]"),
        ({"no-findings": ["identity-in-clear"]}, "no-findings: expected no identity-in-clear, got [identity-in-clear]"),
        ({"no-findings": ["any"]}, "no-findings: expected no finding, got [identity-in-clear]"),
        ({"requests": "<7"}, "requests: expected <7, got 7"),
        ({"retransmissions": 0}, "retransmissions: expected 0, got 1"),
        ({"largest-eap-to-server": "<600"}, "largest-eap-to-server: expected <600, got 600"),
        ({"largest-eap-from-server": 1024}, "largest-eap-from-server: expected 1024, got 1034"),
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
        "findings": ["retransmissions"],
        "no-findings": ["any"],
        "server": {"reply": "none"},
        "diagnostics": {"error": 1},
        "network": "other",
        "tried": ["other"],
        "requests": 0,
        "retransmissions": 0,
        "largest-eap-to-server": 0,
        "largest-eap-from-server": 0,
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


def checked(kind: type[ExpectAction], expect: object, result: ActionResult) -> set[str]:
    return {mismatch.field for mismatch in check_action(kind.model_validate(expect), result)}


STATUS = {
    "connected_to": "corp",
    "networks": ("corp",),
    "unsaved": False,
    "time_sync": "complete",
    "clock_deadlock": False,
    "id": 0,
    "ambiguous": False,
    "config_state": "enabled",
    "connection_state": "connected",
    "diagnostics": Diagnostics(),
}
BOOTSTRAP = {
    "ends": Ended.CONNECTED,
    "place": "",
    "cause": "",
    "status": 0,
    "field": "",
    "refusal": "",
    "presented": True,
    "calls": 1,
    "asked": ("root-ca", "client"),
    "installed": ("RadiusRootCA",),
    "device_auth": 0,
    "network_error": 0,
    "cert_error": None,
    "key_logged": False,
}
OTHER_BOOTSTRAP: dict[str, object] = {
    "place": "tls",
    "cause": "timed-out",
    "status": 403,
    "field": "clientIdentity",
    "refusal": "rate-limit",
    "presented": False,
    "calls": 2,
    "asked": ["client"],
    "installed": [],
    "device-auth": 2,
    "network-error": 5,
    "cert-error": 101,
    "key-logged": True,
}
OTHER_THAN_RIGHT: list[tuple[type[ExpectAction], ActionResult, dict[str, object]]] = [
    (ExpectAction, FULL, {"result": "ok"}),
    (ExpectAction, FULL, {"error": "ENOENT"}),
    (ExpectAction, FULL, {"code": 20}),
    (ExpectAction, ActionResult(ok=False, number=5), {"number": 6}),
    (ExpectStore, OK, {"replaced": "client"}),
    (
        ExpectHolding,
        ActionResult(ok=True, facts={"count": 2, "space": 100, "identifiers": ("a", "b")}),
        {"count": 3, "space": "<100", "identifiers": ["b", "a"]},
    ),
    (
        ExpectEntry,
        ActionResult(ok=True, facts={"id": "a", "subject": "/CN=a", "issuer": "/CN=r", "validity": "now"}),
        {"id": "b", "subject": "/CN=b", "issuer": "none", "validity": "over"},
    ),
    (
        ExpectStatus,
        ActionResult(ok=True, facts=STATUS),
        {
            "connected-to": "none",
            "networks": ["corp", "corp"],
            "unsaved": True,
            "time-sync": "disabled",
            "clock-deadlock": True,
            "id": 1,
            "ambiguous": True,
            "config-state": "disabled",
            "connection-state": "unknown",
            "diagnostics": {"error": 1},
        },
    ),
    (ExpectProcedure, ActionResult(ok=False, errno="EINVAL", facts={"at": "R3.check"}), {"error": "EINVAL", "at": "R4.move"}),
    (
        ExpectCommand,
        ActionResult(ok=True, facts={"status": ("Active", "Inactive"), "meaning": ("active", "new"), "count": 2}),
        {"status": ["Inactive", "Active"], "meaning": ["active", "retired"], "count": 1},
    ),
    (ExpectCommand, OK, {"replaced": "client"}),
    (ExpectCommand, ActionResult(ok=True, facts={"certificate": "A"}), {"certificate": "B"}),
    (ExpectCommand, ActionResult(ok=True, facts={"signed_by": "A"}), {"signed-by": "B"}),
    (ExpectCommand, ActionResult(ok=True, facts={"selected": "a", "tenants": ("a",)}), {"selected": "b", "tenants": ["b"]}),
    (ExpectCommand, ActionResult(ok=False, facts={"reason": "ca-expired"}), {"reason": "index-unknown"}),
    (ExpectAttestation, ActionResult(ok=False, facts={"reason": "ca-expired"}), {"reason": "nothing-active"}),
    (
        ExpectAttestation,
        ActionResult(
            ok=True,
            facts={"signed_by": "A", "valid_for": timedelta(hours=24), "chain": "expired", "depth": 2},
        ),
        {"signed-by": "B", "valid-for": "25h", "chain": "good", "depth": 1},
    ),
    (ExpectBootstrap, ActionResult(ok=True, facts=BOOTSTRAP), {**OTHER_BOOTSTRAP, "ends": "provisioned"}),
    (ExpectBootstrap, ActionResult(ok=False, facts={"ends": Ended.NO_ROOM}), {"ends": "call-failed"}),
    (ExpectMonitor, ActionResult(ok=True, facts={"missing": ("B",)}), {"missing": []}),
    (ExpectTrust, ActionResult(ok=True, facts={"status": "Unverified"}), {"status": "Verified"}),
    (ExpectTrust, ActionResult(ok=False, facts={"reason": "code-missing"}), {"reason": "code-differs"}),
    (ExpectWatch, ActionResult(ok=True, facts={"lacks": ("B",)}), {"lacks": []}),
    (
        ExpectContact,
        ActionResult(
            ok=True,
            facts={"contact": "not-attempted", "reason": "no-certificate", "seen": "answer", "status": 401,
                   "signed_by": "A", "holes": ()},
        ),
        {"contact": "refused", "reason": "issuer-unknown", "seen": "alert", "status": 403, "signed-by": "B",
         "holes": ["every-tenant"]},
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "result", "expect"), OTHER_THAN_RIGHT, ids=lambda value: getattr(value, "__name__", "")
)
def test_every_key_of_a_step_on_the_device_fails_when_it_should(
    kind: type[ExpectAction], result: ActionResult, expect: dict[str, object]
) -> None:
    wrong = {key: value for key, value in expect.items() if key != "error" or len(expect) == 1}
    assert {field.partition(".")[0] for field in checked(kind, expect, result)} == set(wrong)


def test_no_key_of_a_step_on_the_device_is_left_out() -> None:
    tried = {(kind, key) for kind, _, expect in OTHER_THAN_RIGHT for key in expect}
    base = set(ExpectAction.known_keys())
    kinds = {kind for kind, _, _ in OTHER_THAN_RIGHT}
    lacking = [
        f"{kind.__name__}: {key}"
        for kind in kinds
        for key in set(kind.known_keys()) - (base if kind is not ExpectAction else set())
        if (kind, key) not in tried
    ]
    assert lacking == []
    assert set(subclasses(ExpectAction)) | {ExpectAction} == kinds


def subclasses(kind: type[Part]) -> list[type[Part]]:
    return [inner for direct in kind.__subclasses__() for inner in (direct, *subclasses(direct))]


@pytest.mark.parametrize(
    ("key", "kind", "wrong"),
    [
        ("alerts", ExpectAlerts, {"sent": [], "received": ["unknown-ca"]}),
        ("server", ExpectServer, {"reply": "access-reject", "log": ["login-ok"]}),
        (
            "diagnostics",
            ExpectDiagnostics,
            {
                "error": 5,
                "cert-error": "none",
                "cert-depth": 0,
                "cert-subject": "none",
                "enabled": False,
                "connected": True,
                "year": 1999,
            },
        ),
    ],
)
def test_every_key_below_an_association_fails_when_it_should(
    key: str, kind: type[Part], wrong: dict[str, object]
) -> None:
    says = Diagnostics(error=1, cert_error=0, cert_depth=1, cert_subject="CN=x", year=2026)
    found = mismatches(
        {"verdict": "connected", key: wrong}, server=ServerWords("Access-Accept"), diagnostics=says
    )
    assert set(wrong) == set(kind.known_keys())
    assert [line.partition(":")[0] for line in found] == [f"{key}.{inner}" for inner in wrong]


@pytest.mark.parametrize(
    ("expect", "complaint", "fields"),
    [
        ("starts", "", []),
        ("starts", "No such attribute", ["server"]),
        ("does-not-start", "", ["server"]),
        ({"server": "does-not-start", "says": "attribute"}, "No such attribute", []),
        ({"server": "does-not-start", "says": "certificate"}, "No such attribute", ["says"]),
    ],
)
def test_the_start_of_a_server(expect: object, complaint: str, fields: list[str]) -> None:
    found = check_start(ExpectStart.model_validate(expect), complaint)
    assert [mismatch.field for mismatch in found] == fields


def test_what_a_step_did_not_tell_is_not_as_expected() -> None:
    """A procedure that came to its end has refused no call, and a question that was refused told nothing."""
    assert checked(ExpectProcedure, {"at": "R3.check"}, OK) == {"at"}
    refused = ActionResult(ok=False, errno="ENOENT")
    assert checked(ExpectEntry, {"error": "ENOENT", "subject": "/CN=a"}, refused) == {"subject"}
    assert checked(ExpectStore, {"error": "ENOENT", "replaced": "client"}, refused) == {"replaced"}
    assert checked(ExpectStatus, {"diagnostics": {"error": 0}}, OK) == {"diagnostics"}
