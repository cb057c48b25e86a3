"""References in examples: they are data to the standard, but clients follow every `$ref` and fail if it is broken."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.openapi.grammar import ObjectKind
from plugin_gateway.openapi.nodes import places_of, typed_nodes
from plugin_gateway.openapi.refs import RefError, resolve

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import Json, JsonObject
    from plugin_gateway.openapi.refs import Tokens

_HAVE_EXAMPLES = frozenset({ObjectKind.PARAMETER, ObjectKind.HEADER, ObjectKind.MEDIA_TYPE})
_VALUES = ("value", "dataValue")


class _Dropped(NamedTuple):
    """Where the first example with a broken reference was."""

    holder: JsonObject
    below: Tokens
    """From the holder to the `$ref`."""


def drop_dangling_examples(root: JsonObject) -> tuple[Finding, ...]:
    """Remove each example with a broken reference from `root`, in place. The findings are warnings."""
    dropped: dict[str, _Dropped] = {}  # by reference
    for kind, node in typed_nodes(root):
        if kind in _HAVE_EXAMPLES and isinstance(examples := node.get("examples"), dict):
            for name in [name for name in examples if _has_dangling_value(root, node, name, dropped)]:
                del examples[name]
            if not examples:
                del node["examples"]
        if (kind in _HAVE_EXAMPLES or kind is ObjectKind.SCHEMA) and _is_dangling(root, node, ("example",), dropped):
            del node["example"]
        if kind is ObjectKind.SCHEMA and isinstance(entries := node.get("examples"), list):
            kept = [
                entry
                for at, entry in enumerate(entries)
                if not _is_dangling(root, node, ("examples", str(at)), dropped)
            ]
            if len(kept) < len(entries):
                node["examples"] = kept
                if not kept:
                    del node["examples"]
        if kind is ObjectKind.EXAMPLE:
            # Keep the rest of an Example Object: it may be a component that others refer to.
            for name in _VALUES:
                if _is_dangling(root, node, (name,), dropped):
                    del node[name]
    places = places_of([one.holder for one in dropped.values()], root)
    return tuple(
        Finding(
            rule="example-left-out",
            message=f"an example refers to {ref!r}, which is not in the served document: it is left out",
            hint="write the referenced value into the example",
            severity=Severity.WARNING,
            pointer=(*place, *one.below, "$ref") if place else (),
            on_key=True,
        )
        for (ref, one), place in zip(dropped.items(), places, strict=True)
    )


def _has_dangling_value(root: JsonObject, holder: JsonObject, name: str, dropped: dict[str, _Dropped]) -> bool:
    is_object = isinstance(holder["examples"][name], dict)
    return is_object and any(_is_dangling(root, holder, ("examples", name, one), dropped) for one in _VALUES)


def _is_dangling(root: JsonObject, holder: JsonObject, at: Tokens, dropped: dict[str, _Dropped]) -> bool:
    """Return whether the value at `at` below the holder has a broken reference; if so, note where."""
    value: Json = holder
    for token in at:
        value = value.get(token) if isinstance(value, dict) else value[int(token)]
    stack = [(value, at)]
    while stack:
        node, path = stack.pop()
        if isinstance(node, dict):
            if isinstance(ref := node.get("$ref"), str) and not _leads_somewhere(root, ref):
                dropped.setdefault(ref, _Dropped(holder, path))
                return True
            stack += [(member, (*path, name)) for name, member in node.items()]
        elif isinstance(node, list):
            stack += [(member, (*path, str(index))) for index, member in enumerate(node)]
    return False


def _leads_somewhere(root: JsonObject, ref: str) -> bool:
    if not ref.startswith("#/"):
        return False  # a reference to another document, to an anchor, or to the whole document
    try:
        resolve(root, ref)
    except RefError:
        return False
    return True
