from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.cli.device_connect import lines
from harness.cli.device_link import endpoint, far_server, shared_secret
from harness.errors import UsageError
from harness.outcome import Cause, Finding, Outcome, Proof, Severity, Verdict
from harness.trace import Actor, Endpoint

Eaptls = Callable[..., Any]


@pytest.fixture
def device(eaptls: Eaptls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A device with a network whose certificates are not there."""
    place = tmp_path / "device"
    monkeypatch.setenv("EAPTLS_DEVICE", str(place))
    monkeypatch.delenv("EAPTLS_SECRET", raising=False)
    certificates = ("--client-cert-id", "client-key-abc", "--root-ca-cert-id", "server-key-xyz")
    network = ("--ssid", "CORP", "--config-name", "corp", "--client-id", "thermostat-7", *certificates)
    for words in (("init",), ("wifi", "add", *network)):
        assert eaptls("device", *words).code == 0
    return place


@pytest.fixture
def provisioned(eaptls: Eaptls, device: Path, radius: Any) -> Path:
    """The same with the certificates that the server's administrator handed out."""
    add = ("device", "certificate", "add")
    files = radius.files
    root = eaptls(*add, "-i", "server-key-xyz", "-t", "rootca", "-p", files / "ca.pem")
    client = ("-i", "client-key-abc", "-t", "client", "-p", files / "client.pem")
    assert root.code == eaptls(*add, *client, "--private-key-file", files / "client.key").code == 0
    return device


@pytest.mark.server
def test_a_provisioned_device_connects_after_the_reload(
    eaptls: Eaptls, provisioned: Path, radius: Any
) -> None:
    connect = ("device", "connect", "--network", "corp", "--server", radius.address)
    secret = ("--secret-file", radius.files / "secret")
    early = eaptls(*connect, *secret)
    assert early.code == 1
    assert early.out.startswith("not-attempted: client-certificate-missing\n")
    assert "Wi-Fi does not know it yet" in early.out
    eaptls("device", "wifi", "reload-config")
    joined = eaptls(*connect, *secret)
    assert (joined.code, joined.err) == (0, "")
    first, explanation, *rest = joined.out.splitlines()
    assert first == "connected: mutual-authentication"
    assert explanation.startswith("  The device verified the server against CN=corp-root")
    assert any(line.startswith("  proof, access-point: received Access-Accept") for line in rest)
    status = json.loads(eaptls("device", "wifi", "show-status", "--json").out)
    assert (status["wpa_state"], status["ssid"]) == ("COMPLETED", "CORP")
    assert radius.secret not in early.out + joined.out


@pytest.mark.server
def test_an_outcome_as_json(
    eaptls: Eaptls, provisioned: Path, radius: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    eaptls("device", "wifi", "reload-config")
    monkeypatch.setenv("EAPTLS_SECRET", radius.secret)
    ended = eaptls("device", "connect", "-n", "0", "--server", radius.address, "--json")
    outcome = json.loads(ended.out)
    assert (ended.code, outcome["verdict"], outcome["cause"]) == (0, "connected", "mutual-authentication")
    assert outcome["mutual_authentication"] is True
    assert radius.secret not in ended.out


@pytest.mark.server
def test_an_access_point_of_another_name_is_not_found(eaptls: Eaptls, provisioned: Path, radius: Any) -> None:
    eaptls("device", "wifi", "reload-config")
    connect = ("device", "connect", "-n", "corp", "--server", radius.address)
    ended = eaptls(*connect, "--secret-file", radius.files / "secret", "--ssid", "OTHER")
    assert ended.code == 1
    assert ended.out.startswith("not-attempted: access-point-not-found\n")
    shown = json.loads(eaptls("device", "network", "show-diagnostics", "--json").out)
    assert [value["error"] for value in shown["values"]] == ["NetworkNotFound"]


@pytest.mark.server
def test_a_server_that_the_root_ca_did_not_issue_is_refused(
    eaptls: Eaptls, provisioned: Path, radius: Any
) -> None:
    other = radius.files / "client.pem"
    eaptls("device", "certificate", "add", "-i", "server-key-xyz", "-t", "rootca", "-p", other)
    eaptls("device", "wifi", "reload-config")
    connect = ("device", "connect", "-n", "corp", "--server", radius.address)
    ended = eaptls(*connect, "--secret-file", radius.files / "secret")
    assert ended.code == 1
    assert ended.out.startswith("refused: ")
    shown = json.loads(eaptls("device", "network", "show-diagnostics", "-n", "corp", "--json").out)
    assert (shown["error"], shown["certInfo"]["certError"]) == ("AuthenticationFailed", "InvalidRootCA")
    assert shown["configState"] == "temp-disabled"


@pytest.mark.catalogue("D04")
def test_a_certificate_that_is_not_there_is_diagnosed_without_a_packet(
    eaptls: Eaptls, device: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret-word\n")
    ended = eaptls("device", "connect", "-n", "corp", "--server", "127.0.0.1:9", "--secret-file", secret)
    assert ended.code == 1
    assert ended.out.startswith("not-attempted: client-certificate-missing\n")
    shown = json.loads(eaptls("device", "network", "show-diagnostics", "-n", "corp", "--json").out)
    assert shown["certInfo"] == {"certError": "CertificateNotFound"}
    assert "s3cret" not in ended.out + ended.err


@pytest.mark.parametrize("network", ["guest", "7"])
def test_a_network_that_is_not_there(network: str, eaptls: Eaptls, device: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    secret = ("--secret-file", tmp_path / "secret")
    ended = eaptls("device", "connect", "-n", network, "--server", "127.0.0.1", *secret)
    assert ended.code == 1
    assert ended.out.startswith("not-attempted: network-unknown\n")


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("127.0.0.1", Endpoint("127.0.0.1", 1812)),
        ("127.0.0.1:18120", Endpoint("127.0.0.1", 18120)),
        ("localhost:1", Endpoint("127.0.0.1", 1)),
        ("[::1]:1645", Endpoint("::1", 1645)),
        ("[::1]", Endpoint("::1", 1812)),
        ("::1", Endpoint("::1", 1812)),
    ],
)
def test_addresses_of_servers(written: str, wanted: Endpoint) -> None:
    found = endpoint(written)
    assert found == wanted or (written.startswith("localhost") and found.host == "::1")


@pytest.mark.parametrize("written", ["127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "h:x", "[::1]:x"])
def test_an_address_without_port(written: str) -> None:
    with pytest.raises(UsageError) as caught:
        endpoint(written)
    text = f"--server {written!r} has no port between 1 and 65535; write HOST:PORT"
    assert str(caught.value) == text


@pytest.mark.parametrize("written", ["", "a..b", "[127.0.0.1", "x" * 64])
def test_an_address_that_is_none(written: str) -> None:
    with pytest.raises(UsageError, match=r"^--server .* there is no host"):
        endpoint(written)


def test_a_shared_secret_comes_from_a_file_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secret"
    file.write_bytes(b"fr\xc3\xbch und sp\xe4t \r\nsecond line\n")
    monkeypatch.setenv("EAPTLS_SECRET", "from-the-environment")
    assert shared_secret(file) == b"fr\xc3\xbch und sp\xe4t "
    assert shared_secret(None) == b"from-the-environment"
    assert "from-the-environment" not in repr(far_server("127.0.0.1", None))


def test_a_shared_secret_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EAPTLS_SECRET", "")
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(UsageError) as empty:
        shared_secret(tmp_path / "empty")
    assert str(empty.value) == f"{tmp_path}/empty has no shared secret in its first line"
    with pytest.raises(UsageError) as missing:
        shared_secret(None)
    assert str(missing.value) == "the shared secret is missing; name a --secret-file or set EAPTLS_SECRET"


def test_there_is_no_option_for_the_secret_itself(eaptls: Eaptls) -> None:
    for command in ("connect", "serve"):
        ended = eaptls("device", command, "--secret", "x")
        assert ended.code == 2
        assert "No such option" in ended.err


def test_all_of_an_outcome_is_told_on_lines_of_its_own() -> None:
    outcome = Outcome(
        Verdict.REJECTED,
        Cause.UNDETERMINED,
        "Seen:\x1b nothing.",
        "Look.",
        (Proof(Actor.DEVICE, "saw\nnothing"),),
        (Finding("odd", Severity.WARNING, "Odd."),),
    )
    assert lines(outcome) == [
        "rejected: undetermined",
        "  Seen:\\x1b nothing.",
        "  remedy: Look.",
        "  proof, device: saw\\x0anothing",
        "  warning: Odd.",
    ]
