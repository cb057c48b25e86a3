"""The rules of findings, read from the sources: each text that can become the `rule` of a `Finding`."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from plugin_gateway.diagnostics import Severity
from plugin_gateway.hostile.case import Feature
from plugin_gateway.publish.profile import Profile
from tests.docs.page import ROOT

PACKAGE = ROOT / "plugin_gateway"
MADE = {
    *(f"attack-{feature.name.lower()}" for feature in Feature),
    *(f"profile-{profile}" for profile in Profile),
    *(f"{how}-parameter-named" for how in ("hidden", "renamed")),
}
"""The rules that the code puts together from parts."""
SEVERITIES = tuple(str(one) for one in Severity)


def rules() -> dict[str, set[str]]:
    """Return the severities of each rule; the set is empty for a rule whose severity is not written beside it."""
    modules = [_Module(path) for path in sorted(PACKAGE.rglob("*.py"))]
    constants = {name: value for one in modules for name, value in one.constants()}
    classes = {name: place for one in modules for name, place in one.positions.items() if name[0].isupper()}
    found: dict[str, set[str]] = {rule: set() for rule in MADE}
    for module in modules:
        for call in module.calls:
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            place = (classes | module.positions).get(name)
            written = next((one.value for one in call.keywords if one.arg == "rule"), None)
            if place is None and not (name == "replace" and isinstance(written, ast.Constant)):
                continue
            if written is None and place is not None and place < len(call.args):
                written = call.args[place]
            for rule in module.read(written, constants) if written is not None else ():
                found.setdefault(rule, set()).update(_severities(name, call))
    return found


def _severities(name: str, call: ast.Call) -> Iterator[str]:
    written = next((one.value for one in call.keywords if one.arg == "severity"), None)
    if name == "Mistake" or (name == "Finding" and written is None):
        yield "error"
    for node in ast.walk(written) if written else ():
        if isinstance(node, ast.Attribute) and node.attr.lower() in SEVERITIES:
            yield node.attr.lower()


class _Module:
    """One source file: its calls, the values of its names, and the functions and classes that take a rule."""

    def __init__(self, path: Path) -> None:
        self.calls: list[ast.Call] = []
        self.positions: dict[str, int] = {}
        self._path = path
        self._values: dict[str, list[ast.expr]] = defaultdict(list)
        """What a name can be, or a function can return."""
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call():
                    self.calls.append(node)
                case ast.Assign(targets=[target], value=value):
                    self._assign(target, value)
                case ast.AnnAssign(target=target, value=ast.expr() as value):
                    self._assign(target, value)
                case ast.FunctionDef(name=name):
                    self._take(name, node)
                    found = [one.value for one in ast.walk(node) if isinstance(one, ast.Return) and one.value]
                    self._values[name] += found
                case ast.ClassDef(name=name, body=body):
                    fields = [(one.target, one.annotation) for one in body if isinstance(one, ast.AnnAssign)]
                    self._place(name, [(ast.unparse(field), ast.unparse(kind)) for field, kind in fields])
                    for one in body:
                        if isinstance(one, ast.FunctionDef) and one.name == "__init__":
                            self._take(name, one)
                case _:
                    pass

    def constants(self) -> Iterator[tuple[str, str]]:
        """Yield the names in capitals, which other modules may import, with their texts."""
        for name, values in self._values.items():
            match values:
                case [ast.Constant(value=str(text))] if name.isupper():
                    yield name, text

    def read(self, value: ast.expr, constants: dict[str, str]) -> Iterator[str]:
        """Yield the texts that an expression can be. A rule that is passed on yields nothing: it is read where it begins."""
        match value:
            case ast.Constant(value=str(text)):
                yield from [text] if text else []
            case ast.Name(id=name) if name in self._values:
                for one in self._values[name]:
                    yield from self.read(one, constants)
            case ast.Name(id=name) if name in constants:
                yield constants[name]
            case ast.IfExp(body=body, orelse=other):
                yield from self.read(body, constants)
                yield from self.read(other, constants)
            case ast.Dict(values=values):
                for one in values:
                    yield from self.read(one, constants)
            case ast.Subscript(value=inside) | ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=inside)):
                name = inside if isinstance(inside, str) else ast.unparse(inside)
                for one in self._values[name]:
                    yield from self.read(one, constants)
            case ast.Name(id="rule") | ast.Attribute(attr="rule" | "name") | ast.JoinedStr() | ast.DictComp():
                pass  # passed on, or one of `MADE`
            case _:
                raise AssertionError(
                    f"{self._path}:{value.lineno}: this test cannot tell which rules `{ast.unparse(value)}` can be"
                )

    def _take(self, name: str, function: ast.FunctionDef) -> None:
        arguments = function.args
        positional = [one for one in arguments.args if one.arg not in ("self", "cls")]
        kinds = [(one.arg, ast.unparse(one.annotation) if one.annotation else "") for one in positional]
        self._place(name, kinds)
        for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            if one.arg == "rule":
                self.positions[name] = len(positional)  # only by its keyword
                self._values["rule"] += [default] if default is not None else []

    def _place(self, name: str, words: list[tuple[str, str]]) -> None:
        """Remember the position of the rule among the arguments. The makers of rules in `export.platforms` call it `name`."""
        is_maker = self._path.parent.name == "platforms" and name in ("rule", "wanted")
        wanted = ("name" if is_maker else "rule", "str")
        if wanted in words:
            self.positions[name] = words.index(wanted)

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        match target, value:
            case ast.Name(id=name), _:
                self._values[name].append(value)
            case ast.Tuple(elts=targets), ast.Tuple(elts=values):
                for one, part in zip(targets, values, strict=False):
                    self._assign(one, part)
            case ast.Tuple(), ast.IfExp(body=body, orelse=other):
                self._assign(target, body)
                self._assign(target, other)
            case _:
                pass
