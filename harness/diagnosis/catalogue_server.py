"""Causes that lie in the server's certificate, or in how the device judges it."""

from __future__ import annotations

from harness.diagnosis.entry import Entry, entry
from harness.outcome import Cause, Verdict

REFUSED = Verdict.REFUSED
REJECTED = Verdict.REJECTED

SERVER: dict[Cause, Entry] = {
    Cause.SERVER_ISSUER_UNKNOWN: entry(
        REFUSED,
        proven_by="The device's verification failed with OpenSSL error 2, 19, 20 or 21, and no known intermediate "
        "closes the gap.",
        explanation="The device found no path from the server's certificate {subject} to its root CA {anchor}{namesake}.",
        remedy="Install the root CA that issued the server's certificate under the network's root CA ID "
        "(root-ca-cert-id); if you do not expect this issuer, suspect a rogue server.",
        reference="RFC 5216 5.3",
    ),
    Cause.SERVER_CERTIFICATE_SELF_SIGNED: entry(
        REFUSED,
        proven_by="The device's verification failed with OpenSSL error 18.",
        explanation="The server's certificate {subject} is signed by itself and by no CA that the device trusts.",
        remedy="Have the server's certificate issued by the CA that the devices trust (certificate_file).",
        reference="RFC 5216 5.3",
    ),
    Cause.SERVER_CHAIN_INCOMPLETE: entry(
        REFUSED,
        proven_by="The device's verification failed with OpenSSL error 2, 20 or 21; a known intermediate that the "
        "server did not send leads to the device's root CA.",
        explanation="The server did not send the intermediate {intermediate}, without which the device finds no "
        "path from {subject} to its root CA {anchor}.",
        remedy="Append the intermediate {intermediate} to the server's certificate_file, after the server's own "
        "certificate, and restart the server.",
        reference="RFC 8446 4.4.2",
    ),
    Cause.SERVER_CERTIFICATE_EXPIRED: entry(
        REFUSED,
        proven_by="The device's verification failed with OpenSSL error 10 for the server's own certificate.",
        explanation="The server's certificate {subject} has expired by the device's clock.",
        remedy="Renew the certificate in the server's certificate_file and restart the server; if its dates "
        "are good, set the device's clock.",
        reference="RFC 5280 6.1.3",
    ),
    Cause.SERVER_CERTIFICATE_NOT_YET_VALID: entry(
        REFUSED,
        proven_by="The device's verification failed with OpenSSL error 9 for the server's own certificate.",
        explanation="The server's certificate {subject} is not valid yet by the device's clock.",
        remedy="Set the device's clock (a device without a battery starts in the past), or issue the "
        "certificate with an earlier notBefore.",
        reference="RFC 5280 6.1.3",
    ),
    Cause.SERVER_CERTIFICATE_WRONG_PURPOSE: entry(
        REFUSED,
        proven_by="The device's verification failed with OpenSSL error 26.",
        explanation="The extended key usage of {subject} does not allow TLS server authentication.",
        remedy="Issue the server's certificate with extended key usage serverAuth (1.3.6.1.5.5.7.3.1).",
        reference="RFC 5216 5.3",
    ),
    Cause.SERVER_CERTIFICATE_UNACCEPTABLE: entry(
        REFUSED,
        proven_by="The device's verification failed with an OpenSSL error that tells of a broken rule of X.509, "
        "or of revocation.",
        explanation="The device refused {subject} in the server's chain: {words}.",
        remedy='Reissue the certificate that breaks the rule "{words}"; see the profile in RFC 5280 4.',
        reference="RFC 5280 6.1",
    ),
    Cause.SERVER_KEY_TOO_WEAK: entry(
        REFUSED,
        proven_by="The device's verification failed with OpenSSL error 66, 67 or 68, or its TLS library says that "
        "the server's Diffie-Hellman group is too small.",
        explanation="A key, digest or group of the server ({subject}) is below the device's security level {level}: "
        "{words}.",
        remedy="To satisfy the device's security level {level}, {cure}.",
        reference="check D29",
    ),
    Cause.ROOT_CA_NOT_A_ROOT: entry(
        REFUSED,
        proven_by="The device's verification failed with OpenSSL error 2, 20 or 21, and the path from the server's "
        "certificate reaches the certificate under the network's root CA ID, which another CA issued.",
        explanation="The path from {subject} does reach {anchor}, which is installed as root CA; but another CA issued "
        "it, and this device ends a path at a root alone.",
        remedy="Install the root CA above {anchor} under the network's root CA ID; a device that takes any CA as "
        "anchor (any_ca_is_anchor) accepts {anchor} as it is.",
        reference="RFC 5280 6.1",
    ),
    Cause.SERVER_NAME_MISMATCH: entry(
        REFUSED,
        proven_by="The device's own comparison of the name it expects with the server's certificate failed.",
        explanation='The device expects a server named "{expected}", and {subject} does not carry that name: {words}.',
        remedy="Issue the server's certificate with that DNS name in subjectAltName, or correct the name in "
        "the device's network; if you do not expect this server, suspect a rogue one.",
        reference="RFC 9190 2.2",
    ),
    Cause.ISSUING_CA_EXPIRED: entry(
        REFUSED,
        REJECTED,
        proven_by="OpenSSL error 10 for a CA below the root: at the device by its depth, at the server by the "
        "attributes that its log lists right before.",
        explanation="The issuing CA {subject} has expired by the {judge}'s clock, and with it everything that it issued.",
        remedy="Renew the CA certificate {subject} and replace the old one {held}; a new certificate "
        "from the old one does not help. If its dates are good, set the {judge}'s clock.",
        reference="RFC 5280 6.1.3",
    ),
    Cause.ISSUING_CA_NOT_YET_VALID: entry(
        REFUSED,
        REJECTED,
        proven_by="OpenSSL error 9 for a CA below the root: at the device by its depth, at the server by the "
        "attributes that its log lists right before.",
        explanation="The issuing CA {subject} is not valid yet by the {judge}'s clock.",
        remedy="Set the {judge}'s clock, or issue the CA certificate {subject} with an earlier notBefore and "
        "replace the present one {held}.",
        reference="RFC 5280 6.1.3",
    ),
    Cause.ROOT_CA_EXPIRED: entry(
        REFUSED,
        REJECTED,
        proven_by="OpenSSL error 10 for the root: at the device by its depth, at the server by the attributes that "
        "its log lists right before.",
        explanation="The root CA {subject} has expired by the {judge}'s clock.",
        remedy="Roll over to a new root CA on devices and server (install the new beside the old, reissue, "
        "remove the old); if the dates are good, set the {judge}'s clock.",
        reference="RFC 5280 6.1.3",
    ),
    Cause.ROOT_CA_NOT_YET_VALID: entry(
        REFUSED,
        REJECTED,
        proven_by="OpenSSL error 9 for the root: at the device by its depth, at the server by the attributes that "
        "its log lists right before.",
        explanation="The root CA {subject} is not valid yet by the {judge}'s clock.",
        remedy="Set the {judge}'s clock, or issue the root CA with an earlier notBefore.",
        reference="RFC 5280 6.1.3",
    ),
    Cause.TLS_VERSION_MISMATCH: entry(
        REJECTED,
        REFUSED,
        proven_by="The server's log says unsupported protocol, or one side sent the alert protocol_version.",
        explanation="The device offers TLS {offered}, and the server does not speak a version in that range.",
        remedy="Let the ranges overlap: tls_min_version and tls_max_version in the server's tls-config "
        "(FreeRADIUS 3.2 stops at 1.2 unless told otherwise), or the device's range.",
        reference="RFC 8446 6.2",
    ),
    Cause.TLS_NO_SHARED_CIPHER: entry(
        REJECTED,
        REFUSED,
        proven_by="The server's log, or the device's TLS library, says no shared cipher.",
        explanation="Device and server have no cipher suite in common that suits the server's key.",
        remedy="Widen cipher_list in the server's tls-config or the device's list, and check that an ECDSA "
        "certificate is not paired with RSA suites; below TLS 1.3 the device's security level {level} must take the "
        "server's key as well ({enough}).",
        reference="RFC 8446 4.1.1",
    ),
    Cause.TLS_NO_SIGNATURE_ALGORITHM: entry(
        REJECTED,
        proven_by="The server's log says no suitable signature algorithm.",
        explanation="The device offers no signature algorithm that goes with the key of the server's certificate; its "
        "security level is {level}.",
        remedy="Give the server a certificate with {enough}, which the device's security level {level} takes, or set "
        "the level in the device's cipher list lower.",
        reference="RFC 8446 4.4.2.2",
    ),
}
