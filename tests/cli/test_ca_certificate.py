from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Eaptls = Callable[..., Any]

# The commands of the document on tenant CAs, as they stand there, their values apart.
SEED_LIST = "azsphere ca-certificate list"
SEED_INDEX = "azsphere ca-certificate download --destination ca-cert.cer --index 2"
SEED_THUMBPRINT = "azsphere ca-certificate download --destination ca-cert.cer --thumbprint <value>"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, eaptls: Eaptls) -> Path:
    """A folder in which a service with the tenant contoso is kept."""
    monkeypatch.chdir(tmp_path)
    for name in ("EAPTLS_SERVICE", "EAPTLS_SERVICE_TRUST"):
        monkeypatch.delenv(name, raising=False)
    assert eaptls("tenant", "create", "--name", "contoso").code == 0
    return tmp_path


def words(line: str) -> list[str]:
    return line.split()[1:]


def certificates(eaptls: Eaptls, at: str, *more: str) -> list[dict[str, Any]]:
    ended = eaptls("ca-certificate", "list", "--at", at, "--output", "json", *more)
    assert ended.code == 0
    found: list[dict[str, Any]] = json.loads(ended.out)["certificates"]
    return found


def thumbprint(file: Path) -> str:
    said = subprocess.run(
        ["openssl", "x509", "-inform", "DER", "-in", file, "-noout", "-fingerprint", "-sha1"],
        capture_output=True,
        check=True,
        text=True,
    )
    return said.stdout.strip().partition("=")[2].replace(":", "")


def test_the_commands_of_the_document(eaptls: Eaptls, here: Path) -> None:
    a, b = certificates(eaptls, "E-89d")
    listed = eaptls(*words(SEED_LIST), "--at", "E-89d").out.splitlines()
    assert listed[0].split() == ["INDEX", "THUMBPRINT", "NOT", "BEFORE", "NOT", "AFTER", "STATUS"]
    assert [(line.split()[0], line.split()[1], line.split()[-1]) for line in listed[1:]] == [
        ("1", a["thumbprint"], "Active"),
        ("2", b["thumbprint"], "Inactive"),
    ]
    ended = eaptls(*words(SEED_INDEX), "--at", "E-89d")
    assert (ended.code, ended.out) == (0, "CA 2 (Inactive: new) written to ca-cert.cer\n")
    assert thumbprint(here / "ca-cert.cer") == b["thumbprint"]
    by_thumbprint = SEED_THUMBPRINT.replace("<value>", a["thumbprint"])
    assert eaptls(*words(by_thumbprint), "--at", "E-89d").code == 0
    assert thumbprint(here / "ca-cert.cer") == a["thumbprint"]


def test_json_says_which_of_the_three_it_is(eaptls: Eaptls, here: Path) -> None:
    for at, meanings in (
        ("E-89d", ["active", "new"]),
        ("E-44d", ["retired", "active"]),
        ("E+1d", ["expired", "active"]),
    ):
        listed = certificates(eaptls, at)
        assert [one["meaning"] for one in listed] == meanings
        assert [one["status"] for one in listed].count("Inactive") == 1
    assert listed[0]["explanation"] == "its validity has ended; it may be removed from back ends"
    integrated = eaptls("ca-certificate", "list", "-g", "any", "-c", "contoso", "--at", "E+1d").out
    assert [line.split()[-1] for line in integrated.splitlines()[1:]] == ["Expired", "Active"]


def test_a_download_without_a_name_says_that_there_is_a_newer_one(eaptls: Eaptls, here: Path) -> None:
    a, _ = certificates(eaptls, "E-89d")
    ended = eaptls("ca-certificate", "download", "--destination", "a.cer", "--at", "E-89d")
    assert ended.out == "CA 1 (Active: active) written to a.cer\n"
    assert ended.err == "eaptls: CA 2 is new and is not meant unless it is named; --index 2 gives it\n"
    assert thumbprint(here / "a.cer") == a["thumbprint"]
    assert eaptls("ca-certificate", "download", "--destination", "a.cer", "--at", "E-44d").err == ""


