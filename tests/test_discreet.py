import importlib
import pkgutil
from collections.abc import Iterator

import plugin_gateway
from plugin_gateway.discreet import Discreet


class Login(Discreet, frozen=True):
    HIDDEN = ("password",)

    user: str
    password: str
    port: int = 80


def kinds_of(kind: type[Discreet]) -> Iterator[type[Discreet]]:
    yield kind
    for other in kind.__subclasses__():
        yield from kinds_of(other)


def test_a_hidden_field_is_not_in_the_repr() -> None:
    assert repr(Login("ann", "s3cret")) == "Login(user='ann', port=80)"


def test_a_hidden_field_is_not_in_what_rich_prints() -> None:
    assert Login("ann", "s3cret").__rich_repr__() == [("user", "ann"), ("port", 80)]


def test_an_outer_value_does_not_show_the_hidden_field() -> None:
    assert "s3cret" not in repr([Login("ann", "s3cret")])


def test_a_hidden_field_counts_when_values_are_compared() -> None:
    assert Login("ann", "s3cret") != Login("ann", "other")


def test_each_hidden_name_is_a_field_in_every_class() -> None:
    for module in pkgutil.walk_packages(plugin_gateway.__path__, "plugin_gateway."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    kinds = [kind for kind in kinds_of(Discreet) if kind is not Discreet]

    assert len(kinds) > 20
    for kind in kinds:
        assert set(kind.HIDDEN) <= set(kind.__struct_fields__), kind
