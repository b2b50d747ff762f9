"""A server as a scenario writes it, turned into what the server backends take."""

from __future__ import annotations

from datetime import timedelta

from harness.run.book import CertificateBook
from harness.scenario.world import Policy as WrittenPolicy
from harness.scenario.world import PolicyRule
from harness.scenario.world import Resumption as WrittenResumption
from harness.scenario.world import Server as WrittenServer
from harness.server.settings import (
    AllowedIdentities,
    CertificateCnEqualsIdentity,
    CheckCertCn,
    Policy,
    RejectAll,
    Resumption,
    Secret,
    ServerSettings,
)

_NOBODY = (("192.0.2.1/32", Secret("nobody-sends-from-here")),)
"""The only client of a server that does not know the access points: an address nobody has (RFC 5737)."""


def server_settings(
    written: WrittenServer, book: CertificateBook, after: timedelta = timedelta()
) -> ServerSettings:
    """Return the settings; equal ones share a server. Raises ValueError for what cannot be.

    ``after`` is how much time of the scenario has passed: CRLs are those of that moment.
    """
    low, high = written.tls.bounds
    crl = written.crl
    return ServerSettings(
        credential=book.credential(written.certificate),
        trusts=tuple(book.certificate(name) for name in written.trusts),
        tls_min=low.value,
        tls_max=high.value,
        ciphers=written.ciphers or _usual_ciphers(low.value),
        fragment_size=written.fragment_size,
        include_length=written.include_length,
        crls=tuple(book.crl(name, expired=crl.expired, after=after) for name in crl.publish) if crl else (),
        check_crl=crl is not None,
        check_all_crl=crl is not None and crl.check == "all",
        allow_expired_crl=crl is not None and crl.accept_expired,
        resumption=_resumption(written.resumption),
        eap_methods=written.eap_methods,
        default_eap_type=written.eap_methods[0],
        policy=_policy(written.policy),
        known_identities=written.policy.known or (),
        vlan=written.vlan,
        vlan_needs_certificate=written.vlan_needs_certificate,
        reply_attributes=tuple(written.reply.items()),
        send_keys=written.send_keys,
        key_name=written.send_key_name,
        clients=() if written.known_nas else _NOBODY,
        reject_delay=written.reject_delay,
    )


def _usual_ciphers(lowest: str) -> str:
    """TLS 1.0 and 1.1 sign with SHA-1, which OpenSSL's default security level forbids."""
    return "DEFAULT@SECLEVEL=0" if lowest < "1.2" else "DEFAULT"


def _policy(written: WrittenPolicy) -> Policy | None:
    if written.allow is not None:
        return AllowedIdentities(written.allow)
    return {
        PolicyRule.NONE: None,
        PolicyRule.CERTIFICATE_CN_IS_IDENTITY: CertificateCnEqualsIdentity(),
        PolicyRule.CHECK_CERT_CN: CheckCertCn(written.cn),
        PolicyRule.REJECT: RejectAll(),
    }[written.rule]


def _resumption(written: WrittenResumption | None) -> Resumption | None:
    if written is None or not written.enabled:
        return None
    hours = written.lifetime // timedelta(hours=1)
    return Resumption(hours, written.keeps, written.survives_restart)
