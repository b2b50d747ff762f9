"""The EST service over TLS, asked with curl and judged with openssl: neither knows a line of this house."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.pki.credential import Credential
from harness.pki.keys import PrivateKey
from harness.services.web.listener import Listener
from tests.services.est.conftest import HOST, Estate

pytestmark = pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")


class Shell:
    """A folder with the files of one client, and the two commands."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port

    def present(self, credential: Credential, name: str = "own") -> None:
        (self.folder / f"{name}.pem").write_bytes(credential.chain_pem())
        (self.folder / f"{name}.key").write_bytes(credential.key_pem())

    def run(self, *words: str) -> str:
        done = subprocess.run(words, cwd=self.folder, capture_output=True, check=False, text=True)
        return done.stdout + done.stderr

    def curl(self, operation: str, *words: str) -> str:
        """Ask for an operation; the answer goes to ``answer``, the status comes back."""
        return self.run(
            "curl", "--silent", "--show-error", "--cacert", "root.pem", "--output", "answer",
            "--write-out", "%{http_code} %{content_type}",
            "--connect-to", f"{HOST}:443:127.0.0.1:{self.port}",
            *words, f"https://{HOST}/.well-known/est/{operation}",
        )  # fmt: skip

    def enrol(self, operation: str = "simpleenroll", name: str = "own") -> str:
        return self.curl(
            operation, "--cert", f"{name}.pem", "--key", f"{name}.key",
            "--header", "Content-Type: application/pkcs10", "--data-binary", "@request.b64",
        )  # fmt: skip

    def request(self, *words: str) -> None:
        made = self.run(
            "openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", "device.key", "-outform", "DER", "-out", "request.der", *words,
        )  # fmt: skip
        assert (self.folder / "request.der").exists(), made
        self.run("openssl", "base64", "-in", "request.der", "-out", "request.b64")

    def certificates(self) -> str:
        self.run("openssl", "base64", "-d", "-in", "answer", "-out", "answer.p7")
        return self.run("openssl", "pkcs7", "-inform", "DER", "-in", "answer.p7", "-print_certs")


@pytest.fixture
def shell(estate: Estate, tmp_path: Path) -> Iterator[Shell]:
    (tmp_path / "root.pem").write_bytes(estate.root.certificate_pem())
    with Listener(estate.service, estate.issue(HOST), now=estate.now) as listening:
        yield Shell(tmp_path, listening.port)


def test_cacerts_without_a_client_certificate(shell: Shell) -> None:
    assert shell.curl("cacerts") == "200 application/pkcs7-mime; smime-type=certs-only"
    shown = shell.certificates().replace(" = ", "=")
    assert "subject=CN=root\n" in shown
    assert "subject=CN=issuing\n" in shown
    cms = shell.run("openssl", "cms", "-cmsout", "-inform", "DER", "-in", "answer.p7", "-print", "-noout")
    assert "pkcs7-signedData" in cms


def test_csrattrs_without_a_client_certificate(shell: Shell) -> None:
    assert shell.curl("csrattrs") == "200 application/csrattrs"
    shell.run("openssl", "base64", "-d", "-in", "answer", "-out", "answer.der")
    shown = shell.run("openssl", "asn1parse", "-inform", "DER", "-in", "answer.der")
    assert [line.rsplit(":", 1)[-1] for line in shown.splitlines() if "OBJECT" in line] == [
        "id-ecPublicKey",
        "prime256v1",
        "ecdsa-with-SHA256",
    ]


def test_openssl_enrols_and_renews(shell: Shell, estate: Estate) -> None:
    shell.present(estate.attested())
    shell.request("-subj", "/")
    assert shell.enrol() == "200 application/pkcs7-mime; smime-type=certs-only"
    (shell.folder / "own.pem").write_text(shell.certificates())
    shutil.copy(shell.folder / "device.key", shell.folder / "own.key")
    (shell.folder / "issuing.pem").write_bytes(estate.issuing.certificate_pem())
    verify = ("openssl", "verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", "root.pem")
    assert shell.run(*verify, "-untrusted", "issuing.pem", "own.pem") == "own.pem: OK\n"
    names = shell.run("openssl", "x509", "-in", "own.pem", "-noout", "-subject", "-ext", "subjectAltName")
    subject, *_, uri = names.split()
    assert subject.startswith("subject=CN")
    shell.request(
        "-subj", "/CN=" + names.splitlines()[0].rsplit("=", 1)[1].strip(), "-addext", f"subjectAltName={uri}"
    )
    assert "verify OK" in shell.run(
        "openssl", "req", "-in", "request.der", "-inform", "DER", "-verify", "-noout"
    )
    assert shell.enrol("simplereenroll") == "200 application/pkcs7-mime; smime-type=certs-only"
    (shell.folder / "next.pem").write_text(shell.certificates())
    assert shell.run(*verify, "-untrusted", "issuing.pem", "next.pem") == "next.pem: OK\n"
    assert (shell.folder / "next.pem").read_text() != (shell.folder / "own.pem").read_text()


def test_openssl_and_the_service_agree_on_a_broken_signature(shell: Shell, estate: Estate) -> None:
    shell.present(estate.attested())
    shell.request("-subj", "/")
    der = bytearray((shell.folder / "request.der").read_bytes())
    der[-3] ^= 1
    (shell.folder / "request.der").write_bytes(der)
    shell.run("openssl", "base64", "-in", "request.der", "-out", "request.b64")
    verdict = shell.run("openssl", "req", "-in", "request.der", "-inform", "DER", "-verify", "-noout")
    assert "verify OK" not in verdict
    assert shell.enrol().startswith("400 text/plain")


def test_a_device_of_another_tenant_is_told_why(shell: Shell, estate: Estate, key: PrivateKey) -> None:
    shell.present(estate.attested("ef" * 64, "fabrikam"))
    shell.request("-subj", "/")
    assert shell.enrol().startswith("403 text/plain")
    assert (shell.folder / "answer").read_text().startswith("the client is no device of this tenant: ")
