"""Whatever a server answers, an association ends, without an exception, and claims nothing untrue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.observation import FourWay, Keys, Observation, RadiusResult, Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.protocol.conftest import Bench, Draft, EndlessServer, FakeServer, Manners

# A mutated serial number may be negative; cryptography warns of it.
pytestmark = pytest.mark.filterwarnings("ignore:Parsed a serial number")

_FEW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])

changes = st.lists(
    st.tuples(
        st.integers(1, 12),  # number of the answer
        st.sampled_from(["flip", "insert", "cut", "replace"]),
        st.integers(0, 4000),  # place
        st.binary(min_size=1, max_size=8),
    ),
    min_size=1,
    max_size=4,
)


def _mutated(data: bytes, how: str, place: int, octets: bytes) -> bytes:
    at = place % (len(data) + 1)
    if how == "flip":
        end = at + len(octets)
        mixed = bytes(left ^ right for left, right in zip(data[at:end], octets, strict=False))
        return data[:at] + mixed + data[at + len(mixed) :]
    if how == "insert":
        return data[:at] + octets + data[at:]
    return data[:at] if how == "cut" else octets


def _edit_eap(plan: list[tuple[int, str, int, bytes]], *, repair: bool) -> Callable[[Draft], None]:
    """Mutate EAP packets; with ``repair`` the EAP length field is made right again."""

    def edit(draft: Draft) -> None:
        for number, how, place, octets in plan:
            if number == draft.number and draft.eap:
                draft.eap = _mutated(draft.eap, how, place, octets)
        if repair and draft.eap and len(draft.eap) >= 4 and draft.code == 11:
            draft.eap = draft.eap[:2] + len(draft.eap).to_bytes(2) + draft.eap[4:]

    return edit


def _check(seen: Observation, server: FakeServer, device_msk: bytes) -> None:
    assert seen.replies <= seen.requests
    complete = seen.stage is Stage.COMPLETE
    assert complete is (seen.four_way is FourWay.COMPLETE)
    if complete:
        assert seen.keys is Keys.AGREE
        assert seen.radius_result is RadiusResult.ACCEPT
        assert device_msk == server.msk != b""
        assert not any(violation.fatal for violation in seen.violations)


def _attempt(bench: Bench, server: FakeServer, tls: str, **policy: object) -> None:
    association = bench.association(policy=bench.policy(tls_max=tls, **policy))
    seen = bench.run(server, association)
    keys = association._supplicant.keys
    _check(seen, server, keys.msk if keys is not None else b"")


@pytest.mark.catalogue("check-M11")
@pytest.mark.parametrize("tls", ["1.2", "1.3"])
@pytest.mark.parametrize("verify", [True, False])
@given(plan=changes, repair=st.booleans(), fragment=st.sampled_from([60, 400, 1000, 3000]))
@_FEW
def test_mutated_eap_in_authentic_replies(
    bench: Bench,
    manners: type[Manners],
    tls: str,
    *,
    verify: bool,
    plan: list[tuple[int, str, int, bytes]],
    repair: bool,
    fragment: int,
) -> None:
    server = bench.server(manners(edit=_edit_eap(plan, repair=repair), fragment=fragment), tls=tls)
    anchor = {} if verify else {"root_ca": None}
    _attempt(bench, server, tls, **anchor)


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
@given(
    number=st.integers(1, 8),
    code=st.sampled_from([1, 2, 3, 4, 5, 11, 12, 255]),
    eap=st.none() | st.binary(max_size=300) | st.sampled_from([b"\x03\x41\0\x04", b"\x04\x41\0\x04"]),
    extra=st.binary(max_size=60),
    keys=st.none() | st.tuples(st.binary(max_size=64), st.binary(max_size=64)),
)
@_FEW
def test_any_answer_at_any_moment(
    bench: Bench,
    manners: type[Manners],
    tls: str,
    number: int,
    code: int,
    eap: bytes | None,
    extra: bytes,
    keys: tuple[bytes, bytes] | None,
) -> None:
    def edit(draft: Draft) -> None:
        if draft.number == number:
            draft.code, draft.eap, draft.extra, draft.keys = code, eap, extra, keys

    _attempt(bench, bench.server(manners(edit=edit), tls=tls), tls)


_type_data = st.one_of(
    st.sampled_from(
        [
            b"\x20",
            b"\x00",
            b"\x40" + bytes(40),
            b"\x40\x16",
            b"\xc0\x00\x00\xff\xff" + bytes(100),
            b"\x00" + bytes.fromhex("160303000400000000"),
            b"\x00" + bytes.fromhex("1503030002015a"),
            b"\x00" + bytes.fromhex("140303000101"),
        ]
    ),
    st.binary(max_size=40),
)
_requests = st.lists(
    st.tuples(st.sampled_from([1, 2, 4, 13, 13, 13, 254]), _type_data), min_size=1, max_size=6
)


@given(
    once=_requests,
    for_ever=_requests,
    renumber=st.booleans(),
    own=st.sampled_from([40, 1398]),
    link=st.booleans(),
)
@_FEW
def test_whatever_a_server_repeats_for_ever_ends(
    bench: Bench,
    endless: Callable[[str], EndlessServer],
    once: list[tuple[int, bytes]],
    for_ever: list[tuple[int, bytes]],
    *,
    renumber: bool,
    own: int,
    link: bool,
) -> None:
    def ask(number: int, _response: bytes) -> bytes:
        asked = number - 1
        turn = (asked - len(once)) % len(for_ever)
        kind, data = once[asked] if asked < len(once) else for_ever[turn]
        identifier = number if renumber else turn
        return bytes((1, identifier % 256)) + (5 + len(data)).to_bytes(2) + bytes((kind,)) + data

    server = endless("identity")
    server.ask = ask
    seen = bench.run(
        server, bench.association(policy=bench.policy(tls_max="1.2"), fragment_size=own, link=link)
    )
    assert seen.radius_result is None
    fatal = any(violation.fatal for violation in seen.violations)
    assert seen.standstill or seen.discards or fatal or (seen.tls and seen.tls.error)
    # 64 kB in fragments of 40 octets, and what leads nowhere.
    assert seen.requests <= 65536 // 40 + 60
