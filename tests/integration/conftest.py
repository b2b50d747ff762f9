from __future__ import annotations

import itertools
import random
import re
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pytest

from harness.pki.credential import Credential
from harness.pki.keys import KeyPool
from harness.pki.mint import Mint
from harness.pki.spec import CertificateSpec, Defect, Profile
from harness.resources import resource_path
from harness.run import runner
from harness.run.events import CaseFinished, Event, SuiteFinished
from harness.scenario.plan import Case, load, plan
from harness.server.local import LocalServer
from harness.server.process import ProcessBackend
from harness.server.settings import ServerSettings
from harness.trace import Endpoint

_SPECS = {
    spec.name: spec
    for spec in (
        CertificateSpec("root", Profile.ROOT_CA),
        CertificateSpec("other-root", Profile.ROOT_CA),
        CertificateSpec("radius", Profile.SERVER, issuer="root", dns=("radius.example",)),
        CertificateSpec("alice", Profile.CLIENT, issuer="root"),
        CertificateSpec("expired", Profile.CLIENT, issuer="root", defect=Defect.EXPIRED),
        CertificateSpec("stranger", Profile.CLIENT, issuer="root", defect=Defect.UNKNOWN_CA),
        CertificateSpec("torn", Profile.SERVER, issuer="root", defect=Defect.KEY_MISMATCH),
    )
}


@dataclass(frozen=True)
class Attempt:
    """One run of eapol_test: its exit code, and where its requests came from."""

    code: int
    output: str
    source: Endpoint | None


class EapolTest(Protocol):
    def __call__(
        self,
        server: LocalServer,
        client: str,
        *,
        secret: str = "",
        identity: str = "alice",
        trusts: str = "root",
        tls13: bool = False,
    ) -> Attempt: ...


@pytest.fixture(scope="session")
def server_pki() -> Callable[[str], Credential]:
    mint = Mint(KeyPool(), datetime.now(UTC))
    return lambda name: mint.issue(name, _SPECS)


@pytest.fixture(scope="session")
def server_settings(server_pki: Callable[[str], Credential]) -> Callable[..., ServerSettings]:
    def make(**changes: Any) -> ServerSettings:
        baseline = {"credential": server_pki("radius"), "trusts": (server_pki("root").certificate,)}
        return ServerSettings(**{**baseline, **changes})

    return make


@pytest.fixture(scope="session")
def process_backend() -> Iterator[ProcessBackend]:
    backend = ProcessBackend(rng=random.Random())
    yield backend
    backend.close()


@pytest.fixture(scope="session")
def built_in_suite() -> tuple[Case, ...]:
    """Every case of the suite that comes with the harness."""
    return tuple(plan(load([resource_path("scenarios")])))


class Collected:
    """A listener that keeps how each case ended."""

    def __init__(self) -> None:
        self.cases: dict[str, CaseFinished] = {}
        self.finished: SuiteFinished | None = None

    def handle(self, event: Event) -> None:
        if isinstance(event, CaseFinished):
            self.cases[event.case.id] = event
        elif isinstance(event, SuiteFinished):
            self.finished = event


@pytest.fixture(scope="session")
def run_cases(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Sequence[Case]], Collected]:
    """Run cases on local processes, two at a time."""

    def run(cases: Sequence[Case]) -> Collected:
        options = runner.RunOptions(
            server="process",
            freeradius_version=None,
            jobs=2,
            fail_fast=False,
            seed=random.randrange(2**32),
            results=tmp_path_factory.mktemp("results"),
            evidence="failures",
        )
        collected = Collected()
        runner.run(cases, options, [collected], threading.Event())
        return collected

    return run


@pytest.fixture
def eapol_test(make_eapol_test: Callable[[int], EapolTest]) -> EapolTest:
    return make_eapol_test(0)


@pytest.fixture
def make_eapol_test(tmp_path: Path, server_pki: Callable[[str], Credential]) -> Callable[[int], EapolTest]:
    """Make one device; devices with different numbers may run at the same time."""
    return lambda number: _device(number, tmp_path, server_pki)


def _device(number: int, parent: Path, server_pki: Callable[[str], Credential]) -> EapolTest:
    folder = parent / f"device-{number}"
    folder.mkdir()
    numbers = itertools.count(1)

    def run(
        server: LocalServer,
        client: str,
        *,
        secret: str = "",
        identity: str = "alice",
        trusts: str = "root",
        tls13: bool = False,
    ) -> Attempt:
        host = f"127.77.{number}.{next(numbers)}"
        credential = server_pki(client)
        (folder / "ca.pem").write_bytes(server_pki(trusts).certificate_pem())
        (folder / "client.pem").write_bytes(credential.chain_pem())
        (folder / "client.key").write_bytes(credential.key_pem())
        (folder / "conf").write_text(
            f'network={{\nkey_mgmt=WPA-EAP\neap=TLS\nidentity="{identity}"\nca_cert="{folder}/ca.pem"\n'
            f'client_cert="{folder}/client.pem"\nprivate_key="{folder}/client.key"\n'
            f'phase1="tls_disable_tlsv1_3={int(not tls13)}"\n}}\n'
        )
        command = ["eapol_test", "-c", f"{folder}/conf", "-a", "127.0.0.1", "-p", f"{server.endpoint.port}"]
        command += ["-s", secret or server.secret_for(host).decode(), "-A", host, "-t", "3", "-r", "0"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        log = (server.directory / "run" / "server.log").read_text(errors="replace")
        ports = re.findall(rf"(?:from|unknown client) {re.escape(host)}(?::| port )(\d+)", log)
        return Attempt(done.returncode, done.stdout, Endpoint(host, int(ports[-1])) if ports else None)

    return run
