from __future__ import annotations

import pytest

from harness.device.error_numbers import RestError, StoreError, WifiError
from harness.rest.numbers import Error, HttpError, InterfaceError, RequestError, number_of, status_of


@pytest.mark.parametrize(
    ("error", "number", "status"),
    [
        (RestError.NOT_AUTHORISED, 10485778, 403),
        (StoreError.CERTIFICATE_NOT_FOUND, 38797319, 404),
        (StoreError.OUT_OF_SPACE, 38797323, 500),
        (StoreError.KEY_MISMATCH, 38797332, 400),
        (WifiError.NETWORK_ALREADY_EXISTS, 13631490, 409),
        (WifiError.NETWORK_NOT_FOUND, 13631491, 404),
        (WifiError.WIFI_DISABLED, 13631506, 500),
        (WifiError.PSK_TOO_SHORT, 13631513, 400),
        (RequestError.BUSY, 10485765, 500),
        (HttpError.INVALID_URI, 15728642, 404),
        (HttpError.INVALID_CONTENT_LENGTH, 15728644, 400),
        (InterfaceError.INVALID_HARDWARE_ADDRESS, 31457286, 400),
        (InterfaceError.INVALID_INTERFACE, 31457294, 404),
        (InterfaceError.NOT_PERMITTED, 31457295, 400),
    ],
)
def test_number_and_status_of_an_error(error: Error, number: int, status: int) -> None:
    assert number_of(error) == number
    assert status_of(number) == status


def test_every_error_has_a_number_of_its_own() -> None:
    kinds = (RestError, StoreError, WifiError, RequestError, HttpError, InterfaceError)
    numbers = [number_of(error) for kind in kinds for error in kind]
    assert len(numbers) == len(set(numbers))
