"""The reference of the scenario language, made from the models, so that it cannot say anything else."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from harness.outcome import Cause
from harness.scenario import (
    baseline,
    expect,
    expect_backend,
    expect_device,
    expect_services,
    expect_tenant,
    world,
    world_backends,
    world_est,
    world_path,
    world_services,
    world_tenants,
)
from harness.scenario.action import Action
from harness.scenario.expect import ExpectAction, ExpectAssociation, ExpectStore
from harness.scenario.meanings import meanings
from harness.scenario.models import CutAt, Matrix, Scenario
from harness.scenario.part import Part, key_of
from harness.scenario.schema import stands_alone
from harness.scenario.steps import VERBS
from harness.scenario.steps_clock import At
from harness.scenario.switches import Switches
from harness.scenario.template import template
from harness.scenario.values import Count, PacketChoice, TlsVersion, format_duration
from harness.scenario.values_fleet import Share, Shares, Times

_HEAD = """\
# The scenario language

This page is generated from the models in `harness/scenario`. An editor that reads
`# yaml-language-server: $schema=` completes keys from
[`scenario.schema.json`](scenario.schema.json).

A scenario is a YAML file that reads like a test plan. Whatever it does not mention is the good baseline,
in which every association ends in `connected` with mutual authentication. A file therefore shows its
deviation and nothing else:

```yaml
scenario: An expired client certificate is rejected
certificates: {thermostat: {defect: expired}}
steps:
  - associate: corp
    expect: {verdict: rejected, cause: client-certificate-expired}
```

