"""What is an accident, what is meant, and what a network loses by it: each in the words that people read."""

from __future__ import annotations

import pytest

from harness.rollout.findings import Kind
from tests.rollout.checked import Checked

TEAM_A = """\
azsphere device certificate add --cert-id corp-ca --cert-type rootca --public-key-file corp-root.pem
azsphere device certificate add --cert-id Radius --cert-type client --public-key-file a.pem --private-key-file a.key
azsphere device wifi add --ssid CORP --config-name corp --client-cert-id Radius --root-ca-cert-id corp-ca
azsphere device wifi reload-config
"""
TEAM_B = """\
az sphere device certificate add --certificate Radius --cert-type rootca --public-key-file b-root.pem
az sphere device wifi reload-config
"""


def texts(checked: Checked, kind: Kind, **files: str) -> list[str]:
    return [finding.text for finding in checked.of(kind, **files)]


def test_a_root_ca_under_a_clients_id_takes_its_network_at_the_reload(checked: Checked) -> None:
    report = checked.ordered({"a_sh": TEAM_A, "b_sh": TEAM_B}, in_order=True)
    (conflict,) = report.conflicts
    assert conflict.finding.kind is Kind.OVERWRITE
    assert conflict.finding.text == (
        "b.sh:1 installs root CA 'b-root.pem' under 'Radius' and replaces client certificate 'a.pem' of a.sh:2; "
        "the ID changes from a client certificate to a root CA"
    )
    (loss,) = conflict.finding.losses
    assert loss.text == (
        "network 'corp' is lost at the reload of b.sh:2: 'Radius' should be a client certificate, but a root CA was "
        "installed under that ID"
    )
    assert (loss.lost, loss.place and loss.place.line) == (True, 2)


def test_a_client_certificate_under_a_root_cas_id_does_too(checked: Checked) -> None:
    other = TEAM_B.replace("Radius", "corp-ca").replace("rootca", "client") + ""
    other = other.replace("b-root.pem", "b.pem --private-key-file b.key")
    (conflict,) = checked.ordered({"a_sh": TEAM_A, "b_sh": other}, in_order=True).conflicts
    assert conflict.finding.losses[0].text.endswith(
        "'corp-ca' should be a root CA, but a client certificate was installed under that ID"
    )


def test_without_a_reload_the_network_is_lost_at_the_next_one(checked: Checked) -> None:
    files = {"a_sh": TEAM_A, "b_sh": TEAM_B.splitlines()[0]}
    (conflict,) = checked.ordered(files, in_order=True).conflicts
    (loss,) = conflict.finding.losses
    assert loss.place is None
    assert loss.text.startswith("network 'corp' is lost at the next reload or reboot, which no step does: ")


def test_another_root_ca_of_the_same_type_is_told_as_what_the_network_uses(checked: Checked) -> None:
    other = TEAM_B.replace("Radius", "corp-ca")
    (conflict,) = checked.ordered({"a_sh": TEAM_A, "b_sh": other}, in_order=True).conflicts
    (loss,) = conflict.finding.losses
    assert not loss.lost
    assert loss.text == "network 'corp' uses root CA 'b-root.pem' from the reload of b.sh:2 on"


def test_a_party_alone_has_no_conflict(checked: Checked) -> None:
    assert checked.report(a_sh=TEAM_A).conflicts == ()


RENEWED = "azsphere device certificate add --cert-id Radius --cert-type client --public-key-file b.pem --private-key-file b.key\n"
RELOAD = "azsphere device wifi reload-config\n"


def test_whoever_replaces_its_own_certificate_and_reloads_renews_it(checked: Checked) -> None:
    (text,) = texts(checked, Kind.REPLACEMENT, a_sh=TEAM_A + RENEWED + RELOAD)
    assert text.endswith("of a.sh:2: whoever installed it replaces it, and reloads")
    assert checked.report(a_sh=TEAM_A + RENEWED + RELOAD).conflicts == ()