def test_a_chain_and_a_proof(eaptls: Eaptls, here: Path) -> None:
    assert eaptls("ca-certificate", "download-chain", "--destination", "c.p7b").code == 0
    chain = subprocess.run(
        ["openssl", "pkcs7", "-inform", "DER", "-in", "c.p7b", "-print_certs", "-out", "c.pem"], check=True
    )
    assert chain.returncode == 0
    code = "0123456789ABCDEF" * 3
    made = eaptls("ca-certificate", "download-proof", "--destination", "p.cer", "--verification-code", code)
    assert made.out == "proof signed by CA 1 written to p.cer\n"
    verified = subprocess.run(
        ["openssl", "verify", "-CAfile", "c.pem", "p.cer"], capture_output=True, check=False, text=True
    )
    assert verified.stdout == "p.cer: OK\n"


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        ("download --destination x --index 2", 1, "no CA of this tenant has index 2; there is index 1 alone (index-unknown)"),
        ("download --destination x --index two", 2, "'two' is no index; write a number, counted from 1"),
        ("download --destination x --thumbprint 12", 1, "'12' is no thumbprint; a thumbprint has 40 hexadecimal digits (thumbprint-invalid)"),
        ("download --destination x --tenant litware", 1, "there is no tenant 'litware'; there are contoso (tenant-unknown)"),
        ("download-proof --destination x --verification-code a/b", 1, "'a/b' is no verification code; copy the code that the cloud service shows (code-invalid)"),
        ("download-proof --destination x --verification-code=", 1, "'' is no verification code; copy the code that the cloud service shows (code-invalid)"),
        ("list --at later", 2, "'later' is no moment; write a date as in 2026-01-31, a shift as in +641d, or E-89d for 89 days before the end of the first CA"),
        ("list --service none", 2, "none: there is no Security Service; make a tenant with eaptls tenant create --name NAME --service none"),
        ("list --trusted missing.pem", 2, "cannot read missing.pem: No such file or directory"),
    ],
)  # fmt: skip
def test_bad_input_is_one_sentence(
    eaptls: Eaptls, here: Path, arguments: str, code: int, sentence: str
) -> None:
    ended = eaptls("ca-certificate", *arguments.split())
    assert (ended.code, ended.out, ended.err) == (code, "", f"eaptls: {sentence}\n")
    assert not (here / "x").exists()


def test_an_expired_ca_leaves_the_file_that_is_there(eaptls: Eaptls, here: Path) -> None:
    (here / "old.cer").write_bytes(b"last year's")
    ended = eaptls("ca-certificate", "download", "--destination", "old.cer", "--index", "1", "--at", "E+1d")
    assert ended.code == 1
    assert ended.err.endswith("; it stays in the list; choose one that is still valid (ca-expired)\n")
    assert (here / "old.cer").read_bytes() == b"last year's"


def test_a_destination_that_cannot_be_written(eaptls: Eaptls, here: Path) -> None:
    ended = eaptls("ca-certificate", "download", "--destination", "none/a.cer")
    assert ended.code == 3
    assert ended.err == (
        "eaptls: cannot write none/a.cer: No such file or directory\n"
        "choose another --destination, or mend the folder's permissions\n"
    )
    (here / "folder").mkdir()
    assert eaptls("ca-certificate", "download", "--destination", "folder").code == 3
    assert [path.name for path in here.iterdir() if path.name.startswith(".")] == []


def test_a_bundle_that_lacks_the_new_ca_is_told(eaptls: Eaptls, here: Path) -> None:
    _, b = certificates(eaptls, "E-89d")
    eaptls("ca-certificate", "download", "--destination", "a.cer", "--index", "1")
    told = eaptls("ca-certificate", "list", "--trusted", "a.cer", "--at", "E-89d")
    assert told.code == 1
    assert told.err == (
        f"eaptls: a.cer lacks CA 2 ({b['thumbprint']}), which is new: "
        "issued, and not yet used; back ends have to trust it before it becomes Active\n"
    )
    assert eaptls("ca-certificate", "list", "--trusted", "a.cer", "--at", "E-91d").code == 0
    (here / "no.pem").write_text("nothing")
    assert eaptls("ca-certificate", "list", "--trusted", "no.pem").err == (
        "eaptls: no.pem holds no certificate; name a file in PEM or DER\n"
    )


