"""Answers that are not the server's, or cannot be told from such, decide nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.observation import DiscardKind, RadiusResult, Stage
from harness.protocol.authenticator import AccessPoint

if TYPE_CHECKING:
    from tests.protocol.conftest import Bench, Draft, Manners

_FORGED = [
    ({"authenticator_right": False}, "Response Authenticator is wrong (RFC 2865 3)"),
    ({"message_authenticator": "wrong"}, "Message-Authenticator is wrong (RFC 3579 3.2)"),
    (
        {"message_authenticator": "absent"},
        "Access-Challenge with EAP-Message has no Message-Authenticator",
    ),
    (
        {"message_authenticator": "short"},
        "Message-Authenticator is not 16 octets long (RFC 3579 3.2)",
    ),
    ({"code": 5}, "code 5 does not answer an Access-Request"),
]


@pytest.mark.catalogue("check-I04", "check-I12")
@pytest.mark.parametrize(("changes", "reason"), _FORGED)
def test_forged_replies_are_discarded_until_a_right_one_comes(
    bench: Bench, manners: type[Manners], changes: dict[str, object], reason: str
) -> None:
    def edit(draft: Draft) -> None:
        if draft.number == 2 and draft.transmission < 3:
            for name, value in changes.items():
                setattr(draft, name, value)

    seen = bench.run(bench.server(manners(edit=edit)))
    assert seen.stage is Stage.COMPLETE
    assert [discard.reason for discard in seen.discards] == [reason] * 2
    assert seen.retransmissions == 2
    assert seen.replies == seen.requests
    assert 5.3 < seen.duration < 6.7  # 2 s and 4 s, each within ten percent


@pytest.mark.parametrize(("changes", "reason"), _FORGED)
def test_forged_replies_alone_are_no_answer(
    bench: Bench, manners: type[Manners], changes: dict[str, object], reason: str
) -> None:
    def edit(draft: Draft) -> None:
        for name, value in changes.items():
            setattr(draft, name, value)

    server = bench.server(manners(edit=edit))
    seen = bench.run(server)
    assert (seen.stage, seen.radius_result, seen.replies) == (Stage.IDENTITY, None, 0)
    assert {discard.reason for discard in seen.discards} == {reason}
    assert 26 < seen.duration <= 30.01


@pytest.mark.parametrize(("code", "result"), [(2, RadiusResult.ACCEPT), (3, RadiusResult.REJECT), (11, None)])
@pytest.mark.parametrize("eap", [None, b"\x04\x41\x00\x04"])
def test_an_answer_without_message_authenticator_counts_where_it_is_not_demanded(
    bench: Bench, manners: type[Manners], code: int, result: RadiusResult | None, eap: bytes | None
) -> None:
    def edit(draft: Draft) -> None:
        if draft.number == 2:
            draft.code, draft.eap, draft.message_authenticator = code, eap, "absent"

    strict = AccessPoint("CORP", bytes.fromhex("020000000001"), b"testing123")
    lax = replace(strict, require_message_authenticator=False)
    seen = bench.run(bench.server(manners(edit=edit)), bench.association(point=lax))
    assert (seen.radius_result, seen.unsigned_replies, seen.replies) == (result, 1, 2)
    assert seen.discards == () or code == 11
    seen = bench.run(bench.server(manners(edit=edit)), bench.association(point=strict))
    assert (seen.radius_result, seen.unsigned_replies, seen.replies) == (None, 0, 1)
    assert {discard.kind for discard in seen.discards} == {DiscardKind.UNSIGNED}
    assert {discard.request for discard in seen.discards} == {2}


@pytest.mark.catalogue("check-I13")
def test_an_answer_to_another_request_is_discarded(bench: Bench, manners: type[Manners]) -> None:
    def edit(draft: Draft) -> None:
        if draft.transmission == 1:
            draft.identifier = (draft.identifier + 1) % 256

    seen = bench.run(bench.server(manners(edit=edit)))
    assert seen.stage is Stage.COMPLETE
    assert len(seen.discards) == seen.requests
    assert all(
        discard.reason.startswith("no request with identifier ")
        and discard.reason.endswith(" is outstanding")
        and discard.clause == "RFC 2865 3"
        for discard in seen.discards
    )


def test_another_shared_secret_is_silence(bench: Bench) -> None:
    server = bench.server(secret=b"another")
    seen = bench.run(server)
    assert (seen.stage, seen.requests, seen.replies, seen.discards) == (Stage.IDENTITY, 1, 0, ())
    assert server.ignored == 1 + seen.retransmissions


def test_an_unsigned_request_is_silence(bench: Bench) -> None:
    point = AccessPoint("CORP", bytes.fromhex("020000000001"), b"testing123", message_authenticator=False)
    server = bench.server()
    assert bench.run(server, bench.association(point=point)).stage is Stage.IDENTITY
    assert server.requests == []
