"""The commands of the device's command line, as steps: what an administrator types is what is tested.

Both programs are known: the legacy ``azsphere``, with its oldest flag names, and ``az sphere``.
Files are certificates of the scenario: ``{thermostat.pem}`` is the certificate ``thermostat``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import takewhile
from pathlib import PurePath

from harness.device.application_wifi import security_of
from harness.scenario.action import Action
from harness.scenario.command_parts import CommandError, Commands, Options, Word
from harness.scenario.commandline_tenant import OF_ONE_PROGRAM, PROGRAM, TENANT_COMMANDS
from harness.scenario.spellings import (
    CERTIFICATE_ADD,
    CERTIFICATE_ID,
    COMMON,
    INTEGRATED,
    LEGACY,
    NETWORK_ID,
    OUTPUT_FORMATS,
    WIFI_ADD,
    Flag,
    which,
)
from harness.scenario.steps_store import Delete, Install
from harness.scenario.steps_wifi import Reload, Restart, WifiAdd, WifiDisable, WifiEnable, WifiForget
from harness.scenario.wording import listed, suggestion
from harness.scenario.words import Kind, WordProblem, sort_words

_WORD = re.compile(r"""(?:"[^"]*"|'[^']*'|[^\s"'])+""")
_QUOTES = re.compile(r"""["']""")
_MASK = "***"
_QUOTED = re.compile(r"""(["'])(.*?)\1""")
_KEY = ".key"
_TYPES = ("rootca", "client")


def parse_command(line: str, *, psk_beside_certificate: bool = False) -> Action:
    """Return what a command does; the switch is that of the device that it is typed for.

    Raises :class:`CommandError` for a command, flag or value that does not exist, with the nearest right one.
    """
    words = _words(line)
    program, rest = _program(words)
    command, arguments = _command(program, rest)
    flags, build = _COMMANDS[command]
    options = _options(f"{program} {command}", program, flags, arguments)
    lacking = [
        flag.names(program)[0] for name, flag in flags.items() if flag.required and name not in options
    ]
    if lacking:
        raise CommandError(f"`{program} {command}` lacks {listed(lacking)}", f"add {lacking[0]} ...", 0)
    if {"psk", "client"} <= options.keys() and not psk_beside_certificate:
        message = "a network has a pre-shared key or a certificate"
        raise CommandError(message, "leave one out", options["psk"].offset)
    if program == INTEGRATED and command in TENANT_COMMANDS:
        options = {**options, PROGRAM: Word(INTEGRATED, 0)}
    return build(options)


def redacted(line: str) -> str:
    """Return a command without the values of its password and pre-shared key, fit for a report."""
    pieces: list[str] = []
    end, hidden = 0, False
    secret = _secret_flags(line)
    for match in _WORD.finditer(line):
        pieces.append(line[end : match.start()])
        end = match.end()
        flag, joined, value = _QUOTES.sub("", match[0]).partition("=")
        if hidden:
            hidden = not flag and not value  # a lone = stands before the value
            pieces.append(match[0] if hidden else _MASK)
        elif flag in secret:
            hidden = not value
            pieces.append(f"{flag}{joined}{_MASK if value else ''}")
        else:
            pieces.append(_without_glued(match[0], secret))
    return "".join([*pieces, line[end:]])


def is_command(text: str) -> bool:
    """Whether a text begins as a command line does; it may then hold a password."""
    return _QUOTES.sub("", text).split()[:1] in ([LEGACY], ["az"])


def _secret_flags(line: str) -> frozenset[str]:
    """Return the flags of a line whose values nobody may see; ``-p`` is a file where certificates are added."""
    psk = set(WIFI_ADD["psk"].all) - ({"-p"} if "certificate" in line.split()[:4] else set())
    return frozenset(psk | set(CERTIFICATE_ADD["password"].all))


def _without_glued(word: str, secret: Iterable[str]) -> str:
    """Return a word that is no flag known here; what begins as a secret one is cut after that."""
    begins = [flag for flag in secret if word.startswith(flag) and word != flag]
    return f"{max(begins, key=len)}{_MASK}" if begins else word


def _words(line: str) -> list[Word]:
    words = [Word(_QUOTED.sub(r"\2", match[0]), match.start()) for match in _WORD.finditer(line)]
    covered = _WORD.sub("", line)
    if covered.strip():
        raise CommandError("a quote is not closed", "close it", line.index(covered.strip()[0]))
    return words


def _program(words: list[Word]) -> tuple[str, list[Word]]:
    # What comes after a flag may be its value, and a secret.
    texts = [word.text for word in takewhile(lambda word: not word.text.startswith("-"), words[:2])]
    if texts[:1] == [LEGACY]:
        return LEGACY, words[1:]
    if texts == INTEGRATED.split():
        return INTEGRATED, words[2:]
    said = " ".join(texts) or "nothing"
    raise CommandError(f"{said!r} is no program of the device", f"begin with {LEGACY} or {INTEGRATED}", 0)


def _command(program: str, words: list[Word]) -> tuple[str, list[Word]]:
    verbs = list(takewhile(lambda word: not word.text.startswith("-"), words[:3]))
    for length in range(len(verbs), 1, -1):
        command = " ".join(word.text for word in verbs[:length])
        if command in _COMMANDS and OF_ONE_PROGRAM.get(command, program) == program:
            return command, words[length:]
    said = " ".join(word.text for word in verbs)
    offset = verbs[0].offset if verbs else 0
    if said in _QUERIES:
        raise CommandError(
            f"`{program} {said}` changes nothing", "ask with the steps store, show or status", offset
        )
    known = [name for name in _COMMANDS if OF_ONE_PROGRAM.get(name, program) == program]
    raise CommandError(f"`{program}` has no command {said!r} here", suggestion(said, known), offset)


