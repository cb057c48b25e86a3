"""The structure of a document: the checks that come before its operations are read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from plugin_gateway.diagnostics import Finding
from plugin_gateway.openapi.decode.unread import holds_mapping
from plugin_gateway.openapi.foreign import foreign_value
from plugin_gateway.openapi.near_misses import nearest_root_field
from plugin_gateway.openapi.refs import RefError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.openapi.document import Document, Json

_SUPPORTED = {"openapi": re.compile(r"3\.[012](\.\d+(-.+)?)?"), "swagger": re.compile(r"2\.0")}
_WITHOUT_PATCH = re.compile(r"3\.[012]")
_VERSIONS = "supported versions are 2.0, 3.0, 3.1 and 3.2"


def check_root(root: Json) -> Iterator[Finding]:
    """Report why `root` is not an OpenAPI document.

    YAML reads a version without a patch number (`openapi: 3.1`) as a number: it is replaced, in place, by the string `3.1.0`.
    """
    if not isinstance(root, dict):
        message = f"an OpenAPI document must be a mapping, not {_kind(root)}"
        yield _finding("document-root", message, (), "name the file that begins with `openapi:` or `swagger:`")
        return
    if (foreign := foreign_value(root)) is not None:
        yield foreign
        return
    named = [key for key in ("openapi", "swagger") if key in root]
    if len(named) != 1:
        message = "both 'openapi' and 'swagger' are set" if named else "neither 'openapi' nor 'swagger' is set"
        other = next((name for name in root if not named and name.casefold() in _SUPPORTED), "")
        hint = f"write `{other.casefold()}`" if other else f"set exactly one of the two; {_VERSIONS}"
        yield _finding("document-version", message, named[1:] or [one for one in (other,) if one], hint)
        return
    key = named[0]
    version = root[key]
    if isinstance(version, int | float) and not isinstance(version, bool):
        version = f"{float(version)}"
    if isinstance(version, str):
        root[key] = version = f"{version}.0" if key == "openapi" and _WITHOUT_PATCH.fullmatch(version) else version
    if not isinstance(version, str):
        yield _finding("document-version", f"{key!r} must be a string, not {_kind(version)}", (key,), _VERSIONS)
    elif not _SUPPORTED[key].fullmatch(version):
        other = "openapi" if key == "swagger" else "swagger"
        is_other = _SUPPORTED[other].fullmatch(version) is not None
        hint = f"write `{other}: {version}`" if is_other else _VERSIONS
        yield _finding("document-version", f"{key} {version[:20]!r} is not supported", (key,), hint)
    if "paths" not in root:
        for name in root:
            if nearest_root_field(name, str(version)) == "paths":
                message = f"'paths' is missing, and {name!r} is not a field of a document"
                yield _finding("document-paths", message, (name,), "write `paths`")
                return
        if key == "openapi" and not str(version).startswith("3.0"):
            return
    if not isinstance(root.get("paths"), dict):
        what = f"must be a mapping, not {_kind(root['paths'])}" if "paths" in root else "is missing"
        hint = "if this is a part of a document, name the file that has its `paths`"
        yield _finding("document-paths", f"'paths' {what}", ("paths",) if "paths" in root else (), hint)


def check_paths(document: Document) -> Iterator[Finding]:
    """Report path items and operations that cannot be read.

    These are errors even if no entry of `allow` names them: the gate could not distinguish an unread operation from an
    allowed one.
    """
    paths = document.root.get("paths", {})
    for path, path_item in paths.items():
        at = ("paths", path)
        if path.startswith("x-"):
            continue
        if not path.startswith("/"):
            below = "/" + re.sub(r"^[a-z]+://[^/]*", "", path).lstrip("/")
            hint = (
                f"write `{below[:80]}`; the URL before it belongs in `servers`"
                if "://" in path
                else f"write `{below[:80]}`"
            )
            yield _finding("document-path", f"the path {path[:80]!r} does not begin with '/'", at, hint)
        if not isinstance(path_item, dict):
            yield _finding("document-path-item", f"a path item must be a mapping, not {_kind(path_item)}", at)
            continue
        try:
            followed = document.follow_path_item(path_item)
        except RefError as error:
            yield _finding("document-ref", f"{error.ref!r} {error.reason}", (*at, "$ref"), "fix it or remove the path")
            continue
        for method in document.methods:
            if method in followed and not holds_mapping(followed, method):
                message = f"an operation must be a mapping, not {_kind(followed[method])}"
                yield _finding("document-operation", message, (*at, method))


def _finding(rule: str, message: str, pointer: tuple[str, ...] | list[str], hint: str = "") -> Finding:
    return Finding(rule=rule, message=message, hint=hint, pointer=tuple(pointer))


def _kind(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "a list"
        case _:
            return "a mapping"
