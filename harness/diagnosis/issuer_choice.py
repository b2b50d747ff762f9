"""Why OpenSSL tried the wrong CA of a name: it chooses an issuer by name and key identifiers, never by signature.

X509_STORE_CTX_get1_issuer takes, of the trusted certificates with the issuer's name whose key identifiers do not
contradict, the first that is valid in time. When the signature then does not fit, that is error 7 and the end.
"""

from __future__ import annotations

from cryptography import x509

from harness.diagnosis import blame, certificates, chain
from harness.diagnosis.ends import BothEnds, Conclusion, device, logged, server
from harness.outcome import Cause, Rank
from harness.server.records import LogKind

_SIGNATURE_FAILURE = 7  # X509_V_ERR_CERT_SIGNATURE_FAILURE


def wrong_ca_of_that_name(ends: BothEnds) -> Conclusion | None:
    """Apply when the log names error 7, and a trusted CA has the issuer's name and did not sign the certificate."""
    event = ends.far.first(LogKind.VERIFY_ERROR)
    if event is None or event.number != _SIGNATURE_FAILURE or not ends.sent_chain:
        return None
    refused = blame.find(ends, event) or ends.sent_chain[0]
    namesakes = _named(ends.far.trusted, refused)
    others = [ca for ca in namesakes if not chain.issued_by(refused, ca)]
    if not others:
        return None
    blamed = blame.in_clients_chain(ends, event)
    left = [ca for ca in ends.far.trusted if ca not in others]
    path = chain.path(refused, ends.sent_chain, left)
    if not path:
        facts = {"namesake": certificates.namesake_words("the server", others[0])}
        unsigned = device(f"{chain.subject(refused)} is not signed by the key of that CA")
        return Conclusion(
            Cause.CLIENT_ISSUER_UNKNOWN,
            (logged(event), certificates.sent_by_device(ends), unsigned),
            facts,
            blamed,
        )
    signer = path[1]
    if signer not in ends.sent_chain and signer not in namesakes:
        return None
    proof = (
        logged(event),
        server(f"trusts {_count(namesakes)} named {chain.subject(signer)}"),
        device(f"{chain.subject(refused)} is signed by the one with serial {signer.serial_number:x}"),
    )
    facts = {
        "issuer": chain.subject(signer),
        "subject": chain.subject(refused),
        "cure": _cure(signer, refused),
    }
    return Conclusion(Cause.CLIENT_ISSUER_AMBIGUOUS, proof, facts, blamed)


def _named(trusted: chain.Certificates, refused: x509.Certificate) -> list[x509.Certificate]:
    try:
        return [ca for ca in trusted if ca.subject == refused.issuer]
    except ValueError:
        return []


def _count(namesakes: chain.Certificates) -> str:
    return "a CA" if len(namesakes) == 1 else f"{len(namesakes)} CAs"


def _cure(signer: x509.Certificate, refused: x509.Certificate) -> str:
    identifiers = "issue them with key identifiers"
    if certificates.rank_of_ca(signer) is Rank.ROOT_CA:
        return (
            f"Give each CA a name of its own or {identifiers}, and {chain.subject(refused)} anew after that"
        )
    return (
        "Keep these CAs out of ca_file, trust the CA above them alone, have devices send the one that issued "
        f"theirs, and compare the issuer in a policy; or {identifiers}"
    )
