"""Every value that the page of switches names: taken by a scenario and by ``eaptls device init``, and of consequence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from harness.cli.device_init import profile_from
from harness.device.certstore import CertStore
from harness.device.device import Device
from harness.device.diagnostics import failure_of
from harness.device.network import Network, Security
from harness.device.profile import DEFAULT_PROFILE, DeviceProfile
from harness.device.results import StoreResult
from harness.device.supplication import Supplication
from harness.observation import Observation, Stage
from harness.outcome import Cause, Outcome, Verdict
from harness.pki.credential import Credential
from harness.pki.keys import KeyPool, KeyType
from harness.pki.mint import Mint
from harness.pki.spec import CertificateSpec, Profile
from harness.scenario.plan import Case
from harness.scenario.switches import profile_of
from harness.trace import Endpoint

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "device-switches.md"
NOW = datetime(2030, 5, 17, 12, 0, tzinfo=UTC)
SPECS = {
    spec.name: spec
    for spec in (
        CertificateSpec("root", Profile.ROOT_CA),
        CertificateSpec("middle", Profile.INTERMEDIATE_CA, "root"),
        CertificateSpec("below", Profile.CLIENT, "middle"),
        CertificateSpec("ec", Profile.CLIENT, "root", cn="thermostat-7"),
        CertificateSpec("rsa", Profile.CLIENT, "root", key=KeyType.RSA_2048),
        CertificateSpec("ed25519", Profile.CLIENT, "root", key=KeyType.ED25519),
    )
}
Made = dict[str, Credential]


@pytest.fixture(scope="module")
def made() -> Made:
    mint = Mint(KeyPool(), NOW)
    return {name: mint.issue(name, SPECS) for name in SPECS}


def documented() -> Iterator[tuple[str, str]]:
    """Yield each switch of the page with each of its values, as they are written there; numbers and texts made up."""
    made_up = {"number": ["1", "7"], "text": ['""', "HIGH"], "list of durations": ["[0s, 200s]"]}
    for line in PAGE.read_text("utf-8").splitlines():
        row = [cell.strip() for cell in line.strip("|").split(" | ")]
        name = re.fullmatch(r"`([a-z-]+)`", row[0])
        if not name or len(row) != 6:
            continue
        values = re.findall(r"`([^`]+)`", row[1])
        if row[1].startswith("list of `"):
            values = [f"[{value}]" for value in values]
        elif row[1].startswith("date"):
            values = ["1970-01-01T00:00:00Z"]
        yield from (
            (name[1], value) for value in dict.fromkeys([*(values or made_up[row[1]]), row[2].strip("`")])
        )


VALUES = list(documented())


class Written:
    """What the fixture ``written`` gives."""

    case: Callable[[str], Case]


def by_scenario(written: Written, name: str, value: str) -> DeviceProfile:
    if name.startswith("tls-"):
        bounds = {"min": "1.0", "max": "1.3"} | {name[4:]: value}
        setting = f"{{tls: {{min: '{bounds['min']}', max: '{bounds['max']}'}}}}"
    else:
        setting = f"{{{name}: {value}}}"
    case = written.case(f"scenario: A title\ndevice: {setting}\nsteps:\n  - reload\n")
    device = case.scenario.devices["device"]
    low, high = device.tls.bounds
    return profile_of(device, tls_min=low.value, tls_max=high.value)


def by_command_line(name: str, value: str) -> DeviceProfile:
    extra = {"tls-min": ["tls-max=1.3"], "tls-max": ["tls-min=1.0"]}.get(name, [])
    return profile_from([f"{name}={value.strip(chr(34))}", *extra])


def test_the_page_has_values_for_every_switch() -> None:
    names = {field.name.replace("_", "-") for field in fields(DeviceProfile)}
    assert {name for name, _ in VALUES} == names
    assert [name for name in names if [one for one, _ in VALUES].count(name) < 2] == []


@pytest.mark.parametrize(("name", "value"), VALUES)
def test_a_documented_value_is_taken_at_both_doors(name: str, value: str, written: Written) -> None:
    field = name.replace("-", "_")
    meant = getattr(by_scenario(written, name, value), field)
    assert getattr(by_command_line(name, value), field) == meant
    assert plain(meant) == value.strip('"')


def plain(value: object) -> str:
    """Write a value as the page does."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "none"}[value]
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, tuple):
        return f"[{', '.join(f'{one:g}s' if isinstance(one, float) else one for one in value)}]"
    return str(getattr(value, "value", value))


def device_of(profile: DeviceProfile) -> Device:
    return Device("thermostat", bytes(6), lambda: NOW, profile)


def install(
    store: CertStore, one: Credential, identifier: str = "c", pem: bytes | None = None
) -> StoreResult:
    return store.install_client(identifier, pem or one.certificate_pem(), one.key_pem())


