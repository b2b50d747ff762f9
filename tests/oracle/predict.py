"""What a scenario must come to, without a line of the product's diagnosis: ``openssl verify`` and the order of events.

The order is that of the protocols. What reaches the server at all; what it says before any EAP method; version and
cipher suite, which it chooses when it has seen the ClientHello; then the device judges the server's chain, before
the server has seen the device's own (in TLS 1.2 and 1.3 alike); then the server judges the device's; then come the
name check inside verification, the policy behind the handshake, and at last the keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from harness.pki.mint import Mint
from harness.run.book import CertificateBook
from harness.scenario.concrete import ConcreteScenario
from harness.scenario.steps_store import Install
from harness.scenario.steps_wifi import Network
from harness.scenario.values import PacketChoice, TlsVersion
from harness.scenario.world import AccessPoint, PolicyRule, Server
from harness.scenario.world_path import PacketsBothWays
from tests.oracle.openssl import LAZY, Chain, Complaint, at, by_common_name, common_name, complaints, verify

_ISSUER_NOT_FOUND = (2, 20, 21)
_TOO_WEAK = (66, 67, 68)
_PLACES = ("own", "issuing-ca", "root-ca")


@dataclass(frozen=True, slots=True)
class Prediction:
    """Verdict and cause, and what the scenario calls the certificate that is to blame; empty: none is."""

    verdict: str
    cause: str
    certificate: str = ""

    def __str__(self) -> str:
        return f"{self.verdict} {self.cause} {self.certificate}".rstrip()


class Oracle:
    """Predicts what the only association of a scenario comes to; ``folder`` is for openssl's files."""

    def __init__(self, scenario: ConcreteScenario, mint: Mint, folder: Path) -> None:
        self._scenario = scenario
        self._book = CertificateBook(mint, scenario.certificates)
        self._folder = folder
        self._server = scenario.servers["radius"]
        self._point = scenario.access_points["corp"]
        actions = [step.action for step in scenario.steps]
        self._network = next(action for action in actions if isinstance(action, Network))
        self._installed = {action.id: action.certificate for action in actions if isinstance(action, Install)}
        self._all = {name: self._book.certificate(name) for name in scenario.certificates}

    def predict(self) -> Prediction:
        """Return the prediction."""
        identity = self._identity()
        unanswered = _unanswered(self._point, self._server)
        if unanswered:
            return Prediction("unanswered", unanswered)
        if self._server.policy.known and identity not in self._server.policy.known:
            return Prediction("rejected", "identity-unknown")
        if "tls" not in self._server.eap_methods:
            return Prediction("rejected", "no-common-eap-method")
        version = self._version()
        if version is None:
            return Prediction("rejected", "tls-version-mismatch")
        if version < TlsVersion.V1_3 and not self._cipher_fits():
            return Prediction("rejected", "tls-no-shared-cipher")
        return self._refused() or self._rejected(identity) or self._by_name(identity) or self._after()

    def _identity(self) -> str:
        """Return what the device sends in clear; without a setting that is its certificate's common name."""
        own = self._all[self._installed[self._network.client_cert_id or ""]]
        return self._network.anonymous_identity or self._network.client_id or common_name(own)

    def _version(self) -> TlsVersion | None:
        low, high = self._server.tls.bounds
        device_low, device_high = self._scenario.devices["device"].tls.bounds
        best = min(high, device_high)
        return best if best >= max(low, device_low) else None

    def _cipher_fits(self) -> bool:
        written = self._server.ciphers
        if "ECDHE-" not in written:
            return True
        key = self._all[self._server.certificate].public_key()
        return ("ECDHE-ECDSA" if isinstance(key, ec.EllipticCurvePublicKey) else "ECDHE-RSA") in written

    def _refused(self) -> Prediction | None:
        root = self._network.root_ca_cert_id
        if root is None:
            return None
        sent = self._book.credential(self._server.certificate)
        shift = self._scenario.devices["device"].clock or timedelta()
        now = shift if isinstance(shift, datetime) else datetime.now(UTC) + shift
        chain = Chain((sent.certificate, *sent.chain), [self._all[self._installed[root]]])
        # Any CA that is installed ends a path, as in the product's library.
        anchored = ("-partial_chain", "-auth_level", "2")
        purpose = "sslserver" if self._switch("check_server_purpose") is not False else "any"
        found = verify(chain, self._folder, *at(now), "-purpose", purpose, *anchored)
        if found is not None:
            cause = self._cause("server", found, chain)
            return Prediction("refused", cause, self._blamed(found))
        wanted = self._network.server_name
        if not wanted:
            return None
        if verify(chain, self._folder, "-partial_chain", *LAZY, "-verify_hostname", wanted) is None:
            return None
        return Prediction("refused", "server-name-mismatch", self._server.certificate)

    def _rejected(self, identity: str) -> Prediction | None:
        server = self._server
        sent = self._book.credential(self._installed[self._network.client_cert_id or ""])
        # Unless told otherwise a device keeps one certificate under one ID, and sends no other.
        between = sent.chain if self._switch("install_chains") else ()
        if self._switch("send_client_certificate") is False:
            return Prediction("rejected", "client-certificate-not-sent")
        crls = (
            [self._book.crl(name, expired=server.crl.expired) for name in server.crl.publish]
            if server.crl
            else []
        )
        weak = next((one for one in between if _is_weak(one)), None)
        if weak is not None:  # its own library does not send it
            name = by_common_name(self._all, common_name(weak))
            return Prediction("not-attempted", "client-chain-too-weak-to-send", name)
        anchors = [self._all[name] for name in server.trusts]
        chain = Chain((sent.certificate, *between), anchors, crls=crls)
        level = "0" if "@SECLEVEL=0" in server.ciphers else "2"
        options = ["-partial_chain", "-purpose", "sslclient", "-auth_level", level]
        if server.crl:
            options += ["-crl_check_all"] if server.crl.check == "all" else ["-crl_check"]
        accepted = frozenset({12} if server.crl and server.crl.accept_expired else ())
        said = complaints(chain, self._folder, *options)
        found = next((one for one in said if one.number not in accepted), None)
        if found is None:
            return None
        # FreeRADIUS compares names whenever OpenSSL shows it the leaf: with an error that it tolerates, too.
        if any(one.depth == 0 for one in said[: said.index(found)]) and self._other_name(identity):
            return self._by_name(identity)
        return Prediction("rejected", self._cause("client", found, chain), self._blamed(found))

    def _switch(self, name: str) -> object:
        return getattr(self._scenario.devices["device"], name, None)

    def _other_name(self, identity: str) -> bool:
        """Whether check_cert_cn, which is a part of the verification, finds another name."""
        own, policy = self._installed[self._network.client_cert_id or ""], self._server.policy
        asked = policy.rule is PolicyRule.CHECK_CERT_CN
        return asked and common_name(self._all[own]) != (policy.cn or identity)

    def _by_name(self, identity: str) -> Prediction | None:
        """Judge by check_cert_cn, inside the handshake, and by the policy behind it."""
        own = self._installed[self._network.client_cert_id or ""]
        cn, policy = common_name(self._all[own]), self._server.policy
        if self._other_name(identity):
            return Prediction("rejected", "identity-mismatch", own)
        if policy.rule is PolicyRule.CERTIFICATE_CN_IS_IDENTITY and cn != identity:
            return Prediction("rejected", "identity-mismatch", own)
        if policy.rule is PolicyRule.REJECT or (policy.allow is not None and identity not in policy.allow):
            return Prediction("rejected", "policy-rejected")
        return None

    def _after(self) -> Prediction:
        if not self._server.send_keys:
            return Prediction("unusable", "keys-missing")
        vouched = self._network.root_ca_cert_id is not None
        return Prediction("connected", "mutual-authentication" if vouched else "server-not-authenticated")

    def _blamed(self, found: Complaint) -> str:
        return by_common_name(self._all, found.common_name)

    def _cause(self, side: str, found: Complaint, chain: Chain) -> str:
        number, depth = found.number, found.depth
        certificate = self._all[self._blamed(found)]
        place = 0 if depth == 0 else 2 if certificate.subject == certificate.issuer else 1
        if number in _ISSUER_NOT_FOUND:
            return f"{side}-chain-incomplete" if self._is_there(chain) else f"{side}-issuer-unknown"
        by_place: Mapping[int, str] = {10: "expired", 9: "not-yet-valid", 23: "revoked"}
        if number in by_place:
            whose = f"{side}-certificate" if place == 0 else _PLACES[place]
            return f"{whose}-{by_place[number]}"
        if number in _TOO_WEAK:
            return f"{side}-key-too-weak"
        return {
            3: "crl-missing",
            11: "crl-not-yet-valid",
            12: "crl-expired",
            18: f"{side}-certificate-self-signed",
            19: f"{side}-issuer-unknown",
            26: f"{side}-certificate-wrong-purpose",
        }.get(number, f"openssl-error-{number}")

    def _is_there(self, chain: Chain) -> bool:
        """Whether a CA of the scenario that was not sent would close the gap."""
        authorities = [
            self._all[name] for name, order in self._scenario.certificates.items() if order.spec.profile.is_ca
        ]
        whole = Chain(chain.sent, chain.anchors, authorities)
        return verify(whole, self._folder, "-partial_chain", *LAZY) is None


def _unanswered(point: AccessPoint, server: Server) -> str:
    """Return why no final answer can come: what never leaves, what nobody takes, what does not come back."""
    lost = point.impair.lose if point.impair and point.impair.lose else PacketsBothWays()
    reasons = {
        "requests-lost": _all_of(lost.to_server),
        "server-unreachable": point.port == "closed",
        "nas-unknown": not server.known_nas,
        "message-authenticator-missing": not point.message_authenticator,
        "shared-secret-wrong": point.secret == "wrong",
        "replies-lost": _all_of(lost.from_server),
    }
    return next((reason for reason, there in reasons.items() if there), "")


def _all_of(packets: PacketChoice | None) -> bool:
    return packets is not None and packets.every == 1


def _is_weak(certificate: x509.Certificate) -> bool:
    key = certificate.public_key()
    return isinstance(key, rsa.RSAPublicKey) and key.key_size < 2048