Durations have a unit: `200ms`, `3s`, `5m`, `3h`, `400d`, `1h30m`. A moment is a shift against the clock of the scenario
(`+400d`, `-1d`) or a UTC date (`2000-01-01`, `2000-01-01T12:00Z`). Counts are `2`, `">=1"`, `"<3"`.
Packets are numbers from 1 (`[1, 3]`), `all`, or `every 3`. A file may use anchors and aliases, not merge keys.
"""

_WORLD: Sequence[tuple[str, type[Part], str]] = (
    ("certificates", world.Certificate, ""),
    ("server", world.Server, "`servers` holds several by name."),
    ("server: tls, device: tls", world.TlsRange, ""),
    ("server: crl", world.Crl, ""),
    ("server: resumption", world.Resumption, ""),
    ("server: policy", world.Policy, ""),
    ("access-point", world.AccessPoint, "`access-points` holds several by name."),
    ("access-point: retry", world.Retry, ""),
    ("impair", world_path.Impairment, "In `access-point` from the start, as a step from then on."),
    ("impair: lose, duplicate", world_path.PacketsBothWays, ""),
    ("impair: delay", world_path.Delay, ""),
    ("services", world_services.Service, "A mapping of services by name."),
    ("services: rate-limit", world_services.RateLimit, ""),
    ("services: fault", world_services.Fault, ""),
    ("services: est", world_est.Est, ""),
    ("services: answer", world_services.Spoilt, ""),
    ("tenants", world_tenants.Tenant, "A mapping of tenants by name."),
    ("security-service", world_tenants.SecurityService, ""),
    ("back-ends", world_backends.BackEnd, "A mapping of back ends by name."),
    ("device", world.Device, "`devices` holds several by name; each step then says which: `device: name`."),
    ("device: applications", world.Application, ""),
    (
        "device: switches",
        Switches,
        "They stand beside the other keys of `device`; [switches](device-switches.md) tells what is known of each.",
    ),
)
_PARTS_OF_STEPS: Mapping[str, Sequence[tuple[str, type[Part]]]] = {
    "bootstrap": (("bootstrap, re-enroll: request", world_est.EstRequest),),
    "clock": (("clock: at", At),),
}
"""Mappings inside a step, below the step."""
_EXPECTATIONS: Sequence[tuple[str, type[Part]]] = (
    ("expect of associate", ExpectAssociation),
    ("expect of associate: alerts", expect.ExpectAlerts),
    ("expect of associate: server", expect.ExpectServer),
    ("expect of associate: diagnostics", expect.ExpectDiagnostics),
    ("expect of install, delete, move, damage", ExpectStore),
    ("expect of command", expect_tenant.ExpectCommand),
    ("expect of store", expect_device.ExpectHolding),
    ("expect of show", expect_device.ExpectEntry),
    ("expect of status", expect_device.ExpectStatus),
    ("expect of root-renewal, client-renewal", expect_device.ExpectProcedure),
    ("expect of other steps on a device", ExpectAction),
    ("expect of associate-all, join-all, watch", expect.ExpectFleet),
    ("expect of server", expect.ExpectStart),
    ("expect of bootstrap, re-enroll", expect_services.ExpectBootstrap),
    ("expect of attest", expect_tenant.ExpectAttestation),
    ("expect of monitor", expect_tenant.ExpectMonitor),
    ("expect of register, verify, prove, unregister, trust", expect_backend.ExpectTrust),
    ("expect of watch", expect_backend.ExpectWatch),
    ("expect of contact", expect_backend.ExpectContact),
)
_KINDS: dict[Any, str] = {
    str: "text",
    int: "number",
    bool: "`true`, `false`",
    timedelta: "duration",
    datetime: "date",
    Count: "count",
    Share: "share",
    Shares: "share, or range of shares",
    Times: "range of time",
    PacketChoice: "packets",
    Cause: "a [cause](causes.md)",
}


def reference_text() -> str:
    """Return the page ``scenario-language.md``."""
    return "\n".join(_page()).rstrip() + "\n"


def _page() -> Iterator[str]:
    yield _HEAD
    yield from _section("## The file", Scenario)
    yield from _baseline()
    yield "## The world\n"
    for heading, part, remark in _WORLD:
        yield from _section(f"### {heading}", part, remark)
    yield from _steps()
    yield "## Expectations\n\nEvery key that is written is checked, no other.\n"
    for heading, part in _EXPECTATIONS:
        yield from _section(f"### {heading}", part)
    yield from _matrix()
    yield f"## A file to start from\n\n`eaptls new` writes this:\n\n```yaml\n{template()}```\n"


def _baseline() -> Iterator[str]:
    yield "## The good baseline\n"
    rows = [line for line in inspect.cleandoc(baseline.__doc__ or "").splitlines() if line]
    bars = [index for index, line in enumerate(rows) if line.startswith("===")]
    yield "| what | how |\n|---|---|"
    yield from _table_rows(rows[bars[0] + 1 : bars[1]])
    yield "\n" + _markdown(" ".join(rows[bars[1] + 1 :])) + "\n"


def _table_rows(lines: Sequence[str]) -> Iterator[str]:
    joined: list[tuple[str, str]] = []
    for line in lines:
        head, tail = line[:15].strip(), line[15:].strip()
        if head:
            joined.append((head, tail))
        else:
            joined[-1] = (joined[-1][0], f"{joined[-1][1]} {tail}")
    for head, tail in joined:
        yield f"| {head} | {_markdown(tail)} |"


def _steps() -> Iterator[str]:
    yield "## Steps\n"
    yield (
        "A step is a mapping with one verb; `device` and `expect` stand beside it where they make sense. "
        "`associate`, `join` and `reauthenticate` must say what is expected, other steps on a device are expected "
        "to succeed.\n\n"
        "`by` beside a step on a device names the application that does it. It is refused with EACCES what its "
        "capabilities do not cover; the command line, which does the other steps, may do everything unless the "
        "device is `locked`.\n\n"
        "A step whose `device` is a fleet (a device with a `count`) is done by each of its devices that is not offline, "
        "one after the other, and each has to come to what is expected; `share` narrows it to a part. Where it names a "
        "client certificate each uses its own, where it names the identity of one, its own name. Joining is the business "
        "of `associate-all`, `join-all` and `watch`, which do it for many at a time.\n"
    )
    yield from _section("### power-cut-at", CutAt, "`power-cut-at` stands beside a verb that writes.")
    for verb, action in VERBS.items():
        yield from _section(f"### {verb}", action, _step_remark(verb, action))
        for heading, part in _PARTS_OF_STEPS.get(verb, ()):
            yield from _section(f"### {heading}", part)


def _step_remark(verb: str, action: type[Action]) -> str:
    if issubclass(action, world.Server):
        return "Every key of [server](#server) may stand here too."
    return f"Written as `- {verb}`." if stands_alone(verb) else ""


def _own_fields(part: type[Part]) -> list[tuple[str, FieldInfo]]:
    """Return the fields in the order of the reference; a change of a server repeats none of the server's."""
    inherited = {
        name
        for base in (world.Server, Switches)
        if part is not base and issubclass(part, base)
        for name in base.model_fields
    }
    own = [(name, field) for name, field in part.model_fields.items() if name not in inherited]
    return sorted(own, key=lambda item: not item[1].is_required())


