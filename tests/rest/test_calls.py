from __future__ import annotations

import pytest

from harness.device.results import StoreResult
from harness.rest.calls import Call, Reply, Surroundings, done, flag, parse, text
from harness.rest.numbers import HttpError, Refused


@pytest.mark.parametrize("data", [b"", b"  \r\n"])
def test_a_body_is_needed(data: bytes) -> None:
    with pytest.raises(Refused, match=r"^the body is empty$") as caught:
        parse(data)
    assert (caught.value.number, caught.value.status) == (10485763, 400)


@pytest.mark.parametrize("data", [b"{", b"[]", b"1", b"null", b'"x"', b"\xff\xfe{", b"[" * 100_000, b"NaN"])
def test_a_body_is_a_json_object(data: bytes) -> None:
    with pytest.raises(Refused, match=r"^the body is no JSON object$") as caught:
        parse(data)
    assert caught.value.number == 10485761


def test_values_of_another_type_are_refused_by_name() -> None:
    body = parse(b'{"a": "x", "b": true, "c": null, "d": 1}')
    assert (text(body, "a"), text(body, "c"), text(body, "missing")) == ("x", None, None)
    assert (flag(body, "b"), flag(body, "c"), flag(body, "missing")) == (True, None, None)
    with pytest.raises(Refused, match=r"^d is no string$") as caught:
        text(body, "d", HttpError.INVALID_URI)
    assert (caught.value.number, caught.value.status) == (15728642, 404)
    with pytest.raises(Refused, match=r"^d is neither true nor false$"):
        flag(body, "d")


def test_a_change_that_was_refused_keeps_its_number_and_sentence() -> None:
    assert done(StoreResult(ok=True)) == Reply({}, 200)
    with pytest.raises(Refused, match=r"^full$") as caught:
        done(StoreResult(ok=False, text="full", number=38797323))
    assert (caught.value.number, caught.value.status) == (38797323, 500)


def test_a_call_does_not_show_its_body() -> None:
    assert "s3cret" not in repr(Call("x", {"password": "s3cret"}))


def test_uptime_counts_whole_seconds_from_the_last_start() -> None:
    now = 100.0
    around = Surroundings(uptime=lambda: now)
    around.start()
    now = 107.9
    assert around.seconds_up() == 7
    around.start()
    assert around.seconds_up() == 0
