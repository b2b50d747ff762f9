"""What a run leaves behind of a bootstrap: nothing that is secret."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WRONG = """
scenario: It does not end as it says
tenants: {contoso: {}}
services: {issuing: {key-password: true}}
access-points:
  corp: CORP
  open: {ssid: VISITORS, security: open, internet: true, time: true}
device: empty
steps:
  - network: {name: bootstrap, ssid: VISITORS, security: open}
  - bootstrap: {network: corp, application: gallery}
    expect: {ends: connected, key-logged: true}
  - associate: corp
    expect: {verdict: rejected, cause: client-certificate-expired}
"""


@pytest.mark.server
def test_no_key_and_no_password_is_in_what_a_run_leaves(tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text(WRONG)
    results = tmp_path / "results"
    words = [str(Path(sys.executable).with_name("eaptls")), "run", "wrong.yaml", "--server", "process", "-v"]
    words += [
        "--results",
        str(results),
        "--json",
        str(results / "all.json"),
        "--html",
        str(results / "all.html"),
    ]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "expected rejected, got connected" in done.stdout
    texts = [done.stdout.encode(), done.stderr.encode()]
    texts += [file.read_bytes() for file in results.rglob("*") if file.is_file()]
    assert len(texts) > 5
    assert [text[:80] for text in texts if b"PRIVATE KEY" in text or b"clientPrivateKey" in text] == []
