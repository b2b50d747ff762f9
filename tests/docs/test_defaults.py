"""Where a default depends on other things and cannot stand in a model, the model's text says what it comes to."""

from __future__ import annotations

import inspect
from dataclasses import fields
from datetime import timedelta

import pytest

from harness.pki.spec import CertificateSpec, Profile
from harness.protocol.authenticator import AccessPoint as Authenticator
from harness.scenario import world
from harness.scenario.meanings import meanings


def test_the_framed_mtu_is_the_same_for_scenarios_and_for_the_command_line() -> None:
    (own,) = (field.default for field in fields(Authenticator) if field.name == "framed_mtu")
    assert world.AccessPoint().framed_mtu == own == 1400


@pytest.mark.parametrize(
    ("profile", "days"), [(Profile.ROOT_CA, 3650), (Profile.CLIENT, 90), (Profile.SERVER, 90)]
)
def test_a_certificate_lasts_as_long_as_the_language_says(profile: Profile, days: int) -> None:
    issuer = None if profile is Profile.ROOT_CA else "root"
    spec = CertificateSpec("x", profile, issuer, cn="x", dns=("x.example",) * (profile is Profile.SERVER))
    said = meanings(world.Certificate)
    assert "90 days, or ten years for a CA, unless written" in said["valid_for"]
    assert spec.lifetime == timedelta(days=days)
    assert "an hour before it unless written" in said["valid_from"]
    assert spec.valid_from == timedelta(hours=-1)


def test_a_default_that_a_text_names_and_a_model_has_is_the_same() -> None:
    for part in (world.Server, world.AccessPoint, world.Retry, world.Device, world.Certificate):
        for name, text in meanings(part).items():
            field = part.model_fields[name]
            # "unless written" is for what a model cannot hold: then it holds nothing.
            assert "unless written" not in text or field.default is None, f"{inspect.getmodule(part)} {name}"
