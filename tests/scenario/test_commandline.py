from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.device.network import Security
from harness.scenario.command_parts import CommandError
from harness.scenario.commandline import parse_command, redacted
from harness.scenario.steps_store import Delete, Install
from harness.scenario.steps_wifi import Network, Reload, WifiDisable, WifiEnable, WifiForget


def problem(line: str) -> tuple[str, str, int]:
    with pytest.raises(CommandError) as caught:
        parse_command(line)
    return caught.value.message, caught.value.fix, caught.value.offset


def test_the_two_commands_of_manual_deployment() -> None:
    root = parse_command(
        'azsphere device certificate add --cert-id "server-key-xyz" --cert-type rootca '
        "--public-key-file {corp-root.pem}"
    )
    assert root == Install(id="server-key-xyz", type="rootca", certificate="corp-root")
    client = parse_command(
        'azsphere device certificate add --cert-id "client-key-abc" --cert-type client --public-key-file '
        '<thermostat.pem> --private-key-file certs/thermostat.key --private-key-password "_password_"'
    )
    assert isinstance(client, Install)
    assert (client.id, client.type, client.certificate) == ("client-key-abc", "client", "thermostat")
    assert (client.key_from, client.password) == ("thermostat", "_password_")


@pytest.mark.parametrize(
    "line",
    [
        "azsphere device certificate add -i a --cert-type rootca --public-key-file corp-root.pem",
        "azsphere device certificate add --certid a --certtype rootca --publickeyfilepath corp-root.pem",
        "azsphere device certificate add --cert-id=a --cert-type=rootca --public-key-file=corp-root.pem",
        "az sphere device certificate add --certificate a --cert-type rootca --public-key-file corp-root.pem",
        "az sphere device certificate add -c a -t rootca -p corp-root.pem --device 10.0.0.2",
    ],
)
def test_every_spelling_of_an_install_means_the_same(line: str) -> None:
    assert parse_command(line) == Install(id="a", type="rootca", certificate="corp-root")


def test_a_password_that_is_left_out_is_none_and_not_that_of_the_certificate() -> None:
    line = "azsphere device certificate add -i a --cert-type client --public-key-file t.pem --private-key-file t.pem"
    install = parse_command(line)
    assert isinstance(install, Install)
    assert install.password == ""


def test_other_commands_of_the_device() -> None:
    assert parse_command("azsphere device certificate delete --cert-id a") == Delete(id="a")
    assert parse_command("az sphere device certificate delete -c a") == Delete(id="a")
    assert parse_command("azsphere device wifi enable --id corp") == WifiEnable(network="corp")
    assert parse_command("azsphere device wifi disable -i corp") == WifiDisable(network="corp")
    assert parse_command("azsphere device wifi forget -i corp") == WifiForget(network="corp")
    assert parse_command("az sphere device wifi reload-config") == Reload()


def test_a_network_is_saved_and_waits_for_the_reload() -> None:
    network = parse_command(
        'azsphere device wifi add --ssid "CORP" --client-cert-id c --root-ca-cert-id r --client-id u@corp '
        "--config-name corp --targeted-scan"
    )
    assert isinstance(network, Network)
    assert (network.name, network.ssid, network.client_id) == ("corp", "CORP", "u@corp")
    assert (network.persist, network.reload, network.security) == (True, False, Security.EAP_TLS)


def test_security_follows_from_what_a_network_is_given() -> None:
    securities = [
        action.security
        for line in ("", " --psk secret-enough", " --client-cert-id c")
        for action in [parse_command(f"azsphere device wifi add --ssid CORP{line}")]
        if isinstance(action, Network)
    ]
    assert securities == [Security.OPEN, Security.PSK, Security.EAP_TLS]


ADD = "azsphere device certificate add"


@pytest.mark.parametrize(
    ("line", "message", "fix", "offset"),
    [
        ("", "'nothing' is no program of the device", "begin with azsphere or az sphere", 0),
        ("openssl x509", "'openssl x509' is no program of the device", "begin with azsphere or az sphere", 0),
        (
            "azsphere device certificat add",
            "`azsphere` has no command 'device certificat add' here",
            "did you mean 'device certificate add'?",
            9,
        ),
        (
            "azsphere device certificate list",
            "`azsphere device certificate list` changes nothing",
            "ask with the steps store, show or status",
            9,
        ),
        (f"{ADD} --cert-ident a", f"`{ADD}` has no flag '--cert-ident'", "did you mean '--cert-id'?", 32),
        (
            "az sphere device certificate add --cert-id a",
            "`az sphere device certificate add` has no flag '--cert-id'",
            "it is called --certificate there",
            33,
        ),
        (f"{ADD} -i a -i b", "-i stands here twice", "remove one", 37),
        (
            f"{ADD} --cert-id --cert-type client",
            "--cert-id needs a value",
            "write --cert-id and its value",
            32,
        ),
        (f"{ADD} -i a", f"`{ADD}` lacks --cert-type and --public-key-file", "add --cert-type ...", 0),
        (
            f"{ADD} -i a --cert-type rootc --public-key-file r.pem",
            "'rootc' is no type of certificate",
            "did you mean 'rootca'?",
            49,
        ),
        (
            f"{ADD} -i a --cert-type rootca --public-key-file r.pem --private-key-file r.key",
            "a root CA has no private key",
            "leave the flag out",
            99,
        ),
        (
            "azsphere device wifi add -s CORP --psk secret-enough --client-cert-id c",
            "a network has a pre-shared key or a certificate",
            "leave one out",
            39,
        ),
        (
            "azsphere device wifi reload-config now",
            "this word belongs to no flag",
            "put quotes around a value with spaces",
            35,
        ),
        ('azsphere device wifi add -s "CORP', "a quote is not closed", "close it", 28),
    ],
)
def test_mistakes_in_a_command(line: str, message: str, fix: str, offset: int) -> None:
    assert problem(line) == (message, fix, offset)


@pytest.mark.catalogue("D03")
def test_a_client_certificate_without_its_key_file_is_a_mistake() -> None:
    line = f"{ADD} -i a --cert-type client --public-key-file t.pem"
    assert problem(line) == ("a client certificate needs its private key", "add --private-key-file ...", 0)


@pytest.mark.parametrize(
    "line",
    [
        f'{ADD} --private-key-password "top secret" -i a',
        f"{ADD} --private-key-password=top-secret -i a",
        f"{ADD} --privatekeypassword 'top secret' -i a",
        "az sphere device certificate add -w top-secret -c a",
    ],
)
def test_a_password_does_not_reach_a_report(line: str) -> None:
    assert "secret" not in redacted(line)
    assert "***" in redacted(line)
    assert redacted(line).endswith(" a")


@given(st.text(alphabet="azsphere device-wifi\"'=<{}>", max_size=80))
def test_any_line_is_an_action_or_a_sentence(line: str) -> None:
    try:
        parse_command(line)
    except CommandError as error:
        assert error.message  # noqa: PT017
        assert error.fix  # noqa: PT017
        assert 0 <= error.offset <= len(line)  # noqa: PT017
