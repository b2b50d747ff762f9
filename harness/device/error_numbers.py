"""The numbers and names that a device answers with: errno names for applications, numbers for REST.

A REST number is the category shifted by 20 bits, plus the code (behaviour reference, sections 1.4
and 2.3). Codes that this device never answers with are listed all the same: a client may look them up.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Errno(StrEnum):
    """The C errors of the device's functions."""

    EACCES = "EACCES"
    EAGAIN = "EAGAIN"
    EEXIST = "EEXIST"
    EFAULT = "EFAULT"
    EINVAL = "EINVAL"
    ENETDOWN = "ENETDOWN"
    ENODATA = "ENODATA"
    ENODEV = "ENODEV"
    ENOENT = "ENOENT"
    ENOMEM = "ENOMEM"
    ENOSPC = "ENOSPC"
    ENOTCONN = "ENOTCONN"
    ERANGE = "ERANGE"


class StoreError(IntEnum):
    """CertStorageError, category 37."""

    STORE_VERSION_INVALID = 1
    ID_INVALID = 2
    CONTENT_INVALID = 3
    ID_TOO_LONG = 4
    CONTENT_TOO_LONG = 5
    BLOB_NOT_FOUND = 6
    CERTIFICATE_NOT_FOUND = 7
    NOT_ONE_PEM = 8
    BASE64_INVALID = 9
    INDEX_OUT_OF_RANGE = 10
    OUT_OF_SPACE = 11
    TYPE_INVALID = 12
    CERTIFICATE_INVALID = 13
    CERTIFICATE_TOO_LONG = 14
    KEY_INVALID = 15
    KEY_TOO_LONG = 16
    KEY_NOT_ALLOWED = 17
    PASSWORD_TOO_LONG = 18
    PASSWORD_NOT_ALLOWED = 19
    KEY_MISMATCH = 20
    PASSWORD_NOT_REQUIRED = 21


class WifiError(IntEnum):
    """WifiError, category 13."""

    REQUEST_FAILED = 1
    NETWORK_ALREADY_EXISTS = 2
    NETWORK_NOT_FOUND = 3
    NETWORK_NOT_CONNECTED = 4
    INVALID_OPERATION = 5
    REQUEST_NOT_ALLOWED = 6
    INVALID_REQUEST_FORMAT = 8
    INVALID_OBJECT_IN_RESPONSE = 11
    INVALID_NETWORK_PROPERTIES = 12
    SSID_TOO_LONG = 15
    PSK_TOO_LONG = 16
    TRY_AGAIN = 17
    WIFI_DISABLED = 18
    NO_SPACE_TO_PERSIST = 19
    INVALID_LENGTH = 20
    NETWORK_LIMIT_REACHED = 22
    CONFIG_NAME_NOT_UNIQUE = 23
    CLIENT_CERTIFICATE_ID_MISSING = 24
    PSK_TOO_SHORT = 25


class RestError(IntEnum):
    """RestError, category 10: what the interface itself refuses."""

    RELOAD_NOT_BOOLEAN = 10
    ROOT_CA_ID_TOO_LONG = 11
    CLIENT_CERTIFICATE_ID_TOO_LONG = 12
    CLIENT_IDENTITY_TOO_LONG = 13
    CONFIG_NAME_TOO_LONG = 16
    ENTITY_TOO_LARGE = 17
    NOT_AUTHORISED = 18


DeviceError = StoreError | WifiError | RestError

_CATEGORIES: dict[type[IntEnum], int] = {RestError: 10, WifiError: 13, StoreError: 37}


def rest_number(error: DeviceError) -> int:
    """Return the number that the device's REST interface puts into ``{"error": number}``."""
    return (_CATEGORIES[type(error)] << 20) + int(error)
