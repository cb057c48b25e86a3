import pytest

from plugin_gateway.revision.name_pattern import names_like, pattern_in

NAMES = ["listOrders", "listUsers", "getOrder", "get_me", "a.b"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("list*", ["listOrders", "listUsers"]),
        ("*Order*", ["listOrders", "getOrder"]),
        ("list.*", ["listOrders", "listUsers"]),
        ("get.+", ["getOrder", "get_me"]),
        ("^get", ["getOrder", "get_me"]),
        ("^get_me$", ["get_me"]),
        ("/^get/", ["getOrder", "get_me"]),
        ("/me$/", []),
        ("***", []),
        ("*", []),
        ("a.*", ["a.b"]),
        ("LIST*", []),
        ("list(*", []),
    ],
)
def test_a_name_with_wildcards_means_these_operations(name: str, meant: list[str]) -> None:
    assert names_like(pattern_in(name), NAMES) == meant


@pytest.mark.parametrize("name", ["listOrders", "a.b", "/orders", "/", "//", "a+b", "a/b"])
def test_a_name_without_wildcards_is_no_pattern(name: str) -> None:
    assert pattern_in(name) == ""
