"""A server that starts wherever servers start at all, to compare one with that does not."""

from __future__ import annotations

from datetime import UTC, datetime

from harness.pki.keys import KeyPool, KeyType
from harness.pki.mint import Mint
from harness.pki.spec import CertificateSpec, Profile
from harness.server.settings import ServerSettings

_SPECS = {
    spec.name: spec
    for spec in (
        CertificateSpec("root", Profile.ROOT_CA, key=KeyType.EC_P256),
        CertificateSpec("server", Profile.SERVER, issuer="root", key=KeyType.EC_P256),
    )
}


def simplest_settings() -> ServerSettings:
    """Return settings that say nothing but what a server cannot do without, with new certificates."""
    mint = Mint(KeyPool(), datetime.now(UTC))
    return ServerSettings(mint.issue("server", _SPECS), (mint.issue("root", _SPECS).certificate,))
