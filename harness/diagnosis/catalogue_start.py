"""Causes that keep a device from starting, and the cause that says that none is proven."""

from __future__ import annotations

from harness.diagnosis.entry import Entry, entry
from harness.outcome import Cause, Verdict

NOT_ATTEMPTED = Verdict.NOT_ATTEMPTED
CERTIFICATES = "Azure Sphere, Certificate IDs"
WIFI = "Azure Sphere, WifiConfig"

START: dict[Cause, Entry] = {
    Cause.NETWORK_UNKNOWN: entry(
        NOT_ATTEMPTED,
        proven_by="The device's list of networks has none of that name.",
        explanation="The device knows no network of that name: {words}.",
        remedy="Add the network to the device, or correct its name in the step.",
        reference=WIFI,
    ),
    Cause.NETWORK_DISABLED: entry(
        NOT_ATTEMPTED,
        proven_by="The network is stored on the device and not enabled.",
        explanation="The network is stored and switched off: {words}.",
        remedy="Enable the network on the device.",
        reference=WIFI,
    ),
    Cause.NETWORK_INCOMPLETE: entry(
        NOT_ATTEMPTED,
        proven_by="The stored network lacks a setting without which no association can begin.",
        explanation="The network lacks a setting that EAP-TLS needs: {words}.",
        remedy="Set what is missing, at least the SSID and the client certificate ID (client-cert-id).",
        reference=WIFI,
    ),
    Cause.ACCESS_POINT_NOT_FOUND: entry(
        NOT_ATTEMPTED,
        proven_by="No access point in range announces the network's SSID.",
        explanation="No access point announces the network's SSID: {words}.",
        remedy="Compare the SSID letter by letter, and enable targeted scan for a hidden one.",
        reference=WIFI,
    ),
    Cause.SECURITY_MISMATCH: entry(
        NOT_ATTEMPTED,
        proven_by="The security type of the network differs from what the access point announces.",
        explanation="The device's network and the access point differ in their security type: {words}.",
        remedy="Set the network's security type to WPA2-Enterprise with EAP-TLS, or the access point's to 802.1X.",
        reference=WIFI,
    ),
    Cause.CLIENT_CERTIFICATE_MISSING: entry(
        NOT_ATTEMPTED,
        proven_by="The store holds no client certificate under the ID that the network names.",
        explanation="The client certificate ID of the network names nothing that is installed: {words}.",
        remedy="Install the client certificate under that ID, and reload the network's configuration.",
        reference=CERTIFICATES,
    ),
    Cause.CLIENT_CERTIFICATE_WRONG_TYPE: entry(
        NOT_ATTEMPTED,
        proven_by="The store holds an entry of another type under the network's client certificate ID.",
        explanation="The client certificate ID of the network names an entry of another type: {words}.",
        remedy="Install the client certificate under an ID of its own; IDs are shared by both types, and a "
        "later install replaces silently.",
        reference=CERTIFICATES,
    ),
    Cause.CLIENT_KEY_MISMATCH: entry(
        NOT_ATTEMPTED,
        proven_by="The public key of the client certificate is not that of the private key beside it.",
        explanation="Private key and client certificate do not belong together: {words}.",
        remedy="Install certificate and private key of one request together.",
        reference="RFC 8446 4.4.3",
    ),
    Cause.CLIENT_KEY_TOO_WEAK_TO_SEND: entry(
        NOT_ATTEMPTED,
        proven_by="The device's own TLS library says of the device's own certificate that its key is too small.",
        explanation="The device's own certificate {subject} is below the security level {level} that its cipher list "
        "names, so its TLS library does not take it: {words}.",
        remedy="Install a client certificate with {enough}, or lower the level in the device's own cipher list; "
        "the server was never asked.",
        reference="check B28",
    ),
    Cause.CLIENT_CHAIN_TOO_WEAK_TO_SEND: entry(
        NOT_ATTEMPTED,
        proven_by="The device's own TLS library says, of the chain that the device should send, that a key or a "
        "digest is too weak.",
        explanation="{subject} in the device's own chain is below the device's own security level {level}, so its TLS "
        "library did not send the chain and ended the handshake: {words}.",
        remedy="Have the client certificate issued under a CA with {enough}, and install that chain: a new certificate "
        "from {subject} would not be sent either, and the server is not to blame.",
        reference="check B28",
    ),
    Cause.TLS_SETTINGS_UNUSABLE: entry(
        NOT_ATTEMPTED,
        proven_by="The device's own TLS library takes the device's TLS settings not at all, or finds nothing in them "
        "that it could offer.",
        explanation="The device's own TLS settings leave nothing to offer: {words}.",
        remedy="Correct the device's cipher list (`openssl ciphers -s -v LIST` shows what is left of one), its security "
        "level or its TLS versions.",
        reference="RFC 8446 4.1.2",
    ),
    Cause.ROOT_CA_MISSING: entry(
        NOT_ATTEMPTED,
        proven_by="The store holds no root CA under the ID that the network names.",
        explanation="The root CA ID of the network names nothing that is installed: {words}.",
        remedy="Install the root CA under that ID, and reload the network's configuration.",
        reference=CERTIFICATES,
    ),
    Cause.ROOT_CA_WRONG_TYPE: entry(
        NOT_ATTEMPTED,
        proven_by="The store holds an entry of another type under the network's root CA ID.",
        explanation="The root CA ID of the network names an entry of another type: {words}.",
        remedy="Install the root CA under an ID of its own; IDs are shared by both types, and a later install "
        "replaces silently.",
        reference=CERTIFICATES,
    ),
    Cause.UNDETERMINED: entry(
        *Verdict,
        proven_by="Nothing: no rule found proof of another cause.",
        explanation="The cause is not proven: {seen}",
        remedy="Run it against a server whose debug log the harness can read (backend process or container), or "
        "read the server's own log at that time.",
        reference="",
    ),
}
