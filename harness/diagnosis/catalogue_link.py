"""Causes that lie on the way: RADIUS, EAP, the link's keys, and the devices that could not start."""

from __future__ import annotations

from harness.diagnosis.entry import Entry, entry
from harness.outcome import Cause, Verdict

CONNECTED = Verdict.CONNECTED
REJECTED = Verdict.REJECTED
REFUSED = Verdict.REFUSED
UNANSWERED = Verdict.UNANSWERED
UNUSABLE = Verdict.UNUSABLE
VIOLATED = Verdict.VIOLATED

CONNECTION: dict[Cause, Entry] = {
    Cause.MUTUAL_AUTHENTICATION: entry(
        CONNECTED,
        proven_by="The device connected and had verified the server's chain against a root CA.",
        explanation="The device verified the server against {anchor}, the server accepted the device, and "
        "the link is up.",
        remedy="",
        reference="RFC 5216 2.1.1",
    ),
    Cause.SERVER_NOT_AUTHENTICATED: entry(
        CONNECTED,
        proven_by="The device connected and its network names no root CA.",
        explanation="The link is up, but the device verified nothing about the server: any server could "
        "have answered.",
        remedy="Install the root CA of the RADIUS server and name it in the network (root-ca-cert-id).",
        reference="RFC 5216 5.3",
    ),
}

CONVERSATION: dict[Cause, Entry] = {
    Cause.NO_COMMON_EAP_METHOD: entry(
        REJECTED,
        proven_by="The server's log says that no EAP method suits both, or the server proposed other methods, "
        "never EAP-TLS, and ended with EAP-Failure.",
        explanation="The device speaks EAP-TLS only, and the server proposed {methods} and ended there.",
        remedy="Enable the tls section in the server's eap module (default_eap_type = tls).",
        reference="RFC 3748 5.3.1",
    ),
    Cause.EAP_ROUND_LIMIT: entry(
        REJECTED,
        proven_by="The server's log says that the conversation had too many round trips.",
        explanation="The conversation needed more round trips than the server allows ({requests} requests were sent).",
        remedy="Use larger fragments (fragment_size on the server, Framed-MTU at the access point, the device's "
        "fragment size) or shorter chains.",
        reference="RFC 5216 2.1.5",
    ),
    Cause.EAP_SESSION_LOST: entry(
        REJECTED,
        proven_by="The server's log says that it knows no EAP session for the State it was sent.",
        explanation="The server no longer knew the conversation it had begun, as after a restart or a timeout.",
        remedy="Keep all packets of a conversation on one server process (load balancers too), and raise "
        "timer_expire or max_sessions of the eap module if the server did not restart.",
        reference="RFC 2865 5.24",
    ),
    Cause.SHARED_SECRET_WRONG: entry(
        UNANSWERED,
        proven_by="The server's log says that the Message-Authenticator is invalid, and no authentic answer came.",
        explanation="Access point and server have different shared secrets, so the server drops every request "
        "from {source} in silence.",
        remedy="Set the same secret at the access point and in the server's client entry (clients.conf), and "
        "restart the server.",
        reference="RFC 3579 3.2",
    ),
    Cause.NAS_UNKNOWN: entry(
        UNANSWERED,
        proven_by="The server's log says that the request came from an unknown client.",
        explanation="The server has no client entry for {source} and drops its requests in silence.",
        remedy="Add a client entry with the address that the server sees (clients.conf; behind a container "
        "bridge that is the gateway's) and restart the server.",
        reference="RFC 2865 2",
    ),
    Cause.SERVER_UNREACHABLE: entry(
        UNANSWERED,
        proven_by="ICMP port unreachable came back, or the server's process was not running.",
        explanation="Nothing listens at {server}: {words}.",
        remedy="Start the server, and compare the address and port of its listen section with the access point's.",
        reference="RFC 1122 3.2.2.1",
    ),
    Cause.MESSAGE_AUTHENTICATOR_MISSING: entry(
        UNANSWERED,
        proven_by="The server's log says that the request lacks it, or the access point discarded an answer to its "
        "last request that lacks it and is right in everything else.",
        explanation="{subject} came without Message-Authenticator and was dropped in silence: {words}.",
        remedy="{mend}; the check is the defence against CVE-2024-3596.",
        reference="RFC 3579 3.2, CVE-2024-3596",
    ),
    Cause.REPLIES_LOST: entry(
        UNANSWERED,
        proven_by="The path dropped an authentic answer to the last request on purpose.",
        explanation="The server answered, and the path dropped its answers ({words}).",
        remedy="Let the path carry the answers: look for filters, UDP fragments and asymmetric routes from the "
        "server to {source}.",
        reference="RFC 5080 2.2.1",
    ),
    Cause.REQUESTS_LOST: entry(
        UNANSWERED,
        proven_by="The path dropped every transmission of the last request on purpose.",
        explanation="The path dropped the requests before they reached the server ({words}).",
        remedy="Let the path carry the requests: look for filters, UDP fragments and routes to {server}.",
        reference="RFC 5080 2.2.1",
    ),
    Cause.ANSWER_TOO_LATE: entry(
        UNANSWERED,
        proven_by="When the access point gave up, the path held an authentic answer to its last request, or the only "
        "transmissions of that request that it had not dropped; or the server's log says that it holds its response back "
        "for longer.",
        explanation="The answer came later than the access point waits for it: {words}.",
        remedy="Let the access point wait longer (more retransmissions, longer time-outs), or shorten the delay on the "
        "way or at the server.",
        reference="RFC 5080 2.2.1",
    ),
    Cause.ANSWERED_FROM_ELSEWHERE: entry(
        UNANSWERED,
        proven_by="An answer to the last request came from another address or port than the one asked, and was right "
        "under the shared secret.",
        explanation="The access point asked {server}, and the answer came from elsewhere, so it was dropped in "
        "silence: {words}.",
        remedy="Make the server answer from the address it is asked on (FreeRADIUS: ipaddr in its listen section, or "
        "a build with udpfromto), and look for address translation on the way back to {source}.",
        reference="RFC 2865 3, RFC 1122 4.1.3.5",
    ),
    Cause.NO_PROGRESS: entry(
        UNANSWERED,
        proven_by="The device answered 50 Requests that did not move the conversation on, and then gave up.",
        explanation="The server at {server} kept the conversation going and never came to a decision: {words}; the "
        "device gave up after {rounds} rounds that led nowhere.",
        remedy="Look in the server's log for what it waits for; a server or proxy that forgets the conversation's "
        "State, or repeats an old answer, does this.",
        reference="RFC 3748 2.1",
    ),
    Cause.NO_DECISION_IN_TIME: entry(
        UNANSWERED,
        proven_by="A Request arrived when the conversation had lasted longer than the device gives it, and the device "
        "gave up.",
        explanation="The server at {server} still kept on asking {words}.",
        remedy="{mend}.",
        reference="RFC 3748 2.1",
    ),
}

