from __future__ import annotations

import pytest

from harness.device.profile import DEFAULT_PROFILE
from harness.rollout.findings import Kind
from tests.rollout.checked import Checked

HEAD = "rollout: Names\napplications:\n  app:\n"


def install(identifier: str, name: str = "a") -> str:
    return f"    - install: {{id: {identifier}, type: rootca, certificate: {name}}}\n"


def test_a_prefix_is_a_note_at_the_longer_one(checked: Checked) -> None:
    (finding,) = checked.of(Kind.PREFIX, r_yaml=HEAD + install("Radius") + install("RadiusRootCA"))
    assert finding.text.startswith(
        "'RadiusRootCA' (app, r.yaml:5) begins with 'Radius' (app, r.yaml:4); a program"
    )
    assert not finding.conflict


def test_letters_that_differ_in_case_are_a_note_because_nothing_is_documented(checked: Checked) -> None:
    text = HEAD + install("Radius") + install("radius", "b")
    (finding,) = checked.of(Kind.CASE, r_yaml=text)
    assert finding.text.endswith("; whether the device tells them apart is not documented")
    assert checked.of(Kind.OVERWRITE, r_yaml=text) == []
    blind = text.replace("applications:", "device: {case-sensitive-ids: false}\napplications:")
    assert [one.id for one in checked.of(Kind.OVERWRITE, r_yaml=blind)] == ["radius"]


def test_a_move_onto_itself_is_a_note(checked: Checked) -> None:
    (finding,) = checked.of(Kind.ONTO_ITSELF, r_yaml=HEAD + install("a") + "    - move: {from: a, to: a}\n")
    assert finding.text == "app (r.yaml:5) moves 'a' onto itself; what the device does then is not documented"


def test_an_id_that_no_network_names_is_a_note(checked: Checked) -> None:
    text = (
        HEAD
        + install("a")
        + install("b")
        + "    - network: {name: n, client-cert-id: c, root-ca-cert-id: b}\n"
    )
    assert [one.id for one in checked.of(Kind.UNUSED, r_yaml=text)] == ["a"]


def test_space_is_counted_where_sizes_are_known(checked: Checked) -> None:
    sizes = HEAD.replace(
        "applications:", "certificates: {a: 1800, b: {size: 1500, key: 1700}}\napplications:"
    )
    text = sizes + install("a") + "    - install: {id: b, type: client, certificate: b}\n"
    (finding,) = checked.of(Kind.SPACE, r_yaml=text)
    taken = int(finding.text.split("about ")[1].split()[0])
    # PEM grows by four octets at a time.
    expected = 1800 + 1500 + 1700 + 2 * DEFAULT_PROFILE.entry_overhead
    assert expected - 10 <= taken <= expected
    assert finding.text.endswith(f"of {DEFAULT_PROFILE.store_bytes} bytes")


def test_a_full_store_is_refused_by_the_device(checked: Checked) -> None:
    sizes = "".join(f"  c{number}: 8000\n" for number in range(4))
    text = HEAD.replace("applications:", f"certificates:\n{sizes}applications:")
    text += "".join(install(f"i{number}", f"c{number}") for number in range(4))
    (finding,) = checked.of(Kind.REFUSED, r_yaml=text)
    assert finding.place is not None
    assert (finding.place.line, "the store is full" in finding.text) == (text.count("\n"), True)


def test_sizes_of_files_beside_the_plan_are_known(checked: Checked) -> None:
    (checked.folder / "a.pem").write_text("x" * 1200)
    (checked.folder / "a.key").write_text("x" * 1700)
    line = "azsphere device certificate add --cert-id c --cert-type client --public-key-file a.pem --private-key-file {}\n"
    (known,) = checked.of(Kind.SPACE, a_sh=line.format("a.key"))
    taken = int(known.text.split("about ")[1].split()[0])
    assert 2900 <= taken <= 2900 + DEFAULT_PROFILE.entry_overhead
    assert checked.of(Kind.SPACE, a_sh=line.format("absent.key")) == []


@pytest.mark.parametrize("size", [400, 401, 1000, 1234, 4096, 8192])
def test_what_is_unknown_of_others_is_said(checked: Checked, size: int) -> None:
    text = HEAD.replace("applications:", f"certificates: {{a: {size}}}\napplications:")
    (finding,) = checked.of(Kind.SPACE, r_yaml=text + install("a") + install("other", "b"))
    assert "at least" in finding.text
    assert finding.text.endswith("; the sizes of other are not known")
