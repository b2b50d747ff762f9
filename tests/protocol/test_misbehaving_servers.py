"""What a server may do wrong or oddly, and all that follows."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from harness.observation import EapResult, FourWay, Keys, RadiusResult, Stage, Violation
from tests.protocol.edits import at, ending, final

if TYPE_CHECKING:
    from tests.protocol.conftest import Bench, Manners

_RIGHT_KEYS = (Keys.AGREE, FourWay.COMPLETE, Stage.COMPLETE)


# What a server may do wrong or oddly, and all that follows: stage, RADIUS, EAP, keys, 4-way
# handshake, violations as (clause, fatal).
_Row = tuple[str, str, dict[str, object], tuple[object, ...], list[tuple[str, bool]]]
_ODD: list[_Row] = [
    (
        "no 0x00",
        "1.3",
        {"protected_success": None},
        (Stage.RESULT, RadiusResult.ACCEPT, EapResult.SUCCESS, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 9190 2.5", True)],
    ),
    (
        "strange application data",
        "1.3",
        {"protected_success": b"hello"},
        (Stage.RESULT, RadiusResult.ACCEPT, EapResult.SUCCESS, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 9190 2.5", True), ("RFC 3748 4.2", True)],
    ),
    (
        "0x00 twice",
        "1.3",
        {"protected_success": b"\0\0"},
        (Stage.RESULT, RadiusResult.ACCEPT, EapResult.SUCCESS, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 9190 2.5", True), ("RFC 3748 4.2", True)],
    ),
    (
        "accept before the handshake is finished",
        "1.2",
        {"edit": at(3, code=2, eap=ending(3))},
        (Stage.RESULT, RadiusResult.ACCEPT, EapResult.SUCCESS, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 3748 4.2", True)],
    ),
    (
        "accept before the handshake is finished",
        "1.3",
        {"edit": at(3, code=2, eap=ending(3))},
        (Stage.RESULT, RadiusResult.ACCEPT, EapResult.SUCCESS, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 3748 4.2", True)],
    ),
    (
        "canned accept at once",
        "1.2",
        {"edit": at(1, code=2, eap=b"\x03\x01\x00\x04")},
        (Stage.RESULT, RadiusResult.ACCEPT, EapResult.SUCCESS, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 3748 4.2", True)],
    ),
    (
        "success in a challenge",
        "1.2",
        {"edit": at(3, eap=ending(3))},
        (Stage.HANDSHAKE, None, None, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 3748 4.2", True), ("RFC 3579 2.6.3", True)],
    ),
    (
        "success in a challenge at the end",
        "1.2",
        {"edit": final(code=11)},
        (Stage.JUDGEMENT, None, None, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 3579 2.6.3", True)],
    ),
    (
        "failure in a challenge",
        "1.2",
        {"edit": at(3, eap=ending(4))},
        (Stage.HANDSHAKE, None, None, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 3579 2.6.3", True)],
    ),
    (
        "challenge without EAP",
        "1.2",
        {"edit": at(3, eap=None)},
        (Stage.HANDSHAKE, None, None, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 3579 2.6.3", True)],
    ),
    (
        "accept with failure",
        "1.2",
        {"edit": final(eap=ending(4))},
        (Stage.RESULT, RadiusResult.ACCEPT, EapResult.FAILURE, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [],
    ),
    (
        "accept without EAP",
        "1.3",
        {"edit": final(eap=None)},
        (Stage.RESULT, RadiusResult.ACCEPT, None, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [],
    ),
    (
        "accept with a request",
        "1.2",
        {"edit": at(3, code=2)},
        (Stage.RESULT, RadiusResult.ACCEPT, None, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [],
    ),
    (
        "accept without keys",
        "1.2",
        {"edit": final(keys=None)},
        (Stage.RESULT, RadiusResult.ACCEPT, EapResult.SUCCESS, Keys.MISSING, FourWay.NOT_RUN),
        [],
    ),
    (
        "accept with other keys",
        "1.3",
        {"edit": final(keys=(bytes(32), bytes(32)))},
        (Stage.FOUR_WAY, RadiusResult.ACCEPT, EapResult.SUCCESS, Keys.DIFFER, FourWay.MIC_FAILURE),
        [],
    ),
    (
        "accept with the halves of the key exchanged",
        "1.2",
        {"edit": final(keys=lambda draft: draft.keys[::-1])},
        (Stage.FOUR_WAY, RadiusResult.ACCEPT, EapResult.SUCCESS, Keys.DIFFER, FourWay.MIC_FAILURE),
        [],
    ),
    (
        "accept with an unreadable key",
        "1.2",
        {
            "edit": final(
                keys=None,
                extra=struct.pack("!BBIBB", 26, 11, 311, 16, 5)
                + b"\x80\0\1"
                + struct.pack("!BBIBB", 26, 11, 311, 17, 5)
                + b"\x80\0\1",
            )
        },
        (Stage.RESULT, RadiusResult.ACCEPT, EapResult.SUCCESS, Keys.DIFFER, FourWay.NOT_RUN),
        [],
    ),
    (
        "reject with success",
        "1.2",
        {"edit": final(code=3)},
        (Stage.RESULT, RadiusResult.REJECT, EapResult.SUCCESS, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 3579 2.6.3", False)],
    ),
    (
        "reject without EAP",
        "1.3",
        {"edit": final(code=3, eap=None)},
        (Stage.RESULT, RadiusResult.REJECT, None, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 3579 2.6.3", False)],
    ),
    (
        "reject after the protected success",
        "1.3",
        {"edit": final(code=3, eap=ending(4), keys=None)},
        (Stage.RESULT, RadiusResult.REJECT, EapResult.FAILURE, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [],
    ),
    (
        "Reply-Message beside EAP",
        "1.2",
        {"edit": final(extra=b"\x12\x05bye")},
        (Stage.COMPLETE, RadiusResult.ACCEPT, EapResult.SUCCESS, *_RIGHT_KEYS[:2]),
        [("RFC 3579 2.6.5", False)],
    ),
    (
        "identifier of another request in the success",
        "1.2",
        {"edit": final(eap=b"\x03\x99\x00\x04")},
        (Stage.RESULT, RadiusResult.ACCEPT, EapResult.SUCCESS, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 3748 4.2", True)],
    ),
    (
        "Message-Authenticator last",
        "1.2",
        {"edit": lambda draft: setattr(draft, "message_authenticator", "last")},
        (Stage.COMPLETE, RadiusResult.ACCEPT, EapResult.SUCCESS, *_RIGHT_KEYS[:2]),
        [("CVE-2024-3596", False)],
    ),
    (
        "needless L bit, TLS 1.3",
        "1.3",
        {"always_length": True, "fragment": 3000},
        (Stage.COMPLETE, RadiusResult.ACCEPT, EapResult.SUCCESS, *_RIGHT_KEYS[:2]),
        [("RFC 9190 2.1.9", False)],
    ),
    (
        "needless L bit, TLS 1.2, where RFC 5216 allows it",
        "1.2",
        {"always_length": True, "fragment": 3000},
        (Stage.COMPLETE, RadiusResult.ACCEPT, EapResult.SUCCESS, *_RIGHT_KEYS[:2]),
        [],
    ),
    (
        "declared length too long",
        "1.2",
        {"declared_error": 1, "fragment": 200},
        (Stage.HANDSHAKE, None, None, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 5216 3.1", True)],
    ),
    (
        "declared length too short",
        "1.3",
        {"declared_error": -300, "fragment": 200},
        (Stage.HANDSHAKE, None, None, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 5216 2.1.5", True)],
    ),
    (
        "declared length changes",
        "1.2",
        {"relabel": True, "fragment": 200},
        (Stage.HANDSHAKE, None, None, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 5216 3.1", True)],
    ),
    (
        "data instead of an acknowledgement",
        "1.3",
        {"data_for_ack": True},
        (Stage.HANDSHAKE, None, None, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 5216 2.1.5", True)],
    ),
    (
        "a State that is not repeated starts another conversation",
        "1.2",
        {"edit": at(3, state=b"")},
        (Stage.HANDSHAKE, None, None, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [],
    ),
]


@pytest.mark.catalogue(
    "F32", "check-F02", "check-F05", "check-F10", "check-G07", "check-G11", "check-I29", "check-I30"
)
@pytest.mark.parametrize(
    ("tls", "how", "result", "violations"),
    [row[1:] for row in _ODD],
    ids=[f"{row[0]} ({row[1]})" for row in _ODD],
)
def test_a_server_that_misbehaves(
    bench: Bench,
    manners: type[Manners],
    tls: str,
    how: dict[str, object],
    result: tuple[object, ...],
    violations: list[tuple[str, bool]],
) -> None:
    server = bench.server(manners(**how), tls=tls)  # type: ignore[arg-type]
    policy = bench.policy(tls_max=tls)
    seen = bench.run(server, bench.association(policy=policy))
    assert (seen.stage, seen.radius_result, seen.eap_result, seen.keys, seen.four_way) == result
    assert [(found.clause, found.fatal) for found in seen.violations] == violations
    assert seen.requests == seen.replies == len(server.requests)


def test_texts_of_violations_by_the_server(bench: Bench, manners: type[Manners]) -> None:
    seen = bench.run(bench.server(manners(edit=at(2, eap=None))))
    assert seen.violations == (
        Violation("RFC 3579 2.6.3", "Access-Challenge without EAP-Message", fatal=True),
    )
    seen = bench.run(bench.server(manners(edit=final(code=11))))
    assert seen.violations == (
        Violation("RFC 3579 2.6.3", "Access-Challenge carries EAP-Success", fatal=True),
    )
