"""Which modules may be compiled, judged by the sources alone: these tests build nothing."""

import ast
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "plugin_gateway"


def compiled() -> tuple[str, ...]:
    """The list of the build hook, read and not imported: hatchling is there for builds only."""
    for node in ast.parse((ROOT / "hatch_build.py").read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "COMPILED":
            return tuple(ast.literal_eval(node.value))
    raise AssertionError("hatch_build.py has no COMPILED")


def classes(path: Path) -> list[Any]:
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef)]


def names(nodes: list[Any]) -> set[str]:
    return {name.id for node in nodes for name in ast.walk(node) if isinstance(name, ast.Name)}


def test_every_compiled_module_exists_and_is_named_once() -> None:
    assert sorted(set(compiled())) == list(compiled())
    assert [path for path in compiled() if not (ROOT / path).is_file()] == []


def test_no_compiled_module_has_a_class_whose_field_types_would_be_evaluated() -> None:
    assert [path for path in compiled() if re.search("dataclass|Struct", (ROOT / path).read_text())] == []


def test_no_interpreted_class_derives_from_a_compiled_one() -> None:
    ours = {node.name for path in compiled() for node in classes(ROOT / path)} - {"Client", "Watcher"}
    others = [path for path in PACKAGE.rglob("*.py") if str(path.relative_to(ROOT)) not in compiled()]

    assert [(path, node.name) for path in others for node in classes(path) if names(node.bases) & ours] == []


def test_nothing_compiled_lies_beside_the_sources_where_it_would_win_over_them() -> None:
    assert list(PACKAGE.rglob("*.so")) == []
    assert list(PACKAGE.rglob("*.pyd")) == []
