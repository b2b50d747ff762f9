from __future__ import annotations

import re
import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from harness.device.trouble import DeviceDamaged
from harness.rest.identity import CERTIFICATE_FILE, IDENTITY_FILE, fingerprint, identity, server_context


def names(certificate: x509.Certificate) -> tuple[list[str], list[str]]:
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return found.get_values_for_type(x509.DNSName), [
        str(one) for one in found.get_values_for_type(x509.IPAddress)
    ]


def test_it_is_made_once_and_kept_private(tmp_path: Path) -> None:
    first = identity(tmp_path, "thermostat", "127.0.0.1")
    assert identity(tmp_path, "another name", "127.0.0.1") == first
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {
        IDENTITY_FILE: 0o600,
        CERTIFICATE_FILE: 0o600,
    }
    public = (tmp_path / CERTIFICATE_FILE).read_bytes()
    assert public == first.public_bytes(Encoding.PEM)
    assert b"PRIVATE" not in public
    assert re.fullmatch(r"(?:[0-9A-F]{2}:){31}[0-9A-F]{2}", fingerprint(first))


def test_it_carries_the_name_that_clients_of_the_real_device_ask_for(tmp_path: Path) -> None:
    certificate = identity(tmp_path, "thermostat", "127.0.0.1")
    assert names(certificate) == (["localhost", "*.devices.sphere.azure.local"], ["127.0.0.1", "::1"])


def test_another_address_gives_another_certificate_of_the_same_key(tmp_path: Path) -> None:
    first = identity(tmp_path, "thermostat", "127.0.0.1")
    second = identity(tmp_path, "thermostat", "192.168.35.2")
    assert names(second)[1] == ["127.0.0.1", "::1", "192.168.35.2"]
    assert second.public_key() == first.public_key()
    assert server_context(tmp_path).minimum_version is ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("content", [b"", b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"])
def test_a_damaged_file_is_reported_and_left_alone(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / IDENTITY_FILE
    file.write_bytes(content)
    with pytest.raises(DeviceDamaged) as caught:
        identity(tmp_path, "thermostat", "127.0.0.1")
    fix = "delete the file: a new certificate is made, and clients have to be told"
    assert str(caught.value) == f"{file}: the file is not a key with its certificate; {fix}"
    assert file.read_bytes() == content
