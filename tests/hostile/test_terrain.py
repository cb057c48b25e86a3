import pytest

from plugin_gateway.hostile.terrain import AttackedOperation, Terrain, places


def test_each_parameter_of_a_path_gets_the_mark() -> None:
    assert AttackedOperation("GET", "/a/{id}/b c/{x}.pdf").path == "/a/pgattack/b%20c/pgattack.pdf"


@pytest.mark.parametrize(
    ("template", "path", "fits"),
    [
        ("/a/{id}", "/a/1", True),
        ("/a/{id}", "/A/1", True),
        ("/a/{id}", "/a/1/2", False),
        ("/a/{id}", "/a/", False),
        ("/a/{id}.pdf", "/a/1.pdf", True),
        ("/a.b", "/aXb", False),
    ],
)
def test_a_place_fits_the_paths_of_its_template(template: str, path: str, *, fits: bool) -> None:
    assert (AttackedOperation("GET", template).pattern.fullmatch(path) is not None) is fits


def test_the_template_with_more_literal_characters_is_more_particular() -> None:
    assert AttackedOperation("GET", "/a/mine").literals > AttackedOperation("GET", "/a/{identifier}").literals


def test_templates_with_a_query_are_left_out() -> None:
    assert places([("GET", "/a?x=1"), ("GET", "/b")]) == (AttackedOperation("GET", "/b"),)


def test_paths_that_the_gateway_answers_itself_are_no_targets() -> None:
    own, other = AttackedOperation("GET", "/openapi.json"), AttackedOperation("GET", "/b")
    assert Terrain(allowed=(own, other), denied=(), own_paths=frozenset({"/openapi.json"})).targets == (other,)
