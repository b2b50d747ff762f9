from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.scenario.action import Action
from harness.scenario.command_parts import CommandError
from harness.scenario.commandline import parse_command
from harness.scenario.concrete import ConcreteScenario
from harness.scenario.steps_tenant import (
    CreateTenant,
    Download,
    ListAuthorities,
    ListTenants,
    SelectTenant,
    ShowSelected,
)

CER: dict[str, Any] = {"what": "certificate", "file": "ca-cert.cer"}
PROOF: dict[str, Any] = {"what": "proof", "file": "v.cer", "code": "c0de"}


@pytest.mark.parametrize(
    ("line", "action"),
    [
        ("azsphere ca-certificate list", ListAuthorities()),
        ("azsphere ca-certificate list --tenant a -o json", ListAuthorities(tenant="a")),
        ("az sphere ca-certificate list -g x -c a", ListAuthorities(tenant="a", integrated=True)),
        ("azsphere ca-certificate download --destination ca-cert.cer", Download(**CER)),
        ("azsphere ca-certificate download --destination ca-cert.cer --index 2", Download(**CER, index=2)),
        ("azsphere ca-certificate download -d ca-cert.cer -t {B}", Download(**CER, thumbprint="{B}")),
        (
            "az sphere ca-certificate download --resource-group x --catalog a --output-file ca-cert.cer --name .default",
            Download(**CER, tenant="a", serial=".default"),
        ),
        (
            "azsphere ca-certificate download-chain --destination c.p7b",
            Download(what="chain", file="c.p7b"),
        ),
        (
            "azsphere ca-certificate download-proof --destination v.cer --verification-code c0de --index 2",
            Download(**PROOF, index=2),
        ),
        (
            "az sphere ca-certificate download-proof --output-file v.cer -v c0de --serial-number 0a",
            Download(**PROOF, serial="0a"),
        ),
        ("azsphere tenant download-ca-certificate --output ca-cert.cer", Download(**CER)),
        (
            "azsphere tenant download-ca-certificate-chain --output c.p7b",
            Download(what="chain", file="c.p7b"),
        ),
        (
            "azsphere tenant download-validation-certificate --output v.cer --verificationcode c0de",
            Download(**PROOF),
        ),
        ("azsphere tenant create --name a", CreateTenant(name="a")),
        ("azsphere tenant list", ListTenants()),
        ("azsphere tenant select --tenant a", SelectTenant(tenant="a")),
        ("azsphere tenant show-selected", ShowSelected()),
        ("az sphere catalog create -g x --name a", CreateTenant(name="a")),
        ("az sphere catalog list", ListTenants()),
    ],
)
def test_the_commands_of_the_documents(line: str, action: Action) -> None:
    assert parse_command(line) == action


@pytest.mark.parametrize(
    ("line", "message", "fix"),
    [
        (
            "azsphere ca-certificate download",
            "`azsphere ca-certificate download` lacks --destination",
            "add --destination ...",
        ),
        (
            "az sphere ca-certificate download -c a",
            "`az sphere ca-certificate download` lacks --output-file",
            "add --output-file ...",
        ),
        (
            "azsphere ca-certificate download --destination a --index two",
            "'two' is no index",
            "write a number, counted from 1",
        ),
        (
            "azsphere ca-certificate download --destination a --thumbprint <value>",
            "'<value>' is no thumbprint",
            "write 40 hexadecimal digits, or {B} for that of the second CA",
        ),
        (
            "az sphere ca-certificate download --output-file a --index 1",
            "`az sphere ca-certificate download` has no flag '--index'",
            None,
        ),
        ("azsphere catalog list", "`azsphere` has no command 'catalog list' here", None),
        ("az sphere tenant list", "`az sphere` has no command 'tenant list' here", None),
        ("azsphere ca-certificate lst", "`azsphere` has no command 'ca-certificate lst' here", None),
    ],
)
def test_a_mistake_in_a_command(line: str, message: str, fix: str | None) -> None:
    with pytest.raises(CommandError) as error:
        parse_command(line)
    assert error.value.message == message
    assert fix is None or error.value.fix == fix


HEAD = "tenants: {contoso: {}}\nsteps:\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "steps:\n  - command: azsphere ca-certificate list\n",
            "there is no Security Service in this scenario; give it a tenant, as in `tenants: {contoso: {}}`",
        ),
        (
            f"{HEAD}  - command: azsphere ca-certificate list --tenant contos\n",
            "there is no tenant 'contos'; did you mean 'contoso'?",
        ),
        (
            f"{HEAD}  - {{command: azsphere ca-certificate list, expect: {{certificate: A}}}}\n",
            "this command says nothing about 'certificate'; leave certificate out",
        ),
        (
            f"{HEAD}  - {{command: azsphere device restart, expect: {{status: [Active]}}}}\n",
            "this command says nothing about 'status'; leave status out",
        ),
        (
            f"{HEAD}  - {{command: azsphere tenant list, device: device}}\n",
            "this command is for the Security Service, not for a device; leave device out",
        ),
        (
            f"{HEAD}  - monitor: [a.cer]\n",
            "there is no downloaded file 'a.cer'; there is none to choose from",
        ),
        (f"{HEAD}  - tenant-ca: {{}}\n", "one thing is done at a time; write revoke: A, or reissue: true"),
        (
            "tenants: {contoso: {activation: 91d}}\nsteps: [persist]\n",
            "a successor takes over before the end of its predecessor; write an activation not longer than renewal",
        ),
        (
            "tenants: {contoso: {life: 90d}}\nsteps: [persist]\n",
            "a successor is issued before the end of a CA; write a renewal shorter than life",
        ),
        (
            "tenants: {contoso: {key: rsa-2048}}\nsteps: [persist]\n",
            "a tenant CA has no rsa-2048 key; write ec-p384 or ec-p256",
        ),
        (
            "tenants: {contoso: {issued: 3d}}\nsteps: [persist]\n",
            "the first CA is issued after the start of the run; write a shift as in -700d",
        ),
    ],
)
def test_a_mistake_in_a_scenario(problems: Callable[[str], list[str]], text: str, sentence: str) -> None:
    told = problems(f"scenario: A title\n{text}")
    assert [one.partition(": ")[2] for one in told] == [sentence]


def test_a_command_for_the_service_needs_no_device(concrete: Callable[[str], ConcreteScenario]) -> None:
    text = (
        "tenants: {contoso: }\ndevices: {a: {}, b: {}}\nsteps:\n  - command: azsphere ca-certificate list\n"
    )
    [step] = concrete(text).steps
    assert step.device == ""
    assert step.title == "azsphere ca-certificate list"
