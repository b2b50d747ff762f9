"""The endpoint to which devices connect: TLS with client certificates, judged at the back end's time.

A managed service takes any certificate in TLS and answers 401 or 403 with its reason. A service of one's own whose
issuers OpenSSL chooses refuses in the handshake, as most servers do: the device then sees an alert and no reason.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Lock

from cryptography import x509

from harness.pki.credential import Credential
from harness.pki.openssl_words import verify_text
from harness.services.backend.answers import Judgement, Reason
from harness.services.backend.backend import BackEnd, IssuerChoice
from harness.services.web.listener import ClientCertificates, Listener
from harness.services.web.messages import Reply, Request, phrase
from harness.services.web.trust import ClientTrust

PATH = "/devices/messages"
"""Where devices send what they have to say."""
_UNKNOWN_WHO, _NOT_ALLOWED = 401, 403
_IDENTIFIED = frozenset({Reason.NOT_A_DEVICE, Reason.ANOTHER_TENANT, Reason.CA_REVOKED})
"""Reasons of a service that knows very well who it is."""


class Endpoint:
    """The listener of one back end, from ``open`` to ``close``.

    ``judgements`` are those of all devices that got as far as a request, in order.
    """

    def __init__(
        self,
        back_end: BackEnd,
        credential: Credential,
        now: Callable[[], datetime],
        address: str = "127.0.0.1",
    ) -> None:
        self.back_end = back_end
        self.judgements: list[Judgement] = []
        self._now = now
        self._lock = Lock()
        self._own_store = not back_end.settings.managed and back_end.settings.chooses is IssuerChoice.BY_NAME
        self.listener = Listener(
            self.handle,
            credential,
            now=now,
            certificates=ClientCertificates.ASK,
            reject_in_handshake=self._own_store,
            address=address,
        )

    def open(self) -> int:
        """Begin to listen; return the port."""
        self.reload()
        self.listener.__enter__()
        return self.listener.port

    def reload(self) -> None:
        """Let the listener have what the back end trusts now; counts from the next connection on."""
        if self._own_store:
            trust = self.back_end.trust
            self.listener.clients = ClientTrust(
                trust.certificates, partial_chain=trust.partial_chain, by_signature=False
            )

    def close(self) -> None:
        """Stop listening."""
        self.listener.close()

    @property
    def contacts(self) -> int:
        """How many connections there have been; the number of the next one."""
        return len(self.listener.exchanges)

    def judgement(self, contact: int, chain: Sequence[x509.Certificate]) -> Judgement | None:
        """Return what came of a connection at which a device sent that chain; 0 is the first one.

        Of one that ended in the handshake the listener's journal decides; what is told beyond that has to agree.
        ``None``: the back end judged nobody, because the device or the network ended it.
        """
        exchange = self.listener.exchange(contact)
        if exchange is not None and not exchange.failure:
            return self.judgements[-1]
        if exchange is None:
            return None
        judgement = self.back_end.judge(chain, self._now())
        agrees = judgement.number and verify_text(judgement.number) in exchange.failure
        return judgement if agrees else None

    def handle(self, request: Request) -> Reply:
        """Answer a device: 200, or why not."""
        if request.path != PATH:
            return Reply.text(404, f"there is nothing at {request.path}")
        judgement = self.back_end.judge(request.peer_chain, self._now())
        with self._lock:
            self.judgements.append(judgement)
        if judgement.reason is None:
            return _json(200, {"accepted": True})
        status = _NOT_ALLOWED if judgement.reason in _IDENTIFIED else _UNKNOWN_WHO
        return _json(status, {"accepted": False, "reason": judgement.reason, "detail": judgement.detail})


def _json(status: int, body: dict[str, object]) -> Reply:
    headers = {"content-type": "application/json"}
    return Reply(status, phrase(status), headers, json.dumps(body).encode() + b"\n")