def test_without_the_reload_it_may_be_an_accident(checked: Checked) -> None:
    (finding,) = checked.of(Kind.OVERWRITE, a_sh=TEAM_A + RENEWED)
    assert finding.fix == "choose another ID; if it is meant, mark the step as intended, and reload"


def test_an_id_that_another_network_gets_afterwards_is_no_renewal(checked: Checked) -> None:
    second = "azsphere device wifi add --ssid LAB --config-name lab --client-cert-id Radius\n"
    assert len(checked.of(Kind.OVERWRITE, a_sh=TEAM_A + RENEWED + second + RELOAD)) == 1


@pytest.mark.parametrize("mark", ["{}  # intended", "# intended: the yearly renewal\n{}", "REM intended\n{}"])
def test_a_mark_makes_it_meant(checked: Checked, mark: str) -> None:
    marked = mark.format(TEAM_B.splitlines()[0]) + "\n" + RELOAD
    report = checked.ordered({"a_sh": TEAM_A, "b_sh": marked}, in_order=True)
    kinds = [one.finding.kind for one in report.conflicts]
    # That a network is lost by it is another matter, which nobody means.
    assert kinds == [Kind.NETWORK_LOST]
    assert report.conflicts[0].finding.text.endswith(
        "; root CA 'b-root.pem' stands there since b.sh:" + ("1" if mark.startswith("{}") else "2")
    )


def test_an_allowed_id_is_accepted_with_all_that_comes_of_it(checked: Checked) -> None:
    files = {"a_sh": TEAM_A, "b_sh": TEAM_B}
    report = checked.ordered(files, in_order=True, allowed=["Radius"])
    assert report.conflicts == ()
    accepted = [one.finding.accepted for one in report.findings if one.finding.kind is Kind.OVERWRITE]
    assert accepted == ["'Radius' is allowed"]
    assert checked.ordered(files, in_order=True, allowed=["radius"]).conflicts


def test_the_same_certificate_again_is_harmless(checked: Checked) -> None:
    again = TEAM_A.splitlines()[0] + "\n"
    (text,) = texts(checked, Kind.REPLACEMENT, a_sh=TEAM_A + again)
    assert text.endswith(": it is the same certificate")


def test_files_of_one_name_in_two_plans_are_the_same_where_they_exist(checked: Checked) -> None:
    first = TEAM_A.splitlines()[0] + "\n"
    assert len(checked.of(Kind.OVERWRITE, a_sh=TEAM_A, b_sh=first)) == 2
    (checked.folder / "corp-root.pem").write_text("x" * 900)
    assert checked.of(Kind.OVERWRITE, a_sh=TEAM_A, b_sh=first) == []


def test_a_dangling_id_is_told_at_its_network(checked: Checked) -> None:
    wrong = TEAM_A.replace("--client-cert-id Radius", "--client-cert-id radius")
    (finding,) = checked.of(Kind.DANGLING, a_sh=wrong)
    assert finding.text == ("network 'corp' can never be used: there is no client certificate 'radius'")
    assert (finding.id, finding.network, finding.place and finding.place.line) == ("radius", "corp", 3)


def test_who_took_an_id_away_is_named(checked: Checked) -> None:
    removed = "azsphere device certificate delete --cert-id Radius\n" + RELOAD
    report = checked.ordered({"a_sh": TEAM_A, "b_sh": removed}, in_order=True)
    (conflict,) = report.conflicts
    assert conflict.finding.kind is Kind.NETWORK_LOST
    assert conflict.finding.text == (
        "network 'corp' is lost at the reload of b.sh:2: there is no client certificate 'Radius'; "
        "b.sh:1 took it away"
    )


def test_a_network_that_nothing_loads_is_told(checked: Checked) -> None:
    (finding,) = checked.of(Kind.NOT_LOADED, a_sh=TEAM_A.replace(RELOAD, ""))
    assert finding.text.startswith(
        "network 'corp' cannot be used at the end: client certificate 'Radius' is in the store"
    )
    assert finding.fix == "end with a reload: azsphere device wifi reload-config"


