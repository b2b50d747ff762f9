from __future__ import annotations

import re

import pytest

from harness.server.loglines import Passage, memory_complaint, passages
from harness.server.records import LogKind
from harness.trace import Endpoint

# Lines as FreeRADIUS wrote them: 3.2.1 unless the version is named.
_LINES = [
    (
        "(8) Received Access-Request Id 0 from 127.0.0.1:36479 to 127.0.0.1:18120 length 124",
        (LogKind.REQUEST, "", 0, None),
    ),
    (
        "(10) eap_tls:   ERROR: (TLS) OpenSSL says error 10 : certificate has expired",
        (LogKind.VERIFY_ERROR, "certificate has expired", 10, None),
    ),
    (  # 3.0.21
        "(9) eap_tls:   ERROR: SSL says error 20 : unable to get local issuer certificate",
        (LogKind.VERIFY_ERROR, "unable to get local issuer certificate", 20, None),
    ),
    (
        "(10) eap_tls: ERROR: (TLS) Alert write:fatal:certificate expired",
        (LogKind.ALERT_SENT, "certificate expired", 0, None),
    ),
    (  # 3.2.7
        "(10) eap_tls: ERROR: (TLS) TLS - Alert write:fatal:internal error",
        (LogKind.ALERT_SENT, "internal error", 0, None),
    ),
    (  # 3.0.21
        "(9) eap_tls: ERROR: TLS Alert write:fatal:certificate expired",
        (LogKind.ALERT_SENT, "certificate expired", 0, None),
    ),
    (
        "(5)     if (&TLS-Client-Cert-Common-Name == &User-Name)  -> FALSE",
        (LogKind.CN_IS_NOT_IDENTITY, "", 0, None),
    ),
    (
        "(2) eap_tls: ERROR: (TLS) Alert read:fatal:unknown CA",
        (LogKind.ALERT_RECEIVED, "unknown CA", 0, None),
    ),
    (  # 3.2.7
        "(2) eap_tls: ERROR: (TLS) TLS - Alert read:fatal:unknown CA",
        (LogKind.ALERT_RECEIVED, "unknown CA", 0, None),
    ),
    (
        (
            "(2) eap_tls: ERROR: (TLS) Failed reading from OpenSSL: error:0A0000C7:SSL routines::"
            "peer did not return a certificate"
        ),
        (LogKind.NO_CLIENT_CERTIFICATE, "", 0, None),
    ),
    (
        "(1) eap_tls: ERROR: (TLS) Failed reading from OpenSSL: error:0A000102:SSL routines::unsupported protocol",
        (LogKind.UNSUPPORTED_PROTOCOL, "unsupported protocol", 0, None),
    ),
    (  # 3.0.21
        (
            "(1) eap_tls: ERROR: Failed in __FUNCTION__ (SSL_read): error:1417A0C1:SSL routines:"
            "tls_post_process_client_hello:no shared cipher"
        ),
        (LogKind.NO_SHARED_CIPHER, "no shared cipher", 0, None),
    ),
    (
        (
            "(40) eap_tls: ERROR: (TLS) Failed reading from OpenSSL: error:0A000076:SSL routines::"
            "no suitable signature algorithm"
        ),
        (LogKind.NO_SIGNATURE_ALGORITHM, "no suitable signature algorithm", 0, None),
    ),
    (
        "tls: Certificate CN (alice) does not match specified value (bob)!",
        (LogKind.NAME_CHECK_FAILED, "Certificate CN (alice) does not match specified value (bob)", 0, None),
    ),
    ("(3) eap_tls: Certificate rejected by the virtual server", (LogKind.POLICY_REJECTED, "", 0, None)),
    (
        "(1) eap: ERROR: No mutually acceptable types found",
        (LogKind.NO_COMMON_METHOD, "No mutually acceptable types found", 0, None),
    ),
    (
        "(2) eap: ERROR: rlm_eap (EAP): No EAP session matching state 0x7a7a7a7a7a7a7a7a",
        (LogKind.UNKNOWN_STATE, "No EAP session matching state 0x7a7a7a7a7a7a7a7a", 0, None),
    ),
    (
        (
            "(3) eap: ERROR: EAP requires the State attribute to work, but no State exists in the "
            "Access-Request packet."
        ),
        (LogKind.UNKNOWN_STATE, "EAP requires the State attribute to work", 0, None),
    ),
    (
        "(50) eap: ERROR: rlm_eap (EAP): Aborting! More than 50 roundtrips made in session with state 0x0a",
        (LogKind.ROUND_LIMIT, "More than 50 roundtrips", 0, None),
    ),
    (
        "(2) eap: Identity does not match User-Name, setting from EAP Identity",
        (LogKind.IDENTITY_IS_NOT_USER_NAME, "", 0, None),
    ),
    (
        "(2) eap: ERROR: Identity does not match User-Name.  Authentication failed",
        (LogKind.IDENTITY_IS_NOT_USER_NAME, "", 0, None),
    ),
    (
        "tls: There are untrusted certificates in the certificate chain.  Rejecting.",
        (LogKind.UNTRUSTED_IN_CHAIN, "", 0, None),
    ),
    ("(3) eap_tls: ERROR: ocsp: Cert status: revoked", (LogKind.OCSP_REFUSED, "revoked", 0, None)),
    (
        "(3) eap_tls: ERROR: ocsp: Couldn't get OCSP response",
        (LogKind.OCSP_FAILED, "Couldn't get OCSP response", 0, None),
    ),
    (
        "(3) eap_tls: ERROR: (TLS) ocsp: Unable to check certificate, failing",
        (LogKind.OCSP_FAILED, "Unable to check certificate, failing", 0, None),
    ),
    (
        "(62) eap_tls: ERROR: (TLS) Cannot continue, as the peer is misbehaving.",
        (LogKind.PEER_MISBEHAVES, "", 0, None),
    ),
    (
        (
            "(58) eap_tls: ERROR: (TLS) Failed reading from OpenSSL: ../ssl/statem/statem_srvr.c[3640]:error:0A0000C7:"
            "SSL routines::peer did not return a certificate"
        ),
        (LogKind.NO_CLIENT_CERTIFICATE, "", 0, None),
    ),
    ("(4) Delaying response for 3.000000 seconds", (LogKind.RESPONSE_DELAYED, "3.000000", 0, None)),
    (
        (
            "Dropping packet without response because of error: Received packet from 127.0.0.5 with invalid "
            "Message-Authenticator!  (Shared secret is incorrect.) (from client client-1)"
        ),
        (LogKind.SECRET_WRONG, "", 0, Endpoint("127.0.0.5", 0)),
    ),
    (
        (
            "Receive - Insecure packet from host 127.0.0.6:  Packet does not contain required "
            "Message-Authenticator attribute"
        ),
        (LogKind.MESSAGE_AUTHENTICATOR_MISSING, "", 0, Endpoint("127.0.0.6", 0)),
    ),
    (  # 3.2.7
        (
            "Receive - Insecure packet from host 127.0.0.6:  Packet does not contain required "
            'Message-Authenticator attribute.  You may need to set "require_message_authenticator = no" in '
            "the configuration."
        ),
        (LogKind.MESSAGE_AUTHENTICATOR_MISSING, "", 0, Endpoint("127.0.0.6", 0)),
    ),
    (
        (
            "Ignoring request to auth address 127.0.0.1 port 18120 bound to server default from unknown client "
            "127.0.0.1 port 57260 proto udp"
        ),
        (LogKind.CLIENT_UNKNOWN, "", 0, Endpoint("127.0.0.1", 57260)),
    ),
    (
        "Receive - Malformed RADIUS packet from host 127.0.0.6: attribute 79 too short",
        (LogKind.MALFORMED, "attribute 79 too short", 0, Endpoint("127.0.0.6", 0)),
    ),
    (
        (
            "Receive - Invalid data from 127.0.0.6: Length field value too large, expected maximum of 4096 "
            "bytes, got 4500 bytes"
        ),
        (
            LogKind.MALFORMED,
            "Length field value too large, expected maximum of 4096 bytes, got 4500 bytes",
            0,
            Endpoint("127.0.0.6", 0),
        ),
    ),
    (
        (
            "Receive - Possible DoS attack from host 127.0.0.6: Too many attributes in request (received 300, "
            "max 200 are allowed)."
        ),
        (
            LogKind.MALFORMED,
            "Too many attributes in request (received 300, max 200 are allowed).",
            0,
            Endpoint("127.0.0.6", 0),
        ),
    ),
    (
        (
            "(4) eap: ERROR: Malformed EAP Message: Malformed EAP packet.  Length in packet header does not "
            "match actual length"
        ),
        (
            LogKind.MALFORMED,
            "Malformed EAP packet.  Length in packet header does not match actual length",
            0,
            None,
        ),
    ),
    (
        "(3) Login OK: [alice] (from client client-1 port 0 cli 02-00-00-00-00-01)",
        (LogKind.LOGIN_OK, "", 0, None),
    ),
    (
        "(2) Login incorrect (eap: No mutually acceptable types found): [alice] (from client client-1 port 0)",
        (LogKind.LOGIN_INCORRECT, "eap: No mutually acceptable types found", 0, None),
    ),
    (
        "(5) Login incorrect: [bob] (from client client-1 port 0)",
        (LogKind.LOGIN_INCORRECT, "", 0, None),
    ),
]

