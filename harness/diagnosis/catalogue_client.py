"""Causes that lie in the device's certificate, or in how the server judges it."""

from __future__ import annotations

from harness.diagnosis.entry import Entry, entry
from harness.outcome import Cause, Verdict

REJECTED = Verdict.REJECTED

CLIENT: dict[Cause, Entry] = {
    Cause.CLIENT_CERTIFICATE_EXPIRED: entry(
        REJECTED,
        proven_by="The server's log names OpenSSL error 10, right after the attributes of the client's own certificate.",
        explanation="The server refused the client's certificate {subject} because it has expired by the server's clock.",
        remedy="Issue a new certificate, install it under the network's client certificate ID, reload; "
        "if the dates are good, set the server's clock.",
        reference="RFC 5280 6.1.3",
    ),
    Cause.CLIENT_CERTIFICATE_NOT_YET_VALID: entry(
        REJECTED,
        proven_by="The server's log names OpenSSL error 9, right after the attributes of the client's own certificate.",
        explanation="The server refused the client's certificate {subject} because it is not valid yet by the "
        "server's clock.",
        remedy="Set the server's clock (NTP), or issue the certificate with an earlier notBefore.",
        reference="RFC 5280 6.1.3",
    ),
    Cause.CLIENT_ISSUER_UNKNOWN: entry(
        REJECTED,
        proven_by="The server's log names OpenSSL error 2, 19, 20 or 21, and no known intermediate closes the gap; or error 7, "
        "and a trusted CA has the name of the issuer and another key.",
        explanation="The server found no path from {subject} to a CA that it trusts{namesake}.",
        remedy="Add the CA that issued the client certificate to ca_file of the server's tls-config and "
        "restart the server, or give the device a certificate of a CA that the server trusts.",
        reference="RFC 5280 6.1",
    ),
    Cause.CLIENT_ISSUER_AMBIGUOUS: entry(
        REJECTED,
        proven_by="The server's log names OpenSSL error 7; the CA that signed the certificate is in the server's list "
        "or in the chain that was sent, and so is another one in the list with its name and another key.",
        explanation="The server trusts several CAs named {issuer} and compared the signature of {subject} with the key of the "
        "wrong one: OpenSSL chooses an issuer by name and key identifiers, and tries no other when its signature "
        "does not fit.",
        remedy="{cure}; the order of the CAs in ca_file decides only who is turned away.",
        reference="RFC 5280 4.2.1.1",
    ),
    Cause.CLIENT_CERTIFICATE_SELF_SIGNED: entry(
        REJECTED,
        proven_by="The server's log names OpenSSL error 18.",
        explanation="The client certificate {subject} is signed by itself and by no CA that the server trusts.",
        remedy="Have the client certificate issued by a CA in the server's ca_file.",
        reference="RFC 5280 6.1",
    ),
    Cause.CLIENT_CHAIN_INCOMPLETE: entry(
        REJECTED,
        proven_by="The server's log names OpenSSL error 2, 20 or 21; a known intermediate that the device did "
        "not send leads to a CA that the server trusts.",
        explanation="The device did not send the intermediate {intermediate}, without which the server finds no "
        "path from {subject} to a CA that it trusts.",
        remedy="Install the client certificate together with the intermediate {intermediate}, leaf first, or add "
        "the intermediate to the server's ca_file.",
        reference="RFC 8446 4.4.2",
    ),
    Cause.CLIENT_CERTIFICATE_WRONG_PURPOSE: entry(
        REJECTED,
        proven_by="The server's log names OpenSSL error 26.",
        explanation="The extended key usage of {subject} does not allow TLS client authentication.",
        remedy="Issue the client certificate with extended key usage clientAuth (1.3.6.1.5.5.7.3.2).",
        reference="RFC 5216 5.3",
    ),
    Cause.CLIENT_CERTIFICATE_REVOKED: entry(
        REJECTED,
        proven_by="The server's log names OpenSSL error 23, right after the attributes of the client's own "
        "certificate, or its alert certificate_revoked reached the device.",
        explanation="The server knows the certificate {subject} as revoked.",
        remedy="Issue a new certificate to the device; if the revocation was a mistake, publish a CRL "
        "without it and restart the server.",
        reference="RFC 9190 5.4",
    ),
    Cause.ISSUING_CA_REVOKED: entry(
        REJECTED,
        proven_by="The server's log names OpenSSL error 23, right after the attributes of a CA above the client's "
        "certificate.",
        explanation="The server knows the issuing CA {subject} as revoked, and with it refuses every certificate below it.",
        remedy="Have the devices' certificates issued by another CA: a new one from {subject} would be refused as "
        "well. If the revocation was a mistake, publish a CRL without it and restart the server.",
        reference="RFC 5280 6.1.3",
    ),
    Cause.CLIENT_CERTIFICATE_UNACCEPTABLE: entry(
        REJECTED,
        proven_by="The server's log names an OpenSSL error that tells of a broken rule of X.509 or a local check.",
        explanation="The server refused the client's chain of {subject}: {words}.",
        remedy='Reissue the certificate that breaks the rule "{words}"; see the profile in RFC 5280 4.',
        reference="RFC 5280 6.1",
    ),
    Cause.CLIENT_KEY_TOO_WEAK: entry(
        REJECTED,
        proven_by="The server's log names OpenSSL error 66, 67 or 68.",
        explanation="{subject} in the client's chain is below the server's {level}: {words}.",
        remedy="{cure}; lower the server's level (cipher_list = DEFAULT@SECLEVEL=n) only in a laboratory.",
        reference="check B28",
    ),
    Cause.CLIENT_CERTIFICATE_NOT_SENT: entry(
        REJECTED,
        proven_by="The server's log says that the peer returned no certificate, or its alert "
        "certificate_required reached the device; the device has none.",
        explanation="The server demands a client certificate and the device has none to send.",
        remedy="Install a client certificate with its private key and name its ID in the network (client-cert-id).",
        reference="RFC 5216 2.1.1",
    ),
    Cause.CLIENT_CERTIFICATE_WITHHELD: entry(
        REJECTED,
        proven_by="The server's log says that the peer returned no certificate, or its alert certificate_required "
        "reached the device; the device has one, and its flight did not hold it.",
        explanation="The device has the certificate {subject} and sent an empty Certificate message: no signature "
        "algorithm that the server accepts fits its {key} key.",
        remedy="{cure}; the certificate that is installed is found, another of the same kind changes nothing.",
        reference="RFC 8446 4.4.2.3",
    ),
    Cause.CRL_MISSING: entry(
        REJECTED,
        proven_by="The server's log names OpenSSL error 3, or another that says that a CRL cannot be used.",
        explanation="The server checks revocation, looked for the CRL of {publisher} because of {subject}, and has none "
        "that it can use: {words}.",
        remedy="Put a current CRL of {publisher}, in PEM, into the server's ca_file or ca_path and restart "
        "the server, or set check_crl = no{exception}; the logged alert (unknown CA) is misleading.",
        reference="RFC 5280 6.3",
    ),
    Cause.CRL_EXPIRED: entry(
        REJECTED,
        proven_by="The server's log names OpenSSL error 12.",
        explanation="The CRL of {publisher}, which the server checks because of {subject}, is past its nextUpdate; the "
        "certificate itself is not what expired.",
        remedy="Publish a new CRL of {publisher}, put it in place of the old one and restart the server, or set "
        "allow_expired_crl = yes; the logged alert (certificate expired) is misleading.",
        reference="RFC 5280 6.3",
    ),
    Cause.CLIENT_INTERMEDIATE_NOT_LISTED: entry(
        REJECTED,
        proven_by="The server's log says that there are untrusted certificates in the chain.",
        explanation="The device sent a CA certificate that is not in the server's own list, and the server is told to "
        "refuse such chains (reject_unknown_intermediate_ca), even if they lead to a CA that it trusts.",
        remedy="Add the issuing CAs of the devices to the server's ca_file, or set reject_unknown_intermediate_ca = no, "
        "and restart the server.",
        reference="RFC 5280 6.1",
    ),
    Cause.OCSP_UNUSABLE: entry(
        REJECTED,
        proven_by="The server's log says that its OCSP request got no answer, none that it can use, or that the responder "
        "does not know the certificate.",
        explanation="The server asks an OCSP responder about the client's certificate and got no word that it is good: "
        "{words}.",
        remedy="Let the server reach the responder (ocsp section: url, override_cert_url) and trust the certificate that "
        "signs its answers; softfail = yes lets devices in while it is away, revoked ones as well.",
        reference="RFC 6960 2.2",
    ),
    Cause.CRL_NOT_YET_VALID: entry(
        REJECTED,
        proven_by="The server's log names OpenSSL error 11.",
        explanation="The CRL of {publisher}, which the server checks because of {subject}, is not valid yet by the "
        "server's clock: its thisUpdate lies ahead.",
        remedy="Set the server's clock (NTP); if it is right, publish the CRL of {publisher} with an earlier thisUpdate "
        "and restart the server; the logged alert (bad certificate) is misleading.",
        reference="RFC 5280 6.3",
    ),
    Cause.IDENTITY_MISMATCH: entry(
        REJECTED,
        proven_by="The server's log says that check_cert_cn or check_cert_issuer did not match, or shows a policy that "
        "compares the common name with the User-Name.",
        explanation="The server compares {subject} with {compared}, and they differ: {words}.",
        remedy="{cure}.",
        reference="RFC 9190 2.2",
    ),
    Cause.IDENTITY_UNKNOWN: entry(
        REJECTED,
        proven_by="The server's log says that the identity is not known, and it proposed no EAP method.",
        explanation='The server does not know the identity "{identity}" and refused it before it saw a certificate.',
        remedy="Set client-id of the network to an identity that the server knows, or add this one to the server.",
        reference="RFC 3748 5.1",
    ),
    Cause.IDENTITY_TOO_LONG: entry(
        REJECTED,
        proven_by="The access point cut the identity to fit into User-Name, and the server's log says that the two do "
        "not match.",
        explanation="The identity has {octets} octets, and User-Name holds 253: the server got two different names in "
        "one request and refused it before it saw a certificate.",
        remedy="Set client-id of the network to an identity of 253 octets or less, or give a short anonymous identity.",
        reference="RFC 3579 2.1, RFC 2865 5",
    ),
    Cause.USER_NAME_CHANGED: entry(
        REJECTED,
        proven_by="The server's log says that the identity in EAP and the User-Name do not match, and the identity was "
        "short enough to fit.",
        explanation="User-Name and the identity in EAP were not the same when the server's EAP module compared them: an "
        "access point, a proxy or a rule of the server's own had changed User-Name.",
        remedy="Look in the authorize section, hints and proxy configuration (and at proxies on the way) for what "
        "rewrites User-Name or strips its realm; write Stripped-User-Name there and leave User-Name as it came.",
        reference="RFC 3579 2.1",
    ),
    Cause.POLICY_REJECTED: entry(
        REJECTED,
        proven_by="The server's log says that its virtual server refused the certificate, or the Access-Reject "
        "itself carries EAP-Success.",
        explanation="The certificate {subject} is valid, and the server's policy still refused it.",
        remedy="Look in the virtual_server of the tls section (and in post-auth) for the rule that rejects this "
        "certificate, and enable the device there.",
        reference="RFC 9190 5.6",
    ),
    Cause.POLICY_LACKS_CERTIFICATE: entry(
        REJECTED,
        proven_by="The server's log says that a condition of its policy asks for an attribute of the certificate that it "
        "could not retrieve, and that the virtual server then refused.",
        explanation="The server's policy asks for {asked}, and the server had nothing of the certificate {session}: it "
        "refused a certificate that it did not look at.",
        remedy="Let the policy ask for nothing of the certificate, or {cure}.",
        reference="RFC 9190 5.7",
    ),
}