def test_a_bundle_that_no_back_end_can_read_is_not_complete(eaptls: Eaptls, here: Path) -> None:
    blocks = []
    for index in ("1", "2"):
        eaptls("ca-certificate", "download", "--destination", "x.cer", "--index", index, "--at", "E-89d")
        said = ["openssl", "x509", "-inform", "DER", "-in", "x.cer"]
        blocks.append(subprocess.run(said, capture_output=True, check=True, text=True).stdout.rstrip())
    (here / "good.pem").write_text("\n".join(blocks))
    good = eaptls("ca-certificate", "list", "--trusted", "good.pem", "--at", "E-89d")
    assert (good.code, good.err) == (
        0,
        (
            "eaptls: note: good.pem holds CAs 1 and 2, which have one name; where OpenSSL finds them in one store, "
            "it accepts the devices of the first alone\n"
        ),
    )
    assert eaptls("ca-certificate", "list", "--trusted", "good.pem", "--at", "E+1d").err == ""
    (here / "joined.pem").write_text("".join(blocks))  # the line end between the two is missing
    judge = ["openssl", "verify", "-CAfile", "joined.pem", "joined.pem"]
    assert "bad end line" in subprocess.run(judge, capture_output=True, check=False, text=True).stderr
    ended = eaptls("ca-certificate", "list", "--trusted", "joined.pem", "--at", "E-89d")
    assert ended.code == 2
    assert ended.err == (
        "eaptls: joined.pem: OpenSSL reads nothing of the file: bad end line; "
        "let each certificate begin on a line of its own\n"
    )


def test_several_tenants_and_the_selected_one(eaptls: Eaptls, here: Path) -> None:
    assert eaptls("tenant", "show-selected").out.startswith("contoso  ")
    assert eaptls("tenant", "create", "--name", "contoso").code == 1
    assert (
        eaptls(
            "tenant",
            "create",
            "--name",
            "fabrikam",
            "--life",
            "100d",
            "--renewal",
            "9d",
            "--activation",
            "5d",
        ).code
        == 0
    )
    ended = eaptls("ca-certificate", "list")
    assert ended.err == (
        "eaptls: no tenant is selected; select one with tenant select --tenant NAME (tenant-not-selected)\n"
    )
    assert eaptls("tenant", "select", "--tenant", "fabrikam").out == "tenant 'fabrikam' is selected\n"
    assert [line.split()[1:] for line in eaptls("tenant", "list").out.splitlines()[1:]] == [
        ["contoso", "no"],
        ["fabrikam", "yes"],
    ]
    assert len(certificates(eaptls, "E-8d")) == 2
    assert len(certificates(eaptls, "E-8d", "--tenant", "contoso")) == 2
    assert eaptls("tenant", "create", "--name", "litware", "--life", "80d").err == (
        "eaptls: renewal is not shorter than life; a successor is issued before the end of a CA\n"
    )


@pytest.fixture
def served(here: Path) -> Iterator[str]:
    """The service of the folder, served; the words that name it."""
    command = [
        sys.executable,
        "-c",
        "from harness.cli.entry import main; main()",
        "services",
        "up",
        "--port",
        "0",
    ]
    with subprocess.Popen(command, cwd=here, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        yield line.partition(" at ")[2].partition(";")[0]
        process.send_signal(signal.SIGINT)
        assert process.wait() in (0, 130)


def test_the_same_commands_on_a_service_that_is_served(eaptls: Eaptls, here: Path, served: str) -> None:
    there = ("--service", served, "--service-trust", "security-service/service.pem")
    assert len(certificates(eaptls, "E-89d", *there)) == 2
    ended = eaptls(
        "ca-certificate", "download", "--destination", "b.cer", "--index", "2", "--at", "E-89d", *there
    )
    assert ended.out == "CA 2 (Inactive: new) written to b.cer\n"
    assert eaptls("tenant", "create", "--name", "fabrikam", *there).code == 0
    assert eaptls("tenant", "select", "--tenant", "fabrikam", *there).code == 0
    assert eaptls("ca-certificate", "list", "--service", served).err == (
        "eaptls: a service that is served needs --service-trust FILE; eaptls services up tells which\n"
    )
    got = subprocess.run(
        ["curl", "--silent", "--cacert", "security-service/service.pem", f"{served}/v2/tenants/contoso/cert"],
        cwd=here,
        capture_output=True,
        check=True,
    )
    assert json.loads(got.stdout).startswith("MII")


def test_a_service_that_is_not_served(eaptls: Eaptls, here: Path) -> None:
    eaptls("ca-certificate", "download", "--destination", "a.cer")
    subprocess.run(["openssl", "x509", "-inform", "DER", "-in", "a.cer", "-out", "a.pem"], check=True)
    ended = eaptls("tenant", "list", "--service", "https://localhost:1", "--service-trust", "a.pem")
    assert ended.code == 3
    assert ended.err.splitlines()[1] == "is eaptls services up running there?"
