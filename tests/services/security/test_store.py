from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from harness.services.security.desk import Desk
from harness.services.security.store import ServiceMissing, ServiceUnusable, open_service
from harness.services.web.messages import Request
from tests.services.security.conftest import DEVICE, KEY, START

DAY = timedelta(days=1)
NEW = Request(
    "POST", "/v2/tenants", body=b'{"name": "contoso", "life": "100d", "renewal": "20d", "activation": "5d"}'
)


def now() -> datetime:
    return START


def made(directory: Path) -> Path:
    with open_service(directory, now, beginning=START) as desk:
        assert desk(NEW).status == 201
    return directory


def listed(desk: Desk, at: str) -> list[dict[str, object]]:
    reply = desk(Request("GET", "/v2/tenants/contoso/certs", f"at={at}"))
    found: list[dict[str, object]] = json.loads(reply.body)["certificates"]
    return found


def test_a_service_is_the_same_after_it_was_put_aside(tmp_path: Path) -> None:
    directory = made(tmp_path / "service")
    with open_service(directory, now) as desk:
        desk.service.claim("contoso", DEVICE)
        desk.service.revoke("contoso", START + 90 * DAY, index=1)
        desk.save()
        first = listed(desk, "E")
        root, policy = desk.service.root, desk.service.policy
        assert [one["meaning"] for one in first] == ["revoked", "active"]
    with open_service(directory, now) as desk:
        assert listed(desk, "E") == first
        assert (desk.service.root, desk.service.policy) == (root, policy)
        leaf, *_ = desk.service.attest("contoso", DEVICE, KEY.public_key(), START)
        assert leaf.issuer == desk.service.download("contoso", START).subject


def test_a_ca_that_was_seen_is_the_same_ever_after(tmp_path: Path) -> None:
    directory = made(tmp_path / "service")
    with open_service(directory, now) as desk:
        ahead = listed(desk, "E-19d")
    assert len(ahead) == 2
    with open_service(directory, now) as desk:
        assert len(listed(desk, "%2B0s")) == 1
        assert listed(desk, "E-19d") == ahead


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    directory = made(tmp_path / "service")
    assert directory.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in directory.iterdir()} == {
        "lock": 0o600,
        "service": 0o600,
    }
    (directory / "service").chmod(0o644)
    with pytest.raises(ServiceUnusable) as refused, open_service(directory, now):
        pass
    assert str(refused.value) == (
        f"{directory}/service: others may use it (mode 0644), and the service holds private keys; "
        f"run chmod 600 {directory}/service"
    )


def test_a_service_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ServiceMissing) as missing, open_service(tmp_path / "none", now):
        pass
    assert str(missing.value) == f"{tmp_path}/none: there is no Security Service; make a tenant first"
    assert not (tmp_path / "none").exists()


def test_another_directory_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ServiceUnusable) as refused, open_service(tmp_path, now, beginning=START):
        pass
    assert str(refused.value) == (
        f"{tmp_path}: there is no Security Service, but thesis.txt; choose another directory"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("damage", [b"", b"{}", b"no json", b'{"format": 2}', b"[1]"])
def test_a_damaged_file_is_told_and_left_as_it_is(tmp_path: Path, damage: bytes) -> None:
    directory = made(tmp_path / "service")
    (directory / "service").write_bytes(damage)
    with pytest.raises(ServiceUnusable) as refused, open_service(directory, now):
        pass
    assert refused.value.what == "the file is not what was written"
    assert (directory / "service").read_bytes() == damage


def test_a_damaged_key_is_in_no_sentence(tmp_path: Path) -> None:
    directory = made(tmp_path / "service")
    file = directory / "service"
    content = json.loads(file.read_bytes())
    content["tenants"][0]["authorities"][0]["key"] = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n"
    file.write_text(json.dumps(content))
    with pytest.raises(ServiceUnusable) as refused, open_service(directory, now):
        pass
    assert "c2VjcmV0" not in str(refused.value) + repr(refused.value.__cause__)


def test_one_process_at_a_time(tmp_path: Path) -> None:
    directory = made(tmp_path / "service")
    with (
        open_service(directory, now),
        pytest.raises(ServiceUnusable) as busy,
        open_service(directory, now, wait=0.0),
    ):
        pass
    assert busy.value.what == "another process holds the service"


def test_a_disk_that_cannot_be_written(tmp_path: Path) -> None:
    directory = made(tmp_path / "service")
    before = (directory / "service").read_bytes()
    (directory / "service.tmp").mkdir()  # in the way of what is to be written
    with pytest.raises(ServiceUnusable) as refused, open_service(directory, now) as desk:
        desk(Request("POST", "/v2/tenants", body=b'{"name": "fabrikam"}'))
    assert refused.value.fix == "make room or mend the directory's permissions"
    assert (directory / "service").read_bytes() == before


def test_a_refused_request_changes_nothing(tmp_path: Path) -> None:
    directory = made(tmp_path / "service")
    before = (directory / "service").read_bytes()
    with open_service(directory, now) as desk:
        assert desk(NEW).status == 409
    assert (directory / "service").read_bytes() == before
