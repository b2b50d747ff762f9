"""Which certificate decided: the far end's own log first, or the library that verified; our paths come second."""

from __future__ import annotations

from collections.abc import Iterable

from cryptography import x509

from harness.diagnosis import certificates, chain
from harness.diagnosis.ends import BothEnds
from harness.observation import VerifyFailure
from harness.outcome import BlamedCertificate, Owner, Rank
from harness.server.records import LogEvent, LoggedCertificate


def in_clients_chain(ends: BothEnds, event: LogEvent) -> BlamedCertificate | None:
    """Return the certificate that the server refused, as its log lists it; ``None`` where the log does not."""
    logged = event.certificate
    if logged is None:
        return None
    found = find(ends, event)
    rank = _rank_in_log(logged, found)
    if found is None:
        return BlamedCertificate(
            Owner.DEVICE,
            rank,
            readable(logged.subject) or "a certificate without subject",
            logged.serial,
            logged.not_before,
            logged.not_after,
        )
    return describe(found, Owner.DEVICE, rank, held_by_server=found in ends.far.trusted)


def find(ends: BothEnds, event: LogEvent) -> x509.Certificate | None:
    """Return the certificate that a line of the log is about, where it was sent, is trusted or is known."""
    if event.certificate is None:
        return None
    return _find(event.certificate, (*ends.sent_chain, *ends.far.trusted, *ends.known))


def readable(name: str) -> str:
    """Return a name that the log has on one line (``/O=x/CN=y``) as reports write names."""
    return name.removeprefix("/").replace("/", ",")


def held(ends: BothEnds, blamed: BlamedCertificate) -> str:
    """Return in words where a certificate of the client's chain has to be replaced."""
    sent = any(f"{one.serial_number:x}" == blamed.serial for one in ends.sent_chain)
    places = ["in the server's ca_file"] if blamed.held_by_server else []
    places += ["in the chain that the device sends"] if sent else []
    return " and ".join(places) or "wherever it is held"


def held_of_servers(ends: BothEnds, certificate: x509.Certificate | None) -> str:
    """Return in words where a certificate of the server's chain has to be replaced."""
    installed = certificate is not None and certificate == ends.anchor
    sent = certificate in ends.peer_chain or not installed
    places = ["under the device's root CA ID"] if installed else []
    places += ["in the server's certificate_file"] if sent else []
    return " and ".join(places)


def dates(blamed: BlamedCertificate) -> str:
    """Return subject, serial number and validity in words."""
    text = f"{blamed.subject} (serial {blamed.serial})"
    if blamed.not_before and blamed.not_after:
        text += (
            f", valid from {blamed.not_before:%Y-%m-%d %H:%M:%S} to {blamed.not_after:%Y-%m-%d %H:%M:%S} UTC"
        )
    return text


def own_of_device(ends: BothEnds) -> BlamedCertificate | None:
    """Return the device's own certificate."""
    return describe(ends.own_chain[0], Owner.DEVICE, Rank.OWN) if ends.own_chain else None


def in_servers_chain(ends: BothEnds, failure: VerifyFailure) -> BlamedCertificate:
    """Return the certificate that the device refused, as the library names it."""
    certificate = failure.certificate
    rank = _rank_at_device(ends, failure)
    if certificate is None:
        return BlamedCertificate(Owner.SERVER, rank, failure.subject or "the server's certificate")
    return describe(certificate, Owner.SERVER, rank)


def describe(
    certificate: x509.Certificate, owner: Owner, rank: Rank, *, held_by_server: bool = False
) -> BlamedCertificate:
    """Return a certificate as the one that decided."""
    return BlamedCertificate(
        owner,
        rank,
        chain.subject(certificate),
        f"{certificate.serial_number:x}",
        chain.not_before(certificate),
        chain.not_after(certificate),
        held_by_server,
    )


def _find(logged: LoggedCertificate, candidates: Iterable[x509.Certificate]) -> x509.Certificate | None:
    """Return the candidate that the log is about: serial numbers alone may repeat across issuers."""
    return next(
        (
            one
            for one in candidates
            if f"{one.serial_number:x}" == logged.serial
            and logged.not_after in {None, chain.not_after(one)}
            and logged.not_before in {None, chain.not_before(one)}
            and (not logged.issuer or (logged.subject == logged.issuer) == (one.subject == one.issuer))
        ),
        None,
    )


def _rank_in_log(logged: LoggedCertificate, found: x509.Certificate | None) -> Rank:
    """Return where the certificate stands: names alone do not make a root, and the log may lack them."""
    if logged.leaf:
        return Rank.OWN
    if found is not None:
        return certificates.rank_of_ca(found)
    return Rank.ROOT_CA if logged.subject and logged.subject == logged.issuer else Rank.ISSUING_CA


def _rank_at_device(ends: BothEnds, failure: VerifyFailure) -> Rank:
    certificate = failure.certificate
    if failure.depth == 0:
        return Rank.OWN
    if certificate is None:
        return Rank.ROOT_CA if _is_at_root(ends, failure) else Rank.ISSUING_CA
    # The installed "root CA" may be one that another CA issued.
    return certificates.rank_of_ca(certificate)


def _is_at_root(ends: BothEnds, failure: VerifyFailure) -> bool:
    """Whether a failure is the root's though the library gave no certificate: by depth on our path, else by name."""
    route = certificates.server_path(ends)
    if ends.anchor is not None and route and route[-1] == ends.anchor:
        return failure.depth == len(route) - 1
    return ends.anchor is not None and failure.subject == chain.subject(ends.anchor)
