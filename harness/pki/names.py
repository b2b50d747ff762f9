"""Match a server certificate against the DNS name a device insists on (RFC 9190 2.2, RFC 9525 6)."""

from __future__ import annotations

import re
from ipaddress import ip_address

from cryptography import x509

_LABEL = re.compile(r"[a-z0-9-]+")
"""What a wildcard can stand for."""


def dns_names(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return the dNSName entries of the subject alternative name, in order; the CN is not one."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    return tuple(names.value.get_values_for_type(x509.DNSName))


def matches_dns_name(certificate: x509.Certificate, wanted: str) -> bool:
    """Tell whether one dNSName is the wanted name.

    Without regard to case, in A-labels (RFC 5891 2.3.2.1). A wildcard is the whole left-most label, stands for one
    label and needs two to its right: ``*.example`` would be every name below a top-level domain (RFC 6125 7.2,
    RFC 9525 6.3). An IP address is no DNS name, whatever a dNSName says, and the common name counts for nothing.
    """
    name = _a_labels(wanted)
    return bool(name) and any(_matches(presented.lower(), name) for presented in dns_names(certificate))


def _matches(presented: str, wanted: str) -> bool:
    first, _, rest = presented.partition(".")
    if first != "*":
        return presented == wanted
    below, _, above = wanted.partition(".")
    return rest == above and all(rest.partition(".")[::2]) and _LABEL.fullmatch(below) is not None


def _a_labels(name: str) -> str:
    """Return a DNS name in lower case and A-labels; empty when it is none, or an IP address."""
    try:
        ip_address(name)
    except ValueError:
        pass
    else:
        return ""
    if name.isascii():
        return name.lower()
    try:
        return name.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return ""
