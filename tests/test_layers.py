"""Who may import whom: every import statement of the package against the rule of the house."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "harness"
MODULES = sorted(PACKAGE.rglob("*.py"))

_SHARED = {"errors", "memory", "observation", "outcome", "strength", "trace"}
_BELOW_PROTOCOL = _SHARED | {"pki", "device"}

# Layer -> what its modules may import from other layers; a dotted name allows that module alone.
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "memory": {"errors"},
    "trace": set(),
    "observation": {"strength", "trace"},
    "strength": set(),
    "outcome": {"observation", "trace"},
    "resources": {"errors"},
    "pki": _SHARED,
    "device": _SHARED | {"pki"},
    "protocol": _BELOW_PROTOCOL,
    "drivers": _BELOW_PROTOCOL | {"protocol"},
    "scenario": {"errors", "observation", "outcome", "pki", "device"},
    "server": {"errors", "memory", "strength", "trace", "pki", "resources"},
    "services": {"errors", "trace", "pki", "resources"},
    "diagnosis": {"outcome", "observation", "strength", "trace", "server.records"},
    "rest": {"errors", "trace", "outcome", "pki", "device"},
    "run": _BELOW_PROTOCOL
    | {"protocol", "drivers", "scenario", "server", "services", "diagnosis", "resources"},
    # A rehearsal of a rollout does what the steps of a run do, on the same device.
    "rollout": {"errors", "outcome", "pki", "device", "scenario", "run.actions", "run.devices"},
    "report": _SHARED | {"run.events", "scenario.case"},
}
# The front doors know everything and are known by nobody.
FRONT_DOORS = {"cli", "pytest_plugin"}
_WORLD = {"asyncio", "random", "secrets", "select", "selectors", "socket", "threading", "time"}


def _layer(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


def _imports(source: str) -> Iterator[str]:
    """Give the dotted names a module imports, wherever in it; ``from a import b`` gives ``a.b``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names)


def _may_import(layer: str, name: str) -> bool:
    """Judge an import of ``harness.<name>``; a layer may import itself."""
    target = name.partition(".")[0]
    if target in FRONT_DOORS - {layer}:
        return False
    if layer in FRONT_DOORS or target == layer:
        return True
    return any(name == allowed or name.startswith(f"{allowed}.") for allowed in ALLOWED[layer])


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_from_its_own_layer_and_those_below(path: Path) -> None:
    layer = _layer(path)
    if layer == "__init__":
        assert list(_imports(path.read_text("utf-8"))) == []
        return
    assert layer in ALLOWED.keys() | FRONT_DOORS, f"layer {layer!r} has no rule in this file"
    for name in _imports(path.read_text("utf-8")):
        assert not name.startswith("."), f"relative import {name}"
        if name.startswith("harness."):
            inner = name.removeprefix("harness.")
            assert _may_import(layer, inner), f"{layer} must not import harness.{inner}"


@pytest.mark.parametrize(
    ("layer", "name", "right"),
    [
        ("protocol", "device.wifi.WifiStack", True),
        ("device", "protocol.tls", False),
        ("protocol", "drivers.blocking", False),
        ("report", "run.events.CaseFinished", True),
        ("report", "run.runner.Runner", False),
        ("report", "run.eventsource", False),
        ("diagnosis", "server.records.LogEvent", True),
        ("diagnosis", "server.journal", False),
        ("scenario", "protocol.tls", False),
        ("run", "cli.main", False),
        ("cli", "pytest_plugin", False),
        ("cli", "run.runner", True),
        ("errors", "trace", False),
        ("rest", "device.wifi.WifiStack", True),
        ("rest", "protocol.tls", False),
        ("run", "rest.service", False),
    ],
)
def test_the_rule_itself(layer: str, name: str, *, right: bool) -> None:
    assert _may_import(layer, name) is right


def test_imports_are_found_wherever_they_stand() -> None:
    source = "import a.b\nfrom c import d, e\ndef f():\n    if True:\n        from .g import h\n"
    assert sorted(_imports(source)) == [".g.h", "a.b", "c.d", "c.e"]


def test_there_is_no_circle_between_layers() -> None:
    """Take away layers that import nothing that is left, until none is left."""
    left = {layer: {name.partition(".")[0] for name in names} for layer, names in ALLOWED.items()}
    left["report"].discard("run")  # it knows the words in which a run reports, not the runner
    while left:
        free = {layer for layer, names in left.items() if not names & left.keys() - {layer}}
        assert free, f"a circle among {sorted(left)}"
        left = {layer: names for layer, names in left.items() if layer not in free}


@pytest.mark.parametrize("path", sorted((PACKAGE / "protocol").glob("*.py")), ids=lambda path: path.stem)
def test_the_protocol_core_has_no_sockets_clocks_or_dice(path: Path) -> None:
    source = path.read_text("utf-8")
    assert not {name.partition(".")[0] for name in _imports(source)} & _WORLD
    assert not re.search(r"\b(datetime\.now|os\.urandom|utcnow)\b", source)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_stays_below_400_lines(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) < 400


def _files() -> list[Path]:
    """Give the files of the project: those git knows, or of an unpacked archive all."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        return [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in ROOT.rglob("*") if not {".venv", "__pycache__"} & set(path.parts)]


def test_no_file_names_a_place_on_the_machine_it_was_written_on() -> None:
    # Put together, so that this file is not its own counterexample.
    place = re.compile(rb"(?<![\w.-])/" + rb"work/(main|shared|contract)\b")
    files = [path for path in _files() if path.is_file()]
    assert len(files) > 100
    assert [str(path.relative_to(ROOT)) for path in files if place.search(path.read_bytes())] == []
