from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from harness.errors import Place, ScenarioError
from harness.scenario.document import parse_document, read_document

FILE = Path("case.yaml")
SCENARIOS = Path(__file__).parents[2] / "scenarios"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "case.yaml: the file is empty; `eaptls new` writes one to start from"),
        ("# only a comment\n", "case.yaml: the file is empty; `eaptls new` writes one to start from"),
        (
            "a: 1\n---\nb: 2\n",
            (
                "case.yaml:3:1: a file holds one scenario, and here begins a second YAML document; "
                "move it to a file of its own"
            ),
        ),
        (
            "a: [1\nb: 2\n",
            (
                "case.yaml:2:2: this is not YAML: while parsing a flow sequence expected ',' or ']', but got ':'; "
                "a comma or a closing bracket is missing before this place"
            ),
        ),
        (
            "a: b: c\n",
            (
                "case.yaml:1:5: this is not YAML: mapping values are not allowed here; "
                "put quotes around a text that holds a colon, or mend the indentation"
            ),
        ),
        (
            "\ta: 1\n",
            (
                "case.yaml:1:1: this is not YAML: while scanning for the next token found character '\\t' that "
                "cannot start any token; indent with spaces, not with tabs"
            ),
        ),
        (
            "a: 'x\n",
            (
                "case.yaml:2:1: this is not YAML: while scanning a quoted scalar found unexpected end of stream; "
                "check indentation, brackets and quotes just before this place"
            ),
        ),
        (
            "a: *b\n",
            (
                "case.yaml:1:4: this is not YAML: found undefined alias 'b'; "
                "define the anchor above, or put quotes around a text that begins with *"
            ),
        ),
        ("a: 1\nb: 2\na: 3\n", "case.yaml:3:1: the key 'a' stands here twice, first in line 1; remove one"),
        ("a: &x [*x]\n", "case.yaml:1:4: an anchor contains itself; remove the alias inside it"),
        ("a: !python 1\n", "case.yaml:1:4: the YAML tag !python has no meaning here; remove it"),
        ("<<: {a: 1}\n", "case.yaml:1:1: merge keys are not supported; write the keys out"),
        ("? [a]\n: 1\n", "case.yaml:1:3: a key must be a word; put quotes around it if it is one"),
        ("a: \x07\n", "case.yaml:1:4: the character U+0007 cannot stand in YAML; remove it"),
    ],
)
def test_what_is_not_a_scenario_file_is_answered_with_place_and_fix(text: str, sentence: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_document(text, FILE)
    assert str(caught.value) == sentence


def test_a_file_that_is_not_utf8_names_the_byte(tmp_path: Path) -> None:
    file = tmp_path / "latin.yaml"
    file.write_bytes(b"scenario: good\nwhy: caf\xe9\n")
    with pytest.raises(ScenarioError) as caught:
        read_document(file)
    assert str(caught.value) == f"{file}:2:9: the file is not UTF-8: byte 0xe9; save it as UTF-8"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        read_document(tmp_path / "gone.yaml")
    assert (
        str(caught.value) == f"{tmp_path / 'gone.yaml'}: the file cannot be read: no such file or directory"
    )


def test_aliases_cannot_blow_a_file_up() -> None:
    levels = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 7))
    with pytest.raises(ScenarioError, match="the file has more than 20000 values; split it"):
        parse_document(f"l0: &l0 [x]\n{levels}\n", FILE)


def test_a_byte_order_mark_is_no_part_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "bom.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read_document(file).value == {"a": 1}


def test_scalars_are_those_of_yaml_1_2() -> None:
    text = "a: 0x1F\nb: 2000-01-01\nc: yes\nd: true\ne: 1.2\nf: ~\ng: '1'\n"
    expected = {"a": 31, "b": "2000-01-01", "c": "yes", "d": True, "e": 1.2, "f": None, "g": "1"}
    assert parse_document(text, FILE).value == expected


def test_places_are_those_of_keys_and_values() -> None:
    document = parse_document(
        "steps:\n  - associate: corp\n    expect: {verdict: connected}\n  - reload:\n", FILE
    )
    assert document.place(("steps", 0, "associate")) == Place(FILE, 2, 16)
    assert document.place(("steps", 0, "expect", "verdict"), key=True) == Place(FILE, 3, 14)
    assert document.place(("steps", 1, "reload")) == Place(FILE, 4, 5)
    assert document.place(("steps", 0, "associate", "network")) == Place(FILE, 2, 16)
    assert document.known_part(("steps", 0, "associate", "network")) == ("steps", 0, "associate")


