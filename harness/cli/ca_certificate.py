"""``eaptls ca-certificate``: the CA certificates of a tenant."""

from __future__ import annotations

import os
import tempfile
from base64 import b64decode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.cli.device_command import TABLE, Output, answer
from harness.cli.device_common import content, show_table
from harness.cli.exits import ExitCode
from harness.cli.security_common import (
    HERE,
    At,
    Group,
    Office,
    Service,
    Tenant,
    Trusts,
    commands_of,
    of_tenant,
    office,
)
from harness.errors import EnvironmentUnavailable, UsageError
from harness.scenario import spellings

Json = Mapping[str, Any]
_Destination = Annotated[
    Path, typer.Option(*spellings.DESTINATION.all, metavar="FILE", help="The file to write.")
]
_Index = Annotated[
    str | None,
    typer.Option(*spellings.INDEX.all, metavar="N", help="Its place in the list, counted from 1."),
]
_Thumbprint = Annotated[
    str | None,
    typer.Option(*spellings.THUMBPRINT.all, metavar="HEX", help="Its thumbprint, as the list tells it."),
]
_Serial = Annotated[
    str | None,
    typer.Option(*spellings.SERIAL.all, metavar="HEX", help="Its serial number; .default: the Active one."),
]


def commands() -> dict[str, Any]:
    """Return the commands by name."""
    return commands_of(
        {
            "list": list_certificates,
            "download": download,
            "download-chain": download_chain,
            "download-proof": download_proof,
        }
    )


def list_certificates(
    *,
    tenant: Tenant = None,
    resource_group: Group = None,
    trusted: Annotated[
        Path | None,
        typer.Option(
            "--trusted",
            metavar="FILE",
            help="What a back end trusts, PEM or DER: end with 1 when a CA is lacking that signs or will.",
        ),
    ] = None,
    service: Service = HERE,
    service_trust: Trusts = None,
    at: At = None,
    output: Output = TABLE,
) -> None:
    """List the CAs of a tenant, oldest first, with the documented status of each."""
    from harness.services.security.lifecycle import Meaning

    with office(service, service_trust, at) as desk:
        document = desk.ask(of_tenant(tenant, "certs"))
    listed = document["certificates"]
    # Only the integrated program has resource groups, and only it says Expired.
    word = "integratedStatus" if resource_group else "status"
    rows = [
        (one["index"], one["thumbprint"], one["notBeforeUtc"], one["expiryUtc"], one[word]) for one in listed
    ]
    heads = ("INDEX", "THUMBPRINT", "NOT BEFORE", "NOT AFTER", "STATUS")
    known = _trusted(listed, trusted) if trusted is not None else None
    lacking = (
        [one for one in listed if Meaning(one["meaning"]).is_needed and one["index"] not in known]
        if known is not None
        else []
    )
    answer(output, document, lambda: show_table(rows, *heads))
    for one in lacking:
        told = f"{trusted} lacks CA {one['index']} ({one['thumbprint']}), which is {one['meaning']}"
        typer.echo(f"eaptls: {told}: {one['explanation']}", err=True)
    together = [str(one["index"]) for one in listed if one["index"] in (known or ()) and _is_valid(one)]
    if len(together) > 1:
        told = f"{trusted} holds CAs {' and '.join(together)}, which have one name; where OpenSSL finds them in one store"
        typer.echo(f"eaptls: note: {told}, it accepts the devices of the first alone", err=True)
    if lacking:
        raise typer.Exit(ExitCode.FAILED)


def _is_valid(listed: Json) -> bool:
    return listed["meaning"] in {"active", "new", "retired"}


def _trusted(listed: Sequence[Json], trusted: Path) -> set[int]:
    """Return the indices of the CAs that a file holds; raises :class:`UsageError` for one that OpenSSL refuses."""
    from cryptography import x509

    from harness.services.backend.trust import Trust, read_trust_file
    from harness.services.security.shapes import thumbprint

    data = content(trusted)
    try:
        pem = b"-----BEGIN" in data
        found = x509.load_pem_x509_certificates(data) if pem else [x509.load_der_x509_certificate(data)]
    except ValueError:
        raise UsageError(f"{trusted} holds no certificate; name a file in PEM or DER") from None
    if pem and not isinstance(read := read_trust_file(data), Trust):
        # What a lenient reader finds in it says nothing of a back end, to which the file is as good as empty.
        raise UsageError(f"{trusted}: {read.detail}; let each certificate begin on a line of its own")
    known = {thumbprint(one) for one in found}
    return {one["index"] for one in listed if one["thumbprint"] in known}