_SILENT = [
    # What a device writes into its user name is shown in these.
    '(8)   User-Name = "Login OK: [alice] (from client x"',
    '(8) eap_tls:   TLS-Client-Cert-Subject := "/CN=(TLS) OpenSSL says error 10 : x"',
    # The inner virtual server's word is not the server's.
    "(3)   Login incorrect: [alice] (from client client-1 port 0 via TLS tunnel)",
    # Noise of a success.
    "(TLS) untrusted certificate with depth [1] subject name /CN=root",
    (
        "(9) eap_tls: WARNING: (TLS) EAP Total received record fragments (184 bytes), does not equal expected "
        "expected data length (0 bytes)"
    ),
    "(10) eap_tls: ERROR: (TLS) Server : Error in error",
    "(9) eap_tls: (TLS) Server : Need to read more data: SSLv3/TLS write server done",
    "Received Status-Server Id 3 from 127.255.255.254:40000 to 127.0.0.1:18120 length 38",
]
_FIRST = "Received Access-Request Id 0 from 127.0.0.1:36479 to 127.0.0.1:18120 length 124"


@pytest.mark.parametrize(
    ("line", "expected"), _LINES, ids=lambda value: value[:40] if isinstance(value, str) else ""
)
def test_known_lines(line: str, expected: tuple[LogKind, str, int, Endpoint | None]) -> None:
    [event] = _passage(line).events()
    assert (event.kind, event.detail, event.number, event.source) == expected
    assert event.text == re.sub(r"^\(\d+\) +", "", line)


