"""The words that fill the catalogue's sentences where there is a server's log and nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.diagnosis import blame, certificates
from harness.diagnosis.causes import Facts
from harness.diagnosis.certificate_message import level_words
from harness.diagnosis.openssl import Fault
from harness.diagnosis.rejected_names import NEW_IDENTITY, NEW_NAME
from harness.outcome import BlamedCertificate, Cause, Rank
from harness.server.records import LogEvent, LogKind

NEAR_END = "the device's end would tell (`eaptls device connect` with --server-log)"
DEBUG_LOG = "a debug log would tell (`freeradius -X`)"
MORE_LINES = "the lines after it would tell"

ORDINARY = (LogKind.REQUEST, LogKind.LOGIN_OK, LogKind.RESPONSE_DELAYED)
NOTES = {
    LogKind.PEER_MISBEHAVES: "The server ended the conversation because the device went on with a TLS session that "
    "had failed; the failure itself is what the lines before that tell.",
}
"""What is known of lines that prove no cause."""

BY_RANK: dict[Fault, dict[Rank, Cause]] = {
    Fault.EXPIRED: dict(certificates.EXPIRED),
    Fault.NOT_YET_VALID: dict(certificates.NOT_YET_VALID),
    Fault.REVOKED: dict(certificates.REVOKED),
}
BY_FAULT = {
    Fault.SELF_SIGNED: Cause.CLIENT_CERTIFICATE_SELF_SIGNED,
    # The chain was sent up to its root, so nothing is missing in it.
    Fault.SELF_SIGNED_IN_CHAIN: Cause.CLIENT_ISSUER_UNKNOWN,
    Fault.WRONG_PURPOSE: Cause.CLIENT_CERTIFICATE_WRONG_PURPOSE,
    Fault.NO_USABLE_CRL: Cause.CRL_MISSING,
    Fault.CRL_EXPIRED: Cause.CRL_EXPIRED,
    Fault.CRL_NOT_YET_VALID: Cause.CRL_NOT_YET_VALID,
    Fault.TOO_WEAK: Cause.CLIENT_KEY_TOO_WEAK,
    Fault.WRONG_NAME: Cause.IDENTITY_MISMATCH,
    Fault.UNACCEPTABLE: Cause.CLIENT_CERTIFICATE_UNACCEPTABLE,
}
# What devices send these alerts for (RFC 8446 6.2); others have too many reasons to list.
BY_ALERT: dict[str, tuple[Cause, ...]] = {
    "unknown ca": (
        Cause.SERVER_ISSUER_UNKNOWN,
        Cause.SERVER_CHAIN_INCOMPLETE,
        Cause.SERVER_CERTIFICATE_SELF_SIGNED,
        Cause.ROOT_CA_NOT_A_ROOT,
    ),
    "certificate expired": (
        Cause.SERVER_CERTIFICATE_EXPIRED,
        Cause.ISSUING_CA_EXPIRED,
        Cause.ROOT_CA_EXPIRED,
    ),
    "unsupported certificate": (
        Cause.SERVER_CERTIFICATE_WRONG_PURPOSE,
        Cause.SERVER_CERTIFICATE_UNACCEPTABLE,
    ),
    "protocol version": (Cause.TLS_VERSION_MISMATCH,),
}
# What the server's own alerts leave, where nothing but the alert is logged.
BY_ALERT_SENT: dict[str, tuple[Cause, ...]] = {
    "handshake failure": (
        Cause.CLIENT_CERTIFICATE_NOT_SENT,
        Cause.CLIENT_CERTIFICATE_WITHHELD,
        Cause.TLS_NO_SHARED_CIPHER,
    ),
    "certificate required": (Cause.CLIENT_CERTIFICATE_NOT_SENT, Cause.CLIENT_CERTIFICATE_WITHHELD),
}
OF_NONE_SENT: Facts = {
    "cure": "Give the device a certificate with a key whose signature algorithm the server accepts",
    "key": "",
}
OF_SERVER: Facts = {
    "subject": "the server's certificate",
    "intermediate": "that issued it",
    "anchor": "that the device trusts",
    "judge": "device",
    "held": "in the server's certificate_file or under the device's root CA ID",
}
_COMPARED = re.compile(r"Certificate CN \((?P<cn>.*)\) does not match specified value \((?P<value>.*)\)")


def base(
    user: str, leaf: str, blamed: BlamedCertificate | None, events: Sequence[LogEvent]
) -> dict[str, str | int]:
    """Return what every sentence may use; rules add and replace."""
    requests = sum(event.kind is LogKind.REQUEST for event in events)
    source = next((event.source for event in events if event.source), None)
    return {
        "subject": blamed.subject if blamed else leaf or "(not named in the log)",
        "identity": user,
        "anchor": "its root CA",
        "server": "the server",
        "source": str(source) if source and source.port else source.host if source else "the access point",
        "requests": requests or "many",
        "offered": "(not in the log)",
        "methods": "other methods",
        "expected": "another",
        "namesake": "",
        "level": level_words(None),
        "enough": "a stronger key",
        "intermediate": "(whichever it is)",
        "words": "see its log",
        "issuer": "alike",
        "cure": "Give each CA a name of its own, or issue them with key identifiers",
        "publisher": "every CA in the chain",
        "exception": "",
        "judge": "server",
        "held": "wherever it is held",
    }


def of_chain(event: LogEvent, blamed: BlamedCertificate | None) -> dict[str, str | int]:
    """Return the words about a chain that OpenSSL refused."""
    facts: dict[str, str | int] = {
        "words": event.detail or event.text,
        "compared": "the name that its configuration asks for",
        "cure": "Replace what the log names by a certificate with a stronger key and digest",
    }
    if blamed is not None:
        facts["subject"] = blamed.subject
    if event.certificate is not None and event.certificate.issuer:
        facts["publisher"] = facts["issuer"] = blame.readable(event.certificate.issuer)
    if event.number in {62, 63, 64}:
        facts["cure"] = NEW_NAME
    return facts


def issuer_not_found(event: LogEvent) -> tuple[str, str]:
    """Return what the log says about a chain that ends nowhere, and what it leaves open."""
    listed = event.certificate
    subject = blame.readable(listed.subject) if listed else ""
    issuer = blame.readable(listed.issuer) if listed else ""
    what = f"{subject}, which {issuer} issued," if subject and issuer else "the client's certificate"
    said = f"The server found no path from {what} to a CA that it trusts."
    open_ = "whether the device left an intermediate out, or the server does not trust the CA above it at all"
    return said, f"{open_}; the certificates of the device and the server's ca_file would tell"


def bad_signature(facts: Facts) -> tuple[str, str]:
    """Return what the log says about a signature that does not fit, and what it leaves open."""
    said = f"The signature of {facts.get('subject', 'a certificate of the client')} does not fit the key of the CA that the server took for its issuer."
    return (
        said,
        "whether the certificate is damaged or a CA of the same name has another key; the server's ca_file would tell",
    )


def name_check(event: LogEvent, user: str) -> dict[str, str | int]:
    """Return the words about check_cert_cn or check_cert_issuer; the line quotes both names."""
    facts: dict[str, str | int] = {
        "words": event.detail,
        "compared": "what its configuration names",
        "cure": NEW_NAME,
    }
    match = _COMPARED.search(event.detail)
    if match:
        facts["subject"] = f"the common name {match['cn']}"
    if match and user and match["value"] == user:
        facts |= {"compared": f'the identity "{user}"', "cure": NEW_IDENTITY}
    elif match:
        facts |= {"compared": f'the value "{match["value"]}"'}
    return facts


def without_certificate(asked: LogEvent) -> dict[str, str | int]:
    """Return the words about a policy that asks for what is not there."""
    return {
        "asked": asked.detail,
        "session": "in this conversation, or of the session that it resumed",
        "cure": "switch the session cache off, limit the server to TLS 1.2, or update it",
    }


def dropped(event: LogEvent) -> dict[str, str | int]:
    """Return the words about a request that the server dropped in silence."""
    return {
        "subject": "the access point's request"
        if event.kind is LogKind.MESSAGE_AUTHENTICATOR_MISSING
        else "the access point",
        "clause": "RFC 2865 3",
        "words": event.detail or "the server takes none without it",
        "mend": "Update the access point's software, or let it sign its requests",
    }
