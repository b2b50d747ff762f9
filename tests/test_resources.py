from __future__ import annotations

from pathlib import Path

import pytest

from harness import resources
from harness.errors import EnvironmentUnavailable


def test_a_checkout_has_the_servers_template() -> None:
    assert (resources.resource_path("radius") / "raddb" / "radiusd.conf.j2").is_file()


def test_a_wheel_carries_them_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "harness"
    monkeypatch.setattr(resources, "_PACKAGE", package)
    with pytest.raises(EnvironmentUnavailable) as missing:
        resources.resource_path("radius")
    assert str(missing.value) == (
        f"the folder radius/ that belongs to the harness is missing beside {package}; "
        "install the package again, or work in a complete checkout"
    )
    (package / "_data" / "radius").mkdir(parents=True)
    (tmp_path / "radius").mkdir()
    assert resources.resource_path("radius") == package / "_data" / "radius"
