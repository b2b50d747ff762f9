"""FreeRADIUS reads what the mint makes: its configuration check loads certificates and compares keys."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from harness.pki.credential import Credential
from harness.pki.keys import KeyForm, KeyType
from harness.pki.mint import Mint
from harness.pki.spec import CertificateSpec, Defect, Profile

CONFIGURATION = """
modules {{
	eap {{
		default_eap_type = tls
		tls-config common {{
			private_key_file = {folder}/server.key
			private_key_password = s3cret
			certificate_file = {folder}/server.pem
			ca_file = {folder}/ca.pem
		}}
		tls {{
			tls = common
		}}
	}}
}}
server default {{
	listen {{
		type = auth
		ipaddr = 127.0.0.1
		port = 18120
	}}
	authorize {{
		eap
	}}
	authenticate {{
		eap
	}}
}}
"""


def check(folder: Path, server: Credential, root: Credential, form: KeyForm) -> tuple[int, str]:
    for name, content in (
        ("server.pem", server.chain_pem()),
        ("server.key", server.key_pem("s3cret", form)),
        ("ca.pem", root.certificate_pem()),
        ("check.conf", CONFIGURATION.format(folder=folder).encode()),
    ):
        path = folder / name
        path.touch(mode=0o600)
        path.write_bytes(content)
    ran = subprocess.run(
        ["/usr/sbin/freeradius", "-XC", "-d", folder, "-n", "check"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return ran.returncode, ran.stdout


def specs(key: KeyType, defect: Defect | None = None) -> dict[str, CertificateSpec]:
    return {
        "root": CertificateSpec("root", Profile.ROOT_CA, key=key),
        "middle": CertificateSpec("middle", Profile.INTERMEDIATE_CA, "root", key=key),
        "radius": CertificateSpec(
            "radius", Profile.SERVER, "middle", dns=("radius.corp.example",), key=key, defect=defect
        ),
    }


FORMS = [
    *((key, KeyForm.PKCS8) for key in KeyType if key not in {KeyType.RSA_1024, KeyType.RSA_4096}),
    (KeyType.RSA_2048, KeyForm.TRADITIONAL),
    (KeyType.EC_P384, KeyForm.TRADITIONAL),
]


@pytest.mark.server
@pytest.mark.parametrize(("key", "form"), FORMS)
def test_every_type_and_form_of_key_is_read(tmp_path: Path, mint: Mint, key: KeyType, form: KeyForm) -> None:
    made = specs(key)
    code, text = check(tmp_path, mint.issue("radius", made), mint.issue("root", made), form)
    assert (code, text.splitlines()[-1]) == (0, "Configuration appears to be OK")


@pytest.mark.server
def test_a_mismatched_key_is_noticed(tmp_path: Path, mint: Mint) -> None:
    made = specs(KeyType.EC_P256, Defect.KEY_MISMATCH)
    code, text = check(tmp_path, mint.issue("radius", made), mint.issue("root", made), KeyForm.PKCS8)
    assert code == 1
    assert "key values mismatch" in text


@pytest.mark.server
def test_a_weak_server_key_keeps_the_server_from_starting(tmp_path: Path, mint: Mint) -> None:
    # OpenSSL's security level 2, Debian's default, refuses the certificate as it is loaded.
    made = specs(KeyType.EC_P256, Defect.WEAK_KEY)
    code, text = check(tmp_path, mint.issue("radius", made), mint.issue("root", made), KeyForm.PKCS8)
    assert code == 1
    assert "ee key too small" in text
