from pathlib import Path

import pytest

from plugin_gateway.observation.finder import Finder
from plugin_gateway.openapi.document import OperationKey
from tests.observation.world import document


@pytest.mark.parametrize(
    ("method", "target", "found"),
    [
        ("GET", b"/pets", "GET /pets"),
        ("GET", b"/pets?what=ever&x", "GET /pets"),
        ("GET", b"/pets/7", "GET /pets/{petId}"),
        ("GET", b"/pets/mine", "GET /pets/mine"),
        ("HEAD", b"/pets/7", "GET /pets/{petId}"),
        ("DELETE", b"/pets/7", "DELETE /pets/{petId}"),
        ("GET", b"/v1/pets/7", "GET /pets/{petId}"),
        ("PATCH", b"/pets/7", ""),
        ("GET", b"/pets/7/toys", ""),
        ("GET", b"/pets/../admin", ""),
        ("GET", b"nonsense", ""),
        ("G\u20acT", b"/pets", ""),
    ],
)
def test_a_call_is_found_by_method_and_path(method: str, target: bytes, found: str, tmp_path: Path) -> None:
    finder = Finder(document(tmp_path), "/v1/")
    rule = finder.find(method, target)

    assert (str(finder.key(rule)) if rule is not None else "") == found


def test_without_a_prefix_the_whole_path_counts(tmp_path: Path) -> None:
    assert Finder(document(tmp_path)).find("GET", b"/v1/pets") is None


def test_a_rule_names_its_operation(tmp_path: Path) -> None:
    rule = Finder(document(tmp_path)).find("DELETE", b"/pets/1")
    assert rule is not None
    assert rule.operation_id == "DELETE /pets/{petId}"
    assert Finder(document(tmp_path)).key(rule) == OperationKey("DELETE", "/pets/{petId}")
