from __future__ import annotations

from collections.abc import Mapping

from cryptography import x509

from harness.diagnosis import chain

Certificates = Mapping[str, x509.Certificate]


def test_a_path_goes_through_what_lies_between(certificates: Certificates) -> None:
    device, intermediate, root = (certificates[name] for name in ("device", "intermediate", "root"))

    assert list(chain.path(device, [intermediate], [root])) == [device, intermediate, root]
    assert list(chain.path(device, [], [root])) == []
    assert list(chain.path(root, [], [root])) == [root]


def test_the_missing_intermediate_is_one_that_was_not_sent(certificates: Certificates) -> None:
    device, intermediate, root = (certificates[name] for name in ("device", "intermediate", "root"))
    known = [certificates["other-root"], root, intermediate]

    assert chain.missing_intermediate([device], known, [root]) == intermediate
    assert chain.missing_intermediate([device, intermediate], known, [root]) is None
    assert chain.missing_intermediate([device], known, [certificates["other-root"]]) is None
    assert chain.missing_intermediate([device], [], [root]) is None
    assert chain.missing_intermediate([], known, [root]) is None


def test_a_name_without_a_signature_is_no_issuer(certificates: Certificates) -> None:
    assert chain.issued_by(certificates["device"], certificates["intermediate"])
    assert not chain.issued_by(certificates["device"], certificates["root"])


def test_subjects_are_told_as_rfc_4514_writes_them(certificates: Certificates) -> None:
    assert chain.subject(certificates["device"]) == "CN=thermostat-7"
    assert chain.common_names(certificates["device"]) == ("thermostat-7",)
