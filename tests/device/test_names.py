from __future__ import annotations

from cryptography import x509
from cryptography.x509.oid import NameOID

from harness.device.names import one_line


def name(*attributes: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])


def test_a_name_is_written_on_one_line() -> None:
    written = name(
        (NameOID.COUNTRY_NAME, "DE"), (NameOID.COMMON_NAME, "pump 1"), (NameOID.EMAIL_ADDRESS, "a@b.example")
    )
    assert one_line(written, 300) == "/C=DE/CN=pump 1/emailAddress=a@b.example"
    assert one_line(written, 7) == "/C=DE/C"
    assert one_line(name(), 300) == ""


def test_what_is_not_printable_is_written_in_hex() -> None:
    assert one_line(name((NameOID.COMMON_NAME, "é\nx")), 300) == r"/CN=\xC3\xA9\x0Ax"
