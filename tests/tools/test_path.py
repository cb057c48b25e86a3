from __future__ import annotations

import pytest

from plugin_gateway.gate.template import parse_template
from plugin_gateway.tools.path import Path, Spot, placeholders


def test_a_template_is_cut_at_its_parameters() -> None:
    path = Path(parse_template("/a b/{x}/c/{y}.{z}/{x}"))

    assert path.pieces == ["/a%20b/", "", "/c/", "", ".", "", "/", ""]
    assert path.spots == {
        "x": [Spot(1, 1, is_whole=True), Spot(7, 4, is_whole=True)],
        "y": [Spot(3, 3, is_whole=False)],
        "z": [Spot(5, 3, is_whole=False)],
    }
    assert path.names_in(3) == ("y", "z")


@pytest.mark.parametrize("template", ["/", "/a", "/a/", "/a/b"])
def test_a_template_without_parameters_is_one_piece(template: str) -> None:
    assert Path(parse_template(template)).pieces == [template]


@pytest.mark.parametrize(
    ("template", "value", "is_refused"),
    [
        ("/a/{x}", "b", False),
        ("/a/{x}", "..", True),
        ("/a/{x}", "%2E%2e", True),
        ("/a/{x}", "b%2Fc", True),
        ("/a/{x}", "%25252525", True),
        ("/a/{x}", "b%3Fc", False),
        ("/a/{x}/c", "b%3Fc", True),
        ("/a/{x}/", "b%3Fc", True),
        ("/a/.{x}", ".", True),
    ],
)
def test_a_segment_is_refused_as_the_gate_refuses_it(template: str, value: str, is_refused: bool) -> None:
    path = Path(parse_template(template))
    (spot,) = path.spots["x"]
    pieces = path.pieces.copy()
    pieces[spot.piece] = value

    assert (path.find_refusal(pieces, spot.segment) is not None) == is_refused


def test_a_slash_passes_where_it_is_allowed() -> None:
    path = Path(parse_template("/a/{x}/b"))
    path.slashed.add(1)

    assert path.find_refusal(["/a/", "b%2Fc", "/b"], 1) is None
    assert path.find_refusal(["/a/", "b%2F..", "/b"], 1) is not None
    assert path.find_refusal(["/a/", "b%2F", "/b"], 1) is not None


@pytest.mark.parametrize(
    ("text", "is_refused"),
    [(";x=5", False), (";x=1;x=2", False), (";x=..", True), (";x=a%2Fb", True), (";x=%20", True)],
)
def test_a_value_after_a_semicolon_is_judged_without_its_name(text: str, is_refused: bool) -> None:
    path = Path(parse_template("/a/{x}/b"))
    assert (path.find_refusal(["/a/", text, "/b"], 1) is not None) == is_refused


def test_placeholders_are_the_names_in_braces() -> None:
    assert placeholders("q={a}+{b}") == ["a", "b"]
