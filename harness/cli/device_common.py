"""What the commands on a device share: where it is kept, how it is opened, how its answers are told."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand

from harness.cli.exits import ExitCode
from harness.errors import EnvironmentUnavailable, UsageError
from harness.scenario import spellings

if TYPE_CHECKING:
    from harness.device.device import Device
    from harness.device.results import StoreResult, WifiResult
    from harness.rest.numbers import Refused

Directory = Annotated[
    Path,
    typer.Option(
        *spellings.DEVICE.all, metavar="DIR", envvar="EAPTLS_DEVICE", help="Directory that keeps the device."
    ),
]
HERE = Path("device")


@contextmanager
def opened(directory: Path) -> Iterator[Device]:
    """Hold the device that is kept in a directory.

    Raises :class:`UsageError` when there is none, :class:`EnvironmentUnavailable` when it cannot be used:
    another process holds it, others may read its keys, or it is damaged. It is never made anew.
    """
    from harness.device.directory import open_device
    from harness.device.trouble import DeviceMissing, DeviceUnusable

    try:
        with open_device(directory, lambda: datetime.now(UTC)) as device:
            yield device
    except DeviceMissing as missing:
        fix = f"make one with eaptls device init --device {directory}"
        raise UsageError(f"{missing.file}: {missing.what}; {fix}") from None
    except DeviceUnusable as unusable:
        raise EnvironmentUnavailable(f"{unusable.file}: {unusable.what}", hint=unusable.fix) from None


def refuse(text: str, *codes: str | int) -> NoReturn:
    """End with what the device answered: a sentence, the C error and the number of its REST interface."""
    told = ", ".join(str(code) for code in codes if code)
    typer.echo(f"eaptls: {text} ({told})" if told else f"eaptls: {text}", err=True)
    raise typer.Exit(ExitCode.FAILED)


def must(result: StoreResult | WifiResult) -> None:
    """End unless the device did what it was told."""
    if not result.ok:
        refuse(result.text, result.errno, result.number)


def unlocked(device: Device) -> None:
    """End when a device is locked; for what no function of the device is asked."""
    from harness.device.error_numbers import rest_number
    from harness.device.manifest import Access

    refusal = Access(lambda: True, None, device.profile.locked).refusal()
    if refusal:
        refuse(refusal.text, refusal.errno, rest_number(refusal.error))


@contextmanager
def answering() -> Iterator[None]:
    """Turn a refused question into an end with a sentence."""
    from harness.rest.numbers import Refused

    try:
        yield
    except Refused as refused:
        _refuse(refused)


def _refuse(refused: Refused) -> NoReturn:
    refuse(str(refused), refused.number)


def content(path: Path) -> bytes:
    """Return a file's octets; raises :class:`UsageError` when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None


def show_json(document: object) -> None:
    """Write a document as JSON."""
    typer.echo(json.dumps(document, indent=2))


def show_fields(document: Mapping[str, object]) -> None:
    """Write one line per field, free of control characters."""
    width = max(map(len, document), default=0)
    for name, value in document.items():
        typer.echo(f"{name:<{width}}  {word(value)}")


def show_table(rows: Sequence[Sequence[object]], *head: str) -> None:
    """Write rows below their heads, columns aligned."""
    lines = [head, *(tuple(map(word, row)) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        padded = (f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True))
        typer.echo("  ".join(padded).rstrip())


def show_documents(documents: Sequence[Mapping[str, object]], columns: Mapping[str, str]) -> None:
    """Write a row per document and a column per field, those aside that all leave out."""
    given = {name for document in documents for name in document}
    shown = {name: head for name, head in columns.items() if name in given or not documents}
    show_table([[one.get(name) for name in shown] for one in documents], *shown.values())


def word(value: object) -> str:
    """Return a value as one word of a line, free of control characters."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = "" if value is None else str(value)
    # Names in certificates and SSIDs are chosen by others; a terminal must not obey them.
    return "".join(character if character.isprintable() else f"\\x{ord(character):02x}" for character in text)


class DiscreetCommand(TyperCommand):
    """Does not repeat a word that belongs to no option: it may be the rest of a password.

    typer brings its own click or takes another, whose context it does not name.
    """

    allow_extra_args = True

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words of a call; raises click's error for one that belongs to no option."""
        rest = super().parse_args(ctx, args)
        if ctx.args:
            ctx.fail("a word here belongs to no option; put quotes around a value with blanks")
        return rest
