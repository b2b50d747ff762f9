from __future__ import annotations

import pytest
from cryptography.hazmat.bindings.openssl.binding import Binding

from harness.diagnosis.openssl import FAULTS, Fault

WORDS = {
    2: "unable to get issuer certificate",
    3: "unable to get certificate CRL",
    8: "CRL signature failure",
    9: "certificate is not yet valid",
    10: "certificate has expired",
    12: "CRL has expired",
    18: "self-signed certificate",
    19: "self-signed certificate in certificate chain",
    20: "unable to get local issuer certificate",
    21: "unable to verify the first certificate",
    23: "certificate revoked",
    26: "unsuitable certificate purpose",
    62: "hostname mismatch",
    66: "EE certificate key too weak",
    67: "CA certificate key too weak",
    68: "CA signature digest algorithm too weak",
    79: "invalid CA certificate",
}
SAYS_NOTHING_OF_THE_CHAIN = {1, 17, 69, 70}


def words_of_openssl(number: int) -> str:
    binding = Binding()
    text = binding.ffi.string(binding.lib.X509_verify_cert_error_string(number))
    assert isinstance(text, bytes)
    return text.decode()


@pytest.mark.parametrize("number", WORDS)
def test_numbers_mean_what_this_openssl_says(number: int) -> None:
    assert words_of_openssl(number).startswith(WORDS[number])


@pytest.mark.parametrize("number", sorted(FAULTS))
def test_every_number_is_known_to_openssl(number: int) -> None:
    assert "unspecified" not in words_of_openssl(number)
    assert "unknown certificate verification error" not in words_of_openssl(number)


def test_errors_that_speak_of_the_crl_do_not_blame_the_certificate() -> None:
    about_crl = {number for number in FAULTS if "CRL" in words_of_openssl(number)}

    assert {FAULTS[number] for number in about_crl} == {
        Fault.NO_USABLE_CRL,
        Fault.CRL_EXPIRED,
        Fault.CRL_NOT_YET_VALID,
    }


def test_errors_of_the_program_are_not_sorted() -> None:
    assert SAYS_NOTHING_OF_THE_CHAIN.isdisjoint(FAULTS)
    assert 0 not in FAULTS
