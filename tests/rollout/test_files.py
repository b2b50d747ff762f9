"""Which files are taken, and what is said of those that cannot be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.errors import ScenarioErrors, UsageError
from harness.rollout.check import check
from harness.rollout.files import read_inputs
from harness.rollout.findings import Kind
from harness.rollout.language import ROLLOUT_VERBS, GalleryRenewal, Rollout, RolloutApplication
from harness.scenario.part import Part, key_of
from tests.rollout.checked import Checked

SEED = """\
To store the Root CA certificate onto the Azure Sphere device:

azsphere device certificate add --cert-id "server-key-xyz" --cert-type rootca --public-key-file <filepath_to_server_ca_public.pem>

To store the client certificate onto the Azure Sphere device:

azsphere device certificate add --cert-id "client-key-abc" --cert-type client --public-key-file <filepath_to_client_public.pem> --private-key-file <filepath_to_client_private.pem> --private-key-password "_password_"
"""


def wrong(checked: Checked, **texts: str) -> list[str]:
    with pytest.raises(ScenarioErrors) as raised:
        checked.report(**texts)
    return [str(error).removeprefix(f"{checked.folder}/") for error in raised.value.errors]


def test_the_documents_own_commands_verbatim(checked: Checked) -> None:
    report = checked.report(runbook_md=SEED)
    assert report.conflicts == ()
    held = report.rehearsals[0].ends["device"].store
    assert [(entry.id, entry.type.value) for entry in held.entries.values()] == [
        ("server-key-xyz", "rootca"),
        ("client-key-abc", "client"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "azsphere device certificate add --cert-id a --cert-type rootca --public-key-file r.pem",
        "azsphere device certificate add --certid a --certtype rootca --publickeyfilepath r.pem",
        "az sphere device certificate add -c a -t rootca -p r.pem",
    ],
)
def test_all_three_spellings_of_the_flags_are_read(checked: Checked, line: str) -> None:
    (entry,) = checked.report(a_sh=line).rehearsals[0].ends["device"].store.entries.values()
    assert (entry.id, entry.type.value) == ("a", "rootca")


def test_commands_about_something_else_and_questions_are_passed_over(checked: Checked) -> None:
    text = (
        "azsphere tenant list\nazsphere device certificate list\naz sphere device sideload deploy x\n" + SEED
    )
    assert len(checked.report(a_sh=text).rehearsals[0].moments) == 2


def test_a_mistake_in_a_command_is_told_with_its_line(checked: Checked) -> None:
    assert wrong(checked, a_sh="\nazsphere device certificate add --cert-id a --cert-typ rootca\n") == [
        "a.sh:2:0: `azsphere device certificate add` has no flag '--cert-typ'; did you mean '--cert-type'?"
    ]


def test_an_id_that_only_the_shell_knows_is_told(checked: Checked) -> None:
    assert wrong(checked, a_sh="azsphere device certificate delete --cert-id $ID") == [
        "a.sh:1:0: the value of $ID is not known before the script runs; write it out, or give it a value above"
    ]


def test_a_file_name_that_only_the_shell_knows_does_not_matter(checked: Checked) -> None:
    line = "azsphere device certificate add --cert-id a --cert-type rootca --public-key-file $DIR/r.pem"
    assert checked.report(a_sh=line).conflicts == ()


def test_a_text_without_commands_is_told(checked: Checked) -> None:
    assert wrong(checked, a_txt="nothing here") == [
        (
            "a.txt: no command here concerns certificates or networks; name a script or runbook with lines for "
            "azsphere or az sphere, a rollout, or a scenario"
        )
    ]


def test_folders_and_absent_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder; name its files"):
        read_inputs([tmp_path])
    with pytest.raises(UsageError, match="does not exist"):
        read_inputs([tmp_path / "absent.sh"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rollout: X\n", "r.yaml:1:1: the scenario lacks 'applications'; add applications: ..."),
        (
            "rollout: X\napplications:\n  a:\n    - gallery-renewl\n",
            "r.yaml:4:7: 'gallery-renewl' is no step; did you mean 'gallery-renewal'?",
        ),
        (
            "rollout: X\napplications:\n  a:\n    - associate: corp\n",
            "r.yaml:4:7: 'associate' is no step; use one of: ",
        ),
        (
            "rollout: X\napplications:\n  a:\n    - gallery-renewal: {rot: x}\n",
            "r.yaml:4:25: unknown key 'rot' in 'gallery-renewal'; did you mean 'root'?",
        ),
        (
            "rollout: X\napplications:\n  a:\n    manifest: absent.json\n    steps: [reload]\n",
            "r.yaml:4:15: absent.json cannot be read: No such file or directory; name an app_manifest.json",
        ),
        (
            "rollout: X\napplications:\n  a:\n    - command: azsphere device certificat delete\n",
            "r.yaml:4:16: `azsphere` has no command 'device certificat delete' here; did you mean 'device certificate delete'?",
        ),
    ],
)
def test_mistakes_of_a_rollout_have_place_and_fix(checked: Checked, text: str, said: str) -> None:
    (told,) = wrong(checked, r_yaml=text)
    assert told.startswith(said)


def test_a_scenario_is_a_plan(checked: Checked) -> None:
    scenario = """\
        scenario: A root CA under the client's ID
        steps:
          - install: {id: corp-client, type: rootca, certificate: corp-root}
            expect: {replaced: client}
          - reload
          - associate: corp
            expect: {verdict: not-attempted, cause: client-certificate-wrong-type}
        """
    (finding,) = checked.of(Kind.OVERWRITE, s_yaml=scenario)
    assert finding.losses[0].text.startswith("network 'corp' is lost at the reload of s.yaml:5: ")
    marked = scenario.replace("certificate: corp-root}", "certificate: corp-root}  # intended")
    assert checked.of(Kind.OVERWRITE, s_yaml=marked) == []


def test_each_variant_of_a_matrix_is_rehearsed_and_told_once(checked: Checked) -> None:
    scenario = """\
        scenario: Under ${id}
        matrix:
          id: [corp-client, corp-root-ca, free]
        steps:
          - install: {id: "${id}", type: rootca, certificate: corp-root}
        """
    report = checked.report(s_yaml=scenario)
    assert len(report.rehearsals) == 3
    assert [one.finding.id for one in report.conflicts] == ["corp-client"]


def test_two_scenarios_start_from_one_baseline(checked: Checked) -> None:
    scenario = "scenario: {0}\nsteps:\n  - install: {{id: {0}, type: rootca, certificate: corp-root}}\n"
    report = checked.report(a_yaml=scenario.format("one"), b_yaml=scenario.format("two"))
    assert report.conflicts == ()


def test_a_power_cut_inside_a_step_ends_what_is_told(checked: Checked) -> None:
    scenario = """\
        scenario: A cut
        steps:
          - install: {id: corp-client, type: rootca, certificate: corp-root}
            power-cut-at: 2
          - reload
        """
    report = checked.report(s_yaml=scenario)
    assert report.conflicts == ()
    (text,) = [one.finding.text for one in report.findings if one.finding.kind is Kind.UNFOLLOWED]
    assert text.startswith(
        "s.yaml:3 does what only a run tells (install corp-root as rootca corp-client with a power cut"
    )


def test_too_many_orders_are_told(checked: Checked) -> None:
    files = checked.write(**{f"a{number}_sh": SEED for number in range(6)})
    with pytest.raises(UsageError, match="6 parties with all their variants make 720 rehearsals"):
        check(read_inputs(files).parties)
    assert len(check(read_inputs(files).parties, in_order=True).orders) == 1


def test_every_key_and_verb_of_a_rollout_is_described() -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "plan-certificate-ids.md").read_text("utf-8")
    models: list[type[Part]] = [Rollout, RolloutApplication, GalleryRenewal]
    words = [key_of(name) for model in models for name in model.model_fields] + list(ROLLOUT_VERBS)
    assert [word for word in words if f"`{word}`" not in page] == []


def test_every_kind_of_finding_is_described() -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "plan-certificate-ids.md").read_text("utf-8")
    described = set(re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE))
    assert {kind.value for kind in Kind} <= described


@pytest.mark.parametrize(
    "line",
    [
        "Then do `azsphere device certificate add --cert-id a --cert-type rootca --public-key-file r.pem` and wait.",
        "xargs azsphere device certificate delete --cert-id a",
        "/opt/bin/azsphere device wifi reload-config",
        "azsphere dev cert add -i a -t rootca -p r.pem",
        f"{SEED.splitlines()[2]}; nohup azsphere device certificate delete --cert-id a",
    ],
)
def test_a_command_that_is_not_read_is_told(checked: Checked, line: str) -> None:
    (told,) = checked.of(Kind.UNFOLLOWED, a_md=SEED + line)
    assert told.text.startswith(f"a.md:{len(SEED.splitlines()) + 1} holds a command that is not read")
    assert not told.conflict


@pytest.mark.parametrize(
    "line",
    [
        "# azsphere device certificate delete --cert-id a",
        "The command azsphere device certificate add installs one.",
        "Ask with `azsphere device certificate show --cert-id a` what is there.",
        "if ! azsphere device certificate delete --cert-id client-key-abc; then exit 1; fi",
    ],
)
def test_what_changes_nothing_or_is_read_needs_no_word(checked: Checked, line: str) -> None:
    assert checked.of(Kind.UNFOLLOWED, a_md=SEED + line) == []


def test_one_device_stands_for_a_fleet(checked: Checked) -> None:
    scenario = """\
        scenario: A fleet
        devices:
          thermostats: {count: 20}
        steps:
          - join-all:
            device: thermostats
            expect: {connected: 100%}
          - install: {id: corp-client, type: rootca, certificate: corp-root}
            device: thermostats
        """
    (finding,) = checked.of(Kind.OVERWRITE, s_yaml=scenario)
    assert [loss.network for loss in finding.losses] == ["corp"]
    away = scenario.replace("join-all:", "offline: 20%").replace(
        "            expect: {connected: 100%}\n", ""
    )
    assert checked.of(Kind.OVERWRITE, s_yaml=away) == []


def test_a_file_whose_commands_are_all_within_sentences_is_not_said_to_hold_none(checked: Checked) -> None:
    text = "# Runbook\nThen do `azsphere device certificate delete --cert-id a`.\n"
    assert wrong(checked, a_md=text) == [
        "a.md:2:0: the command stands where none is looked for, as within a sentence; write it on a line of its own"
    ]
