from __future__ import annotations

import pytest

from harness.device.error_numbers import DeviceError, RestError, StoreError, WifiError, rest_number


@pytest.mark.parametrize(
    ("error", "number"),
    [
        (StoreError.ID_INVALID, 38797314),
        (StoreError.PASSWORD_NOT_REQUIRED, 38797333),
        (WifiError.NETWORK_NOT_FOUND, 13631491),
        (WifiError.PSK_TOO_SHORT, 13631513),
        (RestError.NOT_AUTHORISED, 10485778),
    ],
)
def test_a_number_is_category_and_code(error: DeviceError, number: int) -> None:
    assert rest_number(error) == number