def test_what_the_device_refuses_is_told_in_its_words(checked: Checked) -> None:
    long = TEAM_A.replace("Radius", "radius-client-of-2026")
    found = checked.of(Kind.REFUSED, a_sh=long)
    assert found[0].text == (
        "a.sh:2 is refused by the device: certificate ID 'radius-client-of-2026' has 21 characters; at most 16 are allowed"
    )
    assert "the client certificate ID is longer than 16 characters" in found[1].text


ROLLOUT = """\
rollout: Two applications
order: written
start:
  - install: {id: corp-root-ca, type: rootca, certificate: old-root}
  - install: {id: corp-client, type: client, certificate: old}
  - network: {name: corp, client-cert-id: corp-client, root-ca-cert-id: corp-root-ca}
applications:
  app:
"""


def test_a_root_renewal_that_runs_through_is_meant(checked: Checked) -> None:
    report = checked.report(r_yaml=ROLLOUT + "    - root-renewal: [R0, R1, R2, R3, R4, R5]\n")
    assert report.conflicts == ()
    (text,) = [one.finding.text for one in report.findings if one.finding.kind is Kind.REPLACEMENT]
    assert text == (
        "app (r.yaml:9), root-renewal R4.move, puts root CA 'next-root' under 'corp-root-ca' and replaces root CA "
        "'old-root' of the start (r.yaml:4): root-renewal R4.move does so"
    )


def test_a_root_renewal_in_the_wrong_order_loses_the_copy(checked: Checked) -> None:
    steps = "    - root-renewal: [R0, R1, R2, R3, R4]\n    - reload\n"
    lost = checked.of(Kind.NETWORK_LOST, r_yaml=ROLLOUT + steps)
    assert [(one.network, one.id) for one in lost] == [("corp-next", "next-root-ca")]
    assert "app (r.yaml:9), root-renewal R4.move, took it away" in lost[0].text


@pytest.mark.parametrize("way", ["[A1, A2, A3]", "[B1, B2, B3, B4, B5, B6, B7]"])
def test_a_client_renewal_is_meant(checked: Checked, way: str) -> None:
    report = checked.report(r_yaml=ROLLOUT + f"    - client-renewal: {way}\n")
    assert report.conflicts == ()
    assert Kind.REPLACEMENT in [one.finding.kind for one in report.findings]


@pytest.mark.parametrize(
    "trial",
    [
        "client-renewal: {do: [B1, B2], new-id: corp-client}",
        "root-renewal: {do: [R1, R2], new-id: corp-root-ca}",
    ],
)
def test_a_trial_under_the_id_in_use_is_an_accident(checked: Checked, trial: str) -> None:
    found = checked.of(Kind.OVERWRITE, r_yaml=ROLLOUT + f"    - {trial}\n")
    assert len(found) == 1
    assert "the trial uses an ID that is in use, so there is no way back" in found[0].text
    assert found[0].fix == "give the trial an ID of its own"


GALLERY = """\
rollout: The Gallery's client
applications:
  app:
    - install: {id: RadiusRootCA, type: rootca, certificate: old-root}
    - install: {id: RadiusClient, type: client, certificate: old}
    - network: {name: cfgBootstrap, ssid: OPEN, security: open}
    - network: {name: cfgRADIUS, client-cert-id: RadiusClient, root-ca-cert-id: RadiusRootCA}
"""


def test_the_gallerys_renewal_replaces_what_is_in_use_and_shuts_the_other_networks(checked: Checked) -> None:
    report = checked.report(r_yaml=GALLERY + "    - gallery-renewal\n")
    found = [(one.finding.kind, one.finding.id or one.finding.network) for one in report.conflicts]
    assert found == [
        (Kind.OVERWRITE, "RadiusRootCA"),
        (Kind.OVERWRITE, "RadiusClient"),
        (Kind.NETWORK_LOST, "cfgBootstrap"),
    ]


