import pytest

from plugin_gateway import methods
from plugin_gateway.config.operation_text import split_operation
from plugin_gateway.openapi.grammar import METHODS


def test_the_known_methods_are_the_method_fields_of_a_path_item() -> None:
    assert sorted(methods.KNOWN) == sorted(method.upper() for method in METHODS)


def test_safe_methods_are_known() -> None:
    assert set(methods.KNOWN) >= methods.SAFE


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("GET", True),
        ("M-SEARCH", True),
        ("", False),
        ("GE T", False),
        ("GET/", False),
        ("GÉT", False),
        ("GET|POST", False),
    ],
)
def test_a_method_is_one_word(text: str, is_one: bool) -> None:
    assert methods.is_method(text) is is_one
    assert (split_operation(f"{text} /a") is not None) is is_one
