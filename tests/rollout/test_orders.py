"""Several parties on one device: every order is tried where nobody says which one comes first."""

from __future__ import annotations

import json
import re

from harness.rollout.check import check
from harness.rollout.files import read_inputs
from harness.rollout.findings import Kind
from harness.rollout.telling import document, lines
from tests.rollout.checked import Checked

A = "azsphere device certificate add --cert-id x --cert-type rootca --public-key-file a.pem\n"
B = A.replace("a.pem", "b.pem")
C = A.replace("--cert-id x", "--cert-id y")


def test_both_orders_are_tried_and_told(checked: Checked) -> None:
    report = checked.report(a_sh=A, b_sh=B)
    assert report.orders == (("a.sh", "b.sh"), ("b.sh", "a.sh"))
    told = {one.finding.text: one.orders for one in report.conflicts}
    assert told == {
        "b.sh:1 installs root CA 'b.pem' under 'x' and replaces root CA 'a.pem' of a.sh:1": (0,),
        "a.sh:1 installs root CA 'a.pem' under 'x' and replaces root CA 'b.pem' of b.sh:1": (1,),
    }
    text = "\n".join(lines(report))
    assert "  in the order a.sh, then b.sh" in text
    assert "  in the order b.sh, then a.sh" in text
    assert "Nobody says who comes first: 2 orders of a.sh and b.sh were tried." in text


def test_what_is_so_in_every_order_is_told_once_and_of_no_order(checked: Checked) -> None:
    dangling = "azsphere device wifi add --ssid S --config-name n --client-cert-id z\n"
    report = checked.report(a_sh=A, b_sh=C + dangling)
    (one,) = report.conflicts
    assert (one.finding.kind, one.orders) == (Kind.DANGLING, (0, 1))
    assert "in the order" not in "\n".join(lines(report)).split("note")[0]


def test_a_written_order_is_the_only_one(checked: Checked) -> None:
    report = checked.ordered({"a_sh": A, "b_sh": B}, in_order=True)
    assert report.orders == (("a.sh", "b.sh"),)
    assert len(report.conflicts) == 1


def test_three_parties_have_six_orders(checked: Checked) -> None:
    report = checked.report(a_sh=A, b_sh=B, c_sh=C)
    assert len(report.orders) == 6
    assert sorted(len(one.orders) for one in report.conflicts) == [3, 3]


def test_a_rollout_of_several_applications_has_their_orders_unless_it_writes_one(checked: Checked) -> None:
    text = """\
        rollout: Two
        applications:
          one: [{install: {id: x, type: rootca, certificate: a}}]
          two: [{install: {id: x, type: rootca, certificate: b}}]
        """
    assert checked.report(r_yaml=text).orders == (("one", "two"), ("two", "one"))
    written = text.replace("rollout: Two\n", "rollout: Two\n        order: written\n")
    assert checked.report(r_yaml=written).orders == (("one", "two"),)


def test_files_of_one_name_are_told_apart_by_their_folders(checked: Checked) -> None:
    paths = []
    for folder, text in (("a", A), ("b", B)):
        path = checked.folder / folder / "install.sh"
        path.parent.mkdir()
        path.write_text(text)
        paths.append(path.relative_to(checked.folder))
    report = check(read_inputs(paths).parties)
    assert report.orders[0] == ("a/install.sh", "b/install.sh")
    assert len(report.conflicts) == 2


def test_the_table_says_who_brings_what_and_which_networks_name_it(checked: Checked) -> None:
    network = "azsphere device wifi add --ssid S --config-name n --client-cert-id y --root-ca-cert-id x\n"
    report = checked.report(a_sh=A + C + network)
    head, first, second, *_ = lines(report)
    assert re.split(r"\s{2,}", head) == ["certificate ID", "type", "certificate", "installed by", "networks"]
    assert re.split(r"\s{2,}", first) == ["x", "rootca", "a.pem", "a.sh:1", "n"]
    assert re.split(r"\s{2,}", second) == ["y", "rootca", "a.pem", "a.sh:2", "n"]


def test_the_document_holds_all_that_is_told(checked: Checked) -> None:
    report = checked.report(a_sh=A, b_sh=B)
    told = json.loads(json.dumps(document(report)))
    assert (told["format"], told["conflicts"], told["orders"][1]) == (1, 2, ["b.sh", "a.sh"])
    first = next(one for one in told["findings"] if one["kind"] == "overwrite")
    assert first["place"] == {"file": "b.sh", "line": 1} or first["place"]["file"].endswith("/b.sh")
    assert (first["conflict"], first["accepted"], first["id"], first["orders"]) == (True, None, "x", [0])
    assert told["certificates"][0]["installed-by"] == "a.sh:1"