def test_the_gallerys_renewal_of_one_certificate_leaves_the_other(checked: Checked) -> None:
    steps = GALLERY + "    - gallery-renewal: {renews: client}\n"
    assert [one.id for one in checked.of(Kind.OVERWRITE, r_yaml=steps)] == ["RadiusClient"]


def test_an_application_without_the_capability_is_refused(checked: Checked) -> None:
    text = """\
        rollout: No capability
        applications:
          app:
            capabilities: [WifiConfig]
            steps:
              - install: {id: a, type: rootca, certificate: x}
        """
    (finding,) = checked.of(Kind.REFUSED, r_yaml=text)
    assert finding.text.endswith("the application's manifest lacks the capability CertStore")


def test_a_manifest_file_says_what_an_application_may(checked: Checked) -> None:
    (checked.folder / "app_manifest.json").write_text(
        '{"Capabilities": {"WifiConfig": true, "CertStore": false}}'
    )
    text = ROLLOUT.replace("  app:\n", "  app:\n    manifest: app_manifest.json\n    steps:\n")
    (finding,) = checked.of(Kind.REFUSED, r_yaml=text + "      - delete: corp-client\n")
    assert finding.text.endswith("lacks the capability CertStore")


def test_settings_that_are_not_saved_are_lost_at_the_reload(checked: Checked) -> None:
    text = (
        ROLLOUT
        + """\
    - network: {name: lab, client-cert-id: corp-client, persist: false, reload: false}
    - reboot
"""
    )
    (finding,) = checked.of(Kind.NETWORK_LOST, r_yaml=text)
    assert (
        finding.text
        == "network 'lab' is lost at the reboot of app (r.yaml:10): its settings were never saved"
    )


def test_a_gap_until_the_reload_is_a_note(checked: Checked) -> None:
    text = (
        ROLLOUT
        + """\
    - install: {id: next, type: client, certificate: new}
    - change: {network: corp, client-cert-id: next}
    - persist
    - reload
"""
    )
    report = checked.report(r_yaml=text)
    assert report.conflicts == ()
    (found,) = [one.finding.text for one in report.findings if one.finding.kind is Kind.RECONNECT]
    assert found == (
        "network 'corp' cannot be joined anew between app (r.yaml:10) and app (r.yaml:12): it names what Wi-Fi has "
        "not loaded yet"
    )


def test_a_change_to_an_id_that_leads_nowhere_is_lost_at_the_reconnect(checked: Checked) -> None:
    (finding,) = checked.of(
        Kind.NETWORK_LOST, r_yaml=ROLLOUT + "    - change: {network: corp, client-cert-id: x}\n"
    )
    assert finding.text.startswith("network 'corp' is lost at the next reconnect after app (r.yaml:9): ")


def test_a_move_that_is_meant_does_not_excuse_the_install_before_it(checked: Checked) -> None:
    text = """\
        rollout: A renewal over somebody else's root CA
        start:
          - install: {id: corp-ca, type: rootca, certificate: corp-root}
          - install: {id: client, type: client, certificate: client}
          - network: {name: corp, client-cert-id: client, root-ca-cert-id: corp-ca}
        order: written
        applications:
          metering:
            - install: {id: next-ca, type: rootca, certificate: meters-root}
            - network: {name: meters, client-cert-id: client, root-ca-cert-id: next-ca}
          heating:
            - root-renewal: {do: [R0, R1, R2, R3, R4, R5], id: corp-ca, new-id: next-ca}
        """
    report = checked.report(r_yaml=text)
    found = [(one.finding.kind, one.finding.id, one.finding.network) for one in report.conflicts]
    assert found == [(Kind.OVERWRITE, "next-ca", ""), (Kind.NETWORK_LOST, "next-ca", "meters")]
    told = [loss.network for one in report.conflicts for loss in one.finding.losses]
    assert told == ["meters", "corp-next"]