def _options(command: str, program: str, flags: Mapping[str, Flag], words: list[Word]) -> Options:
    kinds = {
        spelling: Kind(name, switch=flag.switch)
        for name, flag in flags.items()
        for spelling in flag.names(program)
    }
    names = {spelling: kind.name for spelling, kind in kinds.items()}
    try:
        given = sort_words([word.text for word in words], kinds)
    except WordProblem as problem:
        raise CommandError(problem.message, problem.fix, words[problem.index].offset) from None
    options: dict[str, Word] = {}
    for one in given:
        if one.kind is None or one.value is None:
            raise _unknown_flag(command, words[one.index], flags, names)
        options[one.kind.name] = Word(one.value, words[one.value_index].offset)
    _check_output(options.pop("output", None))
    return options


def _check_output(output: Word | None) -> None:
    """Insist on a format that there is; what a step prints nobody sees."""
    if output is not None and output.text not in OUTPUT_FORMATS:
        message = f"{output.text!r} is no output format"
        raise CommandError(message, suggestion(output.text, OUTPUT_FORMATS), output.offset)


def _unknown_flag(
    command: str, word: Word, flags: Mapping[str, Flag], known: Mapping[str, str]
) -> CommandError:
    spelling = word.text.partition("=")[0]
    if not spelling.startswith("-"):
        return CommandError(  # the word may be part of a password, so it is not repeated
            "this word belongs to no flag", "put quotes around a value with spaces", word.offset
        )
    glued = _without_glued(spelling, _secret_flags(command))
    if glued != spelling:
        return CommandError(f"`{command}` has no flag {glued!r}", "put a blank before the value", word.offset)
    elsewhere = [name for name, flag in flags.items() if spelling in (*flag.legacy, *flag.integrated)]
    here = [right for right, name in known.items() if name in elsewhere]
    fix = f"it is called {here[0]} there" if here else suggestion(spelling, known)
    return CommandError(f"`{command}` has no flag {spelling!r}", fix, word.offset)


def _install(options: Options) -> Action:
    kind, private, password = options["type"], options.get("private"), options.get("password")
    if kind.text not in _TYPES:
        raise CommandError(
            f"{kind.text!r} is no type of certificate", suggestion(kind.text, _TYPES), kind.offset
        )
    public = options["public"]
    if PurePath(public.text.strip("{}<>")).suffix == _KEY:
        fix = f"write {{{_certificate(public)}.pem}}"
        raise CommandError(f"{public.text} is a private key, not a certificate", fix, public.offset)
    written = {"id": options["id"].text, "type": kind.text, "certificate": _certificate(public)}
    if kind.text == "rootca":
        for extra in (private, password):
            if extra:
                raise CommandError("a root CA has no private key", "leave the flag out", extra.offset)
        return Install.model_validate(written)
    if private is None:
        raise CommandError("a client certificate needs its private key", "add --private-key-file ...", 0)
    written |= {"key-from": _certificate(private), "password": password.text if password else ""}
    return Install.model_validate(written)


def _certificate(file: Word) -> str:
    """Return the name of the certificate that a file stands for: its name without folder and suffix."""
    return PurePath(file.text.strip("{}<>")).stem


def _wifi_add(options: Options) -> Action:
    psk = options.get("psk")
    client, root = (options[name].text if name in options else None for name in ("client", "root"))
    written = {
        "name": options["name"].text if "name" in options else "",
        "ssid": options["ssid"].text,
        "client-cert-id": client,
        "root-ca-cert-id": root,
        "client-id": options["identity"].text if "identity" in options else None,
        "security": security_of(psk.text if psk else None, client, root),
        "psk": psk.text if psk else None,
        "targeted-scan": options["scan"].text == "true" if "scan" in options else None,
        "reload": False,
    }
    return WifiAdd.model_validate(written)


_COMMANDS: Commands = {
    "device certificate add": (CERTIFICATE_ADD, _install),
    "device certificate delete": (
        {"id": CERTIFICATE_ID, **COMMON},
        lambda options: Delete(id=options["id"].text),
    ),
    "device wifi add": (WIFI_ADD, _wifi_add),
    "device wifi enable": (
        {"id": NETWORK_ID, **COMMON},
        lambda options: WifiEnable(network=which(options["id"].text)),
    ),
    "device wifi disable": (
        {"id": NETWORK_ID, **COMMON},
        lambda options: WifiDisable(network=which(options["id"].text)),
    ),
    "device wifi forget": (
        {"id": NETWORK_ID, **COMMON},
        lambda options: WifiForget(network=which(options["id"].text)),
    ),
    "device wifi reload-config": (COMMON, lambda _: Reload()),
    "device restart": (COMMON, lambda _: Restart()),
    **TENANT_COMMANDS,
}
_QUERIES = frozenset(
    {
        "device certificate list",
        "device certificate show",
        "device certificate show-quota",
        "device wifi list",
        "device wifi show",
        "device wifi show-status",
        "device wifi scan",
        "device network show-diagnostics",
        "device network list-interfaces",
        "device network show-status",
    }
)


def command_names() -> tuple[frozenset[str], frozenset[str]]:
    """Return the commands on a device that a step can be, and those that only ask."""
    return frozenset(_COMMANDS) - frozenset(TENANT_COMMANDS), _QUERIES