def test_a_place_inside_a_text_is_told_where_it_stands_in_one_line() -> None:
    document = parse_document("a: some words\nb: 'some words'\nc: >\n  some\n  words\n", FILE)
    assert document.place_inside(("a",), "some words", 5) == Place(FILE, 1, 9)
    assert document.place_inside(("b",), "some words", 5) == Place(FILE, 2, 10)
    assert document.place_inside(("c",), "some words\n", 5) == Place(FILE, 3, 4)
    assert document.place_inside(("a",), "other words", 5) == Place(FILE, 1, 4)


@given(st.text(max_size=60) | st.text(alphabet="ab1:-[]{}#&*!|>'\"%@`,?.~<$ \n\t", max_size=60))
def test_any_text_is_a_document_or_a_sentence_with_a_place(text: str) -> None:
    try:
        parse_document(text, FILE)
    except ScenarioError as error:
        assert str(error).startswith("case.yaml")  # noqa: PT017


def _shape(node: Node) -> object:
    """Return what a node says and where, without the way it was parsed."""
    begin = (str(node.tag), node.start_mark.line, node.start_mark.column)
    if isinstance(node, ScalarNode):
        if not node.value and not node.style:
            return str(node.tag)  # what is not written has no place of its own; its key has
        return begin, node.value, node.style or "", node.end_mark.line, node.end_mark.column
    if isinstance(node, MappingNode):
        return begin, [(_shape(key), _shape(value)) for key, value in node.value]
    return begin, [_shape(item) for item in node.value]


@pytest.mark.parametrize(
    "path", sorted(SCENARIOS.glob("*/*.yaml")), ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_both_parsers_see_the_same(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    fast, slow = (list(YAML(typ="safe", pure=pure).compose_all(text)) for pure in (False, True))
    assert [_shape(node) for node in fast] == [_shape(node) for node in slow]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: " + "[" * 50_000 + "]" * 50_000, "1:103"),
        ("a: " + "[" * 50_000, "1:103"),
        ("a: " + "{b: " * 50_000, "1:400"),
        ("- " * 50_000, "1:201"),
        ("? " * 50_000, "1:201"),
        ("\n".join(" " * depth + "a:" for depth in range(200)), "101:101"),
        ("a0: &a0 [x]\n" + "\n".join(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 5000)), "1:5"),
    ],
)
def test_depth_is_bounded_before_anything_recurses(text: str, place: str) -> None:
    with pytest.raises(ScenarioError) as raised:
        parse_document(text, FILE)
    sentence = "this is more than 100 lists and mappings deep; no scenario needs more than ten"
    assert str(raised.value) == f"case.yaml:{place}: {sentence}"


@pytest.mark.parametrize(
    "text",
    [
        "a: '" + "[{" * 500 + "'",
        'a: "' + "[{" * 500 + '"',
        "a: x # " + "[{" * 500,
        "a: |\n" + "".join(f"{' ' * depth}- x\n" for depth in range(2, 300)),
        "a: " + "[" * 99 + "]" * 99,
        "a: [" + "[], {}, " * 500 + "]",
    ],
)
def test_brackets_in_texts_and_side_by_side_are_no_depth(text: str) -> None:
    assert parse_document(text, FILE).value


@pytest.mark.parametrize("text", [r'a: "\ud83d"', r'"\udc00": b', r'a: "x \ud83d\ude00"'])
def test_half_a_character_is_refused_wherever_it_stands(text: str) -> None:
    with pytest.raises(
        ScenarioError, match=r"case\.yaml:1:\d: the escape .u[0-9a-f]{4} is half a character; "
    ):
        parse_document(text, FILE)


@pytest.mark.parametrize("number", ["9" * 5000, "0x" + "f" * 50, "-" + "9" * 19, str(1 << 63)])
def test_a_number_has_the_size_of_a_number(number: str) -> None:
    with pytest.raises(ScenarioError, match=r"case\.yaml:1:4: the number is too large; write a smaller one"):
        parse_document(f"a: {number}", FILE)
