"""Devices at the endpoint, over TLS: what the service says, and what the device sees."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from harness.pki.credential import Credential
from harness.services.backend.answers import Hole, Reason
from harness.services.backend.backend import BackEnd, Kind, Settings
from harness.services.backend.endpoint import PATH, Endpoint
from harness.services.backend.serving import HOST_SUFFIX, credential_of, root
from harness.services.backend.trust import pem_bundle
from harness.services.web.caller import CallCause, Caller, CallFailure, call
from harness.services.web.messages import Reply
from tests.services.backend.conftest import DAY, END, Estate

pytestmark = pytest.mark.filterwarnings("ignore:Attribute's length")
OVERLAP, CHANGED = END - 60 * DAY, END - 44 * DAY
HOST = f"hub{HOST_SUFFIX}"


class Desk:
    """A back end that listens, with a clock that is moved by assignment."""

    def __init__(self, back_end: BackEnd) -> None:
        self.at = OVERLAP
        self.back_end = back_end
        self.endpoint = Endpoint(back_end, credential_of("hub"), lambda: self.at)
        self.port = self.endpoint.open()

    def contact(
        self, estate: Estate, at: datetime, tenant: str = "contoso", sends: int = 3
    ) -> Reply | CallFailure:
        leaf, *others = estate.device(at, tenant)[:sends]
        return self.send(Credential(leaf, estate.key, tuple(others)), at)

    def send(self, shown: Credential | None, at: datetime) -> Reply | CallFailure:
        self.at = at + timedelta(minutes=1)
        caller = Caller(self.at, (root(),), shown, {HOST: ("127.0.0.1", self.port)})
        return call(caller, f"https://{HOST}{PATH}", method="POST", body=b"hello")


Open = Callable[[BackEnd], Desk]


@pytest.fixture
def desk() -> Iterator[Open]:
    desks: list[Desk] = []

    def make(back_end: BackEnd) -> Desk:
        desks.append(Desk(back_end))
        return desks[-1]

    yield make
    for one in desks:
        one.endpoint.close()


def hub(estate: Estate, letters: str, **settings: object) -> BackEnd:
    made = BackEnd(
        Settings(Kind.IOT_HUB, verified_on_upload=True, **settings),  # type: ignore[arg-type]
        random.Random(1).randbytes,
    )
    for letter in letters:
        content = estate.ca(letter).public_bytes(Encoding.DER)
        assert made.registrations.upload(letter, content, OVERLAP).ok
    return made


def told(reply: Reply | CallFailure) -> dict[str, object]:
    assert isinstance(reply, Reply)
    return {"status": reply.status, **json.loads(reply.body)}


@pytest.mark.catalogue("device-J06", "device-J07")
def test_a_managed_service_answers_with_its_reason(estate: Estate, desk: Open) -> None:
    at_hub = desk(hub(estate, "A"))

    assert told(at_hub.contact(estate, OVERLAP)) == {"status": 200, "accepted": True}
    stranger = told(at_hub.contact(estate, OVERLAP, "fabrikam"))
    assert (stranger["status"], stranger["reason"]) == (401, "issuer-unknown")
    renewed = told(at_hub.contact(estate, CHANGED))
    assert (renewed["status"], renewed["reason"]) == (401, "issuer-unknown")
    nobody = told(at_hub.send(None, OVERLAP))
    assert (nobody["status"], nobody["reason"]) == (401, "no-certificate")
    reasons = [one.reason for one in at_hub.endpoint.judgements]
    assert reasons == [None, Reason.ISSUER_UNKNOWN, Reason.ISSUER_UNKNOWN, Reason.NO_CERTIFICATE]


@pytest.mark.catalogue("device-K12")
def test_a_file_with_both_refuses_one_of_them_in_the_handshake(estate: Estate, desk: Open) -> None:
    back_end = BackEnd(Settings(Kind.OWN), random.Random(1).randbytes)
    back_end.trust_file(pem_bundle((*estate.above, estate.ca("A"), estate.ca("B"))))
    own = desk(back_end)

    assert told(own.contact(estate, OVERLAP))["status"] == 200
    refused = own.contact(estate, CHANGED)
    assert isinstance(refused, CallFailure)
    assert refused.cause is CallCause.REFUSED_BY_SERVICE
    assert "alert" in refused.detail
    judgement = own.endpoint.judgement(1, estate.device(CHANGED))
    assert own.endpoint.contacts == 2
    assert judgement is not None
    assert judgement.reason is Reason.ISSUER_AMBIGUOUS
    assert own.endpoint.listener.exchanges[-1].failure == "certificate signature failure at depth 0"

    back_end.trust_file(pem_bundle(estate.above), issuers=[estate.ca("A"), estate.ca("B")])
    own.endpoint.reload()
    for at in (OVERLAP, CHANGED):
        assert told(own.contact(estate, at))["status"] == 200
    stranger = told(own.contact(estate, OVERLAP, "fabrikam"))
    assert (stranger["status"], stranger["reason"]) == (403, "another-tenant")


def test_the_root_alone_is_reported_as_a_hole(estate: Estate, desk: Open) -> None:
    back_end = BackEnd(Settings(Kind.OWN), random.Random(1).randbytes)
    back_end.trust_file(pem_bundle(estate.above))
    own = desk(back_end)

    assert told(own.contact(estate, OVERLAP, "fabrikam"))["status"] == 200
    assert own.endpoint.judgements[-1].holes == (Hole.EVERY_TENANT,)


@pytest.mark.catalogue("device-L11")
def test_a_proof_with_its_key_at_a_careful_and_a_careless_service(estate: Estate, desk: Open) -> None:
    shown = estate.proof_with_key(OVERLAP, "AB" * 24)

    careful = told(desk(hub(estate, "A")).send(shown, OVERLAP))
    assert (careful["status"], careful["reason"]) == (403, "not-a-device")
    careless = desk(hub(estate, "A", device_ids_only=False))
    assert told(careless.send(shown, OVERLAP))["status"] == 200
    assert careless.endpoint.judgements[-1].holes == (Hole.PROOF_AS_DEVICE,)


def test_the_device_verifies_the_service_by_its_own_clock(estate: Estate, desk: Open) -> None:
    at_hub = desk(hub(estate, "A"))
    leaf, *others = estate.device(OVERLAP)
    caller = Caller(
        datetime(2000, 1, 1, tzinfo=OVERLAP.tzinfo),
        (root(),),
        Credential(leaf, estate.key, tuple(others)),
        {HOST: ("127.0.0.1", at_hub.port)},
    )

    early = call(caller, f"https://{HOST}{PATH}")
    assert isinstance(early, CallFailure)
    assert early.cause is CallCause.SERVER_NOT_YET_VALID
    assert at_hub.endpoint.judgement(0, ()) is None
    elsewhere = call(replace(caller, now=OVERLAP), f"https://{HOST}/nothing")
    assert isinstance(elsewhere, Reply)
    assert elsewhere.status == 404