def download(
    *,
    destination: _Destination,
    index: _Index = None,
    thumbprint: _Thumbprint = None,
    serial_number: _Serial = None,
    tenant: Tenant = None,
    resource_group: Group = None,
    service: Service = HERE,
    service_trust: Trusts = None,
    at: At = None,
    output: Output = TABLE,
) -> None:
    """Download a CA as a .cer file (DER); the Active one unless another one is named."""
    _ = resource_group
    with office(service, service_trust, at) as desk:
        chosen = {"index": index, "thumbprint": thumbprint, "serial": serial_number}
        data = b64decode(desk.ask(of_tenant(tenant, "cert"), query=chosen))
        one, new = _which(desk, tenant, chosen, data)
    _write(destination, data)
    _tell(output, destination, f"CA {one['index']} ({one['status']}: {one['meaning']})", one, new)


def download_chain(
    *,
    destination: _Destination,
    index: _Index = None,
    thumbprint: _Thumbprint = None,
    serial_number: _Serial = None,
    tenant: Tenant = None,
    resource_group: Group = None,
    service: Service = HERE,
    service_trust: Trusts = None,
    at: At = None,
    output: Output = TABLE,
) -> None:
    """Download root, policy CA and tenant CA, in this order, as a .p7b file (PKCS #7, DER)."""
    _ = resource_group
    with office(service, service_trust, at) as desk:
        chosen = {"index": index, "thumbprint": thumbprint, "serial": serial_number}
        data = b64decode(desk.ask(of_tenant(tenant, "certchain"), query=chosen))
        one, new = _which(desk, tenant, chosen)
    _write(destination, data)
    _tell(output, destination, f"root, policy CA and CA {one['index']}", one, new)


def download_proof(
    *,
    destination: _Destination,
    verification_code: Annotated[
        str,
        typer.Option(
            *spellings.VERIFICATION_CODE.all, metavar="CODE", help="The code that the cloud service shows."
        ),
    ],
    index: _Index = None,
    thumbprint: _Thumbprint = None,
    serial_number: _Serial = None,
    tenant: Tenant = None,
    resource_group: Group = None,
    service: Service = HERE,
    service_trust: Trusts = None,
    at: At = None,
    output: Output = TABLE,
) -> None:
    """Download the proof that a CA is yours, for a code, as a .cer file (DER); it is good for an hour."""
    _ = resource_group
    with office(service, service_trust, at) as desk:
        chosen = {"index": index, "thumbprint": thumbprint, "serial": serial_number}
        data = b64decode(desk.ask(of_tenant(tenant, "verification", verification_code), query=chosen))
        one, new = _which(desk, tenant, chosen)
    _write(destination, data)
    _tell(output, destination, f"proof signed by CA {one['index']}", one, new)


def _which(
    desk: Office, tenant: str | None, chosen: Mapping[str, object], certificate: bytes | None = None
) -> tuple[Json, Json | None]:
    """Return the CA that was got, and the new one when it is another and nobody asked for any by name."""
    from cryptography import x509

    from harness.services.security.shapes import thumbprint

    got = b64decode(desk.ask(of_tenant(tenant, "cert"), query=chosen)) if certificate is None else certificate
    name = thumbprint(x509.load_der_x509_certificate(got))
    listed = desk.ask(of_tenant(tenant, "certs"))["certificates"]
    one = next(one for one in listed if one["thumbprint"] == name)
    named = any(value is not None for value in chosen.values())
    new = next((other for other in listed if other["meaning"] == "new" and not named), None)
    return one, new


def _tell(output: Any, file: Path, what: str, one: Json, new: Json | None) -> None:
    document = {"file": str(file), "index": one["index"], "thumbprint": one["thumbprint"]}
    answer(output, document, lambda: typer.echo(f"{what} written to {file}"))
    if new is not None:
        told = f"CA {new['index']} is new and is not meant unless it is named"
        typer.echo(f"eaptls: {told}; --index {new['index']} gives it", err=True)


def _write(file: Path, data: bytes) -> None:
    """Write a file whole or not at all; what was there before stays until then."""
    temporary = None
    try:
        descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        with os.fdopen(descriptor, "wb") as written:
            written.write(data)
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)
        Path(temporary).replace(file)
    except OSError as error:
        if temporary is not None:
            with suppress(OSError):
                Path(temporary).unlink()
        hint = "choose another --destination, or mend the folder's permissions"
        raise EnvironmentUnavailable(f"cannot write {file}: {error.strerror}", hint=hint) from None