def prepared(profile: DeviceProfile, made: Made) -> Supplication:
    device = device_of(profile)
    install(device.store, made["ec"])
    device.wifi.add(Network("corp", "CORP", "c"))
    device.wifi.reload()
    ready = device.prepare("corp")
    assert isinstance(ready, Supplication)
    return ready


def told(of: str) -> Callable[[DeviceProfile, Made], object]:
    """Return what the supplicant is told; its own tests show what it makes of it."""
    return lambda profile, made: getattr(prepared(profile, made), of)


def mismatched(profile: DeviceProfile, made: Made) -> object:
    return CertStore(profile).install_client("c", made["ec"].certificate_pem(), made["rsa"].key_pem()).ok


def both_cases(profile: DeviceProfile, made: Made) -> object:
    store = CertStore(profile)
    for identifier in ("Radius", "radius"):
        install(store, made["ec"], identifier)
    return store.identifiers()


def moved(source: str, destination: str) -> Callable[[DeviceProfile, Made], object]:
    def move(profile: DeviceProfile, made: Made) -> object:
        store = CertStore(profile)
        install(store, made["ec"])
        return store.move(source, destination).errno

    return move


def pem(change: Callable[[bytes], bytes]) -> Callable[[DeviceProfile, Made], object]:
    return lambda profile, made: (
        install(CertStore(profile), made["ec"], pem=change(made["ec"].certificate_pem())).ok
    )


def space(profile: DeviceProfile, made: Made) -> object:
    store = CertStore(profile)
    install(store, made["ec"])
    return store.available_space()


def subject(profile: DeviceProfile, made: Made) -> object:
    store = CertStore(profile)
    install(store, made["ec"])
    return store.subject_name("c").value


def chain(profile: DeviceProfile, made: Made) -> object:
    return install(CertStore(profile), made["below"], pem=made["below"].chain_pem()).ok


def keys(profile: DeviceProfile, made: Made) -> object:
    return [install(CertStore(profile), made[name]).ok for name in ("rsa", "ec", "ed25519")]


def many(profile: DeviceProfile, _made: Made) -> object:
    device = device_of(profile)
    results = [device.wifi.add(Network(f"n{number}", "CORP")).errno for number in range(12)]
    results.append(device.wifi.add(Network("late", "CORP"), persist=False).errno)
    return results


def renamed(profile: DeviceProfile, _made: Made) -> object:
    wifi = two(profile).wifi
    return wifi.set("b", name="a").errno


def two(profile: DeviceProfile) -> Device:
    device = device_of(profile)
    for name in ("a", "b"):
        device.wifi.add(Network(name, name))
    return device


def renumbered(profile: DeviceProfile, _made: Made) -> object:
    device = two(profile)
    device.wifi.forget("a")
    device.wifi.persist()
    device.reboot()
    return list(device.wifi.by_id())


def looked_up(profile: DeviceProfile, _made: Made) -> object:
    device = two(replace(profile, refuse_used_name=False))
    device.wifi.set("b", name="a")
    return device.wifi.find("a").value


def both_secrets(profile: DeviceProfile, _made: Made) -> object:
    network = Network("n", "CORP", "c", security=Security.EAP_TLS, psk="EXAMPLEPSK")
    return device_of(profile).application(None).wifi.configure(network).ok


def order(profile: DeviceProfile, _made: Made) -> object:
    device = two(profile)
    device.wifi.add(Network("c", "c"))
    device.wifi.links.succeed(1)
    device.wifi.links.history = replace(device.wifi.links.history, last_tried=0)
    return device.candidates()


def retry(profile: DeviceProfile, _made: Made) -> object:
    device = two(profile)
    device.record_outcome("a", Outcome(Verdict.UNANSWERED, Cause.SERVER_UNREACHABLE, "Nobody answers."))
    at = device.wifi.links.get(0).retry_at
    assert at is not None
    return at - NOW


def history(profile: DeviceProfile, _made: Made) -> object:
    device = two(profile)
    device.record_outcome("a", Outcome(Verdict.UNANSWERED, Cause.SERVER_UNREACHABLE, "Nobody answers."))
    device.reboot()
    return device.wifi.diagnostics("a").ok


def clock(profile: DeviceProfile, _made: Made) -> object:
    device = device_of(replace(profile, rtc_battery=False))
    device.reboot()
    return device.clock.now()


def battery(profile: DeviceProfile, _made: Made) -> object:
    device = device_of(profile)
    device.reboot()
    return device.clock.now() == NOW


def said(cause: Cause, verdict: Verdict = Verdict.REFUSED) -> Callable[[DeviceProfile, Made], object]:
    def failure(profile: DeviceProfile, _made: Made) -> object:
        found = failure_of(Outcome(verdict, cause, "It failed."), profile, NOW)
        assert found is not None
        return found.error, found.cert_error

    return failure


