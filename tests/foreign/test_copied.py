"""A raddb of the user's, run as a private copy: it works, nothing of the user's changes, and mistakes have a place."""

from __future__ import annotations

import random
import shutil
import socket
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from harness.cli.device_link import FarServer, attempt_once
from harness.device.supplication import Supplication
from harness.errors import UsageError
from harness.outcome import Cause, Outcome
from harness.server.copied import SOURCE, CopiedRaddb
from harness.server.ports import PORTS
from tests.foreign.fleet import Pki
from tests.foreign.stock import write

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def raddb(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("admin"), pki)


def state(folder: Path) -> dict[str, tuple[object, ...]]:
    """Return what every file there is: content, kind, mode, owner, time of change."""
    found: dict[str, tuple[object, ...]] = {}
    for path in (folder, *sorted(folder.rglob("*"))):
        about = path.lstat()
        content: object = str(path.readlink()) if path.is_symlink() else ""
        if path.is_file() and not path.is_symlink():
            content = sha256(path.read_bytes()).hexdigest()
        found[str(path)] = (content, about.st_mode, about.st_uid, about.st_gid, about.st_mtime_ns)
    return found


@pytest.fixture(scope="module")
def copy(raddb: Path) -> Iterator[CopiedRaddb]:
    with closing(CopiedRaddb(raddb)) as copy:
        copy.start()
        yield copy


def join(copy: CopiedRaddb, pki: Pki, who: str) -> Outcome:
    identity, credential = pki.devices[who]
    root, mac = pki.root.certificate, bytes.fromhex("020000de0001")
    ready = Supplication("corp", "CORP", identity, credential, root, "", datetime.now(UTC), mac)
    secret = copy.secret.encode()
    far = FarServer(copy.endpoint, secret, require_message_authenticator=False, log=copy.log, source=SOURCE)
    return attempt_once(ready, far, "", lambda: False).outcome


@pytest.mark.parametrize(
    ("who", "cause"),
    [
        ("good", Cause.MUTUAL_AUTHENTICATION),
        ("expired", Cause.CLIENT_CERTIFICATE_EXPIRED),
        ("guest", Cause.POLICY_REJECTED),
        ("somebody", Cause.IDENTITY_MISMATCH),
    ],
)
def test_the_copy_judges_as_the_original_would(copy: CopiedRaddb, pki: Pki, who: str, cause: Cause) -> None:
    assert join(copy, pki, who).cause is cause


def test_nothing_of_the_users_is_changed(raddb: Path, pki: Pki) -> None:
    whole = raddb.parent
    before = state(whole)
    with closing(CopiedRaddb(raddb)) as copy:
        copy.start()
        place = copy.log.parents[1]
        assert place.stat().st_mode & 0o777 == 0o700
        join(copy, pki, "good")
        join(copy, pki, "revoked")
    assert not place.exists()
    assert state(whole) == before


def test_what_had_to_change_is_told(copy: CopiedRaddb, raddb: Path) -> None:
    main = raddb / "radiusd.conf"
    text = main.read_text().split("\n")
    places = {
        name: number
        for number, line in enumerate(text, 1)
        for name in ("raddbdir", "logdir", "run_dir")
        if line.startswith(f"{name} =")
    }
    for name, number in places.items():
        assert any(change.startswith(f"{main}:{number}: {name} is the copy's own") for change in copy.changes)
    assert copy.changes[-1] == ("a client 127.64.0.0/10 is added, which the virtual server default serves")
    assert all(copy.secret not in change for change in copy.changes)


def test_the_users_user_and_group_are_left_out(raddb: Path, tmp_path: Path) -> None:
    stock = shutil.copytree(raddb, tmp_path / "raddb", symlinks=True)
    main = stock / "radiusd.conf"
    text = main.read_text()
    assert text.count("\nsecurity {\n") == 1
    main.write_text(text.replace("\nsecurity {\n", "\nsecurity {\n\tuser = freerad\n\tgroup = freerad\n"))
    with closing(CopiedRaddb(stock)) as copy:
        told = [change.partition(": ")[2] for change in copy.changes]
    assert "user = freerad is left out" in told
    assert "group = freerad is left out" in told


def test_what_reaches_outside_is_named(copy: CopiedRaddb, raddb: Path, tmp_path: Path) -> None:
    assert [module.partition(" (")[0] for module in copy.outside] == ["home_server localhost"]
    more = tmp_path / "raddb"
    shutil.copytree(raddb, more, symlinks=True)
    (more / "mods-enabled" / "ldap").write_text("#\nldap {\n\tserver = 'ldap.contoso.example'\n}\n")
    with pytest.raises(UsageError):  # the module is not installed; it would have been named before
        CopiedRaddb(more)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("radiusd.conf", "security {\n", "does not accept it: "),
        ("mods-enabled/broken", "nonsense {\n}\n", "/mods-enabled/broken[1]: "),
    ],
)
def test_what_freeradius_does_not_accept_is_told_with_its_place(
    raddb: Path, tmp_path: Path, name: str, text: str, told: str
) -> None:
    broken = tmp_path / "raddb"
    shutil.copytree(raddb, broken, symlinks=True)
    with (broken / name).open("a") as file:
        file.write(text)
    with pytest.raises(UsageError) as refused:
        CopiedRaddb(broken)
    assert told in str(refused.value)
    assert "eaptls-server-" not in str(refused.value)
    assert str(broken) in str(refused.value)


def test_a_folder_that_is_no_raddb(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"has no radiusd\.conf; give the folder"):
        CopiedRaddb(tmp_path)


def test_a_virtual_server_that_is_not_there(raddb: Path) -> None:
    with pytest.raises(UsageError, match="there is no virtual server corp; there are "):
        CopiedRaddb(raddb, "corp")


def test_a_port_that_another_program_holds_is_left_alone(
    raddb: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other, closing(CopiedRaddb(raddb)) as copy:
        first = PORTS.take(random.Random(1))
        other.bind(("127.0.0.1", first + 1))  # the one for accounting
        taken = iter([first])
        take = PORTS.take
        monkeypatch.setattr(PORTS, "take", lambda rng: next(taken, None) or take(rng))
        copy.start()
        assert copy.endpoint.port != first