BREACH: dict[Cause, Entry] = {
    Cause.KEYS_MISSING: entry(
        UNUSABLE,
        proven_by="The Access-Accept lacks MS-MPPE-Recv-Key or MS-MPPE-Send-Key.",
        explanation="The server accepted the device and gave the access point no keys, so the link cannot come up.",
        remedy="Let the server's answer keep MS-MPPE-Recv-Key and MS-MPPE-Send-Key (use_mppe, attribute filters, "
        "proxies on the way).",
        reference="RFC 2548 2.4",
    ),
    Cause.KEYS_MISMATCH: entry(
        UNUSABLE,
        proven_by="The device's MSK differs from the MS-MPPE keys, or the 4-way handshake failed at its MIC.",
        explanation="Device and access point hold different keys, so the 4-way handshake cannot succeed.",
        remedy="Look for a proxy that re-encrypts the keys with the wrong secret, for swapped Send and Recv keys, "
        "and for a server with an older key derivation of EAP-TLS 1.3.",
        reference="RFC 9190 2.3",
    ),
    Cause.PROTECTED_SUCCESS_MISSING: entry(
        VIOLATED,
        proven_by="Access-Accept with EAP-Success came over TLS 1.3, and the octet 0x00 never did.",
        explanation="The server accepted the device over TLS 1.3 without the protected success indication (0x00).",
        remedy="Update the server, or limit it to TLS 1.2 (tls_max_version); FreeRADIUS 3.2 omits the octet when it "
        "does not require a client certificate.",
        reference="RFC 9190 2.5",
    ),
    Cause.EAP_SUCCESS_MISSING: entry(
        VIOLATED,
        proven_by="The Access-Accept carries no EAP packet that ends the conversation.",
        explanation="The server sent Access-Accept without EAP-Success, so the device does not know that it is in.",
        remedy="Let the eap module answer in authenticate, and let nothing accept the request before it or strip "
        "EAP-Message from the answer.",
        reference="RFC 3579 2.6.3",
    ),
    Cause.ACCEPT_WITH_FAILURE: entry(
        VIOLATED,
        proven_by="The Access-Accept carries EAP-Failure.",
        explanation="The server sent Access-Accept and EAP-Failure in one packet: access point and device draw "
        "opposite conclusions.",
        remedy="Find the policy that overwrites the answer's code after the eap module has failed, and remove it.",
        reference="RFC 3579 2.6.3",
    ),
    Cause.EAP_FRAMING: entry(
        VIOLATED,
        REJECTED,
        UNANSWERED,
        proven_by="A fatal breach was seen of the form or order of EAP, EAP-TLS or RADIUS packets, or the server's "
        "log calls the device's packet malformed.",
        explanation="{subject} broke the rules for the form or order of EAP or RADIUS packets ({clause}): {words}.",
        remedy="Compare the last packets of the capture with the clause, and update the software of {subject}.",
        reference="RFC 3748 4, RFC 5216 3",
    ),
    Cause.TLS_PROTOCOL: entry(
        VIOLATED,
        UNANSWERED,
        REJECTED,
        REFUSED,
        proven_by="A fatal breach of TLS was seen, the device sent an alert that means one, or the server logged one "
        "(decode_error, decrypt_error, illegal_parameter, unexpected_message and their kin).",
        explanation="{subject} broke the rules of TLS as EAP-TLS uses it ({clause}): {words}.",
        remedy="Compare the last packets of the capture with the clause, and update the software of {subject}.",
        reference="RFC 8446 6.2",
    ),
}