def unknown_identity(profile: DeviceProfile, _made: Made) -> object:
    address = Endpoint("127.0.0.1", 1812)
    seen = Observation(Stage.RESULT, "CORP", "thermostat-7", None, address, 0.0, 1.0)
    outcome = Outcome(Verdict.REJECTED, Cause.UNDETERMINED, "It was refused.", observation=seen)
    found = failure_of(outcome, profile, NOW)
    assert found is not None
    return found.error, found.cert_error


def kept_session(profile: DeviceProfile, _made: Made) -> object:
    wifi = device_of(profile).wifi
    wifi.sessions.keep(0, "a session")
    return wifi.sessions.get(0)


EFFECTS: dict[str, Callable[[DeviceProfile, Made], object]] = {
    "check_key_match": mismatched,
    "case_sensitive_ids": both_cases,
    "long_id_errno": lambda profile, made: install(CertStore(profile), made["ec"], "x" * 17).errno,
    "move_requires_destination": moved("c", "d"),
    "move_onto_itself": moved("c", "c"),
    "pem_text_outside": pem(lambda text: b"subject\n" + text),
    "pem_strict_lines": pem(lambda text: text.replace(b"\n", b"\r\n")),
    "client_key_types": keys,
    "store_bytes": lambda profile, _made: CertStore(profile).available_space(),
    "entry_overhead": space,
    "name_length": subject,
    "locked": lambda profile, _made: device_of(profile).application(None).wifi.get_network_ids().errno,
    "install_chains": chain,
    "tls_min": told("tls_min"),
    "tls_max": told("tls_max"),
    "ciphers": told("ciphers"),
    "default_identity": told("identity"),
    "check_server_purpose": told("check_server_purpose"),
    "any_ca_is_anchor": told("any_ca_is_anchor"),
    "ignore_server_errors_without_root": told("ignore_server_errors_without_root"),
    "resume_sessions": kept_session,
    "send_client_certificate": lambda profile, made: prepared(profile, made).credential is not None,
    "max_networks": many,
    "network_limit": many,
    "new_network_enabled": lambda profile, _made: enabled_at_first(profile),
    "renumber_at_reboot": renumbered,
    "refuse_used_name": renamed,
    "refuse_used_name_at_add": lambda profile, _made: two(profile).wifi.add(Network("a", "c")).errno,
    "name_lookup": looked_up,
    "psk_beside_certificate": both_secrets,
    "no_current_network_errno": lambda profile, _made: (
        device_of(profile).application(None).wifi.get_current_network().errno
    ),
    "selection_order": order,
    "retry_delays": retry,
    "diagnostics_survive_reboot": history,
    "rtc_battery": battery,
    "boot_time": clock,
    "unknown_identity_as": unknown_identity,
    "wrong_root_as": said(Cause.SERVER_ISSUER_UNKNOWN),
    "incomplete_chain_as": said(Cause.SERVER_CHAIN_INCOMPLETE),
    "root_expired_as": said(Cause.ROOT_CA_EXPIRED),
    "root_not_yet_valid_as": said(Cause.ROOT_CA_NOT_YET_VALID),
    "weak_server_key_as": said(Cause.SERVER_KEY_TOO_WEAK),
    "wrong_purpose_as": said(Cause.SERVER_CERTIFICATE_WRONG_PURPOSE),
    "crossed_client_as": said(Cause.CLIENT_CERTIFICATE_WRONG_TYPE, Verdict.NOT_ATTEMPTED),
    "crossed_root_as": said(Cause.ROOT_CA_WRONG_TYPE, Verdict.NOT_ATTEMPTED),
    "handshake_failure_as": said(Cause.TLS_VERSION_MISMATCH, Verdict.REJECTED),
}
"""What a device does or says that a switch decides."""


def enabled_at_first(profile: DeviceProfile) -> object:
    device = device_of(profile)
    return device.wifi.by_id()[device.wifi.add_empty().network or 0].enabled


def test_every_switch_has_its_effect_named() -> None:
    assert list(EFFECTS) == [field.name for field in fields(DeviceProfile)]


@pytest.mark.parametrize("name", EFFECTS)
def test_no_two_values_of_a_switch_come_to_the_same(name: str, made: Made) -> None:
    values = [value for switch, value in VALUES if switch == name.replace("_", "-")]
    profiles = [by_command_line(name.replace("_", "-"), value) for value in values]
    come_to: list[Any] = [EFFECTS[name](profile, made) for profile in profiles]
    assert [one for one in come_to if come_to.count(one) > 1] == []
    assert DEFAULT_PROFILE in profiles or name.startswith("tls_")
