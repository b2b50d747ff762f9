from __future__ import annotations

import pytest

from harness.server.startup import StartFailure, complaint_in, hint_for, scrub

# Last lines of FreeRADIUS 3.2.1.
_LINES = {
    "Failed binding to auth address 127.0.0.1 port 28831 bound to server default: Address already in use ": (
        "another program holds that port; end it"
    ),
    'tls: (TLS) Failed reading private key file "/tmp/x/pki/server.key": error:05800074:x509 certificate '
    "routines::key values mismatch": (
        "the server's private key does not belong to its certificate; give it a matching pair"
    ),
    'Unable to open file "/tmp/x/pki/server.key": Permission denied': (
        "the server's user cannot read its files; set TMPDIR to a folder that every user may enter"
    ),
    "Configuration file /tmp/x/radiusd.conf is globally writable.  Refusing to start due to insecure "
    "configuration.": "files of the configuration are writable by everybody; check the umask",
    "tls: (TLS) Failed setting cipher list: error:0A0000B9:SSL routines::no cipher match": (
        "the cipher list selects nothing in this OpenSSL; see `openssl ciphers`"
    ),
    "tls_min_version '1.3' must be <= tls_max_version '1.2'": "tls_min is above tls_max; swap them",
    'tls: Unknown ecdh_curve "nocurve"': "the curve is unknown to this OpenSSL; leave ecdh_curve empty",
    "/tmp/x/radiusd.conf[142]: Unknown attribute 'No-Such-Attr'": (
        "a reply attribute or its value is unknown to FreeRADIUS"
    ),
    '/tmp/x/radiusd.conf[142]: Unknown or invalid value "abc" for attribute Session-Timeout': (
        "a reply attribute or its value is unknown to FreeRADIUS"
    ),
    'tls: (TLS) Failed reading certificate file "/tmp/x/pki/server.pem": error:0A00018F:SSL routines::ee key '
    "too small": (
        "this OpenSSL finds the server's key or signature too weak; allow it with ciphers: DEFAULT@SECLEVEL=0"
    ),
    "Errors reading or parsing /tmp/x/radiusd.conf": (
        "FreeRADIUS does not understand its configuration; see the lines above and radius/raddb/"
    ),
    "Segmentation fault": "its last lines say more",
}


@pytest.mark.parametrize(("line", "hint"), _LINES.items())
def test_hints(line: str, hint: str) -> None:
    assert hint_for(("radiusd: #### Loading modules ####", line)) == hint


def test_a_server_that_ended() -> None:
    failure = StartFailure("FreeRADIUS 3.2.1 (process)", ("Address already in use",), died=True, timeout=20.0)
    assert failure.port_in_use
    assert failure.complaint == ""
    error = failure.of_machine()
    assert str(error) == ("FreeRADIUS 3.2.1 (process) ended at once; another program holds that port; end it")
    assert error.last_lines == ("Address already in use",)


def test_a_server_that_says_nothing() -> None:
    failure = StartFailure("FreeRADIUS 3.2.1 (process)", (), died=False, timeout=20.0)
    assert failure.complaint == ""
    assert failure.of_machine().message == "FreeRADIUS 3.2.1 (process) did not answer within 20 s"


def test_secrets_are_taken_out() -> None:
    assert scrub("\tsecret = testing123", ()) == "\tsecret = <secret>"
    assert scrub("near 'it is hunter2hunter2'", ("hunter2hunter2",)) == "near 'it is <secret>'"
    assert scrub("default client", ("client",)) == "default client"


_TLS_COMPLAINT = 'tls: (TLS) Failed reading certificate file "./pki/server.pem": error:0A00018D:SSL routines::ca key too small'


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (
            ("} # server default", "/tmp/x/radiusd.conf[145]: Unknown attribute 'Tunel-Type'"),
            "radiusd.conf[145]: Unknown attribute 'Tunel-Type'",
        ),
        (
            (
                "   }",
                _TLS_COMPLAINT,
                "rlm_eap_tls: Failed initializing SSL context",
                'radiusd.conf[71]: Instantiation failed for module "eap"',
            ),
            _TLS_COMPLAINT,
        ),
        (("Listening on auth address 127.0.0.1 port 1 bound to server default",), ""),
        (("radiusd: #### Loading modules ####", '  # Loading module "eap"'), ""),
        (("",), ""),
        ((), ""),
    ],
)
def test_the_complaint_is_the_first_of_the_last(lines: tuple[str, ...], complaint: str) -> None:
    assert complaint_in(lines) == complaint


def test_a_server_that_complained_is_at_fault_with_its_own_words() -> None:
    lines = ("} # server default", "radiusd.conf[145]: Unknown attribute 'Tunel-Type'")
    error = StartFailure("FreeRADIUS", lines, died=True, timeout=1.0).of_settings()
    assert str(error) == (
        "the server does not start: radiusd.conf[145]: Unknown attribute 'Tunel-Type'; "
        "a reply attribute or its value is unknown to FreeRADIUS"
    )
    assert error.last_lines == lines


def test_a_server_that_was_killed_complained_of_nothing() -> None:
    lines = ("} # server default", "radiusd.conf[145]: Unknown attribute 'Tunel-Type'")
    assert StartFailure("FreeRADIUS", lines, died=False, timeout=1.0).complaint == ""


@pytest.mark.parametrize(
    "line",
    [
        "/usr/sbin/freeradius: error while loading shared libraries: libpcre.so.3: failed to map segment from shared object",
        "src/main/pair.c[904] OUT OF MEMORY",
        "Thread create failed: Resource temporarily unavailable",
        "FATAL: Failed to set up request fifo",
        "/usr/sbin/freeradius: 0: Cannot fork",
    ],
)
def test_what_the_machine_lacks_is_no_complaint_about_settings(line: str) -> None:
    failure = StartFailure("FreeRADIUS", ("} # server default", line), died=True, timeout=1.0)
    assert failure.complaint == ""
    assert "raise the limits" in failure.of_machine().hint