def test_every_kind_has_a_rule() -> None:
    known = {expected[0] for _, expected in _LINES}
    assert known | {LogKind.CERTIFICATE_NOT_KNOWN} == set(LogKind)


@pytest.mark.parametrize(
    ("condition", "known"),
    [
        ("&TLS-Client-Cert-Common-Name == &User-Name", False),
        ("&User-Name && &TLS-Client-Cert-Issuer =~ /corp/", False),
        ("&Calling-Station-Id == 'x'", True),  # nothing of the certificate
    ],
)
def test_a_condition_that_lacks_the_certificate(condition: str, *, known: bool) -> None:
    lines = (
        f"(10)       if ({condition}) {{\n"
        "(10)       ERROR: Failed retrieving values required to evaluate condition\n"
        "(10)       else {\n"
    )
    found = [(event.kind, event.detail, event.text) for event in _passage(lines).events()]
    text = "ERROR: Failed retrieving values required to evaluate condition"
    assert found == ([] if known else [(LogKind.CERTIFICATE_NOT_KNOWN, condition, text)])
    assert _passage(lines.replace("ERROR: Failed", "noop: Failed")).events() == []


@pytest.mark.parametrize("line", _SILENT)
def test_lines_that_say_nothing(line: str) -> None:
    assert _passage(line).events() == []


