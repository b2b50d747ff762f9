"""The commands about tenants and their CA certificates: those of the documents, in both programs.

Behaviour reference, section 2.4. The names that ``azsphere`` had for them at first are known as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from harness.scenario.action import Action
from harness.scenario.command_parts import CommandError, Commands, Options
from harness.scenario.spellings import (
    DESTINATION,
    INTEGRATED,
    LEGACY,
    OLD_DESTINATION,
    OUTPUT,
    RESOURCE_GROUP,
    TENANT_NAME,
    TENANT_SELECTED,
    VERIFICATION_CODE,
    WHICH_CA,
    WHOSE,
)
from harness.scenario.steps_tenant import (
    CreateTenant,
    Download,
    ListAuthorities,
    ListTenants,
    SelectTenant,
    ShowSelected,
    What,
)

PROGRAM = "program"
"""The option under which the parser says which program it was, where that makes a difference."""
_INDEX = re.compile(r"[0-9]{1,6}")
_LETTER = re.compile(r"\{[A-Z]\}")
_THUMBPRINT = re.compile(r"[0-9A-Fa-f: ]+")


def _text(options: Options, name: str) -> str | None:
    return options[name].text if name in options else None


def _index(options: Options) -> int | None:
    word = options.get("index")
    if word is None:
        return None
    if not _INDEX.fullmatch(word.text):
        raise CommandError(f"{word.text!r} is no index", "write a number, counted from 1", word.offset)
    return int(word.text)


def _thumbprint(options: Options) -> str | None:
    word = options.get("thumbprint")
    if word is not None and not (_LETTER.fullmatch(word.text) or _THUMBPRINT.fullmatch(word.text)):
        fix = "write 40 hexadecimal digits, or {B} for that of the second CA"
        raise CommandError(f"{word.text!r} is no thumbprint", fix, word.offset)
    return word.text if word else None


def _list(options: Options) -> Action:
    return ListAuthorities(tenant=_text(options, "tenant"), integrated=_text(options, PROGRAM) == INTEGRATED)


def _download(what: What, options: Options) -> Action:
    return Download.model_validate(
        {
            "what": what,
            "file": options["destination"].text,
            "index": _index(options),
            "thumbprint": _thumbprint(options),
            "serial": _text(options, "serial"),
            "code": _text(options, "code"),
            "tenant": _text(options, "tenant"),
        }
    )


_TO = {"destination": DESTINATION, **WHOSE, **WHICH_CA}
_PROOF = {"code": VERIFICATION_CODE, **_TO}
_OLD = {"destination": OLD_DESTINATION, "tenant": WHOSE["tenant"]}
_CATALOG = {"group": RESOURCE_GROUP, "output": OUTPUT}

TENANT_COMMANDS: Commands = {
    "ca-certificate list": (WHOSE, _list),
    "ca-certificate download": (_TO, lambda options: _download("certificate", options)),
    "ca-certificate download-chain": (_TO, lambda options: _download("chain", options)),
    "ca-certificate download-proof": (_PROOF, lambda options: _download("proof", options)),
    "tenant create": (
        {"name": TENANT_NAME, "output": OUTPUT},
        lambda options: CreateTenant(name=options["name"].text),
    ),
    "tenant list": ({"output": OUTPUT}, lambda _: ListTenants()),
    "tenant select": (
        {"tenant": TENANT_SELECTED, "output": OUTPUT},
        lambda options: SelectTenant(tenant=options["tenant"].text),
    ),
    "tenant show-selected": ({"output": OUTPUT}, lambda _: ShowSelected()),
    "tenant download-ca-certificate": (_OLD, lambda options: _download("certificate", options)),
    "tenant download-ca-certificate-chain": (_OLD, lambda options: _download("chain", options)),
    "tenant download-validation-certificate": (
        {"code": VERIFICATION_CODE, **_OLD},
        lambda options: _download("proof", options),
    ),
    "catalog create": (
        {"name": TENANT_NAME, **_CATALOG},
        lambda options: CreateTenant(name=options["name"].text),
    ),
    "catalog list": (_CATALOG, lambda _: ListTenants()),
}
OF_ONE_PROGRAM: Mapping[str, str] = {
    name: LEGACY if name.startswith("tenant") else INTEGRATED
    for name in TENANT_COMMANDS
    if name.startswith(("tenant", "catalog"))
}
"""The program of each command that the other one does not have."""
