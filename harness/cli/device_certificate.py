"""``eaptls device certificate``: the certificates in a device's store."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.device_command import TABLE, DeviceCommand, Output, answer
from harness.cli.device_common import (
    HERE,
    Directory,
    answering,
    content,
    must,
    opened,
    show_fields,
    show_table,
)
from harness.cli.exits import guarded
from harness.errors import UsageError
from harness.scenario.spellings import CERTIFICATE_ADD, CERTIFICATE_ID


class CertificateType(StrEnum):
    """What a certificate is installed as."""

    CLIENT = "client"
    ROOT_CA = "rootca"


_WORDS = {"client": "client certificate", "rootca": "root CA"}
_Id = Annotated[
    str, typer.Option(*CERTIFICATE_ID.all, metavar="ID", help="Certificate ID, 1 to 16 characters.")
]


def build() -> typer.Typer:
    """Return the group of commands on certificates."""
    app = typer.Typer(help="Certificates in the device's store.", no_args_is_help=True)
    app.command("add", cls=DeviceCommand)(guarded(add))
    app.command("list", cls=DeviceCommand)(guarded(list_ids))
    app.command("show", cls=DeviceCommand)(guarded(show))
    app.command("delete", cls=DeviceCommand)(guarded(delete))
    app.command("show-quota", cls=DeviceCommand)(guarded(show_quota))
    return app


def add(
    *,
    cert_id: _Id,
    cert_type: Annotated[
        CertificateType, typer.Option(*CERTIFICATE_ADD["type"].all, help="What it is installed as.")
    ],
    public_key_file: Annotated[
        Path, typer.Option(*CERTIFICATE_ADD["public"].all, metavar="FILE", help="The certificate, PEM.")
    ],
    private_key_file: Annotated[
        Path | None,
        typer.Option(
            *CERTIFICATE_ADD["private"].all,
            metavar="FILE",
            help="The private key of a client certificate, PEM.",
        ),
    ] = None,
    private_key_password: Annotated[
        str | None,
        typer.Option(
            *CERTIFICATE_ADD["password"].all, metavar="TEXT", help="Only for a private key that is encrypted."
        ),
    ] = None,
    device: Directory = HERE,
    output: Output = TABLE,
) -> None:
    """Install a certificate; whatever is under that ID, of either type, is replaced."""
    _check(cert_type, private_key_file, private_key_password)
    certificate = content(public_key_file)
    key = None if private_key_file is None else content(private_key_file)
    with opened(device) as held:
        store = held.application(None).certificates
        result = store.install(cert_id, cert_type.value, certificate, key, private_key_password)
    must(result)
    told = f"{_WORDS[cert_type]} {cert_id!r} installed"
    if result.replaced is not None:
        told += f"; it replaces a {_WORDS[result.replaced]}, which networks use until the next reload"
    answer(output, {}, lambda: typer.echo(told))


def _check(cert_type: CertificateType, key: Path | None, password: str | None) -> None:
    if cert_type is CertificateType.CLIENT:
        if key is None:
            raise UsageError("a client certificate needs its private key; add --private-key-file FILE")
        return
    for flag, given in (("--private-key-file", key), ("--private-key-password", password)):
        if given is not None:
            raise UsageError(f"a root CA has no private key; leave {flag} out")


def list_ids(*, device: Directory = HERE, output: Output = TABLE) -> None:
    """List the certificates: ID, end of validity, subject."""
    from harness.rest import certificates
    from harness.rest.calls import Call, Surroundings

    with opened(device) as held, answering():
        document = certificates.identifiers(held, Call(), Surroundings()).document
        store = held.store
        rows = [
            (one, store.not_after(one).value, store.subject_name(one).value) for one in store.identifiers()
        ]
    answer(output, document, lambda: show_table(rows, "ID", "NOT AFTER", "SUBJECT"))


def show(*, cert_id: _Id, device: Directory = HERE, output: Output = TABLE) -> None:
    """Show one certificate."""
    from harness.rest import certificates
    from harness.rest.calls import Call, Surroundings

    with opened(device) as held, answering():
        document = certificates.show(held, Call(cert_id), Surroundings()).document
    answer(output, document, lambda: show_fields(document))


def delete(*, cert_id: _Id, device: Directory = HERE, output: Output = TABLE) -> None:
    """Delete a certificate, in use or not."""
    with opened(device) as held:
        result = held.application(None).certificates.delete_certificate(cert_id)
    must(result)
    answer(output, {}, lambda: typer.echo(f"certificate {cert_id!r} deleted"))


def show_quota(*, device: Directory = HERE, output: Output = TABLE) -> None:
    """Show how much space is free, in bytes."""
    from harness.rest import certificates
    from harness.rest.calls import Call, Surroundings

    with opened(device) as held, answering():
        document = certificates.space(held, Call(), Surroundings()).document
    answer(output, document, lambda: typer.echo(f"{document['AvailableSpace']} bytes are free"))