def test_known_lines_are_found_among_others() -> None:
    lines = [line for pair in zip([line for line, _ in _LINES], _SILENT * 5, strict=False) for line in pair]
    found = [event for one in passages("\n".join(lines)) for event in one.events()]
    assert [event.kind for event in found] == [expected[0] for _, expected in _LINES]


def test_lines_of_one_request_are_one_passage() -> None:
    text = "(12) eap: x\n(12)   y\n\nWaking up in 0.2 seconds.\n(TLS) untrusted\n(12) z\n(120) z"
    assert list(passages(text)) == [
        Passage(12, "(12) eap: x\n(12)   y"),
        Passage(-1, "Waking up in 0.2 seconds."),
        Passage(-1, "(TLS) untrusted"),
        Passage(12, "(12) z"),
        Passage(120, "(120) z"),
    ]


def test_a_request_begins_and_ends_a_passage() -> None:
    # Of a server that was restarted: its numbers begin again.
    lines = ["(0) eap: x", "(0) Finished request", "(0) late", f"(0) {_FIRST}", "(0) eap: y"]
    assert [one.text for one in passages("\n".join(lines))] == [
        "\n".join(lines[:2]),
        lines[2],
        "\n".join(lines[3:]),
    ]


def test_first_and_last_lines_of_a_request() -> None:
    first = _passage(f"(8) {_FIRST}")
    assert first.begun_by() == Endpoint("127.0.0.1", 36479)
    assert _passage("(8) # Executing section authorize").begun_by() is None
    assert _passage(_FIRST).begun_by() is None
    assert _passage("(8) Finished request").ends_request
    assert _passage(f"(8) {_FIRST}\n(8) Finished request").ends_request
    assert _passage("(0) Cleaning up request packet ID 0 with timestamp +0 due to done").ends_request
    assert not first.ends_request
    assert not _passage("Finished request").ends_request


def test_the_names_that_were_compared() -> None:
    lines = [
        "(5) eap_tls: checking certificate issuer (/CN=root) with xlat'ed value (/CN=root)",
        "(5) eap_tls: checking certificate CN (alice) with xlat'ed value (bob)",
        '(5)   User-Name = "eap_tls: checking certificate CN (eve) with xlat\'ed value (mallory)"',
    ]
    assert _passage("\n".join(lines)).compared() == ("(alice)", "(bob)")
    assert _passage(lines[2]).compared() is None
    assert _passage("(5) eap: x").compared() is None


def _passage(text: str) -> Passage:
    [passage] = passages(text)
    return passage


@pytest.mark.parametrize(
    "line",
    [
        "eap_tls: ERROR: (TLS) error:078C0100:common libcrypto routines::malloc failure",
        "eap_tls: ERROR: (TLS) TLS - error:0A0C0100:SSL routines::malloc failure",
        "eap_tls:   ERROR: (TLS) OpenSSL says error 17 : out of memory",
        "eap: Out of memory",
        "src/main/pair.c[904] OUT OF MEMORY",
        "Failed allocating memory for libradius error buffer",
    ],
)
def test_a_server_that_has_no_memory_says_so(line: str) -> None:
    for text in (f"(4) {line}", line):
        assert memory_complaint(f"(4) Received Access-Request\n{text}\n(4) more") == line


@pytest.mark.parametrize(
    "line",
    [
        '(4)   User-Name = "OUT OF MEMORY"',
        "(4) suffix: No '@' in User-Name = \"eap: malloc failure\", looking up realm NULL",
        "(4) Login incorrect (eap: out of memory): [malloc failure] (from client client-1 port 1)",
        "(4) eap_tls: ERROR: (TLS) error:0A0000C1:SSL routines::no shared cipher",
    ],
)
def test_what_a_peer_calls_itself_is_no_lack_of_memory(line: str) -> None:
    assert memory_complaint(line) == ""
