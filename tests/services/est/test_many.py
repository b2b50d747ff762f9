"""A hundred devices at once: each gets its own certificate, none is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha512

from harness.pki.est_messages import PKCS10, decode_certificates
from harness.pki.keys import KeyType, generate
from harness.pki.signing_requests import common_name, make_request, spki
from harness.services.issuing.issuer import identity_of
from harness.services.web.caller import Caller, call
from harness.services.web.listener import Listener
from harness.services.web.messages import Reply
from tests.services.est.conftest import HOST, Estate, request_body

COUNT = 100


def test_a_hundred_devices_enrol_at_once(estate: Estate) -> None:
    devices = [sha512(bytes([number])).hexdigest() for number in range(COUNT)]
    for device in devices:
        estate.security.claim("contoso", device)
    asked = [(device, estate.attested(device), generate(KeyType.EC_P256)) for device in devices]
    with Listener(estate.service, estate.issue(HOST), now=estate.now) as listening:
        base = Caller(
            estate.now(), (estate.root.certificate,), hosts={HOST: ("127.0.0.1", listening.port)}, seconds=30
        )

        def enrol(number: int) -> object:
            _device, credential, key = asked[number]
            caller = Caller(base.now, base.trusts, credential, base.hosts, seconds=base.seconds)
            url = f"https://{HOST}/.well-known/est/simpleenroll"
            headers = {"content-type": PKCS10}
            return call(caller, url, method="POST", headers=headers, body=request_body(key))

        with ThreadPoolExecutor(COUNT) as pool:
            answers = list(pool.map(enrol, range(COUNT)))
    serials = set()
    for (device, _credential, key), answer in zip(asked, answers, strict=True):
        assert isinstance(answer, Reply), answer
        (issued,) = decode_certificates(answer.body)
        assert issued.subject == common_name(identity_of(device))
        assert spki(issued) == spki(make_request(key, common_name("")))
        serials.add(issued.serial_number)
    assert len(serials) == estate.service.issuer.count == COUNT
