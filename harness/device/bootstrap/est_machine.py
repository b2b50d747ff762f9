"""The bootstrap application with a service that speaks EST (RFC 7030), for the first time and to renew.

What differs from the service of the public sample: the key is made here and stays here, the service tells no SSID, the
identity is the name in the certificate, and a certificate can be renewed with the one that is still valid.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from cryptography import x509

from harness.device.application import Application
from harness.device.bootstrap.answer import Provision
from harness.device.bootstrap.certificates import Parts, room
from harness.device.bootstrap.est_client import Enrolled, EstClient
from harness.device.bootstrap.est_messages import EstAnswer, EstCall, EstCause, EstFailure, Later
from harness.device.bootstrap.machine import Bootstrap, Run
from harness.device.bootstrap.plan import Answered, Call, Defect, Ended, Ending, Given, Need, Plan, Unanswered
from harness.device.procedure import connected_to
from harness.pki.credential import Credential
from harness.pki.signing_requests import common_name

_CLIENT = Parts(root=False, client=True)


@dataclass(frozen=True, slots=True)
class AskedNames:
    """The names that a first request is for; by default it leaves them to the service."""

    cn: str = ""
    alternatives: x509.SubjectAlternativeName | None = None


class EstBootstrap(Bootstrap):
    """One run against an EST service. ``plan.url`` is that of the service, without a path.

    ``now`` is the device's clock. ``label`` names the CA where the service has several. A renewal talks over
    ``plan.bootstrap`` or, where the device is connected to that already, over the connection that is there.
    """

    def __init__(
        self,
        application: Application,
        plan: Plan,
        client: EstClient,
        now: Callable[[], datetime],
        names: AskedNames | None = None,
        label: str = "",
    ) -> None:
        super().__init__(application, plan)
        self._client = client
        self._now = now
        self._names = names or AskedNames()
        self._label = label

    def renew(self) -> Run:
        """Renew the client certificate with itself, on trial in a copy of the network."""
        held, plan = self._client.held, self._plan
        if held is None:
            text = "the application has no certificate of its own with its key that it could renew"
            return Ending(Ended.ANSWER_WRONG, "store", "nothing-to-renew", text)
        if not connected_to(self._application, plan.bootstrap or "").ok:
            failed = yield from self._join_bootstrap()
            if failed is not None:
                return failed
        self.progress.asked = _CLIENT.words
        given = yield from self._enrol(held)
        if isinstance(given, Ending):
            return given
        ended = room(self._application, _CLIENT, given)
        ended = ended or (yield from self._try_out(_CLIENT, given))
        if ended is not None:
            self._client.held = held
            return ended
        joined = yield from self._connect(plan.network)
        if joined.ok:
            return Ending(Ended.CONNECTED)
        return Ending(
            Ended.NOT_CONNECTED,
            "network",
            "not-joined",
            joined.text,
            error=joined.error,
            cert_error=joined.cert_error,
        )

    def _ask(self, asked: Parts) -> Generator[Need, Given, Provision | Ending]:
        if asked.client:
            given = yield from self._enrol(None)
            return given
        root = yield from self._talk(self._client.root_ca(), None)
        if isinstance(root, Ending):
            return root
        assert isinstance(root, bytes)
        return Provision(self._plan.ssid, root.decode(), "", "", "", "")

    def _enrol(self, held: Credential | None) -> Generator[Need, Given, Provision | Ending]:
        client, names = self._client, self._names
        operation = "simpleenroll" if held is None else "simplereenroll"
        wait = client.not_before
        if wait is not None and self._now() < wait:
            # RFC 7030 4.2.3: the client MUST wait before it repeats the request.
            return _waits(operation, f"the service asked to come again at {wait:%Y-%m-%d %H:%M:%S}")
        if held is None:
            conversation = client.enrol(common_name(names.cn), names.alternatives)
        else:
            conversation = client.renew(held.certificate)
        ended = yield from self._talk(conversation, held)
        if isinstance(ended, Ending):
            return ended
        if isinstance(ended, Later):
            return _waits(
                operation, f"the service asks to come again after {ended.wait.total_seconds():.0f} s"
            )
        assert isinstance(ended, Enrolled)
        texts = (ended.root_ca.decode(), ended.name, ended.certificate.decode(), ended.key.decode())
        return Provision(self._plan.ssid, *texts, "")

    def _talk(
        self,
        conversation: Generator[EstCall, EstAnswer, Enrolled | Later | bytes | EstFailure],
        credential: Credential | None,
    ) -> Generator[Need, Given, Enrolled | Later | bytes | Ending]:
        """Lead a conversation over calls; its failures, and those of the calls, are endings."""
        answer: EstAnswer | None = None
        try:
            while True:
                call = conversation.send(answer)  # type: ignore[arg-type]  # the first one starts it
                given = yield from self._send(call, credential)
                if isinstance(given, Ending):
                    return given
                answer = given
        except StopIteration as stop:
            ended: Enrolled | Later | bytes | EstFailure = stop.value
        if isinstance(ended, EstFailure):
            kind = Ended.HTTP_STATUS if ended.cause is EstCause.REFUSED else Ended.ANSWER_WRONG
            return Ending(kind, ended.place, ended.cause, ended.detail, ended.status)
        return ended

    def _send(
        self, call: EstCall, credential: Credential | None
    ) -> Generator[Need, Given, EstAnswer | Ending]:
        self.progress.calls += 1
        base = urlsplit(self._plan.url)
        given = yield Call(
            f"https://{base.netloc}{call.path(self._label)}",
            verifies=Defect.NO_PEER_VERIFICATION not in self._plan.defects,
            method=call.method,
            headers=call.headers,
            body=call.body,
            credential=credential,
        )
        if isinstance(given, Unanswered):
            return Ending(Ended.CALL_FAILED, given.place, given.cause, given.text)
        assert isinstance(given, Answered)
        return EstAnswer(given.status, given.headers, given.body, self._now())


def _waits(operation: str, text: str) -> Ending:
    return Ending(Ended.WAITS_FOR_APPROVAL, operation, "retry-after", text)
