"""``/certstore``: the certificates of the device."""

from __future__ import annotations

from harness.device.checks import CheckFailed, check_id
from harness.device.device import Device
from harness.device.error_numbers import StoreError
from harness.rest import documents
from harness.rest.calls import Call, Reply, Surroundings, done, text
from harness.rest.documents import value_of
from harness.rest.numbers import Refused


def identifiers(device: Device, _call: Call, _around: Surroundings) -> Reply:
    """List the certificate IDs."""
    value_of(device.application(None).certificates.get_certificate_count())
    return Reply({"identifiers": list(device.store.identifiers())})


def show(device: Device, call: Call, _around: Surroundings) -> Reply:
    """Show one certificate."""
    _check(device, call.part)
    return Reply(documents.certificate(device.application(None).certificates, call.part))


def install(device: Device, call: Call, _around: Surroundings) -> Reply:
    """Install a certificate under an ID, replacing what is there; the type's case does not matter."""
    body = call.body
    result = device.application(None).certificates.install(
        call.part,
        (text(body, "certType", StoreError.TYPE_INVALID) or "").lower(),
        text(body, "publicCert", StoreError.CERTIFICATE_INVALID) or "",
        text(body, "privateKey", StoreError.KEY_INVALID),
        text(body, "password"),
    )
    return done(result)


def delete(device: Device, call: Call, _around: Surroundings) -> Reply:
    """Delete a certificate, in use or not."""
    _check(device, call.part)
    return done(device.application(None).certificates.delete_certificate(call.part))


def space(device: Device, _call: Call, _around: Surroundings) -> Reply:
    """Show the free space, which is written as a string."""
    free = value_of(device.application(None).certificates.get_available_space())
    return Reply({"AvailableSpace": str(free)})


def _check(device: Device, identifier: str) -> None:
    value_of(device.application(None).certificates.get_certificate_count())
    try:
        check_id(identifier, device.profile.long_id_errno)
    except CheckFailed as failure:
        raise Refused(failure.refusal.error, failure.refusal.text) from None
