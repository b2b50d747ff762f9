from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from harness.pki.credential import Credential
from harness.pki.keys import KeyPool
from harness.pki.mint import Mint
from harness.pki.spec import CertificateSpec, Profile
from harness.server.ownership import Owner, this_process
from harness.server.settings import ServerSettings

_SPECS = {
    spec.name: spec
    for spec in (
        CertificateSpec("root", Profile.ROOT_CA),
        CertificateSpec("issuing", Profile.INTERMEDIATE_CA, issuer="root"),
        CertificateSpec("radius", Profile.SERVER, issuer="issuing", dns=("radius.example",)),
    )
}


@pytest.fixture
def dead() -> Owner:
    """A process of this machine that has ended."""
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return replace(this_process(), pid=process.pid)


@pytest.fixture(scope="session")
def mint() -> Mint:
    return Mint(KeyPool(), datetime.now(UTC))


@pytest.fixture(scope="session")
def root(mint: Mint) -> Credential:
    return mint.issue("root", _SPECS)


@pytest.fixture(scope="session")
def radius(mint: Mint) -> Credential:
    return mint.issue("radius", _SPECS)


@pytest.fixture
def make_settings(root: Credential, radius: Credential) -> Callable[..., ServerSettings]:
    def make(**changes: Any) -> ServerSettings:
        return ServerSettings(**{"credential": radius, "trusts": (root.certificate,), **changes})

    return make
