from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from harness.device.directory import open_device
from harness.pki.credential import Credential
from harness.pki.keys import KeyPool
from harness.pki.mint import Mint
from harness.pki.spec import CertificateSpec, Profile

Eaptls = Callable[..., Any]

# The two commands of the document on manual deployment, as they stand there.
SEED_ROOT = (
    'azsphere device certificate add --cert-id "server-key-xyz" --cert-type rootca '
    "--public-key-file <filepath_to_server_ca_public.pem>"
)
SEED_CLIENT = (
    'azsphere device certificate add --cert-id "client-key-abc" --cert-type client '
    "--public-key-file <filepath_to_client_public.pem> --private-key-file <filepath_to_client_private.pem> "
    '--private-key-password "_password_"'
)
SPECS = {
    spec.name: spec
    for spec in (
        CertificateSpec("root", Profile.ROOT_CA),
        CertificateSpec("thermostat", Profile.CLIENT, "root", cn="thermostat-7"),
    )
}


@pytest.fixture(scope="module")
def made() -> dict[str, Credential]:
    mint = Mint(KeyPool(), datetime.now(UTC))
    return {name: mint.issue(name, SPECS) for name in SPECS}


@pytest.fixture
def files(tmp_path: Path, made: dict[str, Credential]) -> Path:
    """A folder with the certificates that an administrator was handed."""
    contents = {
        "server_ca_public.pem": made["root"].certificate_pem(),
        "client_public.pem": made["thermostat"].certificate_pem(),
        "client_private.pem": made["thermostat"].key_pem("_password_"),
        "plain.pem": made["thermostat"].key_pem(),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


@pytest.fixture
def device(
    eaptls: Eaptls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Path:
    place = tmp_path / "device"
    monkeypatch.setenv("EAPTLS_DEVICE", str(place))
    assert eaptls("device", "init").code == 0
    capsys.readouterr()
    return place


def line(text: str, files: Path) -> list[str]:
    """Return the words of a documented command, its program exchanged and its files named."""
    text = text.replace("azsphere ", "", 1).replace("<filepath_to_", f"{files}/").replace(">", "")
    return shlex.split(text)


@pytest.mark.catalogue("D01")
def test_the_two_commands_of_manual_deployment(eaptls: Eaptls, device: Path, files: Path) -> None:
    root, client = (eaptls(*line(text, files)) for text in (SEED_ROOT, SEED_CLIENT))
    assert (root.code, root.out, root.err) == (0, "root CA 'server-key-xyz' installed\n", "")
    assert (client.code, client.out, client.err) == (0, "client certificate 'client-key-abc' installed\n", "")
    listed = json.loads(eaptls("device", "certificate", "list", "--json").out)
    assert listed == {"identifiers": ["server-key-xyz", "client-key-abc"]}
    with open_device(device, lambda: datetime.now(UTC)) as held:
        types = [entry.type for entry in held.store.snapshot().entries.values()]
    assert types == ["rootca", "client"]


@pytest.mark.catalogue("D02")
@pytest.mark.parametrize(
    "flags",
    [
        "--cert-id a --cert-type client --public-key-file {0} --private-key-file {1} --private-key-password {2}",
        "-i a --cert-type client --public-key-file {0} --private-key-file {1} --private-key-password {2}",
        "--certid a --certtype client --publickeyfilepath {0} --privatekeyfilepath {1} --privatekeypassword {2}",
        "--certificate a --cert-type client --public-key-file {0} --private-key-file {1} -w {2}",
        "-c a -t client -p {0} --private-key-file {1} -w {2} -d {3}",
        "--certificate=a --cert-type=client --public-key-file={0} --private-key-file={1} -w {2} --device {3}",
    ],
)
def test_every_spelling_means_the_same(flags: str, eaptls: Eaptls, device: Path, files: Path) -> None:
    written = flags.format(files / "client_public.pem", files / "client_private.pem", "_password_", device)
    ended = eaptls("device", "certificate", "add", *written.split())
    assert (ended.code, ended.out) == (0, "client certificate 'a' installed\n")


@pytest.mark.parametrize("flag", ["--cert-id", "-i", "--certid", "--certificate", "-c"])
def test_what_is_installed_is_shown_and_deleted(flag: str, eaptls: Eaptls, device: Path, files: Path) -> None:
    eaptls(*line(SEED_ROOT, files))
    shown = json.loads(eaptls("device", "certificate", "show", flag, "server-key-xyz", "--json").out)
    assert list(shown) == ["id", "notBefore", "notAfter", "subjectName", "issuerName"]
    assert (shown["id"], shown["subjectName"], shown["issuerName"]) == (
        "server-key-xyz",
        "/CN=root",
        "/CN=root",
    )
    text = eaptls("device", "certificate", "show", flag, "server-key-xyz").out
    assert "subjectName  /CN=root\n" in text
    ended = eaptls("device", "certificate", "delete", flag, "server-key-xyz")
    assert (ended.code, ended.out) == (0, "certificate 'server-key-xyz' deleted\n")
    assert json.loads(eaptls("device", "certificate", "list", "--json").out) == {"identifiers": []}


def test_a_list_for_people(eaptls: Eaptls, device: Path, files: Path, made: dict[str, Credential]) -> None:
    eaptls(*line(SEED_CLIENT, files))
    end = made["thermostat"].certificate.not_valid_after_utc
    assert eaptls("device", "certificate", "list").out.splitlines() == [
        "ID              NOT AFTER                  SUBJECT",
        f"client-key-abc  {end}  /CN=thermostat-7",
    ]


def test_the_quota(eaptls: Eaptls, device: Path) -> None:
    assert eaptls("device", "certificate", "show-quota").out == "24514 bytes are free\n"
    assert json.loads(eaptls("device", "certificate", "show-quota", "--json").out) == {
        "AvailableSpace": "24514"
    }


def test_what_is_replaced_is_said(eaptls: Eaptls, device: Path, files: Path) -> None:
    eaptls(*line(SEED_CLIENT, files))
    written = line(SEED_ROOT.replace("server-key-xyz", "client-key-abc"), files)
    assert eaptls(*written).out == (
        "root CA 'client-key-abc' installed; "
        "it replaces a client certificate, which networks use until the next reload\n"
    )


@pytest.mark.catalogue("A25", "D03")
def test_wrong_usage_is_exit_2(eaptls: Eaptls, device: Path, files: Path) -> None:
    add = ("device", "certificate", "add", "-i", "a", "--public-key-file", files / "client_public.pem")
    cases = {
        (*add, "--cert-type", "client"): (
            "eaptls: a client certificate needs its private key; add --private-key-file FILE\n"
        ),
        (*add, "--cert-type", "rootca", "--private-key-file", files / "plain.pem"): (
            "eaptls: a root CA has no private key; leave --private-key-file out\n"
        ),
        (*add, "--cert-type", "rootca", "-w", "x"): (
            "eaptls: a root CA has no private key; leave --private-key-password out\n"
        ),
        (*add[:-1], files / "none.pem", "--cert-type", "rootca"): (
            f"eaptls: cannot read {files}/none.pem: No such file or directory\n"
        ),
    }
    for words, text in cases.items():
        ended = eaptls(*words)
        assert (ended.code, ended.out, ended.err) == (2, "", text)
    for words, text in (
        ((*add, "-t", "pfx"), "'rootca'"),
        (add, "--cert-type"),
        ((*add, "--cert-ids"), "--cert-id"),
    ):
        ended = eaptls(*words)
        assert ended.code == 2
        assert text in ended.err
        assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("delete -i none", "there is no certificate 'none' in the store (ENOENT, 38797319)"),
        ("show -i none", "there is no certificate 'none' in the store (38797319)"),
        (
            "add -i 12345678901234567 -t rootca -p {server_ca_public.pem}",
            "certificate ID '12345678901234567' has 17 characters; at most 16 are allowed (ERANGE, 38797316)",
        ),
        (
            "add -i ../x -t rootca -p {server_ca_public.pem}",
            "certificate ID '../x' is not made of A-Z, a-z, 0-9, '.', '-' and '_' (EINVAL, 38797314)",
        ),
        (
            "add -i a -t rootca -p {plain.pem}",
            "the certificate is a PEM PRIVATE KEY, not a CERTIFICATE (EINVAL, 38797325)",
        ),
        (
            "add -i a -t client -p {client_public.pem} --private-key-file {client_private.pem} -w wrong",
            "the private key cannot be decrypted with this password (EACCES, 38797327)",
        ),
        (
            "add -i a -t client -p {client_public.pem} --private-key-file {plain.pem} -w _password_",
            "a password was given, but the private key is not encrypted (EINVAL, 38797333)",
        ),
    ],
)
def test_what_the_device_refuses_is_exit_1_and_a_sentence(
    words: str, text: str, eaptls: Eaptls, device: Path, files: Path
) -> None:
    ended = eaptls("device", "certificate", *words.replace("{", f"{files}/").replace("}", "").split())
    assert (ended.code, ended.out, ended.err) == (1, "", f"eaptls: {text}\n")
    assert json.loads(eaptls("device", "certificate", "list", "--json").out) == {"identifiers": []}


def test_a_locked_device_refuses_the_command_line(eaptls: Eaptls, tmp_path: Path) -> None:
    place = tmp_path / "locked"
    eaptls("device", "init", "--device", place, "--switch", "locked=true")
    ended = eaptls("device", "certificate", "list", "--device", place)
    text = "eaptls: the device is locked: command line and REST are refused (10485778)\n"
    assert (ended.code, ended.err) == (1, text)


def test_names_in_certificates_do_not_steer_the_terminal(eaptls: Eaptls, device: Path, files: Path) -> None:
    spec = CertificateSpec("odd", Profile.ROOT_CA, cn="\x1b[31mred\u202e")
    odd = Mint(KeyPool(), datetime.now(UTC)).issue("odd", {"odd": spec})
    (files / "odd.pem").write_bytes(odd.certificate_pem())
    eaptls("device", "certificate", "add", "-i", "odd", "-t", "rootca", "-p", files / "odd.pem")
    for words in (("list",), ("show", "-i", "odd")):
        text = eaptls("device", "certificate", *words).out
        assert "\\x1B[31mred" in text
        assert "\x1b" not in text
