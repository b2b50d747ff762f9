from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509

from harness.server.standalone import main


def test_a_folder_for_a_container(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([str(tmp_path)])
    secret = (tmp_path / "secret").read_text()
    conf = (tmp_path / "raddb" / "radiusd.conf").read_text()
    assert f"secret    = '{secret}'" in conf
    assert "raddbdir = '/raddb'" in conf
    assert "ipaddr    = 0.0.0.0/0" in conf
    assert f'client_cert="{tmp_path}/client.pem"' in (tmp_path / "eapol_test.conf").read_text()
    assert {path.stat().st_mode & 0o077 for path in tmp_path.rglob("*")} == {0}
    root = x509.load_pem_x509_certificate((tmp_path / "ca.pem").read_bytes())
    x509.load_pem_x509_certificate((tmp_path / "client.pem").read_bytes()).verify_directly_issued_by(root)
    assert secret not in capsys.readouterr().out


def test_a_folder_for_this_machine(tmp_path: Path) -> None:
    main([str(tmp_path), "--in-place"])
    assert f"raddbdir = '{tmp_path}/raddb'" in (tmp_path / "raddb" / "radiusd.conf").read_text()


def test_a_folder_with_something_in_it_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "raddb").mkdir()
    (tmp_path / "raddb" / "radiusd.conf").write_text("mine")
    with pytest.raises(SystemExit) as raised:
        main([str(tmp_path)])
    assert raised.value.code == 2
    assert f"{tmp_path} is not empty; name another folder, or --force" in capsys.readouterr().err
    assert (tmp_path / "raddb" / "radiusd.conf").read_text() == "mine"
    main([str(tmp_path), "--in-place", "--force"])
    assert (tmp_path / "raddb" / "radiusd.conf").read_text() != "mine"
