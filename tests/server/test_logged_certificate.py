from __future__ import annotations

from datetime import UTC, datetime

import pytest

from harness.server.attribution import Attribution
from harness.server.logged_certificate import last_certificate
from harness.server.loglines import passages
from harness.server.records import LogEvent, LoggedCertificate

# As FreeRADIUS 3.2.1 wrote them.
RECEIVED = "(4) Received Access-Request Id 9 from 127.64.0.1:40000 to 127.0.0.1:22001 length 99"
ROOT = """\
(4) eap_tls: (TLS) Creating attributes from server certificate
(4) eap_tls:   TLS-Cert-Serial := "0b33ff"
(4) eap_tls:   TLS-Cert-Expiration := "261115165921Z"
(4) eap_tls:   TLS-Cert-Valid-Since := "251021165921Z"
(4) eap_tls:   TLS-Cert-Subject := "/CN=dev-root"
(4) eap_tls:   TLS-Cert-Issuer := "/CN=dev-root"
(4) eap_tls:   TLS-Cert-Common-Name := "dev-root\""""
LEAF = """\
(4) eap_tls: (TLS) Creating attributes from client certificate
(4) eap_tls:   TLS-Client-Cert-Serial := "00"
(4) eap_tls:   TLS-Client-Cert-Expiration := "20510101000000Z"
(4) eap_tls:   TLS-Client-Cert-Valid-Since := "501021165921Z"
(4) eap_tls:   TLS-Client-Cert-Subject := "/CN=thermostat-7"
(4) eap_tls:   TLS-Client-Cert-Issuer := "/CN=dev-root\""""
ERROR = "(4) eap_tls:   ERROR: (TLS) OpenSSL says error 10 : certificate has expired"
OTHER = "(5) Received Access-Request Id 1 from 127.64.0.2:40000 to 127.0.0.1:22001 length 99"

AS_ROOT = LoggedCertificate(
    leaf=False,
    serial="b33ff",
    subject="/CN=dev-root",
    issuer="/CN=dev-root",
    not_before=datetime(2025, 10, 21, 16, 59, 21, tzinfo=UTC),
    not_after=datetime(2026, 11, 15, 16, 59, 21, tzinfo=UTC),
)
AS_LEAF = LoggedCertificate(
    leaf=True,
    serial="0",
    subject="/CN=thermostat-7",
    issuer="/CN=dev-root",
    not_before=datetime(1950, 10, 21, 16, 59, 21, tzinfo=UTC),
    not_after=datetime(2051, 1, 1, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("lines", "listed"),
    [
        (ROOT, AS_ROOT),
        (f"{ROOT}\n{LEAF}", AS_LEAF),
        (f"{LEAF}\n{ROOT}", AS_ROOT),
        (ERROR, None),
        ('(4)   User-Name = "TLS-Cert-Serial := \\"1\\""', None),
    ],
)
def test_the_last_list_is_of_the_certificate_that_is_looked_at(
    lines: str, listed: LoggedCertificate | None
) -> None:
    assert last_certificate(lines) == listed


def blamed(*lines: str) -> list[LoggedCertificate | None]:
    attribution = Attribution()
    found: list[LogEvent] = []
    for passage in passages("\n".join(lines)):
        attributed = attribution.feed(passage)
        found += attributed.events if attributed else ()
    return [event.certificate for event in found if event.number]


def test_an_error_is_about_what_was_listed_before_it() -> None:
    assert blamed(RECEIVED, ROOT, ERROR, LEAF) == [AS_ROOT]
    assert blamed(RECEIVED, ROOT, LEAF, ERROR) == [AS_LEAF]


@pytest.mark.parametrize(("listed", "certificate"), [(ROOT, AS_ROOT), (LEAF, AS_LEAF)])
def test_a_list_that_arrives_in_pieces_is_one_list(listed: str, certificate: LoggedCertificate) -> None:
    lines = [RECEIVED, *listed.splitlines(), ERROR]
    for cut in range(1, len(lines)):
        attribution = Attribution()
        pieces = ["\n".join(lines[:cut]), "\n".join(lines[cut:])]
        fed = [attribution.feed(passage) for piece in pieces for passage in passages(piece)]
        events = [event for one in fed if one for event in one.events if event.number]
        assert [event.certificate for event in events] == [certificate], cut


def test_another_request_in_between_changes_nothing() -> None:
    foreign = LEAF.replace("(4)", "(5)")
    assert blamed(RECEIVED, ROOT, OTHER, foreign, ERROR) == [AS_ROOT]
    assert blamed(RECEIVED, OTHER, foreign, ERROR) == [None]
    assert blamed(RECEIVED, OTHER, foreign, ROOT, ERROR.replace("(4)", "(5)"), ERROR) == [AS_LEAF, AS_ROOT]


def test_a_number_that_is_used_again_begins_anew() -> None:
    assert blamed(RECEIVED, ROOT, "(4) Finished request", RECEIVED, ERROR) == [None]
