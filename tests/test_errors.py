from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from plugin_gateway import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(errors.__file__).parent


def below(error: type[Exception]) -> Iterator[tuple[str, str]]:
    """Yield the names of each subclass and of its base."""
    for each in error.__subclasses__():
        yield each.__name__, error.__name__
        yield from below(each)


def test_the_tree_of_the_docstring_has_each_error_below_its_base() -> None:
    for path in PACKAGE.rglob("*.py"):
        if re.search(r"(?m)^class \w+\(\w+Error\)", path.read_text()):
            import_module(".".join(("plugin_gateway", *path.relative_to(PACKAGE).with_suffix("").parts)))

    drawn, bases = list[tuple[str, str]](), ["GatewayError"]
    for branch, name in re.findall(r"(?m)^    ((?:│   |    )*[├└]── )(\w+)", errors.__doc__ or ""):
        bases[len(branch) // 4 :] = [name]
        drawn.append((name, bases[-2]))

    assert sorted(drawn) == sorted(below(errors.GatewayError))
