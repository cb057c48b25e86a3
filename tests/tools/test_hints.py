import pytest

from plugin_gateway.tools.hints import ChosenHints, hints_of
from plugin_gateway.tools.tool import Hints

READ = Hints(read_only=True, destructive=False, idempotent=True)


@pytest.mark.parametrize(
    ("method", "hints"),
    [
        ("GET", READ),
        ("HEAD", READ),
        ("QUERY", READ),
        ("POST", Hints(read_only=False, destructive=False, idempotent=False)),
        ("PUT", Hints(read_only=False, destructive=True, idempotent=True)),
        ("PATCH", Hints(read_only=False, destructive=True, idempotent=False)),
        ("DELETE", Hints(read_only=False, destructive=True, idempotent=True)),
        ("LOCK", Hints(read_only=False, destructive=True, idempotent=False)),
    ],
)
def test_the_method_decides_the_hints(method, hints):
    assert hints_of(method) == hints


def test_a_search_by_post_that_is_not_consequential_is_a_read():
    assert hints_of("POST", consequential=False) == READ


def test_a_get_that_is_consequential_is_no_read():
    assert hints_of("GET", consequential=True) == Hints(read_only=False, destructive=True, idempotent=False)


def test_gateway_yaml_wins():
    chosen = ChosenHints(read_only=False, destructive=True, idempotent=True, open_world=True)

    assert hints_of("GET", chosen=chosen) == Hints(read_only=False, destructive=True, idempotent=True, open_world=True)


def test_a_read_is_never_destructive():
    assert hints_of("DELETE", chosen=ChosenHints(read_only=True, destructive=True)) == READ
