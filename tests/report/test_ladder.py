from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography import x509

from harness.observation import (
    Alert,
    Discard,
    FourWay,
    Keys,
    Observation,
    ReplyAttribute,
    TlsObservation,
    VerifyFailure,
    Violation,
)
from harness.outcome import Outcome
from harness.report.ladder import Rung, rungs


@pytest.fixture
def seen(connected: Outcome) -> Observation:
    assert connected.observation is not None
    return connected.observation


def _of(seen: Observation, connected: Outcome, label: str) -> list[Rung]:
    return [rung for rung in rungs(replace(connected, observation=seen)) if rung.label == label]


def test_the_ladder_of_a_connection(connected: Outcome) -> None:
    assert [(rung.near, rung.label, rung.text) for rung in rungs(connected)] == [
        (True, "network", "CORP"),
        (True, "identity", "@corp.example"),
        (True, "RADIUS", "6 requests to 127.0.0.1:21812, 6 replies"),
        (False, "proposed", "EAP-TLS (13)"),
        (True, "offers", "TLS 1.2 to 1.3"),
        (False, "chooses", "TLS 1.3 TLS_AES_256_GCM_SHA384"),
        (
            False,
            "shows",
            "CN=radius.corp.example, issued by CN=radius.corp.example, valid until 2027-01-01 00:00 UTC",
        ),
        (True, "verifies", "against CN=radius.corp.example, name radius.corp.example"),
        (True, "device", "the keys agree"),
        (False, "server", "Login OK: [@corp.example]"),
        (False, "commits", "protected success (RFC 9190 2.5)"),
        (False, "answers", "access-accept, success"),
        (True, "keys", "agree"),
        (True, "4-way", "complete"),
    ]


def test_what_was_never_sent_has_its_proof_alone(not_attempted: Outcome) -> None:
    text = "client-key-abc is of type rootca"
    assert rungs(not_attempted) == [Rung(near=True, label="device", text=text, proof=True)]


def test_silence_and_loss_are_counted(seen: Observation, connected: Outcome) -> None:
    silent = replace(
        seen, requests=1, replies=0, retransmissions=4, unreachable=2, lost_on_purpose=(3, 0), identity=""
    )
    assert _of(silent, connected, "RADIUS") == [
        Rung(
            near=True,
            label="RADIUS",
            text=(
                "1 request to 127.0.0.1:21812, 0 replies, 4 sent again, 2 times port unreachable, "
                "dropped by the scenario: 3 to the server, 0 from it"
            ),
            bad=True,
        )
    ]
    assert _of(silent, connected, "identity")[0].text == "(empty)"


def test_methods_without_a_name_show_their_number(seen: Observation, connected: Outcome) -> None:
    proposed = _of(replace(seen, proposed_methods=(4, 99)), connected, "proposed")
    assert proposed[0].text == "EAP-MD5 (4), EAP type (99)"


def test_a_refused_server(seen: Observation, connected: Outcome, certificate: x509.Certificate) -> None:
    tls = TlsObservation(
        offered=("1.2", "1.2"),
        alerts=(Alert(sent=True, level=2, description=48, name="unknown_ca"),),
        verify_failure=VerifyFailure(20, "unable to get local issuer certificate", 0, "CN=radius"),
        error="certificate verify failed",
        peer_chain=(certificate,),
        trust_anchor=certificate,
    )
    refused = replace(seen, tls=tls)
    assert _of(refused, connected, "offers")[0].text == "TLS 1.2"
    assert _of(refused, connected, "chooses") == []
    for label, text in (
        ("refuses", "unable to get local issuer certificate (CN=radius, depth 0)"),
        ("TLS alert", "unknown_ca (48)"),
        ("TLS error", "certificate verify failed"),
    ):
        assert _of(refused, connected, label) == [Rung(near=True, label=label, text=text, bad=True)]


def test_a_received_alert_stands_on_the_servers_side(seen: Observation, connected: Outcome) -> None:
    alert = Alert(sent=False, level=2, description=45, name="certificate_expired")
    tls = TlsObservation(offered=("1.2", "1.3"), alerts=(alert,))
    assert not _of(replace(seen, tls=tls), connected, "TLS alert")[0].near


def test_a_device_that_verifies_nothing_says_so(seen: Observation, connected: Outcome) -> None:
    tls = TlsObservation(offered=("1.2", "1.3"))
    assert (
        _of(replace(seen, tls=tls), connected, "verifies")[0].text == "nothing: the network names no root CA"
    )


def test_keys_that_differ_are_bad(seen: Observation, connected: Outcome) -> None:
    broken = replace(seen, keys=Keys.DIFFER, four_way=FourWay.MIC_FAILURE)
    assert _of(broken, connected, "keys")[0].bad
    assert _of(broken, connected, "4-way") == [Rung(near=True, label="4-way", text="mic-failure", bad=True)]


def test_only_fatal_violations_are_rungs(seen: Observation, connected: Outcome) -> None:
    broken = replace(
        seen,
        violations=(
            Violation("RFC 9190 2.1.9", "L bit set", fatal=False),
            Violation("RFC 3748 4.1", "length", fatal=True),
        ),
        discards=(Discard(1.0, "wrong authenticator", "RFC 2865 3"),),
    )
    assert [rung.text for rung in _of(broken, connected, "violation")] == ["length (RFC 3748 4.1)"]
    assert [rung.text for rung in _of(broken, connected, "discards")] == ["wrong authenticator (RFC 2865 3)"]


def test_long_reply_attributes_are_cut(seen: Observation, connected: Outcome) -> None:
    attributes = (ReplyAttribute("Tunnel-Type", 13), ReplyAttribute("EAP-Key-Name", "0d" * 65))
    added = _of(replace(seen, reply_attributes=attributes), connected, "adds")
    assert [rung.text for rung in added] == [
        "Tunnel-Type = 13",
        "EAP-Key-Name = 0d0d0d0d0d0d0d0d0d0d...0d0d0d0d",
    ]
