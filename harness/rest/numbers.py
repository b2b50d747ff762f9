"""Which HTTP status goes with which number, and the numbers of the interface itself.

The device answers every refusal with ``{"error": number}``. Names and numbers are those of the public
error tables; which status goes with a number is documented for a few alone and inferred for the others
(docs/reference/device-rest.md says for which).
"""

from __future__ import annotations

from enum import IntEnum

from harness.device.error_numbers import RestError, StoreError, WifiError, rest_number


class RequestError(IntEnum):
    """RestError, category 10: what is wrong with a request before the device looks at its meaning."""

    INVALID_JSON = 1
    INVALID_DATA = 2
    DATA_EXPECTED = 3
    BUSY = 5
    INTERNAL = 6
    TARGETED_SCAN_NOT_BOOLEAN = 9
    POWER_SAVINGS_NOT_BOOLEAN = 30


class HttpError(IntEnum):
    """HttpError, category 15."""

    INVALID_METHOD = 1
    INVALID_URI = 2
    INVALID_PROTOCOL = 3
    INVALID_CONTENT_LENGTH = 4


class InterfaceError(IntEnum):
    """NetConfigError, category 30."""

    INVALID_HARDWARE_ADDRESS = 6
    INVALID_INTERFACE = 14
    NOT_PERMITTED = 15


Error = RestError | StoreError | WifiError | RequestError | HttpError | InterfaceError

_CATEGORIES: dict[type[IntEnum], int] = {RequestError: 10, HttpError: 15, InterfaceError: 30}


def number_of(error: Error) -> int:
    """Return the number of any error."""
    if isinstance(error, RestError | StoreError | WifiError):
        return rest_number(error)
    return (_CATEGORIES[type(error)] << 20) + int(error)


_STATUS: dict[int, tuple[Error, ...]] = {
    403: (RestError.NOT_AUTHORISED,),
    404: (
        StoreError.CERTIFICATE_NOT_FOUND,
        WifiError.NETWORK_NOT_FOUND,
        HttpError.INVALID_URI,
        InterfaceError.INVALID_INTERFACE,
    ),
    405: (HttpError.INVALID_METHOD,),
    409: (WifiError.NETWORK_ALREADY_EXISTS,),
    500: (
        StoreError.CONTENT_INVALID,
        StoreError.OUT_OF_SPACE,
        WifiError.TRY_AGAIN,
        WifiError.WIFI_DISABLED,
        WifiError.NO_SPACE_TO_PERSIST,
        WifiError.NETWORK_LIMIT_REACHED,
        RequestError.BUSY,
        RequestError.INTERNAL,
    ),
}
_STATUS_OF = {number_of(error): status for status, errors in _STATUS.items() for error in errors}


def status_of(number: int) -> int:
    """Return the HTTP status that goes with a number: 400 unless something is missing, forbidden or full."""
    return _STATUS_OF.get(number, 400)


class Refused(Exception):
    """A request is answered with a number; ``status`` where it is not the number's own.

    ``str()`` is one sentence for the log of the interface, free of secrets.
    """

    def __init__(self, error: Error | int, text: str, status: int | None = None) -> None:
        super().__init__(text)
        self.number = number_of(error) if isinstance(error, Error) else error
        self.status = status_of(self.number) if status is None else status
