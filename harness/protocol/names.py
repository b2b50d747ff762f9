"""Match a server certificate against the DNS name a device insists on (RFC 9190 2.2, RFC 9525 6)."""

from __future__ import annotations

from cryptography import x509


def dns_names(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return the dNSName entries of the subject alternative name, in order; the CN is not one."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    return tuple(names.value.get_values_for_type(x509.DNSName))


def matches_dns_name(certificate: x509.Certificate, wanted: str) -> bool:
    """Tell whether one dNSName matches: without regard to case, ``*`` as the whole first label only."""
    return any(_matches(presented.lower(), wanted.lower()) for presented in dns_names(certificate))


def _matches(presented: str, wanted: str) -> bool:
    if presented.startswith("*."):
        _, _, rest = wanted.partition(".")
        return bool(rest) and rest == presented[2:]
    return presented == wanted
