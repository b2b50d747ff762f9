"""From paths to cases: which files are meant, what their cases are called, which of them are selected."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import ScenarioError, ScenarioErrors, UsageError, one_line
from harness.scenario.case import CaseInfo
from harness.scenario.concrete import ConcreteScenario
from harness.scenario.matrix import most_cases, too_many_cases
from harness.scenario.reader import ScenarioFile, Variant, read_file
from harness.scenario.selection import keyword_matcher, tag_matcher
from harness.scenario.wording import nearest

SUFFIXES = (".yaml", ".yml")
_SUITE_FOLDER = "scenarios"


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to run: what it is called, and what is done."""

    info: CaseInfo
    scenario: ConcreteScenario


@dataclass(frozen=True, slots=True)
class BrokenFile:
    """A file that holds mistakes, called as its only case would be; nothing of it can be run."""

    info: CaseInfo
    errors: tuple[ScenarioError, ...]


def load(paths: Iterable[Path]) -> list[ScenarioFile]:
    """Read scenario files as :func:`load_all`; raises :class:`ScenarioErrors` with all that is wrong in all files."""
    files, broken = load_all(paths)
    if broken:
        raise all_mistakes(broken)
    return files


def load_all(paths: Iterable[Path]) -> tuple[list[ScenarioFile], list[BrokenFile]]:
    """Read scenario files, and folders with all ``*.yaml`` and ``*.yml`` in them, sorted by path.

    A case's id begins with the file's path below the innermost folder ``scenarios``; where there is none,
    below the folder that was asked for. Returns the right files and those that hold mistakes. Raises
    :class:`UsageError` for a path that does not exist.
    """
    files: list[ScenarioFile] = []
    broken: list[BrokenFile] = []
    for file, identifier in _identified(paths):
        try:
            files.append(read_file(file, identifier))
        except ScenarioErrors as found:
            broken.append(_broken(file, identifier, found.errors))
    repeated = _same_names(files)
    for path in dict.fromkeys(error.place.file for error in repeated):
        again = next(file for file in files if file.file == path)
        broken.append(_broken(path, again.id, [one for one in repeated if one.place.file == path]))
        files.remove(again)
    return files, broken


def all_mistakes(broken: Iterable[BrokenFile]) -> ScenarioErrors:
    """Return what is wrong in all those files."""
    return ScenarioErrors([error for file in broken for error in file.errors])


def _broken(file: Path, identifier: str, errors: Sequence[ScenarioError]) -> BrokenFile:
    info = CaseInfo(
        id=identifier, title="a scenario with mistakes", why="", file=file, line=errors[0].place.line
    )
    return BrokenFile(info, tuple(errors))


def plan(files: Sequence[ScenarioFile], tags: Sequence[str] = (), keyword: str = "") -> list[Case]:
    """Return the cases of the files that are selected, in the order of the files.

    ``tags``: a case needs one of them, and none that begins with ``!``. ``keyword`` is matched against
    id and title, see :func:`harness.scenario.selection.keyword_matcher`. Raises :class:`UsageError` for
    a keyword expression that is wrong, for a tag that no scenario has, and for more cases than the limit.
    """
    count = sum(len(file.variants) for file in files)
    if count > most_cases():
        raise UsageError("; ".join(too_many_cases(count, most_cases())))
    cases = [_case(file, variant) for file in files for variant in file.variants]
    _check_tags(tags, cases)
    tagged, worded = tag_matcher(tags), keyword_matcher(keyword)
    return [case for case in cases if tagged(case.info.tags) and worded(f"{case.info.id} {case.info.title}")]


def _case(file: ScenarioFile, variant: Variant) -> Case:
    scenario = variant.scenario
    info = CaseInfo(
        id=file.id + variant.label,
        title=scenario.title,
        why=scenario.why,
        file=file.file,
        line=file.place.line,
        tags=scenario.tags,
        refs=scenario.refs,
    )
    return Case(info, scenario)


def _check_tags(tags: Iterable[str], cases: Iterable[Case]) -> None:
    known = sorted({tag for case in cases for tag in case.info.tags})
    for tag in tags:
        word = tag.removeprefix("!")
        if word not in known:
            near = nearest(word, known)
            fix = f"did you mean {near!r}?" if near else f"there are: {', '.join(known) or 'none'}"
            raise UsageError(f"no scenario has the tag {word!r}; {fix}")


def _identified(paths: Iterable[Path]) -> list[tuple[Path, str]]:
    """Return every file once, with the beginning of its cases' ids."""
    found: dict[Path, tuple[Path, str]] = {}
    for path in paths:
        for file in _files(path):
            base = path if path.is_dir() else path.parent
            found.setdefault(file.resolve(), (file, _identifier(file, base)))
    return list(found.values())


def _files(path: Path) -> list[Path]:
    try:
        return _existing(path)
    except OSError as error:  # a name that is too long, a folder that may not be entered
        raise UsageError(f"{one_line(str(path))} cannot be read: {(error.strerror or '').lower()}") from None


def _existing(path: Path) -> list[Path]:
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.suffix in SUFFIXES and file.is_file())
        if not files:
            raise UsageError(f"{path} holds no scenario; name a folder with files *.yaml")
        return files
    if not path.exists():
        raise UsageError(f"{path} does not exist{_nearest_path(path)}")
    return [path]


def _nearest_path(path: Path) -> str:
    parent = path.parent
    if path.is_symlink():
        return "; it is a link that leads nowhere"
    if not parent.is_dir():
        return f", nor does {parent}"
    near = nearest(path.name, sorted(entry.name for entry in parent.iterdir()))
    return f"; did you mean {parent / near}?" if near else ""


def _identifier(file: Path, base: Path) -> str:
    resolved = file.resolve()
    suite = next((folder for folder in resolved.parents if folder.name == _SUITE_FOLDER), base.resolve())
    if not resolved.is_relative_to(suite):  # a link, or a pipe such as /dev/stdin
        return file.stem
    return resolved.relative_to(suite).with_suffix("").as_posix()


def _same_names(files: Sequence[ScenarioFile]) -> list[ScenarioError]:
    return _repeated(
        files, "id", [file.id for file in files], "rename the file, or run the folder above both"
    ) + (
        _repeated(files, "title", [file.title for file in files], "give it a title that says how it differs")
    )


def _repeated(
    files: Sequence[ScenarioFile], what: str, names: Sequence[str], fix: str
) -> list[ScenarioError]:
    first: dict[str, ScenarioFile] = {}
    errors = []
    for file, name in zip(files, names, strict=True):
        earlier = first.setdefault(name, file)
        if earlier is not file:
            message = f"the {what} {name!r} belongs to {earlier.file} already"
            errors.append(ScenarioError(message, place=file.place, fix=fix))
    return errors
