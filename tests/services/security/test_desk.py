from __future__ import annotations

import json
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from cryptography import x509

from harness.services.security.desk import Desk
from harness.services.security.service import SecurityService
from harness.services.security.shapes import common_name
from harness.services.web.messages import Request
from tests.services.security.conftest import START, openssl


@pytest.fixture
def desk() -> Desk:
    desk = Desk(SecurityService(beginning=START), lambda: START)
    assert ask(desk, "POST", "/v2/tenants", body={"name": "contoso"})[0] == 201
    return desk


def ask(desk: Desk, method: str, path: str, query: str = "", body: object = None) -> tuple[int, Any]:
    data = b"" if body is None else json.dumps(body).encode()
    reply = desk(Request(method, path, query, body=data))
    assert reply.content_type == "application/json"
    return reply.status, json.loads(reply.body)


def test_a_certificate_is_base64_of_its_der(desk: Desk) -> None:
    status, text = ask(desk, "GET", "/v2/tenants/contoso/cert")
    assert status == 200
    one = x509.load_der_x509_certificate(b64decode(text, validate=True))
    assert one == desk.service.download("contoso", START)
    _, listed = ask(desk, "GET", "/v2/tenants/-/certs")
    thumbprint = listed["certificates"][0]["thumbprint"]
    assert ask(desk, "GET", "/v2/tenants/contoso/cert", f"thumbprint={thumbprint}") == (200, text)


def test_a_chain_and_a_proof(desk: Desk) -> None:
    _, chain = ask(desk, "GET", "/v2/tenants/contoso/certchain")
    said = openssl("pkcs7", "-inform", "DER", "-print_certs", "-noout", given=b64decode(chain))
    assert said.count("subject=") == 3
    _, proof = ask(desk, "GET", "/v2/tenants/contoso/verification/C0DE")
    assert common_name(x509.load_der_x509_certificate(b64decode(proof))) == "C0DE"


def test_the_list_says_what_inactive_means(desk: Desk) -> None:
    _, listed = ask(desk, "GET", "/v2/tenants/contoso/certs", "at=E%2B1d")
    words = [
        (one["index"], one["status"], one["integratedStatus"], one["meaning"])
        for one in listed["certificates"]
    ]
    assert words == [(1, "Inactive", "Expired", "expired"), (2, "Active", "Active", "active")]


def test_one_of_several_tenants_is_selected(desk: Desk) -> None:
    assert ask(desk, "GET", "/v2/selected")[1]["name"] == "contoso"
    ask(desk, "POST", "/v2/tenants", body={"name": "fabrikam"})
    status, refusal = ask(desk, "GET", "/v2/tenants/-/cert")
    assert (status, refusal["error"]) == (409, "tenant-not-selected")
    assert ask(desk, "PUT", "/v2/selected", body={"tenant": "fabrikam"})[1]["selected"] is True
    assert ask(desk, "GET", "/v2/tenants/-/cert") == ask(desk, "GET", "/v2/tenants/fabrikam/cert")
    assert [one["selected"] for one in ask(desk, "GET", "/v2/tenants")[1]["tenants"]] == [False, True]


@pytest.mark.parametrize(
    ("method", "path", "query", "body", "status", "error"),
    [
        ("GET", "/v2/tenants/litware/cert", "", None, 404, "tenant-unknown"),
        ("GET", "/v2/tenants/contoso/cert", "index=2", None, 404, "index-unknown"),
        ("GET", "/v2/tenants/contoso/cert", "index=two", None, 400, "request-invalid"),
        ("GET", "/v2/tenants/contoso/cert", "at=later", None, 400, "request-invalid"),
        ("GET", "/v2/tenants/contoso/cert", "index=1&at=E%2B1d", None, 404, "ca-expired"),
        ("GET", "/v2/tenants/contoso/cert", "thumbprint=00", None, 400, "thumbprint-invalid"),
        ("GET", "/v2/tenants/contoso/verification/no%20code", "", None, 400, "code-invalid"),
        ("GET", "/v2/tenants/contoso/keys", "", None, 404, "path-unknown"),
        ("DELETE", "/v2/tenants/contoso", "", None, 404, "path-unknown"),
        ("GET", "/", "", None, 404, "path-unknown"),
        ("POST", "/v2/tenants", "", None, 400, "request-invalid"),
        ("POST", "/v2/tenants", "", ["contoso"], 400, "request-invalid"),
        ("POST", "/v2/tenants", "", {"name": None}, 400, "request-invalid"),
        ("POST", "/v2/tenants", "", {"name": "contoso"}, 409, "tenant-exists"),
        ("POST", "/v2/tenants", "", {"name": "a", "life": "2y"}, 400, "request-invalid"),
        ("POST", "/v2/tenants", "", {"name": "a", "life": "1d"}, 400, "request-invalid"),
        ("POST", "/v2/tenants", "", {"name": "a", "key": "dsa"}, 400, "request-invalid"),
        ("POST", "/v2/tenants", "", {"name": "a", "key": "rsa-2048"}, 400, "request-invalid"),
        ("PUT", "/v2/selected", "", {"tenant": 5}, 400, "request-invalid"),
    ],
)
def test_a_refusal_has_a_reason(
    desk: Desk, method: str, path: str, query: str, body: object, status: int, error: str
) -> None:
    got, refusal = ask(desk, method, path, query, body)
    assert (got, refusal["error"]) == (status, error)
    assert refusal["message"]


def test_a_hundred_requests_at_once(desk: Desk) -> None:
    with ThreadPoolExecutor(20) as threads:
        asked = list(threads.map(lambda _: ask(desk, "GET", "/v2/tenants/-/certs", "at=E-44d"), range(100)))
    assert all(one == asked[0] for one in asked)
    assert len(asked[0][1]["certificates"]) == 2
