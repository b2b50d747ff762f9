"""The bootstrap application as a state machine: it asks for what it needs of the world, and is given that.

A run is a generator. It yields a :data:`Need`, is sent what answers it, and returns an :class:`Ending`. It calls the
device's functions itself, within the application's capabilities, and knows no socket and no clock.

The order is that of the behaviour reference, section 5.3. Certificates that are there and a network: connect. Something
missing: get it over the bootstrap network. A connection that fails says what to get anew: 101 the root CA, 102
and 103 the client certificate, other certificate errors both, each on trial in a copy of the network; a network
that is not in range (2) both, on the ordinary way. Everything else ends the run.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

from harness.device.application import Application
from harness.device.bootstrap import certificates, networks
from harness.device.bootstrap.answer import AnswerTrouble, Provision, read_answer
from harness.device.bootstrap.attestation import DeviceAuth
from harness.device.bootstrap.certificates import Parts
from harness.device.bootstrap.plan import (
    Answered,
    Authenticate,
    Call,
    Defect,
    Ended,
    Ending,
    Given,
    Join,
    Joined,
    Need,
    Plan,
    Progress,
    Unanswered,
)
from harness.device.failure_codes import CertError, NetworkError
from harness.device.manifest import DeviceAuthResult

Run = Generator[Need, Given, Ending]
_Part = Generator[Need, Given, Ending | None]
_OK = range(200, 300)
_MOST_ROUNDS = 2
"""How often one run asks the service: what comes twice and does not help does not help a third time."""
_BOTH = Parts(root=True, client=True)


class Bootstrap:
    """One run of the application; ``progress`` tells what it has done, also when it has failed."""

    def __init__(self, application: Application, plan: Plan) -> None:
        self._application = application
        self._plan = plan
        self._stale = 0
        self.progress = Progress()

    def run(self) -> Run:
        """Run until it ends."""
        application, plan = self._application, self._plan
        wanted, on_trial = certificates.missing(application, plan), False
        rounds = 0
        for _ in range(_MOST_ROUNDS + 1):
            if on_trial or wanted.words:
                if rounds == _MOST_ROUNDS:
                    break
                rounds += 1
                ended = yield from self._provision(wanted, on_trial=on_trial)
            elif networks.is_configured(application, plan):
                ended = None if plan.connects else Ending(Ended.ALREADY_PROVISIONED)
            else:
                # The certificates are there, and what network they are for is not known.
                wanted = _BOTH
                continue
            if ended is not None:
                return ended
            joined = yield from self._connect(plan.network)
            if joined.ok:
                self._leave()
                return Ending(Ended.CONNECTED)
            last = _not_connected(Ended.NOT_CONNECTED, joined)
            again = _to_ask(joined, asked=bool(self.progress.calls))
            if again is None:
                return last
            wanted, on_trial = again
        return last

    def _provision(self, wanted: Parts, *, on_trial: bool) -> _Part:
        """Get those parts and put them to use; ``None``: now connect to the network."""
        application, plan, progress = self._application, self._plan, self.progress
        answer = yield from self._fetch(wanted)
        if isinstance(answer, Ending):
            return answer
        full = certificates.room(application, wanted, answer)
        if full is not None:
            return full
        if on_trial:
            return (yield from self._try_out(wanted, answer))
        failed = certificates.install_all(application, wanted, answer, plan, progress)
        failed = failed or networks.configure(application, answer, plan)
        if failed is None and not plan.connects:
            self._leave()
            return Ending(Ended.PROVISIONED)
        return failed

    def _try_out(self, wanted: Parts, answer: Provision) -> _Part:
        """Use the new certificates in a copy of the network first; only then do they take the old ones' place."""
        application, plan, progress = self._application, self._plan, self.progress
        failed = certificates.install_trial(application, wanted, answer, plan, progress)
        if failed is not None:
            return failed
        failed = networks.duplicate(application, answer, wanted, plan)
        if failed is None:
            joined = yield from self._connect(plan.copy)
            if joined.ok:
                failed = certificates.adopt(application, wanted, plan, progress)
                return failed or networks.take_over(application, answer, plan)
            failed = _not_connected(Ended.TRIAL_FAILED, joined)
        networks.drop_copy(application, plan)
        if Defect.SAME_IDS not in plan.defects:
            certificates.remove_trial(application, wanted, plan, progress)
        return failed

    def _fetch(self, wanted: Parts) -> Generator[Need, Given, Provision | Ending]:
        """Reach the service and return what it gave, read and complete."""
        plan = self._plan
        failed = yield from self._join_bootstrap()
        failed = failed or (yield from self._authenticate())
        if failed is not None:
            return failed
        self.progress.asked = wanted.words
        if plan.root_url is None or not wanted.root:
            return (yield from self._ask(wanted))
        body = yield from self._call(plan.root_url)
        if isinstance(body, Ending):
            return body
        root_ca = body.decode("utf-8", "replace")
        if not wanted.client and networks.is_configured(self._application, plan):
            return self._with_root(root_ca)
        given = yield from self._ask(Parts(root=False, client=wanted.client))
        return given if isinstance(given, Ending) else replace(given, root_ca=root_ca)

    def _ask(self, asked: Parts) -> Generator[Need, Given, Provision | Ending]:
        """Ask the issuing service for parts, and read its answer."""
        defects = self._plan.defects
        body = yield from self._call(_url(self._plan, asked))
        if isinstance(body, Ending):
            return body
        if Defect.LOGS_ANSWER in defects:
            self.progress.key_logged |= b"PRIVATE KEY" in body
        if Defect.STALE_LENGTH in defects:
            body, self._stale = bytes(self._stale) + body, self._stale + len(body)
        read = read_answer(body, root=asked.root, client=asked.client, defects=defects)
        if isinstance(read, AnswerTrouble):
            return Ending(Ended.ANSWER_WRONG, "answer", read.cause, read.text, field=read.field)
        return read

    def _with_root(self, root_ca: str) -> Provision:
        """Return what came where only the root CA was asked for, and from an endpoint of its own."""
        network = self._application.wifi.get_network(self._plan.network).value
        return Provision(network.ssid if network else "", root_ca, "", "", "", "")

    def _join_bootstrap(self) -> _Part:
        plan, wifi = self._plan, self._application.wifi
        if plan.bootstrap is None:
            return None
        if Defect.DISABLES_OTHERS in plan.defects:
            networks.enable_only(self._application, plan.bootstrap)
        else:
            wifi.set_network_enabled(plan.bootstrap, True)
        joined = yield Join(plan.bootstrap)
        assert isinstance(joined, Joined)
        if joined.ok:
            return None
        return _not_connected(Ended.BOOTSTRAP_NETWORK_FAILED, joined)

    def _authenticate(self) -> _Part:
        auth = yield Authenticate()
        assert isinstance(auth, DeviceAuth)
        if Defect.IGNORES_DEVICE_AUTH in self._plan.defects:
            return None
        if auth.result is not DeviceAuthResult.OK:
            text = "the device has no certificate for the tenant that the manifest names"
            return Ending(
                Ended.DEVICE_AUTH_FAILED,
                "device-authentication",
                "no-tenant-certificate",
                text,
                device_auth=auth.result,
            )
        if not auth.ready:
            text = "the device has had no internet with the time yet, so it has no certificate"
            return Ending(Ended.ATTESTATION_NOT_READY, "device-authentication", "not-ready", text)
        return None

    def _call(self, url: str) -> Generator[Need, Given, bytes | Ending]:
        self.progress.calls += 1
        given = yield Call(url, verifies=Defect.NO_PEER_VERIFICATION not in self._plan.defects)
        if isinstance(given, Unanswered):
            return Ending(Ended.CALL_FAILED, given.place, given.cause, given.text)
        assert isinstance(given, Answered)
        if given.status not in _OK and Defect.IGNORES_STATUS not in self._plan.defects:
            text = f"the service answered {given.status}"
            return Ending(Ended.HTTP_STATUS, "answer", "http-status", text, given.status)
        return given.body

    def _connect(self, name: str) -> Generator[Need, Given, Joined]:
        if Defect.DISABLES_OTHERS in self._plan.defects:
            networks.enable_only(self._application, name)
        joined = yield Join(name)
        assert isinstance(joined, Joined)
        return joined

    def _leave(self) -> None:
        if self._plan.leaves:
            networks.leave(self._application, self._plan)


