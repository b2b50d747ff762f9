"""A plan out of command lines: what a script or a runbook types on a device's command line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePath

from harness.errors import Place, ScenarioError, ScenarioErrors
from harness.rollout.marks import is_comment, is_marked
from harness.rollout.plan import DEVICE, CertificateFacts, DeviceSpec, Party, Plan, PlanStep
from harness.rollout.shell import Written, command_lines
from harness.rollout.sizes import certificate_facts
from harness.scenario.action import Action
from harness.scenario.command_parts import CommandError
from harness.scenario.commandline import command_names, parse_command, redacted
from harness.scenario.spellings import CERTIFICATE_ADD
from harness.scenario.steps_store import Install
from harness.scenario.wording import nearest

# What changes a device, as it is written with its flags; speaking of a command without any is none.
_CHANGES = re.compile(
    r"\baz(?:sphere(?:\.exe)?| sphere)\s+dev(?:ice)?\s+"
    r"(?:cert(?:ificate)?\s+(?:add|delete)\s+[\"']?-|wifi\s+(?:(?:add|enable|disable|forget)\s+[\"']?-|reload-config))",
    re.IGNORECASE,
)
_OF_THE_DEVICE = ("certificate", "wifi", "restart")


def is_followed(line: str) -> bool:
    """Whether a command concerns certificates or networks of a device; others, and questions, change none."""
    words = line.split()
    verb = words[words.index("device") + 1 :] if "device" in words[:3] else []
    if not verb or not (verb[0] in _OF_THE_DEVICE or nearest(verb[0], _OF_THE_DEVICE)):
        return False  # a misspelt one is followed, and its mistake told
    _, queries = command_names()
    return not any(" ".join(["device", *verb[:length]]) in queries for length in (1, 2))


def command_step(line: str, place: Place, actor: str) -> tuple[PlanStep, dict[str, CertificateFacts]]:
    """Return the step that a command is, and what is known of its certificate from the files beside the plan.

    Raises :class:`ScenarioError` for a command that cannot be.
    """
    try:
        action = parse_command(line)
    except CommandError as error:
        column = place.column + error.offset if place.column else 0
        raise ScenarioError(
            error.message, place=Place(place.file, place.line, column), fix=error.fix
        ) from None
    facts: dict[str, CertificateFacts] = {}
    if isinstance(action, Install):
        action, facts = _installed(line, action, place.file.parent)
    return PlanStep(place, action, redacted(line), actor), facts


def _installed(line: str, install: Install, folder: Path) -> tuple[Action, dict[str, CertificateFacts]]:
    """Return an install whose certificate is called like its file; whether key and password fit is not told."""
    public = _value(line, "public")
    name = PurePath(public.strip("{}<>")).name or install.certificate
    private, password = _value(line, "private"), install.password or ""
    facts = certificate_facts(folder, public, private, len(password.encode()))
    plain = install.model_copy(update={"certificate": name, "key_from": None, "password": None})
    return plain, {name: facts}


def _value(line: str, flag: str) -> str:
    """Return what stands after a flag, in any of its spellings."""
    words = [word.strip("\"'") for word in line.replace("=", " ").split()]
    for index, word in enumerate(words[:-1]):
        if word in CERTIFICATE_ADD[flag].all:
            return words[index + 1]
    return ""


def read_commands(text: str, file: Path, name: str) -> Party:
    """Return the plan of a text file; raises :class:`ScenarioErrors` for commands that cannot be."""
    lines = text.splitlines()
    steps: list[PlanStep] = []
    facts: dict[str, CertificateFacts] = {}
    errors: list[ScenarioError] = []
    followed = [written for written in command_lines(lines) if is_followed(written.text)]
    for written in followed:
        place = Place(file, written.line)
        try:
            step, known = command_step(written.text, place, name)
            _check_names(written, step)
        except ScenarioError as error:
            errors.append(error)
            continue
        facts |= known
        steps.append(replace(step, intended=is_marked(lines, written.line, written.last)))
    if errors:
        raise ScenarioErrors(errors)
    unread = tuple(Place(file, line) for line in _unread(lines, followed))
    if not steps:
        raise ScenarioErrors([_nothing(file, unread)])
    return Party(name, (Plan(name, file, tuple(steps), (), {DEVICE: DeviceSpec()}, facts, unread),))


def _unread(lines: Sequence[str], followed: Sequence[Written]) -> Iterator[int]:
    """Yield the lines, counted from 1, with a command that changes a device and was not found to be one."""
    for number, line in enumerate(lines, 1):
        written = len(_CHANGES.findall(line))
        found = sum(bool(_CHANGES.match(one.text)) for one in followed if one.line <= number <= one.last)
        if written > found and not is_comment(line):
            yield number


def _check_names(written: Written, step: PlanStep) -> None:
    """Refuse a command whose IDs or names only the shell will know; which file it reads matters little."""
    assert isinstance(step.does, Action)
    said = [str(value) for key, value in step.does.model_dump().items() if key != "certificate"]
    for name in written.unknown:
        if any(name in value for value in said):
            message = f"the value of {name} is not known before the script runs"
            raise ScenarioError(message, place=step.place, fix="write it out, or give it a value above")


def _nothing(file: Path, unread: Sequence[Place]) -> ScenarioError:
    if unread:
        message = "the command stands where none is looked for, as within a sentence"
        return ScenarioError(message, place=unread[0], fix="write it on a line of its own")
    fix = "name a script or runbook with lines for azsphere or az sphere, a rollout, or a scenario"
    return ScenarioError("no command here concerns certificates or networks", place=Place(file), fix=fix)
