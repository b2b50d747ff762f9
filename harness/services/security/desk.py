"""The Security Service as its users reach it: requests in, replies out, in a directory as over HTTPS.

====================================================  =====================================================
``GET /v2/tenants``, ``POST /v2/tenants``             all tenants; make one: ``{"name": "contoso"}``
``GET /v2/selected``, ``PUT /v2/selected``            the tenant that is meant where none is named (``-``)
``GET /v2/tenants/ID/certs``                          its CAs, oldest first
``GET /v2/tenants/ID/cert``                           one of them: a JSON text, base64 of the DER
``GET /v2/tenants/ID/certchain``                      root, policy CA and that CA, as PKCS #7
``GET /v2/tenants/ID/verification/CODE``              the proof of possession for a code
====================================================  =====================================================

``ID`` may be a tenant's name, or ``-``. ``index``, ``thumbprint`` or ``serial`` chooses a CA, the Active one is
the default; ``at`` moves the clock of one request. A refusal is ``{"error", "message", "fix"}``. The paths that the
product documents are its own (behaviour reference, section 2.4); there, who asks has to log in.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from threading import RLock
from typing import Any
from urllib.parse import unquote

from cryptography.hazmat.primitives.serialization import Encoding

from harness.pki.keys import KeyType
from harness.services.security.choice import Listed
from harness.services.security.lifecycle import LifeCycle
from harness.services.security.moments import parse_moment, parse_span
from harness.services.security.refusal import Reason, Refused
from harness.services.security.service import SecurityService, Tenant
from harness.services.web.messages import Reply, Request, phrase

SELECTED = "-"
"""Stands for the selected tenant in a path."""
_SPANS = ("life", "renewal", "activation", "attestation")
_STATUSES = {Reason.TENANT_EXISTS: 409, Reason.TENANT_NOT_SELECTED: 409}
_UNKNOWN = {
    Reason.TENANT_UNKNOWN,
    Reason.INDEX_UNKNOWN,
    Reason.THUMBPRINT_UNKNOWN,
    Reason.SERIAL_UNKNOWN,
    Reason.CA_EXPIRED,
}


class Desk:
    """Answers requests on a service; safe to use from several threads.

    ``selected`` is the ID of the selected tenant, ``""`` where none was. ``now`` is the service's clock.
    """

    def __init__(self, service: SecurityService, now: Callable[[], datetime], selected: str = "") -> None:
        self.service = service
        self.selected = selected
        self._now = now
        self.save: Callable[[], None] = lambda: None
        """Called after every request that was not refused, before it is answered."""
        self._lock = RLock()

    def __call__(self, request: Request) -> Reply:
        """Answer a request."""
        try:
            with self._lock:
                reply = self._answer(request)
                self.save()
                return reply
        except Refused as refused:
            status = 404 if refused.reason in _UNKNOWN else _STATUSES.get(refused.reason, 400)
            return _json(
                status, {"error": refused.reason.value, "message": refused.message, "fix": refused.fix}
            )
        except ValueError as error:
            message, _, fix = str(error).partition("; ")
            return _json(400, {"error": "request-invalid", "message": message, "fix": fix})

    def _answer(self, request: Request) -> Reply:
        asked = request.parameters()
        match request.method, *(unquote(part) for part in request.path.strip("/").split("/")):
            case "GET", "v2", "tenants":
                return _json(200, {"tenants": [self._tenant_document(one) for one in self.service.tenants()]})
            case "POST", "v2", "tenants":
                return self._create(request, asked)
            case "GET", "v2", "selected":
                return _json(200, self._tenant_document(self._tenant(SELECTED)))
            case "PUT", "v2", "selected":
                self.selected = self.service.tenant(_text(_body(request), "tenant")).id
                return _json(200, self._tenant_document(self._tenant(SELECTED)))
            case "GET", "v2", "tenants", which, *rest:
                return self._of_tenant(self._tenant(which), rest, asked)
        return _json(404, {"error": "path-unknown", "message": f"there is no {request.path}", "fix": ""})

    def _of_tenant(self, tenant: Tenant, rest: list[str], asked: Mapping[str, str]) -> Reply:
        now = self._moment(tenant, asked)
        which = (_index(asked), asked.get("thumbprint"), asked.get("serial"))
        match rest:
            case ["certs"]:
                listed = self.service.authorities(tenant, now)
                return _json(200, {"certificates": [_authority_document(one) for one in listed]})
            case ["cert"]:
                return _data(self.service.download(tenant, now, *which).public_bytes(Encoding.DER))
            case ["certchain"]:
                return _data(self.service.chain(tenant, now, *which))
            case ["verification", *said]:
                code = "/".join(said)  # none at all is no code either, and is told so
                return _data(self.service.proof(tenant, now, code, *which).public_bytes(Encoding.DER))
        return _json(404, {"error": "path-unknown", "message": "a tenant has no such thing", "fix": ""})

    def _create(self, request: Request, asked: Mapping[str, str]) -> Reply:
        body = _body(request)
        now = self._moment(None, asked)
        tenant = self.service.create_tenant(_text(body, "name"), now, _lifecycle(body))
        return _json(201, self._tenant_document(tenant))

    def _tenant(self, which: str) -> Tenant:
        if which != SELECTED:
            return self.service.tenant(which)
        tenants = self.service.tenants()
        if self.selected:
            return self.service.tenant(self.selected)
        if len(tenants) == 1:
            return tenants[0]
        message = "no tenant is selected" if tenants else "there is no tenant"
        fix = (
            "select one with tenant select --tenant NAME"
            if tenants
            else "create one with tenant create --name NAME"
        )
        raise Refused(Reason.TENANT_NOT_SELECTED, message, fix)

    def _moment(self, tenant: Tenant | None, asked: Mapping[str, str]) -> datetime:
        now = self._now()
        if "at" not in asked:
            return now

        return parse_moment(asked["at"], now, lambda: self.end(tenant))

    def end(self, tenant: Tenant | None = None) -> datetime:
        """Return when the first CA of a tenant, or of the selected one, ends: the E of the documented timeline."""
        whose = tenant or self._tenant(SELECTED)
        first, *_ = self.service.authorities(whose, whose.created)
        return first.certificate.not_valid_after_utc

    def _tenant_document(self, tenant: Tenant) -> dict[str, object]:
        alone = len(self.service.tenants()) == 1 and not self.selected
        return {
            "id": tenant.id,
            "name": tenant.name,
            "createdUtc": _time(tenant.created),
            "selected": alone or tenant.id == self.selected,
        }


def _authority_document(one: Listed) -> dict[str, object]:
    return {
        "index": one.index,
        "thumbprint": one.thumbprint,
        "name": one.serial_name,
        "subject": one.certificate.subject.rfc4514_string(),
        "notBeforeUtc": _time(one.certificate.not_valid_before_utc),
        "expiryUtc": _time(one.certificate.not_valid_after_utc),
        "status": one.status.value,
        "integratedStatus": one.integrated_status.value,
        "meaning": one.meaning.value,
        "explanation": one.meaning.explanation,
    }


def _lifecycle(body: Mapping[str, Any]) -> LifeCycle | None:
    settings: dict[str, Any] = {name: parse_span(_text(body, name)) for name in _SPANS if name in body}
    if "key" in body:
        settings["key"] = _key(_text(body, "key"))
    return LifeCycle(**settings) if settings else None


def _key(written: str) -> KeyType:
    if written not in set(KeyType):
        raise ValueError(f"{written!r} is no type of key; write ec-p384 or ec-p256")
    return KeyType(written)


def _index(asked: Mapping[str, str]) -> int | None:
    written = asked.get("index")
    if written is None:
        return None
    if not (written.isascii() and written.isdigit() and len(written) < 7):
        raise ValueError(f"{written!r} is no index; write a number, counted from 1")
    return int(written)


def _body(request: Request) -> Mapping[str, Any]:
    try:
        body = json.loads(request.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise ValueError("the body is no JSON object; write one")  # noqa: TRY004 - what a client sent
    return body


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise ValueError(f"{name!r} is no text; write it as one")  # noqa: TRY004 - what a client sent
    return value


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _data(data: bytes) -> Reply:
    return _json(200, b64encode(data).decode())


def _json(status: int, document: object) -> Reply:
    headers = {"content-type": "application/json"}
    return Reply(status, phrase(status), headers, json.dumps(document).encode())