def _matrix() -> Iterator[str]:
    yield from _section("## The matrix", Matrix)
    yield """\
```yaml
matrix:
  cases:                                   # rows: values that belong together
    - {defect: expired, cause: client-certificate-expired}
    - {defect: revoked, cause: client-certificate-revoked}
  tls: ["1.2", "1.3"]                      # combined with every row
  path: {good: {}, lossy: {lose: {to-server: [2]}}}   # values with names
  exclude: [{defect: revoked, tls: "1.2"}]
```

`${tls}` alone is the value itself, `TLS ${tls}` a text that contains it, `$${` the text `${`. A case is called
after its file and its values, as in `tls/faults[defect=expired,tls=1.3,path=lossy]`; of a row, the id shows as many
leading variables as tell the rows apart. A variable that is not used, or not defined, is a mistake.
"""


def _section(heading: str, part: type[Part], remark: str = "") -> Iterator[str]:
    yield f"{heading}\n"
    words = [_markdown(" ".join(inspect.cleandoc(part.__doc__ or "").split())), remark]
    yield " ".join(filter(None, words)) + "\n"
    if part.model_fields:
        yield "| key | value | default | meaning |\n|---|---|---|---|"
        meant = meanings(part)
        yield from (_row(name, field, meant[name]) for name, field in _own_fields(part))
        yield ""


def _row(name: str, field: FieldInfo, meaning: str) -> str:
    words = " ".join(meaning.split())
    cells = (f"`{key_of(name)}`", _kind(field.annotation), _default(field), _markdown(words))
    return "| " + " | ".join(cells) + " |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**must be written**"
    value = field.get_default(call_default_factory=True)
    if value is None or value in ("", (), {}) or isinstance(value, Part):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return f"`[{', '.join(map(_plain, value))}]`"
    return f"`{_plain(value)}`"


def _plain(value: object) -> str:
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}"
    return str(int(value)) if isinstance(value, IntEnum) else str(value)


def _kind(annotation: Any) -> str:
    arguments = [item for item in get_args(annotation) if item is not NoneType and item is not Ellipsis]
    origin = get_origin(annotation)
    if origin in {Union, UnionType}:
        return "moment" if timedelta in arguments else _kind(arguments[0])
    if origin is Literal:
        return ", ".join(f"`{word}`" for word in arguments)
    if origin is tuple:
        inner = _kind(arguments[0])
        return "list of steps" if inner == "step" else f"list of {inner}"
    if origin is dict:
        return f"name: {_kind(arguments[1])}"
    if origin is not None:  # Annotated
        return _kind(arguments[0])
    return _kind_of_class(annotation)


def _kind_of_class(annotation: Any) -> str:
    if annotation in _KINDS:
        return _KINDS[annotation]
    if isinstance(annotation, type) and issubclass(annotation, IntEnum):
        return "number"
    if annotation is TlsVersion or (isinstance(annotation, type) and issubclass(annotation, StrEnum)):
        return ", ".join(f"`{word}`" for word in annotation)
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return _kind_of_part(annotation)
    return "any value"


def _kind_of_part(part: type[Part]) -> str:
    if part.shorthand:
        return f"mapping, or `{key_of(part.shorthand)}` alone"
    return "mapping"


def _markdown(text: str) -> str:
    return text.replace("``", "`").replace("|", "\\|")