def _to_ask(joined: Joined, *, asked: bool) -> tuple[Parts, bool] | None:
    """Return what to get anew after a connection that failed, and whether on trial; ``None``: nothing helps.

    A network that is out of range although the service was ``asked`` just now is not in range after a second time.
    """
    if joined.error == NetworkError.NETWORK_NOT_FOUND:
        return None if asked else (_BOTH, False)
    if joined.error != NetworkError.AUTHENTICATION_FAILED:
        return None
    if joined.cert_error == CertError.INVALID_ROOT_CA:
        return Parts(root=True, client=False), True
    if joined.cert_error in {CertError.INVALID_CLIENT_AUTH, CertError.UNKNOWN_CLIENT_ID}:
        return Parts(root=False, client=True), True
    return _BOTH, True


def _not_connected(ended: Ended, joined: Joined) -> Ending:
    return Ending(
        ended, "network", "not-joined", joined.text, error=joined.error, cert_error=joined.cert_error
    )


def _url(plan: Plan, asked: Parts) -> str:
    query = (
        f"needRootCACertificate={'true' if asked.root else 'false'}"
        f"&needClientCertificate={'true' if asked.client else 'false'}"
    )
    if Defect.DOUBLE_QUERY in plan.defects:
        return f"{plan.url}?{query}"
    parts = urlsplit(plan.url)
    return urlunsplit(parts._replace(query="&".join(filter(None, [parts.query, query]))))
